#include "ctl/logs/smtpd_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>

#include "text/ascii.h"

namespace greylisting {
namespace {

// TAI64 of 1970-01-01 00:00:00 UTC, as the clocks of daemontools have it.
constexpr std::uint64_t kTaiOfEpoch = 4611686018427387914U;
constexpr std::uint64_t kEndOfTime = 253402300800;  // the year 10000

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

// Exactly so many digits.
template <typename Number>
std::optional<Number> take_number(std::string_view& text, std::size_t digits, int base = 10) {
  Number number = 0;
  if (text.size() < digits) return std::nullopt;
  const auto parsed = std::from_chars(text.data(), text.data() + digits, number, base);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + digits || text.front() == '-')
    return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

// Up to the next blank, which is taken as well; empty at the end, and between two blanks.
std::string_view take_word(std::string_view& text) {
  const auto end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
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

// `mail.info` or `<mail.info>`, as busybox and BSD write it, and `<22>`, the number that it has in the
// protocol.
bool is_priority(std::string_view word) {
  const bool is_bracketed = word.starts_with('<') && word.ends_with('>');
  if (is_bracketed) word = word.substr(1, word.size() - 2);
  const auto dot = word.find('.');
  if (dot == std::string_view::npos)
    return is_bracketed && !word.empty() && word.size() <= 3 &&
           std::ranges::all_of(word, [](char c) { return ascii::is_digit(c); });
  const std::string_view facility = word.substr(0, dot);
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

// The host and the program that syslog writes after its stamp, and the number of splogger(8).
void skip_origin(std::string_view& text) {
  skip_priority(text);
  std::string_view rest = text;
  const std::string_view host = take_word(rest);
  skip_blanks(rest);
  skip_priority(rest);
  const std::string_view tag = take_word(rest);
  if (!host.empty() && !host.ends_with(':') && tag.ends_with(':')) text = rest;
  skip_blanks(text);
  rest = text;
  const std::string_view number = take_word(rest);
  const bool is_number = std::ranges::all_of(number, [](char c) { return ascii::is_digit(c) || c == '.'; });
  if (is_number && number.find('.') != std::string_view::npos) text = rest;
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
Stamp take_rfc5424(std::string_view& text) {
  std::string_view rest = text;
  if (rest.starts_with('<')) {
    const auto end = rest.find('>');
    if (end == std::string_view::npos || !is_priority(rest.substr(0, end + 1))) return {};
    rest.remove_prefix(end + 1);
  }
  if (!take(rest, "1 ")) return {};
  Stamp stamp = take_date(rest);
  if (!std::holds_alternative<std::chrono::sys_seconds>(stamp) || !take(rest, " ")) return {};
  for (int part = 0; part < 4; ++part) {  // host, program, process, kind of message
    if (take_word(rest).empty()) return {};
  }
  if (!take_structured_data(rest) || !ends_here(rest)) return {};
  take(rest, " ");
  take(rest, "\xef\xbb\xbf");
  text = rest;
  return stamp;
}

// `qmail-1  | `, in front of each line of a container.
void skip_container(std::string_view& text) {
  std::string_view rest = text;
  const std::string_view name = take_word(rest);
  skip_blanks(rest);
  if (!name.empty() && name.find_first_of(":=") == std::string_view::npos && take(rest, "| ")) text = rest;
}

Stamp take_stamp(std::string_view& text) {
  skip_container(text);
  if (const auto tai = take_tai64n(text)) return *tai;
  Stamp stamp = take_rfc5424(text);
  if (stamp.index() != 0) return stamp;
  std::string_view rest = text;
  if (const auto end = rest.find('>'); end != std::string_view::npos && is_priority(rest.substr(0, end + 1)))
    rest.remove_prefix(end + 1);
  const std::string_view without_priority = rest;
  stamp = take_date(rest);
  // What tai64nlocal writes has no origin.
  const bool is_plain = std::holds_alternative<WallClock>(stamp) && rest.data() != without_priority.data();
  for (const auto& take_other : {take_syslog_date, take_full_date, take_unix_time}) {
    if (stamp.index() == 0) stamp = take_other(rest);
  }
  if (stamp.index() == 0) return stamp;
  text = rest;
  if (!is_plain) {
    skip_blanks(text);
    skip_origin(text);
  }
  return stamp;
}

// The values of some keys in a message.
template <std::size_t kSize>
class Values {
 public:
  Values(std::string_view message, const std::array<std::string_view, kSize>& keys) : keys_(keys) {
    while (!message.empty()) {
      std::string_view word = take_word(message);
      const auto equals = word.find('=');
      if (equals == std::string_view::npos) continue;
      const auto* const key = std::ranges::find(keys_, word.substr(0, equals));
      if (key == keys_.end()) continue;
      auto& value = values_[static_cast<std::size_t>(key - keys_.begin())];
      is_forged_ = is_forged_ || value.has_value();
      value = word.substr(equals + 1);
    }
  }

  /// Whether one of the keys stands there twice.
  bool is_forged() const { return is_forged_; }

  std::optional<std::string_view> operator[](std::string_view key) const {
    const auto* const found = std::ranges::find(keys_, key);
    return found == keys_.end() ? std::nullopt : values_[static_cast<std::size_t>(found - keys_.begin())];
  }

 private:
  std::array<std::string_view, kSize> keys_;
  std::array<std::optional<std::string_view>, kSize> values_{};
  bool is_forged_ = false;
};

constexpr std::array<std::string_view, 9> kResultKeys{
    "result", "code", "remoteip", "remotehost", "relay", "authuser", "reason", "remoteport", "pid"};
constexpr std::array<std::string_view, 3> kOwnKeys{"outcome", "reason", "client"};

// `result=… code=… …`; what a build of qmail-smtpd does not log is taken to be as for any client.
void read_result(std::string_view message, std::string_view head, SmtpdLine& line) {
  const Values values(message, kResultKeys);
  const auto address = values["remoteip"];
  const auto process = values["pid"].value_or("");
  // A build that says which process it is does so at the end.
  line.is_cut = values["authuser"] && process.empty();
  const bool is_envelope = head == "qlogenvelope:";
  if (is_envelope && values["reason"].value_or("") == "authfailed") line.refused_user = values["authuser"];
  line.process = process;
  line.port = values["remoteport"].value_or("");
  const std::string_view result = take_word(message);
  const std::string_view code = take_word(message);
  if (values.is_forged() || !address || !code.starts_with("code=")) return;
  line.client = IpAddress::parse(*address);
  if (!line.client) return;
  line.client_name = values["remotehost"].value_or("");

  const bool is_of_message = !is_envelope;
  const bool is_stranger = values["relay"].value_or("no") == "no" && values["authuser"].value_or("").empty();
  const bool is_accepted = result == "result=accepted" && code == "code=250" && is_stranger;
  if (is_of_message) {
    line.event = is_accepted ? SmtpdEvent::message_accepted : SmtpdEvent::message;
  } else {
    line.event = is_accepted ? SmtpdEvent::recipient_accepted : SmtpdEvent::attempt;
  }
}

// `GREETDELAY from 192.0.2.1: client disconnected`
std::optional<IpAddress> gone_before_greeting(std::string_view message) {
  if (!take(message, "GREETDELAY from ")) return std::nullopt;
  std::string_view address = take_word(message);
  if (!address.ends_with(':') || message != "client disconnected") return std::nullopt;
  address.remove_suffix(1);
  return IpAddress::parse(address);
}

// `read failed (…): (null) from 192.0.2.1 to (null) helo unknown`, before 2019 without the brackets: (null)
// for a sender or recipient is that there has been none. A sender who looks like all that is followed by more
// words.
std::optional<IpAddress> gone_before_sender(std::string_view message) {
  if (!take(message, "read failed")) return std::nullopt;
  if (take(message, " (")) {
    if (!take(message, "hang up before quit cmd") &&
        !take(message, "connection closed by the client before the quit cmd"))
      return std::nullopt;
    if (!take(message, ")")) return std::nullopt;
  }
  if (!take(message, ": (null) from ")) return std::nullopt;
  const std::string_view address = take_word(message);
  if (!take(message, "to (null) helo")) return std::nullopt;
  if (!message.empty() && !take(message, " ")) return std::nullopt;
  if (message.find_first_of(" \t") != std::string_view::npos) return std::nullopt;
  return IpAddress::parse(address);
}

// `auth: auth-failed type=login user=<…>`, by `qmail-smtpd[4711]:`
void read_user(std::string_view message, std::string_view head, SmtpdLine& line) {
  constexpr std::string_view kHead = "qmail-smtpd[";
  constexpr std::string_view kUser = " user=<";
  if (!head.starts_with(kHead) || !head.ends_with("]:") || !message.starts_with("auth: auth-")) return;
  head = head.substr(kHead.size(), head.size() - kHead.size() - 2);
  const auto user = message.find(kUser);
  if (user == std::string_view::npos || head.empty()) return;
  line.process = head;
  line.user = message.substr(user + kUser.size());
}

// How often the one is in the other.
std::size_t occurrences(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

// What stands between two marks, which stand once in the text; it goes on after the second.
std::optional<std::string_view> take_between(std::string_view& text, std::string_view begin,
                                             std::string_view end) {
  if (occurrences(text, begin) != 1 || occurrences(text, end) != 1 || !text.starts_with(begin))
    return std::nullopt;
  const auto at = text.find(end);
  if (at < begin.size()) return std::nullopt;
  const std::string_view between = text.substr(begin.size(), at - begin.size());
  text.remove_prefix(at);
  return between;
}

// `CHKUSER accepted rcpt: from <SENDER:USER:IDENTITY> remote <HELO:NAME:ADDRESS> rcpt <RECIPIENT> : WHY`, or
// with
// `|remoteinfo/auth:` and the like in place of the colons. The first and the third are the client's: in the
// older form HELO can have colons, so that an IPv6 address could begin in it.
void read_chkuser(std::string_view message, SmtpdLine& line) {
  constexpr std::string_view kFrom = "from <";
  constexpr std::string_view kRemote = "> remote <";
  constexpr std::string_view kRcpt = "> rcpt <";
  constexpr std::string_view kWhy = "> : ";
  const auto colon = message.find(": ");
  if (colon == std::string_view::npos) return;
  const std::string_view what = message.substr(0, colon);
  message.remove_prefix(colon + 2);
  const auto from = take_between(message, kFrom, kRemote);
  if (!from) return;
  const auto remote = take_between(message, kRemote, kRcpt);
  if (!remote || !take_between(message, kRcpt, kWhy)) return;

  constexpr std::string_view kAddress = "|remotehostip:";
  constexpr std::string_view kUser = "|remoteinfo/auth:|";
  const auto labelled = remote->rfind(kAddress);
  bool is_stranger = false;
  if (labelled != std::string_view::npos) {
    line.client = IpAddress::parse(remote->substr(labelled + kAddress.size()));
    is_stranger = from->find(kUser) != std::string_view::npos && occurrences(*from, "|remoteinfo/auth:") == 1;
  } else if (const auto last = remote->rfind(':'); last != std::string_view::npos) {
    line.client = IpAddress::parse(remote->substr(last + 1));
    if (line.client && !line.client->is_ipv4()) line.client.reset();
    is_stranger = from->ends_with("::");
  }
  if (!line.client) return;
  line.event = what == "accepted rcpt" && is_stranger ? SmtpdEvent::recipient_let_in : SmtpdEvent::attempt;
}

// `ALLOWED from: SENDER to: RECIPIENT origin_ip: ADDRESS origin_rdns: NAME auth: USER …`
void read_spamdyke(std::string_view message, SmtpdLine& line) {
  constexpr std::array<std::string_view, 5> kKeys{"from:", "to:", "origin_ip:", "origin_rdns:", "auth:"};
  std::array<std::string_view, kKeys.size()> values{};
  std::string_view rest = message;
  const std::string_view what = take_word(rest);
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if (occurrences(message, ' ' + std::string(kKeys[i]) + ' ') != 1 || take_word(rest) != kKeys[i]) return;
    values[i] = take_word(rest);
  }
  line.client = IpAddress::parse(values[2]);
  if (!line.client) return;
  const bool is_stranger = values[4] == "(unknown)";
  line.event = (what == "ALLOWED" || what == "ALLOWED_TLS") && is_stranger ? SmtpdEvent::recipient_let_in
                                                                           : SmtpdEvent::attempt;
}

// The plugin's own line: a value in it has no blank (log.h).
std::optional<IpAddress> greylisted(std::string_view message, std::string_view head) {
  if (head != "greylisting:" || !message.starts_with("outcome=")) return std::nullopt;
  const Values values(message, kOwnKeys);
  const auto client = values["client"];
  return client && !values.is_forged() ? IpAddress::parse(*client) : std::nullopt;
}

}  // namespace

SmtpdLine read_smtpd_line(std::string_view line) {
  SmtpdLine read;
  line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
  read.stamp = take_stamp(line);
  skip_blanks(line);
  read.message = line;

  std::string_view head;
  std::string_view message = line;
  if (const std::string_view word = take_word(message); word.ends_with(':')) {
    head = word;
  } else {
    message = line;
  }
  if (message.starts_with("result=")) {
    read_result(message, head, read);
    return read;
  }
  read_user(message, head, read);
  if (read.user) return read;
  read.client = gone_before_greeting(message);
  if (!read.client && head.starts_with("qmail-smtpd")) read.client = gone_before_sender(message);
  if (read.client) {
    read.event = SmtpdEvent::hung_up;
    return read;
  }
  read.client = greylisted(message, head);
  if (read.client) {
    read.event = SmtpdEvent::attempt;
  } else if (head.empty() && take(message, "CHKUSER ")) {
    read_chkuser(message, read);
  } else if (head.empty() || head.starts_with("spamdyke")) {
    read_spamdyke(message, read);
  }
  return read;
}

}  // namespace greylisting
