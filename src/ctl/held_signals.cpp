#include "ctl/held_signals.h"

#include <algorithm>
#include <array>

namespace greylisting::ctl {
namespace {

constexpr std::array kHeld{SIGINT, SIGTERM, SIGHUP};

sigset_t held_set() {
  sigset_t held;
  sigemptyset(&held);
  for (const int signal : kHeld) sigaddset(&held, signal);
  return held;
}

}  // namespace

HeldSignals::HeldSignals() {
  const sigset_t held = held_set();
  sigprocmask(SIG_BLOCK, &held, &before_);
}

HeldSignals::~HeldSignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

bool HeldSignals::has_come() {
  sigset_t come;
  sigpending(&come);
  return std::ranges::any_of(kHeld, [&come](int signal) { return sigismember(&come, signal) == 1; });
}

bool HeldSignals::comes_within(std::chrono::milliseconds time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const timespec patience{.tv_sec = whole.count(), .tv_nsec = std::chrono::nanoseconds(time - whole).count()};
  const sigset_t held = held_set();
  return sigtimedwait(&held, nullptr, &patience) > 0;
}

}  // namespace greylisting::ctl
