// What a mail client hears and what its message looks like, by the settings stage, header and observe:
// tcpserver, the stand-in for qmail-smtpd and the plugin on SQLite.

#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/mail_server.h"
#include "tests/support/swaks.h"
#include "tests/support/texts.h"

namespace greylisting::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Strings = std::vector<std::string>;

const std::string kOk = "250 ok";
const std::string kForeign = "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)";
const std::string kGoAhead = "354 go ahead";
const std::string kQueued = "queued";

const std::string kMail = "MAIL FROM:<client@example.net>";
const std::string kMessage = "Subject: a test\r\n\r\ntext\r\n.";

std::string rcpt(const std::string& recipient) { return "RCPT TO:<" + recipient + "@example.org>"; }

// All replies to these commands on one connection, without those to the greeting, HELO and QUIT: a reply too
// many or too few shows. The reply of a message that is taken is `queued`.
Strings replies(const MailServer& server, const Strings& commands) {
  std::string session = "HELO client.example.net\r\n";
  for (const std::string& command : commands) session += command + "\r\n";
  const std::string said = server.converse(session + "QUIT\r\n");
  Strings lines;
  for (std::size_t begin = 0; begin < said.size();) {
    const std::size_t end = said.find("\r\n", begin);
    REQUIRE(end != std::string::npos);
    lines.push_back(said.substr(begin, end - begin));
    if (lines.back().starts_with("250 ok ")) lines.back() = kQueued;
    begin = end + 2;
  }
  REQUIRE(lines.size() >= 3);
  REQUIRE(lines.back() == "221 mx.example.org");
  return {lines.begin() + 2, lines.end() - 1};
}

// As if these recipients had been deferred an hour ago.
void let_wait(const MailServer& server, const Strings& recipients) {
  for (const std::string& recipient : recipients) replies(server, {kMail, rcpt(recipient)});
  server.let_block_pass();
}

// As if mail to these recipients had passed before.
void make_all_known(const MailServer& server, const Strings& recipients) {
  let_wait(server, recipients);
  for (const std::string& recipient : recipients) {
    REQUIRE(replies(server, {kMail, rcpt(recipient)}) == Strings{kOk, kOk});
  }
}

bool has_match(const std::string& text, const std::string& expression) {
  return std::regex_search(text, std::regex(expression));
}

// The values of a key in all log lines.
Strings all_logged(const std::string& log, const std::string& key) {
  const std::regex word(" " + key + "=([^ \n]*)");
  Strings values;
  for (auto at = std::sregex_iterator(log.begin(), log.end(), word); at != std::sregex_iterator(); ++at) {
    values.push_back((*at)[1]);
  }
  return values;
}

}  // namespace

TEST_CASE("a message that has waited says so once, and so does the next of the connection", "[answers]") {
  const MailServer server;
  let_wait(server, {"a", "b", "c", "d"});
  CHECK(replies(server, {kMail, rcpt("a"), rcpt("b"), "DATA", kMessage,                                     //
                         kMail, rcpt("c"), rcpt("new"), rcpt("d"), "DATA", kMessage,                        //
                         kMail, rcpt("a"), "DATA", kMessage}) == Strings{kOk, kOk, kOk, kGoAhead, kQueued,  //
                                                                         kOk, kOk, kDeferralReply, kOk,
                                                                         kGoAhead,
                                                                         kQueued,  //
                                                                         kOk, kOk, kGoAhead, kQueued});

  const Strings messages = server.delivered();
  REQUIRE(messages.size() == 3);
  for (const std::string& message : {messages[0], messages[1]}) {
    CAPTURE(message);
    CHECK(has_match(message,
                    "\nX-Greylist: delayed [0-9]+ seconds by greylisting at mx\\.example\\.org;\n"
                    "\t[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} \\+0000\nSubject: a test\n"));
    CHECK(occurrences(message, "X-Greylist") == 1);
  }
  CHECK_THAT(messages[1], Contains("\nTc@example.org\nTd@example.org\n\n"));
  CHECK(occurrences(messages[2], "X-Greylist") == 0);  // known by now
}

