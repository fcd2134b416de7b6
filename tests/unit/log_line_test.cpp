#include "ctl/logs/log_line.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace greylisting {
namespace {

using Event = LogEvent;

// What qmail-smtpd writes of a message from 192.0.2.1, with the qlog patch.
std::string result(const std::string& head, const std::string& begin, const std::string& client_says = "",
                   const std::string& relay = "no", const std::string& user = "") {
  return head + begin + " reason=queueaccept detail= helo=mail.example.net mailfrom=alice@example.net" +
         client_says + " rcptto=bob@example.org relay=" + relay + " rcpthosts= size=1234 authuser=" + user +
         " authtype= encrypted=tls sslverified=no localip=203.0.113.25 localport=25 remoteip=192.0.2.1 "
         "remoteport=40001 remotehost=mail.example.net qp=4712 pid=4711";
}

const std::string kAccepted = "result=accepted code=250";
const std::string kGone =
    "qmail-smtpd: read failed (hang up before quit cmd): (null) from 192.0.2.1 to (null) helo unknown";

std::string chkuser(const std::string& what, const std::string& sender, const std::string& user,
                    const std::string& helo, const std::string& client) {
  return "CHKUSER " + what + ": from <" + sender + "|remoteinfo/auth:" + user +
         "|chkuser-identify:> remote <helo:" + helo + "|remotehostname:unknown|remotehostip:" + client +
         "> rcpt <c@d> : found existing recipient";
}

std::string spamdyke(const std::string& what, const std::string& sender, const std::string& recipient,
                     const std::string& client, const std::string& user = "(unknown)") {
  return "spamdyke[4711]: " + what + " from: " + sender + " to: " + recipient + " origin_ip: " + client +
         " origin_rdns: mail.example.net auth: " + user + " encryption: (none) reason: 250_ok";
}

std::string client_or_none(const LogLine& line) { return line.client ? line.client->text() : "none"; }

std::chrono::sys_seconds at(std::int64_t time) {
  return std::chrono::sys_seconds(std::chrono::seconds(time));
}

}  // namespace

