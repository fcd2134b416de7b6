#include "ctl/logs/log_stamp.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

#include "ctl/logs/scan.h"
#include "text/ascii.h"

namespace greylisting {
namespace {

// TAI64 of 1970-01-01 00:00:00 UTC, as the clocks of daemontools have it.
constexpr std::uint64_t kTaiOfEpoch = 4611686018427387914U;
constexpr std::uint64_t kEndOfTime = 253402300800;  // the year 10000

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Exactly so many digits.
template <typename Number>
std::optional<Number> take_number(std::string_view& text, std::size_t digits, int base = 10) {
  Number number = 0;
  if (text.size() < digits) return std::nullopt;
  const std::string_view written = text.substr(0, digits);
  const auto parsed = std::from_chars(written.begin(), written.end(), number, base);
  if (parsed.ec != std::errc() || parsed.ptr != written.end() || text.front() == '-') return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

constexpr std::array<std::string_view, 7> kWeekdays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 12> kFacilities{"kern", "user", "mail", "daemon",   "auth", "syslog",
                                                       "lpr",  "news", "uucp", "authpriv", "cron", "ftp"};
constexpr std::array<std::string_view, 10> kLevels{"emerg", "alert",   "crit",   "err",  "error",
                                                   "warn",  "warning", "notice", "info", "debug"};

// A stamp ends with a blank, or with the line.
bool ends_here(std::string_view text) { return text.empty() || text.front() == ' ' || text.front() == '\t'; }

std::optional<std::chrono::sys_seconds> take_tai64n(std::string_view& text) {
  constexpr std::size_t kSeconds = 16;
  constexpr std::size_t kNanoseconds = 8;
  std::string_view rest = text;
  if (!take(rest, "@")) return std::nullopt;
  const auto seconds = take_number<std::uint64_t>(rest, kSeconds, 16);
  if (!seconds || *seconds < kTaiOfEpoch || *seconds - kTaiOfEpoch >= kEndOfTime) return std::nullopt;
  if (!take_number<std::uint32_t>(rest, kNanoseconds, 16) || !ends_here(rest)) return std::nullopt;
  text = rest;
  return std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(*seconds - kTaiOfEpoch)));
}

// `06:11:44`, `06:11:44.205287`; a leap second is the one before it.
bool take_clock(std::string_view& text, WallClock& clock) {
  const auto hour = take_number<int>(text, 2);
  if (!hour || !take(text, ":")) return false;
  const auto minute = take_number<int>(text, 2);
  if (!minute || !take(text, ":")) return false;
  const auto second = take_number<int>(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return false;
  clock.hour = *hour;
  clock.minute = *minute;
  clock.second = std::min(*second, 59);
  if (!text.empty() && (text.front() == '.' || text.front() == ',')) {
    text.remove_prefix(1);
    while (!text.empty() && ascii::is_digit(text.front())) text.remove_prefix(1);
  }
  return true;
}

// `Z`, `+01:00`, `-0330`; none is UTC.
std::optional<std::chrono::minutes> take_zone(std::string_view& text) {
  if (take(text, "Z") || ends_here(text)) return std::chrono::minutes(0);
  const bool is_behind = take(text, "-");
  if (!is_behind && !take(text, "+")) return std::nullopt;
  const auto hours = take_number<int>(text, 2);
  take(text, ":");
  const auto minutes = take_number<int>(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes ahead(*hours * 60 + *minutes);
  return is_behind ? -ahead : ahead;
}

std::chrono::year_month_day date_of(const WallClock& clock) {
  return std::chrono::year(clock.year) / std::chrono::month(clock.month) / std::chrono::day(clock.day);
}

// When a clock that is `ahead` of UTC shows that.
std::chrono::sys_seconds moment_of(const WallClock& clock, std::chrono::minutes ahead) {
  return std::chrono::sys_days(date_of(clock)) + std::chrono::hours(clock.hour) +
         std::chrono::minutes(clock.minute) + std::chrono::seconds(clock.second) - ahead;
}

// A stamp that begins with a date in figures. Behind a wall clock's nothing but the message follows.
Stamp take_date(std::string_view& text) {
  std::string_view rest = text;
  WallClock clock;
  const auto year = take_number<int>(rest, 4);
  if (!year || *year == 0 || !take(rest, "-")) return {};
  const auto month = take_number<unsigned>(rest, 2);
  if (!month || !take(rest, "-")) return {};
  const auto day = take_number<unsigned>(rest, 2);
  if (!day || rest.empty()) return {};
  clock.year = *year;
  clock.month = *month;
  clock.day = *day;
  const bool is_local = rest.front() == ' ';
  if (!is_local && rest.front() != 'T' && rest.front() != '_') return {};
  rest.remove_prefix(1);
  if (!date_of(clock).ok() || !take_clock(rest, clock)) return {};
  if (is_local) {
    if (!ends_here(rest)) return {};
    text = rest;
    return clock;
  }
  const auto zone = take_zone(rest);
  if (!zone || !ends_here(rest)) return {};
  text = rest;
  return moment_of(clock, *zone);
}

// `Nov 21 06:11:44`; syslog-ng can be told to put the year in front, and some devices put it after the day.
Stamp take_syslog_date(std::string_view& text) {
  std::string_view rest = text;
  WallClock clock;
  if (const auto year = take_number<int>(rest, 4); year && *year > 0 && take(rest, " ")) {
    clock.year = *year;
  } else {
    rest = text;
  }
  const auto* const month = std::ranges::find(kMonths, rest.substr(0, 3));
  if (month == kMonths.end()) return {};
  clock.month = static_cast<unsigned>(month - kMonths.begin()) + 1;
  rest.remove_prefix(3);
  if (!take(rest, " ")) return {};
  const auto day = take_number<unsigned>(rest, take(rest, " ") ? 1 : 2);
  if (!day || !take(rest, " ")) return {};
  clock.day = *day;
  if (std::string_view later = rest; clock.year == 0) {
    if (const auto year = take_number<int>(later, 4); year && *year > 0 && take(later, " ")) {
      clock.year = *year;
      rest = later;
    }
  }
  WallClock in_some_year = clock;
  if (clock.year == 0) in_some_year.year = 2000;  // a leap year
  if (!date_of(in_some_year).ok() || !take_clock(rest, clock) || !ends_here(rest)) return {};
  text = rest;
  return clock;
}

// `Sat 2026-11-21 06:11:44 UTC`, as journalctl -o short-full has it: in the zone of the host where that is
// not UTC.
Stamp take_full_date(std::string_view& text) {
  std::string_view rest = text;
  if (std::ranges::find(kWeekdays, take_word(rest)) == kWeekdays.end() || rest.find(' ') != 10) return {};
  Stamp stamp = take_date(rest);
  const auto* const clock = std::get_if<WallClock>(&stamp);
  if (clock == nullptr || !take(rest, " ")) return {};
  std::string_view zone = take_word(rest);
  if (zone == "UTC" || zone.starts_with('+') || zone.starts_with('-')) {
    std::string ahead(zone == "UTC" ? "Z" : zone);
    if (ahead.size() == 3) ahead += "00";
    std::string_view digits = ahead;
    const auto offset = take_zone(digits);
    if (!offset || !digits.empty()) return {};
    stamp = moment_of(*clock, *offset);
  } else if (zone.empty() || !std::ranges::all_of(zone, [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return {};
  }
  text = rest;
  return stamp;
}

// `Sat Nov 21 06:11:44 2026`, as logread has it.
Stamp take_ctime(std::string_view& text) {
  std::string_view rest = text;
  if (std::ranges::find(kWeekdays, take_word(rest)) == kWeekdays.end()) return {};
  Stamp stamp = take_syslog_date(rest);
  auto* const clock = std::get_if<WallClock>(&stamp);
  if (clock == nullptr || clock->year != 0 || !take(rest, " ")) return {};
  const auto year = take_number<int>(rest, 4);
  if (!year || *year == 0 || !ends_here(rest)) return {};
  clock->year = *year;
  if (!date_of(*clock).ok()) return {};
  text = rest;
  return stamp;
}

// `1795241504.205287`, as journalctl -o short-unix has it.
Stamp take_unix_time(std::string_view& text) {
  std::string_view rest = text;
  const std::string_view word = take_word(rest);
  const auto dot = word.find('.');
  if (dot < 9 || dot > 11 || word.size() - dot < 2 || word.size() - dot > 10) return {};
  const auto is_digit = [](char c) { return ascii::is_digit(c); };
  if (!std::ranges::all_of(word.substr(0, dot), is_digit) ||
      !std::ranges::all_of(word.substr(dot + 1), is_digit))
    return {};
  std::string_view seconds = word;
  text = rest;
  return std::chrono::sys_seconds(std::chrono::seconds(*take_number<std::int64_t>(seconds, dot)));
}

bool is_figure(std::string_view word, std::size_t digits) {
  return word.size() <= digits && ascii::is_digits(word);
}

// `mail.info`, `<mail.info>` or `<2.6>`, as busybox and BSD write it, and `<22>`, the number that it has in
// the protocol.
bool is_priority(std::string_view word) {
  const bool is_bracketed = word.starts_with('<') && word.ends_with('>');
  if (is_bracketed) word = word.substr(1, word.size() - 2);
  const auto dot = word.find('.');
  if (dot == std::string_view::npos) return is_bracketed && is_figure(word, 3);
  const std::string_view facility = word.substr(0, dot);
  if (is_bracketed && is_figure(facility, 2) && is_figure(word.substr(dot + 1), 1)) return true;
  const bool is_local = facility.size() == 6 && facility.starts_with("local") && facility.back() <= '7';
  return (is_local || std::ranges::find(kFacilities, facility) != kFacilities.end()) &&
         std::ranges::find(kLevels, word.substr(dot + 1)) != kLevels.end();
}

void skip_priority(std::string_view& text) {
  std::string_view rest = text;
  if (!is_priority(take_word(rest))) return;
  text = rest;
  skip_blanks(text);
}

// `[ID 748625 mail.info]`, as Solaris has it.
void skip_message_id(std::string_view& text) {
  std::string_view rest = text;
  if (!take(rest, "[ID ") || !ascii::is_digits(take_word(rest))) return;
  const std::string_view priority = take_word(rest);
  if (priority.ends_with(']') && is_priority(priority.substr(0, priority.size() - 1))) text = rest;
}

// The number of splogger(8).
void skip_number(std::string_view& text) {
  std::string_view rest = text;
  const std::string_view number = take_word(rest);
  const bool is_number = std::ranges::all_of(number, [](char c) { return ascii::is_digit(c) || c == '.'; });
  if (is_number && number.find('.') != std::string_view::npos) text = rest;
}

// What may stand after the tag.
void skip_to_message(std::string_view& text) {
  skip_blanks(text);
  skip_message_id(text);
  skip_blanks(text);
  skip_number(text);
}

std::string_view program_of(std::string_view tag) { return tag.substr(0, tag.find_first_of("[:")); }

// The host and the program that syslog writes after its stamp. A first word that ends with a colon is no
// host.
void take_origin(std::string_view& text, bool needs_host, LogOrigin& origin) {
  skip_priority(text);
  std::string_view rest = text;
  const std::string_view host = take_word(rest);
  if (host.ends_with(':')) {
    if (!needs_host) origin = {.program = program_of(host), .is_in_text = true};
    return;
  }
  if (!needs_host && host.starts_with('[') && host.ends_with(']')) {  // metalog's
    text = rest;
    origin.program = host.substr(1, host.size() - 2);
    return skip_to_message(text);
  }
  skip_blanks(rest);
  skip_priority(rest);
  const std::string_view tag = take_word(rest);
  if (!host.empty() && tag.ends_with(':')) {
    text = rest;
    origin.program = program_of(tag);
  }
  skip_to_message(text);
}

// Of RFC 5424: `[id name="value"][…]`, in a value with a backslash before quotes, backslashes and brackets;
// or `-`.
bool take_structured_data(std::string_view& text) {
  if (take(text, "-")) return true;
  if (!text.starts_with('[')) return false;
  while (text.starts_with('[')) {
    bool is_quoted = false;
    std::size_t at = 1;
    for (; at < text.size() && (is_quoted || text[at] != ']'); ++at) {
      if (is_quoted && text[at] == '\\') {
        ++at;
      } else if (text[at] == '"') {
        is_quoted = !is_quoted;
      }
    }
    if (at >= text.size()) return false;
    text.remove_prefix(at + 1);
  }
  return true;
}

// `<22>1 2026-11-21T06:11:44.205Z host program 4711 - - MESSAGE`, RFC 5424, with or without its first part.
Stamp take_rfc5424(std::string_view& text, LogOrigin& origin) {
  std::string_view rest = text;
  if (rest.starts_with('<')) {
    const auto end = rest.find('>');
    if (end == std::string_view::npos || !is_priority(rest.substr(0, end + 1))) return {};
    rest.remove_prefix(end + 1);
  }
  if (!take(rest, "1 ")) return {};
  Stamp stamp = take_date(rest);
  if (!std::holds_alternative<std::chrono::sys_seconds>(stamp) || !take(rest, " ")) return {};
  std::array<std::string_view, 4> parts;  // host, program, process, kind of message
  for (std::string_view& part : parts) {
    part = take_word(rest);
    if (part.empty()) return {};
  }
  if (!take_structured_data(rest) || !ends_here(rest)) return {};
  origin.program = parts[1];
  take(rest, " ");
  take(rest, "\xef\xbb\xbf");
  text = rest;
  return stamp;
}

// `qmail-1  | ` or `[pod/mx-0/smtpd] `, in front of each line of a container.
void skip_container(std::string_view& text) {
  std::string_view rest = text;
  const std::string_view name = take_word(rest);
  if (name.starts_with("[pod/") && name.ends_with(']')) {
    text = rest;
    return;
  }
  skip_blanks(rest);
  if (!name.empty() && name.find_first_of(":=") == std::string_view::npos && take(rest, "| ")) text = rest;
}

// `stderr F `, which a container's runtime writes after the stamp into the files of a Kubernetes node; or
// `name.1.id@node    | `, as docker service logs -t has it.
void skip_after_stamp(std::string_view& text) {
  skip_blanks(text);
  std::string_view rest = text;
  if ((take(rest, "stdout ") || take(rest, "stderr ")) && take(rest, "F ")) text = rest;
  skip_container(text);
}

}  // namespace

Stamp take_stamp(std::string_view& text, LogOrigin& origin) {
  origin = {};
  skip_container(text);
  if (const auto tai = take_tai64n(text)) return *tai;
  Stamp stamp = take_rfc5424(text, origin);
  if (stamp.index() != 0) return stamp;
  std::string_view rest = text;
  if (const auto end = rest.find('>'); end != std::string_view::npos && is_priority(rest.substr(0, end + 1)))
    rest.remove_prefix(end + 1);
  const std::string_view without_priority = rest;
  stamp = take_date(rest);
  // What tai64nlocal writes has no origin.
  const bool is_plain = std::holds_alternative<WallClock>(stamp) && rest.data() != without_priority.data();
  const bool is_rfc3339 = stamp.index() != 0;
  if (is_rfc3339 && !is_plain) skip_after_stamp(rest);
  for (const auto& take_other : {take_syslog_date, take_full_date, take_ctime, take_unix_time}) {
    if (stamp.index() == 0) stamp = take_other(rest);
  }
  if (stamp.index() == 0) return stamp;
  text = rest;
  if (!is_plain) {
    skip_blanks(text);
    take_origin(text, is_rfc3339, origin);
  }
  return stamp;
}

void skip_tag(std::string_view& text) {
  take_word(text);
  skip_to_message(text);
}

}  // namespace greylisting