TEST_CASE("RSET takes the header line back, and the next message has one again", "[answers]") {
  const MailServer server;
  let_wait(server, {"a", "b"});
  replies(server, {kMail, rcpt("a"), "RSET", kMail, rcpt("b"), "DATA", kMessage});
  REQUIRE(server.delivered().size() == 1);
  CHECK(occurrences(server.delivered()[0], "X-Greylist") == 1);
}

TEST_CASE("the form of the header field is a setting", "[answers]") {
  SECTION("none") {
    const MailServer server({.settings = "header=off\n"});
    let_wait(server, {"a"});
    CHECK(server.send("a@example.org").status == 0);
    REQUIRE(server.delivered().size() == 1);
    CHECK_FALSE(has_match(server.delivered()[0], "[Gg]reylist"));
  }
  SECTION("Authentication-Results") {
    const MailServer server({.settings = "header=authentication-results\n"});
    let_wait(server, {"a"});
    CHECK(server.send("a@example.org").status == 0);
    REQUIRE(server.delivered().size() == 1);
    CHECK(has_match(server.delivered()[0],
                    "\nAuthentication-Results: mx\\.example\\.org; x-greylist=pass\n"
                    "\treason=\"delayed [0-9]+ seconds\"\n"));
  }
  SECTION("a host without a name") {
    const MailServer server;
    let_wait(server, {"a"});
    write_file(server / "control/me", ";\n");
    CHECK(server.send("a@example.org").status == 0);
    REQUIRE(server.delivered().size() == 1);
    CHECK_THAT(server.delivered()[0], Contains("by greylisting at localhost;\n"));
  }
}

TEST_CASE("stage=data: a recipient that is deferred is heard of at DATA alone", "[answers]") {
  const MailServer server({.settings = "stage=data\n"});
  // What a host says that only asks whether the address exists.
  CHECK(replies(server, {"MAIL FROM:<>", rcpt("a")}) == Strings{kOk, kOk});

  const Result first = server.send("a@example.org");
  CHECK_THAT(first.output, Contains("RCPT TO:<a@example.org>\n<-  250 ok\n") &&
                               Contains("DATA\n<** " + kDeferralReply + '\n'));
  CHECK(server.delivered().empty());
  CHECK_THAT(server.log(), Contains("outcome=deferred reason=new"));
  CHECK_THAT(server.send("a@example.org").output, Contains("DATA\n<** " + kDeferralReply + '\n'));
  CHECK_THAT(server.log(), Contains("outcome=deferred reason=early"));

  server.let_block_pass();
  CHECK(server.send("a@example.org").status == 0);
  REQUIRE(server.delivered().size() == 1);
  CHECK_THAT(server.delivered()[0],
             StartsWith("Fclient@example.net\nTa@example.org\n\n") && Contains("\nX-Greylist: delayed "));
}

TEST_CASE("stage=data: one deferred after another was accepted is refused at RCPT", "[answers]") {
  const MailServer server({.settings = "stage=data\n"});
  make_all_known(server, {"known"});
  CHECK(replies(server, {kMail, rcpt("known"), rcpt("a"), rcpt("b"), "DATA", kMessage, "NOOP"}) ==
        Strings{kOk, kOk, kDeferralReply, kDeferralReply, kGoAhead, kQueued, kOk});
  REQUIRE(server.delivered().size() == 1);
  CHECK_THAT(server.delivered()[0], StartsWith("Fclient@example.net\nTknown@example.org\n\n"));
}

TEST_CASE("stage=data: DATA is refused with one line, however many are deferred", "[answers]") {
  const MailServer server({.settings = "stage=data\n"});
  CHECK(replies(server, {kMail, rcpt("a"), rcpt("b"), rcpt("c"), "DATA", "NOOP"}) ==
        Strings{kOk, kOk, kDeferralReply, kDeferralReply, kDeferralReply, kOk});
  CHECK(server.delivered().empty());

  server.let_block_pass();
  CHECK(replies(server, {kMail, rcpt("a"), rcpt("b"), rcpt("c"), "DATA", kMessage}) ==
        Strings{kOk, kOk, kOk, kOk, kGoAhead, kQueued});
  REQUIRE(server.delivered().size() == 1);
  CHECK_THAT(server.delivered()[0], Contains("Ta@example.org\nTb@example.org\nTc@example.org\n\n"));
}

