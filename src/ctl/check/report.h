// report: what `greylistctl check` has found, as it comes, and whether it works.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/commands.h"
#include "ctl/print/json.h"

namespace greylisting::ctl {

/// A finding by its state. A problem's or warning's remedy is what to do; a good finding's is advice.
Finding good(std::string text, std::string advice = {});
Finding warning(std::string text, std::string remedy);
Finding problem(std::string text, std::string remedy = {});

/// A warning that --quiet shows, too, when it works.
Finding pressing(std::string text, std::string remedy);

/// Prints findings as they come, each once: as text, at the end as JSON (--json), or only at the end what is
/// wrong, and when there is no problem only what is pressing (--quiet).
class Report {
 public:
  explicit Report(const CheckOptions& options) : options_(options) {}

  /// What stands before every finding from now on.
  void begin_with(const std::string& words) { before_ = words; }

  void add(const Finding& plain);
  void add(const std::vector<Finding>& findings);

  /// Name and value of every setting.
  void add_settings(const std::vector<std::pair<std::string, std::string>>& rows);

  bool works() const { return works_; }

  /// Prints what is left to print. kDone when it works.
  int end();

 private:
  const CheckOptions& options_;
  bool works_ = true;
  std::string before_;
  std::set<std::string> said_;
  // Of --quiet.
  std::string withheld_;
  std::string pressing_;
  // Of --json.
  Json findings_ = Json::array();
  Json settings_ = Json::object();
};

}  // namespace greylisting::ctl
