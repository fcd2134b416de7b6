#include "text/csv.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace greylisting::test {

TEST_CASE("A CSV record has its values between commas, in quotes where they need them", "[csv]") {
  struct Case {
    std::vector<std::string> values;
    std::string record;
  };
  const std::vector<Case> cases{
      {{"a"}, "a\r\n"},
      {{"a", "", "c d"}, "a,,c d\r\n"},
      {{"a,b", "c"}, "\"a,b\",c\r\n"},
      {{"say \"no\""}, "\"say \"\"no\"\"\"\r\n"},
      {{"two\nlines", "\r"}, "\"two\nlines\",\"\r\"\r\n"},
      {{"a", "a"}, "a,a\r\n"},
  };
  for (const Case& each : cases) CHECK(csv_record(each.values) == each.record);
}

}  // namespace greylisting::test
