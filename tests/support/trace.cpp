#include "trace.h"

#include <sstream>
#include <utility>

#include "temporary_directory.h"

namespace greylisting::test {

bool can_trace() {
  static const bool can = run({.arguments = {"strace", "-f", "-qq", "-e", "trace=none", "true"}}).status == 0;
  return can;
}

Traced run_traced(Command command, const std::string& calls, const std::string& inject) {
  const TemporaryDirectory directory;
  const std::string file = directory / "trace";
  std::vector<std::string> arguments{"strace", "-f", "-qq", "-s", "4096", "-o", file, "-e", "trace=" + calls};
  if (!inject.empty()) arguments.insert(arguments.end(), {"-e", "inject=" + inject});
  // The leak sanitizer looks at a program as strace does, and only one of them can. What other sanitizers say
  // has no file of its own then, which they would make.
  if (kIsSanitized) arguments.insert(arguments.end(), {"-E", "ASAN_OPTIONS=detect_leaks=0"});
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  command.arguments = std::move(arguments);
  Traced traced{.result = run(command), .lines = {}};
  std::istringstream trace(read_file(file));
  for (std::string line; std::getline(trace, line);) traced.lines.push_back(line);
  return traced;
}

std::vector<std::string> quoted_in(const std::string& line) {
  std::vector<std::string> texts;
  std::size_t begin = 0;
  while ((begin = line.find('"', begin)) != std::string::npos) {
    std::size_t end = ++begin;
    while (end < line.size() && line[end] != '"') end += line[end] == '\\' ? 2U : 1U;
    if (end >= line.size()) break;
    texts.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return texts;
}

}  // namespace greylisting::test
