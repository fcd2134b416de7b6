// option_file: a MySQL option file as MariaDB Connector/C reads it, which is not as the server's own programs
// do: what it leaves out without a word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/administration/administration.h"

namespace greylisting::ctl {

enum class Encryption { not_asked, ignored, asked };  // ignored: in a spelling that the library does not know

struct OptionFile {
  std::vector<Finding> findings{};
  Encryption encryption = Encryption::not_asked;
};

/// Measured with Connector/C 3.3 (tests/tool/option_file_test.cpp asks the library itself). Of
/// Oracle's library, which reads such files as its programs do, nothing is said.
OptionFile parse_option_file(const std::string& name, std::string_view text);

/// The same of a file; nothing of one that cannot be read.
OptionFile examine_option_file(const std::string& name);

}  // namespace greylisting::ctl