TEST_CASE("stage=data: one that passes behind one that is deferred waits with it", "[answers]") {
  const MailServer server({.settings = "stage=data\n"});
  make_all_known(server, {"known"});
  CHECK(replies(server, {kMail, rcpt("a"), rcpt("known"), "RCPT TO:<a@example.com>", "DATA", "NOOP"}) ==
        Strings{kOk, kOk, kOk, kForeign, kDeferralReply, kOk});
  CHECK(server.delivered().empty());
  CHECK_THAT(server.log(), Contains("outcome=deferred reason=shared"));

  server.let_block_pass();
  CHECK(replies(server, {kMail, rcpt("a"), rcpt("known"), "DATA", kMessage}) ==
        Strings{kOk, kOk, kOk, kGoAhead, kQueued});
  REQUIRE(server.delivered().size() == 1);
  CHECK_THAT(server.delivered()[0], Contains("Ta@example.org\nTknown@example.org\n\n"));
}

TEST_CASE("stage=data: each transaction of a connection is a new one", "[answers]") {
  const MailServer server({.settings = "stage=data\n"});
  make_all_known(server, {"known"});
  SECTION("after RSET") {
    CHECK(replies(server, {kMail, rcpt("a"), "RSET",                                               //
                           kMail, rcpt("b"), "RSET",                                               //
                           kMail, rcpt("known"), rcpt("c"), "DATA", kMessage,                      //
                           kMail, rcpt("d"), "DATA", "NOOP"}) == Strings{kOk, kOk, "250 flushed",  //
                                                                         kOk, kOk, "250 flushed",  //
                                                                         kOk, kOk, kDeferralReply, kGoAhead,
                                                                         kQueued,  //
                                                                         kOk, kOk, kDeferralReply, kOk});
    REQUIRE(server.delivered().size() == 1);
    CHECK_THAT(server.delivered()[0], StartsWith("Fclient@example.net\nTknown@example.org\n\n"));
  }
  SECTION("after the refusal") {
    CHECK(replies(server, {kMail, rcpt("a"), "DATA", "RSET", kMail, rcpt("known"), "DATA", kMessage}) ==
          Strings{kOk, kOk, kDeferralReply, "250 flushed", kOk, kOk, kGoAhead, kQueued});
  }
}

TEST_CASE("stage=data: no copy passes where the plugin has not seen a transaction begin", "[answers]") {
  const MailServer server({.settings = "stage=data\n"});
  make_all_known(server, {"known"});
  // The foreign recipient is qmail's business: the plugin's variable still tells of the transaction before.
  CHECK(replies(server, {kMail, rcpt("a"), "RSET", kMail, "RCPT TO:<a@example.com>", rcpt("a"), "DATA",  //
                         "RSET", kMail, rcpt("known"), "DATA", kMessage}) ==
        Strings{kOk, kOk, "250 flushed", kOk, kForeign, kDeferralReply, "503 RCPT first (#5.5.1)",  //
                "250 flushed", kOk, kOk, kGoAhead, kQueued});
  REQUIRE(server.delivered().size() == 1);
  CHECK_THAT(server.delivered()[0], StartsWith("Fclient@example.net\nTknown@example.org\n\n"));
}

// The plugin is not run for a recipient that a plugin before it takes, and cannot tell this transaction from
// the one before: it refuses nobody for that one's sake.
TEST_CASE("stage=data: one that passes is not refused for a transaction that RSET has ended", "[answers]") {
  const MailServer server({.settings = "stage=data\n"});
  make_all_known(server, {"known"});
  const std::string plugins = read_file(server / "control/smtpplugins");
  std::string with_relay = plugins;
  with_relay.insert(with_relay.find('\n', with_relay.find("[rcpt]")) + 1,
                    ":if [ \"$SMTPRCPTTO\" = relayed@example.org ]; then echo N; fi\n");
  write_file(server / "control/smtpplugins", with_relay, 0644);
  CHECK(replies(server, {kMail, rcpt("a"), "RSET", kMail, rcpt("relayed"), rcpt("known"), "DATA",
                         kMessage}) == Strings{kOk, kOk, "250 flushed", kOk, kOk, kOk, kGoAhead, kQueued});
  REQUIRE(server.delivered().size() == 1);
  CHECK_THAT(server.delivered()[0],
             StartsWith("Fclient@example.net\nTrelayed@example.org\nTknown@example.org\n\n"));
}

