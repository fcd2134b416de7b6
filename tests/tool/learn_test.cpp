// greylistctl learn: what logs of qmail-smtpd teach, the same on every store. What it says is compared with
// what the plugin then does.

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "text/utc.h"

namespace greylisting::test {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;
namespace fs = std::filesystem;

// As the server writes it: a message that is accepted has had a recipient that was, in a line of the same
// stamp.
std::string with_envelopes(const std::string& log) {
  const std::string of_message = "qlogreceived: result=accepted";
  std::string all;
  std::istringstream each(log);
  for (std::string line; std::getline(each, line);) {
    if (const auto at = line.find(of_message); at != std::string::npos)
      all += line.substr(0, at) + "qlogenvelope" + line.substr(at + of_message.find(':')) + '\n';
    all += line + (each.eof() ? "" : "\n");
  }
  return all;
}

// `learn` of a log on standard input, in which a message is enough.
Result learn(const Installation& installation, const std::string& log, Arguments options = {"--yes"}) {
  options.insert(options.begin(), {"learn", "-", "--min", "1"});
  return ctl(installation, options, with_envelopes(log));
}

std::time_t ago(std::chrono::seconds time) { return std::time(nullptr) - time.count(); }

// `@400000006b01362a00000000 `, as multilog has it.
std::string stamp(std::chrono::seconds age) {
  std::array<char, 32> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), "@%016llx%08x ",
                                  4611686018427387914ULL + static_cast<unsigned long long>(ago(age)), 0U));
  return text.data();
}

std::string result_of(const std::string& client, const std::string& head, const std::string& result,
                      const std::string& relay) {
  return head + ": result=" + result +
         " reason=x detail= helo=mail.example.net mailfrom=a@example.net rcptto=b@c relay=" + relay +
         " rcpthosts= size= authuser= localip=203.0.113.25 remoteip=" + client +
         " remoteport=4711 remotehost=mail.example.net qp=1 pid=2\n";
}

std::string accepted_line(const std::string& client) {
  return result_of(client, "qlogreceived", "accepted code=250", "no");
}
std::string recipient_line(const std::string& client) {
  return result_of(client, "qlogenvelope", "accepted code=250", "no");
}
std::string refused_line(const std::string& client) {
  return result_of(client, "qlogenvelope", "rejected code=553", "no");
}
std::string relayed_line(const std::string& client) {
  return result_of(client, "qlogreceived", "accepted code=250", "yes");
}
std::string hung_up_line(const std::string& client) {
  return "qmail-smtpd: read failed (hang up before quit cmd): (null) from " + client +
         " to (null) helo unknown\n";
}

std::string reason_for(const Installation& installation, const std::string& client) {
  return reason(installation, {.client = client, .sender = "someone@example.com"});
}

Rows clients(const Installation& installation) {
  return installation.sql("SELECT * FROM greylisting_clients ORDER BY client");
}

// The end of a network's line in the table; empty where it has none.
std::string fate(const Result& result, const std::string& network) {
  std::smatch found;
  const std::regex line("(^|\n)" + std::regex_replace(network, std::regex("[.]"), "[.]") +
                        " +[0-9]+ +[0-9]+ +(?:[0-9-]{10} +)?([^\n]*)");
  return std::regex_search(result.output, found, line) ? found[2].str() : "";
}

std::string trusted_until(std::time_t time) {
  return "trust until " + stored_time(time + 36 * 86400).substr(0, 10);
}

}  // namespace

TEST_CASE("learn: Postfix' log says which client has brought a message that is in the queue", "[learn]") {
  const Installation installation(Backend::sqlite);
  const auto line = [](const std::string& program, const std::string& message) {
    std::array<char, 32> stamp{};
    const std::time_t hour_ago = ago(1h);
    std::strftime(stamp.data(), stamp.size(), "%b %e %H:%M:%S", std::localtime(&hour_ago));
    return std::string(stamp.data()) + " mx postfix/" + program + "[4711]: " + message + '\n';
  };
  const auto message = [&](const std::string& id, const std::string& client) {
    return line("smtpd", id + ": client=mail.example.net[" + client + "]") +
           line("cleanup", id + ": message-id=<1@example.net>") +
           line("qmgr", id + ": from=<a@example.net>, size=1234, nrcpt=1 (queue active)") +
           line("qmgr", id + ": removed");
  };
  const Result result = ctl(
      installation, {"learn", "-", "--yes", "--all"},
      message("4F1A21", "192.0.2.1") + message("4F1A22", "192.0.2.9") +
          // One that is tried again counts once; one without its client, or of one's own user, does not.
          message("4F1A23", "198.51.100.1") +
          line("qmgr", "4F1A23: from=<a@example.net>, size=1234, nrcpt=1 (queue active)") +
          line("qmgr", "4F1A24: from=<a@example.net>, size=1234, nrcpt=1 (queue active)") +
          line("submission/smtpd", "4F1A25: client=x[203.0.113.1], sasl_method=PLAIN, sasl_username=bob") +
          line("qmgr", "4F1A25: from=<bob@example.org>, size=1234, nrcpt=1 (queue active)") +
          line("smtpd", "4F1A26: client=x[203.0.113.1], sasl_method=PLAIN, sasl_username=bob") +
          line("smtpd", "lost connection after EHLO from unknown[233.252.0.1]"));
  CAPTURE(result.output, result.errors);
  CHECK_THAT(fate(result, "192.0.2.0/24"), Catch::StartsWith("trust until "));
  CHECK(fate(result, "198.51.100.0/24") == "nothing: fewer than 2 accepted (--min)");
  CHECK(fate(result, "203.0.113.0/24") == "nothing: no mail of it was accepted");
  CHECK(fate(result, "233.252.0.0/24") == "nothing: it has no passes");
  CHECK(reason_for(installation, "192.0.2.77") == "trusted");
}

