#include "ctl/print/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace greylisting::ctl {

bool is_decorated(int descriptor) {
  const auto value = [](const char* name) {
    const char* const text = std::getenv(name);
    return std::string_view(text == nullptr ? "" : text);
  };
  return isatty(descriptor) == 1 && value("NO_COLOR").empty() && value("TERM") != "dumb";
}

std::size_t width_of(int descriptor) {
  constexpr std::size_t kUsual = 80;
  struct winsize size = {};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

std::size_t height_of(int descriptor) {
  constexpr std::size_t kUsual = 24;
  struct winsize size = {};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : kUsual;
}

bool can_ask() { return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1; }

bool is_confirmed() {
  std::cout << "Do this? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace greylisting::ctl