// What refuses after the plugin is here a plugin after it, as chkuser in qmail-smtpd is for others.
TEST_CASE("a pass is counted no longer once the host has refused its recipient", "[answers]") {
  const MailServer server({.settings = "auto_allow_after=1\n"});
  const std::string kNobody = "550 sorry, no mailbox here by that name";
  const std::string own = read_file(server / "control/smtpplugins");
  const std::string users =
      ":case $SMTPRCPTTO in nobody*) echo 'E550 sorry, no mailbox here by that name' ;; esac\n";
  write_file(server / "control/smtpplugins", own + users, 0644);
  const auto passes = [&server] { return server.query("SELECT SUM(passes) FROM greylisting_clients"); };
  const Strings known{"nobody1", "nobody2", "nobody3", "somebody", "else"};
  let_wait(server, known);

  SECTION("of all") {
    CHECK(replies(server, {kMail, rcpt("nobody1"), rcpt("nobody2"), rcpt("nobody3")}) ==
          Strings{kOk, kNobody, kNobody, kNobody});
    CHECK(passes() == Strings{"0"});
    CHECK(replies(server, {kMail, rcpt("new")}) == Strings{kOk, kDeferralReply});
  }
  SECTION("and then deferred one") {
    CHECK(replies(server, {kMail, rcpt("nobody1"), rcpt("new")}) == Strings{kOk, kNobody, kDeferralReply});
    CHECK(passes() == Strings{"0"});
  }
  SECTION("in a transaction of its own") {
    CHECK(replies(server, {kMail, rcpt("nobody1"), rcpt("nobody2"), "RSET", kMail, rcpt("nobody3"),
                           rcpt("nobody1")}) ==
          Strings{kOk, kNobody, kNobody, "250 flushed", kOk, kNobody, kNobody});
    CHECK(passes() == Strings{"0"});
  }
  SECTION("until it accepts one") {
    CHECK(replies(server, {kMail, rcpt("nobody1"), rcpt("somebody"), rcpt("else")}) ==
          Strings{kOk, kNobody, kOk, kOk});
    CHECK(passes() == Strings{"1"});
    CHECK(replies(server, {kMail, rcpt("new")}) == Strings{kOk, kOk});
    CHECK_THAT(server.log(), Contains("outcome=accepted reason=trusted"));
  }
  SECTION("not for one that comes after those that it accepts") {
    CHECK(replies(server, {kMail, rcpt("somebody"), rcpt("nobody1"), rcpt("else")}) ==
          Strings{kOk, kOk, kNobody, kOk});
    CHECK(passes() == Strings{"1"});
  }
  SECTION("the last of a transaction is not known to be refused") {
    CHECK(replies(server, {kMail, rcpt("nobody1")}) == Strings{kOk, kNobody});
    CHECK(passes() == Strings{"1"});
  }
  SECTION("under [pass] the plugin is not asked") {
    const std::string as_passed = "[rcpt]\n" + users + "[pass]\n" + own.substr(own.find("[rcpt]\n") + 7);
    write_file(server / "control/smtpplugins", as_passed, 0644);
    CHECK(replies(server, {kMail, rcpt("nobody1"), rcpt("nobody2")}) == Strings{kOk, kNobody, kNobody});
    CHECK(passes() == Strings{""});
    CHECK(replies(server, {kMail, rcpt("somebody")}) == Strings{kOk, kOk});
    CHECK(passes() == Strings{"1"});
  }
}

