// long_change: a change of many rows, some at a time, that can be stopped by Ctrl-C or by its store. What is
// done by then stays, and how far that is is said.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "ctl/batches.h"
#include "ctl/held_signals.h"
#include "store/store.h"

namespace greylisting::ctl {

/// As long as it lives, signals wait (held_signals.h); then standard output is written, and one that has come
/// has its effect.
class LongChange {
 public:
  struct Words {
    std::string subject;  // `list.txt: `, in front of the message; empty for none
    std::string one;      // `entry`
    std::string many;     // `entries`
    std::string then{"those stay, and the same command goes on with the rest"};
  };

  /// A dry run stops in silence.
  LongChange(Words words, bool is_dry_run) : words_(std::move(words)), is_dry_run_(is_dry_run) {}
  LongChange(const LongChange&) = delete;
  LongChange& operator=(const LongChange&) = delete;
  ~LongChange();

  /// Of how many rows the change is, before the first of them.
  void is_of(std::size_t rows) { rows_ = rows; }

  /// Calls `act` with rows in batches. False when a signal has come, at once when it came before; says so, as
  /// it does when `act` throws StoreError after others are done.
  template <typename Row, typename Act>
  bool carry_out(const std::vector<Row>& rows, const Act& act) {
    try {
      return !is_stopped_ && in_batches(rows, [&](const std::vector<Row>& batch) {
        if (HeldSignals::has_come()) {
          is_stopped_ = true;
          say();
          return false;
        }
        act(batch);
        done_ += batch.size();
        return true;
      });
    } catch (const StoreError&) {
      if (done_ > 0) say();
      throw;
    }
  }

  bool is_stopped() const { return is_stopped_; }
  std::size_t done() const { return done_; }

 private:
  void say() const;

  Words words_;
  bool is_dry_run_;
  std::size_t rows_ = 0;
  std::size_t done_ = 0;
  bool is_stopped_ = false;
  HeldSignals signals_{};
};

}  // namespace greylisting::ctl
