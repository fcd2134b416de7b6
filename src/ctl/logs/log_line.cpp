#include "ctl/logs/log_line.h"

#include "ctl/logs/exim_log.h"
#include "ctl/logs/postfix_log.h"
#include "ctl/logs/qmail_log.h"
#include "ctl/logs/scan.h"

namespace greylisting {
namespace {

bool says_nothing(const LogLine& line) {
  return line.event == LogEvent::other && line.on_its_way == OnItsWay::nothing && !line.user &&
         !line.refused_user && !line.is_cut;
}

}  // namespace

LogLine read_log_line(std::string_view line) {
  LogLine read;
  line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
  const std::string_view whole = line;
  LogOrigin origin;
  read.stamp = take_stamp(line, origin);
  skip_blanks(line);
  read.message = line;
  if (origin.is_in_text) skip_tag(read.message);
  // Who has written a line says its stamp alone: what looks like another server's in its message is a
  // client's.
  if (origin.program.starts_with("postfix")) {
    read_postfix(read.message, read);
  } else if (origin.program.starts_with("exim") || has_exims_stamp(whole)) {
    read_exim(read.message, read);
  }
  if (says_nothing(read)) read_qmail(line, read);
  if (origin.is_in_text && says_nothing(read)) read_qmail(read.message, read);
  return read;
}

}  // namespace greylisting
