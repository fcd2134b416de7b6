#include "ctl/logs/qmail_log.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "ctl/logs/scan.h"

namespace greylisting {
namespace {

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
void read_result(std::string_view message, std::string_view head, LogLine& line) {
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
    line.event = is_accepted ? LogEvent::message_accepted : LogEvent::message;
    line.needs_envelope = true;
  } else {
    line.event = is_accepted ? LogEvent::recipient_accepted : LogEvent::attempt;
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
void read_user(std::string_view message, std::string_view head, LogLine& line) {
  constexpr std::string_view kHead = "qmail-smtpd[";
  constexpr std::string_view kUser = " user=<";
  if (!head.starts_with(kHead) || !head.ends_with("]:") || !message.starts_with("auth: auth-")) return;
  head = head.substr(kHead.size(), head.size() - kHead.size() - 2);
  const auto user = message.find(kUser);
  if (user == std::string_view::npos || head.empty()) return;
  line.process = head;
  line.user = message.substr(user + kUser.size());
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
void read_chkuser(std::string_view message, LogLine& line) {
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
  line.event = what == "accepted rcpt" && is_stranger ? LogEvent::recipient_let_in : LogEvent::attempt;
}

// `ALLOWED from: SENDER to: RECIPIENT origin_ip: ADDRESS origin_rdns: NAME auth: USER …`
void read_spamdyke(std::string_view message, LogLine& line) {
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
  line.event = (what == "ALLOWED" || what == "ALLOWED_TLS") && is_stranger ? LogEvent::recipient_let_in
                                                                           : LogEvent::attempt;
}

// `qmail-smtpd: pid 4711 Accept::RCPT::Rcpthosts_Rcptto P:ESMTP S:192.0.2.1:mail.example.net H:… F:… T:…`.
// What a client can choose comes after the address, and a name that DNS has given has no colon (djbdns
// writes it \072).
void read_sqmail(std::string_view message, LogLine& line) {
  if (take(message, "pid ")) take_word(message);
  const std::string_view what = take_word(message);
  if (!what.starts_with("Accept::") && !what.starts_with("Reject::")) return;
  if (!take_word(message).starts_with("P:") || !take(message, "S:")) return;
  const std::string_view host = take_word(message);
  line.client = IpAddress::parse(host.substr(0, host.rfind(':')));
  if (!line.client) return;
  // Others have a right to relay.
  const bool is_stranger = what.starts_with("Accept::RCPT::") || what.starts_with("Accept::SPF::");
  line.event = is_stranger ? LogEvent::recipient_let_in : LogEvent::attempt;
}

// Lines of qmail-send: `info msg 4711: bytes 834 from <alice@example.net> qp 12 uid 7791`, `starting delivery
// 3: msg 4711 to remote bob@example.org`, `end msg 4711`. What goes to a remote host has come from here, or
// has been forwarded from here.
void read_qmail_send(std::string_view message, LogLine& line) {
  if (take(message, "info msg ")) {
    line.message_id = message.substr(0, message.find(':'));
    if (const auto from = message.rfind(" from <"); from != std::string_view::npos) {
      message.remove_prefix(from + 6);
      line.address = take_address(message);
      line.on_its_way = OnItsWay::begins;
    }
  } else if (take(message, "end msg ")) {
    line.message_id = message;
    line.on_its_way = OnItsWay::ends;
  } else if (take(message, "starting delivery ")) {
    take_word(message);
    if (!take(message, "msg ")) return;
    line.message_id = take_word(message);
    if (!take(message, "to remote ")) return;
    line.address = message;
    line.on_its_way = OnItsWay::is_sent_to;
  }
}

// The plugin's own line: a value in it has no blank (log.h).
std::optional<IpAddress> greylisted(std::string_view message, std::string_view head) {
  if (head != "greylisting:" || !message.starts_with("outcome=")) return std::nullopt;
  const Values values(message, kOwnKeys);
  const auto client = values["client"];
  return client && !values.is_forged() ? IpAddress::parse(*client) : std::nullopt;
}

}  // namespace

void read_qmail(std::string_view whole, LogLine& line) {
  std::string_view head;
  std::string_view message = whole;
  if (const std::string_view word = take_word(message); word.ends_with(':')) {
    head = word;
  } else {
    message = whole;
  }
  // A value of journalctl -o json, export or verbose, whose stamp is elsewhere.
  if (head.find_first_of("=\"{") != std::string_view::npos) return;
  if (message.starts_with("result=")) return read_result(message, head, line);
  if (head.empty() || head == "qmail:" || head == "qmail-send:") read_qmail_send(message, line);
  if (line.on_its_way != OnItsWay::nothing) return;
  read_user(message, head, line);
  if (line.user) return;
  line.client = gone_before_greeting(message);
  if (!line.client && head.starts_with("qmail-smtpd")) line.client = gone_before_sender(message);
  if (line.client) {
    line.event = LogEvent::hung_up;
    return;
  }
  line.client = greylisted(message, head);
  if (line.client) {
    line.event = LogEvent::attempt;
  } else if (head == "qmail-smtpd:") {
    read_sqmail(message, line);
  } else if (head.empty() && take(message, "CHKUSER ")) {
    read_chkuser(message, line);
  } else if (head.empty() || head.starts_with("spamdyke")) {
    read_spamdyke(message, line);
  }
}

}  // namespace greylisting
