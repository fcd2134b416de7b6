#include "host/journal.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "mail/address.h"
#include "mail/fingerprint.h"
#include "text/number.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting {
namespace {

constexpr std::string_view kError = "error";
constexpr std::string_view kFirst = "first";
constexpr std::string_view kSuffix = ".journal";

constexpr std::string_view kClient = "client=";
constexpr std::string_view kSender = "sender=";
constexpr std::string_view kRecipient = "recipient=";
constexpr std::string_view kEntry = "entry=";
constexpr std::string_view kRecord = "record=";

// What a client sends may be of any length, and the journal is not to be filled with it.
constexpr std::size_t kLongestValue = 255;

// `2026-11-21T06`
constexpr std::size_t kNameOfHour = 13;
constexpr std::size_t kDateAndTime = 10;

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

std::string in_words(const Session& session, const Settings& settings) {
  const Fingerprinter fingerprinter(settings.privacy_key);
  std::string words;
  const auto add = [&words](std::string_view key, std::string_view value) {
    words.append(words.empty() ? "" : " ").append(key).append(value.substr(0, kLongestValue));
  };
  add(kClient, printable(session.client));
  add(kSender, fingerprinter.stored(Address::sender(session.sender)));
  add(kRecipient, fingerprinter.stored(Address::recipient(session.recipient)));
  return words;
}

// The hour of a file's name; nothing when it is no journal's.
std::optional<std::time_t> hour_of(std::string_view name) {
  if (name.size() != kNameOfHour + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::string hour = std::string(name.substr(0, kNameOfHour)) + ":00:00";
  if (hour[kDateAndTime] != 'T') return std::nullopt;
  hour[kDateAndTime] = ' ';
  return time_of(hour);
}

}  // namespace

JournalLine journal_line(const Decision& decision, const Session& session, const Settings& settings) {
  JournalLine line = journal_line(session, settings);
  line.reason = decision.reason;
  line.age = decision.age;
  line.is_first_retry = decision.is_first_retry;
  if (!decision.entry.empty())
    line.attempt.append(" ").append(kEntry).append(printable(decision.entry).substr(0, kLongestValue));
  if (decision.record != 0) line.attempt.append(" ").append(kRecord).append(std::to_string(decision.record));
  return line;
}

JournalLine journal_line(const Session& session, const Settings& settings) {
  return {.time = std::time(nullptr), .attempt = in_words(session, settings)};
}

std::optional<JournalAttempt> attempt_of(const JournalLine& line) {
  if (line.attempt.empty()) return std::nullopt;
  JournalAttempt attempt;
  for (std::string_view rest = line.attempt; !rest.empty();) {
    const std::string_view word = take_word(rest);
    const auto take = [word](std::string_view key, std::string& value) {
      if (word.starts_with(key)) value = word.substr(key.size());
    };
    take(kClient, attempt.client);
    take(kSender, attempt.sender);
    take(kRecipient, attempt.recipient);
    take(kEntry, attempt.entry);
    if (word.starts_with(kRecord))
      attempt.record = number_of<std::uint64_t>(word.substr(kRecord.size())).value_or(0);
  }
  return attempt;
}

std::string text(const JournalLine& line) {
  std::string text = std::to_string(line.time) + ' ';
  text += line.reason ? name(*line.reason) : kError;
  if (line.age.count() > 0 || line.is_first_retry) text += ' ' + std::to_string(line.age.count());
  if (line.is_first_retry) text.append(" ").append(kFirst);
  if (!line.attempt.empty()) text.append(" ").append(line.attempt);
  return text + '\n';
}

std::optional<JournalLine> read_journal_line(std::string_view text) {
  JournalLine line;
  const auto time = number_of<std::time_t>(take_word(text));
  const std::string_view reason = take_word(text);
  if (!time || *time < 0) return std::nullopt;
  line.time = *time;
  line.reason = reason_of(reason);
  if (!line.reason && reason != kError) return std::nullopt;
  const auto take_attempt = [&] {
    if (!text.starts_with(kClient)) return;
    line.attempt = text;
    text = {};
  };
  take_attempt();
  if (!text.empty()) {
    const auto age = number_of<std::chrono::seconds::rep>(take_word(text));
    if (!age || *age < 0) return std::nullopt;
    line.age = std::chrono::seconds(*age);
  }
  take_attempt();
  if (!text.empty()) {
    if (text != kFirst && !text.starts_with(std::string(kFirst) + ' ' + std::string(kClient)))
      return std::nullopt;
    take_word(text);
    line.is_first_retry = true;
    take_attempt();
  }
  return line;
}

void Journal::add(const JournalLine& line) const {
  if (is_kept_ && is_private(directory_)) append_to_file(file(line.time).c_str(), text(line));
}

void Journal::add_when_over(const JournalLine& line, Deadline& deadline) const {
  if (is_kept_ && is_private(directory_)) deadline.append_when_over(file(line.time), text(line));
}

std::string Journal::file(std::time_t time) const {
  return directory_ + '/' + utc(time).substr(0, kNameOfHour).append(kSuffix);
}

std::vector<std::time_t> Journal::hours() const {
  std::vector<std::time_t> hours;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(directory_.c_str()), closedir);
  if (!directory) return hours;
  while (const dirent* const entry = readdir(directory.get())) {
    if (const auto hour = hour_of(entry->d_name)) hours.push_back(*hour);
  }
  std::ranges::sort(hours);
  return hours;
}

void Journal::read(std::time_t hour, const std::function<void(const JournalLine&)>& take) const {
  std::ifstream lines(file(hour));
  for (std::string text; std::getline(lines, text);) {
    const auto line = read_journal_line(text);
    if (line && line->time / kHour * kHour == hour) take(*line);
  }
}

void Journal::remove(std::time_t hour) const { unlink(file(hour).c_str()); }

}  // namespace greylisting
