#include "galera_cluster.h"

#include "free_port.h"

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <regex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace greylisting::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kProvider = "/usr/lib/galera/libgalera_smm.so";

// Polls until `is_so`; throws what `otherwise` says when that does not come about.
template <typename Condition, typename Text>
void wait_until(const Condition& is_so, const Text& otherwise) {
  const auto patience = std::chrono::steady_clock::now() + 2min;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > patience) throw std::runtime_error(otherwise());
    std::this_thread::sleep_for(10ms);
  }
}

// A socket that is bound to a port nobody else has.
class FreePort {
 public:
  FreePort()
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), number_(bind_to_free_port(socket_)) {}
  FreePort(const FreePort&) = delete;
  FreePort& operator=(const FreePort&) = delete;
  ~FreePort() { close(socket_); }

  std::string address() const { return "127.0.0.1:" + std::to_string(number_); }

 private:
  int socket_;
  std::uint16_t number_;
};

struct Addresses {
  std::string group;
  std::string incremental_transfer;
};

// All are chosen before any is used, so that no two are the same.
std::array<Addresses, GaleraCluster::kNodes> free_addresses() {
  const std::array<FreePort, 2 * GaleraCluster::kNodes> ports;
  std::array<Addresses, GaleraCluster::kNodes> addresses;
  for (std::size_t i = 0; i < addresses.size(); ++i)
    addresses.at(i) = {ports.at(2 * i).address(), ports.at(2 * i + 1).address()};
  return addresses;
}

// A node that does not answer is given up after five seconds, as by default: on a busy machine one that lives
// may need more than one.
std::vector<std::string> options(const std::array<Addresses, GaleraCluster::kNodes>& addresses,
                                 std::size_t index) {
  std::string cluster;
  for (const Addresses& each : addresses) cluster += (cluster.empty() ? "" : ",") + each.group;
  return {"--binlog-format=ROW",
          "--innodb-autoinc-lock-mode=2",
          "--wsrep-on=ON",
          std::string("--wsrep-provider=") + kProvider,
          "--wsrep-cluster-name=greylisting",
          "--wsrep-cluster-address=gcomm://" + cluster,
          "--wsrep-node-name=node" + std::to_string(index),
          "--wsrep-node-address=127.0.0.1",
          "--wsrep-sst-method=increment",
          "--wsrep-slave-threads=2",
          "--wsrep-provider-options=gmcast.listen_addr=tcp://" + addresses.at(index).group +
              ";ist.recv_addr=" + addresses.at(index).incremental_transfer + ";gcache.size=16M"};
}

}  // namespace

bool GaleraCluster::is_installed() { return std::filesystem::exists(kProvider); }

GaleraCluster& GaleraCluster::shared() {
  static GaleraCluster cluster;
  return cluster;
}

// The first node makes the cluster, and its data are what the others begin with.
GaleraCluster::GaleraCluster() {
  const auto addresses = free_addresses();
  std::vector<std::string> first = options(addresses, 0);
  first.emplace_back("--wsrep-new-cluster");
  nodes_[0] = std::make_unique<DatabaseServer>(ServerKind::mariadb, first, source_tree() / "tests/support");
  nodes_[0]->stop();
  for (std::size_t i = 1; i < kNodes; ++i)
    nodes_.at(i) = std::make_unique<DatabaseServer>(*nodes_[0], options(addresses, i));
  for (std::size_t i = 0; i < kNodes; ++i) {
    join(i, i + 1, false);
  }
}

void GaleraCluster::kill(std::size_t index) {
  nodes_.at(index)->stop(SIGKILL);
  for (std::size_t i = 0; i < kNodes; ++i)
    if (i != index) wait_until_synced(i, kNodes - 1);
}

void GaleraCluster::bring_back(std::size_t index) { join(index, kNodes, true); }

// One that meets the cluster while it is still at its last change ends, perhaps after it has begun to take
// connections, and systemd starts it again.
void GaleraCluster::join(std::size_t index, std::size_t size, bool recovers) {
  DatabaseServer& node = *nodes_.at(index);
  constexpr int kAttempts = 3;
  for (int attempt = 1;; ++attempt) {
    std::vector<std::string> position;
    if (recovers || attempt > 1) {
      const std::string written = node.run_with("--wsrep-recover");
      std::smatch found;
      if (!std::regex_search(written, found, std::regex("Recovered position: *([0-9a-f-]+:[0-9]+)")))
        throw std::runtime_error("the node does not know its last position: " + written);
      position.push_back("--wsrep-start-position=" + found[1].str());
    }
    try {
      node.start(position);
      return wait_until_synced(index, size);
    } catch (const std::runtime_error&) {
      if (node.is_running() || attempt == kAttempts) throw;
    }
  }
}

std::string GaleraCluster::status(std::size_t index, const std::string& name) const {
  const Rows rows = nodes_.at(index)->sql("", "SHOW STATUS LIKE '" + name + '\'');
  return rows.empty() ? "" : rows.front().at(1).value_or("");
}

void GaleraCluster::wait_until_all_applied() {
  for (const auto& node : nodes_) node->sql("", "SET wsrep_sync_wait = 1; SELECT 1 FROM mysql.user LIMIT 1");
}

void GaleraCluster::wait_until_synced(std::size_t index, std::size_t size) {
  const auto is_synced = [&] {
    return status(index, "wsrep_cluster_size") == std::to_string(size) &&
           status(index, "wsrep_cluster_status") == "Primary" && status(index, "wsrep_ready") == "ON" &&
           status(index, "wsrep_local_state_comment") == "Synced";
  };
  wait_until(
      [&] {
        try {
          return is_synced();
        } catch (const std::runtime_error&) {
          // It ends, and has not ended yet, or takes no connection for a moment.
          if (!node(index).is_running()) throw;
          return false;
        }
      },
      [&] {
        return "the cluster's node " + std::to_string(index) +
               " does not get ready: " + nodes_.at(index)->log();
      });
}

}  // namespace greylisting::test
