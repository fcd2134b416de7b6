// Three MX hosts, each with a node of one Galera cluster: whatever is decided through whichever node, the
// answers are those of a single database.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/galera_cluster.h"
#include "tests/support/installation.h"
#include "tests/support/scenario.h"

namespace greylisting::test {
namespace {

using namespace std::chrono_literals;

constexpr int kAttempts = 50;

// Whether the test can be run at all. A machine without Galera does not fail, and is told.
bool has_galera() {
  if (GaleraCluster::is_installed()) return true;
  WARN("SKIPPED: Galera is not installed; scripts/install-packages test installs it (galera-4)");
  return false;
}

// One home for each node, all on one database.
class Hosts {
 public:
  explicit Hosts(std::string_view settings = {}) : first_(cluster().node(0), settings) {
    for (std::size_t i = 1; i < GaleraCluster::kNodes; ++i)
      others_.push_back(std::make_unique<Installation>(first_, cluster().node(i), settings));
    cluster().wait_until_all_applied();
  }

  static GaleraCluster& cluster() { return GaleraCluster::shared(); }

  const Installation& operator[](std::size_t node) const {
    return node == 0 ? first_ : *others_.at(node - 1);
  }

  /// Every node says the same of it.
  std::string sql(std::string_view question) const {
    cluster().wait_until_all_applied();
    const std::string rows = text(first_.sql(question));
    for (std::size_t i = 1; i < GaleraCluster::kNodes; ++i) CHECK(text((*this)[i].sql(question)) == rows);
    return rows;
  }

  /// On all of them.
  void pass_time(std::chrono::seconds time) const {
    first_.pass_time(time);
    cluster().wait_until_all_applied();
  }

  /// How often the cluster has refused to certify what these hosts have decided, or taken a lock from it.
  static long refusals() {
    long sum = 0;
    for (std::size_t i = 0; i < GaleraCluster::kNodes; ++i)
      for (const char* const counter : {"wsrep_local_cert_failures", "wsrep_local_bf_aborts"})
        sum += std::stol(cluster().status(i, counter));
    return sum;
  }