TEST_CASE("learn: Exim's log", "[learn]") {
  const Installation installation(Backend::sqlite);
  const auto line = [](const std::string& message) {
    std::array<char, 32> stamp{};
    const std::time_t hour_ago = ago(1h);
    std::strftime(stamp.data(), stamp.size(), "%F %T ", std::localtime(&hour_ago));
    return stamp.data() + message + '\n';
  };
  const std::string from = "1vMabc-00000001kXY-2QwE <= a@example.net H=mail.example.net ";
  const Result result =
      ctl(installation, {"learn", "-", "--yes", "--all"},
          line(from + "[192.0.2.1] P=esmtps S=1234") + line(from + "(x) [192.0.2.2] P=esmtps S=1234") +
              line(from + "[203.0.113.1] P=esmtpsa A=plain:bob S=1234") +
              line("no MAIL in SMTP connection from (x) [233.252.0.1] D=0s C=QUIT"));
  CAPTURE(result.output, result.errors);
  CHECK_THAT(fate(result, "192.0.2.0/24"), Catch::StartsWith("trust until "));
  CHECK(fate(result, "203.0.113.0/24") == "nothing: no mail of it was accepted");
  CHECK(fate(result, "233.252.0.0/24") == "nothing: it has no passes");
  CHECK(reason_for(installation, "192.0.2.77") == "trusted");
}

TEST_CASE("learn: the plugin trusts a network whose mail was accepted, and no longer one that only hangs up",
          "[learn]") {
  const Installation installation(any_backend(), "group_domain_level=1");
  CAPTURE(name(installation.backend()));
  const Rcpt rcpt{.client = "198.51.100.1", .sender = "alice@example.net"};
  installation.attempt(rcpt);
  installation.pass_time(1h);
  CHECK(logged(installation.attempt(rcpt), "reason") == "retried");
  CHECK(reason(installation, {.client = "198.51.100.9", .sender = "bob@example.net"}) == "trusted");

  const std::string log = stamp(2h) + accepted_line("192.0.2.1") + stamp(1h) + accepted_line("192.0.2.99") +
                          stamp(1h) + hung_up_line("192.0.2.1") + stamp(1h) + accepted_line("2001:db8::1") +
                          stamp(1h) + hung_up_line("198.51.100.1") + stamp(1h) + hung_up_line("203.0.113.1");
  const std::time_t hour_ago = ago(1h);
  const Result result = learn(installation, log);
  CAPTURE(result.output, result.errors);
  CHECK(result.status == 0);
  CHECK(result.errors.empty());
  CHECK(fate(result, "192.0.2.0/24") == trusted_until(hour_ago));
  CHECK(fate(result, "2001:db8::/64") == trusted_until(hour_ago));
  CHECK(fate(result, "198.51.100.0/24") == "withdraw 1 pass");
  CHECK(fate(result, "203.0.113.0/24") == "nothing: it has no passes");
  CHECK_THAT(result.output, Contains("\n192.0.2.0/24            2        1 ") &&
                                Contains("1 file, 9 lines; since ") &&
                                Contains(" UTC: accepted 3, hung up 3, of 4 networks\n") &&
                                Contains("\nto trust: 2, to extend: 0, to withdraw: 1\nDone.\n"));

  CHECK(reason_for(installation, "192.0.2.200") == "trusted");
  CHECK(reason_for(installation, "2001:db8::ffff") == "trusted");
  CHECK(reason_for(installation, "2001:db8:0:1::1") == "new");
  CHECK(reason(installation, {.client = "198.51.100.9", .sender = "bob@example.net"}) == "new");
  CHECK(reason_for(installation, "203.0.113.1") == "new");
  installation.pass_time(std::chrono::days(35));
  CHECK(reason(installation, {.client = "192.0.2.201", .sender = "x@example.com"}) == "trusted");

  // Once more, and there is nothing left to do.
  const Rows before = clients(installation);
  const Result again = learn(installation, stamp(1h) + accepted_line("192.0.2.1"));
  CHECK_THAT(fate(again, "192.0.2.0/24"), Catch::StartsWith("nothing: trusted already, until "));
  CHECK_THAT(again.output, Catch::EndsWith("There is nothing to do.\n"));
  CHECK(clients(installation) == before);
}

TEST_CASE("learn: trust lasts longer with later mail, and never shorter", "[learn]") {
  const Installation installation(any_backend(), "auto_allow_after=2");
  CAPTURE(name(installation.backend()));
  learn(installation, stamp(std::chrono::days(20)) + accepted_line("192.0.2.1"));
  const std::string row =
      "SELECT passes, counted, expires FROM greylisting_clients WHERE identity = '192.0.2.0/24'";
  const Row first = installation.sql(row).at(0);
  CHECK(first.at(0) == "2");
  CHECK(first.at(1) < stored_time(ago(std::chrono::days(19))));

  const Result later = learn(installation, stamp(std::chrono::days(10)) + accepted_line("192.0.2.1"));
  CHECK_THAT(fate(later, "192.0.2.0/24"), Catch::StartsWith("extend trust until "));
  CHECK_THAT(later.output, Contains("to trust: 0, to extend: 1, to withdraw: 0\n"));
  const Row second = installation.sql(row).at(0);
  CHECK(second.at(2) > first.at(2));

  CHECK_THAT(learn(installation, stamp(std::chrono::days(20)) + accepted_line("192.0.2.1")).output,
             Contains("There is nothing to do."));
  CHECK(installation.sql(row).at(0) == second);

  // It has passes of its own, and more of a life than the logs would give.
  installation.sql("UPDATE greylisting_clients SET passes = 1, expires = '9999-12-31 00:00:00'");
  CHECK(fate(learn(installation, stamp(1h) + accepted_line("192.0.2.1")), "192.0.2.0/24") ==
        "trust until 9999-12-31");
  CHECK(installation.sql(row).at(0).at(0) == "2");
  CHECK(installation.sql(row).at(0).at(2) == "9999-12-31 00:00:00");
}

