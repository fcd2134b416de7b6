#include "ctl/check/report.h"

#include <iostream>
#include <string_view>

namespace greylisting::ctl {
namespace {

using State = Finding::State;

std::string_view word(State state) {
  return state == State::good ? "ok" : state == State::warning ? "warning" : "problem";
}

// Texts are one line of what can be printed; who makes them sees to that.
std::string text_of(const Finding& finding) {
  std::string text = finding.state == State::good      ? "ok       "
                     : finding.state == State::warning ? "warning  "
                                                       : "PROBLEM  ";
  text += finding.text + '\n';
  if (!finding.remedy.empty()) text += "         -> " + finding.remedy + '\n';
  return text;
}

}  // namespace

Finding good(std::string text, std::string advice) {
  return {State::good, std::move(text), std::move(advice)};
}
Finding warning(std::string text, std::string remedy) {
  return {State::warning, std::move(text), std::move(remedy)};
}
Finding problem(std::string text, std::string remedy) {
  return {State::bad, std::move(text), std::move(remedy)};
}

Finding pressing(std::string text, std::string remedy) {
  return {State::warning, std::move(text), std::move(remedy), true};
}

void Report::add(const Finding& plain) {
  Finding finding = plain;
  finding.text.insert(0, before_);
  if (!said_.insert(finding.text).second) return;
  works_ = works_ && finding.state != State::bad;
  if (options_.json) {
    Json its{{"state", word(finding.state)}, {"text", finding.text}};
    if (!finding.remedy.empty()) its.set("remedy", finding.remedy);
    findings_.push_back(its);
  } else if (!options_.quiet) {
    std::cout << text_of(finding) << std::flush;
  } else if (finding.state != State::good) {
    withheld_ += text_of(finding);
    if (finding.is_pressing) pressing_ += text_of(finding);
  }
}

void Report::add(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) add(finding);
}

void Report::add_settings(const std::vector<std::pair<std::string, std::string>>& rows) {
  if (!options_.verbose) return;
  if (options_.json) {
    for (const auto& [key, value] : rows) settings_.set(key, value);
  } else if (!options_.quiet) {
    for (const auto& [key, value] : rows) std::cout << "           " << key << " = " << value << '\n';
  }
}

int Report::end() {
  if (options_.json) {
    Json json{{"findings", findings_}};
    if (options_.verbose) json.set("settings", settings_);
    json.set("works", works_);
    std::cout << json.text() << '\n';
  } else if (!options_.quiet || !works_) {
    std::cout << withheld_
              << (works_ ? "This installation works.\n" : "This installation does not work as it should.\n");
  } else {
    std::cout << pressing_;
  }
  return works_ ? kDone : kFailed;
}

}  // namespace greylisting::ctl
