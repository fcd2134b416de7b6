// greylistctl why: what it tells of the past is what has happened, and what it says to type helps.

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/clients.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Catch::Contains;

std::string why(const Installation& installation, const Arguments& words) {
  Arguments arguments{"why"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  const Result result = ctl(installation, arguments);
  CAPTURE(words, result.output, result.errors);
  CHECK(result.status == 0);
  CHECK(result.errors.empty());
  return result.output;
}

void check_lines(const std::string& output, const std::vector<std::string>& expressions) {
  CAPTURE(output);
  for (const std::string& expression : expressions) {
    CAPTURE(expression);
    CHECK(std::regex_search(output, std::regex("(^|\n)" + expression + "\n")));
  }
}

// Types the command that it names, and what becomes of the attempt then.
std::string reason_after_remedy(const Installation& installation, const std::string& output,
                                const Rcpt& rcpt = {}) {
  std::smatch command;
  CAPTURE(output);
  REQUIRE(std::regex_search(output, command, std::regex(": greylistctl ([^\n]*)\n")));
  const std::string line =
      std::regex_replace("greylistctl " + command[1].str(), std::regex("greylistctl "),
                         built("greylistctl").string() + " --home " + installation.home().string() + ' ');
  const Result done = run({.arguments = {"sh", "-c", line}});
  CAPTURE(line, done.output, done.errors);
  REQUIRE(done.status == 0);
  return logged(installation.attempt(rcpt), "reason");
}

void forget_journal(const Installation& installation) {
  for (const auto& file : fs::directory_iterator(installation.home() / "greylisting"))
    if (file.path().extension() == ".journal") fs::remove(file.path());
}

}  // namespace

TEST_CASE("why tells each attempt, how long it waited, by which rule, and what to type", "[why]") {
  const Installation installation(any_backend());
  fs::create_directory(installation.home() / "greylisting");
  CAPTURE(name(installation.backend()));
  installation.attempt();
  installation.attempt();
  installation.pass_time(1h);
  installation.attempt({.client = "192.0.2.9"});
  installation.pass_time(10min);
  installation.attempt();
  installation.attempt({.sender = "other@example.com", .recipient = "carol@example.org"});

  const std::string id =
      nlohmann::json::parse(ctl(installation, {"find", "alice", "--json"}).output)[0]["id"].dump();
  const std::vector<std::string> story{
      "alice@example\\.net -> bob@example\\.org",
      "  time \\(UTC\\) +rule +client",
      "  " + kTime + "  deferred  new +192\\.0\\.2\\.1",
      "  " + kTime + "  deferred  early +192\\.0\\.2\\.1",
      "  " + kTime + "  accepted  retried +192\\.0\\.2\\.9",
      "  " + kTime + "  accepted  known +192\\.0\\.2\\.1",
      "  waited   1 h, from " + kTime + " to " + kTime + " UTC",
      "  because  a new triplet is deferred for 55 min \\(block_expire\\)",
      "           the other 5 min( [0-9] s)?: the sending server did not come back sooner",
      "  passed   by rule 8, the triplet is past its block for the first time",
      "  now      the next one passes at once, until " + kTime + " UTC",
      "  so that the next one does not wait: greylistctl allow 192\\.0\\.2\\.0/24"};
  for (const std::string word : {"alice@example.net", "Bob@Example.org", "example.net", "192.0.2.7",
                                 "192.0.2.0/24", "alice@", "alic"}) {
    CAPTURE(word);
    check_lines(why(installation, {word}), story);
  }
  check_lines(why(installation, {id}), story);
  CHECK_THAT(why(installation, {"alice"}), !Contains("carol") && !Contains("whose times"));
  CHECK_THAT(why(installation, {"example.net", "--since", "5m"}), Contains("alice@example.net"));
  CHECK_THAT(why(installation, {"example.net", "--since", "2090-01-01"}), Contains("Nothing is known of "));
  CHECK_THAT(why(installation, {"example.org", "--limit", "1"}),
             Contains("These are the latest 1; there are 1 more: --limit\n") && Contains("(block_expire)"));
  CHECK(reason_after_remedy(installation, why(installation, {"alice"}), {.sender = "dave@example.net"}) ==
        "allowed");
}

