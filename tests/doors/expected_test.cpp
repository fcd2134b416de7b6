// Mail that somebody waits for: answers to the mail of users, which the doors note, and what greylistctl
// expect says.

#include <sqlite3.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "tests/support/scenario.h"
#include "text/utc.h"

namespace greylisting::test {
namespace {

using Catch::Contains;
using namespace std::chrono_literals;

// A user's mail. The plugin's own end is at once; that of its log, which is read here, is when it is noted.
Step user_writes(const std::string& to, const std::string& from = "bob@example.org",
                 const std::string& variable = "RELAYCLIENT") {
  return attempt({.client = "10.0.0.5",
                  .sender = from,
                  .recipient = to,
                  .environment = {{variable, variable == "RELAYCLIENT" ? "" : "bob"}}},
                 ignored());
}

Step comes(const std::string& from, Expected expected, const std::string& to = "bob@example.org") {
  return attempt({.sender = from, .recipient = to}, std::move(expected));
}

const std::vector<Scenario> kAnswers{
    {"an answer does not wait, from the address or its domain, to the user who wrote",
     "",
     {},
     {comes("alice@example.net", deferred("new")), user_writes("Alice@Example.net"),
      comes("alice@example.net", accepted("expected")), comes("carol@example.net", accepted("expected")),
      comes("alice@example.com", deferred("new")),
      comes("carol@example.net", deferred("new"), "dave@example.org"), comes("", deferred("new"))}},
    {"a user is who may relay or has authenticated",
     "",
     {},
     {user_writes("a@one.example", "bob@example.org", "SMTPAUTHUSER"),
      user_writes("a@two.example", "bob@example.org", "SMTP_AUTH_USER"),
      comes("a@one.example", accepted("expected")), comes("a@two.example", accepted("expected")),
      comes("a@three.example", deferred("new"))}},
    {"at a large provider only the address is expected",
     "",
     {},
     {user_writes("alice@gmail.com"), user_writes("alice@outlook.de"),
      comes("alice@gmail.com", accepted("expected")), comes("carol@gmail.com", deferred("new")),
      comes("alice@outlook.de", accepted("expected")), comes("carol@outlook.de", deferred("new"))}},
    {"nothing is noted for the null sender, within a domain, or with answers=0",
     "",
     {},
     {user_writes("alice@example.net", ""), user_writes("carol@example.org"),
      attempt({.sender = "bob@example.org",
               .recipient = "alice@example.net",
               .environment = {{"RELAYCLIENT", ""}, {"GLANSWERS", "0"}}},
              ignored()),
      Stored{"SELECT COUNT(*) FROM greylisting_expected", {{"0"}}}}},
    {"no answer is expected from a domain that is here, too, which anybody could claim",
     "",
     {},
     {write("control/rcpthosts", "example.org\nexample.com\n"), user_writes("carol@example.com"),
      comes("boss@example.com", deferred("new")), comes("carol@example.com", deferred("new"))}},
    {"traps and denials come first, and what the triplet has earned stays its own",
     "",
     {},
     {comes("alice@example.net", deferred("new")), user_writes("alice@example.net"), pass(1h),
      comes("alice@example.net", accepted("retried")), comes("carol@example.net", accepted("expected")),
      put({"deny", "sender", "carol@example.net"}), comes("carol@example.net", rejected()),
      put({"trap", "recipient", "bob@example.org"}), comes("dave@example.net", deferred("trap")),
      Sql{"DELETE FROM greylisting_entries"},
      comes("erin@example.net",
            rejected("E553 sorry, your envelope sender has been denied (#5.7.1)\n", "trapped"))}},
    {"an answer is expected for as long as answers says, from the last mail on",
     "answers=2",
     {},
     {user_writes("alice@example.net"), pass(47h), comes("alice@example.net", accepted("expected")), pass(2h),
      comes("alice@example.net", deferred("new")), user_writes("alice@example.net"),
      comes("alice@example.net", accepted("expected")),
      Stored{"SELECT COUNT(*) FROM greylisting_expected", {{"2"}}}}},
    {"a tag that the host has put into the user's address makes no difference",
     "",
     {},
     {user_writes("alice@example.net", "prvs=0123abcdef=bob@example.org"),
      comes("prvs=1234abcdef=alice@example.net", accepted("expected"))}},
    {"privacy=hash stores nobody's address",
     "privacy=hash",
     {},
     {write("control/greylisting_key", "a secret of twenty two"), user_writes("alice@example.net"),
      Stored{"SELECT COUNT(*) FROM greylisting_expected WHERE sender LIKE '%example%' OR sender LIKE "
             "'%alice%' OR "
             "recipient LIKE '%bob%' OR recipient LIKE '%example%'",
             {{"0"}}},
      Stored{"SELECT COUNT(*) FROM greylisting_expected", {{"2"}}},
      comes("alice@example.net", accepted("expected")), comes("carol@example.net", accepted("expected")),
      comes("alice@example.com", deferred("new"))}},
};

}  // namespace

TEST_CASE("answers are expected", "[integration][expected]") { play(kAnswers); }

// Nobody waits for the store: while it cannot be written the plugin has ended, and the answer is noted when
// it can. The log is a file here, which has no end that anybody waits for.
TEST_CASE("the host does not wait for what is noted of outgoing mail", "[integration][expected]") {
  const Installation installation(Backend::sqlite);
  REQUIRE(reason(installation, {}) == "new");
  const auto file = installation.home() / "greylisting/greylisting.db";
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &connection) == SQLITE_OK);
  REQUIRE(sqlite3_exec(connection, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  Command command = installation.command({.client = "10.0.0.5",
                                          .sender = "bob@example.org",
                                          .recipient = "alice@example.net",
                                          .environment = {{"RELAYCLIENT", ""}}});
  command.arguments = {"/bin/sh", "-c", "exec \"$0\" 2>>log", built("greylisting")};
  const Result result = run(command);
  CHECK(result.status == 0);
  CHECK(result.output == "");
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_expected") == Rows{{"0"}});
  REQUIRE(sqlite3_exec(connection, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(connection);
  for (int i = 0; i < 3000 && installation.sql("SELECT COUNT(*) FROM greylisting_expected") == Rows{{"0"}};
       ++i)
    std::this_thread::sleep_for(10ms);
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_expected") == Rows{{"2"}});
  CHECK(read_file(installation.home() / "log") == "");
}

TEST_CASE("what cannot be noted is in the log, and the mail goes on", "[integration][expected]") {
  const Installation installation(Backend::sqlite, "sqlite_file=nowhere/greylisting.db");
  const Result result = installation.attempt({.environment = {{"RELAYCLIENT", ""}}});
  CHECK(result.status == 0);
  CHECK(result.output == "");
  CHECK_THAT(result.errors,
             Contains("an answer that is to be expected could not be noted: SQLite: nowhere/"));
  CHECK(lines(result.errors) == 1);
}

TEST_CASE("greylisting-policy notes the mail of who has authenticated", "[integration][expected][policy]") {
  const Installation installation(GENERATE(Backend::mariadb, Backend::sqlite));
  const std::string request =
      "request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=10.0.0.5\nsender=bob@example.org\n"
      "recipient=alice@example.net\nsasl_username=bob\n\n";
  const Result result = run({.arguments = {built("greylisting-policy"), "--home", installation.home()},
                             .input = request + request});
  CHECK(result.output == "action=DUNNO\n\naction=DUNNO\n\n");
  CHECK(result.errors == "");
  CHECK(reason(installation, {.sender = "alice@example.net", .recipient = "bob@example.org"}) == "expected");
}

TEST_CASE("greylistctl expect accepts all mail to somebody for a while, and the list shows it",
          "[integration][expected][ctl]") {
  const Installation installation(any_backend());
  std::filesystem::create_directories(installation.home() / "greylisting");
  CHECK(reason(installation, {.sender = "code@one.example"}) == "new");
  CHECK(ctl(installation, {"list", "expected"}).output == "No mail is expected.\n");
  const Result result = ctl(installation, {"expect", "Bob@example.org", "--for", "10m"});
  CAPTURE(result.errors);
  CHECK(result.status == 0);
  CHECK_THAT(result.output, Contains("expected: all mail to bob@example.org, until 2"));
  CHECK(reason(installation, {.sender = "code@one.example"}) == "expected");
  CHECK(reason(installation, {.client = "198.51.100.1", .sender = ""}) == "expected");
  CHECK(reason(installation, {.recipient = "dave@example.org"}) == "new");
  installation.attempt(
      {.sender = "bob@example.org", .recipient = "alice@example.net", .environment = {{"RELAYCLIENT", ""}}});
  const std::string list = ctl(installation, {"list", "expected"}).output;
  for (const char* const row : {"alice@example.net", "@example.net", "*", "bob@example.org"})
    CHECK_THAT(list, Contains(row));
  CHECK_THAT(ctl(installation, {"list", "expected", "--json"}).output, Contains("\"sender\": \"*\""));
  // Who looks for a record is told why there is none.
  const std::vector<std::string> words{"alice@example.net", "bob@example.org", "alice",
                                       "--sender=example.net", "--recipient=bob@example.org"};
  for (const std::string& word : words)
    CHECK_THAT(ctl(installation, {"find", word}).output,
               Contains("\nMail that is expected passes at once, and leaves no record:\nsender") &&
                   Contains("\nalice@example.net  bob@example.org  2"));
  for (const Arguments& other : std::vector<std::vector<std::string>>{
           {"find"}, {"find", "carol@example.com"}, {"find", "192.0.2.1"}, {"find", "alice", "--json"}})
    CHECK_THAT(ctl(installation, other).output, !Contains("expected"));
  CHECK_THAT(ctl(installation, {"explain", "198.51.100.1", "alice@example.net", "bob@example.org"}).output,
             Contains("=> 10  expected        the recipient has written to the sender, until "));
  CHECK_THAT(ctl(installation, {"explain", "198.51.100.1", "carol@example.net", "bob@example.org"}).output,
             Contains("the recipient has written to the sender's domain, until "));
  CHECK_THAT(ctl(installation, {"explain", "198.51.100.1", "a@b.example", "bob@example.org"}).output,
             Contains("all mail to the recipient is expected, until "));
  CHECK_THAT(ctl(installation, {"explain", "198.51.100.1", "a@b.example", "dave@example.org"}).output,
             Contains("nobody has written to the sender, or said that mail is expected"));
  CHECK_THAT(ctl(installation, {"status"}).output, Contains("passed: expected"));
  CHECK_THAT(ctl(installation, {"report", "--json"}).output, Contains("\"expected\": 2"));

  installation.pass_time(11min);
  CHECK(reason(installation, {.sender = "code@two.example"}) == "new");
  REQUIRE(ctl(installation, {"expect", "<carol@example.org>"}).status == 0);
  CHECK(ctl(installation, {"remove", "expected", "<carol@example.org>"}).status == 0);
  CHECK_THAT(ctl(installation, {"cleanup"}).output, Contains(", expected: 1, "));
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_expected") == Rows{{"2"}});
}

// What each mail server logs of a user's message, and of one that only passes through.
TEST_CASE("learn has answers expected of whom users have written to, by their servers' logs",
          "[integration][expected][learn]") {
  const std::string then = stored_time(std::time(nullptr) - 3600);
  const std::string day = then.substr(0, 10);
  const std::string time = then.substr(11);
  const std::string at = day + 'T' + time + "+00:00 mx ";
  const std::string exim = day + ' ' + time + " ";
  struct Case {
    std::string log;
    bool is_expected;
  };
  const std::string postfix_goes_on =
      at + "postfix/qmgr[2]: 4F1A21234: from=<bob@example.org>, size=834, nrcpt=1 (queue active)\n" + at +
      "postfix/smtp[3]: 4F1A21234: to=<alice@example.net>, relay=mx.example.net[192.0.2.1]:25, delay=1, "
      "delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)\n" +
      at + "postfix/qmgr[2]: 4F1A21234: removed\n";
  const std::string exim_goes_on =
      exim +
      "1vMabc-00000001kXY-2QwE => alice@example.net R=dnslookup T=remote_smtp H=mx.example.net "
      "[192.0.2.1]\n" +
      exim + "1vMabc-00000001kXY-2QwE Completed\n";
  const std::string qmail =
      "info msg 4711: bytes 834 from <bob@example.org> qp 12 uid 7791\n"
      "starting delivery 3: msg 4711 to remote alice@example.net\n"
      "end msg 4711\n";
  for (const Case& each : std::vector<Case>{
           {at +
                "postfix/submission/smtpd[1]: 4F1A21234: client=unknown[10.0.0.5], sasl_method=PLAIN, "
                "sasl_username=bob\n" +
                postfix_goes_on,
            true},
           {at + "postfix/pickup[1]: 4F1A21234: uid=1000 from=<bob>\n" + postfix_goes_on, true},
           {at + "postfix/smtpd[1]: 4F1A21234: client=mail.example.com[203.0.113.1]\n" + postfix_goes_on,
            false},
           {exim +
                "1vMabc-00000001kXY-2QwE <= bob@example.org H=(pc) [10.0.0.5] P=esmtpsa A=plain:bob S=834\n" +
                exim_goes_on,
            true},
           {exim + "1vMabc-00000001kXY-2QwE <= bob@example.org U=bob P=local S=834\n" + exim_goes_on, true},
           {exim +
                "1vMabc-00000001kXY-2QwE <= bob@example.org H=mail.example.com [203.0.113.1] P=esmtps "
                "S=834\n" +
                exim_goes_on,
            false},
           {qmail, true},
           {"starting delivery 3: msg 4711 to remote alice@example.net\n", false},
           // Whoever fails to authenticate can write lines into the log of qmail-smtpd.
           {"qmail-smtpd[7]: auth: auth-failed type=login user=<x\n" + qmail + ">\n", false},
       }) {
    CAPTURE(each.log);
    const Installation installation(Backend::sqlite);
    const auto learn = [&](const std::string& option) {
      return run({.arguments = {"env", "TZ=UTC", built("greylistctl"), "--home", installation.home(), "learn",
                                option, "-"},
                  .input = each.log});
    };
    CHECK((learn("--dry-run").output.find("to expect: 2 answers\n") != std::string::npos) ==
          each.is_expected);
    CHECK(reason(installation, {}) == "new");
    learn("--yes");
    CHECK(reason(installation, {}) == (each.is_expected ? "expected" : "early"));
    CHECK(reason(installation, {.sender = "alice@example.com"}) == "new");
  }
}

TEST_CASE("learn expects no answer to mail that is older than answers", "[integration][expected][learn]") {
  const Installation installation(Backend::sqlite, "answers=1");
  const auto said = [&](std::chrono::hours age) {
    const std::string stamp = stored_time(std::time(nullptr) - std::chrono::seconds(age).count());
    const std::string at = stamp.substr(0, 10) + ' ' + stamp.substr(11) + ' ';
    return run({.arguments = {"env", "TZ=UTC", built("greylistctl"), "--home", installation.home(), "learn",
                              "--dry-run", "-"},
                .input = at + "1vMabc-00000001kXY-2QwE <= bob@example.org U=bob P=local S=834\n" + at +
                         "1vMabc-00000001kXY-2QwE => alice@example.net R=dnslookup\n"})
        .output;
  };
  CHECK_THAT(said(23h), Contains("outgoing mail: 1 correspondent; to expect: 2 answers\n"));
  CHECK_THAT(said(25h), Contains("outgoing mail: 1 correspondent; to expect: 0 answers\n"));
}

TEST_CASE("greylistctl expect says what it does not understand", "[integration][expected][ctl]") {
  const Installation installation(Backend::sqlite);
  const auto errors = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "expect");
    const Result result = ctl(installation, std::move(arguments));
    CHECK(result.status == 2);
    return result.errors;
  };
  CHECK_THAT(
      errors({"bob@example.org", "--for", "2d"}),
      Contains("--for: \"2d\" is not a duration of a day at most: 10m, 2h, 1d; for longer: greylistctl skip "
               "bob@example.org"));
  CHECK_THAT(errors({"bob@example.org", "--for", "soon"}), Contains("--for: \"soon\" is not a duration"));
  CHECK_THAT(errors({"example.org"}),
             Contains("\"example.org\" is not an address; name one as bob@example.org"));
  CHECK_THAT(errors({"@example.org"}), Contains("is not an address"));
  for (const std::string two : {"bob@a.example,carol@a.example", "<bob@a.example,carol@a.example>"})
    CHECK_THAT(errors({two}), Contains('"' + two +
                                       "\" has more than one @; name one address, and the next with "
                                       "a command of its own"));
  CHECK(ctl(installation, {"expect", "\"bob@home\"@example.org"}).status == 0);
  CHECK_THAT(errors({"Bob <bob@example.org>"}), Contains("\"Bob <bob@example.org>\" is not an address"));
}

TEST_CASE("greylistctl expect says until when the recipient is expected, not what was asked for",
          "[integration][expected][ctl]") {
  const Installation installation(any_backend());
  const auto end = [&](const char* duration) {
    const std::string text = ctl(installation, {"expect", "<bob@example.org>", "--for", duration}).output;
    CHECK_THAT(text, StartsWith("expected: all mail to bob@example.org, until "));
    return text.substr(0, text.find('\n'));
  };
  const std::string day = end("1d");
  CHECK(end("5m") == day);
  const std::string until = day.substr(day.find("until ") + 6);
  CHECK_THAT(
      ctl(installation, {"expect", "bob@example.org"}).output,
      Contains("\nnote: it was expected until " + until + " already, and taking it back ends that, too\n"));
  CHECK(ctl(installation, {"remove", "expected", "bob@example.org"}).status == 0);
  CHECK_THAT(ctl(installation, {"expect", "bob@example.org"}).output, !Contains("note: "));
}

}  // namespace greylisting::test
