#include "ctl/logs/log_line.h"

#include "ctl/logs/exim_log.h"
#include "ctl/logs/postfix_log.h"
#include "ctl/logs/qmail_log.h"
#include "ctl/logs/scan.h"

namespace greylisting {

LogLine read_log_line(std::string_view line) {
  LogLine read;
  line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
  const std::string_view whole = line;
  std::string_view program;
  read.stamp = take_stamp(line, program);
  skip_blanks(line);
  read.message = line;
  // Who has written a line says its stamp alone: what looks like another server's in its message is a
  // client's.
  if (program.starts_with("postfix")) {
    read_postfix(line, read);
  } else if (program.starts_with("exim") || has_exims_stamp(whole)) {
    read_exim(line, read);
  }
  if (read.event == LogEvent::other && read.on_its_way == OnItsWay::nothing) read_qmail(line, read);
  return read;
}

}  // namespace greylisting
