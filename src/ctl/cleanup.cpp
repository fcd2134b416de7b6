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

}  // namespace

int cleanup(const LoadedSettings& loaded, const CleanupOptions& options) {
  const auto administration = open_administration(loaded.settings);
  if (!administration->lock_cleanup()) {
    std::cerr << now()
              << " greylistctl cleanup: another clean-up is at work on this store; nothing was done\n";
    return kFailed;
  }
  std::uint64_t total = 0;
  std::uint64_t batches = 0;
  for (;;) {
    const std::uint64_t deleted = administration->delete_expired(options.batch);
    total += deleted;
    if (deleted > 0) ++batches;
    if (deleted < options.batch) break;
    // Decisions that wait for the rows or the file come first.
    std::this_thread::sleep_for(std::chrono::milliseconds(options.pause_ms));
  }
  std::cout << now() << " greylistctl cleanup: expired records deleted: " << total << ", batches: " << batches
            << '\n';
  return kDone;
}

}  // namespace greylisting::ctl
