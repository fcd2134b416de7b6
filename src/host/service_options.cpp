#include "host/service_options.h"

#include <getopt.h>

#include <array>
#include <cstdio>

#include "version.h"

namespace greylisting {
namespace {

// Whoever has closed the stream does not want to know.
void say(const std::string& text, std::FILE* stream) { static_cast<void>(std::fputs(text.c_str(), stream)); }

}  // namespace

ServiceOptions read_service_options(int argc, char** argv, const char* program, const char* usage,
                                    bool has_rest) {
  constexpr std::array kOptions{option{"home", required_argument, nullptr, 'h'},
                                option{"help", no_argument, nullptr, 'u'},
                                option{"version", no_argument, nullptr, 'v'}, option{}};
  // A plus sign has the first word that is no option end them.
  const char* const order = has_rest ? "+" : "";
  ServiceOptions options;
  for (int found = 0; (found = getopt_long(argc, argv, order, kOptions.data(), nullptr)) != -1;) {
    if (found == 'h') {
      options.home = optarg;
    } else if (found == 'u') {
      say(usage, stdout);
      return {.status = 0};
    } else if (found == 'v') {
      say(std::string(program).append(" ").append(kVersion).append("\n"), stdout);
      return {.status = 0};
    } else {
      say(usage, stderr);
      return {.status = 2};
    }
  }
  if (optind < argc) options.rest = argv + optind;
  if ((options.rest != nullptr) == has_rest) return options;
  say(usage, stderr);
  return {.status = 2};
}

}  // namespace greylisting
