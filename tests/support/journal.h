// journal: the journal of an installation, as its files.
#pragma once

#include <filesystem>
#include <vector>

#include "installation.h"

namespace greylisting::test {

inline std::vector<std::filesystem::path> journals(const Installation& installation) {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(installation.home() / "greylisting")) {
    if (file.path().extension() == ".journal") files.push_back(file.path());
  }
  return files;
}

inline void remove_journal(const Installation& installation) {
  for (const std::filesystem::path& file : journals(installation)) std::filesystem::remove(file);
}

/// Has an installation keep one, in which there is nothing yet: an SQLite file is made by a decision.
inline void begin_journal(const Installation& installation) {
  std::filesystem::create_directories(installation.home() / "greylisting");
  std::filesystem::permissions(installation.home() / "greylisting", std::filesystem::perms::owner_all);
  installation.sql("SELECT 1");
  remove_journal(installation);
}

}  // namespace greylisting::test
