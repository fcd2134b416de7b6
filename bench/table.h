// table: what was measured, with the goals beside it: for people, and as JSON.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace greylisting::bench {

/// One line. A goal of 0 is none; `at_least` turns it round.
struct Figure {
  std::string what;
  std::string beside{};  // what `value` is a ratio to; empty for a bare number
  double value = 0;      // a ratio, or a number of `unit`
  std::string unit{};    // empty for a ratio
  double goal = 0;
  bool at_least = false;
  std::string detail{};

  bool is_met() const { return goal == 0 || (at_least ? value >= goal : value <= goal); }
};

class Table {
 public:
  /// Prints it at once, so that a run that is broken off leaves what it has.
  void add(Figure figure);

  void write_json(const std::filesystem::path& file) const;

 private:
  std::vector<Figure> figures_;
};

}  // namespace greylisting::bench
