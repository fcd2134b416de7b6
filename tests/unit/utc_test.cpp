#include "text/utc.h"

#include <chrono>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

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
  CHECK(date_of("2026-11-21 06:11:44") == "2026-11-21");
}

TEST_CASE("time_of: reads what stored_time writes, and nothing else", "[utc]") {
  for (const std::time_t time : {0L, 951782400L, 1795241504L, 253402300799L})
    CHECK(time_of(stored_time(time)) == time);
  for (const std::string_view text :
       {"", "2026-11-21", "2026-11-21T06:11:44", "2026-02-29 00:00:00", "2026-11-21 24:00:00",
        "2026-11-21 06:11:44 ", "2026-11-21 06:60:44", "x026-11-21 06:11:44", "1969-12-31 23:59:59"}) {
    CAPTURE(text);
    CHECK_FALSE(time_of(text));
  }
}

TEST_CASE("A date ends with its day, a time at its second", "[utc]") {
  for (const auto& [date, end] :
       std::vector<std::pair<std::string, std::string>>{{"2026-12-21", "2026-12-21 23:59:59"},
                                                        {"2026-12-21 06:11:44", "2026-12-21 06:11:44"},
                                                        {"2028-02-29", "2028-02-29 23:59:59"},
                                                        {"2026-12-21T06:11:44Z", "2026-12-21 06:11:44"},
                                                        {"9999-12-31 23:59:59", "9999-12-31 23:59:59"}}) {
    CHECK(end_of(date) == end);
  }
  for (const char* const date :
       {"", "2027-02-29", "2026-13-01", "2026-00-10", "2026-12-21 24:00:00", "2026-12-21 06:60:00",
        "2026-12-21 06:11:60", "2026-12-21T06:11:44", "2026-12-21 06:11:44Z", "2026-12-21T24:11:44Z",
        "2026-12-21 ", "21.12.2026", "1969-12-31", "2026-1-1", "tomorrow", "2026-12-2x",
        "2026-12-21 06:11:44 "}) {
    CAPTURE(date);
    CHECK_FALSE(end_of(date));
  }
}

TEST_CASE("rfc_3339: times as the stores have them, and other text as it is", "[utc]") {
  CHECK(rfc_3339("2026-11-21 06:11:44") == "2026-11-21T06:11:44Z");
  for (const char* const text : {"", "-", "for ever", "2026-11-21"}) CHECK(rfc_3339(text) == text);
}

TEST_CASE("Time is added by the calendar", "[utc]") {
  using namespace std::chrono_literals;
  CHECK(later("2026-11-21 06:11:44", std::chrono::days(30)) == "2026-12-21 06:11:44");
  CHECK(later("2027-12-31 23:59:59", 1s) == "2028-01-01 00:00:00");
  CHECK(later("2028-02-28 12:30:00", 24h) == "2028-02-29 12:30:00");
}

}  // namespace
}  // namespace greylisting
