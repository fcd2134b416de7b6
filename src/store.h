// store: where triplets live, as the plugin sees it.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "attempt.h"
#include "decision.h"

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

/// A list entry that is a regular expression, as it is stored.
struct StoredRegexp {
  std::string entry;  // `entries/3`
  bool denies = false;
  std::string kind;  // `host`, `sender`, `recipient`
  std::string pattern;
  std::string reply;  // empty for reject_message
};

/// What a store says about an attempt, and what is left to be asked of regular expressions and files.
struct Judgement {
  Decision decision;

  /// Those that have a say. None where a list entry has decided. Where a known triplet or a trusted client
  /// passes, only those that deny and are newer than its last attempt: it has been held against the others
  /// then.
  std::vector<StoredRegexp> regexps{};

  /// How long ago that was; nothing when there was none.
  std::optional<std::chrono::seconds> idle{};
};

class Store {
 public:
  virtual ~Store() = default;

  /// Judges and records the attempt in one atomic step: of any number of processes with one new triplet, one
  /// makes its record, and every one is counted. Throws StoreError.
  virtual Judgement judge(const Attempt& attempt) = 0;

  /// Takes back what was recorded of an attempt that regular expressions or files decide otherwise: `from` as
  /// `judge` said, `to` as it is. Throws StoreError.
  virtual void withdraw(const Attempt& attempt, Reason from, Reason to) = 0;
};

}  // namespace greylisting
