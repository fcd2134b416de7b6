// option: what the options of subcommands have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "ctl/commands.h"
#include "ctl/print/nearest.h"
#include "text/ascii.h"
#include "text/number.h"
#include "text/printable.h"

namespace greylisting::ctl {

/// What an option is not to be; `remedy` is for it.
inline CLI::Validator not_empty(const std::string& remedy) {
  return {[remedy](const std::string& value) { return value.empty() ? "it is empty; " + remedy : ""; }, ""};
}

inline constexpr const char* kLeaveOut = "leave it out, or name a time";

/// The words are the same in every version of CLI11, and those of the settings.
inline CLI::Validator between(int least, int most) {
  const std::string numbers = std::to_string(least) + " to " + std::to_string(most);
  return {[=](const std::string& value) {
            const auto number = number_of<int>(value);
            if (number && *number >= least && *number <= most) return std::string();
            return in_quotes(value, 100) + " is not a whole number from " + numbers;
          },
          numbers};
}

/// One of these words, in any case.
inline CLI::Validator one_of(const std::vector<std::string>& words) {
  return {[words](std::string& value) {
            const std::string word = ascii::lower(value);
            if (std::ranges::find(words, word) == words.end()) {
              std::string all;
              for (const std::string& each : words) all.append(all.empty() ? "" : ", ").append(each);
              return in_quotes(value, 100) + " is none of " + all + naming_nearest(word, words);
            }
            value = word;
            return std::string();
          },
          ""};
}

inline constexpr const char* kNameFile = "name a file, or - for standard output";

/// Files on the command line are where it was typed; the working directory becomes qmail's home later.
class Here {
 public:
  /// Nothing, and `-`, stay what they are.
  std::string absolute(const std::string& file) const {
    return file.empty() || file == "-" ? file : (path_ / file).string();
  }

 private:
  std::filesystem::path path_ = std::filesystem::current_path();
};

/// What qmail-smtpd would say beside the triplet.
void add_circumstances(CLI::App& command, AttemptWords& words);

}  // namespace greylisting::ctl
