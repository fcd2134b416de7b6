#include "process/hand_over.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "process/deadline.h"

namespace greylisting {
namespace {

using std::chrono::steady_clock;

// More than are open at any time.
constexpr int kMostFiles = 64;

// hand_over is called from within the client library, which can carry no reason of ours to its caller.
std::string& failure() {
  static std::string text;
  return text;
}

// Of the clock that all processes of a host share, in its own unit.
std::string end_of(const itimerval& timer) {
  const auto left =
      std::chrono::seconds(timer.it_value.tv_sec) + std::chrono::microseconds(timer.it_value.tv_usec);
  return std::to_string((steady_clock::now() + left).time_since_epoch().count());
}

}  // namespace

const char* own_file() {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): that is how the kernel hands over a pointer.
  const auto* const file = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  return file == nullptr ? "" : file;
}

void hand_over(const std::string& purpose) {
  std::string twin = std::string(own_file()) + ".dynamic";
  if (access(twin.c_str(), X_OK) == 0) {
    const itimerval none{};
    itimerval armed{};
    setitimer(ITIMER_REAL, &none, &armed);
    // A connection that has been begun is not to stay open beside the twin's.
    for (int file = STDERR_FILENO + 1; file < kMostFiles; ++file) {
      if (file != kReplyStream || std::getenv("USE_FD4") == nullptr) fcntl(file, F_SETFD, FD_CLOEXEC);
    }
    std::string end = end_of(armed);
    const std::array<char*, 3> arguments{twin.data(), end.data(), nullptr};
    execv(twin.c_str(), arguments.data());
    setitimer(ITIMER_REAL, &armed, nullptr);
  }
  failure() = purpose + " need " + twin + ", which cannot be executed (" +
              std::generic_category().message(errno) + ')';
}

std::optional<steady_clock::time_point> handed_over(std::span<char* const> arguments) {
  if (arguments.size() != 2) return std::nullopt;
  const std::string_view text(arguments.back());
  steady_clock::rep end = 0;
  const auto [rest, error] = std::from_chars(text.begin(), text.end(), end);
  if (error != std::errc() || rest != text.end() || end < 0) return std::nullopt;
  return steady_clock::time_point(steady_clock::duration(end));
}

const std::string& failed_hand_over() { return failure(); }

}  // namespace greylisting
