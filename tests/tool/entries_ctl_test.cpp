// greylistctl allow, deny, trap, greylist, skip, list, remove and import, and what check says of entries: the
// same on every store. What the plugin then decides is asked of the plugin.

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "ctl/records/earned.h"
#include "tests/support/another_user.h"
#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/clients.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

// One call and what comes of it. What was printed is a regular expression for the whole of it, without the
// last line end: times differ from run to run. How to take it back is take_back_test's.
struct Call {
  Arguments arguments;
  std::string output{};
  int status = 0;
  std::string errors{};  // part of what is said on standard error; empty for nothing
};

std::string without_undo(const std::string& output) {
  return std::regex_replace(output, std::regex("to take it back: .*\n"), "");
}

void check_call(const Installation& installation, const Call& call) {
  const Result result = ctl(installation, call.arguments);
  CAPTURE(call.arguments, call.output, result.output, result.errors);
  CHECK(result.status == call.status);
  CHECK(std::regex_match(without_undo(result.output),
                         std::regex(call.output.empty() ? "" : call.output + "\n")));
  CHECK(result.errors.empty() == call.errors.empty());
  CHECK_THAT(result.errors, Contains(call.errors));
}

// The table that `list` prints, or a part of it.
std::string listed(const Installation& installation, const Arguments& arguments = {}) {
  Arguments all{"list"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const Result result = ctl(installation, all);
  CAPTURE(result.errors);
  CHECK(result.status == 0);
  CHECK(result.errors.empty());
  return result.output;
}

// What is in greylisting_entries, without the times.
std::string entries_in_order(const Installation& installation) {
  return text(
      installation.sql("SELECT action, kind, pattern, block_expire, reply, comment "
                       "FROM greylisting_entries ORDER BY id"));
}

struct DecidedRcpt {
  Rcpt rcpt;
  std::string reason;
  std::string entry{};
};

// A story: calls, and what the plugin decides after them.
struct Story {
  std::string name;
  std::string settings;
  std::vector<Call> calls;
  std::vector<DecidedRcpt> decisions;
};

const std::string kUntil = kTime + " UTC";

const std::vector<Story> kStories{
    {"a network is allowed, an address in it denied",
     "",
     {{{"allow", "192.0.2.0/24", "--for", "30d", "--comment", "our own"},
       "entries/1: allow client 192\\.0\\.2\\.0/24, until " + kUntil},
      {{"deny", "client", "192.0.2.7", "--reply", "550 5.7.1 no"},
       "entries/2: deny client 192\\.0\\.2\\.7, for ever\n"
       "note: this entry counts, and not entries/1 \\(allow client 192\\.0\\.2\\.0/24\\) where both match: "
       "it is "
       "more specific"}},
     {{{.client = "192.0.2.1"}, "allowed", "entries/1"},
      {{.client = "192.0.2.7"}, "denied", "entries/2"},
      {{.client = "198.51.100.1"}, "new"}}},
    {"of one pattern the denial wins",
     "",
     {{{"deny", "192.0.2"}, "entries/1: deny client 192\\.0\\.2\\.0/24, for ever"},
      {{"allow", "192.0.2.99/24"},
       "entries/2: allow client 192\\.0\\.2\\.0/24, for ever\n"
       "note: entries/1 \\(deny client 192\\.0\\.2\\.0/24\\) counts, and not this entry: of equals deny "
       "wins; to undo "
       "it: greylistctl remove entries/1"}},
     {{{.client = "192.0.2.1"}, "denied", "entries/1"}}},
    {"a range is an entry for each network in it",
     "",
     {{{"deny", "192.0.2.4"}, "entries/1: deny client 192\\.0\\.2\\.4, for ever"},
      {{"allow", "192.0.2.1-192.0.2.4", "--dry-run"},
       "would add: allow client 192\\.0\\.2\\.1, for ever\n"
       "would add: allow client 192\\.0\\.2\\.2/31, for ever\n"
       "would add: allow client 192\\.0\\.2\\.4, for ever\n"
       "note: entries/1 .* counts, and not this entry: of equals deny wins; to undo it: greylistctl remove "
       "entries/1"},
      {{"deny", "192.0.2.1-192.0.2.4", "--comment", "of them"},
       "entries/2: deny client 192\\.0\\.2\\.1, for ever\n"
       "entries/3: deny client 192\\.0\\.2\\.2/31, for ever\n"
       "changed entries/1: deny client 192\\.0\\.2\\.4, for ever"},
      {{"remove", "192.0.2.1-192.0.2.3"},
       "removed entries/2: deny client 192\\.0\\.2\\.1\n"
       "removed entries/3: deny client 192\\.0\\.2\\.2/31"},
      {{"greylist", "192.0.2.8-192.0.2.9", "--block", "1"},
       "entries/[0-9]+: greylist client 192\\.0\\.2\\.8/31, for ever"},
      {{"allow", "192.0.2.4-192.0.2.1"}, "", 2, "is not a range of addresses, the first one first"}},
     {{{.client = "192.0.2.4"}, "denied", "entries/1"}, {{.client = "192.0.2.3"}, "new"}}},
    {"senders, recipients and the null sender",
     "",
     {{{"deny", "sender", "spam.example"}, "entries/1: deny sender spam\\.example, for ever"},
      {{"allow", "sender", "/^alice@spam\\.example$/"},
       "entries/2: allow sender /\\^alice@spam\\\\\\.example\\$/, for ever"},
      {{"allow", "recipient", "postmaster@"}, "entries/3: allow recipient postmaster@, for ever"},
      {{"allow", "sender", "Friend@Spam.Example"},
       "entries/4: allow sender friend@spam\\.example, for ever\n"
       "note: this entry counts, and not entries/1 \\(deny sender spam\\.example\\) where both match: it is "
       "more "
       "specific"},
      {{"deny", "sender", "<>"}, "entries/5: deny sender <>, for ever"}},
     {{{.sender = "x@a.spam.example"}, "denied", "entries/1"},
      {{.sender = "friend@spam.example"}, "allowed", "entries/4"},
      {{.sender = "x@other.example", .recipient = "postmaster@example.org"}, "allowed", "entries/3"},
      {{.sender = ""}, "denied", "entries/5"},
      {{.sender = "x@other.example"}, "new"}}},
    {"one domain of senders, recipients and clients is three entries",
     "",
     {{{"allow", "recipient", "example.net"}, "entries/1: allow recipient example\\.net, for ever"},
      {{"allow", "sender", "example.net"}, "entries/2: allow sender example\\.net, for ever"},
      {{"allow", "recipient", "example.net"},
       "entries/1 is there already: allow recipient example\\.net, for ever"},
      {{"allow", "recipient", "example.net", "--dry-run"},
       "entries/1 is there already: allow recipient example\\.net, for ever"}},
     {{{.sender = "a@example.net"}, "allowed", "entries/2"}}},
    {"traps, and recipients that opt out",
     "",
     {{{"trap", "nobody@example.org"}, "entries/1: trap recipient nobody@example\\.org, for ever"},
      {{"skip", "recipient", "open.example"}, "entries/2: skip recipient open\\.example, for ever"},
      {{"deny", "recipient", "x@open.example"},
       "entries/3: deny recipient x@open\\.example, for ever\n"
       "note: entries/2 \\(skip recipient open\\.example\\) counts, and not this entry where both match: it "
       "is asked "
       "first"}},
     {{{.recipient = "a@open.example"}, "opted-out", "entries/2"},
      {{.recipient = "x@open.example"}, "opted-out", "entries/2"},
      {{.recipient = "nobody@example.org"}, "trap", "entries/1"},
      {{.recipient = "bob@example.org"}, "trapped"}}},
    {"recipients that opt in, and a block of their own",
     "explicit=1",
     {{{"greylist", "example.org"}, "entries/1: greylist recipient example\\.org, for ever"},
      {{"greylist", "codes@example.org", "--block", "0"},
       "entries/2: greylist recipient codes@example\\.org, for ever"},
      {{"skip", "boss@example.org"},
       "entries/3: skip recipient boss@example\\.org, for ever\n"
       "note: this entry counts, and not entries/1 \\(greylist recipient example\\.org\\) where both match: "
       "it is more "
       "specific"},
      {{"greylist", "198.51.100.0/24", "--block", "90"},
       "entries/4: greylist client 198\\.51\\.100\\.0/24, for ever"}},
     {{{.recipient = "a@elsewhere.example"}, "not-listed"},
      {{.recipient = "a@example.org"}, "new"},
      {{.recipient = "boss@example.org"}, "opted-out", "entries/3"}}},
    {"a client's name is believed only when the settings say so",
     "trust_remote_host=paranoid",
     {{{"allow", "example.net"}, "entries/1: allow client example\\.net, for ever"}},
     {{named("192.0.2.1", "mail.example.net"), "allowed", "entries/1"}}},
    {"and otherwise that is said",
     "",
     {{{"allow", "example.net"},
       "entries/1: allow client example\\.net, for ever\n"
       "note: it has no effect while trust_remote_host=never, because a client can have any name; set "
       "trust_remote_host=paranoid and run tcpserver with -p, or allow its network"},
      {{"deny", "client", "bad.example"}, "entries/2: deny client bad\\.example, for ever"}},
     {{named("192.0.2.1", "mail.example.net"), "new"},
      {named("192.0.2.1", "a.bad.example"), "denied", "entries/2"}}},
    {"without explicit=1 opting in changes nothing, and that is said",
     "",
     {{{"greylist", "bob@example.org"},
       "entries/1: greylist recipient bob@example\\.org, for ever\n"
       "note: it changes nothing: without explicit=1 every recipient is greylisted that is not skipped"}},
     {{{}, "new"}}},
    {"a dry run does nothing",
     "",
     {{{"allow", "192.0.2.1", "--dry-run"}, "would add: allow client 192\\.0\\.2\\.1, for ever"}},
     {{{.client = "192.0.2.1"}, "new"}}},
};

}  // namespace

