// greylisting-front as a client and qmail-smtpd meet it: behind tcpserver and before the stand-in for
// qmail-smtpd, with swaks as the client; and, for what tcpserver and the client cannot be made to do, by
// itself.

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/database_server.h"
#include "tests/support/installation.h"
#include "tests/support/mail_server.h"
#include "tests/support/process.h"
#include "tests/support/stored.h"
#include "tests/support/swaks.h"
#include "tests/support/temporary_directory.h"

namespace greylisting::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

using Strings = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

const std::string kGreeting = "220 mx.example.org ESMTP\r\n";
const std::string kHello = "HELO client.example.net\r\n";
const std::string kEnvelope = "MAIL FROM:<alice@example.net>\r\nRCPT TO:<bob@example.org>\r\n";
const std::string kOutOfOrder = "451 greylisting is out of order, please try again later (#4.3.0)\r\n";

MailServer server_with(const std::string& variables = "", const std::string& settings = "") {
  return MailServer({.settings = settings, .rules = "127.0.0.1:allow" + variables + '\n', .has_front = true});
}

// The program by itself in front of a shell that says that the client is its own.
Command front_of(const Installation& installation, Variables variables, const std::string& input,
                 const std::string& script = "echo passed") {
  write_file(installation.home() / "control/me", "mx.example.org\n");
  variables.try_emplace("TCPREMOTEIP", "192.0.2.1");
  return {.arguments = {built("greylisting-front"), "--home", installation.home(), "sh", "-c", script},
          .environment = std::move(variables),
          .input = input};
}

Result meet(const Installation& installation, const Variables& variables = {},
            const std::string& input = kEnvelope) {
  return run(front_of(installation, variables, input));
}

std::string told_at_rcpt(std::string_view reply = kDeferralReply) {
  return kGreeting + "250 ok\r\n" + std::string(reply) + "\r\n";
}

}  // namespace

TEST_CASE("front: a client waits once, whoever it writes to, and is qmail-smtpd's then", "[front]") {
  const MailServer server = server_with();
  const Result first = server.send("user@example.org,second@example.org");
  CHECK(first.status == kRecipientRefused);
  CHECK_THAT(first.output,
             Contains("220 mx.example.org ESMTP") && Contains("<** " + std::string(kDeferralReply)));
  CHECK_THAT(server.log(), Contains("outcome=deferred reason=new client=127.0.0.1") &&
                               Contains("helo=client.example.net sender=client@example.net "
                                        "recipient=user@example.org record=") &&
                               Contains("recipient=second@example.org"));
  CHECK(server.query("SELECT blocked_count FROM greylisting_data") == Strings{"1"});

  CHECK(server.send("user@example.org").status == kRecipientRefused);
  CHECK_THAT(server.log(), Contains("reason=early"));

  server.let_block_pass();
  CHECK(server.send("somebody@example.org", {"--from", "another@example.com"}).status == 0);
  CHECK_THAT(server.log(), Contains("outcome=accepted reason=retried client=127.0.0.1"));
  CHECK(server.send("user@example.org,second@example.org").status == 0);
  CHECK_THAT(server.log(), Contains("outcome=accepted reason=known"));
  REQUIRE(server.delivered().size() == 2);
  CHECK_THAT(server.delivered()[0], StartsWith("Fanother@example.com\nTsomebody@example.org\n\n"));
}

TEST_CASE("front: a client that names nobody leaves nothing", "[front]") {
  const MailServer server = server_with();
  CHECK(server.converse("QUIT\r\n") == kGreeting + "221 mx.example.org\r\n");
  CHECK(server.converse(kHello + "MAIL FROM:<a@b>\r\nRSET\r\nQUIT\r\n") ==
        kGreeting + "250 mx.example.org\r\n250 ok\r\n250 flushed\r\n221 mx.example.org\r\n");
  CHECK(server.recipients_on_record().empty());
  CHECK_THAT(server.log(), !Contains("outcome="));
}

TEST_CASE("front: who may relay, is allowed or is named by a variable is not asked about", "[front]") {
  const std::string variables = GENERATE(",RELAYCLIENT=\"\",GLANSWERS=\"0\"", ",JGREYLIST=\"\"");
  const MailServer server = server_with(variables);
  CHECK(server.send("user@example.org").status == 0);
  CHECK_FALSE(std::filesystem::exists(server.database()));
  CHECK_THAT(server.log(), !Contains("outcome="));
}

TEST_CASE("front: variables of jgreylist refuse, over SMTP", "[front]") {
  const MailServer server = server_with(",JGREYLIST=\"no mail from %\"");
  CHECK_THAT(server.send("user@example.org").output, Contains("<** 553 no mail from 127.0.0.1\n"));
  CHECK_THAT(server.log(), Contains("outcome=rejected reason=denied"));
  CHECK_FALSE(std::filesystem::exists(server.database()));
}

