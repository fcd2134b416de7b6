#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/commands.h"
#include "ctl/print/json.h"
#include "ctl/print/progress.h"
#include "ctl/print/take_back.h"
#include "ctl/records/expiry.h"
#include "ctl/records/pace.h"
#include "ctl/records/sizes.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

// The journal keeps hours that have been counted for so long, whole days of them: greylistctl status, tail
// and why read them to the second.
constexpr std::time_t kKept = 2 * kDay;

// 2026-11-21 03:50:12 UTC
std::string now() { return stored_time(std::time(nullptr)) + " UTC"; }

struct Deleted {
  std::uint64_t rows = 0;
  std::uint64_t batches = 0;
};

Deleted delete_all(Expiry& expiry, Expiry::Slice (Expiry::*delete_some)(std::size_t), Pace& pace,
                   Progress& progress) {
  Deleted total;
  for (;;) {
    const Expiry::Slice slice = (expiry.*delete_some)(pace.rows());
    if (slice.rows == 0) return total;
    total.rows += slice.rows;
    ++total.batches;
    progress.advance(slice.rows);
    std::this_thread::sleep_for(pace.rest_after(slice));
  }
}

// What it would delete, but of records whose messages are not decided yet, which it leaves (expiry.h).
int say_what_is_over(Administration& administration, bool as_json) {
  const std::uint64_t records = administration.count("greylisting_data WHERE record_expires <= :now");
  const std::uint64_t clients = administration.count("greylisting_clients WHERE expires <= :now");
  const std::uint64_t expected = administration.count("greylisting_expected WHERE expires <= :now");
  if (as_json) {
    std::cout
        << Json{{"dry_run", true}, {"records", records}, {"clients", clients}, {"expected", expected}}.text()
        << '\n';
  } else {
    std::cout << now() << " greylistctl cleanup: expired records that would be deleted: " << records
              << ", clients: " << clients << (expected > 0 ? ", expected: " + std::to_string(expected) : "")
              << '\n';
  }
  return kDone;
}

}  // namespace

int cleanup(const LoadedSettings& loaded, const CleanupOptions& options) {
  const auto administration = open_administration(loaded.settings);
  if (options.dry_run) return say_what_is_over(*administration, options.json);
  if (!administration->lock_cleanup()) {
    std::cerr << now()
              << " greylistctl cleanup: another clean-up is at work on this store; nothing was done\n";
    return kFailed;
  }
  Expiry expiry(*administration, loaded.settings);
  Pace pace(options.batch, options.pause_ms);
  Deleted records;
  Deleted clients;
  Deleted expected;
  {
    Progress progress("deleting expired records", over(*administration));
    records = delete_all(expiry, &Expiry::delete_records, pace, progress);
    clients = delete_all(expiry, &Expiry::delete_clients, pace, progress);
    expected = delete_all(expiry, &Expiry::delete_expected, pace, progress);
  }

  History history(*administration);
  const std::time_t time = std::time(nullptr);
  // From the beginning of an hour on, so that the last day is whole where that is all.
  const std::time_t oldest =
      (time - std::chrono::seconds(loaded.settings.history_expire).count()) / kHour * kHour;
  const std::size_t hours =
      fold(Journal(loaded.settings), history, time, std::max(oldest, (time - kKept) / kDay * kDay));
  if (loaded.settings.history_expire.count() > 0) {
    history.shorten(stored_time(oldest));
  } else {
    history.clear();
  }
  note_cleanup(*administration);
  // A log of cron's needs no such line at every hour.
  const bool is_lost = records.rows + clients.rows + expected.rows > 0;
  const std::uint64_t batches = records.batches + clients.batches + expected.batches;
  if (options.json) {
    std::cout << Json{{"dry_run", false},
                      {"records", records.rows},
                      {"clients", clients.rows},
                      {"expected", expected.rows},
                      {"batches", batches},
                      {"hours", hours},
                      {"notes", json_texts(is_lost ? std::vector<std::string>{kCannotBeTakenBack}
                                                   : std::vector<std::string>())}}
                     .text()
              << '\n';
    return kDone;
  }
  std::cout << now() << " greylistctl cleanup: expired records deleted: " << records.rows
            << ", clients: " << clients.rows
            << (expected.rows > 0 ? ", expected: " + std::to_string(expected.rows) : "")
            << ", batches: " << batches << "; hours counted: " << hours << '\n';
  if (is_lost && isatty(STDOUT_FILENO) == 1) std::cout << "note: " << kCannotBeTakenBack << '\n';
  return kDone;
}

}  // namespace greylisting::ctl
