#include <algorithm>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/commands.h"
#include "ctl/lists/breadth.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/take_back.h"
#include "ctl/print/typed_command.h"
#include "ctl/records/counted_network.h"
#include "ctl/records/earned.h"
#include "ctl/records/record_table.h"
#include "ctl/records/searched.h"
#include "lists/listed_network.h"
#include "text/ascii.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

constexpr std::size_t kMany = 100;

std::string_view verb(const ForgetOptions& options) { return options.dry_run ? "would forget " : "forgot "; }

// What was said of an attempt, as far as its record tells; nothing where that is not enough, as with
// privacy=hash or match_helo.
std::optional<Session> session_of(const Record& record, const Settings& settings) {
  Session session{
      .client = record.client, .sender = unescaped(record.sender), .recipient = unescaped(record.recipient)};
  if (!record.pool.empty()) session.spf_result = "pass";
  const Keys keys = Attempt::from(session, settings).keys;
  const auto key = record.pool.empty() ? std::optional(keys.triplet) : keys.pool;
  if (!key || ascii::lower(hexadecimal(bytes(*key))) != ascii::lower(record.key)) return std::nullopt;
  return session;
}

// One that has passed, or may, is let pass as before; the wait of another begins anew.
void say_what_takes_back(const std::vector<Record>& records, std::optional<Session> session,
                         const Settings& settings) {
  for (const Record& record : records) {
    if (!session) session = session_of(record, settings);
  }
  if (!session) {
    std::cout << "note: " << kCannotBeTakenBack << "; its mail waits once more\n";
    return;
  }
  const bool has_pool =
      std::ranges::any_of(records, [](const Record& record) { return !record.pool.empty(); });
  session->spf_result = has_pool ? "pass" : "";
  const std::string command = command_on("pass", *session);
  if (std::ranges::all_of(records, &Record::is_waiting)) {
    std::cout << "note: its wait begins anew; to let it pass at its next attempt: " << command << '\n';
  } else {
    print_take_back({command});
  }
}

int forget_records(RecordTable table, std::vector<Record> records, const ForgetOptions& options,
                   const std::optional<Session>& session, const Settings& settings,
                   const std::string& complaint) {
  std::erase_if(records, [](const Record& record) { return record.is_over; });
  if (records.empty()) {
    std::cerr << complaint;
    return kFailed;
  }
  std::vector<std::string> keys;
  keys.reserve(records.size());
  for (const Record& record : records) keys.push_back(record.key);
  if (!options.dry_run) table.end(keys);
  for (const Record& record : records)
    std::cout << verb(options) << text(record) << " (" << state(record) << ")\n";
  if (!options.dry_run) say_what_takes_back(records, session, settings);
  return kDone;
}

int forget_numbered(const Settings& settings, const ForgetOptions& options) {
  const auto administration = open_administration(settings);
  RecordTable table(*administration);
  const std::string& id = options.attempt.triplet[0];
  return forget_records(table, table.numbered(id), options, std::nullopt, settings, no_record(id));
}

int forget_triplet(const Settings& settings, const ForgetOptions& options) {
  Session session = session_of(options.attempt);
  session.spf_result = "pass";  // its pool's record as well
  const auto administration = open_administration(settings);
  RecordTable table(*administration);
  return forget_records(table, table.of(Attempt::from(session, settings)), options, session, settings,
                        "greylistctl: there is no record of " + in_words(session) + "; " +
                            TypedCommand("find").option("--client", session.client).with({}) +
                            " shows what there is\n");
}

// The network that an address counts as; a network as it is, but no smaller than that.
Network network_of(const std::string& text, const Settings& settings) {
  const auto network = listed_network(text);
  if (!network) refuse_network("--client: ", text);
  return at_least_counted(*network, settings);
}

int forget_client(const Settings& settings, const ForgetOptions& options) {
  const Network network = network_of(options.client, settings);
  const auto administration = open_administration(settings);
  RecordTable table(*administration);
  const auto keys = table.keys_from(network);
  const auto earned = identities_on(*administration, network);
  if (keys.empty() && earned.empty()) {
    std::cerr << "greylistctl: nothing is known of " << network.text()
              << "; greylistctl find and greylistctl list trusted show what there is\n";
    return kFailed;
  }
  if (keys.size() > kMany && !options.is_sure && !options.dry_run) {
    throw WantsYes("this would forget " + std::to_string(keys.size()) + " records of " + network.text() +
                   "; greylistctl find --client " + network.text() + " shows them; to forget them add --yes");
  }
  std::uint64_t ended = keys.size();
  if (!options.dry_run) {
    ended = table.end(keys);
    forget(*administration, earned);
  }
  std::cout << verb(options) << counted(ended, "record") << " of " << network.text() << '\n';
  for (const EarnedIdentity& identity : earned) std::cout << verb(options) << text(identity) << '\n';
  if (!options.dry_run) {
    std::cout << "note: " << kCannotBeTakenBack;
    if (!breadth_of(Pattern::parse("client", network.text())))
      std::cout
          << "; to accept its mail at once for a month all the same: greylistctl allow --for 30d client "
          << network.text();
    std::cout << '\n';
  }
  return kDone;
}

}  // namespace

int forget(const LoadedSettings& loaded, const ForgetOptions& options) {
  const auto& words = options.attempt.triplet;
  if (!options.client.empty()) {
    if (words.empty()) return forget_client(loaded.settings, options);
    throw UsageError("--client forgets all of a network; name nothing else beside it");
  }
  if (words.size() == 1 && is_record_id(words[0])) return forget_numbered(loaded.settings, options);
  if (words.size() != 3) {
    throw UsageError(
        "what is to be forgotten is a record's number (greylistctl find), IP SENDER RECIPIENT, or --client "
        "NETWORK");
  }
  return forget_triplet(loaded.settings, options);
}

}  // namespace greylisting::ctl
