#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <deque>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "ctl/commands.h"
#include "ctl/held_signals.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/json.h"
#include "ctl/print/table.h"
#include "ctl/print/terminal.h"
#include "ctl/records/journal_tail.h"
#include "ctl/records/wanted.h"
#include "host/journal.h"
#include "process/state_directory.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

constexpr std::chrono::milliseconds kPause{250};

std::string_view outcome_word(const JournalLine& line, const Settings& settings) {
  if (!line.reason) return "error";
  const Outcome outcome = outcome_of(*line.reason);
  if (settings.observe && outcome == Outcome::deferred) return "would-defer";
  if (settings.observe && outcome == Outcome::rejected) return "would-reject";
  return name(outcome);
}

std::string_view colour_of(const JournalLine& line) {
  if (!line.reason) return "\033[31m";
  switch (outcome_of(*line.reason)) {
    case Outcome::accepted:
      return "\033[32m";
    case Outcome::deferred:
      return "\033[33m";
    case Outcome::rejected:
      break;
  }
  return "\033[31m";
}

bool has_waited(const JournalLine& line) { return line.reason == Reason::retried; }

std::string padded(std::string_view word, std::size_t width) {
  return std::string(word).append(word.size() < width ? width - word.size() : 0, ' ');
}

class Lines {
 public:
  Lines(const Settings& settings, const TailOptions& options)
      : settings_(settings),
        is_json_(options.json),
        is_terminal_(isatty(STDOUT_FILENO) == 1),
        is_decorated_(is_decorated(STDOUT_FILENO)),
        is_wide_(options.wide) {}

  void print(const JournalLine& line) const {
    std::cout << (is_json_ ? json_of(line) : text_of(line)) << '\n';
  }

 private:
  std::string json_of(const JournalLine& line) const {
    const auto attempt = attempt_of(line);
    const auto or_null = [&attempt](const std::string& text) {
      return attempt ? Json(one_line(text)) : Json();
    };
    const JournalAttempt known = attempt.value_or(JournalAttempt());
    const Json object{{"time", utc(line.time)},
                      {"outcome", outcome_word(line, settings_)},
                      {"reason", line.reason ? Json(name(*line.reason)) : Json()},
                      {"client", or_null(known.client)},
                      {"sender", or_null(known.sender)},
                      {"recipient", or_null(known.recipient)},
                      {"entry", known.entry.empty() ? Json() : Json(one_line(known.entry))},
                      {"record", known.record == 0 ? Json() : Json(static_cast<unsigned long>(known.record))},
                      {"waited", has_waited(line) ? Json(static_cast<long>(line.age.count())) : Json()}};
    return object.line();
  }

  // A terminal has the date where it is not today's. Where there is no room for the client and both addresses
  // behind it, they have a line of their own.
  std::string text_of(const JournalLine& line) const {
    constexpr std::size_t kTime = 11;  // where it begins in 2026-11-21T06:11:44Z
    constexpr std::size_t kOutcome = 8;
    constexpr std::size_t kReason = 8;
    constexpr std::size_t kClient = 15;
    constexpr std::size_t kAddresses = 30;  // at least
    constexpr std::size_t kIndent = 2;
    const bool is_of_today = utc(line.time).starts_with(utc(std::time(nullptr)).substr(0, kTime));
    std::string text = is_terminal_ && is_of_today ? utc(line.time).substr(kTime) : utc(line.time);
    text.append(" ").append(is_decorated_ ? colour_of(line) : "");
    text.append(padded(outcome_word(line, settings_), kOutcome)).append(" ");
    text.append(padded(line.reason ? name(*line.reason) : "-", kReason));
    text.append(is_decorated_ ? "\033[0m" : "");
    std::string rest = has_waited(line) ? " after " + duration_text(line.age) : "";
    const auto attempt = attempt_of(line);
    if (!attempt) return text + rest;
    if (!attempt->entry.empty()) rest.append(" by ").append(one_line(attempt->entry));
    const std::string client = padded(one_line(attempt->client), kClient) + rest;
    const std::size_t colours = is_decorated_ ? colour_of(line).size() + 4 : 0;
    const std::size_t begin = text.size() - colours + 1 + client.size() + 2;
    const std::size_t width = width_for_tables(is_wide_);
    if (begin + kAddresses <= width)
      return text + ' ' + client + "  " +
             addresses_within(attempt->sender, attempt->recipient, width - begin);
    const std::size_t room = std::max<std::size_t>(width, kIndent + 20) - kIndent;
    const std::string indent = '\n' + std::string(kIndent, ' ');
    text.append(begin - 2 <= width ? ' ' + client : indent + cut_in_the_middle(client, room));
    return text + indent + addresses_within(attempt->sender, attempt->recipient, room);
  }

  const Settings& settings_;
  bool is_json_;
  bool is_terminal_;
  bool is_decorated_;
  bool is_wide_;
};

}  // namespace

int tail(const LoadedSettings& loaded, const TailOptions& options) {
  const Settings& settings = loaded.settings;
  if (settings.history_expire.count() == 0)
    throw UsageError("history_expire=0: no decision is written down; set it to 1 or more");
  std::optional<Wanted> wanted;
  if (!options.word.empty()) wanted.emplace(options.word, settings);
  const auto is_asked_for = [&wanted](const JournalLine& line) {
    if (!wanted) return true;
    const auto attempt = attempt_of(line);
    return attempt && wanted->matches(*attempt);
  };

  if (access(std::string(kStateDirectory).c_str(), F_OK) != 0)
    std::cerr << "greylistctl: there is no directory " << kStateDirectory
              << " in qmail's home, so that no decision is written down: make it, and have it belong to the "
                 "user that qmail-smtpd runs as\n";
  const HeldSignals held;
  const Journal journal(settings);
  const Lines lines(settings, options);
  JournalTail tail(journal);
  std::deque<JournalLine> latest;  // so that there is something to see at once
  tail.read([&](const JournalLine& line) {
    if (is_asked_for(line)) latest.push_back(line);
    if (latest.size() > options.last) latest.pop_front();
  });
  for (const JournalLine& line : latest) lines.print(line);
  std::cout.flush();
  while (std::cout && !HeldSignals::comes_within(kPause)) {
    tail.read([&](const JournalLine& line) {
      if (is_asked_for(line)) lines.print(line);
    });
    std::cout.flush();
  }
  return kDone;
}

}  // namespace greylisting::ctl