TEST_CASE("learn: nothing is done in a dry run, nor when nobody says so", "[learn]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  learn(installation, stamp(1h) + accepted_line("198.51.100.1"));
  const Rows before = clients(installation);
  const std::string log = stamp(1h) + accepted_line("192.0.2.1") + stamp(1h) + hung_up_line("198.51.100.1");
  const Result dry = learn(installation, log, {"--dry-run"});
  CHECK(dry.status == 0);
  CHECK(dry.errors.empty());
  CHECK_THAT(dry.output, Catch::EndsWith("\nto trust: 1, to extend: 0, to withdraw: 1\n"));
  CHECK(clients(installation) == before);

  const Result silent = learn(installation, log, {});
  CHECK(silent.status == 1);
  CHECK(silent.errors ==
        "greylistctl: nothing was done, because there is no terminal to ask on; --yes does it without "
        "asking\n");
  const std::regex since("since [-0-9]+ [:0-9]+");  // to the second
  CHECK(std::regex_replace(silent.output, since, "") == std::regex_replace(dry.output, since, ""));
  CHECK(clients(installation) == before);

  // On a terminal.
  write_file(installation.home() / "smtpd.log", with_envelopes(log), 0644);
  const auto answered = [&installation](const std::string& answer) {
    const std::string command = built("greylistctl").string() + " --home " + installation.home().string() +
                                " learn --min 1 " + (installation.home() / "smtpd.log").string();
    return run({.arguments = {"script", "-qec", command, "/dev/null"}, .input = answer + '\n'});
  };
  const Result refused_one = answered("n");
  CHECK(refused_one.status == 1);
  CHECK_THAT(refused_one.output,
             Contains("to withdraw: 1\r\nDo this? [y/N] ") && Contains("Nothing was done.\r\n"));
  CHECK(clients(installation) == before);
  const Result done = answered("y");
  CHECK(done.status == 0);
  CHECK_THAT(done.output, Contains("Do this? [y/N] ") && Contains("Done.\r\n"));
  CHECK(reason_for(installation, "192.0.2.1") == "trusted");
  CHECK(reason_for(installation, "198.51.100.1") == "new");
}

TEST_CASE("learn: who is trapped or denied is not trusted", "[learn]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  installation.put({"trap", "recipient", "trap@example.org"});
  installation.attempt({.client = "192.0.2.1", .recipient = "trap@example.org"});
  installation.put({"deny", "client", "198.51.0.0/16"});
  installation.put({"allow", "client", "198.51.100.0/24"});
  installation.put(
      {.action = "deny", .word = "client", .pattern = "203.0.113.0/24", .expires = "2020-01-01 00:00:00"});
  installation.put({"deny", "client", "10.1.1.7"});
  write_file(installation.home() / "control/greylisting_deny", "# these\n10.2.0.0/16\n", 0644);
  std::string log;
  for (const std::string client :
       {"192.0.2.1", "198.51.100.1", "198.51.101.1", "203.0.113.1", "10.1.1.1", "10.2.1.1"})
    log += stamp(1h) + accepted_line(client);
  const Rows before = clients(installation);
  const Result result = learn(installation, log);
  CAPTURE(result.output, result.errors);
  CHECK_THAT(fate(result, "192.0.2.0/24"), Catch::StartsWith("nothing: trapped until 20"));
  CHECK(fate(result, "198.51.101.0/24") == "nothing: denied by entries/2");
  CHECK(fate(result, "10.2.1.0/24") == "nothing: denied by control/greylisting_deny:2");
  for (const std::string network : {"198.51.100.0/24", "203.0.113.0/24", "10.1.1.0/24"})
    CHECK_THAT(fate(result, network), Catch::StartsWith("trust until "));
  CHECK(reason_for(installation, "192.0.2.1") == "trapped");
  CHECK(reason_for(installation, "198.51.101.1") == "denied");
  CHECK(reason_for(installation, "203.0.113.1") == "trusted");
  CHECK(clients(installation).size() == before.size() + 3);
}

TEST_CASE("learn: what only the envelope, one's own users or more than hanging up have done", "[learn]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  for (const std::string client : {"198.51.100.1", "198.51.101.1", "198.51.102.1", "198.51.103.1"})
    learn(installation, stamp(1h) + accepted_line(client));

  // An accepted recipient is no accepted message, and it is more than hanging up.
  const std::string log = stamp(1h) + recipient_line("192.0.2.1") + stamp(1h) + relayed_line("192.0.3.1") +
                          stamp(1h) + recipient_line("198.51.100.1") + stamp(1h) +
                          hung_up_line("198.51.100.1") + stamp(1h) + refused_line("198.51.101.1") +
                          stamp(1h) + hung_up_line("198.51.101.1") + stamp(1h) +
                          "greylisting: outcome=deferred reason=new client=198.51.102.1 host=\n" + stamp(1h) +
                          hung_up_line("198.51.102.1") + stamp(1h) +
                          "qmail-smtpd[1]: GREETDELAY from 198.51.103.1: client disconnected\n";
  const Result result = learn(installation, log);
  CAPTURE(result.output, result.errors);
  for (const std::string network : {"192.0.2.0/24", "192.0.3.0/24"})
    CHECK(fate(result, network) == "nothing: no mail of it was accepted");
  for (const std::string network : {"198.51.100.0/24", "198.51.101.0/24", "198.51.102.0/24"})
    CHECK(fate(result, network) == "nothing: it does more than hang up");
  CHECK(fate(result, "198.51.103.0/24") == "withdraw 5 passes");
  CHECK_THAT(result.output, !Contains("note:"));

  // Where nothing is logged of messages, accepted recipients are all there is.
  const Result by_recipients = learn(installation, stamp(1h) + recipient_line("192.0.2.1"));
  CHECK_THAT(
      by_recipients.output,
      Contains("note: these logs have no line about a message (qlogreceived), so accepted recipients count"));
  CHECK(reason_for(installation, "192.0.2.1") == "trusted");
  CHECK(reason_for(installation, "192.0.3.1") == "new");
}

