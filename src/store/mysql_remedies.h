// mysql_remedies: what to do about an error of a MySQL or MariaDB server, or of the client library.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace greylisting {

struct MysqlRemedy {
  unsigned error;
  /// `:file` stands for where the account is written, `:encrypting_line` for what has the client library
  /// encrypt.
  std::string_view remedy;
};

/// In the order of errors.
std::span<const MysqlRemedy> mysql_remedies();

/// The remedy for `error`, which came with `message`. `option_file` is empty when the client library's own
/// are read, `database` when none is chosen.
std::string mysql_remedy(unsigned error, std::string_view message, const std::string& option_file);

}  // namespace greylisting
