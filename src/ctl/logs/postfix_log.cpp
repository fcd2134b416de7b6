#include "ctl/logs/postfix_log.h"

#include <algorithm>
#include <array>

#include "ctl/logs/scan.h"
#include "text/ascii.h"

namespace greylisting {
namespace {

// `mail.example.net[192.0.2.1]`, `unknown[2001:db8::1]:4711`; takes it off. A name has no bracket.
bool take_client(std::string_view& text, LogLine& line) {
  const auto begin = text.find('[');
  const auto end = text.find(']');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return false;
  line.client = IpAddress::parse(text.substr(begin + 1, end - begin - 1));
  if (!line.client) return false;
  if (const std::string_view name = text.substr(0, begin); name != "unknown") line.client_name = name;
  text.remove_prefix(end + 1);
  if (take(text, ":")) text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
  return true;
}

// A short one is of hexadecimal digits, a long one (enable_long_queue_ids) also of other letters.
bool is_queue_id(std::string_view id) {
  return id.size() >= 5 && std::ranges::all_of(id, [](char c) {
           return ascii::is_digit(c) || ascii::lower(c) != c || (c >= 'a' && c <= 'z');
         });
}

void on_its_way(OnItsWay where, std::string_view id, LogLine& line) {
  line.on_its_way = where;
  line.message_id = id;
}

void read_of_message(std::string_view id, std::string_view text, LogLine& line) {
  if (take(text, "client=")) {
    if (!take_client(text, line)) return;
    line.process = id;
    // Behind the client of a proxy or filter the first one may stand; who has authenticated is one's own.
    line.event = text.empty() ? LogEvent::recipient_accepted : LogEvent::message;
    if (text.find(" sasl_username=") != std::string_view::npos) on_its_way(OnItsWay::begins, id, line);
    return;
  }
  if (take(text, "uid=")) return on_its_way(OnItsWay::begins, id, line);  // of pickup(8)
  if (text == "removed") return on_its_way(OnItsWay::ends, id, line);
  if (take(text, "to=")) {
    line.address = take_address(text);
    if (occurrences(text, " status=sent ") == 1) on_its_way(OnItsWay::is_sent_to, id, line);
    return;
  }
  if (text.starts_with("from=<") && text.ends_with(" (queue active)")) {
    line.process = id;
    line.event = LogEvent::message_queued;
    take(text, "from=");
    line.address = take_address(text);
    on_its_way(OnItsWay::has_sender, id, line);
  }
}

}  // namespace

void read_postfix(std::string_view message, LogLine& line) {
  constexpr std::array<std::string_view, 4> kBeforeSender{"CONNECT", "EHLO", "HELO", "STARTTLS"};
  std::string_view text = message;
  if (take(text, "SSL_accept error from ")) {
    if (take_client(text, line)) line.event = LogEvent::hung_up;
    return;
  }
  if (take(text, "HANGUP after ")) {
    take_word(text);
    if (!take(text, "from ") || !take_client(text, line)) return;
    // After it the client may have named a sender.
    const bool is_early = text.empty() || text == " in tests before SMTP handshake";
    line.event = is_early ? LogEvent::hung_up : LogEvent::attempt;
    return;
  }
  if (take(text, "lost connection after ") || take(text, "timeout after ")) {
    const std::string_view command = take_word(text);
    if (!take(text, "from ") || !take_client(text, line)) return;
    const bool is_early = std::ranges::find(kBeforeSender, command) != kBeforeSender.end() && text.empty();
    line.event = is_early ? LogEvent::hung_up : LogEvent::attempt;
    return;
  }
  if (take(text, "NOQUEUE: reject: ")) {
    take_word(text);
    if (take(text, "from ") && take_client(text, line)) line.event = LogEvent::attempt;
    return;
  }
  std::string_view id = take_word(text);
  if (!id.ends_with(':')) return;
  id.remove_suffix(1);
  if (is_queue_id(id)) read_of_message(id, text, line);
}

}  // namespace greylisting
