#include "ctl/command_line/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/commands.h"
#include "ctl/print/nearest.h"
#include "settings/home.h"
#include "text/printable.h"
#include "text/shell_word.h"
#include "version.h"

namespace greylisting::ctl {
namespace {

std::array<std::span<const Subcommand>, 3> all_subcommands() {
  return {looking_subcommands(), entry_subcommands(), record_subcommands()};
}

// What CLI11 would take for something else is marked: a word in brackets, which is an address literal, or a
// client as Postfix writes it, for a list of words; one that begins with a dash after --, of which it
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
    return "there is no option " + shell_word(word) + naming_nearest(word.substr(0, word.find('=')), options);
  }
  if (&command != &app) return in_quotes(word, 100) + " is one word too many";
  std::vector<std::string> names;
  for (const auto& group : all_subcommands()) {
    for (const Subcommand& subcommand : group) names.emplace_back(subcommand.name);
  }
  return "there is no subcommand " + shell_word(word) + naming_nearest(word, names);
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

}  // namespace

std::string try_help(const std::string& subcommand) {
  return "; try 'greylistctl " + subcommand + (subcommand.empty() ? "" : " ") + "--help'";
}

CommandLine read_command_line(int argc, char** argv) {
  CLI::App app("Looks after the records of greylisting.");
  app.name("greylistctl");
  app.set_version_flag("--version", std::string("greylistctl ").append(kVersion));
  app.footer("Exit status: 0 done, 1 something is wrong, 2 wrong usage.");
  app.require_subcommand(0, 1);
  CommandLine read{.home = default_home(), .subcommand = {}};
  app.add_option("--home", read.home,
                 "qmail's home (QMAILDIR), or the one that has control/greylisting in it; files on the "
                 "command line are where it was typed")
      ->type_name("DIRECTORY")
      ->capture_default_str();
  for (const auto& group : all_subcommands()) {
    for (const Subcommand& subcommand : group) {
      CLI::App* const command = app.add_subcommand(subcommand.name, subcommand.description);
      command->footer(subcommand.footer);
      command->callback([&read, name = subcommand.name, run = subcommand.add_options(*command)] {
        read.subcommand = name;
        read.run = run;
      });
      take_marks_off(*command);
    }
  }

  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    std::vector<std::string> reversed = marked(words);
    std::ranges::reverse(reversed);
    app.parse(std::move(reversed));
    if (!read.run) throw CLI::RequiredError::Subcommand(1);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      app.exit(error, std::cout);
      read.status = kDone;
      return read;
    }
    const auto commands = app.get_subcommands();
    const CLI::App& command = commands.empty() ? app : *commands.front();
    std::cerr << "greylistctl: " << what_is_wrong(app, command, error, words)
              << try_help(commands.empty() ? "" : command.get_name()) << '\n';
    say_how_to_write_a_dash(app.remaining(true), words);
    read.status = kUsage;
  }
  return read;
}

}  // namespace greylisting::ctl
