// galera_cluster: three MariaDB servers on this machine that are one Galera cluster.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "database_server.h"

namespace greylisting::test {

/// Every function throws std::runtime_error.
class GaleraCluster {
 public:
  static constexpr std::size_t kNodes = 3;

  /// Whether Debian's galera-4 is there.
  static bool is_installed();

  /// The one of this run: started when first asked for, ended with the run.
  static GaleraCluster& shared();

  GaleraCluster();

  DatabaseServer& node(std::size_t index) { return *nodes_.at(index); }

  /// Ends a node as a power cut does, and waits until the others go on without it. Not the first one, which
  /// is the one that a cluster begins with.
  void kill(std::size_t index);

  /// Brings it back as galera_recovery does: from the last position that it knows of. Waits until it has
  /// caught up.
  void bring_back(std::size_t index);

  /// A counter or state of a node, one of `SHOW STATUS LIKE 'wsrep_%'`.
  std::string status(std::size_t index, const std::string& name) const;

  /// Waits until each node has applied all that any of them has committed. All have to be up.
  void wait_until_all_applied();

 private:
  void join(std::size_t index, std::size_t size, bool recovers);
  void wait_until_synced(std::size_t index, std::size_t size);

  std::array<std::unique_ptr<DatabaseServer>, kNodes> nodes_;
};

}  // namespace greylisting::test