TEST_CASE("An entry is compared with the files, too", "[entries]") {
  const Installation installation(Backend::sqlite,
                                  "allow_lists=postgrey-clients:control/clients sqlgrey-fqdn:control/none\n");
  const auto file = [&](const char* name, const char* content) {
    write_file(installation.home() / "control" / name, content, 0644);
  };
  file("greylisting_deny", "# over\n198.51.100.0/24\n192.0.2.9 until=2020-01-01\n");
  file("greylisting_allow", "203.0.113.0/24\n");
  file("clients", "192.0.2.0/24\n");
  file("clients.local", "192.0.2.7\n");
  for (const Call& call : std::vector<Call>{
           {{"allow", "198.51.100.7"},
            "entries/1: allow client 198\\.51\\.100\\.7, for ever\n"
            "note: this entry counts, and not control/greylisting_deny:2 \\(deny client "
            "198\\.51\\.100\\.0/24\\) "
            "where both match: it is more specific"},
           {{"allow", "198.51.100.0/24"},
            "entries/2: allow client 198\\.51\\.100\\.0/24, for ever\n"
            "note: control/greylisting_deny:2 .* counts, and not this entry: of equals deny wins; to undo it "
            "take "
            "that line out"},
           {{"deny", "203.0.113.6"},
            "entries/3: deny client 203\\.0\\.113\\.6, for ever\n"
            "note: this entry counts, and not control/greylisting_allow:1 .* it is more specific"},
           {{"deny", "192.0.2.0/25"},
            "entries/4: deny client 192\\.0\\.2\\.0/25, for ever\n"
            "note: this entry counts, and not control/clients:1 .* it is more specific\n"
            "note: control/clients.local:1 .* counts, and not this entry where both match: it is more "
            "specific"}})
    check_call(installation, call);
}

TEST_CASE("What greylistctl enters counts at the plugin's next RCPT", "[entries]") {
  const Backend backend = any_backend();
  for (const Story& story : kStories) {
    INFO(name(backend) << ": " << story.name);
    const Installation installation(backend, story.settings);
    for (const Call& call : story.calls) check_call(installation, call);
    for (const DecidedRcpt& decided : story.decisions) {
      const Result result = installation.attempt(decided.rcpt);
      CAPTURE(result.errors);
      CHECK(logged(result, "reason") == decided.reason);
      CHECK(logged(result, "entry") == decided.entry);
    }
  }
}

TEST_CASE("A block of its own is that of a new triplet", "[entries]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  check_call(installation, {{"greylist", "bob@example.org", "--block", "120"},
                            "entries/1: greylist recipient bob@example\\.org, for ever"});
  CHECK(std::stoi(logged(installation.attempt(), "left")) > 119 * 60);
  CHECK(std::stoi(logged(installation.attempt({.recipient = "carol@example.org"}), "left")) < 119 * 60);
}

TEST_CASE("Rows of greylisting_lists are seen beside the entries", "[entries]") {
  Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  installation.add(deny_network("192.0.2.7"));
  installation.add(allow_domain("support.example"));
  installation.add({.verdict = ListEntry::Verdict::allow,
                    .network = "198.51.100.0/24",
                    .record_expires = "2020-01-01 00:00:00"});
  check_call(installation,
             {{"allow", "192.0.2.0/24"},
              "entries/1: allow client 192\\.0\\.2\\.0/24, for ever\n"
              "note: lists/1 \\(deny client 192\\.0\\.2\\.7\\) counts, and not this entry where both match: "
              "it is more specific"});
  check_call(installation, {{"deny", "198.51.100.7"}, "entries/2: deny client 198\\.51\\.100\\.7, for ever"});
  const std::string comment = installation.backend() == Backend::sqlite ? "" : "whitelist";
  const std::string allowed = listed(installation, {"allow"});
  CHECK(std::regex_match(allowed, std::regex("id +action +what +pattern +until \\(UTC\\) +comment\n"
                                             "entries/1 +allow +client +192\\.0\\.2\\.0/24 +for ever\n"
                                             "lists/2 +allow +recipient +=support\\.example +for ever *" +
                                             comment +
                                             "\n"
                                             "lists/3 +allow +client +198\\.51\\.100\\.0/24 +expired *" +
                                             comment + "\n")));
  CHECK_THAT(listed(installation, {"deny"}), Contains("lists/1    deny    client  192.0.2.7     for ever"));
  check_call(installation, {{"remove", "192.0.2.7/32"}, "removed lists/1: deny client 192\\.0\\.2\\.7"});
  check_call(installation, {{"remove", "lists/2"}, "removed lists/2: allow recipient =support\\.example"});
  CHECK(text(installation.sql("SELECT id FROM greylisting_lists")) == "3\n");
  installation.configure("explicit=1");
  installation.add(allow_domain("opted.example"));
  CHECK_THAT(listed(installation, {"greylist"}), Contains("greylist  recipient  =opted.example"));
}

