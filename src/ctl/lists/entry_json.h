// entry_json: entries as JSON: what `list --json` and `export json` write, and `import json` reads.
//
// An array of objects, one an entry:
//     id           `entries/3`, `lists/17`; not read
//     action       `allow`, `deny`, `trap`, `greylist`, `skip`
//     what         `client`, `sender`, `recipient`
//     pattern      as in pattern.h, shown as by `one_line`
//     until        RFC 3339, or null for ever; a date, to its day's end, is read as well, and a time as the
//                  stores have it
//     over         whether that is over; not read
//     comment
//     block        minutes; left out for none
//     reply        left out for none
// Only action, what and pattern have to be there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/lists/entry_table.h"
#include "ctl/print/json.h"

namespace greylisting::ctl {

Json json_of(const StoredEntry& entry);

/// The entries of a file, and what is wrong with the others.
struct JsonList {
  std::vector<Entry> entries{};
  std::vector<std::string> problems{};  // `FILE, entry 3: …`
  std::string why_not{};                // why there is nothing of the file: `FILE: …`; empty when there is
};

/// Reads `text`, which is called `file` in problems. Never throws for what is in it.
JsonList parse_json_list(const std::string& file, std::string_view text);

}  // namespace greylisting::ctl
