// summary: what an import says it has done, or would do.
#pragma once

#include <string>
#include <vector>

#include "ctl/commands.h"
#include "ctl/imports/imported_entries.h"
#include "ctl/imports/known.h"
#include "ctl/print/json.h"

namespace greylisting::ctl {

/// What is said of records and trust once any of them are in the store.
inline constexpr const char* kLastingKnown =
    "imported records and passes expire by themselves; greylistctl forget --client NETWORK takes those of a "
    "network back";

/// Of entries; `problems` are what was not understood.
void print_summary(const ImportedEntries& imported, const std::vector<std::string>& problems,
                   const ImportOptions& options);
Json summary_json(const ImportedEntries& imported, const std::vector<std::string>& problems,
                  const ImportOptions& options);

/// Of what another greylister knows; of its entries only the JSON tells.
void print_summary(const TakenOver& taken, const Known& known, const ImportOptions& options);
Json summary_json(ImportedEntries imported, const TakenOver& taken, const Known& known,
                  const ImportOptions& options);

}  // namespace greylisting::ctl
