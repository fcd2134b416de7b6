// looking_subcommands: the options of what shows how things are.
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

Run add_check(CLI::App& command) {
  const auto options = std::make_shared<CheckOptions>();
  command.add_option("--user", options->user, "whom qmail-smtpd runs as; else it is found out")
      ->check(not_empty("name the user, or leave it out"))
      ->type_name("USER");
  command.add_flag("--verbose", options->verbose, "print every setting, too");
  CLI::Option* const json = command.add_flag("--json", options->json, "an object in place of lines");
  command.add_flag("--quiet", options->quiet, "print nothing when it works, as for cron")->excludes(json);
  return [options](const LoadedSettings&) { return check(*options); };
}

Run add_settings(CLI::App& command) {
  using Which = SettingsOptions::Which;
  const auto options = std::make_shared<SettingsOptions>();
  const auto show_all = [options] { options->which = Which::all; };
  CLI::Option* const all = command.add_flag_callback("--all", show_all, "show all settings");
  command
      .add_flag_callback(
          "--defaults", [options] { options->which = Which::defaults; },
          "show all as they are where nothing is set")
      ->excludes(all);
  command.add_flag("--json", options->json, "an array of objects in place of lines");
  return [options](const LoadedSettings& loaded) { return show_settings(loaded, *options); };
}

void add_recipient_domain(CLI::App& command, std::string& domain) {
  command.add_option("--recipient-domain", domain, "only of mail to this domain")
      ->check(not_empty("leave it out for the mail to all domains"))
      ->type_name("DOMAIN");
}

Run add_status(CLI::App& command) {
  const auto options = std::make_shared<StatusOptions>();
  add_recipient_domain(command, options->recipient_domain);
  CLI::Option* const json = command.add_flag("--json", options->json, "print JSON");
  command.add_flag("--watch", options->watch, "renew it every few seconds, until Ctrl-C")->excludes(json);
  return [options](const LoadedSettings& loaded) { return status(loaded, *options); };
}

Run add_report(CLI::App& command) {
  const auto options = std::make_shared<ReportOptions>();
  constexpr const char* kDay = "DURATION|DATE";
  CLI::Option* const since =
      command.add_option("--since", options->since, "from this day on, or from so long ago; else 30 days")
          ->check(not_empty(kLeaveOut))
          ->type_name(kDay);
  CLI::Option* const until = command.add_option("--until", options->until, "to the end of that day (today)")
                                 ->check(not_empty(kLeaveOut))
                                 ->type_name(kDay);
  CLI::Option* const html =
      command
          .add_option("--html", options->html,
                      "write it into this file, as a page of its own; - for standard output")
          ->check(not_empty(kNameFile))
          ->type_name("FILE");
  CLI::Option* const json = command.add_flag("--json", options->json, "an object in place of tables");
  command.add_flag("--mail", options->mail, "yesterday beside the week before, as text for a mail")
      ->excludes(json)
      ->excludes(since)
      ->excludes(until)
      ->excludes(html);
  add_recipient_domain(command, options->recipient_domain);
  command.add_flag("--wide", options->wide, "whole names, also where a terminal is too narrow for them");
  command.add_flag("--no-names", options->no_names, "leave out addresses, domains and networks");
  const Here here;
  return [options, here](const LoadedSettings& loaded) {
    ReportOptions its = *options;
    its.html = here.absolute(its.html);
    return report(loaded, its);
  };
}

Run add_explain(CLI::App& command) {
  const auto options = std::make_shared<ExplainOptions>();
  AttemptWords& words = options->attempt;
  command.add_option("attempt", words.triplet, "IP SENDER RECIPIENT; the null sender is '<>'")
      ->required()
      ->expected(1, 3)
      ->type_name("");
  add_circumstances(command, words);
  command.add_option("--recipients", words.recipients, "recipients of the message, with this one")
      ->type_name("NUMBER");
  command.add_flag("--json", options->json, "an object in place of lines");
  return [options](const LoadedSettings& loaded) { return explain(loaded, *options); };
}

Run add_find(CLI::App& command) {
  const auto options = std::make_shared<FindOptions>();
  command
      .add_option("word", options->word,
                  "client, sender or recipient: IP, NETWORK, ADDRESS, DOMAIN, user@ or a part of an address")
      ->check(not_empty("leave it out for all records"))
      ->type_name("");
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
                   "also the second records, kept by the sender's domain where SPF passes");
  command.add_option("--since", options->since, "first seen since then (UTC), or no longer ago")
      ->check(not_empty(kLeaveOut))
      ->type_name("DURATION|DATE");
  command.add_option("--limit", options->limit, "how many at most")
      ->check(between(1, 10000000))
      ->capture_default_str()
      ->type_name("NUMBER");
  command.add_flag("--wide", options->wide, "one line a record, also where a terminal is too narrow for it");
  CLI::Option* const json =
      command.add_flag("--json", options->json, "an array of objects in place of a table");
  command.add_flag("--csv", options->csv, "values separated by commas, with a header row")->excludes(json);
  return [options](const LoadedSettings& loaded) { return find(loaded, *options); };
}

