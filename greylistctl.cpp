// greylistctl: the administrator's tool. greylistctl(8) tells what each subcommand is for.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ctl/commands.h"
#include "ctl/print/nearest.h"
#include "process/process.h"
#include "settings/home.h"
#include "store/store.h"
#include "text/ascii.h"
#include "text/number.h"
#include "text/printable.h"
#include "text/shell_word.h"
#include "version.h"

using namespace greylisting;

namespace {

// What an option is not to be; `remedy` is for it.
CLI::Validator not_empty(const std::string& remedy) {
  return {[remedy](const std::string& value) { return value.empty() ? "it is empty; " + remedy : ""; }, ""};
}
// The words are the same in every version of CLI11, and those of the settings.
CLI::Validator between(int least, int most) {
  const std::string numbers = std::to_string(least) + " to " + std::to_string(most);
  return {[=](const std::string& value) {
            const auto number = number_of<int>(value);
            if (number && *number >= least && *number <= most) return std::string();
            return '"' + value + "\" is not a whole number from " + numbers;
          },
          numbers};
}
// One of these words, in any case.
CLI::Validator one_of(const std::vector<std::string>& words) {
  return {[words](std::string& value) {
            const std::string word = ascii::lower(value);
            if (std::ranges::find(words, word) == words.end()) {
              std::string all;
              for (const std::string& each : words) all.append(all.empty() ? "" : ", ").append(each);
              return in_quotes(value, 100) + " is none of " + all + ctl::naming_nearest(word, words);
            }
            value = word;
            return std::string();
          },
          ""};
}
const char* const kNameFile = "name a file, or - for standard output";

// What a subcommand takes is added to the command line by its function, which returns what is to be run.
using Run = std::function<int(const LoadedSettings&)>;

// Files on the command line are where it was typed; the working directory becomes qmail's home later.
class Here {
 public:
  // Nothing, and `-`, stay what they are.
  std::string absolute(const std::string& file) const {
    return file.empty() || file == "-" ? file : (path_ / file).string();
  }

