#include "host/journal.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "text/number.h"
#include "text/utc.h"

namespace greylisting {
namespace {

constexpr std::string_view kError = "error";
constexpr std::string_view kFirst = "first";
constexpr std::string_view kSuffix = ".journal";

// `2026-11-21T06`
constexpr std::size_t kNameOfHour = 13;
constexpr std::size_t kDateAndTime = 10;

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
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

JournalLine journal_line(const Decision& decision) {
  return {.time = std::time(nullptr),
          .reason = decision.reason,
          .age = decision.age,
          .is_first_retry = decision.is_first_retry};
}

std::string text(const JournalLine& line) {
  std::string text = std::to_string(line.time) + ' ';
  text += line.reason ? name(*line.reason) : kError;
  if (line.age.count() > 0 || line.is_first_retry) text += ' ' + std::to_string(line.age.count());
  if (line.is_first_retry) text.append(" ").append(kFirst);
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
  if (!text.empty()) {
    const auto age = number_of<std::chrono::seconds::rep>(take_word(text));
    if (!age || *age < 0) return std::nullopt;
    line.age = std::chrono::seconds(*age);
  }
  if (!text.empty()) {
    if (text != kFirst) return std::nullopt;
    line.is_first_retry = true;
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
