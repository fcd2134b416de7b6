#include "ctl/records/expected.h"

#include <utility>

namespace greylisting::ctl {

std::vector<ExpectedMail> expected_mail(Administration& administration) {
  std::vector<ExpectedMail> mail;
  for (Administration::Row& row : administration.ask(
           "SELECT who, sender, recipient, expires FROM greylisting_expected WHERE expires > :now "
           "ORDER BY recipient, who, sender",
           4)) {
    mail.push_back({.sender = row[0] == "2"   ? "*"
                              : row[0] == "1" ? '@' + row[1]
                                              : std::move(row[1]),
                    .recipient = std::move(row[2]),
                    .until = std::move(row[3])});
  }
  return mail;
}

}  // namespace greylisting::ctl
