#include "ctl/print/take_back.h"

#include <iostream>

namespace greylisting::ctl {

void print_take_back(const std::vector<std::string>& commands) {
  for (const std::string& command : commands) std::cout << "to take it back: " << command << '\n';
}

}  // namespace greylisting::ctl