// What the host keeps it keeps: no plugin can take it back, nor see that it is there.
TEST_CASE("a client that sends no RSET meets what the host has kept", "[answers]") {
  SECTION("the text for DATA") {
    const MailServer server({.settings = "stage=data\n"});
    make_all_known(server, {"known"});
    CHECK(replies(server, {kMail, rcpt("a"), "DATA", kMail, rcpt("known"), "DATA", "RSET",  //
                           kMail, rcpt("known"), "DATA", kMessage}) ==
          Strings{kOk, kOk, kDeferralReply, kOk, kOk, kDeferralReply, "250 flushed", kOk, kOk, kGoAhead,
                  kQueued});
  }
  SECTION("the header lines") {
    const MailServer server;
    let_wait(server, {"a", "b"});
    replies(server, {kMail, rcpt("a"), kMail, rcpt("b"), "DATA", kMessage});
    REQUIRE(server.delivered().size() == 1);
    CHECK(occurrences(server.delivered()[0], "X-Greylist") == 2);
  }
}

TEST_CASE("stage=data: a rejection does not wait for DATA", "[answers]") {
  const MailServer server({.settings = "stage=data\n"});
  write_file(server / "control/greylisting_deny", "client 127.0.0.1\n", 0644);
  CHECK_THAT(server.send("a@example.org").output, Contains("RCPT TO:<a@example.org>\n<** 553 sorry, "));
}

TEST_CASE("an entry's own text is what the client hears", "[answers]") {
  const MailServer server;
  write_file(server / "control/greylisting_deny", "client 127.0.0.1 reply=\"550 not from there (#5.7.1)\"\n",
             0644);
  CHECK(replies(server, {kMail, rcpt("a")}) == Strings{kOk, "550 not from there (#5.7.1)"});
  CHECK_THAT(server.log(),
             Contains("outcome=rejected reason=denied") && Contains(" entry=control/greylisting_deny:1 "));
}

TEST_CASE("observe=1: all is judged, recorded and logged, and nothing is done", "[answers]") {
  const std::string stage = GENERATE("", "stage=data\n");
  const MailServer server({.settings = "observe=1\n" + stage});
  CHECK(server.send("a@example.org,b@example.org").status == 0);
  CHECK_THAT(server.log(),
             Contains("greylisting: outcome=would-defer reason=new") && !Contains("outcome=deferred"));
  CHECK(server.recipients_on_record() == Strings{"a@example.org", "b@example.org"});

  server.let_block_pass();
  CHECK(server.send("a@example.org").status == 0);
  CHECK_THAT(server.log(), Contains("greylisting: outcome=accepted reason=retried"));

  write_file(server / "control/greylisting_deny", "client 127.0.0.1\n", 0644);
  CHECK(server.send("c@example.org").status == 0);
  CHECK_THAT(server.log(), Contains("greylisting: outcome=would-reject reason=denied"));

  REQUIRE(server.delivered().size() == 3);
  // Nothing was delayed, whatever the record says.
  for (const std::string& message : server.delivered()) CHECK(occurrences(message, "X-Greylist") == 0);
}

TEST_CASE("observe=1: an error refuses nothing", "[answers]") {
  const MailServer server({.settings = "observe=1\non_error=defer\n"});
  std::filesystem::remove(server / "greylisting");
  CHECK(server.send("a@example.org").status == 0);
  CHECK_THAT(server.log(), Contains("greylisting: SQLite: greylisting/greylisting.db: "));
}

TEST_CASE("the log line tells connections apart, and says when it was and what it took", "[answers]") {
  const MailServer server;
  replies(server, {kMail, rcpt("a"), rcpt("b")});
  replies(server, {kMail, rcpt("a")});
  const std::string log = server.log();
  CAPTURE(log);
  const Strings sessions = all_logged(log, "session");
  REQUIRE(sessions.size() == 3);
  CHECK(sessions[0] == sessions[1]);
  CHECK(sessions[1] != sessions[2]);
  CHECK(has_match(log,
                  "greylisting: outcome=deferred reason=new client=127\\.0\\.0\\.1 [^\n]* left=[0-9]+ "
                  "time=[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z session=[0-9]+ ms=[0-9]+\\.[0-9]{2}\n"));
}

}  // namespace greylisting::test
