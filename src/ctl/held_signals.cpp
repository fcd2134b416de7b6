#include "ctl/held_signals.h"

#include <algorithm>
#include <array>

namespace greylisting::ctl {
namespace {

constexpr std::array kHeld{SIGINT, SIGTERM, SIGHUP};

}  // namespace

HeldSignals::HeldSignals() {
  sigset_t held;
  sigemptyset(&held);
  for (const int signal : kHeld) sigaddset(&held, signal);
  sigprocmask(SIG_BLOCK, &held, &before_);
}

HeldSignals::~HeldSignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

bool HeldSignals::has_come() {
  sigset_t come;
  sigpending(&come);
  return std::ranges::any_of(kHeld, [&come](int signal) { return sigismember(&come, signal) == 1; });
}

}  // namespace greylisting::ctl
