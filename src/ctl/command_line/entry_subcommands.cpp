// entry_subcommands: the options of what changes and lists entries.
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

constexpr const char* kOneEntry =
    "A pattern that begins with a dash comes after --, and that after all options.\n"
    "An entry with the same action and pattern is changed; its comment, reply and block stay unless they "
    "are\n"
    "given, and without --until or --for it counts for ever from then on.\n";

constexpr const char* kJsonHelp = "an object in place of lines";

template <Action kAction>
Run add_put(CLI::App& command) {
  const auto options = std::make_shared<PutOptions>();
  options->action = kAction;
  constexpr bool kIsList = kAction == Action::allow || kAction == Action::deny;
  const char* const subjects = kIsList                       ? "[client|sender|recipient] PATTERN"
                               : kAction == Action::greylist ? "[recipient|client] PATTERN"
                                                             : "[recipient] PATTERN";
  command.add_option("pattern", options->words, subjects)->required()->type_name("");
  CLI::Option* const until =
      command
          .add_option("--until", options->until, "when it ends: YYYY-MM-DD or \"YYYY-MM-DD hh:mm:ss\", UTC")
          ->check(not_empty(kLeaveOut))
          ->type_name("DATE");
  command.add_option("--for", options->duration, "or how long it counts: 90m, 12h, 30d, 2w")
      ->check(not_empty(kLeaveOut))
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
  command.add_flag("--yes", options->is_sure, "also a pattern that matches very many, without asking");
  command.add_flag("--dry-run", options->dry_run, "say what would be done, and do nothing");
  command.add_flag("--json", options->json, kJsonHelp);
  command.footer(kOneEntry + command.get_footer());
  return [options](const LoadedSettings& loaded) { return put(loaded, *options); };
}

Run add_expect(CLI::App& command) {
  const auto options = std::make_shared<ExpectOptions>();
  command.add_option("recipient", options->recipient, "to whom all mail is to pass")
      ->required()
      ->type_name("ADDRESS");
  command.add_option("--for", options->duration, "for how long, a day at most: 10m, 2h")
      ->type_name("DURATION")
      ->capture_default_str();
  command.add_flag("--json", options->json, kJsonHelp);
  return [options](const LoadedSettings& loaded) { return expect(loaded, *options); };
}

Run add_list(CLI::App& command) {
  const auto options = std::make_shared<ListOptions>();
  command
      .add_option("what", options->what,
                  "entries of one action, clients that are trusted or trapped, or mail that is expected")
      ->transform(one_of({"allow", "deny", "trap", "greylist", "skip", "trusted", "trapped", "expected"}))
      ->type_name("");
  command.add_flag("--wide", options->wide, "whole patterns, also where a terminal is too narrow for them");
  command.add_flag("--json", options->json, "an array of objects in place of a table");
  return [options](const LoadedSettings& loaded) { return list(loaded, *options); };
}

Run add_remove(CLI::App& command) {
  const auto options = std::make_shared<RemoveOptions>();
  command
      .add_option(
          "what", options->words,
          "entries/N, lists/N, [client|sender|recipient] PATTERN or [trusted|trapped|expected] IDENTITY")
      ->required()
      ->type_name("");
  command.add_flag("--dry-run", options->dry_run, "say what would be removed, and do nothing");
  command.add_flag("--json", options->json, kJsonHelp);
  return [options](const LoadedSettings& loaded) { return remove(loaded, *options); };
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

constexpr std::array kGreylisters{std::pair{"jgreylist", Greylister::jgreylist},
                                  std::pair{"postgrey-db", Greylister::postgrey},
                                  std::pair{"sqlgrey-db", Greylister::sqlgrey}};

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
    ImportOptions options{};
  };
  const auto arguments = std::make_shared<Arguments>();
  command
      .add_option("format", arguments->format, "format of the file, or the greylister that has written it")
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
  command.add_flag("--yes", arguments->options.is_sure, "also wide-reaching entries, without asking");
  command.add_flag("--dry-run", arguments->options.dry_run, "say what would be imported, and do nothing");
  command.add_flag("--json", arguments->options.json, kJsonHelp);
  const Here here;
  return [arguments, here](const LoadedSettings& loaded) {
    ImportOptions options = arguments->options;
    if (arguments->format == "spf")
      return import_spf(loaded,
                        {.domains = arguments->files, .dry_run = options.dry_run, .json = options.json});
    if (arguments->files.size() > 1)
      throw UsageError(arguments->files[1] + ": one file can be imported at a time");
    options.file = arguments->files.front();
    for (const auto& [name, greylister] : kGreylisters) {
      if (arguments->format == name) options.greylister = greylister;
    }
    options.format = list_format(arguments->format);
    options.action = action_of(arguments->action);
    options.file = here.absolute(options.file);
    return import(loaded, options);
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
    return export_entries(loaded, {.format = list_format(arguments->format),
                                   .file = arguments->file == "-" ? "" : here.absolute(arguments->file),
                                   .action = action_of(arguments->action)});
  };
}

Run add_refresh(CLI::App& command) {
  const auto options = std::make_shared<ProviderOptions>();
  command.add_flag("--dry-run", options->dry_run, "say what would be changed, and do nothing");
  command.add_flag("--json", options->json, kJsonHelp);
  return [options](const LoadedSettings& loaded) { return refresh(loaded, *options); };
}

constexpr std::array kEntrySubcommands{
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
    Subcommand{"remove", "Remove entries, or what a client has earned",
               "A pattern stands for all its entries, and entries/3-17 for those from 3 to 17. If one fits "
               "more than one thing, nothing is removed, and\n"
               "a message lists the commands to choose from.\n"
               "Example: greylistctl remove entries/3\n         greylistctl remove trapped 192.0.2.0/24",
               add_remove},
    Subcommand{"import", "Import entries from a list file, or what another greylister knows",
               "Lines that are not understood are named on standard error, the others are taken; the exit "
               "status is\n"
               "then 1, and 0 when every line was understood. Expired entries are left out.\n"
               "Example: greylistctl import postgrey-clients /etc/postgrey/whitelist_clients\n"
               "         greylistctl import postgrey-db /var/lib/postgrey --dry-run\n"
               "         greylistctl import spf _spf.google.com spf.protection.outlook.com",
               add_import},
    Subcommand{"export", "Write entries as a list file, Postgrey's and SQLgrey's among them",
               "A list is of entries that allow, or with --action of those that do that; json has all.\n"
               "Entries that the format cannot express are named on standard error and left out; the exit\n"
               "status is then 1. Expired entries are left out.\n"
               "Example: greylistctl export json entries.json\n"
               "         greylistctl export plain control/greylisting_deny --action deny",
               add_export},
    Subcommand{"refresh", "Renew the networks of providers that import spf has allowed",
               "For cron, once a day: a network that is not renewed for 30 days is allowed no longer.\n"
               "Example: greylistctl refresh",
               add_refresh},
};

}  // namespace

std::span<const Subcommand> entry_subcommands() { return kEntrySubcommands; }

}  // namespace greylisting::ctl
