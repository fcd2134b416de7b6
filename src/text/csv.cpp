#include "text/csv.h"

namespace greylisting {
namespace {

std::string field(const std::string& value) {
  if (value.find_first_of(",\"\r\n") == std::string::npos) return value;
  std::string quoted = "\"";
  for (const char c : value) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

}  // namespace

std::string csv_record(const std::vector<std::string>& values) {
  std::string record;
  for (const std::string& value : values)
    record.append(&value == &values.front() ? "" : ",").append(field(value));
  return record + "\r\n";
}

}  // namespace greylisting