TEST_CASE("An entry with the same action and pattern is changed", "[entries]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  check_call(installation, {{"deny", "192.0.2.0/24", "--until", "2090-01-01", "--comment", "M\xc3\xbcller's",
                             "--reply", "554 no"},
                            "entries/1: deny client 192\\.0\\.2\\.0/24, until 2090-01-01 23:59:59 UTC"});
  CHECK(entries_in_order(installation) == "deny network 192.0.2.0/24 NULL 554 no M\xc3\xbcller's\n");

  check_call(installation,
             {{"deny", "192.0.2.0/24", "--until", "2091-01-01 12:00:00", "--dry-run"},
              "would change entries/1: deny client 192\\.0\\.2\\.0/24, until 2091-01-01 12:00:00 UTC"});
  CHECK_THAT(listed(installation), Contains("2090-01-01 23:59:59  reply \"554 no\"; M\xc3\xbcller's\n"));

  check_call(installation,
             {{"deny", "192.0.2.7/24"}, "changed entries/1: deny client 192\\.0\\.2\\.0/24, for ever"});
  CHECK(entries_in_order(installation) == "deny network 192.0.2.0/24 NULL 554 no M\xc3\xbcller's\n");
  check_call(installation, {{"deny", "192.0.2.0/24", "--comment", "", "--reply", "550 never"},
                            "changed entries/1: deny client 192\\.0\\.2\\.0/24, for ever"});
  CHECK(entries_in_order(installation) == "deny network 192.0.2.0/24 NULL 550 never \n");
  CHECK_THAT(installation.attempt({.client = "192.0.2.9"}).output, Contains("E550 never"));
}

TEST_CASE("Letters of any alphabet and quotes are stored as they are", "[entries]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  for (const std::string pattern :
       {"m\xc3\xbcller@example.net", "o'brien@example.net", "/^\\d+'\"\\xfc;--@/"}) {
    CAPTURE(pattern);
    CHECK(ctl(installation, {"deny", "sender", pattern, "--comment", "it's \"quoted\"; \\ --"}).status == 0);
    CHECK_THAT(listed(installation), Contains("it's \"quoted\"; \\ --\n"));
    const std::string sender = pattern[0] == '/' ? "12'\"\xfc;--@example.net" : pattern;
    CHECK(logged(installation.attempt({.sender = sender}), "reason") == "denied");
    CHECK(ctl(installation, {"check"}).output.find("not understood") == std::string::npos);
    CHECK(ctl(installation, {"remove", "sender", pattern}).status == 0);
    CHECK(listed(installation) == "There are no such entries.\n");
  }
}

TEST_CASE("An address is entered as the log and find show it", "[entries]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  for (const std::string sender :
       {"gr\xc3\xa5@example.net", "john doe@example.net", "a\\b@example.net", "a\\xff@example.net"}) {
    const std::string shown = logged(installation.attempt({.sender = sender}), "sender");
    CAPTURE(sender, shown);
    CHECK_THAT(ctl(installation, {"find", "--sender", '<' + shown + '>'}).output, Contains(shown));
    CHECK(ctl(installation, {"deny", "sender", shown}).status == 0);
    CHECK_THAT(listed(installation), Contains(' ' + shown + ' '));
    CHECK(logged(installation.attempt({.sender = sender}), "reason") == "denied");
    CHECK_THAT(ctl(installation, {"explain", "192.0.2.1", shown, "bob@example.org"}).output,
               Contains("rejected"));
    CHECK_THAT(ctl(installation, {"remove", "sender", shown}).output, Contains("removed entries/"));
    CHECK(listed(installation) == "There are no such entries.\n");

    write_file(installation.home() / "control/greylisting_deny", "sender " + shown + '\n', 0644);
    CHECK(logged(installation.attempt({.sender = sender}), "reason") == "denied");
    std::filesystem::remove(installation.home() / "control/greylisting_deny");
  }
  // What is typed in another way is the same entry.
  ctl(installation, {"deny", "sender", "gr\xc3\xa5@example.net"});
  check_call(installation,
             {{"deny", "sender", "Gr\\xC3\\xA5@example.net"},
              "entries/[0-9]+ is there already: deny sender gr\\\\xc3\\\\xa5@example\\.net, for ever"});
  CHECK_THAT(ctl(installation, {"allow", "sender", "\"john doe\"@example.net"}).errors,
             Contains("is to be written as \\xNN (a blank: \\x20)"));
}

TEST_CASE("Quotes around a local part make no difference", "[entries]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const std::string of_exim = "\"john doe\"@example.net";
  const std::string of_qmail = "john doe@example.net";
  installation.attempt({.sender = of_exim});
  CHECK(logged(installation.attempt({.sender = of_qmail}), "reason") == "early");
  for (const std::string& word : {of_exim, of_qmail, std::string("john\\x20doe@example.net")})
    CHECK_THAT(ctl(installation, {"find", "--sender", word}).output, Contains(" john\\x20doe@example.net "));
  check_call(installation, {{"deny", "sender", "\"john\\x20doe\"@example.net"},
                            "entries/[0-9]+: deny sender john\\\\x20doe@example\\.net, for ever"});
  for (const std::string& sender : {of_exim, of_qmail})
    CHECK(logged(installation.attempt({.sender = sender}), "reason") == "denied");
}

TEST_CASE("find takes an address without a domain", "[entries][records][find]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  installation.attempt({.sender = "mailer-daemon", .recipient = "Postmaster"});
  const std::string record = "waiting until";
  for (const Arguments& words : std::vector<Arguments>{
           {"--recipient", "postmaster"}, {"--recipient", "<postmaster>"}, {"--sender", "mailer-daemon"}}) {
    CAPTURE(words);
    CHECK_THAT(ctl(installation, joined({"find"}, words)).output, Contains(record));
  }
  CHECK_THAT(ctl(installation, {"find", "--recipient", "daemon"}).output, !Contains(record));
}

TEST_CASE("A word in square brackets is taken as it is", "[entries]") {
  const Installation installation(Backend::sqlite);
  for (const Call& call : std::vector<Call>{
           {{"deny", "sender", "[192.0.2.1]"}, "entries/1: deny sender \\[192\\.0\\.2\\.1\\], for ever"},
           {{"allow", "recipient", "[ipv6:2001:db8::1]"},
            "entries/2: allow recipient \\[ipv6:2001:db8::1\\], for ever"},
           {{"allow", "sender", "[x@y.example]"}, "", 2, "\"[x@y.example]\""},
           {{"allow", "sender", "[a,b]"}, "entries/3: allow sender \\[a,b\\], for ever"},
           {{"remove", "sender", "[192.0.2.1]"}, "removed entries/1: deny sender \\[192\\.0\\.2\\.1\\]"},
           {{"remove", "[ipv6:2001:db8::1]"}, "removed entries/2: allow recipient \\[ipv6:2001:db8::1\\]"},
           {{"import", "plain", "[none]"}, "", 1, "[none]: there is no such file"},
       })
    check_call(installation, call);
  installation.attempt({.sender = "a@[192.0.2.7]", .recipient = "bob@example.org"});
  CHECK_THAT(ctl(installation, {"find", "--sender", "[192.0.2.7]"}).output, Contains("bob@example.org"));
  CHECK_THAT(ctl(installation, {"explain", "192.0.2.1", "[a@b.example]", "bob@example.org"}).output,
             Contains("[a@b.example]"));
}

