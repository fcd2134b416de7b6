#include "spp.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/standard_stream.h"

namespace greylisting::spp {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kSeed = 20250607;

Decision decision_of(Reason reason, std::chrono::seconds left = 0s) {
  Decision decision;
  decision.reason = reason;
  decision.left = left;
  return decision;
}

TEST_CASE("spp::commands: the built-in replies of greylisting 0.5", "[spp]") {
  const Settings settings;
  const std::string deferral = "E451 temporary failure (#4.3.0)\n";
  CHECK(commands(decision_of(Reason::unseen, 3300s), settings, "example.org") == deferral);
  CHECK(commands(decision_of(Reason::early, 60s), settings, "example.org") == deferral);
  CHECK(commands(decision_of(Reason::denied), settings, "example.org") ==
        "E553 sorry, your envelope sender has been denied (#5.7.1)\n");
}

TEST_CASE("spp::commands: nothing to say about a recipient that is accepted", "[spp]") {
  const Reason reason = GENERATE(Reason::not_listed, Reason::allowed, Reason::known, Reason::retried);
  CAPTURE(name(reason));
  CHECK(commands(decision_of(reason), Settings(), "example.org").empty());
}

TEST_CASE("spp::commands: the replies that are set, expanded", "[spp]") {
  Settings settings;
  settings.defer_message = "450 %r: come back in %s s, 100%% sure";
  settings.reject_message = "550 not for %r";
  CHECK(commands(decision_of(Reason::early, 60s), settings, "example.org") ==
        "E450 example.org: come back in 60 s, 100% sure\n");
  CHECK(commands(decision_of(Reason::denied), settings, "example.org") == "E550 not for example.org\n");
}

TEST_CASE("spp::commands: one command of one line, whatever the recipient's domain is", "[spp]") {
  Settings settings;
  settings.defer_message = "451 %r, %s s";
  settings.reject_message = "553 %r";
  CAPTURE(kSeed);
  std::mt19937 random(kSeed);
  for (int i = 0; i < 1000; ++i) {
    std::string domain(i == 0 ? 64 * 1024 : random() % 300, '\0');
    for (char& c : domain) c = static_cast<char>(random() & 0xffU);
    if (i % 2 == 1) domain.insert(random() % (domain.size() + 1), "\nSRELAYCLIENT=\nO\n");
    const bool denied = random() % 2 == 0;
    const std::string text =
        commands(decision_of(denied ? Reason::denied : Reason::unseen, 3300s), settings, domain);
    CAPTURE(i, text);
    REQUIRE(text.starts_with(denied ? "E553 " : "E451 "));
    REQUIRE(text.ends_with('\n'));
    REQUIRE(text.size() <= 1 + 510 + 1);
    REQUIRE(std::all_of(text.begin(), text.end() - 1, [](char c) {
      return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) <= 0x7e;
    }));
  }
}

TEST_CASE("spp::commands_on_error: lets the mail pass, unless on_error=defer", "[spp]") {
  Settings settings;
  CHECK(commands_on_error(settings).empty());
  settings.on_error = OnError::accept;
  CHECK(commands_on_error(settings).empty());
  settings.on_error = OnError::defer;
  CHECK(commands_on_error(settings) == "E451 greylisting is out of order, please try again later (#4.3.0)\n");
}

TEST_CASE("spp::write: all commands in one write", "[spp]") {
  std::vector<std::string> writes;
  {
    const test::StandardStream standard_output(STDOUT_FILENO);
    write("E451 a\nE451 b\n");
    writes = standard_output.writes();
  }
  CHECK(writes == std::vector<std::string>{"E451 a\nE451 b\n"});
}

TEST_CASE("spp::write: no commands, no write", "[spp]") {
  std::vector<std::string> writes;
  {
    const test::StandardStream standard_output(STDOUT_FILENO);
    write("");
    writes = standard_output.writes();
  }
  CHECK(writes.empty());
}

}  // namespace
}  // namespace greylisting::spp
