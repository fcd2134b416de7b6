// store: where triplets live. What the plugin asks of it, and what the administrator does.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "attempt.h"
#include "decision.h"

namespace greylisting {

/// Something a store could not do, in words: what is wrong, and what to do about it.
class StoreError : public std::runtime_error {
 public:
  StoreError(const std::string& problem, const std::string& remedy)
      : std::runtime_error(problem + "; " + remedy) {}
};

/// The plugin's side.
class Store {
 public:
  virtual ~Store() = default;

  /// Judges and records the attempt in one atomic step: of any number of processes with one new triplet, one makes its
  /// record, and every one is counted. Throws StoreError.
  virtual Decision decide(const Attempt& attempt) = 0;
};

/// One thing that `greylistctl check` looked at.
struct Finding {
  enum class State { good, warning, bad };
  State state = State::good;
  std::string text;    // what was found
  std::string remedy;  // what to do about it; empty when good
};

/// The administrator's side. Every function throws StoreError.
class Administration {
 public:
  virtual ~Administration() = default;

  /// Looks at connection, schema version, privileges, clock and list entries; changes nothing.
  virtual std::vector<Finding> examine() = 0;

  /// What `decide` answers to this attempt, with the plugin's own statements, and nothing of it kept.
  virtual Decision rehearse(const Attempt& attempt) = 0;

  /// Keeps out a second clean-up on this database for as long as this object lives; false when one is at work.
  virtual bool lock_cleanup() = 0;

  /// Deletes at most `limit` records whose life is over, in one short transaction. Returns how many.
  virtual std::uint64_t delete_expired(unsigned limit) = 0;

  /// How many records there are.
  virtual std::uint64_t count_records() = 0;

  /// Brings the schema to this version. Returns what was done, a sentence a step; empty when nothing had to be.
  virtual std::vector<std::string> migrate() = 0;
};

}  // namespace greylisting
