#include "ctl/records/expected.h"

#include <chrono>
#include <utility>

#include "ctl/batches.h"
#include "mail/expectation.h"
#include "store/statements.h"

namespace greylisting::ctl {

std::vector<ExpectedMail> expected_mail(Administration& administration, const std::string& condition) {
  std::vector<ExpectedMail> mail;
  for (Administration::Row& row : administration.ask(
           "SELECT who, mail_from, rcpt_to, expires FROM (SELECT who, sender AS mail_from, recipient AS "
           "rcpt_to, expires "
           "FROM greylisting_expected WHERE expires > :now) AS mail" +
               (condition.empty() ? "" : " WHERE " + condition) + " ORDER BY rcpt_to, who, mail_from",
           4)) {
    mail.push_back({.sender = row[0] == "2"   ? "*"
                              : row[0] == "1" ? '@' + row[1]
                                              : std::move(row[1]),
                    .recipient = std::move(row[2]),
                    .until = std::move(row[3])});
  }
  return mail;
}

void expect_all(Administration& administration, const std::vector<ToExpect>& all) {
  in_batches(all, [&administration](const std::vector<ToExpect>& some) {
    administration.transact([&] {
      for (const ToExpect& each : some)
        administration.ask(sql::expect_for({each.expectation}, std::chrono::seconds(each.seconds),
                                           administration.dialect()));
    });
  });
}

std::string expected_until(Administration& administration, const Expectation& expectation) {
  const auto rows = administration.ask(
      "SELECT expires FROM greylisting_expected WHERE expected = " + sql::literal(bytes(expectation.key)), 1);
  return rows.empty() ? "" : rows[0][0];
}

bool expect_no_longer(Administration& administration, const Settings& settings, const Address& recipient) {
  const Expectation expected = expected_by(recipient, Fingerprinter(settings.privacy_key));
  administration.ask("DELETE FROM greylisting_expected WHERE expires > :now AND expected = " +
                     sql::literal(bytes(expected.key)));
  return administration.changed_rows() > 0;
}

}  // namespace greylisting::ctl
