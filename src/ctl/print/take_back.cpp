#include "ctl/print/take_back.h"

#include <iostream>

namespace greylisting::ctl {

void print_take_back(const std::vector<std::string>& commands) {
  for (const std::string& command : commands) std::cout << "to take it back: " << command << '\n';
}

Json json_texts(const std::vector<std::string>& texts) {
  Json array = Json::array();
  for (const std::string& text : texts) array.push_back(text);
  return array;
}

}  // namespace greylisting::ctl
