#include "text/shell_word.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace greylisting::test {

TEST_CASE("A word for the shell is in quotes unless it means itself", "[shell_word]") {
  struct Case {
    std::string word;
    std::string written;
  };
  const std::vector<Case> cases{
      {"alice+list@example.net", "alice+list@example.net"},
      {"2001:db8::/32", "2001:db8::/32"},
      {"", "''"},
      {"<>", "'<>'"},
      {"a b", "'a b'"},
      {"$HOME`id`;", "'$HOME`id`;'"},
      {"o'neil@example.net", "'o'\\''neil@example.net'"},
      {"we\\x20ird", "'we\\x20ird'"},
      {"\xc3\xb6", "'\xc3\xb6'"},
  };
  for (const Case& each : cases) CHECK(shell_word(each.word) == each.written);
}

}  // namespace greylisting::test
