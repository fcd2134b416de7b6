// store: where triplets live, as the plugin sees it.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "judgement/attempt.h"
#include "judgement/decision.h"

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

/// What a store says about an attempt.
struct Judgement {
  Decision decision{};

  /// When that is more than the attempt has `asked`, nothing is decided and nothing recorded: it is to be
  /// held against files and these regular expressions first, as far as this goes, and judged again.
  Asked asks = Asked::nothing;
  std::vector<StoredRegexp> regexps{};
  std::string lists_version{};  // as it was before they were read
};

class Store {
 public:
  virtual ~Store() = default;

  /// Judges and records the attempt in one atomic step: of any number of processes with one new triplet, one
  /// makes its record, and every one is counted. Throws StoreError.
  virtual Judgement judge(const Attempt& attempt) = 0;
};

}  // namespace greylisting
