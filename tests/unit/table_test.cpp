#include "ctl/print/table.h"

#include <string>
#include <vector>

#include "ctl/print/wrapped.h"
#include "tests/support/catch.h"

namespace greylisting::ctl {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("A column of figures stands to the right, any other to the left", "[table]") {
  const std::vector<Cells> rows{
      {"what", "number", "share", "delay", "network", "time"},
      {"deferred", "1,902", "80.5 %", "1 h 20 min", "192.0.2.0", "2026-11-21 06:11:44"},
      {"passed", "41", "-", "45 s", "10.0.0.1", ""}};
  CHECK(table_lines(rows, {}, 200) ==
        Lines{"what      number   share       delay  network    time",
              "deferred   1,902  80.5 %  1 h 20 min  192.0.2.0  2026-11-21 06:11:44",
              "passed        41       -        45 s  10.0.0.1"});
}

TEST_CASE("Numbers in the first column stand to the right, too", "[table]") {
  CHECK(table_lines({{"id", "client"}, {"7", "192.0.2.1"}, {"1042", "192.0.2.2"}}, {}, 200) ==
        Lines{"  id  client", "   7  192.0.2.1", "1042  192.0.2.2"});
}

TEST_CASE("A line is wrapped between words, and a word that is too wide stays whole", "[table]") {
  CHECK(wrapped("a line that fits", 16) == "a line that fits");
  CHECK(wrapped("a line that does not fit", 16) == "a line that does\nnot fit");
  CHECK(wrapped("  waited   some 5 minutes", 20, 11) == "  waited   some 5\n           minutes");
  CHECK(wrapped("see somebody@department.example now", 12) == "see\nsomebody@department.example\nnow");
  CHECK(wrapped("  why      somebody@department.example now", 20, 11) ==
        "  why      somebody@department.example\n           now");
  CHECK(wrapped("", 10).empty());
}

TEST_CASE("The widest column that can be cut gives way first, in its middle", "[table]") {
  const std::vector<Cells> rows{{"id", "sender", "recipient"},
                                {"17", "somebody.with.a.long.name@example.net", "bob@example.org"}};
  CHECK(width_of(rows) == 58);
  CHECK(table_lines(rows, {1, 2}, 58)[1] == "17  somebody.with.a.long.name@example.net  bob@example.org");
  CHECK(table_lines(rows, {1, 2}, 48)[1] == "17  somebody.with..@example.net  bob@example.org");
  CHECK(table_lines(rows, {1, 2}, 36)[1].size() == 36);
  // Nothing is cut to nothing.
  CHECK(table_lines(rows, {1, 2}, 5)[1] == "17  someb..e.net  bob@e..e.org");
  CHECK(table_lines(rows, {}, 5)[1].size() == 58);
}

TEST_CASE("A text is cut between characters", "[table]") {
  CHECK(cut_in_the_middle("abcdefgh", 8) == "abcdefgh");
  CHECK(cut_in_the_middle("abcdefgh", 6) == "ab..gh");
  CHECK(cut_in_the_middle("abcdefgh", 3) == "a..");
  CHECK(cut_in_the_middle("äöüÄÖÜß", 7) == "äöüÄÖÜß");
  CHECK(cut_in_the_middle("äöüÄÖÜß", 6) == "äö..Üß");
}

TEST_CASE("Two addresses share a line", "[table]") {
  CHECK(addresses_within("alice@example.net", "bob@example.org", 80) ==
        "alice@example.net -> bob@example.org");
  CHECK(addresses_within("", "bob@example.org", 80) == "<> -> bob@example.org");
  // The shorter one stays whole.
  CHECK(addresses_within("<>", "bob@somewhere.far.away.example.org", 24) == "<> -> bob@some..mple.org");
  for (const std::size_t width : {20, 30, 40, 50})
    CHECK(addresses_within(std::string(60, 'a'), std::string(70, 'b'), width).size() == width);
}

}  // namespace
}  // namespace greylisting::ctl
