#include "ctl/logs/smtpd_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace greylisting {
namespace {

// TAI64 of 1970-01-01 00:00:00 UTC, as the clocks of daemontools have it.
constexpr std::uint64_t kTaiOfEpoch = 4611686018427387914U;
constexpr std::uint64_t kEndOfTime = 253402300800;  // the year 10000

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

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
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
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
  return std::chrono::sys_days(date_of(clock)) + std::chrono::hours(clock.hour) +
         std::chrono::minutes(clock.minute) + std::chrono::seconds(clock.second) - *zone;
}

Stamp take_syslog_date(std::string_view& text) {
  std::string_view rest = text;
  WallClock clock;
  const auto* const month = std::ranges::find(kMonths, rest.substr(0, 3));
  if (month == kMonths.end()) return {};
  clock.month = static_cast<unsigned>(month - kMonths.begin()) + 1;
  rest.remove_prefix(3);
  if (!take(rest, " ")) return {};
  const auto day = take_number<unsigned>(rest, take(rest, " ") ? 1 : 2);
  if (!day || !take(rest, " ")) return {};
  clock.day = *day;
  WallClock in_leap_year = clock;
  in_leap_year.year = 2000;
  if (!date_of(in_leap_year).ok() || !take_clock(rest, clock) || !ends_here(rest)) return {};
  text = rest;
  return clock;
}

// The host and the program that syslog writes behind its stamp, and the number of splogger(8).
void skip_origin(std::string_view& text) {
  std::string_view rest = text;
  const std::string_view host = take_word(rest);
  skip_blanks(rest);
  const std::string_view tag = take_word(rest);
  if (!host.empty() && !host.ends_with(':') && tag.ends_with(':')) text = rest;
  skip_blanks(text);
  rest = text;
  const std::string_view number = take_word(rest);
  const bool is_number = std::ranges::all_of(number, [](char c) { return is_digit(c) || c == '.'; });
  if (is_number && number.find('.') != std::string_view::npos) text = rest;
}

Stamp take_stamp(std::string_view& text) {
  if (const auto tai = take_tai64n(text)) return *tai;
  Stamp stamp = take_date(text);
  if (stamp.index() == 0) stamp = take_syslog_date(text);
  const auto* const clock = std::get_if<WallClock>(&stamp);
  const bool is_plain = clock != nullptr && clock->year != 0;
  if (stamp.index() != 0 && !is_plain) {
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

// `read failed (…): (null) from 192.0.2.1 to (null) helo unknown`: (null) for a sender or recipient is that
// there has been none. A sender who looks like all that is followed by more words.
std::optional<IpAddress> gone_before_sender(std::string_view message) {
  if (!take(message, "read failed (")) return std::nullopt;
  if (!take(message, "hang up before quit cmd") &&
      !take(message, "connection closed by the client before the quit cmd"))
    return std::nullopt;
  if (!take(message, "): (null) from ")) return std::nullopt;
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
  if (read.client) read.event = SmtpdEvent::attempt;
  return read;
}

}  // namespace greylisting
