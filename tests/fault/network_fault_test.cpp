// What can be wrong with the network between the plugin and its database: the plugin on one host, the
// database on another, and between them a third that carries packets, or does not.

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/fault.h"
#include "tests/support/network.h"

namespace greylisting::test {
namespace {

constexpr const char* kPluginsAddress = "198.51.100.1";
constexpr const char* kDatabasesAddress = "198.51.100.2";

// Three hosts.
class Site {
 public:
  Site()
      : plugins_(kPluginsAddress, kDatabasesAddress),
        databases_(kDatabasesAddress, kPluginsAddress),
        wire_(plugins_, databases_) {
    databases_.run([this] {
      server_ = std::make_unique<DatabaseServer>(
          ServerKind::mariadb,
          std::vector<std::string>{"--skip-networking=0", std::string("--bind-address=") + kDatabasesAddress,
                                   "--skip-name-resolve"});
    });
    installation_ = std::make_unique<Installation>(*server_);
    const std::string& database = installation_->database();
    server_->sql("", "GRANT SELECT, INSERT, UPDATE ON " + database + ".* TO 'remote'@'" + kPluginsAddress +
                         "' IDENTIFIED BY 'change-me'");
    write_file(installation_->home() / "control/mysql.cnf",
               std::string("[client]\nuser=remote\npassword=change-me\nhost=") + kDatabasesAddress +
                   "\ndatabase=" + database + '\n');
  }

  const Installation& installation() const { return *installation_; }
  Wire& wire() { return wire_; }
  void at_the_plugin(const std::function<void()>& act) const { plugins_.run(act); }

 private:
  NetworkNamespace plugins_;
  NetworkNamespace databases_;
  Wire wire_;
  std::unique_ptr<DatabaseServer> server_;
  std::unique_ptr<Installation> installation_;
};

// Nothing, and a word about it, where the machine does not let this process make networks.
std::unique_ptr<Site> make_site() {
  try {
    return std::make_unique<Site>();
  } catch (const std::system_error& error) {
    WARN("SKIPPED: this machine does not allow it: " << error.what());
    return nullptr;
  }
}

const Strings kNoDecision{
    "no decision within timeout=400 ms; the store is slow or does not answer: greylistctl check"};

}  // namespace

TEST_CASE("a network that is cut, at whichever packet, costs the budget and nothing else",
          "[fault][network]") {
  const auto site = make_site();
  if (!site) return;
  const Installation& installation = site->installation();
  site->at_the_plugin([&] {
    decides(installation, "new");
    const std::size_t before = site->wire().carried();
    decides(installation, "early");
    const std::size_t conversation = site->wire().carried() - before;
    CHECK(conversation > 8);
    // The last few only say goodbye.
    for (std::size_t packets = 0; packets < conversation / 2; ++packets) {
      CAPTURE(packets, conversation);
      site->wire().cut_after(packets);
      fails_safely(installation, kNoDecision, {.timeout = kWhenOver});
      site->wire().mend();
    }
    for (const std::size_t packets : {std::size_t{0}, conversation / 4}) {
      site->wire().cut_after(packets);
      ends_in_time(installation);
      site->wire().mend();
    }
    decides(installation, "early");
  });
}

TEST_CASE("a network that loses packets makes no answer wrong", "[fault][network]") {
  const auto site = make_site();
  if (!site) return;
  const Installation& installation = site->installation();
  constexpr int kSenders = 32;
  std::array<Result, kSenders> results;
  const unsigned percent = GENERATE(10U, 30U, 60U);
  CAPTURE(percent);
  site->wire().lose(percent);
  site->at_the_plugin([&] {
    std::vector<std::jthread> processes;
    processes.reserve(kSenders);
    for (int i = 0; i < kSenders; ++i) {
      processes.emplace_back([&, i] {
        results.at(static_cast<std::size_t>(i)) =
            run(guarded(installation, {.sender = std::to_string(i) + "@example.net",
                                       .environment = {{"GLONERROR", "defer"}, {"GLTIMEOUT", "2000"}}}));
      });
    }
  });
  site->wire().mend();

  int promised = 0;
  for (const Result& result : results) {
    CAPTURE(result.output, result.errors);
    CHECK(result.status == 0);
    CHECK(lines(result.errors) == 1);
    const bool is_decided = result.output == kAnswer;
    if (is_decided) ++promised;
    CHECK((is_decided || result.output == kAnswerOnError));
    CHECK((logged(result, "reason") == "new") == is_decided);
    if (!is_decided) CHECK_THAT(result.errors, Catch::StartsWith("greylisting: ") && Catch::Contains("; "));
  }
  // What was decided and could not be said any more is there as well.
  CHECK(std::stoi(text(installation.sql("SELECT COUNT(*) FROM greylisting_data"))) >= promised);
  CHECK(text(installation.sql("SELECT COUNT(*) FROM greylisting_data WHERE blocked_count <> 1")) == "0\n");
  // Of a conversation of twenty packets, most of which are sent again after a second.
  if (percent < 50) CHECK(promised > 0);
}

}  // namespace greylisting::test
