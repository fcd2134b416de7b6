#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <string>
#include <thread>

#include "ctl/commands.h"
#include "ctl/print/progress.h"
#include "ctl/records/expiry.h"
#include "ctl/records/sizes.h"
#include "store/administration.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

// The journal keeps hours that have been counted for so long: greylistctl status and metrics read them to the
// second.
constexpr std::time_t kKept = 2 * kDay;

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

Deleted delete_all(Expiry& expiry, std::uint64_t (Expiry::*delete_some)(), const CleanupOptions& options,
                   Progress& progress) {
  Deleted total;
  for (;;) {
    const std::uint64_t rows = (expiry.*delete_some)();
    total.rows += rows;
    progress.advance(rows);
    if (rows > 0) ++total.batches;
    if (rows < expiry.slice()) return total;
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
  Expiry expiry(*administration, loaded.settings, options.batch);
  Deleted records;
  Deleted clients;
  {
    Progress progress("deleting expired records", over(*administration));
    records = delete_all(expiry, &Expiry::delete_records, options, progress);
    clients = delete_all(expiry, &Expiry::delete_clients, options, progress);
  }

  History history(*administration);
  const std::time_t time = std::time(nullptr);
  // From the beginning of an hour on, so that the last day is whole where that is all.
  const std::time_t oldest =
      (time - std::chrono::seconds(loaded.settings.history_expire).count()) / kHour * kHour;
  const std::size_t hours = fold(Journal(loaded.settings), history, time, std::max(oldest, time - kKept));
  if (loaded.settings.history_expire.count() > 0) {
    history.shorten(stored_time(oldest));
  } else {
    history.clear();
  }
  note_cleanup(*administration);
  std::cout << now() << " greylistctl cleanup: expired records deleted: " << records.rows
            << ", clients: " << clients.rows << ", batches: " << records.batches + clients.batches
            << "; hours counted: " << hours << '\n';
  return kDone;
}

}  // namespace greylisting::ctl
