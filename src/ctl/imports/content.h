// content: what a file of entries has, in whatever form.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ctl/commands.h"
#include "lists/entry.h"

namespace greylisting::ctl {

struct ListContent {
  std::vector<Entry> entries{};
  std::vector<std::string> problems{};
  std::size_t cut = 0;                // comments that are longer than the store keeps
  std::vector<std::string> doubts{};  // about replies, each with its place
  bool is_unusable = false;           // nothing of it counts; `problems` says why
};

/// Of the file, or standard input, that is to be imported. Throws std::runtime_error where there is no such
/// file, or it is none.
ListContent read_content(const ImportOptions& options);

/// How the file is spoken of.
std::string name_of(const ImportOptions& options);

}  // namespace greylisting::ctl