TEST_CASE("A word that begins with a dash comes after --, and that is said", "[entries]") {
  const Installation installation(Backend::sqlite);
  for (const Call& call : std::vector<Call>{
           {{"deny", "sender", "--", "-x@example.net"}, "entries/1: deny sender -x@example\\.net, for ever"},
           {{"deny", "sender", "-x@example.net"},
            "",
            2,
            "-x@example.net begins as an option does: write -- in front of it: greylistctl --home " +
                installation.home().string() + " deny sender -- -x@example.net\n"},
           {{"remove", "--x.example", "--dry-run"},
            "",
            2,
            "--x.example begins as an option does: write -- in front of it, and the options before that\n"},
           {{"find", "--sender", "-x@example.net"}, "There are no such records\\."},
           {{"remove", "--", "-x@example.net"}, "removed entries/1: deny sender -x@example\\.net"},
       })
    check_call(installation, call);
  CHECK(ctl(installation, {"deny", "192.0.2.1", "--dryrun"}).errors.find("write --") == std::string::npos);
}

TEST_CASE("find takes an address in brackets", "[entries]") {
  const Installation installation(Backend::sqlite);
  installation.attempt({.sender = "alice@example.net", .recipient = "bob@example.org"});
  installation.attempt({.sender = "", .recipient = "carol@example.org"});
  for (const auto& [option, value, found] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"--sender", "<alice@example.net>", "bob@example.org"},
           {"--sender", "<example.net>", "bob@example.org"},
           {"--recipient", "<bob@example.org>", "bob@example.org"},
           {"--sender", "<>", "carol@example.org"}}) {
    const Result result = ctl(installation, {"find", option, value});
    CAPTURE(option, value);
    CHECK_THAT(result.output, Contains(found));
    CHECK(lines(result.output) == 2);
  }
}

TEST_CASE("A comment in any alphabet is stored, listed and exported as it is", "[entries]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const std::string comment = "M\xc3\xbcllschleuder \xe2\x82\xac \xf0\x9f\x93\xa7";
  ctl(installation, {"deny", "192.0.2.1", "--comment", comment});
  CHECK(entries_in_order(installation) == "deny network 192.0.2.1 NULL NULL " + comment + '\n');
  CHECK_THAT(listed(installation), Contains(comment));
  CHECK(nlohmann::json::parse(listed(installation, {"--json"})).at(0).at("comment") == comment);
  CHECK_THAT(ctl(installation, {"export", "plain", "--action", "deny"}).output, Contains("# " + comment));
  CHECK_THAT(ctl(installation, {"explain", "192.0.2.1", "a@example.net", "b@example.org"}).output,
             Contains('(' + comment + ')'));
  const std::string json = ctl(installation, {"export", "json"}).output;
  ctl(installation, {"remove", "entries/1"});
  CHECK(ctl(installation, {"import", "json", "-"}, json).status == 0);
  CHECK_THAT(listed(installation), Contains(comment));
  ctl(installation, {"import", "plain", "-"}, "192.0.2.9 # " + comment + "\n");
  CHECK_THAT(listed(installation, {"allow"}), Contains(comment));

  const Result cut = ctl(installation, {"deny", "192.0.2.2", "--comment", std::string(100000, 'x')});
  CHECK_THAT(cut.output, Contains("note: the comment is longer than there is room for, and cut: xxx"));
  CHECK(cut.output.size() < 500);
  CHECK(listed(installation).find(std::string(256, 'x')) == std::string::npos);
}

TEST_CASE("list prints JSON", "[entries]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  CHECK(nlohmann::json::parse(listed(installation, {"--json"})) == nlohmann::json::array());
  ctl(installation,
      {"deny", "sender", "a\"b\xff@example.net", "--reply", "550 \"no\"", "--comment", "\xc3\xbc \\"});
  ctl(installation, {"greylist", "192.0.2.0/24", "--block", "7", "--until", "2090-01-01"});
  installation.sql("UPDATE greylisting_entries SET expires = '2020-01-01 00:00:00' WHERE id = 1");
  const auto json = nlohmann::json::parse(listed(installation, {"--json"}));
  const auto expected = nlohmann::json::parse(R"([
      {"id": "entries/1", "action": "deny", "what": "sender", "pattern": "a\"b\\xff@example.net",
       "until": "2020-01-01T00:00:00Z", "over": true, "comment": "\u00fc \\",
       "reply": "550 \"no\""},
      {"id": "entries/2", "action": "greylist", "what": "client", "pattern": "192.0.2.0/24",
       "until": "2090-01-01T23:59:59Z", "over": false, "comment": "", "block": 7}])");
  CHECK(json == expected);
  CHECK(nlohmann::json::parse(listed(installation, {"greylist", "--json"})).size() == 1);
  CHECK_THAT(listed(installation), Contains(" expired "));
}

TEST_CASE("Trusted and trapped clients are shown and removed", "[entries]") {
  const Installation installation(any_backend(), "auto_allow_after=2\ngroup_domain_level=2");
  CAPTURE(name(installation.backend()));
  const std::string later = "'2090-01-01 00:00:00'";
  const std::string earlier = "'2020-01-01 00:00:00'";
  const auto row = [](const std::string& key, const std::string& identity, const std::string& group,
                      int passes, const std::string& expires, const std::string& trapped) {
    return "INSERT INTO greylisting_clients (client, identity, member_of, passes, counted, expires, "
           "trapped_until) "
           "VALUES (x'" +
           std::string(30, '0') + key + "', '" + identity + "', " + group + ", " + std::to_string(passes) +
           ", '2026-01-01 00:00:00', " + expires + ", " + trapped + ");";
  };
  const std::string group = "x'00ff" + std::string(28, 'a') + '\'';
  installation.sql(row("01", "192.0.2.0/24", "NULL", 2, later, "NULL") +
                   row("02", "example.net", "NULL", 3, later, "NULL") +
                   row("03", "198.51.100.0/24", "NULL", 1, later, "NULL") +
                   row("04", "203.0.113.0/24", "NULL", 9, earlier, "NULL") +
                   row("05", "203.0.114.0/24", "NULL", 0, later, later) +
                   row("06", "203.0.115.0/24", "NULL", 0, later, earlier) +
                   row("07", "a@example.com on 192.0.2.0/24", group, 2, later, "NULL") +
                   row("08", "b@example.com on 192.0.2.0/24", group, 1, later, "NULL") +
                   "UPDATE greylisting_clients SET client = x'" +
                   ctl::key_of_identity("192.0.2.0/24", Settings()) + "' WHERE identity = '192.0.2.0/24'");

  CHECK(listed(installation, {"trusted"}) ==
        "identity                       passes     last counted (UTC)   until (UTC)\n"
        "192.0.2.0/24                   2          2026-01-01 00:00:00  2090-01-01 00:00:00\n"
        "a@example.com on 192.0.2.0/24  2          2026-01-01 00:00:00  2090-01-01 00:00:00\n"
        "b@example.com on 192.0.2.0/24  1          2026-01-01 00:00:00  2090-01-01 00:00:00\n"
        "example.com on 192.0.2.0/24    2 senders  2026-01-01 00:00:00  2090-01-01 00:00:00\n"
        "example.net                    3          2026-01-01 00:00:00  2090-01-01 00:00:00\n");
  CHECK(listed(installation, {"trapped"}) ==
        "identity        passes  last counted (UTC)   until (UTC)\n"
        "203.0.114.0/24       0  2026-01-01 00:00:00  2090-01-01 00:00:00\n");
  CHECK(nlohmann::json::parse(listed(installation, {"trusted", "--json"})).at(3) ==
        nlohmann::json::parse(R"({"identity": "example.com on 192.0.2.0/24", "senders": 2,
                                  "counted": "2026-01-01T00:00:00Z", "until": "2090-01-01T00:00:00Z"})"));

  for (const Call& call : std::vector<Call>{
           {{"remove", "198.51.100.0/24"}, "", 1, "greylistctl: there is no \"198.51.100.0/24\"; "},
           {{"remove", "trapped", "192.0.2.0/24"}, "", 1, "there is no \"trapped 192.0.2.0/24\""},
           {{"remove", "example.net", "--dry-run"}, "would remove trusted example\\.net"},
           {{"remove", "example.net"}, "removed trusted example\\.net\nnote: .* again after passing in 2 .*"},
           {{"remove", "example.net"}, "", 1, "there is no"},
           {{"remove", "trusted", "b@example.com on 192.0.2.0/24", "--dry-run"},
            "would remove trusted b@example\\.com on 192\\.0\\.2\\.0/24"},
           {{"remove", "example.com on 192.0.2.0/24"},
            "removed trusted example\\.com on 192\\.0\\.2\\.0/24\nnote: .*"},
           {{"remove", "trapped", "192.0.2.7"}, "", 1, "there is no \"trapped 192.0.2.7\""},
           {{"remove", "trapped", "203.0.114.7", "--dry-run"}, "would remove trapped 203\\.0\\.114\\.0/24"},
           {{"remove", "trapped", "203.0.114.7"}, "removed trapped 203\\.0\\.114\\.0/24\nnote: .*"},
           {{"deny", "192.0.2.0/24"}, "entries/1: deny client 192\\.0\\.2\\.0/24, for ever"},
           {{"remove", "192.0.2.0/24"},
            "",
            2,
            "\"192.0.2.0/24\" is more than one thing; say which:\n  greylistctl remove entries/1    # "
            "entries/1: deny "
            "client 192.0.2.0/24\n  greylistctl remove trusted 192.0.2.0/24\n"},
           {{"remove", "trusted", "192.0.2.0/24"}, "removed trusted 192\\.0\\.2\\.0/24\nnote: .*"},
           {{"remove", "192.0.2.0/24"}, "removed entries/1: deny client 192\\.0\\.2\\.0/24"}}) {
    check_call(installation, call);
  }
  CHECK(listed(installation, {"trusted"}) == "There are no such clients.\n");
  CHECK(listed(installation, {"trapped"}) == "There are no such clients.\n");
}

