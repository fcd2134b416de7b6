// imported_entries: the entries of a file put into the store, and what became of them, or would.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/commands.h"
#include "ctl/imports/content.h"
#include "settings/settings.h"

namespace greylisting::ctl {

struct ImportedEntries {
  struct Counts {
    std::size_t added = 0;
    std::size_t changed = 0;
    std::size_t same = 0;
    std::size_t over = 0;
  };

  std::size_t size = 0;
  Counts counts{};
  std::vector<std::string> notes{};  // those that are printed before, and after
  std::vector<std::string> warnings{};
  std::vector<std::string> undo{};
};

/// Nothing when they were not put: they were not meant, or a signal has come. Throws UsageError, StoreError.
std::optional<ImportedEntries> import_entries(const LoadedSettings& loaded, const ImportOptions& options,
                                              const ListContent& content, Administration& administration);

}  // namespace greylisting::ctl
