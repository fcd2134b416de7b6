// shortcut_test: a triplet that has passed before is not held against the lists again, and nobody can tell:
// whatever changes is seen at the next attempt.

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/scenario.h"

namespace greylisting::test {
namespace {

using namespace std::chrono_literals;

const std::vector<Step> kKnown{attempt(deferred("new")), pass(1h), attempt(accepted("retried")),
                               attempt(accepted("known")), attempt(accepted("known"))};

std::vector<Step> known_then(std::vector<Step> steps, std::vector<Step> before = {}) {
  before.insert(before.end(), kKnown.begin(), kKnown.end());
  before.insert(before.end(), steps.begin(), steps.end());
  return before;
}

Rcpt with(std::map<std::string, std::string> environment) { return {.environment = std::move(environment)}; }

const std::vector<Scenario> kScenarios{
    {"it is counted, and lives on",
     "",
     {},
     known_then({counts({{"1", "3"}}), pass(35 * 24h), attempt(accepted("known")), pass(35 * 24h),
                 attempt(accepted("known"))})},
    {"its record ends", "", {}, known_then({pass(37 * 24h), attempt(deferred("new"))})},
    {"a record that is forgotten",
     "",
     {},
     known_then({Sql{"DELETE FROM greylisting_data"}, attempt(deferred("new"))})},
    {"an entry that denies",
     "",
     {},
     known_then({put({"deny", "sender", "alice@example.net"}), attempt(rejected())})},
    {"an entry that opts out",
     "",
     {},
     known_then({put({"skip", "recipient", "bob@example.org"}), attempt(accepted("opted-out"))})},
    {"an entry in greylisting_lists",
     "",
     {},
     known_then({add(deny_network("192.0.2.0/24")), attempt(rejected())})},
    {"an entry that is changed",
     "",
     {},
     known_then(
         {Sql{"UPDATE greylisting_entries SET action = 'deny'"}, attempt(rejected())},
         {put({.action = "greylist", .word = "client", .pattern = "192.0.2.0/24", .block_expire = "50"})})},
    {"an entry in greylisting_lists that is changed",
     "",
     {allow_domain("example.com")},
     known_then({Sql{"UPDATE greylisting_lists SET rcpt_to = 'example.org'"}, attempt(accepted("allowed"))})},
    {"an entry that is removed",
     "explicit=1",
     {allow_domain("example.org")},
     known_then({Sql{"DELETE FROM greylisting_lists"}, attempt(accepted("not-listed"))})},
    {"a regular expression that denies",
     "",
     {},
     known_then({put({"deny", "sender", "/^alice@/"}), attempt(rejected())})},
    {"a file that denies",
     "",
     {},
     known_then({write("control/greylisting_deny", "sender alice@example.net\n"), attempt(rejected())})},
    {"another client of the same network is another question",
     "",
     {},
     known_then({attempt({.client = "192.0.2.7"}, rejected()), attempt(accepted("known"))},
                {put({"deny", "client", "192.0.2.7"})})},
    {"a client's name is part of the question",
     "trust_remote_host=paranoid",
     {},
     known_then({attempt(with({{"TCPREMOTEHOST", "a.evil.example"}}), rejected())},
                {put({"deny", "client", "evil.example"})})},
    {"settings are part of the question",
     "",
     {},
     known_then({attempt(with({{"GLEXPLICIT", "1"}}), accepted("not-listed")), attempt(accepted("known"))})},
    {"a trap",
     "",
     {},
     known_then({attempt({.recipient = "trap@example.org"}, deferred("trap")),
                 attempt(rejected(kRejection, "trapped"))},
                {put({"trap", "recipient", "trap@example.org"})})},
    {"trust, which the shortcut counts once an hour",
     "auto_allow_after=3",
     {},
     known_then({pass(61min), attempt(accepted("known")), attempt(accepted("known")), pass(61min),
                 attempt(accepted("known")), attempt(accepted("trusted"))})},
    {"trust of a sender",
     "group_domain_level=2\nauto_allow_after=0",
     {},
     {attempt(deferred("new")), pass(1h), attempt(accepted("retried")), attempt(accepted("trusted"))}},
    {"a pool's two records count together",
     "",
     {},
     {attempt(with({{"SPFRESULT", "pass"}}), deferred("new")), pass(1h),
      attempt(with({{"SPFRESULT", "pass"}}), accepted("retried")),
      attempt(with({{"SPFRESULT", "pass"}}), accepted("known")), counts({{"1", "2"}, {"1", "2"}}),
      attempt(accepted("known")), counts({{"1", "3"}, {"1", "2"}}),
      put({"deny", "sender", "alice@example.net"}), attempt(with({{"SPFRESULT", "pass"}}), rejected())}},
};

}  // namespace

TEST_CASE("The shortcut of a known triplet", "[shortcut]") { play(kScenarios); }

TEST_CASE("The shortcut is taken where there is one", "[shortcut]") {
  const Installation installation(GENERATE(Backend::mariadb, Backend::mysql56, Backend::sqlite));
  CAPTURE(name(installation.backend()));
  installation.attempt();
  installation.pass_time(1h);
  REQUIRE(logged(installation.attempt(), "reason") == "retried");
  // An entry that nobody is told of.
  installation.put({"deny", "sender", "alice@example.net"});
  installation.sql("UPDATE greylisting_meta SET value = value - 1 WHERE name = 'lists_version'");
  CHECK(logged(installation.attempt(), "reason") == "known");
  installation.sql("UPDATE greylisting_meta SET value = value + 1 WHERE name = 'lists_version'");
  CHECK(logged(installation.attempt(), "reason") == "denied");
}

}  // namespace greylisting::test
