// sql_dump: whatever stands in a dump, reading it comes to its end, every row has a table and values, and it
// is on a line that there is. The input is the dump.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ctl/imports/sql_dump.h"

using namespace greylisting;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  std::size_t last = 1;
  const auto failures = ctl::read_dump(text, [&](const ctl::DumpedRow& row) {
    expect(!row.table.empty() && !row.values.empty());
    expect(row.line >= last && row.line <= lines);
    last = row.line;
  });
  for (const std::size_t line : failures) expect(line >= 1 && line <= lines);
  return 0;
}