TEST_CASE("front: the judgement is the same on every store", "[front]") {
  const Backend backend = any_backend();
  CAPTURE(name(backend));
  const Installation installation(backend);
  CHECK(meet(installation, {}, "").output == kGreeting);
  CHECK(meet(installation).output == told_at_rcpt());
  CHECK(meet(installation, {{"TCPREMOTEIP", "192.0.2.99"}}).output == told_at_rcpt());
  CHECK(meet(installation, {{"TCPREMOTEIP", "192.0.3.1"}}).output == told_at_rcpt());
  CHECK(row_count(installation) == "2");

  installation.pass_time(std::chrono::hours(1));
  const Result retried = meet(installation, {{"TCPREMOTEIP", "192.0.2.99"}});
  CHECK(retried.output == "passed\n");
  CHECK(logged(retried, "reason") == "retried");
  CHECK(
      installation.sql("SELECT passed_count FROM greylisting_data ORDER BY passed_count DESC").at(0).at(0) ==
      "1");
  CHECK(installation.sql("SELECT passes FROM greylisting_clients").at(0).at(0) == "1");
}

TEST_CASE("front: entries and trust decide, those of senders and recipients do not", "[front]") {
  const Installation installation(Backend::sqlite, "null_sender=accept\n");
  installation.put({.action = "deny", .word = "sender", .pattern = "<>"});
  installation.put({.action = "deny", .word = "recipient", .pattern = "/^$/"});
  installation.put({.action = "skip", .word = "recipient", .pattern = "example.org"});
  CHECK(meet(installation).output == told_at_rcpt());
  CHECK(meet(installation, {}, "MAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\n").output == told_at_rcpt());

  installation.put(
      {.action = "deny", .word = "client", .pattern = "198.51.100.0/24", .reply = "554 never %s"});
  const Result denied = meet(installation, {{"TCPREMOTEIP", "198.51.100.1"}}, kEnvelope + "DATA\r\n");
  CHECK(denied.output == told_at_rcpt("554 never 0") + "554 never 0\r\n");
  CHECK(logged(denied, "reason") == "denied");

  installation.put({.action = "allow", .word = "client", .pattern = "203.0.113.0/24"});
  CHECK(meet(installation, {{"TCPREMOTEIP", "203.0.113.1"}}).output == "passed\n");

  installation.sql("DELETE FROM greylisting_entries WHERE kind = 'network'");
  const Result trapped = meet(installation, {{"TCPREMOTEIP", "203.0.113.1"}, {"GLLOWPRIORITYMX", "1"}});
  CHECK(logged(trapped, "reason") == "trap");
  CHECK(meet(installation, {{"TCPREMOTEIP", "203.0.113.1"}}).output ==
        told_at_rcpt("553 sorry, your envelope sender has been denied (#5.7.1)"));
}

TEST_CASE("front: the block of JGREYLIST_HOLDTIME, the whole address of JGREYLIST_BY_IP", "[front]") {
  const Installation installation(Backend::sqlite, "block_expire=55\n");
  CHECK(logged(meet(installation, {{"JGREYLIST_HOLDTIME", "90"}}), "left") == "91");
  installation.pass_time(std::chrono::seconds(100));
  CHECK(meet(installation, {{"JGREYLIST_HOLDTIME", "90"}}).output == "passed\n");
  CHECK(meet(installation, {{"JGREYLIST_BY_IP", "1"}}).output == told_at_rcpt());
  CHECK(meet(installation, {{"JGREYLIST_BY_IP", "1"}, {"TCPREMOTEIP", "192.0.2.2"}}).output ==
        told_at_rcpt());
  CHECK(row_count(installation) == "3");
  CHECK_THAT(meet(installation, {{"JGREYLIST_NOREV", "who are you"}}, kEnvelope).output,
             EndsWith("553 who are you\r\n"));
  CHECK(meet(installation, {{"JGREYLIST_NOREV", "who are you"}, {"TCPREMOTEHOST", "a.example"}}).output ==
        "passed\n");
}

TEST_CASE("front: JGREYLIST_LOG_SMTP logs both sides, printable", "[front]") {
  const Installation installation(Backend::sqlite, "loglevel=0\n");
  const Result silent = meet(installation);
  CHECK(silent.errors.empty());
  const Result told = meet(installation, {{"JGREYLIST_LOG_SMTP", "1"}}, "HELO \x1b[1m\xe9\r\nQUIT\r\n");
  CHECK_THAT(told.errors, Contains(" 192.0.2.1 > 220 mx.example.org ESMTP\n") &&
                              Contains(" 192.0.2.1 < HELO \\x1b[1m\\xe9\n") &&
                              Contains(" 192.0.2.1 > 221 mx.example.org\n"));
}

