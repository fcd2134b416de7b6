#include "ctl/command_line/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <set>
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
// forgets that it has seen it as soon as one word has come before, for an option. A mark that was typed gets
// another one, so that it stays when that is taken off.
constexpr char kMark = '\x1f';

std::string marked(const std::string& word, bool is_behind) {
  const bool has_dash = is_behind && word.starts_with('-');
  const bool has_brackets = word.starts_with('[') && word.ends_with(']');
  return (has_dash || word.starts_with(kMark) ? std::string(1, kMark) : "") + word +
         (has_brackets || word.ends_with(kMark) ? std::string(1, kMark) : "");
}

std::string without_marks(std::string word) {
  if (word.starts_with(kMark)) word.erase(0, 1);
  if (word.ends_with(kMark)) word.pop_back();
  return word;
}

std::vector<std::string> marked(const std::vector<std::string>& words) {
  std::vector<std::string> all;
  bool is_behind = false;
  for (const std::string& word : words) {
    if (word == "--" && !is_behind) {
      is_behind = true;
      continue;
    }
    // The value of --option=value is a word of its own.
    const auto equals = !is_behind && word.starts_with("--") ? word.find('=') : std::string::npos;
    all.push_back(equals == std::string::npos
                      ? marked(word, is_behind)
                      : word.substr(0, equals + 1) + marked(word.substr(equals + 1), false));
  }
  return all;
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

// As it was typed, without what would do something to a terminal, and no longer than a line.
std::string shown_word(const std::string& word) {
  constexpr std::size_t kMost = 100;
  const std::string line = one_line(word);
  return shell_word(line.size() > kMost ? line.substr(0, kMost) + "..." : line);
}

// Of words that were taken for options: how one is to be written that can only be a pattern or an address.
void say_how_to_write_a_dash(const std::vector<std::string>& unexpected, std::vector<std::string> words) {
  const auto begins_with_dash = [](const std::string& word) { return word.starts_with('-'); };
  const auto found = std::ranges::find_if(unexpected, [&](const std::string& word) {
    return begins_with_dash(word) && word.find_first_of("@.") < word.find('=');
  });
  if (found == unexpected.end()) return;
  std::cerr << shown_word(*found) << " begins as an option does: write -- in front of it";
  const auto place = std::ranges::find(words, *found);
  if (std::any_of(place + 1, words.end(), begins_with_dash)) {
    std::cerr << ", and the options before that\n";
    return;
  }
  words.insert(place, "--");
  std::cerr << ": greylistctl";
  for (const std::string& word : words) std::cerr << ' ' << shell_word(one_line(word));
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

// `of` is where it stands: the subcommand, or what comes before it.
std::string what_is_no_option(const CLI::App& app, const CLI::App& command, const CLI::App& of,
                              const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  const auto has = [&name](const CLI::App& other) { return other.get_option_no_throw(name) != nullptr; };
  if (&of == &app && has(command)) return shown_word(name) + " comes after " + command.get_name();
  if (&of != &app && has(app)) return shown_word(name) + " comes before " + command.get_name();
  std::vector<std::string> options = options_of(command);
  for (std::string& option : options_of(app)) options.push_back(std::move(option));
  return "there is no option " + shown_word(word) + naming_nearest(name, options);
}

// The first word after -- that is an option by its name: what could be an address or a pattern has an @ or no
// such name. Empty where there is none.
std::string what_comes_too_late(const CLI::App& app, const CLI::App& command,
                                const std::vector<std::string>& words) {
  for (auto word = std::ranges::find(words, "--"); word != words.end(); ++word) {
    const std::string name = word->substr(0, word->find('='));
    if (name.size() <= 2 || !name.starts_with("--") || word->find('@') != std::string::npos) continue;
    for (const CLI::App* const of : {&command, &app}) {
      if (of->get_option_no_throw(name) != nullptr) return shown_word(name) + ": options come before --";
    }
  }
  return "";
}

// The first option that is not one, that is given twice, that has a value and takes none, or that comes too
// late; empty where there is none. The parser finds what is missing before it finds these, and has no words
// of ours for them.
std::string what_is_wrong_with_options(const CLI::App& app, const CLI::App& command,
                                       const std::vector<std::string>& words) {
  const CLI::App* of = &app;
  std::set<const CLI::Option*> given;
  auto word = words.begin();
  for (; word != words.end() && *word != "--"; ++word) {
    if (word->size() < 2 || !word->starts_with('-')) {
      if (of != &app) continue;
      if (*word != command.get_name()) return "";
      of = &command;
      continue;
    }
    const auto equals = word->find('=');
    const CLI::Option* const option = of->get_option_no_throw(word->substr(0, equals));
    if (option == nullptr) return what_is_no_option(app, command, *of, *word);
    const std::string name = option->get_name();
    const bool takes_value = option->get_items_expected_max() > 0;
    if (!takes_value && equals != std::string::npos) return name + " takes no value";
    if (takes_value && !given.insert(option).second) return name + " is given twice";
    if (takes_value && equals == std::string::npos && ++word == words.end()) return name + " needs a value";
  }
  return what_comes_too_late(app, command, {word, words.end()});
}

// What a word stands for that is missing.
std::string what_is_missing(const CLI::App& command, const std::string& name,
                            const std::vector<std::string>& words) {
  const std::string& subcommand = command.get_name();
  if (name.starts_with('-')) return name;
  if (subcommand == "explain") return "IP SENDER RECIPIENT";
  if (subcommand == "pass") return "IP SENDER RECIPIENT or a record's number";
  if (subcommand == "why") return "a sender, recipient or client";
  if (subcommand == "remove") return "an entry, pattern or identity";
  if (name == "file" && std::ranges::find(words, "spf") != words.end()) return "a domain";
  return "a " + name;
}

std::string what_is_unexpected(const CLI::App& app, const CLI::App& command, const std::string& word) {
  if (word.starts_with('-')) return what_is_no_option(app, command, command, word);
  if (&command != &app) return in_quotes(word, 100) + " is one word too many";
  std::vector<std::string> names;
  for (const auto& group : all_subcommands()) {
    for (const Subcommand& subcommand : group) names.emplace_back(subcommand.name);
  }
  return "there is no subcommand " + shown_word(word) + naming_nearest(word, names);
}

// How words are named in `Usage:`; the parser's own has a count behind a name.
class Help : public CLI::Formatter {
 public:
  std::string make_option_usage(const CLI::Option* option) const override {
    const std::string name =
        make_option_name(option, true) + (option->get_items_expected_max() > 1 ? "..." : "");
    return option->get_required() ? name : '[' + name + ']';
  }
};

// What the parser has found, in our words; of its own only the name that it begins with is kept.
std::string what_is_wrong(CLI::App& app, const CLI::App& command, const CLI::ParseError& error,
                          const std::vector<std::string>& words) {
  if (std::string found = what_is_wrong_with_options(app, command, words); !found.empty()) return found;
  std::string said = error.what();
  std::erase(said, kMark);
  said = one_line(said);
  const std::string name = said.substr(0, said.find_first_of(" :"));
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
    return what_is_unexpected(app, command, first_of(app.remaining(true), words));
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
    return (&command == &app ? "a subcommand" : what_is_missing(command, name, words)) + " is missing";
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
  app.formatter(std::make_shared<Help>());
  app.set_version_flag("--version", std::string("greylistctl ").append(kVersion));
  app.footer("Exit status: 0 done, 1 something is wrong, 2 wrong usage.");
  app.require_subcommand(0, 1);
  CommandLine read{.home = default_home(), .subcommand = {}};
  app.add_option("--home", read.home,
                 "qmail's home (QMAILDIR), or the one that has control/greylisting in it; files named "
                 "here are relative to the current directory")
      ->type_name("DIRECTORY")
      ->capture_default_str();
  take_marks_off(app);
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
    if (!what_comes_too_late(app, *app.get_subcommands().front(), words).empty())
      throw CLI::ParseError("an option comes too late", kUsage);
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