// qmail-smtpd logs the name of a user as it came, line ends included; that of a failed AUTH it says once
// more, on one line. 203.0.113.0/24 is whom the client wants to be trusted, 192.0.2.0/24 has sent mail.
TEST_CASE("learn: lines that a client has written by its user name teach nothing", "[learn]") {
  const Installation installation(Backend::sqlite);
  const auto line = [](const std::string& head, const std::string& result, const std::string& client,
                       const std::string& pid, const std::string& user = "") {
    return head + ": result=" + result + " reason=" + (user.empty() ? "x" : "authfailed") +
           " detail= helo=h mailfrom=a@b rcptto=c@d relay=no rcpthosts= size= authuser=" + user +
           " authtype=login encrypted= localip=198.51.100.25 remoteip=" + client +
           " remoteport=4711 remotehost= qp=1 pid=" + pid;
  };
  const auto envelope = [&](const std::string& client, const std::string& pid) {
    return line("qlogenvelope", "accepted code=250", client, pid);
  };
  const auto message = [&](const std::string& client, const std::string& pid) {
    return line("qlogreceived", "accepted code=250", client, pid);
  };
  // What the server writes of a failed AUTH: the name as it came, and once more, with SMTPUTF8 as it came
  // too.
  const auto refused = [&](const std::string& user, bool is_utf8 = false) {
    std::string printable = user;
    const auto is_hidden = [](char c) { return c <= ' ' || c > '~'; };
    if (!is_utf8) std::ranges::replace_if(printable, is_hidden, '_');
    return "qmail-smtpd[7]: auth: auth-failed type=login user=<" + user + ">\n" +
           line("qlogenvelope", "rejected code=535", "203.0.113.9", "7", printable) + '\n';
  };
  // multilog stamps every line, and so does journald, of which --no-hostname leaves only a tag.
  const bool is_journal = GENERATE(false, true);
  const auto stamped = [is_journal](const std::string& text, std::chrono::seconds age) {
    const std::string before =
        is_journal ? std::to_string(ago(age)) + ".000000 qmail-smtpd[7]: " : stamp(age);
    std::string all;
    std::istringstream each(text);
    for (std::string one; std::getline(each, one);) all += before + one + '\n';
    return all;
  };
  const std::string forged = envelope("203.0.113.1", "9") + '\n' + message("203.0.113.1", "9");
  const std::string fake_refusal = line("qlogenvelope", "rejected code=535", "203.0.113.9", "7", "x");
  struct Case {
    std::string what;
    std::string log;
    bool counts_the_other = true;
  };
  const std::vector<Case> cases{
      {"no envelope", message("203.0.113.1", "9") + '\n'},
      {"the envelope of another process",
       envelope("203.0.113.1", "8") + '\n' + message("203.0.113.1", "9") + '\n'},
      {"the envelope of another client",
       envelope("203.0.114.1", "9") + '\n' + message("203.0.113.1", "9") + '\n'},
      {"one envelope, two messages", envelope("203.0.114.1", "9") + '\n' + message("203.0.114.1", "9") +
                                         '\n' + message("203.0.113.1", "9") + '\n'},
      {"in the name", refused("x\n" + forged + "\n")},
      {"in the name, behind a stamp of the client's",
       refused("x\n@400000006b01362a0c3c6ebc " + forged + "\ny")},
      {"behind an end of the client's", refused("x>\n" + forged + "\n"), false},
      {"between two names that look whole",
       refused("x>\n" + forged + "\nqmail-smtpd[7]: auth: auth-failed type=login user=<y"), false},
      {"behind a refusal of the client's",
       refused("x>\n" + fake_refusal + '\n' + forged +
               "\nqmail-smtpd[8]: auth: auth-failed type=login user=<y"),
       false},
      {"as UTF-8", refused("x\n" + forged + "\ny", true), false},
      {"as UTF-8, with an end of the client's", refused("x>\n" + forged + "\ny", true), false},
      {"as UTF-8, with an end of qlog's",
       refused("x authtype=login pid=7\ny>\n" + forged + "\nqlogenvelope: result=rejected authuser=z", true),
       false},
      {"in a name that is longer than is looked at",
       refused("x>\n" + forged + '\n' + std::string(70000, 'y')), false},
      {"in a name that its user got in with",
       "qmail-smtpd[7]: auth: auth-success type=login user=<x\n" + forged + "\n>\n"},
      {"names that are whole", refused("bob") +
                                   refused("b\xc3\xb6"
                                           "b",
                                           true) +
                                   refused("b ob")},
  };
  for (const Case& test : cases) {
    CAPTURE(test.what);
    const std::string mail = envelope("192.0.2.1", "5") + '\n' + message("192.0.2.1", "5") + '\n';
    const std::string later = envelope("198.51.100.1", "6") + '\n' + message("198.51.100.1", "6") + '\n';
    const std::string log = stamped(mail + test.log, 2h) + stamped(later, 1h);
    const Result result = ctl(installation, {"learn", "-", "--dry-run", "--all", "--min", "1"}, log);
    CAPTURE(result.output, result.errors);
    CHECK(result.status == 0);
    CHECK((fate(result, "203.0.113.0/24").empty() ||
           fate(result, "203.0.113.0/24") == "nothing: no mail of it was accepted"));
    CHECK(fate(result, "192.0.2.0/24").starts_with("trust until ") == test.counts_the_other);
    CHECK_THAT(fate(result, "198.51.100.0/24"), Catch::StartsWith("trust until "));
    CHECK((result.output.find("note: ") != std::string::npos) == !test.counts_the_other);
  }
}

