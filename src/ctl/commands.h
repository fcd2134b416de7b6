// commands: what greylistctl can do, one function a subcommand, each in a file of its own name. All paths are
// relative to the qmail home, which is the working directory. Each returns the exit status and throws
// StoreError, and UsageError where only a look at the arguments or the store tells that the command line is
// wrong.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "../entry.h"
#include "../list_file.h"
#include "../settings.h"
#include "rehearsal.h"

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

/// Prints whether this installation works, each problem with its remedy. kDone when it does.
int check(const LoadedSettings& loaded);

struct CleanupOptions {
  unsigned batch = 500;    // records deleted in one transaction
  unsigned pause_ms = 20;  // between two of them
};

/// Deletes the records whose life is over, in small batches, and prints one line of what it did.
int cleanup(const LoadedSettings& loaded, const CleanupOptions& options);

struct PutOptions {
  Action action = Action::allow;
  std::vector<std::string> words;  // [client|sender|recipient] PATTERN
  std::string until;               // as given; empty for none
  std::string duration;            // likewise
  std::optional<std::string> comment;
  std::optional<std::string> reply;
  std::optional<int> block;  // minutes
  bool dry_run = false;
};

/// Adds an entry to the store, or changes the one with the same action and pattern, and prints which, and
/// what other entries decide of the same attempts.
int put(const LoadedSettings& loaded, const PutOptions& options);

struct ListOptions {
  std::string what;  // an action, `trusted` or `trapped`; empty for the entries of all actions
  bool json = false;
};

/// Prints entries, or what clients have earned, as a table or as JSON.
int list(const LoadedSettings& loaded, const ListOptions& options);

struct RemoveOptions {
  std::vector<std::string> words;  // entries/N, lists/N, [client|sender|recipient] PATTERN,
                                   // [trusted|trapped] IDENTITY
  bool dry_run = false;
};

/// Removes entries, or what a client has earned, and prints what it removed.
int remove(const LoadedSettings& loaded, const RemoveOptions& options);

struct ImportOptions {
  ListFormat format = ListFormat::plain;
  std::string file;  // `-` for standard input
  Action action = Action::allow;
  std::string comment;  // of entries whose line has none
  bool dry_run = false;
};

/// Makes entries of the lines of a file, and prints how many. kFailed when there are lines that it does not
/// understand, each of which it names on standard error.
int import(const LoadedSettings& loaded, const ImportOptions& options);

struct ExplainOptions {
  AttemptWords attempt;
  bool json = false;
};

/// Prints what the plugin would decide of an attempt, step by step, and why; changes nothing.
int explain(const LoadedSettings& loaded, const ExplainOptions& options);

struct FindOptions {
  std::string client;
  std::optional<std::string> sender;
  std::optional<std::string> recipient;
  bool pending = false;
  bool passed = false;
  bool pools = false;
  std::string since;  // a duration or a date; empty for any time
  unsigned limit = 50;
  bool json = false;
  bool csv = false;
};

/// Prints records, the newest first, as a table, as JSON or as CSV.
int find(const LoadedSettings& loaded, const FindOptions& options);

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

/// Brings the store to this version's schema and prints what it did.
int migrate(const LoadedSettings& loaded);

}  // namespace greylisting::ctl
