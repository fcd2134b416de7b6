// outside_lists_test: files and regular expressions count among the entries of the store as any other, and
// leave alone what they do not decide. The same on every store.

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "judgement/attempt.h"
#include "store/mysql_store.h"
#include "store/sqlite_store.h"
#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/clients.h"
#include "tests/support/scenario.h"

namespace greylisting::test {
namespace {

using namespace std::chrono_literals;

const std::string kDeny = "control/greylisting_deny";
const std::string kAllow = "control/greylisting_allow";

// The second recipient of a message whose first was deferred, with stage=data.
const std::map<std::string, std::string> kRefused{
    {"SMTPRCPTCOUNT", "1"}, {"SMTPRCPTCOUNTALL", "2"}, {"GREYLISTING_TRANSACTION", "1:0:data"}};
const std::string kShared;  // DATA answers

// Known for 192.0.2.1, and the hour of the client is counted.
std::vector<Step> known_then(std::vector<Step> steps) {
  std::vector<Step> all{attempt(deferred("new")), pass(1h), attempt(accepted("retried")),
                        attempt(accepted("known"))};
  all.insert(all.end(), steps.begin(), steps.end());
  return all;
}

// The client is trusted, with auto_allow_after=1.
std::vector<Step> trusted_then(std::vector<Step> steps) {
  std::vector<Step> all{attempt(deferred("new")), pass(1h), attempt(accepted("retried")),
                        attempt(accepted("trusted"))};
  all.insert(all.end(), steps.begin(), steps.end());
  return all;
}

const std::vector<Scenario> kWithOutsideLists{
    {"the most specific entry counts, in the store or in a file: a file denies part of what the store allows",
     "",
     {},
     {put({"allow", "client", "192.0.2.0/24"}), write(kDeny, "192.0.2.7\nsender spam@example.com\n"),
      attempt({.client = "192.0.2.7"}, rejected(kRejection, "denied", "control/greylisting_deny:1")),
      attempt({.client = "192.0.2.9", .sender = "spam@example.com"},
              rejected(kRejection, "denied", "control/greylisting_deny:2")),
      attempt({.client = "192.0.2.9"}, accepted("allowed", "entries/1"))}},
    {"a file allows part of what the store denies",
     "",
     {},
     {put({"deny", "client", "192.0.2.0/24"}), write(kAllow, "192.0.2.7\n"),
      attempt({.client = "192.0.2.7"}, accepted("allowed", "control/greylisting_allow:1")),
      attempt({.client = "192.0.2.9"}, rejected(kRejection, "denied", "entries/1"))}},
    {"a file allows part of what another denies, also of a triplet that is known",
     "",
     {},
     known_then({write(kDeny, "192.0.2.0/24\n"), attempt(rejected()), write(kAllow, "192.0.2.1\n"),
                 attempt(accepted("allowed", "control/greylisting_allow:1"))})},
    {"a regular expression counts for less than any other entry",
     "",
     {},
     {put({"deny", "sender", "/^alice@/"}), write(kAllow, "sender example.net\n"),
      attempt(accepted("allowed", "control/greylisting_allow:1")),
      attempt({.sender = "alice@example.com"}, rejected(kRejection, "denied", "entries/1"))}},
    {"a regular expression allows by address also where names are not believed",
     "",
     {},
     {put({"allow", "client", "/^192\\.0\\.2\\.|good\\.example$/"}),
      write(kAllow, "/^198\\.51\\.100\\./\n<>\n"), attempt(accepted("allowed", "entries/1")),
      attempt({.client = "198.51.100.1"}, accepted("allowed", "control/greylisting_allow:1")),
      attempt({.client = "203.0.113.1", .environment = {{"TCPREMOTEHOST", "mail.good.example"}}},
              deferred("new"))}},
    {"of two that are equally specific the one that denies counts, wherever it is",
     "",
     {},
     {put({"allow", "sender", "alice@example.net"}), write(kDeny, "sender alice@example.net\n"),
      attempt(rejected(kRejection, "denied", "control/greylisting_deny:1"))}},
    {"a trusted client is held against a file that denies, and loses its trust by it",
     "auto_allow_after=1",
     {},
     trusted_then({attempt({.sender = "carol@example.net"}, accepted("trusted")),
                   write(kDeny, "sender spam.example\n"),
                   attempt({.sender = "carol@example.net"}, accepted("trusted")),
                   attempt({.sender = "x@spam.example"}, rejected()),
                   attempt({.sender = "carol@example.net"}, deferred("new"))})},
    {"and against a regular expression",
     "auto_allow_after=1",
     {},
     trusted_then({put({"deny", "sender", "/@spam\\.example$/"}),
                   attempt({.sender = "carol@example.net"}, accepted("trusted")),
                   attempt({.sender = "x@spam.example"}, rejected()),
                   attempt({.sender = "carol@example.net"}, deferred("new"))})},
    {"a triplet is known, and another client of its network is denied",
     "",
     {},
     known_then({write(kDeny, "192.0.2.7\n"), attempt(accepted("known")),
                 attempt({.client = "192.0.2.7"}, rejected()), attempt(accepted("known"))})},
    {"so is another client of the pool",
     "",
     {},
     {write(kDeny, "198.51.100.0/24\n"), attempt(vouched("192.0.2.1"), deferred("new")), pass(1h),
      attempt(vouched("192.0.2.1"), accepted("retried")), attempt(vouched("198.51.100.9"), rejected()),
      attempt(vouched("203.0.113.9"), accepted("known"))}},
    {"and a client whose name has changed",
     "",
     {},
     known_then({put({"deny", "client", "/\\.evil\\.example$/"}), attempt(accepted("known")),
                 attempt({.environment = {{"TCPREMOTEHOST", "mail.evil.example"}}}, rejected()),
                 attempt(accepted("known"))})},
    {"with match=network another sender is denied",
     "match=network",
     {},
     known_then({write(kDeny, "sender spam.example\n"), attempt(accepted("known")),
                 attempt({.sender = "x@spam.example"}, rejected()), attempt(accepted("known"))})},
    {"with match=envelope another client is denied",
     "match=envelope",
     {},
     known_then({write(kDeny, "198.51.100.0/24\n"), attempt(accepted("known")),
                 attempt({.client = "198.51.100.1"}, rejected()), attempt(accepted("known"))})},
    {"a client that is denied takes nothing from others of its network",
     "",
     {},
     {write(kDeny, "192.0.2.7\n"), attempt({.client = "192.0.2.9"}, deferred("new")),
      attempt({.client = "192.0.2.7"}, rejected()), attempt({.client = "192.0.2.9"}, deferred("early"))}},
    {"with match=network a sender that is allowed takes nothing from others",
     "match=network",
     {},
     {write(kAllow, "sender friend@example.com\n"), attempt(deferred("new")),
      attempt({.sender = "friend@example.com"}, accepted("allowed")), attempt(deferred("early"))}},
    {"an entry of a pool's member takes nothing from the pool",
     "",
     {},
     {write(kAllow, "198.51.100.1\n"), attempt(vouched("192.0.2.1"), deferred("new")),
      attempt(vouched("198.51.100.1"), accepted("allowed")), pass(1h),
      attempt(vouched("203.0.113.1"), accepted("retried"))}},
    {"what a file denied for a while is known when it does not any more",
     "",
     {},
     known_then({write(kDeny, "sender alice@example.net\n"), attempt(rejected()), write(kDeny, ""),
                 attempt(accepted("known"))})},
    {"a client that a file allows springs no trap, and frees nobody who has",
     "",
     {},
     {put({"trap", "recipient", "trap@example.org"}), write(kAllow, "192.0.2.7\n"),
      attempt({.recipient = "trap@example.org"}, deferred("trap")),
      attempt({.client = "192.0.2.7", .recipient = "trap@example.org"}, accepted("allowed")),
      attempt(rejected(kRejection, "trapped")), attempt({.client = "192.0.2.7"}, accepted("allowed"))}},
    {"a client that is allowed keeps what it has earned, also in a trap",
     "auto_allow_after=1",
     {},
     trusted_then({put({"trap", "recipient", "trap@example.org"}),
                   write(kAllow, "recipient trap@example.org\n"),
                   attempt({.recipient = "trap@example.org"}, accepted("allowed")),
                   attempt({.sender = "carol@example.net"}, accepted("trusted"))})},
    {"a trap that has opted out is none",
     "auto_allow_after=1",
     {},
     trusted_then({put({"trap", "recipient", "trap@example.org"}),
                   put({"skip", "recipient", "trap@example.org"}),
                   attempt({.recipient = "trap@example.org"}, accepted("opted-out")),
                   attempt({.sender = "carol@example.net"}, accepted("trusted"))})},
    {"a group falls by a regular expression as by any entry",
     "auto_allow_after=0\ngroup_domain_level=2",
     {},
     {attempt({.sender = "a@example.net"}, deferred("new")),
      attempt({.sender = "b@example.net"}, deferred("new")), pass(1h),
      attempt({.sender = "a@example.net"}, accepted("retried")),
      attempt({.sender = "b@example.net"}, accepted("retried")), put({"deny", "sender", "/^c@/"}),
      attempt({.sender = "d@example.net"}, accepted("trusted")),
      attempt({.sender = "c@example.net"}, rejected()),
      attempt({.sender = "e@example.net"}, deferred("new"))}},
    {"a trap takes from the domain that vouched what it had earned",
     "auto_allow_after=2",
     {},
     {attempt(vouched("192.0.2.1"), deferred("new")), pass(1h),
      attempt(vouched("192.0.2.1"), accepted("retried")), put({"trap", "recipient", "trap@example.org"}),
      attempt(
          {.client = "192.0.2.1", .recipient = "trap@example.org", .environment = {{"SPFRESULT", "pass"}}},
          deferred("trap")),
      pass(25h), attempt(vouched("203.0.113.1"), accepted("known")),
      attempt(vouched("203.0.113.1", "carol@example.net"), deferred("new"))}},
    {"what would pass waits with another recipient of its message that is refused at DATA, and is not "
     "counted",
     "auto_allow_after=2",
     {},
     known_then(
         {attempt({.environment = kRefused}, deferred("shared", kShared)),
          attempt({.client = "203.0.113.1", .environment = kRefused}, deferred("new")),
          Stored{"SELECT passed_count FROM greylisting_data WHERE passed_count > 0", {{"2"}}},
          Stored{"SELECT passes FROM greylisting_clients", {{"1"}}}, write(kDeny, "sender spam.example\n"),
          attempt({.sender = "x@spam.example", .environment = kRefused}, rejected()),
          attempt({.environment = kRefused}, deferred("shared", kShared)),
          put({"skip", "recipient", "open@example.org"}),
          attempt({.recipient = "open@example.org", .environment = kRefused}, deferred("shared", kShared))})},
    {"who has opted in without a block of one's own has that of the next entry, or the setting's",
     "explicit=1\nblock_expire=2",
     {},
     {put({"greylist", "recipient", "bob@example.org"}), attempt(deferred("new")), pass(1min),
      attempt(deferred("early")), pass(2min), attempt(accepted("retried")),
      put({.action = "greylist", .word = "client", .pattern = "192.0.2.0/24", .block_expire = "30"}),
      attempt({.sender = "carol@example.net"}, deferred("new")), pass(29min),
      attempt({.sender = "carol@example.net"}, deferred("early")), pass(2min),
      attempt({.sender = "carol@example.net"}, accepted("retried"))}},
    {"trust that is over is not brought back by another's",
     "auto_allow_after=1",
     {},
     {attempt(vouched("192.0.2.1"), deferred("new")), pass(1h),
      attempt(vouched("192.0.2.1"), accepted("retried")), pass(20 * 24h),
      attempt({.sender = "a@example.com"}, accepted("trusted")), pass(20 * 24h),
      attempt(vouched("203.0.113.1", "carol@example.net"), deferred("new")),
      attempt(vouched("192.0.2.1", "dave@example.net"), accepted("trusted")),
      attempt(vouched("203.0.113.1", "erin@example.net"), deferred("new"))}},
    {"a pool's triplet is retried as often as under either record",
     "",
     {},
     {attempt(deferred("new")), attempt(deferred("early")), attempt(vouched("192.0.2.1"), deferred("early")),
      pass(1h), attempt(vouched("192.0.2.1"), accepted("retried")), pass(40 * 24h),
      attempt({.client = "203.0.113.5"}, deferred("new")), pass(1h),
      attempt(vouched("203.0.113.5"), accepted("retried"))}},
    {"rules of what is suspicious are asked before anything is recorded",
     "greylist=suspicious",
     {},
     {write("control/greylisting_suspicious", "sender =~ ^info@\n"),
      attempt({.sender = "alice@example.net",
               .environment = {{"TCPREMOTEHOST", "mail.example.net"}, {"SMTPHELOHOST", "mail.example.net"}}},
              accepted("not-suspicious")),
      attempt({.sender = "info@example.net",
               .environment = {{"TCPREMOTEHOST", "mail.example.net"}, {"SMTPHELOHOST", "mail.example.net"}}},
              deferred("new")),
      attempt({.sender = "info@example.net",
               .environment = {{"TCPREMOTEHOST", "mail.example.net"}, {"SMTPHELOHOST", "mail.example.net"}}},
              deferred("early")),
      write(kAllow, "sender info@example.com\n"),
      attempt({.sender = "info@example.com",
               .environment = {{"TCPREMOTEHOST", "mail.example.net"}, {"SMTPHELOHOST", "mail.example.net"}}},
              accepted("allowed"))}},
};

void make_known(const Installation& installation) {
  installation.attempt();
  installation.pass_time(1h);
  REQUIRE(logged(installation.attempt(), "reason") == "retried");
}

}  // namespace

TEST_CASE("judgement: files and regular expressions beside the store", "[integration][judgement][outside]") {
  play(kWithOutsideLists);
}

TEST_CASE("A deny file that is replaced by an older one is read all the same", "[judgement][outside]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  make_known(installation);
  const auto file = installation.home() / "control/greylisting_deny";
  const auto old_file = installation.home() / "old";
  write_file(file, "sender spam.example\n", 0644);
  REQUIRE(logged(installation.attempt(), "reason") == "known");
  // As long, and as old.
  write_file(old_file, "sender example.net \n", 0644);
  std::filesystem::last_write_time(old_file, std::filesystem::last_write_time(file));
  std::filesystem::rename(old_file, file);
  CHECK(logged(installation.attempt(), "reason") == "denied");
}

TEST_CASE("What a file that denies has wrong is said once, whatever is asked", "[judgement][outside]") {
  const Installation installation(GENERATE(Backend::mariadb, Backend::sqlite));
  CAPTURE(name(installation.backend()));
  make_known(installation);
  write_file(installation.home() / "control/greylisting_deny", "sender\nsender example.net\n", 0644);
  const Result result = installation.attempt();
  CAPTURE(result.errors);
  CHECK(logged(result, "reason") == "denied");
  CHECK(lines(result.errors) == 2);
}

TEST_CASE("A deny file that could not be read is asked when it can be", "[judgement][outside]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  make_known(installation);
  const auto file = installation.home() / "control/greylisting_deny";
  const auto target = installation.home() / "control/target";
  // What cannot be read and what can be have one state: a link's own.
  write_file(target, "sender example.net\n", 0666);
  std::filesystem::permissions(target, std::filesystem::perms(0666));
  std::filesystem::create_symlink("target", file);
  for (int i = 0; i < 2; ++i) {
    const Result result = installation.attempt();
    CHECK(logged(result, "reason") == "known");
    CHECK_THAT(result.errors, Catch::Contains("can be written by everybody"));
  }
}

TEST_CASE("A trap cannot be told from a deferral by the seconds that are left", "[judgement][traps]") {
  const Installation installation(any_backend(), "defer_message=451 in %s\n");
  CAPTURE(name(installation.backend()));
  installation.put({"trap", "recipient", "trap@example.org"});
  installation.put(
      {.action = "greylist", .word = "recipient", .pattern = "example.org", .block_expire = "3"});
  const std::string deferral = answer(installation.attempt());
  CHECK(deferral == "E451 in 181\n");
  CHECK(answer(installation.attempt({.client = "198.51.100.1", .recipient = "trap@example.org"})) ==
        deferral);
}

}  // namespace greylisting::test