// A name can go on over the files of multilog, which begins a new one after so many bytes.
TEST_CASE("learn: a user name that spans files teaches nothing, however the files are named", "[learn]") {
  const Installation installation(Backend::sqlite);
  const TemporaryDirectory logs;
  const auto line = [](const std::string& head, const std::string& client, const std::string& pid,
                       const std::string& user = "") {
    return head + ": result=" + (user.empty() ? "accepted code=250" : "rejected code=535") +
           " reason=" + (user.empty() ? "x" : "authfailed") + " relay=no authuser=" + user +
           " authtype=login remoteip=" + client + " remoteport=4711 remotehost= pid=" + pid + '\n';
  };
  const std::string forged =
      line("qlogenvelope", "203.0.113.1", "9") + line("qlogreceived", "203.0.113.1", "9");
  std::string name = "x\n" + forged + "y>\n" + forged + "z";
  const auto stamped = [](const std::string& text) {
    std::string all;
    std::istringstream each(text);
    for (std::string one; std::getline(each, one);) all += stamp(1h) + one + '\n';
    return all;
  };
  const std::string begin = stamped("qmail-smtpd[7]: auth: auth-failed type=login user=<" + name + ">\n");
  std::ranges::replace(name, '\n', '_');
  std::ranges::replace(name, ' ', '_');
  const std::string end = stamped(line("qlogenvelope", "203.0.113.9", "7", name));
  // Where a new file begins: within the name, and after it.
  const auto second = begin.find("@4", begin.find("qlogreceived"));
  for (const std::size_t cut :
       {begin.find("@4", 1), second, begin.find("@4", begin.find("y>")), begin.size()}) {
    const std::string log = stamp(2h) + "x\n" + begin.substr(0, cut);
    const std::string next = begin.substr(cut) + end;
    write_file(logs / "multilog/@400000006b01362a0c3c6ebc.s", log);
    write_file(logs / "multilog/current", next);
    write_file(logs / "syslog/mail.log", next);
    write_file(logs / "syslog/mail.log.1", log);
    write_file(logs / "other/log", with_envelopes(stamp(1h) + accepted_line("192.0.2.1")));
    for (const Arguments& named :
         std::vector<Arguments>{{"multilog"},
                                {"multilog/@400000006b01362a0c3c6ebc.s", "multilog/current"},
                                {"multilog/current", "./multilog/../multilog/@400000006b01362a0c3c6ebc.s"},
                                {"multilog/@400000006b01362a0c3c6ebc.s", "other/log", "multilog/current"},
                                {"syslog/mail.log", "syslog/mail.log.1"},
                                {"multilog/current"}}) {
      Command command{.arguments = {built("greylistctl"), "--home", installation.home(), "learn", "--dry-run",
                                    "--all", "--min", "1"},
                      .directory = logs.path()};
      for (const std::string& each : named) command.arguments.push_back(each);
      const Result result = run(command);
      CAPTURE(cut, named, result.output, result.errors);
      CHECK(result.status == 0);
      CHECK(fate(result, "203.0.113.0/24").find("trust") == std::string::npos);
      // A log of another directory is another server's.
      if (named.size() == 3) CHECK_THAT(fate(result, "192.0.2.0/24"), Catch::StartsWith("trust until "));
    }
  }
}

TEST_CASE("learn: hanging up that a client has made up takes no trust away", "[learn]") {
  const Installation installation(Backend::sqlite);
  learn(installation, stamp(2h) + accepted_line("192.0.2.1"));
  std::string log = stamp(1h) + "qmail-smtpd[7]: auth: auth-failed type=login user=<x\n" + stamp(1h) +
                    hung_up_line("192.0.2.1") + stamp(1h) + ">\n";
  CHECK(fate(learn(installation, log), "192.0.2.0/24").empty());
  CHECK(reason_for(installation, "192.0.2.1") == "trusted");
}

TEST_CASE("learn says of a log that it has to be unpacked first", "[learn]") {
  const Installation installation(Backend::sqlite);
  const TemporaryDirectory here;
  for (const auto& [packer, begin] : std::map<std::string, std::string>{
           {"xz", "\xfd\x37zXZ"}, {"zstd", "\x28\xb5\x2f\xfd"}, {"bzip2", "BZh9"}}) {
    const fs::path log = here / "log";
    write_file(log, begin + std::string(100, '\0') + "\n");
    const Result result =
        run({.arguments = {built("greylistctl"), "--home", installation.home(), "learn", "--yes", log, "-"},
             .input = with_envelopes(stamp(1h) + accepted_line("192.0.2.1"))});
    CAPTURE(packer, result.output);
    CHECK(result.status == 1);
    CHECK(result.errors == "greylistctl: " + log.string() +
                               ": is packed, so nothing in it counts; unpack it: " + packer +
                               " -dc FILE | greylistctl learn -\n");
    CHECK_THAT(result.output, Contains("2 files, 2 lines; "));
  }
}