TEST_CASE("front: observe=1 refuses nobody, and records and logs", "[front]") {
  const Installation installation(Backend::sqlite, "observe=1\n");
  const Result observed = meet(installation);
  CHECK(observed.output == "passed\n");
  CHECK_THAT(observed.errors, Contains("outcome=would-defer reason=new client=192.0.2.1"));
  CHECK(row_count(installation) == "1");
}

TEST_CASE("front: explicit=1 has nobody wait, because no recipient has opted in yet", "[front]") {
  const Installation installation(Backend::sqlite, "explicit=1\n");
  CHECK(meet(installation).output == "passed\n");
}

TEST_CASE("front: whatever is wrong, the client is qmail-smtpd's, and the log says why", "[front]") {
  const Installation installation(Backend::sqlite, "sqlite_file=missing/greylisting.db\n");
  const Result gone = meet(installation);
  CHECK(gone.output == "passed\n");
  CHECK_THAT(gone.errors, StartsWith("greylisting: SQLite: missing/greylisting.db: "));

  CHECK_THAT(meet(installation, {{"TCPREMOTEIP", "client"}}).errors,
             StartsWith("greylisting: TCPREMOTEIP=client is not an IP address"));
  CHECK(meet(installation, {{"TCPREMOTEIP", "client"}}).output == "passed\n");
  const Result bare =
      run({.arguments = {built("greylisting-front"), "--home", installation.home(), "echo", "x"}});
  CHECK(bare.output == "x\n");
  CHECK_THAT(bare.errors, StartsWith("greylisting: TCPREMOTEIP is not set; "));
  const Result no_home = run({.arguments = {built("greylisting-front"), "--home", "/missing", "echo", "x"}});
  CHECK(no_home.output == "x\n");
  CHECK_THAT(no_home.errors, StartsWith("greylisting: cannot go to the home directory "));

  write_file(installation.home() / "control/greylisting", "on_error=defer\nsqlite_file=missing/a.db\n");
  CHECK(meet(installation).output == kGreeting + "250 ok\r\n" + kOutOfOrder);
  std::filesystem::remove(installation.home() / "control/greylisting");
  std::filesystem::create_directory(installation.home() / "control/greylisting");
  const Result unusable = meet(installation);
  CHECK(unusable.output == "passed\n");
  CHECK_THAT(unusable.errors, StartsWith("greylisting: control/greylisting: is not a regular file"));
}

TEST_CASE("front: a store that does not answer costs no more than timeout", "[front]") {
  DatabaseServer own(ServerKind::mariadb);
  const Installation installation(own, "timeout=500\n");
  CHECK(meet(installation, {{"GLTIMEOUT", "30000"}}).output == told_at_rcpt());
  // The server answers to nobody while it is stopped.
  kill(own.pid(), SIGSTOP);
  const Result slow = meet(installation);
  const Result defers = meet(installation, {{"GLONERROR", "defer"}, {"TCPREMOTEIP", "192.0.4.1"}});
  kill(own.pid(), SIGCONT);
  CHECK(slow.output == "passed\n");
  CHECK_THAT(slow.errors, Contains("no decision within timeout=500 ms"));
  CHECK_THAT(defers.output, EndsWith("greylisting is out of order, please try again later (#4.3.0)\r\n"));
}

TEST_CASE("front: a store that can be read and not written lets new clients pass at their next try",
          "[front]") {
  const Installation installation(Backend::sqlite);
  installation.sql(
      "CREATE TRIGGER no BEFORE INSERT ON greylisting_data BEGIN SELECT RAISE(ABORT, 'full'); END");
  const Result first = meet(installation);
  CHECK(first.output == kGreeting + "250 ok\r\n" + kOutOfOrder);
  CHECK_THAT(first.errors, Contains("full"));
  const Result second = meet(installation, {{"TCPREMOTEIP", "198.51.100.1"}});
  CHECK(second.output == "passed\n");
  CHECK_THAT(second.errors, Contains("the store could not be written, so new clients pass without a record"));

  // An hour later it is tried again.
  const auto marker = installation.home() / "greylisting/front-cannot-record";
  std::filesystem::last_write_time(marker, std::filesystem::last_write_time(marker) - std::chrono::hours(2));
  installation.sql("DROP TRIGGER no");
  CHECK(meet(installation).output == told_at_rcpt());
  CHECK_FALSE(std::filesystem::exists(marker));
}

