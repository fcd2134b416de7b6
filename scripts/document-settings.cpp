// document-settings: writes the table of settings into man/greylisting.conf.5 and docs/settings.md, between
// the lines that say so. Run by `make docs`, in the source tree.

#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "settings/document.h"

using namespace greylisting;

namespace {

void document(const std::string& file, const std::string& text) {
  std::ostringstream content;
  content << std::ifstream(file).rdbuf();
  try {
    const std::string whole = with_generated(content.str(), text);
    std::ofstream(file) << whole;
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(file + ": " + error.what());
  }
}

}  // namespace

int main() {
  try {
    document("man/greylisting.conf.5", settings_as_mdoc());
    document("docs/settings.md", settings_as_markdown());
    return 0;
  } catch (const std::exception& error) {
    static_cast<void>(std::fprintf(stderr, "document-settings: %s\n", error.what()));
    return 1;
  }
}