Run add_why(CLI::App& command) {
  const auto options = std::make_shared<WhyOptions>();
  command
      .add_option("what", options->word,
                  "ADDRESS or DOMAIN of the sender or the recipient, the client's IP or NETWORK, or a "
                  "record's number")
      ->required()
      ->check(not_empty("name a sender, a recipient or a client"))
      ->type_name("");
  command.add_option("--since", options->since, "what has happened since then (UTC), or no longer ago")
      ->check(not_empty(kLeaveOut))
      ->type_name("DURATION|DATE");
  command.add_option("--limit", options->limit, "how many messages at most")
      ->check(between(1, 10000))
      ->capture_default_str()
      ->type_name("NUMBER");
  command.add_flag("--json", options->json, "an object in place of lines");
  return [options](const LoadedSettings& loaded) { return why(loaded, *options); };
}

Run add_tail(CLI::App& command) {
  const auto options = std::make_shared<TailOptions>();
  command
      .add_option("word", options->word,
                  "client, sender or recipient: IP, NETWORK, ADDRESS, DOMAIN, user@ or a part of an address")
      ->check(not_empty("leave it out for all decisions"))
      ->type_name("");
  command.add_option("--last", options->last, "how many of the latest to begin with")
      ->check(between(0, 10000))
      ->capture_default_str()
      ->type_name("NUMBER");
  command.add_flag("--wide", options->wide, "whole addresses, also where a terminal is too narrow for them");
  command.add_flag("--json", options->json, "an object a line");
  return [options](const LoadedSettings& loaded) { return tail(loaded, *options); };
}

Run add_metrics(CLI::App& command) {
  const auto options = std::make_shared<MetricsOptions>();
  command
      .add_option("--output", options->output,
                  "write to this file, all at once, instead of standard output (-)")
      ->check(not_empty(kNameFile))
      ->type_name("FILE");
  const Here here;
  return [options, here](const LoadedSettings& loaded) {
    return metrics(loaded, {.output = here.absolute(options->output)});
  };
}

constexpr std::array kLookingSubcommands{
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
               "Example: greylistctl status\n         greylistctl status --watch", add_status},
    Subcommand{"report", "Tell what greylisting has done, day by day, and what it cost",
               "Whole days, in UTC.\n"
               "Example: greylistctl report --since 7d\n"
               "         greylistctl report --html greylisting.html\n"
               "         greylistctl report --recipient-domain example.org\n"
               "         greylistctl report --mail | mail -s greylisting postmaster",
               add_report},
    Subcommand{"explain", "Tell what would become of a message, and why; changes nothing",
               "An option that is left out is not known: no reverse name, no HELO, no SPF check.\n"
               "Example: greylistctl explain 192.0.2.7 alice@example.net bob@example.org --spf pass",
               add_explain},
    Subcommand{"find", "Show records, the newest first",
               "Example: greylistctl find bob@example.org\n"
               "         greylistctl find --sender example.net --pending\n"
               "         greylistctl find --since 7d --limit 100000 --csv > records.csv",
               add_find},
    Subcommand{"why", "Tell why a message was late, and what to do so that the next one is not",
               "Example: greylistctl why alice@example.net\n"
               "         greylistctl why 192.0.2.7 --since 24h",
               add_why},
    Subcommand{"tail", "Show the decisions of this host as they are made, until Ctrl-C",
               "Example: greylistctl tail\n"
               "         greylistctl tail example.net",
               add_tail},
    Subcommand{"metrics", "Print counters and gauges in the Prometheus text format",
               "Example: greylistctl metrics --output /var/lib/prometheus/node-exporter/greylisting.prom",
               add_metrics},
};

}  // namespace

void add_circumstances(CLI::App& command, AttemptWords& words) {
  command.add_option("--host", words.host, "reverse name of the client (TCPREMOTEHOST)")->type_name("NAME");
  command.add_option("--helo", words.helo, "what it says with HELO or EHLO")->type_name("NAME");
  // RFC 7208's words, and those that qmail-smtpd has in their place.
  command.add_option("--spf", words.spf, "result of the SPF check")
      ->transform(one_of(
          {"pass", "none", "neutral", "softfail", "fail", "temperror", "permerror", "error", "unknown"}))
      ->type_name("");
}

std::span<const Subcommand> looking_subcommands() { return kLookingSubcommands; }

}  // namespace greylisting::ctl