TEST_CASE("why lets in what waits", "[why]") {
  const Installation installation(any_backend());
  fs::create_directory(installation.home() / "greylisting");
  CAPTURE(name(installation.backend()));
  installation.attempt();
  // The journal's line may be of the second after the record's.
  const std::string moved = installation.backend() == Backend::sqlite
                                ? "block_expires = datetime(block_expires, '-1 seconds'), "
                                  "create_time = datetime(create_time, '-1 seconds')"
                                : "block_expires = block_expires - INTERVAL 1 SECOND, create_time = "
                                  "create_time - INTERVAL 1 SECOND";
  installation.sql("UPDATE greylisting_data SET " + moved);
  const std::string output = why(installation, {"alice@example.net"});
  check_lines(output, {"  waits    since " + kTime + " UTC, [0-9]+ s",
                       "  because  a new triplet is deferred for 55 min \\(block_expire\\)",
                       "  now      passes when it is tried again after " + kTime + " UTC",
                       "  to let it in: greylistctl pass [0-9]+"});
  CHECK(reason_after_remedy(installation, output) == "retried");
}

TEST_CASE("why tells without the journal what records know, and says what nobody knows", "[why]") {
  const Installation installation(any_backend());
  fs::create_directory(installation.home() / "greylisting");
  CAPTURE(name(installation.backend()));
  for (int i = 0; i < 3; ++i) installation.attempt();
  installation.pass_time(1h);
  installation.attempt();
  forget_journal(installation);
  std::string output = why(installation, {"alice@example.net"});
  check_lines(output, {"  " + kTime + "  deferred  new +192\\.0\\.2\\.1",
                       "  " + kTime + "  accepted  retried +192\\.0\\.2\\.1",
                       "  and 2 attempts more, whose times nobody has kept: .*", "  waited   1 h, .*"});
  installation.pass_time(1h);
  installation.attempt();
  forget_journal(installation);
  output = why(installation, {"alice@example.net"});
  check_lines(output, {"  passed   between " + kTime + " and " + kTime + " UTC;"});
  CHECK_THAT(output, !Contains("2 h"));
  const auto json =
      nlohmann::json::parse(ctl(installation, {"why", "alice@example.net", "--json"}).output)["messages"][0];
  CHECK(json["waited"].is_null());
  CHECK(json["has_passed"] == true);
  CHECK(json["attempts_without_time"] == 3);
}

TEST_CASE("why names the entry, the trap and the store that were in the way", "[why]") {
  const Installation installation(any_backend());
  fs::create_directory(installation.home() / "greylisting");
  CAPTURE(name(installation.backend()));
  installation.put({"deny", "sender", "example.net"});
  installation.attempt();
  std::string output = why(installation, {"alice@example.net"});
  check_lines(output,
              {"  rejected at " + kTime + " UTC: a sending server does not try that again",
               "  because  of rule 2, .* \\(entries/1\\)", "  to let it in: greylistctl remove entries/1"});
  CHECK_THAT(output, !Contains("not come again"));
  CHECK(reason_after_remedy(installation, output) == "new");

  // Without its trap a client is still trapped.
  installation.put({"trap", "recipient", "info@example.org"});
  const Rcpt trapped{.client = "203.0.113.6", .recipient = "info@example.org"};
  installation.attempt(trapped);
  output = why(installation, {"203.0.113.6"});
  check_lines(output, {"  to let it in: greylistctl remove entries/[0-9]+ && greylistctl remove trapped "
                       "203\\.0\\.113\\.0/24"});
  CHECK(reason_after_remedy(installation, output, trapped) == "new");

  installation.put({"trap", "recipient", "trap@example.org"});
  installation.attempt({.client = "203.0.113.1", .recipient = "trap@example.org"});
  installation.attempt({.client = "203.0.113.1", .sender = "eve@example.com"});
  output = why(installation, {"eve@example.com"});
  check_lines(output, {"  to let it in: greylistctl remove trapped 203\\.0\\.113\\.0/24"});
  CHECK(reason_after_remedy(installation, output, {.client = "203.0.113.1", .sender = "eve@example.com"}) ==
        "new");
}

