// greylistctl explain, find, pass and forget: the same on every store. What they say is compared with what
// the plugin then does.

#include <chrono>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/clients.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "tests/support/journal.h"
#include "text/utc.h"

namespace greylisting::test {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using Json = nlohmann::json;
using Prepare = std::function<void(const Installation&)>;

Json json_of(const Installation& installation, const Arguments& arguments) {
  const Result result = ctl(installation, arguments);
  CAPTURE(arguments, result.output, result.errors);
  REQUIRE(result.status == 0);
  CHECK(result.errors.empty());
  return Json::parse(result.output);
}

// What it prints; a regular expression for all of it, without the last line end.
// How to take it back is take_back_test's.
std::string without_way_back(const std::string& output) {
  return std::regex_replace(
      output,
      std::regex("(to take it back: |note: its wait begins anew|note: this cannot be taken back).*\n"), "");
}

void check_output(const Installation& installation, const Arguments& arguments, const std::string& expected) {
  const Result result = ctl(installation, arguments);
  CAPTURE(arguments, expected, result.output, result.errors);
  CHECK(result.status == 0);
  CHECK(result.errors.empty());
  CHECK(std::regex_match(without_way_back(result.output), std::regex(expected + "\n")));
}

// The same attempt on the command line.
Arguments words_of(const Rcpt& rcpt) {
  Arguments words{rcpt.client, rcpt.sender, rcpt.recipient};
  auto environment = rcpt.environment;
  environment.insert({"SMTPHELOHOST", "mail.example.net"});
  for (const auto& [variable, option] :
       std::map<std::string, std::string>{{"TCPREMOTEHOST", "--host"},
                                          {"SMTPHELOHOST", "--helo"},
                                          {"SPFRESULT", "--spf"},
                                          {"SMTPRCPTCOUNTALL", "--recipients"}}) {
    if (!environment.contains(variable)) continue;
    words.push_back(option);
    words.push_back(environment.at(variable));
  }
  return words;
}

Arguments call(const std::string& subcommand, Arguments words, const Arguments& more = {}) {
  words.insert(words.begin(), subcommand);
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// All that there is in the store.
Rows contents(const Installation& installation) {
  Rows all;
  for (const auto& [table, key] : std::map<std::string, std::string>{{"greylisting_data", "triplet"},
                                                                     {"greylisting_lists", "id"},
                                                                     {"greylisting_entries", "id"},
                                                                     {"greylisting_clients", "client"},
                                                                     {"greylisting_meta", "name"}}) {
    for (Row& row : installation.sql("SELECT * FROM " + table + " ORDER BY " + key))
      all.push_back(std::move(row));
  }
  return all;
}

// An attempt, an hour, and its retry.
void retry(const Installation& installation, const Rcpt& rcpt = {}) {
  installation.attempt(rcpt);
  installation.pass_time(1h);
  installation.attempt(rcpt);
}

Prepare putting(const Entry& entry) {
  return [entry](const Installation& it) { it.put(entry); };
}

Prepare writing(const std::string& file, const std::string& text) {
  return [=](const Installation& it) { write_file(it.home() / file, text, 0644); };
}

struct Explained {
  std::string name;
  std::string settings;
  Prepare prepare;
  Rcpt rcpt;
  std::string reason;
};

const std::vector<Explained> kExplained{
    {"opted out", "", putting({"skip", "recipient", "example.org"}), {}, "opted-out"},
    {"denied by an entry",
     "",
     putting({.action = "deny", .word = "sender", .pattern = "example.net", .reply = "550 no"}),
     {},
     "denied"},
    {"denied by a row of 0.5",
     "",
     [](const Installation& it) { it.add(deny_network("192.0.2.0/24")); },
     {},
     "denied"},
    {"denied by a regular expression", "", putting({"deny", "sender", "/^alice/"}), {}, "denied"},
    {"denied by a regular expression newer than the triplet",
     "",
     [](const Installation& it) {
       retry(it);
       it.pass_time(1h);
       it.put({"deny", "sender", "/^alice/"});
     },
     {},
     "denied"},
    {"denied by a file",
     "",
     writing("control/greylisting_deny", "# these\nsender example.net\n"),
     {},
     "denied"},
    {"allowed by an entry, in spite of one for its domain",
     "",
     [](const Installation& it) {
       it.put({"deny", "sender", "example.net"});
       it.put({"allow", "sender", "alice@example.net"});
     },
     {},
     "allowed"},
    {"allowed by a row of 0.5",
     "",
     [](const Installation& it) { it.add(allow_domain("example.org")); },
     {},
     "allowed"},
    {"allowed by name", "trust_remote_host=paranoid", putting({"allow", "client", "example.com"}),
     with({{"TCPREMOTEHOST", "mail.example.com"}}), "allowed"},
    {"allowed by a file", "", writing("control/greylisting_allow", "192.0.2.0/24\n"), {}, "allowed"},
    {"not listed", "explicit=1", putting({"greylist", "recipient", "other.example"}), {}, "not-listed"},
    {"listed", "explicit=1", putting({"greylist", "recipient", "bob@example.org"}), {}, "new"},
    {"trusted",
     "auto_allow_after=1",
     [](const Installation& it) { retry(it); },
     {.sender = "carol@example.net"},
     "trusted"},
    {"a group that is trusted",
     "auto_allow_after=0\ngroup_domain_level=1",
     [](const Installation& it) { retry(it); },
     {.sender = "carol@example.net"},
     "trusted"},
    {"a trap", "", putting({"trap", "recipient", "bob@example.org"}), {}, "trap"},
    {"a host that is a trap", "low_priority_mx=1", nullptr, {}, "trap"},
    {"trapped",
     "",
     [](const Installation& it) {
       it.put({"trap", "recipient", "trap@example.org"});
       it.attempt({.recipient = "trap@example.org"});
     },
     {},
     "trapped"},
    {"retried",
     "",
     [](const Installation& it) {
       it.attempt();
       it.pass_time(1h);
     },
     {},
     "retried"},
    {"known", "", [](const Installation& it) { retry(it); }, {}, "known"},
    {"the null sender", "null_sender=accept", nullptr, {.sender = ""}, "null-sender"},
    {"not suspicious", "greylist=suspicious", nullptr,
     with({{"TCPREMOTEHOST", "mail.example.net"}, {"SPFRESULT", "pass"}}), "not-suspicious"},
    {"suspicious by SPF", "greylist=suspicious", nullptr,
     with({{"TCPREMOTEHOST", "mail.example.net"}, {"SPFRESULT", "fail"}}), "new"},
    {"vouched for", "greylist=unvouched", nullptr, vouched("192.0.2.1"), "not-suspicious"},
    {"not vouched for", "greylist=unvouched", nullptr, with({{"SPFRESULT", "softfail"}}), "new"},
    {"vouched for, and suspicious by a rule", "greylist=unvouched",
     writing("control/greylisting_suspicious", "recipient =~ ^bob@\n"), vouched("192.0.2.1"), "new"},
    {"suspicious by a rule", "greylist=suspicious",
     writing("control/greylisting_suspicious", "recipient =~ ^bob@\n"),
     with({{"TCPREMOTEHOST", "mail.example.net"}}), "new"},
    {"early", "", [](const Installation& it) { it.attempt(); }, {}, "early"},
    {"early, elsewhere in the pool", "", [](const Installation& it) { it.attempt(vouched("192.0.2.1")); },
     vouched("203.0.113.1"), "early"},
    {"retried, elsewhere in the pool", "",
     [](const Installation& it) {
       it.attempt(vouched("192.0.2.1"));
       it.pass_time(1h);
     },
     vouched("203.0.113.1"), "retried"},
    {"not of the pool", "", [](const Installation& it) { it.attempt(vouched("192.0.2.1")); },
     with({{"SPFRESULT", "none"}}, {.client = "203.0.113.1"}), "new"},
    {"throttled",
     "max_pending_per_client=1",
     [](const Installation& it) { it.attempt({.sender = "carol@example.net"}); },
     {},
     "throttled"},
    {"new", "", nullptr, {}, "new"},
    {"over, and so new",
     "",
     [](const Installation& it) {
       it.attempt();
       it.pass_time(501min);
     },
     {},
     "new"},
    {"another HELO", "match_helo=1", [](const Installation& it) { it.attempt(); },
     with({{"SMTPHELOHOST", "other.example.net"}}), "new"},
    {"the address counts",
     "match=smart",
     [](const Installation& it) { it.attempt(); },
     {.client = "192.0.2.2"},
     "new"},
    {"hashed",
     "privacy=hash",
     [](const Installation& it) {
       write_file(it.home() / "control/greylisting_key", "a secret of twenty two", 0600);
       it.attempt();
     },
     {},
     "early"},
    {"too many", "max_recipients=2", nullptr, with({{"SMTPRCPTCOUNTALL", "3"}}), "too-many"},
};

// What is found, as `sender recipient`, in its order.
std::vector<std::string> found(const Installation& installation, const Arguments& arguments) {
  std::vector<std::string> found;
  for (const Json& record : Json::parse(ctl(installation, call("find", arguments, {"--json"})).output))
    found.push_back(record["sender"].get<std::string>() + ' ' + record["recipient"].get<std::string>());
  return found;
}

std::string counts_of_living(const Installation& installation) {
  return text(
      installation.sql("SELECT blocked_count, passed_count FROM greylisting_data WHERE record_expires > " +
                       installation.seconds_from_now(0)));
}

std::string id_of(const Installation& installation, const Arguments& arguments = {}) {
  return std::to_string(json_of(installation, call("find", arguments, {"--json"})).at(0)["id"].get<long>());
}

}  // namespace

TEST_CASE("explain says what the plugin then does, and changes nothing", "[records][explain]") {
  const Backend backend = any_backend();
  std::set<std::string> reasons;
  for (const Explained& each : kExplained) {
    INFO(name(backend) << ": " << each.name);
    const Installation installation(backend, each.settings);
    if (each.prepare) each.prepare(installation);
    // What is written into the rows of greylisting_lists when they are first met is there then.
    json_of(installation, call("explain", words_of(each.rcpt), {"--json"}));
    const Rows before = contents(installation);
    const Json said = json_of(installation, call("explain", words_of(each.rcpt), {"--json"}));
    CHECK(contents(installation) == before);

    const Result done = installation.attempt(each.rcpt);
    CAPTURE(said.dump(2), done.errors);
    CHECK(said["reason"] == each.reason);
    CHECK(said["reason"] == logged(done, "reason"));
    CHECK(said["outcome"] == logged(done, "outcome"));
    CHECK((said["entry"].is_null() ? "" : said["entry"]) == logged(done, "entry"));
    CHECK((said["answer"].is_null() ? "" : "E" + said["answer"].get<std::string>() + '\n') == answer(done));
    CHECK(said["hint"].is_null() == (said["outcome"] == "accepted"));
    std::vector<std::string> deciding;
    for (const Json& step : said["steps"]) {
      if (step["decides"] == true) deciding.push_back(step["reason"]);
      CHECK(!step["found"].get<std::string>().empty());
    }
    CHECK(deciding == std::vector<std::string>{each.reason});
    reasons.insert(said["reason"]);
  }
  CHECK(reasons.size() == 15);
}

TEST_CASE("explain tells what it found, when the message passes, and how to let it through",
          "[records][explain]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  installation.attempt();
  installation.put({"allow", "sender", "example.com"});
  installation.put({"allow", "client", "203.0.113.0/24"});
  const Result early = ctl(installation, {"explain", "192.0.2.9", "<Alice@example.net>", "bob@example.org"});
  CAPTURE(early.output);
  CHECK(early.output.starts_with("192.0.2.9 Alice@example.net -> bob@example.org\n\n"));
  for (const std::string& line : std::vector<std::string>{
           std::string("\n    2  denied          no entry denies\n"),
           "\n    5  trusted         192\\.0\\.2\\.0/24 has not passed yet; trusted after 5\n",
           "\n    8  retried         record [0-9]+: first seen " + kTime + ", blocked until " + kTime +
               ", deferred 1, passed 0, ends " + kTime + " UTC\n",
           "\n=> 13  early           blocked until " + kTime + " UTC\n",
           std::string("\n   14  throttled       the triplet has a record, and only new ones are counted\n"),
           std::string("\n   15  new             a new triplet is blocked for 55 min \\(block_expire\\)\n"),
           "\ndeferred \\(early\\): 451 temporary failure \\(#4\\.3\\.0\\)\npasses from " + kTime +
               " UTC, in 5[0-9] min( [0-9]+ s)?\nto let it through at its next attempt: "
               "greylistctl pass 192\\.0\\.2\\.9 Alice@example\\.net bob@example\\.org\n$"}) {
    CAPTURE(line);
    CHECK(std::regex_search(early.output, std::regex(line)));
  }
  CHECK_THAT(ctl(installation, {"explain", "203.0.113.1", "a@example.com", "bob@example.org"}).output,
             Contains("\n=>  3  allowed         entries/2: allow client 203.0.113.0/24, for ever\n"));

  write_file(installation.home() / "control/greylisting_deny", "\nsender spam.example # enough\n", 0644);
  CHECK_THAT(
      ctl(installation, {"explain", "192.0.2.1", "a@spam.example", "bob@example.org"}).output,
      Contains("\n=>  2  denied          control/greylisting_deny:2: sender spam.example # enough\n") &&
          Contains("\nto let it through from now on: take out control/greylisting_deny:2\n"));

  installation.pass_time(1h);
  installation.attempt();
  CHECK_THAT(ctl(installation, {"explain", "192.0.2.1", "a@example.net", "bob@example.org"}).output,
             Contains("\n    5  trusted         192.0.2.0/24 has passed in 1 hour; trusted after 5\n") &&
                 Contains("\n=> 15  new "));

  installation.put({"trap", "recipient", "nobody@example.org"});
  installation.attempt({.recipient = "nobody@example.org"});
  CHECK_THAT(ctl(installation, {"explain", "192.0.2.1", "a@example.net", "bob@example.org"}).output,
             Contains("\n    5  trusted         192.0.2.0/24 has not passed yet; trusted after 5\n") &&
                 Contains("\n=>  7  trapped         192.0.2.0/24 has been in a trap, denied until "));
}

TEST_CASE("explain says what is suspicious, and who vouches for the client", "[records][explain]") {
  Installation installation(Backend::sqlite, "greylist=suspicious\n");
  const auto found = [&](const std::vector<std::string>& more, const std::string& sender = "a@example.net") {
    std::vector<std::string> arguments{"explain", "192.0.2.1", sender, "b@example.org"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const std::string output = ctl(installation, arguments).output;
    const std::string row = " 12  not-suspicious  ";
    const auto begin = output.find(row);
    REQUIRE(begin != std::string::npos);
    return output.substr(begin + row.size(), output.find('\n', begin) - begin - row.size());
  };
  CHECK(found({}) == "suspicious: no-name");
  CHECK(found({"--host", "mail.example.net"}) == "nothing about the client is suspicious");
  installation.configure("");
  CHECK(found({}) == "greylist=all: not only the suspicious");
  installation.configure("greylist=unvouched\n");
  CHECK(found({"--host", "mail.example.net"}) == "SPF did not pass, so nobody vouches for the client");
  CHECK(found({"--spf", "fail"}) == "SPF did not pass, so nobody vouches for the client");
  CHECK(found({"--spf", "pass"}, "<>") == "the sender is null, so nobody vouches for the client");
  CHECK(found({"--spf", "pass"}) == "example.net vouches for the client: SPF passed");
  write_file(installation.home() / "control/greylisting_suspicious", "#\nrecipient =~ ^b@\n", 0644);
  CHECK(found({"--spf", "pass"}) == "suspicious: control/greylisting_suspicious:2: recipient =~ ^b@");
}

TEST_CASE("A word that nobody says is refused, in capitals it is none", "[records][explain]") {
  const Installation installation(Backend::sqlite);
  const Arguments attempt{"192.0.2.1", "a@example.net", "b@example.org"};
  const auto refused = [&](Arguments arguments, const std::string& said) {
    const Result result = ctl(installation, arguments);
    CAPTURE(arguments, result.errors);
    CHECK(result.status == 2);
    CHECK_THAT(result.errors, Contains(said));
  };
  for (const char* const subcommand : {"explain", "pass"}) {
    refused({subcommand, attempt[0], attempt[1], attempt[2], "--spf", "bogus"},
            "--spf: \"bogus\" is none of pass, none, neutral, softfail, fail, temperror, permerror, error, "
            "unknown; "
            "try 'greylistctl ");
  }
  refused({"find", "--client", ""}, "--client: it is empty; leave it out for those of all clients");
  CHECK(json_of(installation,
                {"explain", attempt[0], attempt[1], attempt[2], "--spf", "PASS", "--json"})["spf"] == "pass");
}

TEST_CASE("explain says how many recipients a message may have", "[records][explain]") {
  const Installation installation(Backend::sqlite, "max_recipients=2\n");
  const auto explained = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"explain", "192.0.2.1", "a@example.net", "b@example.org"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ctl(installation, arguments).output;
  };
  CHECK_THAT(
      explained({}),
      Contains("       too-many        max_recipients=2; --recipients says how many the message has\n"));
  CHECK_THAT(explained({"--recipients", "3"}),
             Contains("=>     too-many        max_recipients=2, the message has 3\n"));
}

TEST_CASE("explain prints the deciding step in bold on a terminal, unless NO_COLOR is set",
          "[records][explain]") {
  const Installation installation(Backend::sqlite);
  const auto on_terminal = [&](std::map<std::string, std::string> environment) {
    const std::string command = built("greylistctl").string() + " --home " + installation.home().string() +
                                " explain 192.0.2.1 a@example.net b@example.org";
    return run({.arguments = {"script", "-qec", command, "/dev/null"}, .environment = std::move(environment)})
        .output;
  };
  CHECK_THAT(on_terminal({}), Contains("\n\033[1m=> 15  new "));
  CHECK_THAT(on_terminal({{"NO_COLOR", "1"}}), Contains("\n=> 15  new ") && !Contains("\033"));
  CHECK_THAT(ctl(installation, {"explain", "192.0.2.1", "a@example.net", "b@example.org"}).output,
             Contains("\n=> 15  new ") && !Contains("\033"));
}

TEST_CASE("A bar shows how far find has come with a file, on a terminal alone", "[records][find]") {
  const Installation installation(Backend::sqlite);
  installation.attempt({});
  const auto errors_of = [&](const std::string& redirection) {
    const std::string command = built("greylistctl").string() + " --home " + installation.home().string() +
                                " find --csv" + redirection;
    return run({.arguments = {"script", "-qec", command, "/dev/null"}, .environment = {{"TERM", "xterm"}}})
        .output;
  };
  CHECK_THAT(errors_of(" > /dev/null"),
             Contains("\r\033[Kwriting records [....................]   0 %  0 of 1"));
  CHECK_THAT(errors_of(""), Contains("first_seen") && !Contains("writing records"));
}

TEST_CASE("find shows the records that are asked for, the newest first", "[records][find]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  retry(installation, {.client = "192.0.2.1", .sender = "a@example.net", .recipient = "bob@example.org"});
  installation.pass_time(1h);
  installation.attempt({.client = "192.0.3.1", .sender = "Under_score@example.net"});
  installation.pass_time(1min);
  installation.attempt(
      {.client = "2001:db8::1", .sender = "b@sub.example.net", .recipient = "x@example.com"});
  installation.pass_time(1min);
  installation.attempt({.client = "192.0.2.9", .sender = "", .recipient = "carol@example.org"});
  installation.pass_time(1min);
  installation.attempt(with({{"SPFRESULT", "pass"}}, {.client = "198.51.100.1", .sender = "c@pool.example"}));

  const std::string pool = "c@pool.example bob@example.org";
  const std::string null = " carol@example.org";
  const std::string sub = "b@sub.example.net x@example.com";
  const std::string under = "under_score@example.net bob@example.org";
  const std::string first = "a@example.net bob@example.org";
  struct Search {
    Arguments arguments;
    std::vector<std::string> found;
  };
  for (const Search& search : std::vector<Search>{
           {{}, {pool, null, sub, under, first}},
           {{"--limit", "2"}, {pool, null}},
           {{"--pools"}, {pool, pool, null, sub, under, first}},
           {{"--client", "192.0.2.1"}, {first}},
           {{"--client", "192.0.2.0/23"}, {null, under, first}},
           {{"--client", "2001:db8::/32"}, {sub}},
           {{"--client", "::/0"}, {sub}},
           {{"--sender", "A@Example.NET"}, {first}},
           {{"--sender", "example.net"}, {sub, under, first}},
           {{"--sender", "@sub.example.net"}, {sub}},
           {{"--sender", "under_score@"}, {under}},
           {{"--sender", "under%score@"}, {}},
           {{"--sender", "underXscore@"}, {}},
           {{"--sender", "<>"}, {null}},
           {{"--sender", ""}, {null}},
           {{"--recipient", "bob@"}, {pool, under, first}},
           {{"--recipient", "example.com"}, {sub}},
           {{"--recipient", "ample.com"}, {}},
           {{"--recipient", "bob@example.org", "--client", "192.0.2.0/24"}, {first}},
           {{"--pending"}, {pool, null, sub, under}},
           {{"--passed"}, {first}},
           {{"--since", "30m"}, {pool, null, sub, under}},
           {{"--since", "2020-01-01", "--sender", "example.net", "--limit", "1"}, {sub}},
           {{"--since", "2090-01-01"}, {}},
           {{"192.0.2.1"}, {first}},
           {{"192.0.2.0/23"}, {null, under, first}},
           {{"192.0.2.0/255.255.254.0"}, {null, under, first}},
           {{"192.0.2"}, {null, first}},
           {{"[192.0.2.1]"}, {first}},
           {{"--client", "[2001:db8::1]"}, {sub}},
           {{"a@example.net"}, {first}},
           {{"bob@example.org"}, {pool, under, first}},
           {{"example.net", "--pending"}, {sub, under}},
           {{"carol@"}, {null}},
           {{"CORE"}, {under}},
           {{"example"}, {pool, null, sub, under, first}},
           {{"core%"}, {}},
           {{"<>"}, {null}},
       }) {
    CAPTURE(search.arguments);
    CHECK(found(installation, search.arguments) == search.found);
  }

  const Result table = ctl(installation, {"find", "--sender", "a@example.net"});
  CAPTURE(table.output);
  CHECK(std::regex_match(
      table.output,
      std::regex(" *id +first seen \\(UTC\\) +client +sender +recipient +state +deferred  passed  "
                 "passed at \\(UTC\\) +waited\n *[0-9]+ +" +
                 kTime + "  192\\.0\\.2\\.1  a@example\\.net  bob@example\\.org  passed once +1 +1  " +
                 kTime + " +1 h\n")));
  for (const auto& [sender, state] : std::map<std::string, std::string>{{"<>", "waiting until " + kTime},
                                                                        {"pool.example", "waiting until"}})
    CHECK(std::regex_search(ctl(installation, {"find", "--sender", sender}).output, std::regex(state)));
  CHECK_THAT(ctl(installation, {"find", "--limit", "2"}).output,
             Contains("These are the newest 2; there may be more: --limit\n"));
  CHECK_THAT(ctl(installation, {"find", "--limit", "1"}).output,
             Contains("This is the newest one; there may be more: --limit\n"));
  for (const std::string form : {"--json", "--csv"}) {
    const Result cut = ctl(installation, {"find", "--limit", "2", form});
    CHECK(cut.errors == "greylistctl: These are the newest 2; there may be more: --limit\n");
    CHECK_THAT(cut.output, !Contains("there may be more"));
    CHECK(ctl(installation, {"find", form}).errors.empty());
  }
  CHECK(ctl(installation, {"find", "--sender", "nobody@"}).output == "There are no such records.\n");

  installation.pass_time(1h);
  CHECK_THAT(ctl(installation, {"find", "--sender", "<>"}).output, Contains("  may pass  "));
  installation.pass_time(10h);
  CHECK_THAT(ctl(installation, {"find", "--sender", "<>"}).output, Contains("  expired  "));
  CHECK(found(installation, {"--pending"}).empty());

  // First and last seen are of the database's clock in UTC, like the other times.
  const std::string first_seen = json_of(installation, {"find", "--sender", "<>", "--json"})[0]["first_seen"];
  const auto at = [&](int seconds) {
    return rfc_3339(installation.sql("SELECT " + installation.seconds_from_now(seconds)).at(0).at(0).value());
  };
  CHECK(first_seen < at(-39600));
  CHECK(first_seen > at(-41400));
}

TEST_CASE("find writes CSV", "[records][find]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const std::string head =
      "id,first_seen,last_seen,client,sender,recipient,pool,state,blocked_until,over_from,deferred,"
      "passed,passed_at,waited\r\n";
  CHECK(ctl(installation, {"find", "--csv"}).output == head);
  installation.attempt({.sender = "a,\"b\"@example.net"});
  const std::string output = ctl(installation, {"find", "--csv"}).output;
  CAPTURE(output);
  CHECK(output.starts_with(head));
  CHECK(std::regex_match(
      output.substr(head.size()),
      std::regex("[0-9]+," + kTime + ',' + kTime +
                 ",192\\.0\\.2\\.1,\"a,\"\"b\"\"@example\\.net\",bob@example\\.org,,waiting," + kTime + ',' +
                 kTime + ",1,0,,\r\n")));
}

TEST_CASE("find tells when a message passed and how long it had waited", "[records][find]") {
  const Installation installation(any_backend());
  std::filesystem::create_directory(installation.home() / "greylisting");
  CAPTURE(name(installation.backend()));
  installation.attempt();
  const auto found = [&] { return json_of(installation, {"find", "--json"}).at(0); };
  CHECK(found()["passed_at"].is_null());
  CHECK(found()["waited"].is_null());
  installation.pass_time(1h);
  installation.attempt();
  const Json once = found();
  CHECK(once["passed_at"] == once["last_seen"]);
  CHECK(once["waited"].get<long>() / 60 == 60);
  installation.pass_time(1h);
  installation.attempt();  // from now on the journal knows it
  const Json twice = found();
  CHECK(twice["passed"] == 2);
  CHECK(twice["passed_at"] < twice["last_seen"]);
  CHECK(twice["waited"].get<long>() / 60 == 60);
  const std::string csv = ctl(installation, {"find", "--csv"}).output;
  CHECK_THAT(csv, Catch::EndsWith("," + std::to_string(twice["waited"].get<long>()) + "\r\n"));
  remove_journal(installation);
  CHECK(found()["passed_at"].is_null());
  CHECK(found()["waited"].is_null());

  // One that was let pass before it came has not waited for greylisting.
  REQUIRE(ctl(installation, {"pass", "192.0.2.1", "x@example.net", "bob@example.org"}).status == 0);
  installation.pass_time(1h);
  installation.attempt({.sender = "x@example.net"});
  CHECK(json_of(installation, {"find", "x@example.net", "--json"}).at(0)["waited"].is_null());
}

TEST_CASE("find writes any number of records as they come, the newest first", "[records][find]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  constexpr unsigned kRecords = 30000;
  constexpr unsigned kOfAPacket = 5000;  // of what a packet of MySQL 5.6 holds
  for (unsigned first = 0; first < kRecords; first += kOfAPacket) {
    std::string rows;
    for (unsigned i = first; i < first + kOfAPacket; ++i) {
      const std::string number = std::to_string(i);
      rows += (rows.empty() ? "(x'" : ", (x'") + std::string(32 - number.size(), '0') + number + "', " +
              number + ", x'c6336401', 'a" + number + "@example.com', 'b@example.org', " +
              installation.seconds_from_now(86400) + ", " + installation.seconds_from_now(172800) + ", 1, " +
              installation.seconds_from_now(-static_cast<int>(i * 7919 % kRecords)) + ')';
    }
    installation.sql(
        "INSERT INTO greylisting_data (triplet, id, relay_ip, mail_from, rcpt_to, block_expires, "
        "record_expires, "
        "blocked_count, create_time) VALUES " +
        rows);
  }
  const Arguments all{"--limit", "100000"};
  const auto output = [&](const Arguments& more) {
    const Result result = ctl(installation, call("find", all, more));
    CHECK(result.status == 0);
    CHECK(result.errors.empty());
    return result.output;
  };
  const std::string text = output({"--json"});
  const auto records = nlohmann::ordered_json::parse(text);
  REQUIRE(records.size() == kRecords);
  CHECK(records.dump(2) + '\n' == text);
  for (std::size_t i = 1; i < kRecords; ++i) CHECK(records[i - 1]["first_seen"] >= records[i]["first_seen"]);
  const std::string csv = output({"--csv"});
  CHECK(lines(csv) == kRecords + 1);
  // A table is in pieces with a head each, so that its columns need not be known in advance.
  const std::string table = output({});
  CHECK(lines(table) == kRecords + 30 + 29);
  CHECK(output({"--json", "--sender", "nobody@example.net"}) == "[]\n");

  // However many there are, it needs no more memory than this; all at once would be twice as much and more.
  if (kIsSanitized) return;
  const std::string limited = "ulimit -d 32000 && exec \"$0\" --home \"$1\" find --limit 100000 ";
  for (const std::string form : {"--json", "--csv"}) {
    CAPTURE(form);
    const Result result =
        run({.arguments = {"bash", "-c", limited + form, built("greylistctl"), installation.home()}});
    CAPTURE(result.errors);
    CHECK(result.status == 0);
    CHECK(result.output == (form == "--json" ? text : csv));
  }
}

TEST_CASE("With privacy=hash find, pass and forget are asked with addresses", "[records]") {
  const Installation installation(any_backend(), "privacy=hash");
  CAPTURE(name(installation.backend()));
  write_file(installation.home() / "control/greylisting_key", "a secret of twenty two", 0600);
  installation.attempt();
  installation.attempt({.sender = "carol@example.com"});
  CHECK(found(installation, {"--sender", "alice@example.net"}).size() == 1);
  CHECK(found(installation, {"--sender", "example.com"}).size() == 1);
  CHECK(found(installation, {"--recipient", "example.org"}).size() == 2);
  CHECK(found(installation, {"--sender", "bob@example.org"}).empty());
  const Result result = ctl(installation, {"find", "--sender", "alice@"});
  CHECK(result.status == 2);
  CHECK_THAT(result.errors, Contains("privacy=hash: only addresses and domains can"));
  CHECK(found(installation, {"alice@example.net"}).size() == 1);
  CHECK(found(installation, {"example.com"}).size() == 1);
  CHECK_THAT(ctl(installation, {"find", "alice"}).errors,
             Contains("\"alice\" cannot be looked for with privacy=hash"));
  REQUIRE(ctl(installation, {"pass", "192.0.2.1", "alice@example.net", "bob@example.org"}).status == 0);
  CHECK(reason(installation) == "retried");
  REQUIRE(ctl(installation, {"forget", "192.0.2.1", "alice@example.net", "bob@example.org"}).status == 0);
  CHECK(reason(installation) == "new");
}

TEST_CASE("pass lets a waiting triplet through at its next retry", "[records][pass]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const Arguments triplet{"192.0.2.1", "alice@example.net", "bob@example.org"};
  const std::string words = "192\\.0\\.2\\.1 alice@example\\.net -> bob@example\\.org ";
  installation.attempt();
  check_output(installation, call("pass", triplet, {"--dry-run"}),
               "record [0-9]+: " + words + "would pass at its next attempt, until " + kTime +
                   " UTC; it was blocked until " + kTime + " UTC");
  CHECK(reason(installation) == "early");
  check_output(installation, call("pass", triplet),
               "record [0-9]+: " + words + "passes at its next attempt, until " + kTime +
                   " UTC; it was blocked until " + kTime + " UTC");
  check_output(installation, call("pass", triplet),
               "record [0-9]+: " + words + "may pass already, until " + kTime + " UTC; nothing was done");
  CHECK(reason(installation) == "retried");
  CHECK(counts_of_living(installation) == text({{"2", "1"}}));
  check_output(
      installation, call("pass", triplet),
      "record [0-9]+: " + words + "passed once already; passes until " + kTime + " UTC; nothing was done");
  CHECK(reason(installation) == "known");
  CHECK(counts_of_living(installation) == text({{"2", "2"}}));

  // By its number.
  installation.attempt({.sender = "carol@example.net"});
  const std::string id = id_of(installation, {"--sender", "carol@example.net"});
  check_output(installation, {"pass", id, "--dry-run"}, "record " + id + ": .* would pass .*");
  check_output(installation, {"pass", id}, "record " + id + ": .* passes at its next attempt, .*");
  CHECK(reason(installation, {.sender = "carol@example.net"}) == "retried");
  CHECK(reason(installation, {.sender = "dave@example.net"}) == "new");
}

TEST_CASE("pass makes a record where there is none", "[records][pass]") {
  const Installation installation(any_backend(), "record_expire=100\nheader=x-greylist");
  CAPTURE(name(installation.backend()));
  const Arguments triplet{"192.0.2.1", "alice@example.net", "bob@example.org"};
  check_output(
      installation, call("pass", triplet, {"--dry-run"}),
      "would make a record: 192\\.0\\.2\\.1 alice@example\\.net -> bob@example\\.org would pass at its "
      "next attempt");
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_data") == Rows{{"0"}});
  const std::string made =
      "made record [0-9]+: 192\\.0\\.2\\.1 alice@example\\.net -> bob@example\\.org passes "
      "at its next attempt, until " +
      kTime + " UTC";
  check_output(installation, call("pass", triplet), made);
  installation.pass_time(99min);
  // It has never waited.
  const Result first = installation.attempt();
  CHECK(logged(first, "reason") == "known");
  CHECK(answer(first).empty());
  CHECK(counts_of_living(installation) == text({{"0", "1"}}));
  CHECK(text(installation.sql("SELECT HEX(relay_ip), mail_from, rcpt_to, pool FROM greylisting_data")) ==
        text({{"C0000201", "alice@example.net", "bob@example.org", std::nullopt}}));

  // One that is over is as none.
  installation.pass_time(std::chrono::days(40));
  check_output(installation, call("pass", triplet), made);
  CHECK(counts_of_living(installation) == text({{"0", "0"}}));
  installation.pass_time(101min);
  CHECK(reason(installation) == "new");
}

TEST_CASE("pass and forget reach the records of a pool", "[records][pass]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const Arguments triplet{"192.0.2.1", "alice@example.net", "bob@example.org"};
  installation.attempt(vouched("192.0.2.1"));
  check_output(
      installation, call("pass", triplet),
      "record .* passes at its next attempt, .*\nnote: from another network of example\\.net it has to "
      "wait until " +
          kTime +
          " UTC; to let it pass from there as well: greylistctl pass --spf pass 192\\.0\\.2\\.1 "
          "alice@example\\.net bob@example\\.org");
  CHECK(reason(installation, vouched("198.51.100.1")) == "early");
  check_output(
      installation, call("pass", triplet, {"--spf", "pass"}),
      "record .* may pass already, .*\nrecord [0-9]+: any client of example\\.net alice@example\\.net "
      "-> bob@example\\.org passes at its next attempt, .*\nnote: from 198\\.51\\.100\\.1 the same has to "
      "wait .*");
  CHECK(reason(installation, vouched("203.0.113.1")) == "retried");

  CHECK(ctl(installation, call("forget", triplet)).output.find("any client of example.net") !=
        std::string::npos);
  CHECK(reason(installation, vouched("192.0.2.1")) == "new");
  const std::string id = id_of(installation, {"--client", "192.0.2.1", "--pending"});
  check_output(installation, {"pass", id},
               "record .* passes .*\nrecord [0-9]+: any client of example\\.net .* passes .*\n"
               "note: from 198\\.51\\.100\\.1 .* unless SPF passes; .*");
  CHECK(reason(installation, vouched("2001:db8::1")) == "retried");

  // A new one, in both its records.
  check_output(
      installation, {"pass", "192.0.2.1", "new@example.net", "bob@example.org", "--spf", "pass"},
      "made record [0-9]+: 192.* passes .*\nmade record [0-9]+: any client of example\\.net .* passes .*");
  CHECK(reason(installation, with({{"SMTPMAILFROM", "new@example.net"}}, vouched("198.51.100.9"))) ==
        "known");
}

TEST_CASE("pass says which other networks wait with the same, explain names them", "[records][pass]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const std::vector<std::string> others{"198.51.100.1", "203.0.113.1", "2001:db8::1"};
  installation.attempt({.client = "192.0.2.1"});
  for (const std::string& client : others) installation.attempt({.client = client});
  const Arguments triplet{"192.0.2.1", "alice@example.net", "bob@example.org"};
  const std::string explained = ctl(installation, call("explain", triplet)).output;
  const std::string unseen = ctl(installation, call("explain", {"192.0.3.1", triplet[1], triplet[2]})).output;
  const std::string vouched = ctl(installation, call("pass", triplet, {"--spf", "pass"})).output;
  const std::string passed =
      GENERATE(true, false)
          ? ctl(installation, call("pass", triplet)).output
          : ctl(installation, {"pass", id_of(installation, {"--client", "192.0.2.1"})}).output;
  for (const std::string& client : others) {
    CAPTURE(client);
    CHECK_THAT(vouched, Catch::Matches("[^]*note: from " + client +
                                       " the same has to wait until [-0-9: ]* UTC, unless SPF passes;[^]*"));
    CHECK_THAT(explained, Catch::Contains(client + " (waiting until "));
    CHECK_THAT(unseen, Catch::Contains(client + " (waiting until "));
    CHECK_THAT(passed, Catch::Contains("note: from " + client + " the same has to wait until "));
    const std::string id = id_of(installation, {"--client", client});
    CHECK_THAT(passed, Catch::Contains("greylistctl pass " + id + '\n'));
    CHECK(ctl(installation, {"pass", id}).status == 0);
    CHECK(reason(installation, {.client = client}) == "retried");
  }
  CHECK(ctl(installation, call("pass", triplet)).output.find("note: from") == std::string::npos);
}

TEST_CASE("explain says how to free a client that counts by its address", "[records][explain]") {
  const Installation installation(Backend::sqlite, "match=smart");
  installation.put({.action = "trap", .word = "recipient", .pattern = "trap@example.org"});
  installation.attempt({.recipient = "trap@example.org"});
  const std::string free_it = "greylistctl remove trapped 192.0.2.1/32";
  const Arguments triplet{"192.0.2.1", "alice@example.net", "bob@example.org"};
  CHECK_THAT(ctl(installation, call("explain", triplet)).output, Catch::Contains(free_it + '\n'));
  CHECK(ctl(installation, {"remove", "trapped", "192.0.2.1/32"}).status == 0);
  CHECK(ctl(installation, call("explain", triplet)).output.find(free_it) == std::string::npos);
}

TEST_CASE("explain names an entry that matches and does not count", "[records]") {
  const Installation installation(Backend::sqlite, "allow_lists=postgrey-clients:control/clients\n");
  const Arguments triplet{"192.0.2.1", "alice@example.net", "bob@example.org", "--host", "mx.example.net"};
  const auto explained = [&] { return ctl(installation, call("explain", triplet)).output; };
  const std::string why = ", which does not count: trust_remote_host=never";
  CHECK_THAT(explained(), Catch::Contains("no entry allows"));
  write_file(installation.home() / "control/clients", "# theirs\nexample.net\n", 0644);
  CHECK_THAT(explained(), Catch::Contains("control/clients:2: example.net" + why));
  write_file(installation.home() / "control/greylisting_allow", "=mx.example.net # M\xc3\xbcller\n", 0644);
  CHECK_THAT(explained(), Catch::Contains("control/greylisting_allow:1: =mx.example.net # M\xc3\xbcller" +
                                          why + "; and 1 more"));
  CHECK(ctl(installation, {"allow", "/^mx\\.example/"}).status == 0);
  CHECK_THAT(explained(), Catch::Contains(why + "; and 2 more"));
  CHECK(ctl(installation, {"allow", "=mx.example.net"}).status == 0);
  CHECK_THAT(explained(), Catch::Contains(why + "; and 3 more"));
  CHECK(logged(installation.attempt(
                   {.client = "192.0.2.1", .environment = {{"TCPREMOTEHOST", "mx.example.net"}}}),
               "reason") == "new");
  CHECK(ctl(installation, {"allow", "192.0.2.1"}).status == 0);
  CHECK_THAT(explained(), Catch::Contains("=>  3  allowed") && Catch::Contains("allow client 192.0.2.1"));
}

TEST_CASE("pass does not overrule what denies, and says so", "[records][pass]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  installation.attempt();
  installation.attempt({.sender = "alice@example.com"});
  const std::string id = id_of(installation, {"--sender", "alice@example.com"});
  installation.pass_time(10min);
  installation.put({"deny", "sender", "/^alice@/"});
  // Newer than the triplet's last attempt, and older than the pass.
  installation.sql(std::string("UPDATE greylisting_entries SET last_update = ") +
                   (installation.backend() == Backend::sqlite ? "datetime(last_update, '-5 minutes')"
                                                              : "last_update - INTERVAL 5 MINUTE"));
  CHECK(ctl(installation, {"pass", id}).status == 0);
  CHECK(reason(installation, {.sender = "alice@example.com"}) == "denied");
  const Result result = ctl(installation, {"pass", "192.0.2.1", "alice@example.net", "bob@example.org"});
  CAPTURE(result.output, result.errors);
  CHECK(result.status == 0);
  CHECK_THAT(result.output, Contains("note: its next attempt is rejected all the same (denied): greylistctl "
                                     "explain 192.0.2.1 alice@example.net bob@example.org\n"));
  CHECK(reason(installation) == "denied");
}

TEST_CASE("No count is lost by a pass while mail flows", "[records][pass]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const std::filesystem::path log = installation.home() / "log";
  installation.attempt();
  std::list<BackgroundProcess> attempts;
  for (int i = 0; i < 12; ++i) {
    attempts.emplace_back(installation.command(), log);
    if (i % 4 == 1)
      CHECK(ctl(installation, {"pass", "192.0.2.1", "alice@example.net", "bob@example.org"}).status == 0);
  }
  for (BackgroundProcess& attempt : attempts) CHECK(attempt.wait() == 0);
  CHECK(text(installation.sql("SELECT blocked_count + passed_count FROM greylisting_data")) ==
        text({{"13"}}));
  CHECK(reason(installation) == "known");
}

TEST_CASE("forget makes the next attempt new", "[records][forget]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const Arguments triplet{"192.0.2.1", "alice@example.net", "bob@example.org"};
  retry(installation);
  check_output(
      installation, call("forget", triplet, {"--dry-run"}),
      "would forget record [0-9]+: 192\\.0\\.2\\.1 alice@example\\.net -> bob@example\\.org \\(passed "
      "once\\)");
  CHECK(reason(installation) == "known");
  check_output(installation, call("forget", triplet), "forgot record [0-9]+: .* \\(passed 2 times\\)");
  CHECK(reason(installation) == "new");
  CHECK(counts_of_living(installation) == text({{"1", "0"}}));

  const std::string id = id_of(installation);
  installation.attempt({.sender = "carol@example.net"});
  check_output(installation, {"forget", id}, "forgot record " + id + ": .* \\(waiting until .*\\)");
  CHECK(text(installation.sql("SELECT COUNT(*) FROM greylisting_data WHERE pending_network IS NOT NULL")) ==
        text({{"1"}}));
  CHECK(reason(installation) == "new");
  CHECK(reason(installation, {.sender = "carol@example.net"}) == "early");
}

TEST_CASE("forget --client ends all that is known of a network", "[records][forget]") {
  const Installation installation(any_backend(), "auto_allow_after=1\ngroup_domain_level=1");
  CAPTURE(name(installation.backend()));
  installation.put({"trap", "recipient", "trap@example.org"});
  retry(installation);
  installation.attempt({.client = "198.51.100.1", .recipient = "trap@example.org"});
  installation.attempt({.client = "203.0.113.1"});
  installation.attempt({.client = "2001:db8::1"});
  REQUIRE(reason(installation, {.sender = "x@example.com"}) == "trusted");
  REQUIRE(reason(installation, {.client = "198.51.100.1"}) == "trapped");

  const Rows before = contents(installation);
  const std::string forgotten = "1 record of 192\\.0\\.2\\.0/24";
  check_output(
      installation, {"forget", "--client", "192.0.2.9", "--dry-run"},
      "would forget " + forgotten +
          "\nwould forget the 1 pass of 192\\.0\\.2\\.0/24\nwould forget the 1 pass of alice@example\\.net "
          "on 192\\.0\\.2\\.0/24\nwould forget the 1 pass of x@example\\.com on 192\\.0\\.2\\.0/24");
  CHECK(contents(installation) == before);
  const Result result = ctl(installation, {"forget", "--client", "192.0.2.9"});
  CHECK_THAT(result.output, Contains("forgot 1 record of 192.0.2.0/24\n") &&
                                Contains("forgot the 1 pass of 192.0.2.0/24\n") &&
                                Contains("forgot the 1 pass of alice@example.net on 192.0.2.0/24\n"));
  CHECK(reason(installation) == "new");
  check_output(installation, {"forget", "--client", "198.51.100.0/24"},
               "forgot 0 records of 198\\.51\\.100\\.0/24\nforgot the trap of 198\\.51\\.100\\.0/24");
  CHECK(reason(installation, {.client = "198.51.100.1"}) == "new");
  CHECK(reason(installation, {.client = "203.0.113.1"}) == "early");
  check_output(installation, {"forget", "--client", "2001:db8::/32"}, "forgot 1 record of 2001:db8::/32");
  CHECK(reason(installation, {.client = "2001:db8::1"}) == "new");
}

TEST_CASE("forget asks before it forgets very much", "[records][forget]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  installation.attempt();
  const bool is_sqlite = installation.backend() == Backend::sqlite;
  std::string rows;
  for (int i = 0; i < 1200; ++i) {
    const std::string number = std::to_string(1000000 + i);
    rows.append(i == 0 ? "" : ",")
        .append(is_sqlite ? "(" : "(" + number + ",")
        .append("x'000000000000000000000000" + number +
                "0', x'0a000001', 'a@b.example', 'c@d.example', '2020-01-01', "
                "'9999-12-31')");
  }
  installation.sql("INSERT INTO greylisting_data (" + std::string(is_sqlite ? "" : "id, ") +
                   "triplet, relay_ip, mail_from, rcpt_to, block_expires, record_expires) VALUES " + rows);
  const Result refused = ctl(installation, {"forget", "--client", "10.0.0.0/8"});
  CHECK(refused.status == 2);
  CHECK_THAT(refused.errors, Contains("this would forget 1200 records of 10.0.0.0/8; ") && Contains("--yes"));
  check_output(installation, {"forget", "--client", "10.0.0.0/8", "--dry-run"},
               "would forget 1200 records of 10\\.0\\.0\\.0/8");
  check_output(installation, {"forget", "--client", "10.0.0.0/8", "--yes"},
               "forgot 1200 records of 10\\.0\\.0\\.0/8");
  CHECK(counts_of_living(installation) == text({{"1", "0"}}));
}

TEST_CASE("What cannot be explained, found, passed or forgotten is said with a remedy", "[records]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  installation.attempt();
  const std::string id = id_of(installation);
  ctl(installation, {"forget", id});
  struct Wrong {
    Arguments arguments;
    int status;
    std::string said;
  };
  for (const Wrong& wrong : std::vector<Wrong>{
           {{"explain", "192.0.2", "a@b.example", "c@d.example"},
            2,
            "\"192.0.2\" is not an IP address; the order"},
           {{"explain", "192.0.2.1", "192.0.2.1", "c@d.example"}, 2, "is not a mail address; the order is"},
           {{"explain", "192.0.2.1", "a@b.example", ""}, 2, "the recipient is empty"},
           {{"explain", "192.0.2.1", "a@b.example"}, 2, "an attempt is IP SENDER RECIPIENT"},
           {{"pass", "192.0.2.1"}, 2, "IP SENDER RECIPIENT, or a record's number"},
           {{"pass", "192.0.2.1", "a@b.example"}, 2, "IP SENDER RECIPIENT, or a record's number"},
           {{"pass"}, 2, "IP SENDER RECIPIENT"},
           {{"pass", "123456789"}, 1, "there is no record 123456789; greylistctl find"},
           {{"pass", id}, 1, " UTC; to let its triplet pass all the same: greylistctl pass IP SENDER"},
           {{"forget", "123456789"}, 1, "there is no record 123456789; greylistctl find"},
           {{"forget", "192.0.2.1", "alice@example.net", "bob@example.org"},
            1,
            "there is no record of 192.0.2.1 alice@example.net -> bob@example.org; greylistctl find "
            "--client"},
           {{"forget", "alice@example.net"}, 2, "or --client NETWORK"},
           {{"forget"}, 2, "or --client NETWORK"},
           {{"forget", "1", "--client", "192.0.2.0/24"}, 2, "name nothing else"},
           {{"forget", "--client", "192.0.2.x"}, 2, "is not an address or network"},
           {{"forget", "--client", "203.0.113.0/24"}, 1, "nothing is known of 203.0.113.0/24"},
           {{"find", "--client", "example.net"}, 2, "is not an address or network"},
           {{"find", "192.0.2.0/33"}, 2, "\"192.0.2.0/33\" is not an address or network: 192.0.2.7"},
           {{"find", "192.000.002.001"}, 2, "is not an address or network"},
           {{"find", "192.0.2.1-192.0.2.9"}, 2, "is not an address or network"},
           {{"why", "2001:DB8::/129"}, 2, "is not an address or network"},
           {{"why", "192.0.2.1:25"}, 2, "is not an address or network"},
           {{"find", "--since", "yesterday"}, 2, "is neither a duration (90m, 12h, 30d, 2w) nor a date"},
           {{"find", "--limit", "0"}, 2, "--limit"},
           {{"find", "--json", "--csv"}, 2, "--json"},
           {{"find", "--pending", "--passed"}, 2, "--pending"},
       }) {
    const Result result = ctl(installation, wrong.arguments);
    CAPTURE(wrong.arguments, result.output, result.errors);
    CHECK(result.status == wrong.status);
    CHECK(result.output.empty());
    CHECK_THAT(result.errors, Contains(wrong.said));
  }
}

TEST_CASE("what only begins as a network does is looked for as a part or a domain", "[records]") {
  const Installation installation(Backend::sqlite);
  for (const std::string word : {"cafe.de", "12-34", "1.2.3.example", "192", "12@example.org"}) {
    CAPTURE(word);
    const Result result = ctl(installation, {"find", word});
    CHECK(result.status == 0);
    CHECK(result.errors.empty());
  }
}

TEST_CASE("explain, find, pass and forget have help with an example", "[records]") {
  for (const std::string subcommand : {"explain", "find", "pass", "forget"}) {
    const Result result = run({.arguments = {built("greylistctl"), subcommand, "--help"}});
    CHECK(result.status == 0);
    CHECK(result.errors.empty());
    CHECK_THAT(result.output, Contains("Example: greylistctl " + subcommand));
  }
}

}  // namespace greylisting::test
