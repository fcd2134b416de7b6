// commands: what greylistctl can do, one function a subcommand, each in a file of its own name. All paths are
// relative to the qmail home, which is the working directory. Each returns the exit status and throws
// StoreError, and UsageError where only a look at the arguments or the store tells that the command line is
// wrong.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "ctl/attempt_words.h"
#include "lists/entry.h"
#include "lists/list_file.h"
#include "settings/settings.h"

namespace greylisting::ctl {

/// The exit statuses of greylistctl.
inline constexpr int kDone = 0;
inline constexpr int kFailed =
    1;                            // something is wrong, and was said on standard error or in what was printed
inline constexpr int kUsage = 2;  // the command line is

/// The command line asks for what cannot be; what() says why, and what can.
class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What is understood, and not done without --yes.
class WantsYes : public UsageError {
 public:
  using UsageError::UsageError;
};

struct CheckOptions {
  std::string user{};    // as whom qmail-smtpd runs, a name or a number; empty to find out
  bool json = false;     // print an object
  bool quiet = false;    // print nothing when it works, but what is pressing
  bool verbose = false;  // print the settings, too
};

/// Prints whether this installation works, each problem with its remedy. kDone when it does.
int check(const CheckOptions& options);

struct SettingsOptions {
  enum class Which { changed, all, defaults };
  Which which = Which::changed;  // those that differ from the default, all, or all as they are by default
  bool json = false;
};

/// Prints settings as lines of a control file, each with where it is from.
int show_settings(const LoadedSettings& loaded, const SettingsOptions& options);

struct StatusOptions {
  std::string recipient_domain;  // only what this host has decided of mail to it; empty for all
  bool json = false;
  bool watch = false;  // renew the screen until Ctrl-C
};

/// Prints a screen: what the store holds, and what was decided in the last hour and day. kFailed when the
/// store cannot be read; what this host has decided is printed then, too.
int status(const LoadedSettings& loaded, const StatusOptions& options);

struct MetricsOptions {
  std::string output;  // a file; empty for standard output
};

/// Writes counters and gauges in the Prometheus text format. kFailed when the store cannot be read.
int metrics(const LoadedSettings& loaded, const MetricsOptions& options);

struct CleanupOptions {
  std::optional<unsigned> batch{};  // records deleted in one transaction; as many as are deleted soon enough
  std::optional<unsigned> pause_ms{};  // between two of them; as long as the one before took
  bool dry_run = false;
  bool json = false;
};

/// Deletes expired records, in small batches, and prints one line of what it did, or an object.
int cleanup(const LoadedSettings& loaded, const CleanupOptions& options);

struct PutOptions {
  Action action = Action::allow;
  std::vector<std::string> words;  // [client|sender|recipient] PATTERN
  std::string until;               // as given; empty for none
  std::string duration;            // likewise
  std::optional<std::string> comment;
  std::optional<std::string> reply;
  std::optional<int> block;  // minutes
  bool is_sure = false;      // also where it decides much
  bool dry_run = false;
  bool json = false;
};

/// Adds an entry to the store, or changes the one with the same action and pattern, and prints which, what
/// other entries decide of the same attempts, and how to take it back.
int put(const LoadedSettings& loaded, const PutOptions& options);

struct ListOptions {
  std::string what;   // an action, `trusted`, `trapped` or `expected`; empty for the entries of all actions
  bool wide = false;  // whole patterns on any terminal
  bool json = false;
};

/// Prints entries, or what clients have earned, as a table or as JSON.
int list(const LoadedSettings& loaded, const ListOptions& options);

struct RemoveOptions {
  std::vector<std::string> words;  // entries/N, entries/N-M, lists/N …, [client|sender|recipient] PATTERN,
                                   // [trusted|trapped] IDENTITY, expected RECIPIENT
  bool dry_run = false;
  bool json = false;
};

/// Removes entries, what a client has earned, or what `expect` has said, and prints what it removed, and how
/// to take it back.
int remove(const LoadedSettings& loaded, const RemoveOptions& options);

/// Other greylisters, of which more than lists is taken over (imports/).
enum class Greylister { jgreylist, postgrey, sqlgrey };

struct ImportOptions {
  std::optional<Greylister> greylister;  // `file` is its directory or file
  std::optional<ListFormat> format;      // otherwise; nothing for JSON (entry_json.h)
  std::string file;                      // `-` for standard input
  std::optional<Action> action;          // allow when it is not said; JSON says it for each entry
  std::string comment;                   // of entries that have none
  bool is_sure = false;                  // also where they decide much
  bool dry_run = false;
  bool json = false;
};

/// Makes entries of the lines of a file, or records, trust and entries of what another greylister knows, and
/// prints how many. kFailed when there are lines or records that it does not understand, each of which it
/// names on standard error.
int import(const LoadedSettings& loaded, const ImportOptions& options);

struct ProviderOptions {
  std::vector<std::string> domains{};  // `-` for the lines of standard input
  bool dry_run = false;
  bool json = false;
};

/// Makes entries that allow the networks of domains' SPF records, for 30 days, and prints how many; `refresh`
/// renews those that there are. kFailed where a record cannot be had, which changes nothing of its networks.
int import_spf(const LoadedSettings& loaded, const ProviderOptions& options);
int refresh(const LoadedSettings& loaded, const ProviderOptions& options);

struct ExportOptions {
  std::optional<ListFormat> format;  // nothing for JSON
  std::string file;                  // empty for standard output
  std::optional<Action> action;      // only entries that do this; when it is not said all, or in a list allow
};

/// Writes the entries that are not over to a file in that form. kFailed when there are some among those asked
/// for that the form cannot say, each of which it names on standard error.
int export_entries(const LoadedSettings& loaded, const ExportOptions& options);

struct CopyOptions {
  std::string from;         // `sqlite`, `sqlite:FILE`, `mysql` or `mysql:OPTIONFILE`
  std::string to;           // likewise
  bool overwrites = false;  // also a destination that has rows of its own
  bool only_compares = false;
};

/// Makes the tables of one store those of another, compares both, and prints rows and checksums. kFailed when
/// they are not the same.
int copy(const LoadedSettings& loaded, const CopyOptions& options);

struct ExplainOptions {
  AttemptWords attempt;
  bool json = false;
};

/// Prints what the plugin would decide of an attempt, step by step, and why; changes nothing.
int explain(const LoadedSettings& loaded, const ExplainOptions& options);

struct FindOptions {
  std::string word;  // what client, sender or recipient are; empty for any
  std::string client;
  std::optional<std::string> sender;
  std::optional<std::string> recipient;
  bool pending = false;
  bool passed = false;
  bool pools = false;
  std::string since;  // a duration or a date; empty for any time
  unsigned limit = 50;
  bool wide = false;  // whole addresses on any terminal
  bool json = false;
  bool csv = false;
};

/// Prints records, the newest first, as a table, as JSON or as CSV.
int find(const LoadedSettings& loaded, const FindOptions& options);

struct TailOptions {
  std::string word;    // what client, sender or recipient are; empty for any
  unsigned last = 10;  // so many that have been made already
  bool wide = false;   // whole addresses on any terminal
  bool json = false;
};

/// Prints the decisions of this host as they are made, until Ctrl-C.
int tail(const LoadedSettings& loaded, const TailOptions& options);

struct WhyOptions {
  std::string word;   // an address, a domain, a client's address or network, or a record's number
  std::string since;  // a duration or a date; empty for any time
  unsigned limit = 10;
  bool json = false;
};

/// Prints what was late of that, message by message, why, and what to do about it.
int why(const LoadedSettings& loaded, const WhyOptions& options);

struct ReportOptions {
  std::string since;             // a duration or a date; empty for 30 days
  std::string until;             // likewise; empty for now
  std::string html;              // a file to write; empty for none
  std::string recipient_domain;  // only of mail to it; empty for all
  bool wide = false;             // whole names on any terminal
  bool json = false;
  bool mail = false;      // in place of tables a few lines, for cron to send
  bool no_names = false;  // leave out whose mail it was
};

/// Prints what was decided and what came of it, day by day, or writes it as a page.
int report(const LoadedSettings& loaded, const ReportOptions& options);

struct PassOptions {
  AttemptWords attempt;  // or in place of the triplet a record's number
  bool dry_run = false;
};

/// Lets a triplet pass at its next attempt, and prints what it did.
int pass(const LoadedSettings& loaded, const PassOptions& options);

struct ForgetOptions {
  AttemptWords attempt;  // or in place of the triplet a record's number, or nothing
  std::string client;    // or an address or network
  bool is_sure = false;  // also of many records
  bool dry_run = false;
};

/// Ends records, and of a client's network also what it has earned, and prints of how many.
int forget(const LoadedSettings& loaded, const ForgetOptions& options);

struct ExpectOptions {
  std::string recipient;
  std::string duration = "10m";
  bool json = false;
};

/// Accepts all mail to a recipient for a while, and prints until when.
int expect(const LoadedSettings& loaded, const ExpectOptions& options);

struct LearnOptions {
  std::vector<std::string> logs;  // files, directories of multilog, `-` for standard input
  unsigned days = 30;             // lines that are older do not count
  unsigned least = 2;             // accepted messages of a network that is to be trusted
  bool all = false;               // print every network
  bool wide = false;              // cut nothing on any terminal
  bool is_sure = false;           // do it without asking
  bool dry_run = false;
  bool json = false;  // an object, with every network
};

/// Trusts the networks whose mail was accepted, as logs of the mail server say, and takes away the passes of
/// those that only hang up. Prints what it is going to do and asks. kFailed when a log cannot be read, or
/// nobody says that it be done.
int learn(const LoadedSettings& loaded, const LearnOptions& options);

struct MigrateOptions {
  bool dry_run = false;
};

/// Brings the store to this version's schema and prints what it did.
int migrate(const LoadedSettings& loaded, const MigrateOptions& options);

}  // namespace greylisting::ctl
