#include "ctl/report/name_counts.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace greylisting::ctl {

TEST_CASE("Names are counted, and the most frequent come first", "[name_counts]") {
  NameCounts counts;
  for (const char* const name : {"b", "a", "c", "a", "b"}) counts.add(name);
  counts.add("d", 7);
  CHECK(counts.top(3) == std::vector<NameCount>{{"d", 7}, {"a", 2}, {"b", 2}});
  CHECK(counts.top(10).size() == 4);
  CHECK(NameCounts().top(10).empty());
}

TEST_CASE("Of too many names the rarest are forgotten", "[name_counts]") {
  NameCounts counts(100);
  for (int i = 0; i < 10000; ++i) {
    counts.add("once " + std::to_string(i));
    if (i % 10 == 0) counts.add("often");
    if (i % 20 == 0) counts.add("less often");
  }
  CHECK(counts.top(2) == std::vector<NameCount>{{"often", 1000}, {"less often", 500}});
  CHECK(counts.top(1000).size() <= 100);
}

}  // namespace greylisting::ctl
