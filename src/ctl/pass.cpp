#include <algorithm>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "ctl/commands.h"
#include "ctl/print/take_back.h"
#include "ctl/records/record_table.h"

namespace greylisting::ctl {
namespace {

std::string life(const Record& record) { return "until " + record.record_expires + " UTC"; }

// What there was to do about a record, in words.
std::string what_was_done(const Record& before, bool dry_run) {
  if (before.is_waiting()) {
    return std::string(dry_run ? "would pass" : "passes") + " at its next attempt, " + life(before) +
           "; it was blocked until " + before.block_expires + " UTC";
  }
  if (before.passed == 0) return "may pass already, " + life(before) + "; nothing was done";
  return state(before) + " already; passes " + life(before) + "; nothing was done";
}

// Of each that still waits, although the same has been let pass from elsewhere. A client that SPF vouches for
// passes by the record of its pool.
void print_others(const std::vector<Record>& others, bool has_pool) {
  for (const Record& record : others) {
    if (record.is_waiting()) {
      std::cout << "note: from " << record.client << " the same has to wait until " << record.block_expires
                << " UTC" << (has_pool ? ", unless SPF passes" : "")
                << "; to let it pass from there as well: greylistctl pass " << record.id << '\n';
    }
  }
}

// Whatever else is to be said of it comes before its record.
void print_rest(Administration& administration, const Session& session, const Settings& settings) {
  const Decision decision = would_decide(administration, session, settings).decision;
  if (decision.outcome() != Outcome::accepted) {
    std::cout << "note: its next attempt is " << name(decision.outcome()) << " all the same ("
              << name(decision.reason) << "): " << command_on("explain", session) << '\n';
  }
  Session vouched = session;
  vouched.spf_result = "pass";
  for (const Record& record : RecordTable(administration).of(Attempt::from(vouched, settings))) {
    if (session.spf_result != "pass" && !record.pool.empty() && record.is_waiting()) {
      std::cout << "note: from another network of " << one_line(record.pool) << " it has to wait until "
                << record.block_expires
                << " UTC; to let it pass from there as well: " << command_on("pass", vouched) << '\n';
    }
  }
  print_others(RecordTable(administration).beside(Attempt::from(session, settings)),
               session.spf_result == "pass");
}

// A record that forget would end beside those, of a pool that had passed before, is not to be lost.
std::vector<std::string> undo_of(const std::vector<Record>& let_pass, RecordTable& table) {
  std::set<std::string> keys;
  for (const Record& record : let_pass) keys.insert(record.key);
  std::vector<std::string> commands;
  for (const Record& record : let_pass) {
    if (!keys.contains(record.key)) continue;
    auto ended = table.numbered(record.id);
    std::erase_if(ended, [](const Record& each) { return each.is_over; });
    if (!std::ranges::all_of(ended, [&keys](const Record& each) { return keys.contains(each.key); }))
      continue;
    for (const Record& each : ended) keys.erase(each.key);
    commands.push_back("greylistctl forget " + record.id);
  }
  return commands;
}

int pass_triplet(const Settings& settings, const PassOptions& options) {
  const Session session = session_of(options.attempt);
  const Attempt attempt = Attempt::from(session, settings);
  const auto administration = open_administration(settings);
  RecordTable table(*administration);
  const auto before = table.of(attempt);
  std::vector<Record> changed;
  if (!options.dry_run) table.let_pass(attempt);

  const auto is_alive = [](const Record& record) { return !record.is_over; };
  for (const Record& record : before) {
    if (is_alive(record)) std::cout << text(record) << ' ' << what_was_done(record, options.dry_run) << '\n';
    if (record.is_waiting()) changed.push_back(record);
  }
  const auto expected = static_cast<std::ptrdiff_t>(attempt.keys.pool ? 2 : 1);
  if (std::ranges::count_if(before, is_alive) < expected) {
    if (options.dry_run) {
      std::cout << "would make a record: " << in_words(session) << " would pass at its next attempt\n";
    } else {
      for (const Record& record : table.of(attempt)) {
        const bool is_new = std::ranges::none_of(
            before, [&](const Record& old) { return old.key == record.key && is_alive(old); });
        if (!is_new) continue;
        std::cout << "made " << text(record) << " passes at its next attempt, " << life(record) << '\n';
        changed.push_back(record);
      }
    }
  }
  if (options.dry_run) return kDone;
  print_rest(*administration, session, settings);
  print_take_back(undo_of(changed, table));
  return kDone;
}

int pass_numbered(const Settings& settings, const std::string& id, bool dry_run) {
  const auto administration = open_administration(settings);
  RecordTable table(*administration);
  auto records = table.numbered(id);
  if (records.empty()) {
    std::cerr << no_record(id);
    return kFailed;
  }
  if (records.front().is_over) {
    std::cerr << "greylistctl: " << text(records.front()) << " expired on " << records.front().record_expires
              << " UTC; to let its triplet pass all the same: greylistctl pass IP SENDER RECIPIENT\n";
    return kFailed;
  }
  std::erase_if(records, [](const Record& record) { return record.is_over; });
  if (!dry_run) table.let_pass(records);
  for (const Record& record : records)
    std::cout << text(record) << ' ' << what_was_done(record, dry_run) << '\n';
  if (dry_run) return kDone;
  print_others(table.beside(records),
               std::ranges::any_of(records, [](const Record& record) { return !record.pool.empty(); }));
  std::erase_if(records, [](const Record& record) { return !record.is_waiting(); });
  print_take_back(undo_of(records, table));
  return kDone;
}

}  // namespace

int pass(const LoadedSettings& loaded, const PassOptions& options) {
  const auto& words = options.attempt.triplet;
  if (words.size() == 1 && is_record_id(words[0]))
    return pass_numbered(loaded.settings, words[0], options.dry_run);
  if (words.size() != 3)
    throw UsageError("what is to pass is IP SENDER RECIPIENT, or a record's number (greylistctl find)");
  return pass_triplet(loaded.settings, options);
}

}  // namespace greylisting::ctl
