#include "ctl/logs/exim_log.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace greylisting {
namespace {

using Event = LogEvent;

std::string client_in(const LogLine& line) { return line.client ? line.client->text() : ""; }

const std::string kId = "1vMabc-00000001kXY-2QwE ";

}  // namespace

TEST_CASE("read_exim: mail on its way out", "[log_line][exim_log]") {
  struct Way {
    std::string message;
    OnItsWay where;
    std::string address = "";
  };
  for (const Way& expected : std::vector<Way>{
           {"<= bob@example.org H=(pc) [10.0.0.5] P=esmtpsa A=plain:bob S=1", OnItsWay::begins,
            "bob@example.org"},
           {"<= bob@example.org U=bob P=local S=1", OnItsWay::begins, "bob@example.org"},
           {"<= bob@example.org H=mail.example.net [192.0.2.1] P=esmtp S=1", OnItsWay::nothing,
            "bob@example.org"},
           {"=> alice@example.net R=dnslookup T=remote_smtp", OnItsWay::is_sent_to, "alice@example.net"},
           {"-> alice@example.net R=dnslookup T=remote_smtp", OnItsWay::is_sent_to, "alice@example.net"},
           {"== alice@example.net R=dnslookup T=remote_smtp defer (-44)", OnItsWay::nothing},
           {"** alice@example.net R=dnslookup T=remote_smtp: 550 no", OnItsWay::nothing},
           {"Completed", OnItsWay::ends},
       }) {
    CAPTURE(expected.message);
    const std::string whole = "2026-11-21 06:11:44 " + kId + expected.message;
    const LogLine line = read_log_line(whole);
    CHECK(line.on_its_way == expected.where);
    CHECK(line.address == expected.address);
    CHECK(line.message_id == "1vMabc-00000001kXY-2QwE");
  }
}

TEST_CASE("read_exim: what counts as what", "[log_line][exim_log]") {
  struct Case {
    std::string message;
    Event event = Event::other;
    std::string client = "";
  };
  for (const Case& expected : std::vector<Case>{
           {kId + "<= alice@example.net H=mail.example.net [192.0.2.1] P=esmtps X=TLS1.3:x:256 CV=no S=1234 "
                  "id=1@x",
            Event::message_accepted, "192.0.2.1"},
           {"1vMabc-0001kX-2Q <= alice@example.net H=mail.example.net (helo) [192.0.2.1] P=esmtp S=1234",
            Event::message_accepted, "192.0.2.1"},
           {kId + "<= <> H=(helo) [2001:db8::1]:40001 I=[203.0.113.25]:25 P=esmtp S=1234",
            Event::message_accepted, "2001:db8::1"},
           {"+0100 [4711] " + kId + "<= a@b.example H=([198.51.100.1]) [192.0.2.1] P=smtp S=1",
            Event::message_accepted, "192.0.2.1"},
           {kId + "<= bob@example.org H=(laptop) [192.0.2.1] P=esmtpsa A=plain_server:bob S=1234",
            Event::message, "192.0.2.1"},
           {"H=mail.example.net (helo) [192.0.2.1] F=<a@b.example> temporarily rejected RCPT "
            "<bob@example.org>: "
            "temporary failure",
            Event::attempt, "192.0.2.1"},
           {"H=(helo) [192.0.2.1] rejected EHLO or HELO helo: syntax", Event::attempt, "192.0.2.1"},
           {"no MAIL in SMTP connection from (helo) [192.0.2.1] D=0.2s C=EHLO,QUIT", Event::hung_up,
            "192.0.2.1"},
           // Of this host, of a bounce, of what is not of a client.
           {kId + "<= root@mx.example.org U=root P=local S=1234"},
           {kId + "<= <> R=1vMabc-00000001kXY-2QwD U=exim P=local S=1234"},
           {kId + "=> bob <bob@example.org> R=local T=maildir H=mail.example.net [192.0.2.1]"},
           {kId + "Completed"},
           {"1vMabc <= alice@example.net H=mail.example.net [192.0.2.1] P=esmtps"},
           // As a client can have it written: a sender or HELO with what comes after it.
           {kId +
            "<= \"a H=[198.51.100.1] P=esmtp\"@b.example H=mail.example.net [192.0.2.1] P=esmtp S=1234"},
           {kId + "<= a@b.example H=(x [198.51.100.1] P=esmtp) [192.0.2.1] P=esmtp S=1234"},
           {kId + "<= a@b.example H=mail.example.net [192.0.2.1] P=esmtp S=1234 T=\"a P=x\""},
       }) {
    CAPTURE(expected.message);
    const LogLine line = read_log_line("2026-11-21 06:11:44 " + expected.message);
    CHECK(line.event == expected.event);
    CHECK(client_in(line) == expected.client);
    CHECK(line.stamp.index() == 2);
  }
  CHECK(read_log_line("2026-11-21 06:11:44 " + kId +
                      "<= a@b.example H=mail.example.net (x) [192.0.2.1] P=esmtp S=1")
            .client_name == "mail.example.net");
}

TEST_CASE("read_exim: its stamp, or the name that syslog has for it, says that a line is of Exim",
          "[log_line][exim_log]") {
  const std::string message = kId + "<= a@b.example H=mail.example.net [192.0.2.1] P=esmtp S=1234";
  for (const char* const stamp :
       {"2026-11-21 06:11:44 ", "2026-11-21 06:11:44.123 ",
        "Nov 21 06:11:44 mx exim[4711]: ", "Nov 21 06:11:44 mx exim4[4711]: 2026-11-21 06:11:44 ",
        "<22>1 2026-11-21T06:11:44Z mx exim 4711 - - ", "Nov 21 06:11:44 exim[4711]: 2026-11-21 06:11:44 ",
        "1795241504.205287 exim4[4711]: "}) {
    CAPTURE(stamp);
    CHECK(read_log_line(stamp + message).event == Event::message_accepted);
  }
  // As a client can have qmail-smtpd write it: what stands in front is what writes its log.
  for (const char* const stamp :
       {"", "@400000006b01362a0c3c6ebc ", "2026-11-21 06:11:44.205287500 ",
        "@400000006b01362a0c3c6ebc 2026-11-21 06:11:44 ", "Nov 21 06:11:44 mx qmail: 2026-11-21 06:11:44 ",
        "Nov 21 06:11:44 qmail: 2026-11-21 06:11:44 ",
        "Nov 21 06:11:44 qmail: exim[4711]: ", "2026-11-21_06:11:44.20528 exim[4711]: "}) {
    CAPTURE(stamp);
    CHECK(read_log_line(stamp + message).event == Event::other);
  }
}

}  // namespace greylisting
