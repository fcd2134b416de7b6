#include <iostream>
#include <string>
#include <utility>

#include "ctl/commands.h"
#include "ctl/imports/content.h"
#include "ctl/imports/greylister.h"
#include "ctl/imports/imported_entries.h"
#include "ctl/imports/known.h"
#include "ctl/imports/summary.h"
#include "ctl/long_change.h"

namespace greylisting::ctl {
namespace {

int import_known(const LoadedSettings& loaded, const ImportOptions& options) {
  if (options.action)
    throw UsageError("--action: is for lists; another greylister says itself what becomes of whom");
  Known known = read_known(*options.greylister, options.file, loaded.settings);
  for (const std::string& problem : known.problems) std::cerr << "greylistctl: " << problem << '\n';
  for (Entry& entry : known.entries) entry.comment = stored_comment(options.comment);

  const auto administration = open_administration(loaded.settings);
  ImportedEntries imported;
  if (!known.entries.empty()) {
    auto done = import_entries(loaded, options, {.entries = known.entries}, *administration);
    if (!done) return kFailed;
    imported = std::move(*done);
    if (!options.json) print_summary(imported, {}, options);
  }
  LongChange change({.subject = name_of(options) + ": ", .one = "record", .many = "records"},
                    options.dry_run);
  const TakenOver taken = take_over(*administration, loaded.settings, known, options.dry_run, change);
  if (change.is_stopped()) {
    if (!options.dry_run && !options.json && change.done() > 0)
      std::cout << "note: " << kLastingKnown << '\n';
    return kFailed;
  }
  if (options.json) {
    std::cout << summary_json(std::move(imported), taken, known, options).text() << '\n';
  } else {
    print_summary(taken, known, options);
  }
  return known.problems.empty() ? kDone : kFailed;
}

}  // namespace

int import(const LoadedSettings& loaded, const ImportOptions& options) {
  if (options.greylister) return import_known(loaded, options);
  if (!options.format && options.action)
    throw UsageError("--action: in JSON every entry says for itself what it does");
  // Root may read files that the owner of the store may not.
  const ListContent content = read_content(options);
  for (const std::string& problem : content.problems) std::cerr << "greylistctl: " << problem << '\n';
  if (content.is_unusable) return kFailed;

  const auto administration = open_administration(loaded.settings);
  const auto imported = import_entries(loaded, options, content, *administration);
  if (!imported) return kFailed;
  if (options.json) {
    std::cout << summary_json(*imported, content.problems, options).text() << '\n';
  } else {
    print_summary(*imported, content.problems, options);
  }
  return content.problems.empty() ? kDone : kFailed;
}

}  // namespace greylisting::ctl