 private:
  Installation first_;
  std::vector<std::unique_ptr<Installation>> others_;
};

// Runs commands at the same time: each waits for a lock that is held here until all have been started.
// Returns what each has written, to standard output and standard error together.
std::vector<std::string> run_at_once(const std::vector<Command>& commands) {
  const TemporaryDirectory directory;
  const std::filesystem::path gate = directory / "gate";
  const int lock = open(gate.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (flock(lock, LOCK_EX) != 0) throw std::runtime_error("cannot lock " + gate.string());
  std::vector<std::unique_ptr<BackgroundProcess>> processes;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    Command command = commands[i];
    command.arguments.insert(command.arguments.begin(), {"flock", "--shared", "--no-fork", gate});
    processes.push_back(std::make_unique<BackgroundProcess>(command, directory / std::to_string(i)));
  }
  close(lock);

  std::vector<std::string> written;
  for (std::size_t i = 0; i < processes.size(); ++i) {
    CHECK(processes[i]->wait() == 0);
    written.push_back(read_file(directory / std::to_string(i)));
  }
  return written;
}

// What is decided at once, each through the next node.
std::vector<std::string> decide_at_once(const Hosts& hosts, const std::vector<Rcpt>& rcpts) {
  std::vector<Command> commands;
  for (std::size_t i = 0; i < rcpts.size(); ++i)
    commands.push_back(hosts[i % GaleraCluster::kNodes].command(rcpts[i]));
  return run_at_once(commands);
}

std::vector<Rcpt> fifty(const Rcpt& rcpt) { return {kAttempts, rcpt}; }

// How many have decided for which reason: `49 early, 1 new`. Each has written one line in the log, and before
// it `answer` or nothing.
std::string reasons(const std::vector<std::string>& written) {
  std::map<std::string, int> reasons;
  for (std::string text : written) {
    // What it remembers for the next recipient is no answer.
    if (text.starts_with("SGREYLISTING_TRANSACTION=")) text.erase(0, text.find('\n') + 1);
    const Result result{.output = "", .errors = text};
    const std::string reason = logged(result, "reason");
    INFO(text);
    CHECK(text.starts_with(kDeferral) == (logged(result, "outcome") == "deferred"));
    CHECK(lines(text) == (text.starts_with(kDeferral) ? 2 : 1));
    ++reasons[reason.empty() ? text : reason];
  }
  std::string counted;
  for (const auto& [reason, count] : reasons)
    counted += (counted.empty() ? "" : ", ") + std::to_string(count) + ' ' + reason;
  return counted;
}

const std::string kCounts = "SELECT blocked_count, passed_count FROM greylisting_data ORDER BY triplet";
const std::string kDistinct =
    "SELECT COUNT(*), blocked_count, passed_count FROM greylisting_data GROUP BY blocked_count, passed_count";
// What clients were told while decisions were made without a pause, at all nodes.
class Load {
 public:
  explicit Load(const Hosts& hosts) {
    for (std::size_t i = 0; i < kClients; ++i)
      clients_.emplace_back([this, i, &host = hosts[i % GaleraCluster::kNodes]] { attempt(host, i); });
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() { end(); }

  /// Until that many more have been deferred.
  void wait_for(std::size_t more) {
    const std::size_t enough = deferred() + more;
    for (int i = 0; i < 6000 && deferred() < enough; ++i) std::this_thread::sleep_for(10ms);
    REQUIRE(deferred() >= enough);
  }
  void end() {
    is_over_ = true;
    clients_.clear();
  }

  std::size_t deferred() const { return deferred_; }
  /// Answers that are neither a deferral nor what a host says that cannot reach its node.
  const std::vector<std::string>& wrong() const { return wrong_; }
  /// By sender: how often it has tried, and how often it was deferred.
  const std::map<std::string, std::pair<int, int>>& senders() const { return senders_; }

 private:
  static constexpr std::size_t kClients = 32;

  void attempt(const Installation& host, std::size_t client) {
    for (int i = 0; !is_over_; ++i) {
      // Every fourth is of a triplet that all try.
      const std::string sender =
          (i % 4 == 3 ? "everybody" : 'c' + std::to_string(client) + 'n' + std::to_string(i)) +
          "@example.net";
      const Result result = host.attempt({.sender = sender});
      const bool is_deferred = result.output == kDeferral;
      const bool is_failure = result.output.empty() && result.errors.starts_with("greylisting: MySQL: ");
      const std::lock_guard lock(mutex_);
      auto& [tried, deferred] = senders_[sender];
      ++tried;
      if (is_deferred) ++deferred, ++deferred_;
      if (result.status != 0 || lines(result.errors) != 1 || is_deferred == is_failure)
        wrong_.push_back(result.output + result.errors);
    }
  }

  std::mutex mutex_;
  std::atomic<bool> is_over_ = false;
  std::atomic<std::size_t> deferred_ = 0;
  std::vector<std::string> wrong_;
  std::map<std::string, std::pair<int, int>> senders_;
  std::vector<std::jthread> clients_;
};

const std::string kPasses = "SELECT identity, passes FROM greylisting_clients ORDER BY client";

}  // namespace

TEST_CASE("of fifty processes on three nodes one makes a triplet's record and all are counted", "[galera]") {
  if (!has_galera()) return;
  const Hosts hosts;
  const long before = Hosts::refusals();
  for (int round = 1; round <= 5; ++round) {
    INFO("round " << round);
    CHECK(reasons(decide_at_once(hosts, fifty({}))) == "49 early, 1 new");
    CHECK(hosts.sql(kCounts) == "50 0\n");

    hosts.pass_time(1h);
    CHECK(reasons(decide_at_once(hosts, fifty({}))) == "49 known, 1 retried");
    CHECK(hosts.sql(kCounts) == "50 50\n");
    CHECK(hosts.sql(kPasses) == "192.0.2.0/24 1\n");
    hosts[0].sql("DELETE FROM greylisting_data; DELETE FROM greylisting_clients");
    Hosts::cluster().wait_until_all_applied();
  }
  // They were in each other's way, or this tests nothing.
  CHECK(Hosts::refusals() > before);
}

TEST_CASE("fifty processes on three nodes with fifty triplets make fifty records", "[galera]") {
  if (!has_galera()) return;
  const Hosts hosts;
  std::vector<Rcpt> rcpts;
  for (int i = 0; i < kAttempts; ++i)
    rcpts.push_back({.client = "198.51." + std::to_string(i) + ".1",
                     .sender = "alice@example" + std::to_string(i) + ".net"});
  CHECK(reasons(decide_at_once(hosts, rcpts)) == "50 new");
  CHECK(hosts.sql(kDistinct) == "50 1 0\n");

  // The next node knows them.
  std::rotate(rcpts.begin(), rcpts.begin() + 1, rcpts.end());
  CHECK(reasons(decide_at_once(hosts, rcpts)) == "50 early");
  hosts.pass_time(1h);
  std::rotate(rcpts.begin(), rcpts.begin() + 1, rcpts.end());
  CHECK(reasons(decide_at_once(hosts, rcpts)) == "50 retried");
  CHECK(hosts.sql(kDistinct) == "50 2 1\n");
}

TEST_CASE("both records of a pool are counted, whichever node", "[galera]") {
  if (!has_galera()) return;
  const Hosts hosts;
  const Rcpt rcpt{.environment = {{"SPFRESULT", "pass"}}};
  CHECK(reasons(decide_at_once(hosts, fifty(rcpt))) == "49 early, 1 new");
  CHECK(hosts.sql(kCounts) == "50 0\n50 0\n");
  hosts.pass_time(1h);
  CHECK(reasons(decide_at_once(hosts, fifty(rcpt))) == "49 known, 1 retried");
  CHECK(hosts.sql(kCounts) == "50 50\n50 50\n");
  CHECK(hosts.sql("SELECT passes FROM greylisting_clients") == "1\n1\n");
}

TEST_CASE("a client's hour is counted once, through whichever nodes its mail passes", "[galera]") {
  if (!has_galera()) return;
  const Hosts hosts("auto_allow_after=4");
  std::vector<Rcpt> rcpts;
  for (int i = 0; i < kAttempts; ++i)
    rcpts.push_back({.recipient = "user" + std::to_string(i) + "@example.org"});
  decide_at_once(hosts, rcpts);
  for (int hour = 1; hour <= 3; ++hour) {
    INFO("hour " << hour);
    hosts.pass_time(61min);
    CHECK(reasons(decide_at_once(hosts, rcpts)) == (hour == 1 ? "50 retried" : "50 known"));
    CHECK(hosts.sql(kPasses) == "192.0.2.0/24 " + std::to_string(hour) + '\n');
  }
  hosts.pass_time(61min);
  CHECK(logged(hosts[1].attempt(rcpts.front()), "reason") == "known");
  Hosts::cluster().wait_until_all_applied();
  CHECK(logged(hosts[2].attempt({.sender = "unheard-of@example.net"}), "reason") == "trusted");
}

TEST_CASE("a node is killed and comes back, and no answer is wrong", "[galera]") {
  if (!has_galera()) return;
  const Hosts hosts;
  GaleraCluster& cluster = Hosts::cluster();
  constexpr std::size_t kVictim = 2;
  const auto decide = [&](std::size_t node, const std::string& sender) {
    return logged(hosts[node].attempt({.sender = sender + "@example.net"}), "reason");
  };
  CHECK(decide(kVictim, "before") == "new");
  CHECK(decide(0, "before") == "early");

  // While it is away the others go on, and who asks it is told to start it. Nothing that was answered is
  // forgotten.
  cluster.kill(kVictim);
  std::vector<Command> commands;
  for (std::size_t i = 0; i < kAttempts; ++i)
    commands.push_back(hosts[i % GaleraCluster::kNodes].command({.sender = "meanwhile@example.net"}));
  const std::vector<std::string> written = run_at_once(commands);
  int deferred = 0;
  for (std::size_t i = 0; i < written.size(); ++i) {
    INFO(written[i]);
    const bool is_deferred = written[i].starts_with(kDeferral);
    if (is_deferred) ++deferred;
    CHECK(is_deferred == (i % GaleraCluster::kNodes != kVictim));
    if (!is_deferred) CHECK(written[i].starts_with("greylisting: MySQL: "));
  }
  CHECK(text(hosts[0].sql("SELECT blocked_count FROM greylisting_data WHERE mail_from LIKE 'meanwhile%'")) ==
        std::to_string(deferred) + '\n');
  CHECK(decide(1, "before") == "early");

  cluster.bring_back(kVictim);
  // Its host remembers for a few seconds that it could not be reached.
  std::filesystem::remove(hosts[kVictim].home() / "greylisting/mysql-unreachable");
  CHECK(decide(kVictim, "before") == "early");
  CHECK(decide(kVictim, "meanwhile") == "early");
  hosts.pass_time(1h);
  CHECK(decide(0, "before") == "retried");
  cluster.wait_until_all_applied();
  CHECK(decide(kVictim, "before") == "known");
  CHECK(decide(kVictim, "meanwhile") == "retried");
  CHECK(lines(hosts.sql(kCounts)) == 2);
}

TEST_CASE("a node is killed in the midst of decisions, and each answer stands and is counted once",
          "[galera]") {
  if (!has_galera()) return;
  const Hosts hosts;
  GaleraCluster& cluster = Hosts::cluster();
  constexpr std::size_t kVictim = 1;
  Load load(hosts);
  load.wait_for(100);
  cluster.kill(kVictim);
  load.wait_for(100);
  load.end();
  cluster.bring_back(kVictim);

  for (const std::string& answer : load.wrong()) {
    CAPTURE(answer);
    CHECK(false);
  }
  cluster.wait_until_all_applied();
  std::array<std::map<std::string, int>, GaleraCluster::kNodes> counts;
  for (std::size_t i = 0; i < GaleraCluster::kNodes; ++i)
    for (const Row& row : hosts[i].sql("SELECT mail_from, blocked_count FROM greylisting_data"))
      counts.at(i)[row.at(0).value()] += std::stoi(row.at(1).value());
  CHECK(counts[1] == counts[0]);
  CHECK(counts[2] == counts[0]);
  for (const auto& [sender, attempts] : load.senders()) {
    const auto& [tried, deferred] = attempts;
    CAPTURE(sender, tried, deferred);
    const auto counted = counts[0].find(sender);
    const int count = counted == counts[0].end() ? 0 : counted->second;
    // Whose answer was lost with the node may be counted or not.
    CHECK(count >= deferred);
    CHECK(count <= tried);
  }
}

}  // namespace greylisting::test