TEST_CASE("why tells a message that came from several networks", "[why]") {
  const Installation installation(any_backend());
  fs::create_directory(installation.home() / "greylisting");
  CAPTURE(name(installation.backend()));
  installation.attempt();
  installation.pass_time(1h);
  installation.attempt({.client = "198.51.100.1"});
  installation.pass_time(1h);
  installation.attempt({.client = "198.51.100.1"});
  // Asked of one of them, it tells of both.
  check_lines(why(installation, {"192.0.2.1"}),
              {"  " + kTime + "  accepted  retried +198\\.51\\.100\\.1", "  waited   2 h, .*",
               "           it came from 2 networks, and each of them is greylisted for itself",
               "  so that the next one does not wait: greylistctl import spf example\\.net"});
}

TEST_CASE("why tells networks that count as one, because the sender's domain vouches for them", "[why]") {
  const Installation installation(any_backend());
  fs::create_directory(installation.home() / "greylisting");
  CAPTURE(name(installation.backend()));
  installation.attempt(vouched("203.0.113.99"));
  REQUIRE(logged(installation.attempt(vouched("203.0.1.99")), "reason") == "early");
  const std::string output = why(installation, {"alice@example.net"});
  check_lines(output, {"           it came from 2 networks, which count as one: the sender's domain vouches "
                       "for them"});
  CHECK_THAT(output, !Contains("for itself"));
}

TEST_CASE("why says where nothing was late, and where nothing is known", "[why]") {
  const Installation installation(any_backend());
  fs::create_directory(installation.home() / "greylisting");
  CAPTURE(name(installation.backend()));
  installation.put({"allow", "client", "192.0.2.0/24"});
  installation.attempt({.sender = "friend@example.net"});
  CHECK(why(installation, {"friend@example.net"}) ==
        "Nothing was late. 1 pair of sender and recipient: all attempts were accepted at once.\n");
  CHECK(std::regex_match(
      why(installation, {"nobody@example.com"}),
      std::regex("Nothing is known of nobody@example\\.com: there is no record, and nothing in "
                 "this host's journal, which begins at " +
                 kTime + " UTC\\.\n")));
  installation.sql(
      "INSERT INTO greylisting_history (period, kind, name, host, total) VALUES "
      "('2026-01-02 00:00:00', 'sender-domain', 'example.com', '', 3), "
      "('2026-02-02 00:00:00', 'sender-domain', 'example.com', '', 4), "
      "('2026-02-02 00:00:00', 'pool-messages', 'pool.example.com', '', 5)");
  CHECK_THAT(
      why(installation, {"pool.example.com"}),
      Contains("Deleted since: 5 messages from the sender domain pool.example.com that came from several "
               "networks, first seen on 2026-02-02.\n"));
  CHECK_THAT(
      why(installation, {"example.com"}),
      Contains("Deleted since: 7 triplets from the sender domain example.com that nobody retried, first "
               "seen from 2026-01-02 to 2026-02-02.\n"));
  CHECK(ctl(installation, {"why", ""}).status == 2);
}

TEST_CASE("With privacy=hash why is asked with addresses and domains, and shows none", "[why]") {
  const Installation installation(any_backend(), "privacy=hash");
  fs::create_directory(installation.home() / "greylisting");
  CAPTURE(name(installation.backend()));
  write_file(installation.home() / "control/greylisting_key", "a secret of twenty two", 0600);
  installation.attempt();
  installation.attempt();
  installation.pass_time(1h);
  installation.attempt({.client = "198.51.100.1"});
  for (const std::string word : {"alice@example.net", "example.net", "bob@example.org", "192.0.2.1"}) {
    CAPTURE(word);
    const std::string output = why(installation, {word});
    check_lines(output, {"[0-9a-f]{16}@[0-9a-f]{16} -> [0-9a-f]{16}@[0-9a-f]{16}",
                         "  " + kTime + "  deferred  early +192\\.0\\.2\\.1"});
    CHECK_THAT(output, !Contains("example") && !Contains("import spf"));
  }
  const Result part = ctl(installation, {"why", "alice"});
  CHECK(part.status == 2);
  CHECK_THAT(part.errors, Contains("\"alice\" cannot be looked for with privacy=hash"));
}

}  // namespace greylisting::test