 private:
  std::filesystem::path path_ = std::filesystem::current_path();
};

struct Subcommand {
  const char* name;
  const char* description;
  const char* footer;
  Run (*add_options)(CLI::App& command);
};

Run add_check(CLI::App& command) {
  const auto options = std::make_shared<ctl::CheckOptions>();
  command.add_option("--user", options->user, "whom qmail-smtpd runs as; else it is found out")
      ->check(not_empty("name the user, or leave it out"))
      ->type_name("USER");
  command.add_flag("--verbose", options->verbose, "print every setting, too");
  CLI::Option* const json = command.add_flag("--json", options->json, "an object in place of lines");
  command.add_flag("--quiet", options->quiet, "print nothing when it works, as for cron")->excludes(json);
  return [options](const LoadedSettings& loaded) { return ctl::check(loaded, *options); };
}

Run add_settings(CLI::App& command) {
  using Which = ctl::SettingsOptions::Which;
  const auto options = std::make_shared<ctl::SettingsOptions>();
  CLI::Option* const all = command.add_flag_callback(
      "--all", [options] { options->which = Which::all; }, "show all settings");
  command
      .add_flag_callback(
          "--defaults", [options] { options->which = Which::defaults; },
          "show all as they are where nothing is set")
      ->excludes(all);
  command.add_flag("--json", options->json, "an array of objects in place of lines");
  return [options](const LoadedSettings& loaded) { return ctl::show_settings(loaded, *options); };
}

Run add_status(CLI::App& command) {
  const auto options = std::make_shared<ctl::StatusOptions>();
  command.add_flag("--json", options->json, "print JSON");
  return [options](const LoadedSettings& loaded) { return ctl::status(loaded, *options); };
}

Run add_metrics(CLI::App& command) {
  const auto options = std::make_shared<ctl::MetricsOptions>();
  command
      .add_option("--output", options->output,
                  "write to this file, all at once, instead of standard output (-)")
      ->check(not_empty(kNameFile))
      ->type_name("FILE");
  const Here here;
  return [options, here](const LoadedSettings& loaded) {
    return ctl::metrics(loaded, {.output = here.absolute(options->output)});
  };
}

Run add_cleanup(CLI::App& command) {
  const auto options = std::make_shared<ctl::CleanupOptions>();
  command
      .add_option("--batch", options->batch,
                  "records deleted in one transaction; as many as are in 50 ms when it is not said")
      ->check(between(1, 100000))
      ->type_name("NUMBER");
  command
      .add_option("--pause", options->pause_ms,
                  "milliseconds between two of them; as long as the one before took when it is not said")
      ->check(between(0, 60000))
      ->type_name("MILLISECONDS");
  return [options](const LoadedSettings& loaded) { return ctl::cleanup(loaded, *options); };
}

Run add_migrate(CLI::App& /*command*/) { return ctl::migrate; }

constexpr const char* kOneEntry =
    "A pattern that begins with a dash stands behind --, after all options.\n"
    "An entry with the same action and pattern is changed; its comment, reply and block stay unless they "
    "are\n"
    "given, and without --until or --for it counts for ever from then on.\n";

template <Action kAction>
Run add_put(CLI::App& command) {
  const auto options = std::make_shared<ctl::PutOptions>();
  options->action = kAction;
  constexpr bool kIsList = kAction == Action::allow || kAction == Action::deny;
  const char* const subjects = kIsList                       ? "[client|sender|recipient] PATTERN"
                               : kAction == Action::greylist ? "[recipient|client] PATTERN"
                                                             : "[recipient] PATTERN";
  command.add_option("pattern", options->words, subjects)->required()->type_name("");
  CLI::Option* const until =
      command
          .add_option("--until", options->until, "when it ends: YYYY-MM-DD or \"YYYY-MM-DD hh:mm:ss\", UTC")
          ->type_name("DATE");
  command.add_option("--for", options->duration, "or how long it counts: 90m, 12h, 30d, 2w")
      ->type_name("DURATION")
      ->excludes(until);
  if (kAction == Action::deny) {
    command.add_option("--reply", options->reply, "answer in place of reject_message: \"550 text\"")
        ->type_name("TEXT");
  }
  if (kAction == Action::greylist) {
    command
        .add_option("--block", options->block, "how long a new triplet is deferred, in place of block_expire")
        ->check(between(0, 525600))
        ->type_name("MINUTES");
  }
  command.add_option("--comment", options->comment, "free text")->type_name("TEXT");
  command.add_flag("--yes", options->is_sure, "also what decides much, without asking");
  command.add_flag("--dry-run", options->dry_run, "say what would be done, and do nothing");
  command.footer(kOneEntry + command.get_footer());
  return [options](const LoadedSettings& loaded) { return ctl::put(loaded, *options); };
}

Run add_list(CLI::App& command) {
  const auto options = std::make_shared<ctl::ListOptions>();
  command
      .add_option("what", options->what,
                  "entries of one action, clients that are trusted or trapped, or mail that is expected")
      ->transform(one_of({"allow", "deny", "trap", "greylist", "skip", "trusted", "trapped", "expected"}))
      ->type_name("");
  command.add_flag("--json", options->json, "an array of objects in place of a table");
  return [options](const LoadedSettings& loaded) { return ctl::list(loaded, *options); };
}

Run add_expect(CLI::App& command) {
  const auto options = std::make_shared<ctl::ExpectOptions>();
  command.add_option("recipient", options->recipient, "to whom all mail is to pass")
      ->required()
      ->type_name("ADDRESS");
  command.add_option("--for", options->duration, "for how long, a day at most: 10m, 2h")
      ->type_name("DURATION")
      ->capture_default_str();
  return [options](const LoadedSettings& loaded) { return ctl::expect(loaded, *options); };
}

Run add_remove(CLI::App& command) {
  const auto options = std::make_shared<ctl::RemoveOptions>();
  command
      .add_option("what", options->words,
                  "entries/N, lists/N, [client|sender|recipient] PATTERN or [trusted|trapped] IDENTITY")
      ->required()
      ->type_name("");
  command.add_flag("--dry-run", options->dry_run, "say what would be removed, and do nothing");
  return [options](const LoadedSettings& loaded) { return ctl::remove(loaded, *options); };
}

std::vector<std::string> action_names() {
  std::vector<std::string> names;
  names.reserve(kActions.size());
  for (const Action action : kActions) names.emplace_back(name(action));
  return names;
}

// list_format knows all but json.
const std::vector<std::string> kListForms{"plain",      "postgrey-clients", "postgrey-recipients",
                                          "sqlgrey-ip", "sqlgrey-fqdn",     "json"};

constexpr std::array kGreylisters{std::pair{"jgreylist", ctl::Greylister::jgreylist},
                                  std::pair{"postgrey-db", ctl::Greylister::postgrey},
                                  std::pair{"sqlgrey-db", ctl::Greylister::sqlgrey}};

std::vector<std::string> import_forms() {
  std::vector<std::string> forms = kListForms;
  forms.emplace_back("spf");
  for (const auto& [name, greylister] : kGreylisters) forms.emplace_back(name);
  return forms;
}

Run add_import(CLI::App& command) {
  struct Arguments {
    std::string format;
    std::string action;
    std::vector<std::string> files;
    ctl::ImportOptions options{};
  };
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("format", arguments->format, "form of the file, or greylister that it is of")
      ->required()
      ->transform(one_of(import_forms()))
      ->type_name("");
  command
      .add_option("file", arguments->files,
                  "file, or - for standard input; directory of jgreylist or Postgrey; domains for spf")
      ->required()
      ->type_name("");
  command.add_option("--action", arguments->action, "what its entries do; allow when it is not said")
      ->transform(one_of(action_names()))
      ->type_name("");
  command.add_option("--comment", arguments->options.comment, "comment of entries that have none")
      ->type_name("TEXT");
  command.add_flag("--yes", arguments->options.is_sure, "also entries that decide much, without asking");
  command.add_flag("--dry-run", arguments->options.dry_run, "say what would be imported, and do nothing");
  const Here here;
  return [arguments, here](const LoadedSettings& loaded) {
    ctl::ImportOptions options = arguments->options;
    if (arguments->format == "spf")
      return ctl::import_spf(loaded, {.domains = arguments->files, .dry_run = options.dry_run});
    if (arguments->files.size() > 1)
      throw ctl::UsageError(arguments->files[1] + ": one file can be imported at a time");
    options.file = arguments->files.front();
    for (const auto& [name, greylister] : kGreylisters) {
      if (arguments->format == name) options.greylister = greylister;
    }
    options.format = list_format(arguments->format);
    options.action = action_of(arguments->action);
    options.file = here.absolute(options.file);
    return ctl::import(loaded, options);
  };
}

Run add_export(CLI::App& command) {
  struct Arguments {
    std::string format;
    std::string file = "-";
    std::string action;
  };
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("format", arguments->format, "form to write")
      ->required()
      ->transform(one_of(kListForms))
      ->type_name("");
  command.add_option("file", arguments->file, "file; - or nothing: standard output")->type_name("");
  command.add_option("--action", arguments->action, "only entries that do this")
      ->transform(one_of(action_names()))
      ->type_name("");
  const Here here;
  return [arguments, here](const LoadedSettings& loaded) {
    return ctl::export_entries(loaded, {.format = list_format(arguments->format),
                                        .file = arguments->file == "-" ? "" : here.absolute(arguments->file),
                                        .action = action_of(arguments->action)});
  };
}

Run add_refresh(CLI::App& command) {
  const auto options = std::make_shared<ctl::ProviderOptions>();
  command.add_flag("--dry-run", options->dry_run, "say what would be changed, and do nothing");
  return [options](const LoadedSettings& loaded) { return ctl::refresh(loaded, *options); };
}

Run add_copy(CLI::App& command) {
  const auto options = std::make_shared<ctl::CopyOptions>();
  constexpr const char* kStore = "sqlite[:FILE]|mysql[:OPTIONFILE]";
  command.add_option("--from", options->from, "store to copy; without a file that of the settings")
      ->required()
      ->type_name(kStore);
  command.add_option("--to", options->to, "empty store, or one to which this copy has begun already")
      ->required()
      ->type_name(kStore);
  command.add_flag("--overwrite", options->overwrites, "also a store with rows of its own, which are lost");
  command.add_flag("--compare", options->only_compares, "compare both, and do nothing");
  return [options](const LoadedSettings& loaded) { return ctl::copy(loaded, *options); };
}

// What qmail-smtpd would say beside the triplet.
void add_circumstances(CLI::App& command, ctl::AttemptWords& words) {
  command.add_option("--host", words.host, "reverse name of the client (TCPREMOTEHOST)")->type_name("NAME");
  command.add_option("--helo", words.helo, "what it says with HELO or EHLO")->type_name("NAME");
  // RFC 7208's words, and those that qmail-smtpd has in their place.
  command.add_option("--spf", words.spf, "result of the SPF check")
      ->transform(one_of(
          {"pass", "none", "neutral", "softfail", "fail", "temperror", "permerror", "error", "unknown"}))
      ->type_name("");
}

Run add_explain(CLI::App& command) {
  const auto options = std::make_shared<ctl::ExplainOptions>();
  ctl::AttemptWords& words = options->attempt;
  command.add_option("attempt", words.triplet, "IP SENDER RECIPIENT; the null sender is '<>'")
      ->required()
      ->expected(1, 3)
      ->type_name("");
  add_circumstances(command, words);
  command.add_option("--recipients", words.recipients, "recipients of the message, with this one")
      ->type_name("NUMBER");
  command.add_flag("--json", options->json, "an object in place of lines");
  return [options](const LoadedSettings& loaded) { return ctl::explain(loaded, *options); };
}

Run add_find(CLI::App& command) {
  const auto options = std::make_shared<ctl::FindOptions>();
  command.add_option("--client", options->client, "address or network of the first attempt")
      ->check(not_empty("leave it out for those of all clients"))
      ->type_name("IP|NETWORK");
  constexpr const char* kAddress = "ADDRESS|DOMAIN|user@";
  command.add_option("--sender", options->sender, "of this address or domain; <> for the null sender")
      ->type_name(kAddress);
  command.add_option("--recipient", options->recipient, "to this address or domain")->type_name(kAddress);
  CLI::Option* const pending =
      command.add_flag("--pending", options->pending, "only those that have not passed yet");
  command.add_flag("--passed", options->passed, "only those that have passed")->excludes(pending);
  command.add_flag("--pools", options->pools,
                   "also the second records, which a domain has that vouches for its clients (SPF)");
  command.add_option("--since", options->since, "first seen since then (UTC), or no longer ago")
      ->type_name("DURATION|DATE");
  command.add_option("--limit", options->limit, "how many at most")
      ->check(between(1, 10000000))
      ->capture_default_str()
      ->type_name("NUMBER");
  CLI::Option* const json =
      command.add_flag("--json", options->json, "an array of objects in place of a table");
  command.add_flag("--csv", options->csv, "values separated by commas, with a header row")->excludes(json);
  return [options](const LoadedSettings& loaded) { return ctl::find(loaded, *options); };
}

Run add_report(CLI::App& command) {
  const auto options = std::make_shared<ctl::ReportOptions>();
  constexpr const char* kDay = "DURATION|DATE";
  command.add_option("--since", options->since, "from this day on, or from so long ago; else 30 days")
      ->type_name(kDay);
  command.add_option("--until", options->until, "to the end of that day (today)")->type_name(kDay);
  command
      .add_option("--html", options->html,
                  "write it into this file, as a page of its own; - for standard output")
      ->check(not_empty(kNameFile))
      ->type_name("FILE");
  command.add_flag("--json", options->json, "an object in place of tables");
  const Here here;
  return [options, here](const LoadedSettings& loaded) {
    ctl::ReportOptions its = *options;
    its.html = here.absolute(its.html);
    return ctl::report(loaded, its);
  };
}

Run add_pass(CLI::App& command) {
  const auto options = std::make_shared<ctl::PassOptions>();
  command.add_option("what", options->attempt.triplet, "IP SENDER RECIPIENT, or a record's number")
      ->required()
      ->expected(1, 3)
      ->type_name("");
  add_circumstances(command, options->attempt);
  command.add_flag("--dry-run", options->dry_run, "say what would be done, and do nothing");
  return [options](const LoadedSettings& loaded) { return ctl::pass(loaded, *options); };
}

Run add_forget(CLI::App& command) {
  const auto options = std::make_shared<ctl::ForgetOptions>();
  command.add_option("what", options->attempt.triplet, "a record's number, or IP SENDER RECIPIENT")
      ->expected(1, 3)
      ->type_name("");
  command.add_option("--client", options->client, "all records of a network, and what it has earned")
      ->type_name("IP|NETWORK");
  command.add_option("--host", options->attempt.host, "reverse name of the client (match=smart)")
      ->type_name("NAME");
  command.add_option("--helo", options->attempt.helo, "what it says with HELO (match_helo=1)")
      ->type_name("NAME");
  command.add_flag("--yes", options->is_sure, "also more than 100 records");
  command.add_flag("--dry-run", options->dry_run, "say what would be forgotten, and do nothing");
  return [options](const LoadedSettings& loaded) { return ctl::forget(loaded, *options); };
}

Run add_learn(CLI::App& command) {
  const auto options = std::make_shared<ctl::LearnOptions>();
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
  command.add_flag("--yes", options->is_sure, "do it without asking, as for cron");
  command.add_flag("--dry-run", options->dry_run, "say what would be done, and do nothing");
  const Here here;
  return [options, here](const LoadedSettings& loaded) {
    ctl::LearnOptions absolute = *options;
    for (std::string& log : absolute.logs) log = here.absolute(log);
    return ctl::learn(loaded, absolute);
  };
}

constexpr std::array kSubcommands{
    Subcommand{"check", "Tell whether this installation works, each problem with its remedy",
               "It starts the plugin as qmail-smtpd does, for a client that nobody has seen; nothing is left "
               "behind.\n"
               "Example: greylistctl check\n"
               "         greylistctl check --user vpopmail --quiet",
               add_check},
    Subcommand{"settings", "Show the settings that differ from their defaults, and where each is from",
               "The variables are those of this shell; those of a tcprule can be set for it.\n"
               "Example: greylistctl settings\n         greylistctl settings --all",
               add_settings},
    Subcommand{"status",
               "Show on one screen what the store holds and what was decided in the last hour and day",
               "Example: greylistctl status", add_status},
    Subcommand{"allow", "Accept a client, sender or recipient at once",
               "Without a word in front a pattern is a client's; with an @ in it it needs one.\n"
               "Example: greylistctl allow 192.0.2.0/24 --for 30d --comment \"our own other site\"",
               add_put<Action::allow>},
    Subcommand{"deny", "Reject a client, sender or recipient",
               "Without a word in front a pattern is a client's; with an @ in it it needs one.\n"
               "Example: greylistctl deny sender spam.example --reply \"550 no, thank you\"",
               add_put<Action::deny>},
    Subcommand{"trap", "Make a recipient a trap: who writes to it is denied for trap_expire hours",
               "Example: greylistctl trap nobody@example.org", add_put<Action::trap>},
    Subcommand{"greylist",
               "Greylist a recipient (explicit=1), or block a recipient or a network longer or shorter",
               "Example: greylistctl greylist codes@example.org --block 1", add_put<Action::greylist>},
    Subcommand{"skip", "Never greylist a recipient", "Example: greylistctl skip postmaster@",
               add_put<Action::skip>},
    Subcommand{"expect", "Accept all mail to a recipient for a while: somebody waits for a code or a link",
               "Example: greylistctl expect bob@example.org --for 10m", add_expect},
    Subcommand{"list", "Show entries, clients that are trusted or trapped, or mail that is expected",
               "Example: greylistctl list deny\n         greylistctl list trusted --json", add_list},
    Subcommand{
        "remove", "Remove entries, or what a client has earned",
        "A pattern stands for all its entries. What can mean more than one thing is not removed, and it is\n"
        "said how to tell them apart.\n"
        "Example: greylistctl remove entries/3\n         greylistctl remove trapped 192.0.2.0/24",
        add_remove},
    Subcommand{"explain", "Tell what would become of a message, and why; changes nothing",
               "What is not said is taken as qmail-smtpd leaves it out: no reverse name, no SPF check.\n"
               "Example: greylistctl explain 192.0.2.7 alice@example.net bob@example.org --spf pass",
               add_explain},
    Subcommand{"find", "Show records, the newest first",
               "Times are UTC.\n"
               "Example: greylistctl find --sender example.net --pending\n"
               "         greylistctl find --since 7d --limit 100000 --csv > records.csv",
               add_find},
    Subcommand{"report", "Tell what greylisting has done, day by day, and what it cost",
               "Whole days, in UTC.\n"
               "Example: greylistctl report --since 7d\n"
               "         greylistctl report --html greylisting.html",
               add_report},
    Subcommand{"pass", "Let a message pass at its next attempt",
               "With --spf pass also from any other client that its sender's domain vouches for.\n"
               "Example: greylistctl pass 192.0.2.7 alice@example.net bob@example.org",
               add_pass},
    Subcommand{"forget", "End records, so that the next attempt is new; or all that is known of a network",
               "Example: greylistctl forget 192.0.2.7 alice@example.net bob@example.org\n"
               "         greylistctl forget --client 192.0.2.0/24 --dry-run",
               add_forget},
    Subcommand{"import", "Import entries from a list file, or what another greylister knows",
               "Lines that are not understood are named on standard error, the others are taken; the exit "
               "status is\n"
               "then 1, and 0 when every line was understood. Expired entries are left out.\n"
               "Example: greylistctl import postgrey-clients /etc/postgrey/whitelist_clients\n"
               "         greylistctl import postgrey-db /var/lib/postgrey --dry-run\n"
               "         greylistctl import spf _spf.google.com spf.protection.outlook.com",
               add_import},
    Subcommand{"refresh", "Renew the networks of providers that import spf has allowed",
               "For cron, once a day: a network that is not renewed for 30 days is allowed no longer.\n"
               "Example: greylistctl refresh",
               add_refresh},
    Subcommand{"export", "Write entries as a list file, Postgrey's and SQLgrey's among them",
               "A list is of entries that allow, or with --action of those that do that; json has all.\n"
               "Those of them that the form cannot say are named on standard error and left out; the exit\n"
               "status is then 1. Expired entries are left out.\n"
               "Example: greylistctl export json entries.json\n"
               "         greylistctl export plain control/greylisting_deny --action deny",
               add_export},
    Subcommand{"copy", "Copy a whole store to another, and compare them",
               "Can be run while mail flows, and run again when it was interrupted.\n"
               "Example: greylistctl copy --from sqlite --to mysql:control/mysql-admin.cnf",
               add_copy},
    Subcommand{
        "learn", "Trust the networks whose mail the mail server has accepted, by its logs",
        "Those that only hang up lose their passes. It shows what it is going to do and asks; without\n"
        "a terminal it does nothing but with --yes.\n"
        "Example: greylistctl learn /var/log/qmail/smtpd",
        add_learn},
    Subcommand{"metrics", "Print counters and gauges in the Prometheus text format",
               "Example: greylistctl metrics --output /var/lib/prometheus/node-exporter/greylisting.prom",
               add_metrics},
    Subcommand{"cleanup", "Delete expired records",
               "Example: greylistctl cleanup 2>&1 | logger -t greylisting_cleanup", add_cleanup},
    Subcommand{"migrate", "Bring the store to this version's schema", "Example: greylistctl migrate",
               add_migrate},
};

// What CLI11 would take for something else is marked: a word in brackets, which is an address literal, or a
// client as Postfix writes it, for a list of words; one that begins with a dash behind --, of which it
// forgets that it has seen it as soon as one word has come before, for an option.
constexpr char kMark = '\x1f';

std::vector<std::string> marked(const std::vector<std::string>& words) {
  std::vector<std::string> marked;
  bool is_behind = false;
  for (const std::string& word : words) {
    if (word == "--" && !is_behind) {
      is_behind = true;
    } else if (is_behind && word.starts_with('-')) {
      marked.push_back(kMark + word);
    } else {
      marked.push_back(word.starts_with('[') && word.ends_with(']') ? word + kMark : word);
    }
  }
  return marked;
}

std::string without_marks(std::string text) {
  std::erase(text, kMark);
  return text;
}

void take_marks_off(CLI::App& command) {
  for (CLI::Option* const option : command.get_options([](const CLI::Option*) { return true; }))
    option->transform(CLI::Validator(
        [](std::string& word) {
          word = without_marks(word);
          return std::string();
        },
        ""));
}

// Of words that were taken for options: how one is to be written that can only be a pattern or an address.
void say_how_to_write_a_dash(const std::vector<std::string>& unexpected, std::vector<std::string> words) {
  const auto begins_with_dash = [](const std::string& word) { return word.starts_with('-'); };
  const auto found = std::ranges::find_if(unexpected, [&](const std::string& word) {
    return begins_with_dash(word) && word.find_first_of("@.") < word.find('=');
  });
  if (found == unexpected.end()) return;
  std::cerr << shell_word(*found) << " begins as an option does: write -- in front of it";
  const auto place = std::ranges::find(words, *found);
  if (std::any_of(place + 1, words.end(), begins_with_dash)) {
    std::cerr << ", and the options before that\n";
    return;
  }
  words.insert(place, "--");
  std::cerr << ": greylistctl";
  for (const std::string& word : words) std::cerr << ' ' << shell_word(word);
  std::cerr << '\n';
}

// The first word that was typed and is not understood.
std::string first_of(const std::vector<std::string>& unexpected, const std::vector<std::string>& words) {
  const auto found = std::ranges::find_if(words, [&unexpected](const std::string& word) {
    return std::ranges::any_of(unexpected,
                               [&word](const std::string& other) { return without_marks(other) == word; });
  });
  return found == words.end() ? "" : *found;
}

std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* const option : command.get_options([](const CLI::Option*) { return true; })) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string what_is_unexpected(const CLI::App& app, const CLI::App& command, const std::string& word) {
  if (word.starts_with('-')) {
    std::vector<std::string> options = options_of(command);
    for (std::string& option : options_of(app)) options.push_back(std::move(option));
    return "there is no option " + shell_word(word) +
           ctl::naming_nearest(word.substr(0, word.find('=')), options);
  }
  if (&command != &app) return in_quotes(word, 100) + " is one word too many";
  std::vector<std::string> names;
  names.reserve(kSubcommands.size());
  for (const Subcommand& subcommand : kSubcommands) names.emplace_back(subcommand.name);
  return "there is no subcommand " + shell_word(word) + ctl::naming_nearest(word, names);
}

