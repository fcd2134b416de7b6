// log_line: whatever the line, nothing is read beyond it and nothing thrown; an event has a client and a
// client an event; a time is one that exists; a stamp in front or blanks behind change nothing of what a
// message of qmail-smtpd without one says, and neither does what a client can write behind it make another
// client's mail of it. The input is a line.

#include "ctl/logs/log_line.h"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

using namespace greylisting;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

void check(const Stamp& stamp) {
  if (const auto* const moment = std::get_if<std::chrono::sys_seconds>(&stamp)) {
    // A zone can lead a day out of these.
    expect(*moment >= std::chrono::sys_days(std::chrono::year(0) / 12 / 30));
    expect(*moment < std::chrono::sys_days(std::chrono::year(10000) / 1 / 3));
  }
  if (const auto* const clock = std::get_if<WallClock>(&stamp)) {
    const int year = clock->year == 0 ? 2000 : clock->year;
    const std::chrono::year_month_day date =
        std::chrono::year(year) / std::chrono::month(clock->month) / std::chrono::day(clock->day);
    expect(year <= 9999 && date.ok());
    expect(clock->hour >= 0 && clock->hour <= 23 && clock->minute >= 0 && clock->minute <= 59 &&
           clock->second >= 0 && clock->second <= 59);
  }
}

bool are_same(const LogLine& a, const LogLine& b) {
  return a.event == b.event && a.client == b.client && a.client_name == b.client_name;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A line of its own memory: reading behind its end is noticed.
  const std::string line(reinterpret_cast<const char*>(data), size);
  const LogLine read = read_log_line(line);
  check(read.stamp);
  expect((read.event == LogEvent::other || read.event == LogEvent::message_queued) == !read.client);
  expect(read.client_name.empty() ||
         (read.client_name.data() >= line.data() &&
          read.client_name.data() + read.client_name.size() <= line.data() + size));

  for (const std::string_view part :
       {read.process, read.port, read.message, read.user.value_or(""), read.refused_user.value_or("")})
    expect(part.empty() || (part.data() >= line.data() && part.data() + part.size() <= line.data() + size));
  expect(!read.user || (read.event == LogEvent::other && !read.process.empty()));

  const std::string behind = line + " \t\r";
  expect(are_same(read_log_line(behind), read));
  // What stands before a | may be the name of a container.
  if (read.stamp.index() == 0 && line.find('|') == std::string::npos) {
    const std::string stamped = "@400000006b01362a0c3c6ebc " + line;
    expect(read_log_line(stamped).stamp.index() == 1);
    if (line.find_first_of(" \t") != 0) expect(are_same(read_log_line(stamped), read));
  }
  const std::string forged = line + " remoteip=192.0.2.99 client=192.0.2.99";
  const LogLine read_forged = read_log_line(forged);
  if (read.client && read.client->text() != "192.0.2.99")
    expect(!read_forged.client || read_forged.client == read.client);
  return 0;
}
