// scenario: a history of attempts, entries and time, and the answers that every store has to give to it.
#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "installation.h"

namespace greylisting::test {

inline const std::string kDeferral = "E451 temporary failure (#4.3.0)\n";
inline const std::string kRejection = "E553 sorry, your envelope sender has been denied (#5.7.1)\n";

struct Expected {
  std::string outcome;
  std::string reason;
  std::string answer;
  std::string entry{};  // what decided; not looked at when empty
};
Expected deferred(std::string reason, std::string answer = kDeferral);
Expected accepted(std::string reason, std::string entry = "");
Expected rejected(std::string answer = kRejection, std::string reason = "denied", std::string entry = "");
/// Not greylisted at all: no answer, no line in the log.
Expected ignored();

// The steps of a scenario.
struct Attempt {
  Rcpt rcpt;
  Expected expected;
};
struct Pass {
  std::chrono::seconds time;
};
struct Add {
  ListEntry entry;
};
struct Put {
  Entry entry;
};
struct Write {  // a file in the home
  std::string file;
  std::string text;
};
struct Sql {
  std::string statements;
};
struct Stored {  // in any order
  std::string query;
  std::vector<std::vector<std::string>> rows;
};
using Step = std::variant<Attempt, Pass, Add, Put, Write, Sql, Stored>;

Step attempt(Rcpt rcpt, Expected expected);
Step attempt(Expected expected);
Step pass(std::chrono::seconds time);
Step add(ListEntry entry);
Step put(Entry entry);
Step write(std::string file, std::string text);

/// {{blocked_count, passed_count}, …} of all records.
Step counts(std::vector<std::vector<std::string>> rows);

struct Scenario {
  std::string name;
  std::string settings;            // lines of control/greylisting
  std::vector<ListEntry> entries;  // in greylisting_lists
  std::vector<Step> steps;
};

/// Plays each on every store, in sections of the calling test case.
void play(const std::vector<Scenario>& scenarios);

}  // namespace greylisting::test
