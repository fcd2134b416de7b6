// lines_of_logs: the lines of logs, whatever files they are in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace greylisting::ctl {

/// Octets. What is longer is not looked at.
inline constexpr std::size_t kMaxLine = 1U << 16U;

/// Who takes the lines. `without_stamp` is when a line was written that does not say so.
class LogTaker {
 public:
  virtual ~LogTaker() = default;
  virtual void add(std::string_view line, std::time_t without_stamp) = 0;
  /// A line that is too long, of which `begin` has its stamp.
  virtual void add_too_long(std::string_view begin, std::time_t without_stamp) = 0;
  /// All of a log has been read; the next is of another server.
  virtual void finish_log() = 0;
};

struct LogFiles {
  std::uint64_t count = 0;
  std::vector<std::string> problems{};  // what could not be read, and the remedy
};

/// Reads `logs`: files, plain or of gzip; directories, of which multilog's `current` and `@…`; `-` for
/// standard input. The files of one directory that are named one by one are one log.
LogFiles read_lines_of(const std::vector<std::string>& logs, std::time_t now, LogTaker& taker);

}  // namespace greylisting::ctl
