// record_subcommands: the options of what changes records, and the store that they are in.
#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ctl/command_line/option.h"
#include "ctl/command_line/subcommand.h"
#include "ctl/commands.h"

namespace greylisting::ctl {
namespace {

Run add_pass(CLI::App& command) {
  const auto options = std::make_shared<PassOptions>();
  command.add_option("what", options->attempt.triplet, "IP SENDER RECIPIENT, or a record's number")
      ->required()
      ->expected(1, 3)
      ->type_name("");
  add_circumstances(command, options->attempt);
  command.add_flag("--dry-run", options->dry_run, "say what would be done, and do nothing");
  return [options](const LoadedSettings& loaded) { return pass(loaded, *options); };
}

Run add_forget(CLI::App& command) {
  const auto options = std::make_shared<ForgetOptions>();
  command.add_option("what", options->attempt.triplet, "a record's number, or IP SENDER RECIPIENT")
      ->expected(1, 3)
      ->type_name("");
  command.add_option("--client", options->client, "all records of a network, and what it has earned")
      ->check(not_empty("name an address or a network"))
      ->type_name("IP|NETWORK");
  command.add_option("--host", options->attempt.host, "reverse name of the client (match=smart)")
      ->type_name("NAME");
  command.add_option("--helo", options->attempt.helo, "what it says with HELO (match_helo=1)")
      ->type_name("NAME");
  command.add_flag("--yes", options->is_sure, "also more than 100 records");
  command.add_flag("--dry-run", options->dry_run, "say what would be forgotten, and do nothing");
  return [options](const LoadedSettings& loaded) { return forget(loaded, *options); };
}

Run add_learn(CLI::App& command) {
  const auto options = std::make_shared<LearnOptions>();
  command
      .add_option("log", options->logs, "logs, plain or .gz; directories of multilog; - for standard input")
      ->required()
      ->type_name("");
  command.add_option("--days", options->days, "how old a line may be")
      ->check(between(1, 3650))
      ->capture_default_str()
      ->type_name("NUMBER");
  command.add_option("--min", options->least, "accepted messages that a network needs to be trusted")
      ->check(between(1, 1000000))
      ->capture_default_str()
      ->type_name("NUMBER");
  command.add_flag("--all", options->all, "show every network, not only 20");
  command.add_flag("--wide", options->wide, "cut nothing, also where a terminal is too narrow");
  command.add_flag("--yes", options->is_sure, "do it without asking, as for cron");
  command.add_flag("--dry-run", options->dry_run, "say what would be done, and do nothing");
  command.add_flag("--json", options->json, "an object with every network, in place of a table");
  const Here here;
  return [options, here](const LoadedSettings& loaded) {
    LearnOptions absolute = *options;
    for (std::string& log : absolute.logs) log = here.absolute(log);
    return learn(loaded, absolute);
  };
}

Run add_copy(CLI::App& command) {
  const auto options = std::make_shared<CopyOptions>();
  constexpr const char* kStore = "sqlite[:FILE]|mysql[:OPTIONFILE]";
  command.add_option("--from", options->from, "store to copy; without a file that of the settings")
      ->required()
      ->type_name(kStore);
  command.add_option("--to", options->to, "empty store, or one to which this copy has begun already")
      ->required()
      ->type_name(kStore);
  command.add_flag("--overwrite", options->overwrites, "also a store with rows of its own, which are lost");
  command.add_flag("--compare", options->only_compares, "compare both, and do nothing");
  return [options](const LoadedSettings& loaded) { return copy(loaded, *options); };
}

Run add_cleanup(CLI::App& command) {
  const auto options = std::make_shared<CleanupOptions>();
  command
      .add_option("--batch", options->batch,
                  "records deleted in one transaction; as many as take 5 ms when it is not said")
      ->check(between(1, 100000))
      ->type_name("NUMBER");
  command
      .add_option("--pause", options->pause_ms,
                  "milliseconds between two of them; as long as the one before took when it is not said")
      ->check(between(0, 60000))
      ->type_name("MILLISECONDS");
  command.add_flag("--dry-run", options->dry_run, "say how much would be deleted, and do nothing");
  command.add_flag("--json", options->json, "an object in place of a line");
  return [options](const LoadedSettings& loaded) { return cleanup(loaded, *options); };
}

Run add_migrate(CLI::App& command) {
  const auto options = std::make_shared<MigrateOptions>();
  command.add_flag("--dry-run", options->dry_run, "say what would be done, and do nothing");
  return [options](const LoadedSettings& loaded) { return migrate(loaded, *options); };
}

constexpr std::array kRecordSubcommands{
    Subcommand{"pass", "Let a message pass at its next attempt",
               "With --spf pass also from any other client that its sender's domain vouches for.\n"
               "Example: greylistctl pass 192.0.2.7 alice@example.net bob@example.org",
               add_pass},
    Subcommand{"forget", "End records, so that the next attempt is new; or all that is known of a network",
               "Example: greylistctl forget 192.0.2.7 alice@example.net bob@example.org\n"
               "         greylistctl forget --client 192.0.2.0/24 --dry-run",
               add_forget},
    Subcommand{
        "learn", "Trust the networks whose mail the mail server has accepted, by its logs",
        "Those that only hang up lose their passes. It shows what it is going to do and asks; without\n"
        "a terminal it does nothing but with --yes.\n"
        "Example: greylistctl learn /var/log/qmail/smtpd",
        add_learn},
    Subcommand{"copy", "Copy a whole store to another, and compare them",
               "Can be run while mail flows, and run again when it was interrupted.\n"
               "Example: greylistctl copy --from sqlite --to mysql:control/mysql-admin.cnf",
               add_copy},
    Subcommand{"cleanup", "Delete expired records",
               "Example: greylistctl cleanup 2>&1 | logger -t greylisting_cleanup", add_cleanup},
    Subcommand{"migrate", "Bring the store to this version's schema", "Example: greylistctl migrate",
               add_migrate},
};

}  // namespace

std::span<const Subcommand> record_subcommands() { return kRecordSubcommands; }

}  // namespace greylisting::ctl