TEST_CASE("front: what it becomes has what it was started with", "[front]") {
  const Installation installation(Backend::mariadb);
  installation.put({.action = "allow", .word = "client", .pattern = "192.0.2.1"});
  Command command = front_of(installation, {{"TCPLOCALIP", "192.0.2.25"}}, "the client's first line\n",
                             "pwd; cat; echo $TCPLOCALIP; ls /proc/self/fd; grep -E 'SigIgn|SigBlk' "
                             "/proc/self/status; exit 3");
  const Result through = run(command);
  command.arguments.erase(command.arguments.begin(), command.arguments.begin() + 3);
  const Result alone = run(command);
  CHECK(through.status == 3);
  CHECK(through.output == alone.output);
}

TEST_CASE("front: a program that cannot be executed is said", "[front]") {
  const Result missing = run({.arguments = {built("greylisting-front"), "no-such-qmail-smtpd"},
                              .environment = {{"RELAYCLIENT", ""}}});
  CHECK(missing.status == 111);
  CHECK(missing.output == "421 the mail server cannot be started (#4.3.0)\r\n");
  CHECK_THAT(missing.errors, StartsWith("greylisting: no-such-qmail-smtpd: cannot be executed ("));
}

TEST_CASE("front: many recipients, nonsense and silence come to an end", "[front]") {
  const Installation installation(Backend::sqlite, "max_recipients=2\n");
  std::string many = kEnvelope;
  for (int i = 0; i < 4; ++i) many += "RCPT TO:<carol@example.org>\r\n";
  const Result limited = meet(installation, {{"JGREYLIST_LIMIT", "3"}}, many);
  CHECK_THAT(limited.output,
             EndsWith("\r\n452 too many recipients, please send to the others separately (#4.5.3)\r\n"
                      "421 mx.example.org too many recipients (#4.5.3)\r\n"));
  CHECK(lines(limited.errors) == 3);
  CHECK(row_count(installation) == "1");

  const Result nonsense = meet(installation, {}, std::string(100000, '\xff'));
  CHECK(nonsense.output == kGreeting + "421 mx.example.org line too long (#5.5.2)\r\n");
  CHECK(nonsense.status == 0);

  // It says nothing, and does not leave either.
  const Result silent =
      run({.arguments = {"sh", "-c",
                         "mkfifo \"$1/fifo\"; exec 3<>\"$1/fifo\"; exec \"$0\" --home \"$1\" "
                         "echo passed <&3",
                         built("greylisting-front"), installation.home()},
           .environment = {{"TCPREMOTEIP", "198.51.100.7"}, {"JGREYLIST_TIMEOUT", "1"}}});
  CHECK(silent.status == 0);
  CHECK(silent.output == kGreeting + "421 mx.example.org timeout (#4.4.2)\r\n");
}

TEST_CASE("front: check sees it in the run script, and wants no plugin", "[front]") {
  const std::string match = GENERATE("network", "triplet");
  const Installation installation(Backend::sqlite, "match=" + match + '\n');
  CHECK(meet(installation).output == told_at_rcpt());  // makes the file
  write_file(installation.home() / "bin/qmail-smtpd", "#!/bin/sh\n", 0755);
  write_file(installation.home() / "supervise/qmail-smtpd/run",
             "#!/bin/sh\nexec tcpserver -u " + std::to_string(geteuid()) +
                 " 0 smtp /usr/local/sbin/greylisting-front bin/qmail-smtpd\n",
             0755);
  const Result check = run({.arguments = {built("greylistctl"), "--home", installation.home(), "check"}});
  CAPTURE(check.errors);
  CHECK(check.status == 0);
  CHECK_THAT(check.output, Contains("run: greylisting-front stands before qmail-smtpd") &&
                               Contains("This installation works."));
  CHECK((check.output.find("with match=network") != std::string::npos) == (match == "triplet"));
}

TEST_CASE("front: wrong usage", "[front]") {
  const auto called = [](const std::vector<std::string>& words) {
    std::vector<std::string> arguments{built("greylisting-front")};
    arguments.insert(arguments.end(), words.begin(), words.end());
    return run({.arguments = arguments});
  };
  CHECK_THAT(called({"--help"}).output, StartsWith("usage: greylisting-front "));
  CHECK_THAT(called({"--version"}).output, StartsWith("greylisting-front "));
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{}, {"--hoome", "x"}, {"--home"}, {"--home", "/tmp"}}) {
    CHECK(called(wrong).status == 2);
    CHECK(called(wrong).output.empty());
    CHECK_THAT(called(wrong).errors, Contains("usage: greylisting-front "));
  }
}

}  // namespace greylisting::test
