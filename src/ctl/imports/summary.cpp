#include "ctl/imports/summary.h"

#include <iostream>

#include "ctl/imports/content.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/take_back.h"

namespace greylisting::ctl {
namespace {

bool is_to_last(const TakenOver& taken, const ImportOptions& options) {
  return !options.dry_run && taken.added + taken.networks + taken.senders > 0;
}

}  // namespace

void print_summary(const ImportedEntries& imported, const std::vector<std::string>& problems,
                   const ImportOptions& options) {
  const ImportedEntries::Counts& counts = imported.counts;
  std::cout << (options.dry_run ? "would import " : "imported ") << counted(imported.size, "entry", "entries")
            << " from " << name_of(options) << ": " << counts.added << " new, " << counts.changed
            << " changed, ";
  if (counts.same > 0) std::cout << counts.same << " there already, ";
  if (counts.over > 0) std::cout << counts.over << " expired and left out, ";
  std::cout << (options.format || options.greylister ? counted(problems.size(), "line")
                                                     : counted(problems.size(), "entry", "entries"))
            << " not understood\n";
  for (const std::string& note : imported.notes) std::cout << "note: " << note << '\n';
  print_take_back(imported.undo);
}

Json summary_json(const ImportedEntries& imported, const std::vector<std::string>& problems,
                  const ImportOptions& options) {
  const ImportedEntries::Counts& counts = imported.counts;
  std::vector<std::string> notes = imported.warnings;
  notes.insert(notes.end(), imported.notes.begin(), imported.notes.end());
  return {
      {"dry_run", options.dry_run},
      {"file", name_of(options)},
      {"entries",
       {{"new", counts.added}, {"changed", counts.changed}, {"same", counts.same}, {"expired", counts.over}}},
      {"problems", json_texts(problems)},
      {"notes", json_texts(notes)},
      {"undo", json_texts(imported.undo)}};
}

void print_summary(const TakenOver& taken, const Known& known, const ImportOptions& options) {
  std::cout << (options.dry_run ? "would import " : "imported ")
            << counted(taken.added + taken.same, "record") << " from " << options.file << ": " << taken.added
            << " new, " << taken.same << " there already, ";
  if (taken.over > 0) std::cout << taken.over << " expired and left out, ";
  std::cout << known.problems.size() << " not understood\n";
  if (taken.networks + taken.senders > 0) {
    std::cout << (options.dry_run ? "would give" : "gave") << " passes to "
              << counted(taken.networks, "network") << " and to "
              << counted(taken.senders, "sender or domain", "senders and domains") << " on one\n";
  }
  for (const std::string& note : known.notes) std::cout << "note: " << note << '\n';
  if (is_to_last(taken, options)) std::cout << "note: " << kLastingKnown << '\n';
}

Json summary_json(ImportedEntries imported, const TakenOver& taken, const Known& known,
                  const ImportOptions& options) {
  imported.notes.insert(imported.notes.end(), known.notes.begin(), known.notes.end());
  if (is_to_last(taken, options)) imported.notes.emplace_back(kLastingKnown);
  Json object = summary_json(imported, known.problems, options);
  object.set("records", {{"new", taken.added}, {"same", taken.same}, {"expired", taken.over}});
  object.set("networks", taken.networks);
  object.set("senders", taken.senders);
  return object;
}

}  // namespace greylisting::ctl
