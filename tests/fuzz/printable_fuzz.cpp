// printable: any bytes become one word of printable ASCII and come back as they were; escapes are read in any
// text.

#include "text/printable.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace greylisting;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

bool is_graphic(char c) { return c >= 0x21 && c <= 0x7e; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);

  const std::string word = printable(bytes);
  expect(std::ranges::all_of(word, is_graphic));
  expect(word.size() >= bytes.size() && word.size() <= 4 * bytes.size());
  expect(unescaped(word) == bytes);

  const std::string read = unescaped(bytes);
  expect(read.size() <= bytes.size());
  expect(unescaped(printable(read)) == read);

  const std::string digits = hexadecimal(bytes);
  expect(digits.size() == 2 * bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::string two = digits.substr(2 * i, 2);
    expect(two.find_first_not_of("0123456789abcdef") == std::string::npos);
    expect(std::stoul(two, nullptr, 16) == data[i]);
  }
  return 0;
}