TEST_CASE("remove takes a pattern with all its actions, and asks when it is more than one thing",
          "[entries]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  for (const Arguments& entry : std::vector<Arguments>{{"allow", "192.0.2.0/24"},
                                                       {"deny", "192.0.2.0/24"},
                                                       {"deny", "sender", "a@example.org"},
                                                       {"allow", "recipient", "a@example.org"},
                                                       {"skip", "a@example.org"},
                                                       {"deny", "client", "192.0.2.1"}}) {
    REQUIRE(ctl(installation, entry).status == 0);
  }
  for (const Call& call :
       std::vector<Call>{{{"remove", "192.0.2", "--dry-run"},
                          "would remove entries/1: allow client 192\\.0\\.2\\.0/24\n"
                          "would remove entries/2: deny client 192\\.0\\.2\\.0/24"},
                         {{"remove", "192.0.2"},
                          "removed entries/1: allow client 192\\.0\\.2\\.0/24\nremoved entries/2: deny "
                          "client 192\\.0\\.2\\.0/24"},
                         {{"remove", "A@Example.org"},
                          "",
                          2,
                          "greylistctl remove entries/3    # entries/3: deny sender a@example.org\n"},
                         {{"remove", "recipient", "a@example.org"},
                          "removed entries/4: allow recipient a@example\\.org\nremoved entries/5: skip "
                          "recipient a@example\\.org"},
                         {{"remove", "a@example.org"}, "removed entries/3: deny sender a@example\\.org"},
                         {{"remove", "entries/6"}, "removed entries/6: deny client 192\\.0\\.2\\.1"},
                         {{"remove", "entries/6"},
                          "",
                          1,
                          "greylistctl: there is no \"entries/6\"; greylistctl list shows entries"},
                         {{"remove", "sender"}, "", 2, "there is no pattern or identity after sender"},
                         {{"remove"}, "", 2, "an entry, pattern or identity is missing"}}) {
    check_call(installation, call);
  }
  CHECK(entries_in_order(installation).empty());
}

TEST_CASE("deny says which temporary replies clients do not take as meant", "[entries]") {
  const Installation installation(Backend::sqlite);
  const auto said = [&](const std::string& reply) {
    return ctl(installation, {"deny", "192.0.2.1", "--reply", reply}).output;
  };
  CHECK_THAT(said("421 later"), Contains("note: --reply: 421 says that the server hangs up"));
  CHECK_THAT(said("422 later"), Contains("note: --reply: 422 is taken for a permanent failure"));
  CHECK_THAT(said("450 later"), !Contains("note:"));
  CHECK_THAT(said("550 5.7.1 never"), !Contains("note:"));
}

TEST_CASE("What cannot be entered is refused with the remedy, and nothing is stored", "[entries]") {
  const Installation installation(Backend::sqlite);
  for (const Call& call : std::vector<Call>{
           {{"allow", "a@example.org"},
            "",
            2,
            "\"a@example.org\" can be a sender or a recipient: write greylistctl allow sender a@example.org, "
            "or "
            "greylistctl allow recipient a@example.org; try 'greylistctl allow --help'\n"},
           {{"deny", "<>"}, "", 2, "can be a client without a name or the null sender"},
           {{"deny", "/a@b/"}, "", 2, "can be a sender or a recipient"},
           {{"allow", "mail", "192.0.2.1"}, "", 2, "\"mail\" is not client, sender or recipient"},
           {{"allow", "client", "192.0.2.1", "192.0.2.2"}, "", 2, "\"192.0.2.2\" is too much"},
           {{"allow", "client"}, "", 2, "there is no pattern after client"},
           {{"allow"}, "", 2, "pattern"},
           {{"allow", "192.0.2.0/33"}, "", 2, "\"192.0.2.0/33\" is not a network; a client is a network"},
           {{"trap", "sender", "example.org"}, "", 2, "trap is for recipients only"},
           {{"trap", "192.0.2.1"}, "", 2, "is the address of a client"},
           {{"skip", "/x/"}, "", 2, "a regular expression can only allow or deny"},
           {{"greylist", "client", "example.org", "--block", "5"},
            "",
            2,
            "for recipients and for networks of clients"},
           {{"greylist", "192.0.2.0/24"}, "", 2, "does nothing without --block MINUTES"},
           {{"greylist", "example.org", "--block", "525601"},
            "",
            2,
            R"("525601" is not a whole number from 0 to 525600)"},
           {{"allow", "192.0.2.1", "--block", "5"}, "", 2, "--block"},
           {{"allow", "192.0.2.1", "--reply", "550 x"}, "", 2, "--reply"},
           {{"deny", "192.0.2.1", "--reply", "250 fine"},
            "",
            2,
            "--reply: \"250 fine\" is not an SMTP reply"},
           {{"allow", "192.0.2.1", "--for", "soon"},
            "",
            2,
            "--for: \"soon\" is not a duration: 90m, 12h, 30d or 2w"},
           {{"allow", "192.0.2.1", "--until", "soon"}, "", 2, "--until: \"soon\" is not a date: YYYY-MM-DD"},
           {{"allow", "192.0.2.1", "--until", "2020-01-01"},
            "",
            2,
            "--until: 2020-01-01 23:59:59 is in the past"},
           {{"allow", "192.0.2.1", "--until", "2090-01-01", "--for", "1d"}, "", 2, "--until"},
           {{"list", "everything"}, "", 2, "everything"},
           {{"import", "csv", "x"}, "", 2, "csv"}}) {
    check_call(installation, call);
  }
  CHECK(listed(installation) == "There are no such entries.\n");
}

