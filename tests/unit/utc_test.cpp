#include "utc.h"

#include <catch2/catch.hpp>

namespace greylisting {
namespace {

TEST_CASE("utc: moments as text", "[utc]") {
  struct Case {
    std::time_t time;
    std::string text;
  };
  for (const Case& expected :
       {Case{0, "1970-01-01T00:00:00Z"}, Case{951782399, "2000-02-28T23:59:59Z"},
        Case{951782400, "2000-02-29T00:00:00Z"}, Case{1795241504, "2026-11-21T06:11:44Z"},
        Case{253402300799, "9999-12-31T23:59:59Z"}, Case{-1, "1969-12-31T23:59:59Z"}}) {
    CHECK(utc(expected.time) == expected.text);
  }
  CHECK(stored_time(1795241504) == "2026-11-21 06:11:44");
}

TEST_CASE("time_of: reads what stored_time writes, and nothing else", "[utc]") {
  for (const std::time_t time : {0L, 951782400L, 1795241504L, 253402300799L})
    CHECK(time_of(stored_time(time)) == time);
  for (const std::string_view text :
       {"", "2026-11-21", "2026-11-21T06:11:44", "2026-02-29 00:00:00", "2026-11-21 24:00:00",
        "2026-11-21 06:11:44 ", "2026-11-21 06:60:44", "x026-11-21 06:11:44"}) {
    CAPTURE(text);
    CHECK_FALSE(time_of(text));
  }
}

}  // namespace
}  // namespace greylisting
