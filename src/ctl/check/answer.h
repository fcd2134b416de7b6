// answer: what a program of control/smtpplugins says on standard output, as qmail-spp reads it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace greylisting::ctl {

struct PluginAnswer {
  char end = '\0';                       // E, R, D, A, N or O, after which nothing is read; 0 without one
  std::string reply{};                   // of E and R
  std::map<char, std::string> later{};   // of L: the reply to the next MAIL, RCPT or DATA (M, R, D)
  std::optional<std::string> address{};  // of C
  std::vector<std::pair<std::string, std::optional<std::string>>> variables{};  // of S, and of U none

  /// Whether what is asked about, the next MAIL, RCPT or DATA, or the session, is refused by it.
  bool refuses() const { return ends_command() || refused_later() != later.end(); }

  /// The answer that counts, as it was written: `E550 no`, `LR550 no`, `A`.
  std::string said() const;

  /// Whether the host runs no other program of the section, or of any, and has no objection.
  bool skips() const { return end == 'A' || end == 'N' || end == 'O'; }

  /// Whether the host answers 4xx, at once or at DATA.
  bool defers() const;

 private:
  bool ends_command() const { return end == 'E' || end == 'R' || end == 'D'; }
  std::map<char, std::string>::const_iterator refused_later() const;
};

PluginAnswer read_answer(std::string_view output);

}  // namespace greylisting::ctl