TEST_CASE("read_log_line: what counts as what", "[log_line]") {
  struct Case {
    std::string line;
    Event event;
    std::string client = "192.0.2.1";
  };
  const std::vector<Case> cases{
      {result("qlogreceived: ", kAccepted), Event::message_accepted},
      {result("", kAccepted), Event::message_accepted},
      {result("qmail-smtpd: ", kAccepted), Event::message_accepted},
      {kAccepted + " remoteip=2001:db8::1", Event::message_accepted, "2001:db8::1"},
      {kAccepted + " remoteip=::ffff:192.0.2.1", Event::message_accepted},
      {result("qlogreceived: ", "result=rejected code=554"), Event::message},
      {result("qlogreceived: ", "result=accepted code=451"), Event::message},
      {result("qlogreceived: ", "result=accepted code=2500"), Event::message},
      {result("qlogreceived: ", "result=accepted, code=250"), Event::message},
      {result("qlogenvelope: ", kAccepted), Event::recipient_accepted},
      {result("qlogenvelope: ", "result=rejected code=451"), Event::attempt},
      // One's own users, whose networks earn nothing.
      {result("qlogreceived: ", kAccepted, "", "yes"), Event::message},
      {result("qlogreceived: ", kAccepted, "", "no", "carol"), Event::message},
      {result("qlogenvelope: ", kAccepted, "", "yes"), Event::attempt},

      {"GREETDELAY from 192.0.2.1: client disconnected", Event::hung_up},
      {"qmail-smtpd[4711]: GREETDELAY from 192.0.2.1: client disconnected", Event::hung_up},
      {"qmail-smtpd[4711]: GREETDELAY from 2001:db8::1: client disconnected", Event::hung_up, "2001:db8::1"},
      {kGone, Event::hung_up},
      {kGone + "\r", Event::hung_up},
      {"qmail-smtpd: read failed (connection closed by the client before the quit cmd): (null) from "
       "192.0.2.1 "
       "to (null) helo mail.example.net",
       Event::hung_up},
      {"qmail-smtpd: read failed (hang up before quit cmd): (null) from 192.0.2.1 to (null) helo ",
       Event::hung_up},

      // Before July 2019.
      {"qmail-smtpd: read failed: (null) from 192.0.2.1 to (null) helo unknown", Event::hung_up},
      {"qmail-smtpd: read failed: (null) from 2001:db8::1 to (null) helo mail.example.net", Event::hung_up,
       "2001:db8::1"},

      // chkuser as its author has it, and as most qmail of today.
      {"CHKUSER accepted rcpt: from <a@b::> remote <mail.example.net:unknown:192.0.2.1> rcpt <c@d> : found "
       "existing recipient",
       Event::recipient_let_in},
      {"CHKUSER accepted rcpt: from <::> remote <2001:db8:h::192.0.2.1> rcpt <c@d> : accepted any recipient "
       "for "
       "this domain",
       Event::recipient_let_in},
      {chkuser("accepted rcpt", "a@b", "", "mail.example.net", "192.0.2.1"), Event::recipient_let_in},
      {chkuser("accepted rcpt", "", "", "mail.example.net", "2001:db8::1"), Event::recipient_let_in,
       "2001:db8::1"},
      {chkuser("accepted rcpt", "a@b|remoteinfo/auth:", "", "x", "192.0.2.1"), Event::attempt},
      {chkuser("accepted rcpt", "a@b", "", "x|remotehostip:198.51.100.1", "192.0.2.1"),
       Event::recipient_let_in},
      // One's own users.
      {"CHKUSER accepted rcpt: from <a@b:carol:> remote <h:unknown:192.0.2.1> rcpt <c@d> : found existing "
       "recipient",
       Event::attempt},
      {chkuser("accepted rcpt", "a@b", "carol", "x", "192.0.2.1"), Event::attempt},
      {chkuser("relaying rcpt", "a@b", "", "x", "192.0.2.1"), Event::attempt},
      {chkuser("rejected rcpt", "a@b", "", "x", "192.0.2.1"), Event::attempt},
      {chkuser("accepted sender", "a@b", "", "x", "192.0.2.1"), Event::attempt},

      {spamdyke("ALLOWED", "a@b", "c@d", "192.0.2.1"), Event::recipient_let_in},
      {spamdyke("ALLOWED_TLS", "(unknown)", "c@d", "2001:db8::1"), Event::recipient_let_in, "2001:db8::1"},
      {"ALLOWED from: a@b to: c@d origin_ip: 192.0.2.1 origin_rdns: mail.example.net auth: (unknown)",
       Event::recipient_let_in},
      {spamdyke("ALLOWED", "a@b", "c@d", "192.0.2.1", "carol"), Event::attempt},
      {spamdyke("ALLOWED_AUTHENTICATED", "a@b", "c@d", "192.0.2.1"), Event::attempt},
      {spamdyke("DENIED_RDNS_MISSING", "a@b", "c@d", "192.0.2.1"), Event::attempt},
      {spamdyke("TIMEOUT", "(unknown)", "(unknown)", "192.0.2.1"), Event::attempt},

      {"qmail-smtpd: pid 4711 Accept::RCPT::Rcpthosts_Rcptto P:ESMTP S:192.0.2.1:mail.example.net H:x F:a@b "
       "T:c@d",
       Event::recipient_let_in},
      {"qmail-smtpd: pid 4711 Accept::SPF::Recipients_Cdb P:ESMTPS S:2001:db8::1:unknown H:x F:a@b T:c@d",
       Event::recipient_let_in, "2001:db8::1"},
      {"qmail-smtpd: pid 4711 Accept::ORIG::Local_Sender P:ESMTP S:192.0.2.1:x H:x F:a@b T:c@d",
       Event::attempt},
      {"qmail-smtpd: pid 4711 Accept::SNDR::Relay_Client P:ESMTP S:192.0.2.1:x H:x F:a@b T:c@d",
       Event::attempt},
      {"qmail-smtpd: pid 4711 Accept::AUTH::login P:ESMTPA S:192.0.2.1:x H:x F:a@b T:c@d ?~ 'carol'",
       Event::attempt},
      {"qmail-smtpd: pid 4711 Reject::RCPT::Failed_Rcptto P:ESMTP S:192.0.2.1:x H:x F:a@b T:c@d",
       Event::attempt},

      {"greylisting: outcome=accepted reason=retried client=192.0.2.1 host= helo=x sender=a@b recipient=c@d",
       Event::attempt},
      {"greylisting: outcome=deferred reason=new client=192.0.2.1 host= helo=x sender= recipient=c@d",
       Event::attempt},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.line);
    const LogLine line = read_log_line(expected.line);
    CHECK(line.event == expected.event);
    CHECK(client_or_none(line) == expected.client);
    CHECK(line.stamp.index() == 0);
  }
  CHECK(read_log_line(cases[0].line).client_name == "mail.example.net");
  CHECK(read_log_line(cases[3].line).client_name.empty());
}

