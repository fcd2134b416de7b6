#include "host/spp.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "host/header.h"
#include "process/deadline.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"
#include "tests/support/standard_stream.h"

namespace greylisting::spp {
namespace {

using namespace std::chrono_literals;

Decision decision_of(Reason reason, std::chrono::seconds left = 0s) {
  Decision decision;
  decision.reason = reason;
  decision.left = left;
  return decision;
}

// As for a transaction of which nothing has to be remembered.
std::string answer(const Decision& decision, const Settings& settings = {},
                   const Transaction& transaction = {.tried = 1}) {
  return commands(decision, settings, "example.org", transaction, "");
}

TEST_CASE("spp::commands: the built-in replies of greylisting 0.5", "[spp]") {
  const std::string deferral = "E451 temporary failure (#4.3.0)\n";
  CHECK(answer(decision_of(Reason::new_triplet, 3300s)) == deferral);
  CHECK(answer(decision_of(Reason::early, 60s)) == deferral);
  CHECK(answer(decision_of(Reason::denied)) == "E553 sorry, your envelope sender has been denied (#5.7.1)\n");
}

TEST_CASE("spp::commands: a trap looks like any deferral, and the trapped like the denied", "[spp]") {
  for (const Stage stage : {Stage::rcpt, Stage::data}) {
    Settings settings;
    settings.stage = stage;
    CAPTURE(static_cast<int>(stage));
    CHECK(answer(decision_of(Reason::trap, 3300s), settings) ==
          answer(decision_of(Reason::new_triplet, 3300s), settings));
    CHECK(answer(decision_of(Reason::trapped), settings) == answer(decision_of(Reason::denied), settings));
  }
}

TEST_CASE("spp::commands: nothing to say about a recipient that is accepted", "[spp]") {
  const Reason reason = GENERATE(Reason::opted_out, Reason::not_listed, Reason::allowed, Reason::trusted,
                                 Reason::known, Reason::retried, Reason::not_suspicious, Reason::null_sender);
  CAPTURE(name(reason));
  Settings settings;
  settings.stage = GENERATE(Stage::rcpt, Stage::data);
  CHECK(answer(decision_of(reason), settings).empty());
}

TEST_CASE("spp::commands: the replies that are set, expanded", "[spp]") {
  Settings settings;
  settings.defer_message = "450 %r: come back in %s s, 100%% sure";
  settings.reject_message = "550 not for %r";
  CHECK(answer(decision_of(Reason::early, 60s), settings) ==
        "E450 example.org: come back in 60 s, 100% sure\n");
  CHECK(answer(decision_of(Reason::denied), settings) == "E550 not for example.org\n");
}

TEST_CASE("spp::commands: an entry's own reply, when it is one", "[spp]") {
  struct Row {
    std::string reply;
    std::string said;
  };
  const std::string otherwise = "E553 sorry, your envelope sender has been denied (#5.7.1)\n";
  const Row row = GENERATE_COPY(values<Row>({{"550 go away", "E550 go away\n"},
                                             {"451 not today", "E451 not today\n"},
                                             {"550 not for %r", "E550 not for example.org\n"},
                                             {"", otherwise},
                                             {"250 welcome", otherwise},
                                             {"354 go ahead", otherwise},
                                             {"go away", otherwise},
                                             {"550", otherwise},
                                             {"550-go\n550 away", otherwise},
                                             {"550 go\nO", otherwise},
                                             {"550 " + std::string(507, 'x'), otherwise}}));
  CAPTURE(row.reply);
  Decision decision = decision_of(Reason::denied);
  decision.reply = row.reply;
  CHECK(answer(decision) == row.said);
}

TEST_CASE("spp::commands: one command of one line, whatever the recipient's domain is", "[spp]") {
  Settings settings;
  settings.defer_message = "451 %r, %s s";
  settings.reject_message = "553 %r";
  CAPTURE(test::kSeed);
  std::mt19937 random(test::kSeed);
  for (int i = 0; i < 1000; ++i) {
    std::string domain(i == 0 ? 64 * 1024 : random() % 300, '\0');
    for (char& c : domain) c = static_cast<char>(random() & 0xffU);
    if (i % 2 == 1) domain.insert(random() % (domain.size() + 1), "\nSRELAYCLIENT=\nO\n");
    const bool denied = random() % 2 == 0;
    const std::string text = commands(decision_of(denied ? Reason::denied : Reason::new_triplet, 3300s),
                                      settings, domain, {.tried = 1}, "");
    CAPTURE(i, text);
    REQUIRE(text.starts_with(denied ? "E553 " : "E451 "));
    REQUIRE(text.ends_with('\n'));
    REQUIRE(text.size() <= 1 + 510 + 1);
    REQUIRE(std::all_of(text.begin(), text.end() - 1, [](char c) {
      return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) <= 0x7e;
    }));
  }
}

constexpr std::string_view kSaysNo = "E451 temporary failure (#4.3.0)\n";
constexpr std::string_view kSaysNoAtData = "LD451 temporary failure (#4.3.0)\n";
constexpr std::string_view kRejects = "E553 sorry, your envelope sender has been denied (#5.7.1)\n";
constexpr std::string_view kForgets = "UGREYLISTING_TRANSACTION\n";

std::string remembers(std::string_view value) {
  return "SGREYLISTING_TRANSACTION=" + std::string(value) + '\n';
}

TEST_CASE("spp::commands: a pass that is earned is remembered until the host has said what it does",
          "[spp]") {
  Decision decision = decision_of(Reason::known);
  decision.earns = Earns::pass;
  CHECK(commands(decision, {}, "example.org", {.tried = 1}, "") == remembers("1:0:earned"));
  CHECK(commands(decision, {}, "example.org", {.tried = 3, .accepted = 1}, "") == remembers("3:1:earned"));
  CHECK(commands(decision, {}, "example.org", {}, "").empty());  // of a host that does not count
  decision.earns = Earns::seen;
  CHECK(commands(decision, {}, "example.org", {.tried = 1}, "").empty());
  const Transaction refused{.tried = 2, .was_refused = true, .takes_back = true, .is_remembered = true};
  decision.earns = Earns::take_back;
  CHECK(commands(decision, {}, "example.org", refused, "") == remembers("2:0:refused"));
  CHECK(commands(decision_of(Reason::new_triplet), {}, "example.org", refused, "") ==
        remembers("2:0:refused") + std::string(kSaysNo));
}

TEST_CASE("spp::commands: with stage=data, by what has become of the recipients before", "[spp]") {
  struct Row {
    std::string_view about;
    Reason reason;
    Transaction transaction;
    std::string said;
  };
  const Transaction first{.tried = 1};
  const Transaction after_accepted{.tried = 2, .accepted = 1};
  const Transaction after_refused{.tried = 2};
  const Transaction after_deferred{.tried = 2, .accepted = 1, .refused_at_data = true, .is_remembered = true};
  const Transaction after_other_transaction{.tried = 1, .is_remembered = true};
  const std::string no(kSaysNo);
  const std::string at_data(kSaysNoAtData);
  const Row row = GENERATE_COPY(values<Row>({
      {"first", Reason::new_triplet, first, remembers("1:0:data") + at_data},
      {"first, early", Reason::early, first, remembers("1:0:data") + at_data},
      {"first, throttled", Reason::throttled, first, remembers("1:0:data") + at_data},
      {"first, a trap", Reason::trap, first, remembers("1:0:data") + at_data},
      {"a rejection does not wait", Reason::denied, first, std::string(kRejects)},
      {"none was accepted", Reason::new_triplet, after_refused, remembers("2:0:data") + at_data},
      {"one was accepted", Reason::new_triplet, after_accepted, no},
      {"second deferral", Reason::new_triplet, after_deferred, remembers("2:1:data") + no},
      {"would pass behind a deferral", Reason::shared, after_deferred, remembers("2:1:data")},
      {"rejected behind a deferral", Reason::denied, after_deferred,
       remembers("2:1:data") + std::string(kRejects)},
      {"next transaction, deferred", Reason::new_triplet, after_other_transaction,
       remembers("1:0:data") + at_data},
      {"next transaction, passes", Reason::known, after_other_transaction, std::string(kForgets)},
      {"next transaction, rejected", Reason::denied, after_other_transaction,
       std::string(kForgets) + std::string(kRejects)},
      {"recipients are not counted", Reason::new_triplet, Transaction{}, no},
  }));
  CAPTURE(row.about);
  Settings settings;
  settings.stage = Stage::data;
  CHECK(answer(decision_of(row.reason), settings, row.transaction) == row.said);
}

TEST_CASE("spp::commands: a header field, a command for each of its lines, once a message", "[spp]") {
  const Settings settings;
  const Decision retried = decision_of(Reason::retried);
  const std::string_view field = "X-Greylist: a\n\tb";
  const std::string header = "HX-Greylist: a\nH\tb\n";
  CHECK(commands(retried, settings, "", {.tried = 1}, field) == remembers("1:0:header") + header);
  CHECK(commands(retried, settings, "", {.tried = 4, .accepted = 2}, field) ==
        remembers("4:2:header") + header);

  const Transaction later{.tried = 5, .accepted = 3, .has_header = true, .is_remembered = true};
  CHECK(commands(retried, settings, "", later, "") == remembers("5:3:header"));
  CHECK(commands(decision_of(Reason::new_triplet), settings, "", later, "") ==
        remembers("5:3:header") + std::string(kSaysNo));
}

TEST_CASE("adds_header: by the decision, the settings and the transaction", "[spp]") {
  const Decision retried = decision_of(Reason::retried);
  const Transaction first{.tried = 1};
  CHECK(adds_header(retried, Settings(), first));
  Settings settings;
  settings.header = Header::authentication_results;
  CHECK(adds_header(retried, settings, first));

  settings.header = Header::off;
  CHECK_FALSE(adds_header(retried, settings, first));
  settings = {};
  settings.observe = true;
  CHECK_FALSE(adds_header(retried, settings, first));
  for (const Reason reason : {Reason::known, Reason::trusted, Reason::allowed, Reason::new_triplet}) {
    CAPTURE(name(reason));
    CHECK_FALSE(adds_header(decision_of(reason), Settings(), first));
  }
  CHECK_FALSE(adds_header(retried, Settings(), {.tried = 2, .accepted = 1, .has_header = true}));
  CHECK_FALSE(adds_header(retried, Settings(), {.tried = 2, .accepted = 1, .refused_at_data = true}));
  CHECK_FALSE(adds_header(retried, Settings(), {}));
}

TEST_CASE("spp: observe=1 says nothing, whatever is decided", "[spp]") {
  Settings settings;
  settings.observe = true;
  settings.on_error = OnError::defer;
  settings.stage = GENERATE(Stage::rcpt, Stage::data);
  const Reason reason = GENERATE(Reason::new_triplet, Reason::early, Reason::trap, Reason::throttled,
                                 Reason::denied, Reason::trapped, Reason::known, Reason::retried);
  CAPTURE(name(reason));
  CHECK(answer(decision_of(reason), settings).empty());
  CHECK(answer(decision_of(reason), settings,
               {.tried = 2, .accepted = 1, .refused_at_data = true, .is_remembered = true})
            .empty());
  CHECK(commands_on_error(settings).empty());
}

TEST_CASE("spp::commands_on_error: lets the mail pass, unless on_error=defer", "[spp]") {
  Settings settings;
  CHECK(commands_on_error(settings).empty());
  settings.on_error = OnError::accept;
  CHECK(commands_on_error(settings).empty());
  settings.on_error = OnError::defer;
  CHECK(commands_on_error(settings) == "E451 greylisting is out of order, please try again later (#4.3.0)\n");
}

TEST_CASE("write_answer: all commands in one write", "[spp]") {
  std::vector<std::string> writes;
  {
    const test::StandardStream standard_output(STDOUT_FILENO);
    write_answer({.text = "E451 a\nE451 b\n"}, std::chrono::seconds(30));
    writes = standard_output.writes();
  }
  CHECK(writes == std::vector<std::string>{"E451 a\nE451 b\n"});
}

TEST_CASE("write_answer: no commands, no write", "[spp]") {
  std::vector<std::string> writes;
  {
    const test::StandardStream standard_output(STDOUT_FILENO);
    write_answer({.text = ""}, std::chrono::seconds(30));
    writes = standard_output.writes();
  }
  CHECK(writes.empty());
}

TEST_CASE(
    "spp::commands: a decision's own text is the answer, at RCPT when it is about the number of recipients",
    "[spp]") {
  Decision decision = decision_of(Reason::too_many);
  decision.reply = "452 too many";
  Settings settings;
  settings.stage = Stage::data;
  CHECK(answer(decision, settings) == "E452 too many\n");
  decision.reply = "not a reply";
  CHECK(answer(decision, settings) == "E451 temporary failure (#4.3.0)\n");
}

}  // namespace
}  // namespace greylisting::spp
