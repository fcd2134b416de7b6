// texts: how often a part is in one (scan.h), where two differ, and what is left when parts of one are
// replaced.
#pragma once

#include <algorithm>
#include <cstddef>
#include <regex>
#include <stdexcept>
#include <string>

#include "ctl/logs/scan.h"

namespace greylisting::test {

/// The first line in which two texts differ; empty when there is none. All of them are too many to show.
inline std::string difference(const std::string& a, const std::string& b) {
  const auto [here, there] = std::ranges::mismatch(a, b);
  if (here == a.end() && there == b.end()) return "";
  const auto line = [](const std::string& text, std::size_t place) {
    const auto begin = place == 0 ? 0 : text.rfind('\n', place - 1) + 1;
    return text.substr(begin, text.find('\n', place) - begin);
  };
  return line(a, static_cast<std::size_t>(here - a.begin())) + "\nand not\n" +
         line(b, static_cast<std::size_t>(there - b.begin()));
}

/// A sample with `by` in the place of `word`, which has to be in it: throws std::runtime_error where it is
/// not.
inline std::string adapted(std::string sample, const std::string& word, const std::string& by) {
  const std::size_t at = sample.find(word);
  if (at == std::string::npos) throw std::runtime_error("a sample has no " + word);
  return sample.replace(at, word.size(), by);
}

/// `pattern` is a regular expression.
inline std::string replaced(const std::string& text, const std::string& pattern, const std::string& by) {
  return std::regex_replace(text, std::regex(pattern), by);
}

}  // namespace greylisting::test