TEST_CASE("read_log_line: what a client says is not taken for what qmail-smtpd says", "[log_line]") {
  const std::string rejected = "result=rejected code=553";
  struct Case {
    std::string line;
    Event event = Event::other;
  };
  const std::vector<Case> cases{
      {""},
      {"="},
      {"tcpserver: status: 1/40"},
      {"tcpserver: ok 4711 mx.example.org:203.0.113.25:25 :192.0.2.1::40001"},
      // In a word of another key, or in quotes.
      {result("qlogreceived: ", rejected, "_result=accepted_code=250"), Event::message},
      {result("qlogreceived: ", rejected, " \"result=accepted x\""), Event::message},
      {result("qlogenvelope: ", rejected, "result=accepted"), Event::attempt},
      // With blanks, as UTF-8 is logged (SMTPUTF8).
      {result("qlogreceived: ", rejected, " \"result=accepted code=250\"")},
      {result("qlogreceived: ", rejected, " result=accepted code=250")},
      {result("qlogreceived: ", kAccepted, " remoteip=198.51.100.1")},
      {result("qlogreceived: ", kAccepted, " relay=no", "yes")},
      {result("qlogreceived: ", kAccepted, " authuser=", "no", "carol")},
      {result("qlogreceived: ", kAccepted, " remotehost=mail.example.com")},
      // Elsewhere than at the beginning.
      {"qmail-smtpd: message rejected: result=accepted code=250 remoteip=192.0.2.1 from 198.51.100.1 to b "
       "helo c"},
      {"qmail-smtpd: helo qlogreceived: result=accepted code=250 remoteip=192.0.2.1"},
      {"qlogreceived: code=250 result=accepted remoteip=192.0.2.1"},
      {"qlogreceived: result=accepted reason=x code=250 remoteip=192.0.2.1"},
      {"qlogreceived: result=accepted"},
      {"qlogreceived: result=accepted code=250 xremoteip=192.0.2.1"},
      {"qlogreceived: result=accepted code=250 remoteip="},
      {"qlogreceived: result=accepted code=250 remoteip=192.0.2.1x"},
      {"qlogreceived: result=accepted code=250 remoteip=192.0.2.0/24"},

      {"GREETDELAY from 192.0.2.1: client sent data before greeting"},
      {"GREETDELAY from 192.0.2.1: client disconnected later"},
      {"GREETDELAY from 192.0.2.1 client disconnected"},
      {"GREETDELAY from mail.example.net: client disconnected"},
      {"helo: x GREETDELAY from 192.0.2.1: client disconnected"},
      {"2026-11-21 06:11:44 helo x: GREETDELAY from 192.0.2.1: client disconnected"},
      {"2026-11-21 06:11:44 helo x[1]: GREETDELAY from 192.0.2.1: client disconnected"},
      {"2026-11-21_06:11:44.20528 x: qlogreceived: result=accepted code=250 remoteip=192.0.2.1"},
      {"2026-11-21T06:11:44Z x: qlogreceived: result=accepted code=250 remoteip=192.0.2.1"},
      {"@400000006b01362a0c3c6ebc x: qlogreceived: result=accepted code=250 remoteip=192.0.2.1"},
      {"Nov 21 06:11:44 qmail: x: qlogreceived: result=accepted code=250 remoteip=192.0.2.1"},
      {"Nov 21 06:11:44 qmail: mx qmail: qlogreceived: result=accepted code=250 remoteip=192.0.2.1"},
      {"Nov 21 06:11:44 mx qmail: qmail: qlogreceived: result=accepted code=250 remoteip=192.0.2.1"},
      {"Nov 21 06:11:44 mx qmail: [ID 1 mail.info] [ID 1 mail.info] result=accepted code=250 "
       "remoteip=192.0.2.1"},

      // It has said who it is, or not said anything as yet that tells.
      {"qmail-smtpd: read failed (hang up before quit cmd): a@b from 192.0.2.1 to (null) helo unknown"},
      {"qmail-smtpd: read failed (hang up before quit cmd):  from 192.0.2.1 to (null) helo unknown"},
      {"qmail-smtpd: read failed (hang up before quit cmd): (null) from 192.0.2.1 to c@d helo unknown"},
      {"qmail-smtpd: read failed (tls connection failed): (null) from 192.0.2.1 to (null) helo unknown"},
      // A sender, a HELO.
      {"qmail-smtpd: read failed (hang up before quit cmd): (null) from 192.0.2.1 to (null) helo x from "
       "198.51.100.1 to c@d helo y"},
      {"qmail-smtpd: read failed (hang up before quit cmd): (null) from 192.0.2.1 to (null) helo from "
       "198.51.100.1 to c@d helo y"},
      {"qmail-smtpd: read failed (hang up before quit cmd): a from 192.0.2.1 to (null) helo x@y from "
       "198.51.100.1 to (null) helo z"},
      {kGone + " x"},
      {kGone + "\tx"},
      {"read failed (hang up before quit cmd): (null) from 192.0.2.1 to (null) helo unknown"},
      {"x " + kGone},

      {"qmail-smtpd: read failed: a@b from 192.0.2.1 to (null) helo unknown"},
      {"qmail-smtpd: read failed: (null) from 192.0.2.1 to (null) helo x from 198.51.100.1 to c@d helo y"},
      {"qmail-smtpd: read failed : (null) from 192.0.2.1 to (null) helo unknown"},

      // A sender, a recipient, HELO or a name that looks like what comes after it.
      {chkuser("accepted rcpt", "> remote <helo:|remotehostname:|remotehostip:203.0.113.1> rcpt <x> : y", "",
               "x", "192.0.2.1")},
      {chkuser("accepted rcpt", "a", "", "> rcpt <x> : y", "192.0.2.1")},
      {chkuser("accepted rcpt", "a", "", "x", "192.0.2.1> rcpt <x")},
      {"CHKUSER accepted rcpt: from <a::> remote <h:n:192.0.2.1> rcpt <x> : y> : found existing recipient"},
      {"CHKUSER accepted rcpt: from <a::> remote <2001:db8:1:2:abcd:2a01::1> rcpt <x> : found existing "
       "recipient"},
      {"CHKUSER accepted rcpt: from <a::> remote <h:n:> rcpt <x> : found existing recipient"},
      {"x CHKUSER accepted rcpt: from <a::> remote <h:n:192.0.2.1> rcpt <x> : found existing recipient"},
      {spamdyke("ALLOWED", "x to: y origin_ip: 203.0.113.1 origin_rdns: z auth: (unknown)", "c@d",
                "192.0.2.1")},
      {spamdyke("ALLOWED", "a@b", "x origin_ip: 203.0.113.1 origin_rdns: z auth: (unknown)", "192.0.2.1")},
      {spamdyke("ALLOWED", "a b", "c@d", "192.0.2.1")},
      {spamdyke("ALLOWED", "a@b", "c@d", "(unknown)")},
      {"x ALLOWED from: a@b to: c@d origin_ip: 192.0.2.1 origin_rdns: (unknown) auth: (unknown)"},

      {"qmail-smtpd: pid 4711 Accept::RCPT::Rcpthosts_Rcptto P:ESMTP S:unknown:mail.example.net H:x F:a@b "
       "S:203.0.113.1:x T:c@d"},
      {"qmail-smtpd: pid 4711 H:x Accept::RCPT::Rcpthosts_Rcptto P:ESMTP S:203.0.113.1:x"},
      {"x qmail-smtpd: pid 4711 Accept::RCPT::Rcpthosts_Rcptto P:ESMTP S:203.0.113.1:x H:x F:a@b T:c@d"},

      {"greylisting: MySQL: client=192.0.2.1"},
      {"greylisting: outcome=accepted reason=retried client=192.0.2.1 client=198.51.100.1"},
      {"outcome=accepted reason=retried client=192.0.2.1"},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.line);
    const LogLine line = read_log_line(expected.line);
    CHECK(line.event == expected.event);
    CHECK(client_or_none(line) == (expected.event == Event::other ? "none" : "192.0.2.1"));
  }
}

