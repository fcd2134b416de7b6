#include "ctl/logs/postfix_log.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace greylisting {
namespace {

using Event = LogEvent;

struct Line {
  std::string message;
  Event event = Event::other;
  std::string client{};
  std::string process{};
};

LogLine read(const std::string& stamped) { return read_log_line(stamped); }

std::string client_of(const LogLine& line) { return line.client ? line.client->text() : ""; }

}  // namespace

TEST_CASE("read_postfix: mail on its way out", "[log_line][postfix_log]") {
  struct Way {
    std::string message;
    OnItsWay where;
    std::string address{};
  };
  for (const Way& expected : std::vector<Way>{
           {"4F1A21234: client=a[10.0.0.5], sasl_method=PLAIN, sasl_username=bob", OnItsWay::begins},
           {"4F1A21234: client=a[10.0.0.5]", OnItsWay::nothing},
           {"4F1A21234: uid=1000 from=<bob>", OnItsWay::begins},
           {"4F1A21234: from=<bob@example.org>, size=1, nrcpt=1 (queue active)", OnItsWay::has_sender,
            "bob@example.org"},
           {"4F1A21234: from=<bob@example.org>, status=expired, returned to sender", OnItsWay::nothing},
           {"4F1A21234: to=<a@example.net>, orig_to=<b>, relay=x, status=sent (250 ok)", OnItsWay::is_sent_to,
            "a@example.net"},
           {"4F1A21234: to=<a@example.net>, relay=none, status=deferred (timed out)", OnItsWay::nothing,
            "a@example.net"},
           {"4F1A21234: removed", OnItsWay::ends},
       }) {
    CAPTURE(expected.message);
    const std::string whole = "Nov 21 06:11:44 mx postfix/qmgr[4711]: " + expected.message;
    const LogLine line = read(whole);
    CHECK(line.on_its_way == expected.where);
    CHECK(line.address == expected.address);
    if (expected.where != OnItsWay::nothing) CHECK(line.message_id == "4F1A21234");
  }
}

TEST_CASE("read_postfix: what counts as what", "[log_line][postfix_log]") {
  for (const Line& expected : std::vector<Line>{
           {"4F1A21234: client=mail.example.net[192.0.2.1]", Event::recipient_accepted, "192.0.2.1",
            "4F1A21234"},
           {"4bXyZ12Qwz3F: client=unknown[2001:db8::1]:40001", Event::recipient_accepted, "2001:db8::1",
            "4bXyZ12Qwz3F"},
           {"4F1A21234: client=mail.example.net[192.0.2.1], sasl_method=PLAIN, sasl_username=bob",
            Event::message, "192.0.2.1", "4F1A21234"},
           {"4F1A21234: from=<alice@example.net>, size=1234, nrcpt=1 (queue active)", Event::message_queued,
            "", "4F1A21234"},
           {"4F1A21234: from=<>, size=1234, nrcpt=1 (queue active)", Event::message_queued, "", "4F1A21234"},
           {"NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 450 4.3.0 <bob@example.org>: Recipient address "
            "rejected: temporary failure; from=<a@example.net> to=<bob@example.org> proto=ESMTP helo=<x>",
            Event::attempt, "192.0.2.1"},
           {"lost connection after CONNECT from unknown[192.0.2.1]", Event::hung_up, "192.0.2.1"},
           {"lost connection after EHLO from mail.example.net[192.0.2.1]", Event::hung_up, "192.0.2.1"},
           {"lost connection after RCPT from unknown[192.0.2.1]", Event::attempt, "192.0.2.1"},
           {"timeout after CONNECT from unknown[192.0.2.1]", Event::hung_up, "192.0.2.1"},
           {"timeout after DATA (0 bytes) from unknown[192.0.2.1]"},
           {"timeout after MAIL from unknown[192.0.2.1]", Event::attempt, "192.0.2.1"},
           {"SSL_accept error from unknown[192.0.2.1]: lost connection", Event::hung_up, "192.0.2.1"},
           {"SSL_accept error from mail.example.net[2001:db8::1]: -1", Event::hung_up, "2001:db8::1"},
           {"SSL_accept error from unknown: -1"},
           {"HANGUP after 0.5 from [192.0.2.1]:40001 in tests before SMTP handshake", Event::hung_up,
            "192.0.2.1"},
           {"HANGUP after 0 from [2001:db8::1]:40001", Event::hung_up, "2001:db8::1"},
           {"HANGUP after 3.2 from [192.0.2.1]:40001 in tests after SMTP handshake", Event::attempt,
            "192.0.2.1"},
           {"HANGUP after x y from [192.0.2.1]:40001 in tests before SMTP handshake"},
           // Nothing of a client, or not in the form that the server gives it.
           {"connect from unknown[192.0.2.1]"},
           {"4F1A21234: message-id=<1@example.net>"},
           {"4F1A21234: removed"},
           {"4F1A21234: from=<a@example.net>, status=expired, returned to sender"},
           {"4F1A21234: client=mail.example.net"},
           {"4F1A21234: client=mail.example.net[192.0.2.1x]"},
           {"4F-A21234: client=mail.example.net[192.0.2.1]"},
           {"warning: hostname x[192.0.2.1] does not resolve to address 192.0.2.1"},
       }) {
    CAPTURE(expected.message);
    const LogLine line = read("Nov 21 06:11:44 mx postfix/smtpd[4711]: " + expected.message);
    CHECK(line.event == expected.event);
    CHECK(client_of(line) == expected.client);
    CHECK(line.process == expected.process);
    CHECK(line.stamp.index() == 2);
  }
  CHECK(read("Nov 21 06:11:44 mx postfix/smtpd[1]: 4F1A21234: client=mail.example.net[192.0.2.1]")
            .client_name == "mail.example.net");
  CHECK(
      read("Nov 21 06:11:44 mx postfix/smtpd[1]: 4F1A21234: client=unknown[192.0.2.1]").client_name.empty());
}