TEST_CASE("learn reads plain logs, those of gzip, multilog's directories and standard input", "[learn]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const TemporaryDirectory logs;
  write_file(logs / "smtpd/current", with_envelopes(stamp(1h) + accepted_line("10.0.1.1")));
  write_file(logs / "smtpd/@400000006b01362a0c3c6ebc.s",
             with_envelopes(stamp(1h) + accepted_line("10.0.2.1")));
  write_file(logs / "smtpd/@400000006b01362b0c3c6ebc.u",
             with_envelopes(stamp(1h) + accepted_line("10.0.3.1")));
  write_file(logs / "smtpd/@400000006b01362c0c3c6ebc.s",
             with_envelopes(stamp(1h) + accepted_line("10.0.4.1")));
  write_file(logs / "smtpd/lock", with_envelopes(stamp(1h) + accepted_line("10.0.99.1")));
  write_file(logs / "maillog", with_envelopes(stamp(1h) + accepted_line("10.0.5.1")));
  write_file(logs / "plain", with_envelopes(accepted_line("10.0.6.1")));  // no stamp: as old as its file
  std::string last = stamp(1h) + accepted_line("10.0.7.1");
  last.pop_back();
  write_file(logs / "other/unended", "\n" + std::string(300000, 'x') + "\n" + with_envelopes(last));
  write_file(logs / "empty", "");
  write_file(logs / "cut", with_envelopes(stamp(1h) + accepted_line("10.0.8.1")));
  // One that is rotated and compressed keeps its name or gets another.
  const Result zipped =
      run({.arguments = {"sh", "-c",
                         "gzip maillog cut && cd smtpd && f=@400000006b01362c0c3c6ebc.s && gzip $f && "
                         "mv $f.gz $f"},
           .directory = logs.path()});
  CAPTURE(zipped.errors);
  REQUIRE(zipped.status == 0);
  fs::resize_file(logs / "cut.gz", fs::file_size(logs / "cut.gz") - 4);
  fs::create_directory(logs / "none");
  learn(installation, stamp(1h) + accepted_line("10.0.10.1"));

  const Result result = run({.arguments = {built("greylistctl"), "--home", installation.home(), "learn",
                                           "--yes", "--min", "1", "smtpd", "maillog.gz", "missing", "plain",
                                           "other/unended", "empty", "cut.gz", "none", "-"},
                             .directory = logs.path(),
                             .input = with_envelopes(stamp(1h) + accepted_line("10.0.9.1") + stamp(1h) +
                                                     hung_up_line("10.0.10.1"))});
  CAPTURE(result.output, result.errors);
  CHECK(result.status == 1);
  CHECK(lines(result.errors) == 3);
  CHECK_THAT(result.errors,
             Contains("/missing: cannot be read (No such file or directory), so nothing in it counts\n") &&
                 Contains("/cut.gz: cannot be read to its end (its gzip data ends too early)") &&
                 Contains("/none: there is no log of multilog in this directory (current, @…)"));
  CHECK_THAT(result.output, Contains("\n10 files, 21 lines; "));
  for (const std::string client : {"10.0.1.1", "10.0.2.1", "10.0.3.1", "10.0.4.1", "10.0.5.1", "10.0.6.1",
                                   "10.0.7.1", "10.0.8.1", "10.0.9.1"}) {
    CAPTURE(client);
    CHECK(reason_for(installation, client) == "trusted");
  }
  CHECK(reason_for(installation, "10.0.99.1") == "new");
  // What is missing may have had mail of it.
  CHECK(fate(result, "10.0.10.0/24") == "nothing: what could not be read may say more of it");
  CHECK(reason_for(installation, "10.0.10.1") == "trusted");
}

TEST_CASE("learn counts the days of every kind of stamp", "[learn]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const auto date = [](const char* format, std::chrono::seconds age) {
    const std::time_t time = ago(age);
    std::array<char, 64> text{};
    std::tm fields{};
    static_cast<void>(std::strftime(text.data(), text.size(), format, localtime_r(&time, &fields)));
    return std::string(text.data());
  };
  constexpr std::array<const char*, 8> kFormats{"%Y-%m-%d %H:%M:%S.123456 ",
                                                "%Y-%m-%dT%H:%M:%S%z mx smtpd: ",
                                                "%b %e %H:%M:%S mx smtpd: ",
                                                nullptr,
                                                "%a %Y-%m-%d %H:%M:%S %Z mx smtpd[1]: ",
                                                "%s.123456 mx smtpd[1]: ",
                                                "<22>1 %Y-%m-%dT%H:%M:%S%z mx smtpd 1 - - ",
                                                "qmail-1  | %Y %b %e %H:%M:%S mx smtpd: "};
  std::string log;
  for (std::size_t i = 0; i < kFormats.size(); ++i) {
    const auto stamped = [&](std::chrono::days age) {
      return kFormats.at(i) == nullptr ? stamp(age) : date(kFormats.at(i), age);
    };
    const std::string net = "10." + std::to_string(i);
    log += stamped(std::chrono::days(29)) + accepted_line(net + ".0.1");
    log += stamped(std::chrono::days(31)) + accepted_line(net + ".1.1");
    log += stamped(std::chrono::days(300)) + accepted_line(net + ".2.1");
    log += stamped(std::chrono::days(-1)) + accepted_line(net + ".3.1");  // a clock that is ahead
    log +=
        stamped(std::chrono::days(340)) + accepted_line(net + ".4.1");  // as soon to come, but for its year
  }
  const Result result = learn(installation, log);
  CAPTURE(result.output, result.errors);
  for (std::size_t i = 0; i < kFormats.size(); ++i) {
    const std::string net = "10." + std::to_string(i);
    CAPTURE(net);
    CHECK(fate(result, net + ".0.0/24") == trusted_until(ago(std::chrono::days(29))));
    CHECK(fate(result, net + ".1.0/24").empty());
    CHECK(fate(result, net + ".2.0/24").empty());
    CHECK(fate(result, net + ".4.0/24").empty());
    CHECK(fate(result, net + ".3.0/24") == trusted_until(ago(0s)));
  }
  CHECK(fate(learn(installation, stamp(std::chrono::days(29)) + accepted_line("10.9.0.1"),
                   {"--days", "28", "--yes"}),
             "10.9.0.0/24")
            .empty());
  CHECK(fate(learn(installation, stamp(std::chrono::days(40)) + accepted_line("10.9.0.1"),
                   {"--days", "60", "--yes"}),
             "10.9.0.0/24") == "nothing: accepted longer ago than auto_allow_expire");

  const TemporaryDirectory logs;
  write_file(logs / "old", with_envelopes(accepted_line("10.8.0.1")));
  fs::last_write_time(logs / "old", fs::file_time_type::clock::now() - std::chrono::days(29));
  const Result old = ctl(installation, {"learn", "--yes", "--min", "1", logs / "old"});
  CHECK(fate(old, "10.8.0.0/24") == trusted_until(ago(std::chrono::days(29))));
  CHECK(fate(ctl(installation, {"learn", "--yes", "--days", "28", logs / "old"}), "10.8.0.0/24").empty());
}

