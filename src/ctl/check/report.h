// report: what `greylistctl check` has found, as it comes, and whether it works.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ctl/commands.h"
#include "ctl/print/json.h"
#include "store/administration.h"

namespace greylisting::ctl {

/// A finding by its state. A problem's or warning's remedy is what to do; a good finding's is advice.
Finding good(std::string text, std::string advice = {});
Finding warning(std::string text, std::string remedy);
Finding problem(std::string text, std::string remedy = {});

/// Prints findings as they come: as text, at the end as JSON (--json), or only at the end, and only when
/// there is a problem, what is wrong (--quiet).
class Report {
 public:
  explicit Report(const CheckOptions& options) : options_(options) {}

  void add(const Finding& finding);
  void add(const std::vector<Finding>& findings);

  /// Name and value of every setting.
  void add_settings(const std::vector<std::pair<std::string, std::string>>& rows);

  bool works() const { return works_; }

  /// Prints what is left to print. kDone when it works.
  int end();

 private:
  const CheckOptions& options_;
  bool works_ = true;
  std::string withheld_;  // of --quiet
  // Of --json.
  Json findings_ = Json::array();
  Json settings_ = Json::object();
};

}  // namespace greylisting::ctl
