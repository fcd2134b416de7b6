#include <array>
#include <ctime>
#include <iostream>
#include <thread>

#include "../administration.h"
#include "commands.h"

namespace greylisting::ctl {
namespace {

// 2026-11-21 03:50:12 +0100
std::string now() {
  const std::time_t time = std::time(nullptr);
  std::array<char, 32> text{};
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S %z", std::localtime(&time));
  return {text.data(), size};
}

struct Deleted {
  std::uint64_t rows = 0;
  std::uint64_t batches = 0;
};

Deleted delete_all(Administration& administration, Expiring what, const CleanupOptions& options) {
  Deleted total;
  for (;;) {
    const std::uint64_t rows = administration.delete_expired(what, options.batch);
    total.rows += rows;
    if (rows > 0) ++total.batches;
    if (rows < options.batch) return total;
    // Decisions that wait for the rows or the file come first.
    std::this_thread::sleep_for(std::chrono::milliseconds(options.pause_ms));
  }
}

}  // namespace

int cleanup(const LoadedSettings& loaded, const CleanupOptions& options) {
  const auto administration = open_administration(loaded.settings);
  if (!administration->lock_cleanup()) {
    std::cerr << now()
              << " greylistctl cleanup: another clean-up is at work on this store; nothing was done\n";
    return kFailed;
  }
  const Deleted records = delete_all(*administration, Expiring::records, options);
  const Deleted clients = delete_all(*administration, Expiring::clients, options);
  std::cout << now() << " greylistctl cleanup: expired records deleted: " << records.rows
            << ", clients: " << clients.rows << ", batches: " << records.batches + clients.batches << '\n';
  return kDone;
}

}  // namespace greylisting::ctl