TEST_CASE("learn: identities are the plugin's own", "[learn]") {
  const std::string settings = GENERATE("ipv4_prefix=32\nipv6_prefix=48", "privacy=hash", "match=smart");
  const Installation installation(any_backend(), settings);
  CAPTURE(name(installation.backend()), settings);
  write_file(installation.home() / "control/greylisting_key", "a secret of twenty two", 0600);
  learn(installation, stamp(1h) + accepted_line("192.0.2.1") + stamp(1h) + accepted_line("2001:db8::1"));
  const auto reason_of = [&installation](const std::string& client) {
    Rcpt rcpt{.client = client};
    rcpt.environment["TCPREMOTEHOST"] = "mail.example.net";
    return logged(installation.attempt(rcpt), "reason");
  };
  const bool is_narrow = settings.starts_with("ipv4");
  CHECK(reason_of("192.0.2.1") == "trusted");
  CHECK(reason_of("192.0.2.2") == (is_narrow ? "new" : "trusted"));
  CHECK(reason_of("2001:db8:0:1::1") == (is_narrow ? "trusted" : "new"));
}

TEST_CASE("learn shows twenty networks, the most active first, and all where it is asked to", "[learn]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  std::string log;
  for (int i = 0; i < 1203; ++i) {
    const std::string client = "10." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + ".1";
    log += stamp(1h) + accepted_line(client);
    if (i >= 1190) log += stamp(1h) + accepted_line(client);
  }
  const Result some = learn(installation, log, {"--dry-run"});
  CHECK(lines(some.output) == 1 + 20 + 1 + 2);
  CHECK_THAT(some.output,
             Contains("\n10.4.202.0/24         2 ") && Contains("\n… and 1183 more; --all shows them\n"));
  CHECK_THAT(some.output, Contains("\nto trust: 1203, "));
  CHECK(lines(learn(installation, log, {"--dry-run", "--all"}).output) == 1 + 1203 + 2);

  CHECK(learn(installation, log).status == 0);
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_clients WHERE passes = 5") == Rows{{"1203"}});
  std::string gone;
  for (int i = 0; i < 1203; ++i)
    gone += stamp(1h) + hung_up_line("10." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + ".1");
  CHECK_THAT(learn(installation, gone).output, Contains("to withdraw: 1203\nDone.\n"));
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_clients WHERE passes = 0") == Rows{{"1203"}});
}

TEST_CASE("learn shows what it changes before what it leaves", "[learn]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const auto times = [](unsigned count, const std::string& line) {
    std::string all;
    for (unsigned i = 0; i < count; ++i) all += stamp(1h) + line;
    return all;
  };
  learn(installation, times(1, accepted_line("192.0.2.1")));
  std::string log = times(1, accepted_line("198.51.100.1")) + times(1, hung_up_line("192.0.2.1"));
  for (int i = 0; i < 30; ++i) log += times(9, refused_line("10.0." + std::to_string(i) + ".1"));
  for (int i = 0; i < 30; ++i) log += times(3, hung_up_line("10.1." + std::to_string(i) + ".1"));
  const Result result = learn(installation, log, {"--dry-run"});
  CAPTURE(result.output);
  CHECK_THAT(fate(result, "198.51.100.0/24"), Catch::StartsWith("trust until "));
  CHECK(fate(result, "192.0.2.0/24") == "withdraw 5 passes");
  CHECK(result.output.find("192.0.2.0/24") < result.output.find("10.1.0.0/24"));
}

