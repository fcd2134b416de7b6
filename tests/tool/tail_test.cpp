// greylistctl tail and status --watch: what is decided is shown as it is decided, until Ctrl-C.

#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "text/utc.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Catch::Contains;

// In the background.
class Tail {
 public:
  Tail(const Installation& installation, Arguments arguments = {})
      : log_(installation.home() / "tail"), process_(command(installation, std::move(arguments)), log_) {}

  // All that it has printed, once that is so many lines.
  std::string once(std::size_t number) {
    while (process_.is_running() && lines(text()) < number) std::this_thread::sleep_for(1ms);
    return text();
  }

  std::string text() const { return fs::exists(log_) ? read_file(log_) : ""; }

  // Ctrl-C; the exit status.
  int interrupt() {
    kill(process_.pid(), SIGINT);
    return process_.wait();
  }

 private:
  static Command command(const Installation& installation, Arguments arguments) {
    fs::remove(installation.home() / "tail");
    arguments.insert(arguments.begin(), "tail");
    return ctl_command(installation, arguments);
  }

  fs::path log_;
  BackgroundProcess process_;
};

const std::string kStamp = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z ";

}  // namespace

TEST_CASE("tail shows each decision as it is made, and ends with Ctrl-C", "[tail]") {
  const Installation installation(any_backend());
  fs::create_directory(installation.home() / "greylisting");
  CAPTURE(name(installation.backend()));
  write_file(installation.home() / "control/greylisting_deny", "sender spam.example\n", 0644);
  installation.attempt();
  installation.pass_time(1h);
  Tail tail(installation);
  CHECK(std::regex_match(tail.once(1),
                         std::regex(kStamp + "deferred new      192\\.0\\.2\\.1        alice@example\\.net "
                                             "-> bob@example\\.org\n")));
  installation.attempt();
  tail.once(2);
  installation.attempt({.client = "2001:db8::1", .sender = "", .recipient = "carol@example.org"});
  tail.once(3);
  installation.attempt({.sender = "eve@spam.example"});
  std::istringstream all(tail.once(4));
  std::vector<std::string> expected{
      "deferred new      192\\.0\\.2\\.1        alice@example\\.net -> bob@example\\.org",
      "accepted retried  192\\.0\\.2\\.1       after 1 h  alice@example\\.net -> bob@example\\.org",
      "deferred new      2001:db8::1      <> -> carol@example\\.org",
      "rejected denied   192\\.0\\.2\\.1       by control/greylisting_deny:1  eve@spam\\.example -> "
      "bob@example\\.org"};
  for (const std::string& line : expected) {
    std::string printed;
    std::getline(all, printed);
    CAPTURE(line, printed);
    CHECK(std::regex_match(printed, std::regex(kStamp + line)));
  }
  CHECK(tail.interrupt() == 0);
}

TEST_CASE("tail shows what is asked for, also as JSON", "[tail]") {
  const Installation installation(Backend::sqlite);
  installation.attempt();
  installation.attempt({.sender = "other@example.com"});
  {
    Tail tail(installation, {"example.net", "--json"});
    tail.once(1);
    installation.attempt({.sender = "more@example.com"});
    installation.attempt();
    std::istringstream printed(tail.once(2));
    for (const std::string reason : {"new", "early"}) {
      std::string line;
      std::getline(printed, line);
      CAPTURE(line);
      const auto json = nlohmann::json::parse(line);
      CHECK(json["sender"] == "alice@example.net");
      CHECK(json["reason"] == reason);
      CHECK(json["outcome"] == "deferred");
      CHECK(json["waited"].is_null());
      CHECK(json["record"].is_number());
    }
    CHECK(tail.interrupt() == 0);
  }
  {
    Tail tail(installation, {"--last", "2"});
    CHECK_THAT(tail.once(2), Contains("more@example.com") && Contains(" early "));
    CHECK(lines(tail.text()) == 2);
  }
}

TEST_CASE("tail goes on where the journal's files come and go", "[tail]") {
  const Installation installation(Backend::sqlite);
  const auto file = [&](std::time_t time) {
    return installation.home() / "greylisting" / (utc(time).substr(0, 13) + ".journal");
  };
  Tail tail(installation);
  installation.attempt({.sender = "a@example.net"});
  tail.once(1);
  const std::time_t now = std::time(nullptr);
  fs::remove(file(now));
  installation.attempt({.sender = "b@example.net"});  // as long as the one before
  tail.once(2);
  // The next hour's.
  write_file(file(now + kHour), std::to_string(now + kHour) +
                                    " known 7 client=192.0.2.1 sender=c@example.net "
                                    "recipient=bob@example.org\nno line\n" +
                                    std::to_string(now + kHour) + " error\n");
  CHECK_THAT(tail.once(4), Contains("a@example.net") && Contains("b@example.net") &&
                               Contains("accepted known    192.0.2.1        c@example.net") &&
                               Contains("error    -"));
  CHECK(tail.interrupt() == 0);
}

TEST_CASE("tail says where there can be nothing to show", "[tail]") {
  const Installation installation(Backend::sqlite, "history_expire=0");
  const Result result = run(ctl_command(installation, {"tail"}));
  CHECK(result.status == 2);
  CHECK(result.errors ==
        "greylistctl: history_expire=0: no decision is written down; set it to 1 or more; try 'greylistctl "
        "tail "
        "--help'\n");
}

TEST_CASE("With observe=1 tail says what would be done, with privacy=hash to whom it does not", "[tail]") {
  const Installation installation(Backend::sqlite, "observe=1\nprivacy=hash");
  write_file(installation.home() / "control/greylisting_key", "a secret of twenty two", 0600);
  installation.attempt();
  Tail tail(installation, {"alice@example.net"});
  CHECK_THAT(tail.once(1), Contains("would-defer new ") && !Contains("example"));
}

TEST_CASE("The journal is nobody's but the plugin's and its group's", "[tail]") {
  const Installation installation(Backend::sqlite);
  installation.attempt();
  for (const auto& each : fs::directory_iterator(installation.home() / "greylisting")) {
    if (each.path().extension() != ".journal") continue;
    CHECK((each.status().permissions() & fs::perms::others_all) == fs::perms::none);
  }
}

TEST_CASE("status --watch needs a terminal", "[tail]") {
  const Installation installation(Backend::sqlite);
  const Result result = run(ctl_command(installation, {"status", "--watch"}));
  CHECK(result.status == 2);
  CHECK_THAT(result.errors, Contains("--watch needs a terminal on standard output"));
}

}  // namespace greylisting::test