TEST_CASE("import takes what it understands and says what it does not", "[entries]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const std::string file = installation.home() / "list";
  write_file(file,
             "# ours\n"
             "192.0.2.0/24 # five\n"
             "sender example.net until=2090-01-01\n"
             "sender old.example until=2020-01-01\n"
             "nonsense/99\n"
             "recipient bob@ reply=\"550 no\"\n"
             "192.0.2.77/24\n"
             "client /" +
                 std::string(300, 'x') + "/\n",
             0644);
  const std::string errors[] = {
      "greylistctl: " + file + ":5: \"nonsense/99\" is not a network",
      "greylistctl: " + file + ":8: a pattern has at most 255 characters in the store"};
  const auto import = [&](const Arguments& options, const std::string& counts) {
    Arguments arguments{"import", "plain", file};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Result result = ctl(installation, arguments);
    CAPTURE(result.output, result.errors);
    CHECK(result.status == 1);
    CHECK(without_undo(result.output) == counts + '\n');
    for (const std::string& error : errors) CHECK_THAT(result.errors, Contains(error));
    CHECK(lines(result.errors) == 2);
  };
  const std::string tail = "1 expired and left out, 2 lines not understood";
  const std::string from = " 3 entries from " + file + ": ";
  import({"--action", "deny", "--dry-run"}, "would import" + from + "3 new, 0 changed, " + tail);
  CHECK(entries_in_order(installation).empty());
  import({"--action", "deny", "--comment", "bulk"}, "imported" + from + "3 new, 0 changed, " + tail);
  CHECK(entries_in_order(installation) ==
        "deny network 192.0.2.0/24 NULL NULL bulk\ndeny sender example.net NULL NULL bulk\n"
        "deny recipient bob@ NULL 550 no bulk\n");
  CHECK_THAT(listed(installation), Contains("2090-01-01 23:59:59"));
  import({"--action", "deny", "--comment", "bulk"},
         "imported" + from + "0 new, 0 changed, 3 there already, " + tail);
  import({"--action", "deny"}, "imported" + from + "0 new, 3 changed, " + tail);
  import({}, "imported" + from + "3 new, 0 changed, " + tail);
  CHECK(logged(installation.attempt({.client = "192.0.2.9"}), "reason") == "denied");
}

TEST_CASE("import reads standard input and the formats of others", "[entries]") {
  const Installation installation(any_backend(), "trust_remote_host=paranoid");
  CAPTURE(name(installation.backend()));
  Result result =
      ctl(installation, {"import", "postgrey-clients", "-"}, "example.net # why\n/^mx\\d/\n192.0.2\n");
  CHECK(result.status == 0);
  CHECK(result.errors.empty());
  CHECK(without_undo(result.output) ==
        "imported 3 entries from standard input: 3 new, 0 changed, 0 lines not understood\n");
  CHECK(logged(installation.attempt(named("198.51.100.1", "mail.example.net")), "entry") == "entries/1");

  result = ctl(installation, {"import", "sqlgrey-fqdn", "-"}, "mail.example.com\nbroken\n");
  CHECK(result.status == 1);
  CHECK_THAT(result.errors, Contains("greylistctl: standard input:2: "));

  installation.sql("DELETE FROM greylisting_entries");
  REQUIRE(ctl(installation, {"import", "plain", "-"}, "").output ==
          "imported 0 entries from standard input: 0 new, 0 changed, 0 lines not understood\n");
}

TEST_CASE("import takes files of any length in batches", "[entries]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  std::string text;
  for (int i = 0; i < 2500; ++i)
    text += "10." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + ".1\n";
  CHECK(without_undo(ctl(installation, {"import", "plain", "-"}, text).output) ==
        "imported 2500 entries from standard input: 2500 new, 0 changed, 0 lines not understood\n");
  CHECK(without_undo(
            ctl(installation, {"import", "plain", "-"}, text + "10.200.0.1 # new\n10.0.0.1 # changed\n")
                .output) ==
        "imported 2501 entries from standard input: 1 new, 1 changed, 2499 there already, 0 lines not "
        "understood\n");
  for (const char* const client : {"10.0.0.1", "10.9.249.1", "10.200.0.1"})
    CHECK(logged(installation.attempt({.client = client}), "reason") == "allowed");
}

TEST_CASE("An import says that it has cut comments", "[entries]") {
  const Installation installation(Backend::sqlite);
  const Result result = ctl(installation, {"import", "plain", "-"},
                            "192.0.2.1 # " + std::string(3000, 'x') + "\n192.0.2.2 # short\n");
  CHECK_THAT(result.output, Contains("note: 1 comment longer than there is room for, and cut\n"));
}

TEST_CASE("An import that is stopped says how far it came, and goes on from there", "[entries]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  installation.sql("SELECT 1");
  constexpr unsigned kLines = 100000;
  const fs::path list = installation.home() / "list";
  std::string text;
  for (unsigned i = 0; i < kLines; ++i) text += "sender u" + std::to_string(i) + "@example.net\n";
  write_file(list, text);
  const Command import{
      .arguments = {built("greylistctl"), "--home", installation.home(), "import", "plain", list}};
  const auto entries = [&] {
    return std::stoul(installation.sql("SELECT COUNT(*) FROM greylisting_entries").at(0).at(0).value());
  };
  std::size_t done = 0;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    CAPTURE(signal);
    const fs::path log = installation.home() / ("log-" + std::to_string(signal));
    const std::string written = stopped_midway(import, log, entries, signal);
    done = entries();
    CHECK_THAT(written, Catch::StartsWith("greylistctl: " + list.string() + ": stopped after " +
                                          std::to_string(done) + " of " + std::to_string(kLines) +
                                          " entries; those stay, and the same command goes on with the rest\n"
                                          "to take it back: greylistctl remove entries/"));
    if (signal != SIGINT) continue;
    std::istringstream words(written.substr(written.find("remove ")));
    CHECK(ctl(installation, {std::istream_iterator<std::string>(words), {}}).status == 0);
    CHECK(entries() == 0);
    done = 0;
  }
  REQUIRE(done < kLines);
  const Result rest = run(import);
  CHECK(rest.status == 0);
  CHECK(without_undo(rest.output) == "imported " + std::to_string(kLines) + " entries from " + list.string() +
                                         ": " + std::to_string(kLines - done) + " new, 0 changed, " +
                                         std::to_string(done) + " there already, 0 lines not understood\n");
  CHECK(entries() == kLines);
}

TEST_CASE("A removal that is stopped says how far it came", "[entries]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  constexpr unsigned kLines = 100000;
  std::string text;
  for (unsigned i = 0; i < kLines; ++i) text += "sender u" + std::to_string(i) + "@example.net\n";
  REQUIRE(ctl(installation, {"import", "plain", "-"}, text).status == 0);
  const auto entries = [&] {
    return std::stoul(installation.sql("SELECT COUNT(*) FROM greylisting_entries").at(0).at(0).value());
  };
  const std::string written = stopped_midway(ctl_command(installation, {"remove", "entries/1-1000000"}),
                                             installation.home() / "log", entries, SIGINT);
  const std::size_t left = entries();
  REQUIRE(left > 0);
  CHECK(written == "greylistctl: stopped after " + std::to_string(kLines - left) + " of " +
                       std::to_string(kLines) +
                       " entries; those are removed, and greylistctl list shows the rest\n");
}

