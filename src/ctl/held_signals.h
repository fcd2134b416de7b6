// held_signals: what ends a command from outside, Ctrl-C above all, waits until it can say how far it has
// come.
#pragma once

#include <chrono>
#include <csignal>

namespace greylisting::ctl {

/// As long as this lives, SIGINT, SIGTERM and SIGHUP wait; then one that has come has its usual effect.
class HeldSignals {
 public:
  HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  ~HeldSignals();

  /// Whether one has come.
  static bool has_come();

  /// Waits so long for one, and takes it, so that it has no other effect.
  static bool comes_within(std::chrono::milliseconds time);

 private:
  sigset_t before_{};
};

}  // namespace greylisting::ctl
