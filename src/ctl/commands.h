// commands: what greylistctl can do, one function a subcommand, each in a file of its own name. All paths are
// relative to the qmail home, which is the working directory. Each returns the exit status and throws
// StoreError.
#pragma once

#include "../settings.h"

namespace greylisting::ctl {

/// The exit statuses of greylistctl.
inline constexpr int kDone = 0;
inline constexpr int kFailed =
    1;                            // something is wrong, and was said on standard error or in what was printed
inline constexpr int kUsage = 2;  // the command line is

/// Prints whether this installation works, each problem with its remedy. kDone when it does.
int check(const LoadedSettings& loaded);

struct CleanupOptions {
  unsigned batch = 500;    // records deleted in one transaction
  unsigned pause_ms = 20;  // between two of them
};

/// Deletes the records whose life is over, in small batches, and prints one line of what it did.
int cleanup(const LoadedSettings& loaded, const CleanupOptions& options);

/// Brings the store to this version's schema and prints what it did.
int migrate(const LoadedSettings& loaded);

}  // namespace greylisting::ctl
