// entry_command: the commands that make and remove entries, as a person types them.
#pragma once

#include <string>
#include <vector>

#include "ctl/lists/entry_table.h"

namespace greylisting::ctl {

/// `greylistctl allow --until '2026-12-21 06:11:44' client 192.0.2.0/24`: makes this entry where there is
/// none with its action and pattern. It does not ask back (`--yes`) where `is_sure`.
std::string command_that_makes(const StoredEntry& entry, bool is_sure);

/// What makes a changed entry what it was; empty when nothing was changed.
std::string command_that_restores(const StoredEntry& before, const Entry& now);

/// `greylistctl remove entries/3-17 entries/20`, of ids of greylisting_entries; nothing where there are none.
/// Throws StoreError.
std::vector<std::string> commands_that_remove(const std::vector<std::string>& ids, EntryTable& table);

}  // namespace greylisting::ctl
