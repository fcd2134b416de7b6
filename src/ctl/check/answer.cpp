#include "ctl/check/answer.h"

#include <algorithm>

namespace greylisting::ctl {

bool PluginAnswer::defers() const {
  if (!reply.empty()) return reply.starts_with('4');
  const auto at_data = later.find('D');
  return at_data != later.end() && at_data->second.starts_with('4');
}

std::map<char, std::string>::const_iterator PluginAnswer::refused_later() const {
  return std::ranges::find_if(later, [](const auto& text) {
    return std::string_view("MRD").find(text.first) != std::string_view::npos && !text.second.empty();
  });
}

std::string PluginAnswer::said() const {
  const auto its = refused_later();
  if (ends_command() || its == later.end()) return end + reply;
  return std::string("L") + its->first + its->second;
}

PluginAnswer read_answer(std::string_view output) {
  PluginAnswer answer;
  while (!output.empty() && answer.end == '\0') {
    const std::size_t end = output.find('\n');
    std::string line(output.substr(0, end == std::string_view::npos ? end : end + 1));
    output.remove_prefix(line.size());
    line.pop_back();  // whichever byte it is
    if (line.empty()) continue;
    const std::string text = line.substr(1);
    const std::size_t sign = text.find('=');
    switch (line[0]) {
      case 'E':
      case 'R':
        answer.reply = text;
        [[fallthrough]];
      case 'D':
      case 'A':
      case 'N':
      case 'O':
        answer.end = line[0];
        break;
      case 'L':
        if (!text.empty()) answer.later[text[0]] += text.substr(1);
        break;
      case 'S':
        if (sign != std::string::npos)
          answer.variables.emplace_back(text.substr(0, sign), text.substr(sign + 1));
        break;
      case 'U':
        answer.variables.emplace_back(text, std::nullopt);
        break;
      case 'C':
        answer.address = text;
        break;
      default:
        break;
    }
  }
  return answer;
}

}  // namespace greylisting::ctl
