// talk: whatever a client says, in whatever pieces, every reply is a line of printable ASCII that begins with
// its code, each command has one, and the talk comes to an end. The input is what comes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "host/talk.h"
#include "text/ascii.h"

using namespace greylisting;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

void check(std::string_view replies) {
  while (!replies.empty()) {
    const auto end = replies.find("\r\n");
    expect(end != std::string_view::npos && end > 4);
    const std::string_view line = replies.substr(0, end);
    expect(ascii::is_digits(line.substr(0, 3)) && (line[3] == ' ' || line[3] == '-'));
    expect(std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; }));
    replies.remove_prefix(end + 2);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  unsigned judged = 0;
  const auto judge = [&judged](const Envelope& envelope) {
    expect(!envelope.recipient.empty());
    expect(envelope.helo.size() + envelope.sender.size() + envelope.recipient.size() <= 3 * Talk::kMaxLine);
    return std::string(++judged % 3 == 0 ? "553 no (#5.7.1)" : "451 later (#4.3.0)");
  };
  Talk whole("mx.example.org", 5, judge);
  const std::string replies = whole.take(bytes);
  check(replies);
  expect(judged <= 5);
  expect(std::ranges::count(replies, '\n') <= 4 * (std::ranges::count(bytes, '\n') + 1));

  judged = 0;
  Talk pieces("mx.example.org", 5, judge);
  std::string again;
  for (const char c : bytes) again += pieces.take({&c, 1});
  expect(again == replies && pieces.is_over() == whole.is_over());
  return 0;
}