// What the parser has found, in our words; of its own only the name that it begins with is kept.
std::string what_is_wrong(CLI::App& app, const CLI::App& command, const CLI::ParseError& error,
                          const std::vector<std::string>& words) {
  std::string said = without_marks(error.what());
  const std::string name = said.substr(0, said.find_first_of(" :"));
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
    return what_is_unexpected(app, command, first_of(app.remaining(true), words));
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
    return (&command == &app ? "a subcommand" : name) + " is missing";
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
    return name.starts_with('-') ? name + " needs a value"
                                 : in_quotes(words.back(), 100) + " is one word too many";
  if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr)
    return name + " and " + said.substr(said.rfind(' ') + 1) + " exclude each other";
  return said;
}

int run(int argc, char** argv) {
  CLI::App app("Looks after the records of greylisting, the qmail-spp plugin.");
  app.name("greylistctl");
  app.set_version_flag("--version", std::string("greylistctl ").append(kVersion));
  app.footer("Exit status: 0 done, 1 something is wrong, 2 wrong usage.");
  app.require_subcommand(0, 1);
  std::string home = default_home();
  app.add_option("--home", home,
                 "qmail's home (QMAILDIR), or the one that has control/greylisting in it; files on the "
                 "command line are "
                 "where it was typed")
      ->type_name("DIRECTORY")
      ->capture_default_str();

  const CLI::App* chosen = nullptr;
  Run chosen_run;
  for (const Subcommand& subcommand : kSubcommands) {
    CLI::App* const command = app.add_subcommand(subcommand.name, subcommand.description);
    command->footer(subcommand.footer);
    command->callback([&chosen, &chosen_run, command, run = subcommand.add_options(*command)] {
      chosen = command;
      chosen_run = run;
    });
    take_marks_off(*command);
  }

  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    std::vector<std::string> reversed = marked(words);
    std::ranges::reverse(reversed);
    app.parse(std::move(reversed));
    if (chosen == nullptr) throw CLI::RequiredError::Subcommand(1);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      app.exit(error, std::cout);
      return ctl::kDone;
    }
    const auto commands = app.get_subcommands();
    const CLI::App& command = commands.empty() ? app : *commands.front();
    std::cerr << "greylistctl: " << what_is_wrong(app, command, error, words) << "; try 'greylistctl "
              << (commands.empty() ? "" : command.get_name() + ' ') << "--help'\n";
    say_how_to_write_a_dash(app.remaining(true), words);
    return ctl::kUsage;
  }

  go_home(home);
  const LoadedSettings loaded = load_settings(std::getenv);
  if (chosen->get_name() != "check") {  // which prints them itself
    for (const Problem& problem : loaded.problems) std::cerr << "greylistctl: " << problem << '\n';
    for (const Problem& warning : loaded.warnings) std::cerr << "greylistctl: " << warning << '\n';
    if (!loaded.unusable.empty()) throw std::runtime_error(loaded.unusable);
  }
  return chosen_run(loaded);
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  try {
    const int status = run(argc, argv);
    std::cout.flush();
    if (std::cout) return status;
    throw std::runtime_error(
        "standard output cannot be written, so that not all was printed; make room on its disk, or have it "
        "go "
        "elsewhere");
  } catch (const ctl::UsageError& error) {
    static_cast<void>(std::fprintf(stderr, "greylistctl: %s\n", error.what()));
    return ctl::kUsage;
  } catch (const std::exception& error) {
    static_cast<void>(std::fprintf(stderr, "greylistctl: %s\n", error.what()));
    return ctl::kFailed;
  }
}