TEST_CASE("read_log_line: which process of which client, and the name of a user", "[log_line]") {
  const LogLine message = read_log_line("@400000006b01362a0c3c6ebc " + result("qlogreceived: ", kAccepted));
  CHECK(message.process == "4711");
  CHECK(message.port == "40001");
  CHECK(message.message.starts_with("qlogreceived: "));
  CHECK_FALSE(message.is_cut);
  CHECK_FALSE(message.user);

  const std::string failed = "qmail-smtpd[4711]: auth: auth-failed type=login user=<";
  for (const std::string user : {"bob>", "bob", ">", "", "x> y", "a=b> user=<c>"}) {
    CAPTURE(user);
    const LogLine line = read_log_line("2026-11-21 06:11:44.205287 " + failed + user);
    CHECK(line.event == Event::other);
    CHECK(line.process == "4711");
    CHECK(line.user == user);
  }
  CHECK(read_log_line("qmail-smtpd[4711]: auth: auth-success type=plain user=<bob>").user == "bob>");
  for (const std::string other :
       {"qmail-smtpd: auth: auth-failed type=login user=<bob>",
        "qmail-smtpd[]: auth: auth-failed type=login user=<bob>",
        "qmail-smtpd[4711]: badmailfrom: <auth: auth-failed user=<bob> at 192.0.2.1",
        "x qmail-smtpd[4711]: auth: auth-failed type=login user=<bob>",
        "qmail-smtpd[4711]: auth: auth-failed type=login"}) {
    CAPTURE(other);
    CHECK_FALSE(read_log_line(other).user);
  }

  const std::string refusal =
      "qlogenvelope: result=rejected code=535 reason=authfailed relay=no authuser=bob remoteip=192.0.2.1";
  CHECK(read_log_line(refusal + " remoteport=1 pid=4711").refused_user == "bob");
  CHECK_FALSE(read_log_line(refusal + " remoteport=1 pid=4711").is_cut);
  CHECK(read_log_line(refusal).is_cut);
  CHECK_FALSE(read_log_line("qlogenvelope: result=rejected code=535 remoteip=192.0.2.1").is_cut);
  CHECK_FALSE(read_log_line(result("qlogreceived: ", kAccepted)).refused_user);
}