TEST_CASE("An import whose store goes away says how far it came", "[entries]") {
  const Installation installation(Backend::sqlite);
  installation.sql(
      "CREATE TRIGGER full BEFORE INSERT ON greylisting_entries WHEN NEW.pattern = 'u2500@example.net' BEGIN "
      "SELECT RAISE(ABORT, 'no more'); END");
  const fs::path list = installation.home() / "list";
  std::string text;
  for (unsigned i = 0; i < 3000; ++i) text += "sender u" + std::to_string(i) + "@example.net\n";
  write_file(list, text);
  const Result result =
      run({.arguments = {built("greylistctl"), "--home", installation.home(), "import", "plain", list}});
  CHECK(result.status == 1);
  CHECK_THAT(result.errors, Catch::Contains(": stopped after 2000 of 3000 entries; those stay, and the same "
                                            "command goes on with the rest\ngreylistctl: ") &&
                                Catch::Contains("no more"));
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_entries") == Rows{{"2000"}});
}

TEST_CASE("import says why it cannot read a file", "[entries]") {
  const Installation installation(Backend::sqlite);
  const std::string missing = installation.home() / "missing";
  check_call(installation, {{"import", "plain", missing}, "", 1, missing + ": there is no such file"});
  const std::string open_to_all = installation.home() / "open";
  write_file(open_to_all, "192.0.2.1\n", 0666);
  fs::permissions(open_to_all, fs::perms(0666));
  check_call(installation,
             {{"import", "plain", open_to_all}, "", 1, open_to_all + ": can be written by everybody"});
  check_call(installation, {{"import", "plain", installation.home()}, "", 1, "is not a regular file"});
  const std::string pipe = installation.home() / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::string& special : {std::string("/dev/null"), pipe}) {
    for (const char* const format : {"plain", "json"}) {
      check_call(installation,
                 {{"import", format, special},
                  "",
                  1,
                  special + ": is not a regular file; name one, or - to read standard input\n"});
    }
  }
  CHECK(listed(installation) == "There are no such entries.\n");
}

TEST_CASE("A file to import is found from the directory where greylistctl is started", "[entries]") {
  const Installation installation(Backend::sqlite);
  const TemporaryDirectory here;
  write_file(here / "list", "192.0.2.1\n", 0644);
  const Result result =
      run({.arguments = {built("greylistctl"), "--home", installation.home(), "import", "plain", "list"},
           .directory = here.path()});
  CAPTURE(result.errors);
  CHECK(result.status == 0);
  CHECK_THAT(listed(installation), Contains("192.0.2.1"));
}

TEST_CASE("check counts entries and names those that do not do what they say", "[entries]") {
  const Installation installation(any_backend(),
                                  "allow_lists=postgrey-clients:control/clients csv:x plain:control/none\n"
                                  "greylist=suspicious");
  CAPTURE(name(installation.backend()));
  for (const Arguments& entry : std::vector<Arguments>{{"allow", "203.0.113.0/24"},
                                                       {"deny", "203.0.113.1"},
                                                       {"deny", "sender", "spam.example"},
                                                       {"trap", "nobody@example.org"},
                                                       {"allow", "example.net"},
                                                       {"deny", "203.0.113.9"}}) {
    REQUIRE(ctl(installation, entry).status == 0);
  }
  installation.sql(
      "UPDATE greylisting_entries SET pattern = '203.0.113.1/99' WHERE id = 2;"
      "UPDATE greylisting_entries SET specificity = 7, subject = 'x' WHERE id = 3;"
      "UPDATE greylisting_entries SET expires = '2020-01-01 00:00:00' WHERE id = 6;"
      "UPDATE greylisting_entries SET pattern = '/x/' WHERE id = 4");
  const fs::path control = installation.home() / "control";
  write_file(control / "smtpplugins", "[rcpt]\n" + built("greylisting").string() + '\n', 0644);
  write_file(control / "greylisting_allow", "192.0.2.1\nmail.example.org\nbad/99\n", 0644);
  write_file(control / "greylisting_deny",
             "sender a@b.example reply=\"250 no\"\nsender c@d.example reply=\"421 later\"\n", 0644);
  write_file(control / "clients", "example.org\n192.0.2\n", 0644);
  write_file(control / "clients.local", "192.0.2.x/y\n", 0644);
  write_file(control / "greylisting_suspicious", "sender =~ (\n", 0644);

  const Result result = ctl(installation, {"check"});
  CAPTURE(result.output, result.errors);
  CHECK(result.status == 0);
  for (const std::string said :
       {"ok       entries: 2 allow, 3 deny, 1 trap; 1 of them expired\n",
        "warning  entries/2: it is not understood: \"203.0.113.1/99\" is not a network",
        "         -> remove it: greylistctl remove entries/2\n",
        "warning  entries/3: deny sender spam.example was stored in another way than this version "
        "finds it "
        "(subject, specificity)\n         -> enter it anew: greylistctl remove entries/3, then greylistctl "
        "deny sender "
        "spam.example\n",
        "warning  entries/4: it is not understood: a regular expression can only allow or deny",
        "warning  entries: 1 allows clients by name (entries/5), which has no effect while "
        "trust_remote_host=never (regular expressions: on addresses alone)\n",
        "ok       control/greylisting_allow: 2 entries\n",
        "warning  control/greylisting_allow:3: \"bad/99\" is not a network",
        "warning  control/greylisting_allow: 1 entry allows clients by name, which has no effect",
        "warning  control/greylisting_deny:1: \"reply=\"250 no\"\" is not an SMTP reply",
        "warning  control/greylisting_deny:2: reply: 421 says that the server hangs up: the client leaves, "
        "too, "
        "and all its other recipients are lost for now\n         -> write 450 or 451\n",
        "ok       control/clients: 2 entries\n",
        "warning  control/clients.local:1: ", "warning  allow_lists: \"csv\" is not a format",
        "warning  allow_lists: there is no file control/none\n",
        "warning  control/greylisting_suspicious:1: "}) {
    CHECK_THAT(result.output, Contains(said));
  }
  for (const std::string unsaid : {"entries/1:", "entries/6:"}) CHECK_THAT(result.output, !Contains(unsaid));
}

TEST_CASE("An answer after which clients leave is told of where an entry has it", "[entries]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const std::string file = installation.home() / "list";
  const std::string said =
      "reply: 421 says that the server hangs up: the client leaves, too, and all its other "
      "recipients are lost for now; write 450 or 451\n";
  write_file(file, "192.0.2.1 reply=\"421 go away\"\n192.0.2.2 reply=\"451 later\"\n", 0644);
  const Result plain = ctl(installation, {"import", "plain", file, "--action", "deny"});
  CHECK(plain.status == 0);
  CHECK_THAT(plain.output, Contains("note: " + file + ":1: " + said) && !Contains(":2: "));
  const std::string json = installation.home() / "list.json";
  CHECK(ctl(installation, {"export", "json", json}).status == 0);
  CHECK_THAT(ctl(installation, {"import", "json", json, "--dry-run"}).output,
             Contains("note: deny client 192.0.2.1: " + said) && !Contains("192.0.2.2: "));
  write_file(installation.home() / "control/smtpplugins", "[rcpt]\n" + built("greylisting").string() + '\n',
             0644);
  CHECK_THAT(
      ctl(installation, {"check"}).output,
      Contains("warning  entries/1: deny client 192.0.2.1: reply: 421 says that the server hangs up") &&
          !Contains("entries/2: "));
}