TEST_CASE("learn trusts no network for fewer messages than --min", "[learn]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  std::string log = stamp(1h) + accepted_line("192.0.2.1");
  for (int i = 0; i < 2; ++i) log += stamp(1h) + accepted_line("198.51.100.1");
  for (int i = 0; i < 3; ++i) log += stamp(1h) + accepted_line("203.0.113.1");
  const auto trusted = [&](const Arguments& more) {
    Arguments arguments{"learn", "-", "--dry-run"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Result result = ctl(installation, arguments, with_envelopes(log));
    std::string networks;
    for (const std::string network : {"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"}) {
      if (fate(result, network).starts_with("trust until ")) networks += network + ' ';
    }
    CHECK_THAT(fate(result, "192.0.2.0/24"),
               Catch::StartsWith("trust until ") ||
                   (Catch::StartsWith("nothing: fewer than ") && Catch::EndsWith(" accepted (--min)")));
    return networks;
  };
  CHECK(trusted({}) == "198.51.100.0/24 203.0.113.0/24 ");
  CHECK(trusted({"--min", "1"}) == "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 ");
  CHECK(trusted({"--min", "3"}) == "203.0.113.0/24 ");
  CHECK(trusted({"--min", "4"}).empty());
  CHECK(ctl(installation, {"learn", "-", "--min", "0"}, log).status == 2);
}

TEST_CASE("learn says so when it understands no line", "[learn]") {
  const Installation installation(Backend::sqlite);
  const std::string foreign =
      "Nov 21 06:11:44 mx postfix/smtpd[1]: connect from mail.example.net[192.0.2.1]\n"
      "Nov 21 06:11:45 mx postfix/smtpd[1]: disconnect from mail.example.net[192.0.2.1]\n";
  const Result result = ctl(installation, {"learn", "-", "--yes"}, foreign);
  CHECK(result.status == 1);
  const std::string not_read =
      "greylistctl: none of 2 lines says anything of a client; name the log of the mail server; "
      "greylistctl(8) "
      "lists under learn the stamps and the lines that are read\n";
  CHECK(result.errors == not_read);
  CHECK_THAT(result.output, Catch::EndsWith("There is nothing to do.\n"));
  // journalctl -o json, export, verbose and short-monotonic.
  const std::string accepted = "qlogenvelope: result=accepted code=250 remoteip=192.0.2.1 remoteport=1 pid=2";
  for (const std::string begin : {"{\"PRIORITY\":\"6\",\"MESSAGE\":\"",
                                  "MESSAGE=", "    MESSAGE=", "[ 5432.123456] mx qmail-smtpd[2]: "}) {
    CAPTURE(begin);
    const Result other = ctl(installation, {"learn", "-", "--yes"}, begin + accepted + "\n" + begin + "\n");
    CHECK(other.status == 1);
    CHECK(other.errors == not_read);
  }
  const Result empty = ctl(installation, {"learn", "-", "--yes"}, "");
  CHECK(empty.status == 0);
  CHECK(empty.errors.empty());
  CHECK(ctl(installation, {"learn", "-", "--yes"}, foreign + stamp(1h) + hung_up_line("192.0.2.1"))
            .errors.empty());
}

// They say of a recipient what qlogenvelope says of it where there is that.
TEST_CASE(
    "learn: where nothing else is logged, recipients count that chkuser, spamdyke or s/qmail has let in",
    "[learn]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const auto chkuser = [](const std::string& client) {
    return "CHKUSER accepted rcpt: from <a@example.net::> remote <mail.example.net:unknown:" + client +
           "> rcpt <bob@example.org> : found existing recipient\n";
  };
  const auto spamdyke = [](const std::string& client) {
    return "spamdyke[4711]: ALLOWED from: a@example.net to: bob@example.org origin_ip: " + client +
           " origin_rdns: (unknown) auth: (unknown) encryption: (none) reason: 250_ok\n";
  };
  const std::string sqmail =
      "qmail-smtpd: pid 4711 Accept::RCPT::Recipients_Cdb P:ESMTP S:203.0.113.77:mail.example.net "
      "H:mail.example.net F:a@example.net T:bob@example.org\n";
  const std::string both =
      stamp(1h) + chkuser("192.0.2.1") + stamp(1h) + spamdyke("198.51.100.1") + stamp(1h) + sqmail;
  const Result alone = learn(installation, both, {"--dry-run"});
  CAPTURE(alone.output);
  for (const std::string network : {"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"})
    CHECK_THAT(fate(alone, network), Catch::StartsWith("trust until "));
  CHECK_THAT(alone.output,
             Contains("note: these logs have no line about a message (qlogreceived), so recipients "
                      "count that chkuser, spamdyke or s/qmail has let in\n"));
  const Result beside = learn(installation, both + stamp(1h) + recipient_line("203.0.113.1"), {"--dry-run"});
  CAPTURE(beside.output);
  CHECK_THAT(fate(beside, "203.0.113.0/24"), Catch::StartsWith("trust until "));
  for (const std::string network : {"192.0.2.0/24", "198.51.100.0/24"})
    CHECK(fate(beside, network) == "nothing: no mail of it was accepted");
}

TEST_CASE("learn: what cannot be done is said with a remedy", "[learn]") {
  const Installation installation(any_backend(), "auto_allow_after=0");
  CAPTURE(name(installation.backend()));
  const Result off = learn(installation, stamp(1h) + accepted_line("192.0.2.1"));
  CHECK(off.status == 1);
  CHECK(off.output.empty());
  CHECK_THAT(off.errors, Contains("greylistctl: auto_allow_after=0, so no client is ever trusted") &&
                             Contains("set it in control/greylisting to how often"));
  for (const Arguments& wrong :
       std::vector<Arguments>{{"learn"}, {"learn", "-", "--days", "0"}, {"learn", "-", "--days", "x"}}) {
    const Result result = ctl(installation, wrong);
    CAPTURE(result.errors);
    CHECK(result.status == 2);
    CHECK(result.output.empty());
  }
  const Result help = run({.arguments = {built("greylistctl"), "learn", "--help"}});
  CHECK_THAT(help.output, Contains("Example: greylistctl learn "));
}

TEST_CASE("learn, stopped, says how far it came, and goes on from there", "[learn]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  installation.sql("SELECT 1");
  constexpr unsigned kNetworks = 40000;
  const std::string when = stamp(1h);
  std::string text;
  for (unsigned i = 0; i < kNetworks; ++i) {
    text += when + recipient_line("10." + std::to_string(i / 256) + '.' + std::to_string(i % 256) + ".1");
  }
  const fs::path log = installation.home() / "smtpd";
  write_file(log, text);
  const Command learn{.arguments = {built("greylistctl"), "--home", installation.home(), "learn", "--min",
                                    "1", "--yes", log}};
  const auto trusted = [&] {
    return std::stoul(installation.sql("SELECT COUNT(*) FROM greylisting_clients").at(0).at(0).value());
  };
  const std::string written = stopped_midway(learn, installation.home() / "output", trusted, SIGTERM);
  const std::size_t done = trusted();
  REQUIRE(done < kNetworks);
  CHECK_THAT(written, Contains("greylistctl: stopped after " + std::to_string(done) + " of " +
                               std::to_string(kNetworks) +
                               " changes; those stay, and the same command goes on with the rest\n"));
  const Result rest = run(learn);
  CHECK(rest.status == 0);
  CHECK_THAT(rest.output, Contains("to trust: " + std::to_string(kNetworks - done) + ", "));
  CHECK(trusted() == kNetworks);
}

}  // namespace greylisting::test