TEST_CASE("read_log_line: stamps", "[log_line]") {
  const WallClock clock{2026, 11, 21, 6, 11, 44};
  const WallClock no_year{0, 11, 21, 6, 11, 44};
  constexpr std::int64_t kMoment = 1795241504;  // 2026-11-21 06:11:44 UTC
  struct Case {
    std::string stamp;
    Stamp expected;
  };
  for (const Case& expected : std::vector<Case>{
           {"@400000006b01362a0c3c6ebc ", at(kMoment)},
           {"@400000000000000a00000000 ", at(0)},
           {"@400000006B01362A0C3C6EBC ", at(kMoment)},
           {"2026-11-21 06:11:44 ", clock},
           {"2026-11-21 06:11:44.205287000 ", clock},
           {"2026-11-21T06:11:44Z ", at(kMoment)},
           {"2026-11-21T06:11:44.205+01:00 ", at(kMoment - 3600)},
           {"2026-11-21T06:11:44-0330 ", at(kMoment + 12600)},
           {"2026-11-21T06:11:44.205+01:00 mx qmail-smtpd[4711]: ", at(kMoment - 3600)},
           {"2026-11-21_06:11:44.20528 ", at(kMoment)},
           {"2026-11-21T06:11:44.20528 ", at(kMoment)},
           {"Nov 21 06:11:44 mx smtpd[4711]: ", no_year},
           {"Nov 21 06:11:44 mx smtpd: 1795241504.205287 ", no_year},
           {"Nov 21 06:11:44 mx.example.org smtpd: ", no_year},
           {"Nov 21 06:11:44 ", no_year},
           {"Nov  1 06:11:44 mx smtpd: ", WallClock{0, 11, 1, 6, 11, 44}},
           {"Feb 29 23:59:60 mx smtpd: ", WallClock{0, 2, 29, 23, 59, 59}},
           {"2024-02-29 06:11:44 ", WallClock{2024, 2, 29, 6, 11, 44}},
           // journalctl -o short-full, with-unit, short-unix, short-iso, short-precise.
           {"Sat 2026-11-21 06:11:44 UTC mx qmail-smtpd[4711]: ", at(kMoment)},
           {"Sat 2026-11-21 06:11:44 CET mx qmail-smtpd[4711]: ", clock},
           {"Sat 2026-11-21 06:11:44 -03 mx qmail-smtpd[4711]: ", at(kMoment + 10800)},
           {"Sat 2026-11-21 06:11:44 +0530 mx qmail-smtpd[4711]: ", at(kMoment - 19800)},
           {"Sat 2026-11-21 06:11:44 UTC mx qmail-smtpd.service/qmail-smtpd[4711]: ", at(kMoment)},
           {"1795241504.205287 mx qmail-smtpd[4711]: ", at(kMoment)},
           {"2026-11-21T06:11:44+0000 mx qmail-smtpd[4711]: ", at(kMoment)},
           {"Nov 21 06:11:44.205287 mx qmail-smtpd[4711]: ", no_year},
           // RFC 5424, in a file and as it is sent.
           {"<22>1 2026-11-21T06:11:44.205Z mx.example.org qmail-smtpd 4711 - - ", at(kMoment)},
           {"<22>1 2026-11-21T06:11:44.205+01:00 mx qmail-smtpd - ID47 [x@32473 a=\"1 ] \\\"\"][y] "
            "\xef\xbb\xbf",
            at(kMoment - 3600)},
           {"1 2026-11-21T06:11:44Z mx qmail-smtpd 4711 - - ", at(kMoment)},
           {"<22>Nov 21 06:11:44 mx smtpd: ", no_year},
           // busybox, FreeBSD, syslog-ng with a year.
           {"Nov 21 06:11:44 mx mail.info smtpd: ", no_year},
           {"Nov 21 06:11:44 mx local7.notice smtpd[1]: ", no_year},
           {"Nov 21 06:11:44 <mail.info> mx smtpd[1]: ", no_year},
           {"Nov 21 06:11:44 mx <mail.info> smtpd[1]: ", no_year},
           {"Nov 21 06:11:44 <2.6> mx smtpd[1]: ", no_year},
           {"Nov 21 06:11:44 mx <2.6> smtpd[1]: ", no_year},
           {"2026 Nov 21 06:11:44 mx smtpd[1]: ", clock},
           {"Nov 21 2026 06:11:44 mx smtpd[1]: ", clock},
           {"2024 Feb 29 06:11:44 mx smtpd[1]: ", WallClock{2024, 2, 29, 6, 11, 44}},
           // docker compose logs, without and with -t, and what multilog has written in a container.
           {"qmail-1  | 2026-11-21T06:11:44.205287000Z ", at(kMoment)},
           {"qmail  | @400000006b01362a0c3c6ebc ", at(kMoment)},
           {"mx_qmail_1      | Nov 21 06:11:44 mx smtpd: ", no_year},
           // kubectl logs --prefix.
           {"[pod/mx-0/smtpd] @400000006b01362a0c3c6ebc ", at(kMoment)},
           {"[pod/mx-0/smtpd] Nov 21 06:11:44 mx smtpd: ", no_year},
           // docker logs -t, kubectl logs --timestamps, and the files of a node's container runtime.
           {"2026-11-21T06:11:44.205287000Z ", at(kMoment)},
           {"[pod/mx-0/smtpd] 2026-11-21T06:11:44.205287000Z ", at(kMoment)},
           {"2026-11-21T06:11:44.205287000Z stderr F ", at(kMoment)},
           {"2026-11-21T07:11:44.205287000+01:00 stdout F ", at(kMoment)},
           // docker service logs, without and with -t.
           {"mx_qmail.1.y5yqk3smxtp2@node-1    | Nov 21 06:11:44 mx smtpd: ", no_year},
           {"2026-11-21T06:11:44.205287000Z mx_qmail.1.y5yqk3smxtp2@node-1    | ", at(kMoment)},
           {"2026-11-21T06:11:44.205287000Z mx_qmail.1@node-1 | ", at(kMoment)},
           // metalog.
           {"Nov 21 06:11:44 [qmail-smtpd] ", no_year},
           {"Nov 21 06:11:44 [qmail] 1795241504.205287 ", no_year},
           // journalctl --no-hostname, and busybox syslogd -S.
           {"Nov 21 06:11:44 qmail-smtpd[4711]: ", no_year},
           {"Nov 21 06:11:44 qmail: 1795241504.205287 ", no_year},
           {"Nov 21 06:11:44 mail.info qmail: ", no_year},
           {"Sat 2026-11-21 06:11:44 UTC qmail-smtpd[4711]: ", at(kMoment)},
           {"1795241504.205287 qmail-smtpd[4711]: ", at(kMoment)},
           // Solaris.
           {"Nov 21 06:11:44 mx qmail: [ID 748625 mail.info] ", no_year},
           {"Nov 21 06:11:44 mx qmail: [ID 748625 mail.info] 1795241504.205287 ", no_year},
           // logread.
           {"Sat Nov 21 06:11:44 2026 mail.info qmail-smtpd[4711]: ", clock},
           {"Sun Nov  1 06:11:44 2026 mail.info qmail: ", WallClock{2026, 11, 1, 6, 11, 44}},
           {"Thu Feb 29 06:11:44 2024 mx qmail: ", WallClock{2024, 2, 29, 6, 11, 44}},
       }) {
    for (const std::string& message :
         {result("qlogreceived: ", kAccepted), kGone,
          std::string("qmail-smtpd[4711]: GREETDELAY from 192.0.2.1: client disconnected"),
          std::string("GREETDELAY from 192.0.2.1: client disconnected")}) {
      CAPTURE(expected.stamp, message);
      const LogLine line = read_log_line(expected.stamp + message);
      CHECK(line.stamp == expected.expected);
      CHECK(line.event != Event::other);
      CHECK(client_or_none(line) == "192.0.2.1");
    }
    CHECK(read_log_line(expected.stamp).stamp == expected.expected);
  }
}

