// store: where triplets live, as the plugin sees it.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "judgement/attempt.h"
#include "judgement/decision.h"
#include "judgement/facts.h"
#include "mail/expectation.h"

namespace greylisting {

/// Something a store could not do, in words: what is wrong, and what to do about it.
class StoreError : public std::runtime_error {
 public:
  StoreError(const std::string& problem, std::string remedy)
      : std::runtime_error(problem + "; " + remedy), problem_(problem), remedy_(std::move(remedy)) {}

  const std::string& problem() const { return problem_; }
  const std::string& remedy() const { return remedy_; }

 private:
  std::string problem_;
  std::string remedy_;
};

/// Finds and records; what an attempt comes to is judged elsewhere (judgement/rules.h). Every function throws
/// StoreError.
class Store {
 public:
  virtual ~Store() = default;

  /// What is known of the attempt. One question; nothing is written.
  virtual Facts look(const Attempt& attempt) = 0;

  /// The list entries that match it and, where it has no record, how many triplets of its network wait. One
  /// question.
  virtual void add_entries(Evidence& evidence, const Attempt& attempt, const Facts& facts) = 0;

  /// Writes what has been decided, each row by one statement that looks at the row as it is when it has it:
  /// of any number of processes with one new triplet, one makes its record, and every one is counted.
  virtual Recorded record(const Attempt& attempt, const Facts& facts, const Decision& decision) = 0;

  /// From now on expects that, for so long. One packet.
  virtual void expect(const std::vector<Expectation>& expectations, std::chrono::seconds time) = 0;
};

}  // namespace greylisting
