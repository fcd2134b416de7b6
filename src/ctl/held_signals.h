// held_signals: what ends a command from outside, Ctrl-C above all, waits until it can say how far it has
// come.
#pragma once

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

 private:
  sigset_t before_{};
};

}  // namespace greylisting::ctl