TEST_CASE("read_postfix: the name that syslog has for a program says that a line is of Postfix",
          "[log_line][postfix_log]") {
  const std::string message = "4F1A21234: client=mail.example.net[192.0.2.1]";
  for (const char* const stamp :
       {"Nov 21 06:11:44 mx postfix/smtpd[4711]: ",
        "2026-11-21T06:11:44.123456+01:00 mx postfix/smtpd[4711]: ",
        "<22>1 2026-11-21T06:11:44Z mx postfix/smtpd 4711 - - ",
        "Nov 21 06:11:44 mx postfix-in/smtpd[4711]: ", "Nov 21 06:11:44 postfix/smtpd[4711]: ",
        "Sat 2026-11-21 06:11:44 UTC postfix/smtpd[4711]: ", "1795241504.205287 postfix/smtpd[4711]: ",
        "Sat Nov 21 06:11:44 2026 mail.info postfix/smtpd[4711]: ",
        "Nov 21 06:11:44 mx postfix/smtpd[4711]: [ID 197553 mail.info] ",
        "[pod/mx-0/postfix] Nov 21 06:11:44 mx postfix/smtpd[4711]: ", "Nov 21 06:11:44 [postfix/smtpd] ",
        "mx-1  | Nov 21 06:11:44 mx postfix/submission/smtpd[4711]: "}) {
    CAPTURE(stamp);
    CHECK(read(stamp + message).event == Event::recipient_accepted);
  }
  // As a client can have other servers write it.
  for (const char* const stamp :
       {"",
        "Nov 21 06:11:44 mx qmail: ",
        "@400000006b01362a0c3c6ebc ",
        "@400000006b01362a0c3c6ebc Nov 21 06:11:44 mx postfix/smtpd[1]: ",
        "Nov 21 06:11:44 mx qmail: postfix/smtpd[1]: ",
        "Nov 21 06:11:44 mx qmail: [ID 748625 mail.info] postfix/smtpd[1]: ",
        "Nov 21 06:11:44 qmail: postfix/smtpd[1]: ",
        "Nov 21 06:11:44 qmail-smtpd[1]: mx postfix/smtpd[1]: ",
        "1795241504.205287 qmail: postfix/smtpd[1]: ",
        "Sat Nov 21 06:11:44 2026 mail.info qmail: postfix/smtpd[1]: ",
        "2026-11-21 06:11:44 mx postfix/smtpd[1]: ",
        "2026-11-21 06:11:44.205287500 postfix/smtpd[1]: ",
        "2026-11-21_06:11:44.20528 postfix/smtpd[1]: ",
        "2026-11-21T06:11:44Z postfix/smtpd[1]: ",
        "@400000006b01362a0c3c6ebc postfix/smtpd[1]: ",
        "Nov 21 06:11:44 [qmail] [postfix/smtpd] ",
        "Nov 21 06:11:44 [qmail] postfix/smtpd[1]: ",
        "Nov 21 06:11:44 mx qmail: [postfix/smtpd] ",
        "Nov 21 06:11:44 qmail: [postfix/smtpd] ",
        "2026-11-21 06:11:44 [postfix/smtpd] ",
        "2026-11-21T06:11:44Z [postfix/smtpd] ",
        "2026-11-21T06:11:44Z mx.1@node    | postfix/smtpd[1]: ",
        "@400000006b01362a0c3c6ebc [pod/a/b] Nov 21 06:11:44 mx postfix/smtpd[1]: "}) {
    CAPTURE(stamp);
    CHECK(read(stamp + message).event == Event::other);
  }
}

}  // namespace greylisting
