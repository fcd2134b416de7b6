// policy: whatever comes over a connection, it ends, each request is answered by one action of one line, and
// what was sent cannot change the answer's form. The input is what comes.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "host/policy.h"
#include "judgement/decision.h"
#include "settings/settings.h"

using namespace greylisting;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

void check(std::string_view answer) {
  expect(answer.starts_with("action=") && answer.ends_with("\n\n"));
  expect(std::ranges::count(answer, '\n') == 2);
  expect(std::ranges::all_of(answer, [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int stream = memfd_create("requests", MFD_CLOEXEC);
  expect(stream >= 0 && write(stream, data, size) == static_cast<ssize_t>(size));
  expect(lseek(stream, 0, SEEK_SET) == 0);
  policy::Requests requests(stream);
  const Settings settings;
  try {
    while (const auto request = requests.next(std::chrono::seconds(1))) {
      for (const Reason reason : kReasons) {
        check(policy::answer(*request, {.reason = reason}, settings, "X-Greylist: delayed;\n\tnow"));
      }
      if (request->is_greylisted()) static_cast<void>(request->session());
    }
  } catch (const std::runtime_error&) {  // no request, or one without a client
  }
  close(stream);
  return 0;
}
