// greylistctl: the administrator's tool. README.md, "greylistctl", tells what each subcommand is for.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "src/ctl/commands.h"
#include "src/store.h"
#include "src/version.h"

using namespace greylisting;

namespace {

constexpr const char* kQmailHome = "/var/qmail";

int run(int argc, char** argv) {
  CLI::App app("Looks after the records of greylisting, the qmail-spp plugin.");
  app.name("greylistctl");
  app.set_version_flag("--version", std::string("greylistctl ").append(kVersion));
  app.footer("Exit status: 0 done, 1 something is wrong, 2 wrong usage.");
  std::string home = kQmailHome;
  app.add_option("--home", home, "qmail's home directory, to which all paths are relative")
      ->envname("QMAILDIR")
      ->capture_default_str();

  CLI::App* const check =
      app.add_subcommand("check", "Tell whether this installation works, each problem with its remedy");
  check->footer("Example: greylistctl check");

  ctl::CleanupOptions cleanup_options;
  CLI::App* const cleanup = app.add_subcommand("cleanup", "Delete the records whose life is over");
  cleanup->add_option("--batch", cleanup_options.batch, "records deleted in one transaction")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  cleanup->add_option("--pause", cleanup_options.pause_ms, "milliseconds between two of them")
      ->check(CLI::Range(0, 60000))
      ->capture_default_str();
  cleanup->footer("Example: greylistctl cleanup >> /var/log/greylisting_cleanup.log");

  CLI::App* const migrate = app.add_subcommand("migrate", "Bring the store to this version's schema");
  migrate->footer("Example: greylistctl migrate");

  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty()) throw CLI::RequiredError::Subcommand(1);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ctl::kDone : ctl::kUsage;
  }

  if (chdir(home.c_str()) != 0) {
    std::cerr << "greylistctl: cannot go to qmail's home " << home << ": " << std::strerror(errno)
              << "; name it with --home or QMAILDIR\n";
    return ctl::kFailed;
  }
  const LoadedSettings loaded = load_settings(std::getenv);
  if (check->parsed()) return ctl::check(loaded);
  for (const Problem& problem : loaded.problems) std::cerr << "greylistctl: " << problem << '\n';
  for (const Problem& warning : loaded.warnings) std::cerr << "greylistctl: " << warning << '\n';
  if (!loaded.unusable.empty()) throw std::runtime_error(loaded.unusable);
  if (cleanup->parsed()) return ctl::cleanup(loaded, cleanup_options);
  return ctl::migrate(loaded);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    static_cast<void>(std::fprintf(stderr, "greylistctl: %s\n", error.what()));
    return ctl::kFailed;
  }
}
