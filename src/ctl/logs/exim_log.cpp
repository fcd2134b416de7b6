#include "ctl/logs/exim_log.h"

#include <algorithm>
#include <string>

#include "ctl/logs/log_stamp.h"
#include "ctl/logs/scan.h"
#include "text/ascii.h"

namespace greylisting {
namespace {

// `+0100 ` and `[4711] `, which log_timezone and log_selector = +pid put in front.
void skip_zone_and_process(std::string_view& text) {
  if (text.size() > 6 && (text[0] == '+' || text[0] == '-') && text[5] == ' ' &&
      std::ranges::all_of(text.substr(1, 4), [](char c) { return ascii::is_digit(c); }))
    text.remove_prefix(6);
  std::string_view rest = text;
  const std::string_view word = take_word(rest);
  if (word.size() > 2 && word.starts_with('[') && word.ends_with(']') &&
      std::ranges::all_of(word.substr(1, word.size() - 2), [](char c) { return ascii::is_digit(c); }))
    text = rest;
}

// `1vMabc-0001kX-2Q`, since 4.97 `1vMabc-00000001kXY-2QwE`.
bool is_message_id(std::string_view id) {
  const auto first = id.find('-');
  const auto last = id.rfind('-');
  return first == 6 && (last == 13 || last == 18) && (id.size() == last + 3 || id.size() == last + 5) &&
         std::ranges::all_of(id, [](char c) { return c == '-' || ascii::is_digit(c) || c >= 'A'; });
}

// `mail.example.net (helo) [192.0.2.1]:4711 I=…`: the address is in the last brackets before `end`, which
// begins what follows and stands there once.
bool read_host(std::string_view text, std::string_view end, LogLine& line) {
  if (occurrences(text, end) != 1) return false;
  text = text.substr(0, text.find(end));
  if (const auto interface = text.find(" I=["); interface != std::string_view::npos)
    text = text.substr(0, interface);
  const auto begin = text.rfind('[');
  const auto close = text.rfind(']');
  if (begin == std::string_view::npos || close == std::string_view::npos || close < begin) return false;
  line.client = IpAddress::parse(text.substr(begin + 1, close - begin - 1));
  if (!line.client) return false;
  const std::string_view name = text.substr(0, text.find(' '));
  if (!name.starts_with('(') && !name.starts_with('[')) line.client_name = name;
  return true;
}

// What follows ` H=`, which stands there once.
std::string_view after_host_mark(std::string_view text) {
  constexpr std::string_view kHost = " H=";
  if (occurrences(text, kHost) != 1) return {};
  return text.substr(text.find(kHost) + kHost.size());
}

// Of a message that is on its way out. A sender may hold blanks between quotes; such a one is left out.
void read_way(std::string_view id, std::string_view text, LogLine& line) {
  const bool is_received = take(text, "<= ");
  const bool is_sent = !is_received && (take(text, "=> ") || take(text, "-> "));
  if (text == "Completed") {
    line.on_its_way = OnItsWay::ends;
  } else if (is_sent) {
    line.on_its_way = OnItsWay::is_sent_to;
  } else if (is_received && (occurrences(text, " A=") == 1 ||
                             (occurrences(text, " P=local ") == 1 && occurrences(text, " H=") == 0))) {
    line.on_its_way = OnItsWay::begins;
  }
  line.message_id = id;
  if (is_received || is_sent) line.address = take_word(text);
}

}  // namespace

bool has_exims_stamp(std::string_view line) {
  constexpr std::string_view kForm = "dddd-dd-dd dd:dd:dd.ddd ";
  constexpr std::size_t kSeconds = 19;
  const auto has_form = [line](std::string_view form) {
    return line.size() >= form.size() &&
           std::equal(form.begin(), form.end(), line.begin(), [](char expected, char is) {
             return expected == 'd' ? ascii::is_digit(is) : is == expected;
           });
  };
  return has_form(kForm) || has_form(std::string(kForm.substr(0, kSeconds)) + ' ');
}

void read_exim(std::string_view message, LogLine& line) {
  // Where it writes to syslog, its own stamp may follow that of syslog.
  if (has_exims_stamp(message)) {
    LogOrigin origin;
    take_stamp(message, origin);
    skip_blanks(message);
  }
  skip_zone_and_process(message);
  std::string_view text = message;
  if (take(text, "no MAIL in SMTP connection from ")) {
    if (read_host(text, " D=", line)) line.event = LogEvent::hung_up;
    return;
  }
  if (message.starts_with("H=")) {
    text = message.substr(2);
    const std::string_view end = text.find(" F=<") != std::string_view::npos ? " F=<" : " rejected ";
    if (text.find("rejected ") != std::string_view::npos && read_host(text, end, line))
      line.event = LogEvent::attempt;
    return;
  }
  const std::string_view id = take_word(text);
  if (!is_message_id(id)) return;
  read_way(id, text, line);
  if (!take(text, "<= ")) return;
  const std::string_view host = after_host_mark(text);
  if (host.empty() || !read_host(host, " P=", line)) return;
  line.event = text.find(" A=") == std::string_view::npos ? LogEvent::message_accepted : LogEvent::message;
}

}  // namespace greylisting