TEST_CASE("check says little of entries with nothing wrong", "[entries]") {
  const Installation installation(any_backend(), "trust_remote_host=paranoid");
  CAPTURE(name(installation.backend()));
  write_file(installation.home() / "control/smtpplugins", "[rcpt]\n" + built("greylisting").string() + '\n',
             0644);
  CHECK_THAT(ctl(installation, {"check"}).output, Contains("ok       entries: none\n"));
  ctl(installation, {"allow", "example.net"});
  ctl(installation, {"deny", "2001:db8::/32"});
  write_file(installation.home() / "control/greylisting_allow", "example.net\n", 0644);
  // Nobody asks for these.
  write_file(installation.home() / "control/greylisting_suspicious", "sender =~ (\n", 0644);
  const Result result = ctl(installation, {"check"});
  CAPTURE(result.output);
  CHECK(result.status == 0);
  CHECK_THAT(result.output, Contains("ok       entries: 1 allow, 1 deny\n"));
  CHECK_THAT(
      result.output,
      Contains(
          "rejected an attempt never seen before (denied), of an IPv6 client\n         "
          "-> see which entry decides, and whether it means so many: greylistctl list shows entries/2\n"));
  // No other than that of the decision.
  CHECK(result.output.find("warning") == result.output.find("warning  plugin, as "));
}

TEST_CASE("check says which lines of files match more than anybody can mean", "[entries]") {
  const Installation installation(Backend::sqlite);
  write_file(installation.home() / "control/rcpthosts", "example.org\n", 0644);
  write_file(installation.home() / "control/smtpplugins", "[rcpt]\n" + built("greylisting").string() + '\n',
             0644);
  const auto said = [&](const std::string& file, const std::string& text) {
    write_file(installation.home() / file, text, 0644);
    return ctl(installation, {"check"}).output;
  };
  CHECK_THAT(said("control/greylisting_deny", "192.0.2.0/24\nsender *.xyz\n"),
             Contains("rejected an attempt never seen before (denied), of an IPv4 client\n         -> see "
                      "whether control/greylisting_deny:1 means so many; to undo it take that line out\n") &&
                 Contains("warning  control/greylisting_deny:2: deny sender *.xyz matches a whole top-level "
                          "domain, .xyz, so all of it is refused\n         -> take out line 2 of "
                          "control/greylisting_deny, unless it is meant\n"));
  CHECK_THAT(said("control/greylisting_deny", "0.0.0.0/0 until=2020-01-01\nrecipient bob@example.org\n"),
             !Contains("matches"));
  CHECK_THAT(
      said("control/greylisting_allow", "# all\n::/0\n"),
      Contains("PROBLEM  control/greylisting_allow:2: allow client ::/0 matches every IPv6 client, so "
               "none of it is greylisted\n         -> take out line 2 of control/greylisting_allow\n"));
  CHECK_THAT(said("control/greylisting_allow", "recipient example.org\n"), !Contains("matches"));
}

TEST_CASE("check says when the networks of a file together are every client", "[entries]") {
  struct File {
    std::string name;
    std::string text;
    std::string problem;  // without its begin; empty for none
  };
  const std::string deny = "control/greylisting_deny";
  const std::string allow = "control/greylisting_allow";
  std::string every_octet;  // but those that are nobody's
  std::string half;
  for (int octet = 1; octet < 224; ++octet) {
    if (octet != 10 && octet != 127) every_octet += std::to_string(octet) + ".0.0.0/8\n";
    if (octet < 128) half += std::to_string(octet) + '\n';
  }
  const std::vector<File> files{
      {deny, "0.0.0.0/1\n# the rest\n128.0.0.0/1\n",
       "its networks together match every IPv4 client, so all of it is refused\n         -> take out line 1 "
       "of "
       "control/greylisting_deny, and others as wide\n"},
      {deny, "192.0.2.7\n::/1\n8000::/1\n",
       "its networks together match every IPv6 client, so all of it is refused\n         -> take out line 2 "
       "of"},
      {deny, "2001:db8::/32\n2000::/4\n3000::/4\n", "its networks together match every IPv6 client"},
      {deny, "0.0.0.1-255.255.255.254\n", "its networks together match every IPv4 client"},
      {deny, "1-223.0-255\n", "its networks together match every IPv4 client"},
      {deny, every_octet, "its networks together match every IPv4 client"},
      {allow, "128.0.0.0/1\n0.0.0.0/2\n64.0.0.0/2\n",
       "its networks together match every IPv4 client, so none of it is greylisted"},
      // Of a line that says so alone one message is enough.
      {deny, "0.0.0.0/0\n0.0.0.0/1\n128.0.0.0/1\n", ""},
      {deny, "0.0.0.0/1\n128.0.0.0/1 until=2020-01-01\n", ""},
      {deny, "2000::/4\n0.0.0.0/1\n", ""},
      {deny, half, ""},
      {deny, "10.0.0.0/8\n172.16.0.0/12\n224.0.0.0/3\n", ""},
  };
  for (const File& file : files) {
    CAPTURE(file.name, file.text);
    const Installation installation(Backend::sqlite);
    write_file(installation.home() / file.name, file.text, 0644);
    const std::string said = ctl(installation, {"check"}).output;
    if (file.problem.empty()) {
      CHECK_THAT(said, !Contains("its networks together"));
    } else {
      CHECK_THAT(said, Contains("PROBLEM  " + file.name + ": " + file.problem));
    }
  }
}

TEST_CASE("check reads the rules wherever they count", "[entries]") {
  Installation installation(Backend::sqlite);
  write_file(installation.home() / "control/rules", "sender =~ (\n", 0644);
  const auto says = [&](const std::string& greylist) {
    installation.configure("suspicious_rules=control/rules\ngreylist=" + greylist);
    return ctl(installation, {"check"}).output;
  };
  const std::string said = "warning  control/rules:1: ";
  CHECK_THAT(says("all"), !Contains(said));
  CHECK_THAT(says("suspicious"), Contains(said));
  CHECK_THAT(says("unvouched"), Contains(said));
}

TEST_CASE("Root enters into an SQLite file as its owner", "[entries]") {
  if (!can_be_nobody()) return;
  const Installation installation(Backend::sqlite);
  for (const fs::path& directory : {installation.home(), installation.home() / "control"})
    fs::permissions(directory, fs::perms(0755));
  const fs::path directory = installation.home() / "greylisting";
  REQUIRE(chown(directory.c_str(), kNobody, kNobody) == 0);
  // A file of root's, which the owner of the store cannot read.
  const fs::path list = installation.home() / "list";
  write_file(list, "192.0.2.1\n", 0600);

  CHECK(ctl(installation, {"import", "plain", list}).status == 0);
  CHECK(ctl(installation, {"deny", "192.0.2.2"}).status == 0);
  for (const auto& file : fs::directory_iterator(directory)) {
    struct stat status = {};
    REQUIRE(stat(file.path().c_str(), &status) == 0);
    CHECK(status.st_uid == kNobody);
  }
  Command plugin = installation.command({.client = "192.0.2.1"});
  plugin.arguments.insert(plugin.arguments.begin(), kAsNobody.begin(), kAsNobody.end());
  CHECK(logged(run(plugin), "entry") == "entries/1");
}

TEST_CASE("Every subcommand has help with an example", "[entries]") {
  for (const std::string subcommand :
       {"allow", "deny", "trap", "greylist", "skip", "list", "remove", "import"}) {
    const Result result = run({.arguments = {built("greylistctl"), subcommand, "--help"}});
    CHECK(result.status == 0);
    CHECK(result.errors.empty());
    CHECK_THAT(result.output, Contains("Example: greylistctl " + subcommand));
  }
}

}  // namespace greylisting::test
