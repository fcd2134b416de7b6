// spf_cache: results of SPF for as long as they hold, in a file of the state directory. Whatever is wrong
// with it is no more than a question to DNS.
#pragma once

#include <ctime>
#include <optional>
#include <string>

#include "mail/fingerprint.h"
#include "store/sqlite_database.h"

namespace greylisting {

class SpfCache {
 public:
  /// `directory` has to be private (state_directory.h), or nothing is kept.
  explicit SpfCache(const std::string& directory);

  std::optional<std::string> find(const Fingerprint& key, std::time_t now) const;

  /// What is over by `now` goes.
  void keep(const Fingerprint& key, const std::string& result, std::time_t now, std::time_t until);

 private:
  std::optional<SqliteDatabase> file_{};
};

}  // namespace greylisting