TEST_CASE("read_log_line: a container's name needs no stamp after it", "[log_line]") {
  const LogLine line = read_log_line("qmail-1  | " + kGone);
  CHECK(line.event == Event::hung_up);
  CHECK(line.stamp.index() == 0);
}

TEST_CASE("read_log_line: what is no stamp is not taken for one", "[log_line]") {
  for (const std::string stamp : {
           "@400000006b01362a0c3c6eb ",
           "@400000006b01362a0c3c6ebcf ",
           "@400000006b01362a0c3c6ebg ",
           "@4000000000000009ffffffff ",
           "@ffffffffffffffff00000000 ",
           "@4000003ffff4417000000000 ",
           "@-00000006b01362a0c3c6ebc ",
           "@ ",
           "2026-11-21 06:11:4 ",
           "2026-02-29 06:11:44 ",
           "2026-13-01 06:11:44 ",
           "2026-00-01 06:11:44 ",
           "2026-11-21 24:11:44 ",
           "2026-11-21 06:60:44 ",
           "2026-11-21 06:11:61 ",
           "0000-11-21 06:11:44 ",
           "2026-11-21T06:11:44+1 ",
           "2026-11-21T06:11:44+25:00 ",
           "2026-11-21T06:11:44x ",
           "2026-11-21 06:11:44x ",
           "2026-11-21 ",
           "2026-11-21+06:11:44 ",
           "-026-11-21 06:11:44 ",
           "Nov 31 06:11:44 mx smtpd: ",
           "Foo 21 06:11:44 mx smtpd: ",
           "Nov 0 06:11:44 mx smtpd: ",
           "Nov 21 mx smtpd: ",
           "nov 21 06:11:44 mx smtpd: ",
           "Foo 2026-11-21 06:11:44 UTC mx smtpd: ",
           "Sat 2026-11-21 06:11:44 mx smtpd: ",
           "Sat 2026-11-21T06:11:44Z mx smtpd: ",
           "2026 Feb 30 06:11:44 mx smtpd: ",
           "2025 Feb 29 06:11:44 mx smtpd: ",
           "17952415.205287 mx smtpd: ",
           "1795241504. mx smtpd: ",
           "1795241504.x mx smtpd: ",
           "<22>2 2026-11-21T06:11:44Z mx smtpd 1 - - ",
           "<22>1 2026-11-21T06:11:44Z mx smtpd 1 - ",
           "<22>1 2026-11-21T06:11:44Z mx smtpd 1 - [x ",
           "<22>1 2026-11-21 06:11:44 mx smtpd 1 - - ",
           "<x>1 2026-11-21T06:11:44Z mx smtpd 1 - - ",
           "qmail-1 2026-11-21T06:11:44Z ",
           "qmail:  | 2026-11-21T06:11:44Z ",
           "[pod/mx-0/smtpd 2026-11-21T06:11:44Z ",
           "[x/mx-0/smtpd] 2026-11-21T06:11:44Z ",
           "Foo Nov 21 06:11:44 2026 mx smtpd: ",
           "Sat Nov 21 06:11:44 2026x mx smtpd: ",
           "Sat Nov 21 06:11:44 mx smtpd: ",
           "Sat Feb 29 06:11:44 2025 mx smtpd: ",
           "Sat 2026 Nov 21 06:11:44 2026 mx smtpd: ",
       }) {
    CAPTURE(stamp);
    const LogLine line = read_log_line(stamp + kGone);
    CHECK(line.stamp.index() == 0);
    CHECK(line.event == Event::other);
  }
}

}  // namespace greylisting
