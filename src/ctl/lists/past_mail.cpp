#include "ctl/lists/past_mail.h"

#include <chrono>
#include <ctime>
#include <optional>
#include <string_view>
#include <utility>

#include "ctl/records/record_table.h"
#include "host/journal.h"
#include "mail/sender_form.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

constexpr std::size_t kMaxAttempts = 5000;

Subjects subjects_of(const IpAddress& client, std::string_view sender, std::string_view recipient) {
  const Address its_sender = Address::sender(unescaped(sender));
  return {.client = client,
          .client_name = {},
          .sender = its_sender,
          .recipient = Address::recipient(unescaped(recipient)),
          .original = original_sender(its_sender)};
}

// Lines of a journal, evenly spread over it, and in the end as many as are enough or up to twice as many.
class SpreadLines {
 public:
  void add(const JournalLine& line) {
    if (seen_++ % step_ != 0) return;
    auto attempt = attempt_of(line);
    if (!attempt) return;
    kept_.push_back(std::move(*attempt));
    if (kept_.size() < 2 * kMaxAttempts) return;
    std::size_t place = 0;
    std::erase_if(kept_, [&place](const JournalAttempt&) { return place++ % 2 != 0; });
    step_ *= 2;
  }

  const std::vector<JournalAttempt>& kept() const { return kept_; }
  bool is_sample() const { return step_ > 1; }

 private:
  std::vector<JournalAttempt> kept_{};
  std::size_t seen_ = 0;
  std::size_t step_ = 1;
};

}  // namespace

// Triplets are hashes, so that the first of them are records taken at random.
PastMail records_of_late(Administration& administration, const Settings& settings) {
  PastMail past{.has_addresses = settings.privacy != Privacy::hash};
  const std::string since = later(administration.now(), -std::chrono::days(kDaysOfRecords));
  const auto rows = administration.ask(
      "SELECT LOWER(HEX(relay_ip)), mail_from, rcpt_to, passed_count, last_update FROM greylisting_data "
      "WHERE pool IS NULL ORDER BY triplet LIMIT " +
          std::to_string(kMaxAttempts),
      5);
  past.is_sample = rows.size() == kMaxAttempts;
  for (const Administration::Row& row : rows) {
    const auto client = IpAddress::parse(address_of(row[0]));
    if (!client || row[4] < since) continue;
    past.attempts.push_back({.subjects = subjects_of(*client, row[1], row[2]), .has_passed = row[3] != "0"});
    past.passed += row[3] == "0" ? 0 : 1;
  }
  return past;
}

PastMail accepted_of_late(const Settings& settings, MailTo& mailboxes) {
  SpreadLines lines;
  const Journal journal(settings);
  for (const std::time_t hour : journal.hours()) {
    journal.read(hour, [&](const JournalLine& line) {
      if (!line.reason || outcome_of(*line.reason) != Outcome::accepted) return;
      lines.add(line);
      const auto attempt = mailboxes.empty() ? std::nullopt : attempt_of(line);
      if (!attempt) return;
      if (const auto found = mailboxes.find(attempt->recipient); found != mailboxes.end()) ++found->second;
    });
  }
  PastMail past{
      .is_sample = lines.is_sample(), .is_journal = true, .has_addresses = settings.privacy != Privacy::hash};
  for (const JournalAttempt& line : lines.kept()) {
    const auto client = IpAddress::parse(unescaped(line.client));
    if (!client) continue;
    past.attempts.push_back({.subjects = subjects_of(*client, line.sender, line.recipient),
                             .has_passed = true,
                             .entry = unescaped(line.entry)});
  }
  past.passed = past.attempts.size();
  return past;
}

}  // namespace greylisting::ctl
