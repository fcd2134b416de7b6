#include "ctl/report_page/sections.h"

#include "ctl/report/words.h"
#include "ctl/report_page/html.h"

namespace greylisting::ctl {
namespace {

constexpr const char* kNothingKnown =
    "Nothing is known of that time. Each decision is written into a journal, and each first attempt into the "
    "store; the figures are from there. If mail has come in and there are still no figures, run greylistctl "
    "check.";

}  // namespace

std::vector<Section> sections(const Figures& figures) {
  std::vector<Section> sections;
  if (figures.days.empty()) {
    sections.push_back({"summary", "At a glance", paragraph(kNothingKnown)});
  } else {
    sections = {summary_section(figures), decisions_section(figures)};
    const bool is_of_all = figures.domain.is_all();
    if (figures.days.size() > 1 && is_of_all) sections.push_back(hours_section(figures));
    for (const auto& section : {waits_section, never_retried_section, blocks_section, names_section})
      sections.push_back(section(figures));
    if (is_of_all) sections.push_back(providers_section(figures));
    sections.push_back(glossary_section());
    if (figures.days.front().date > figures.period.first) {
      sections.front().content +=
          remark("Nothing is known of the time before " + figures.days.front().date + '.');
    }
    if (figures.may_count_twice) sections.front().content += remark(std::string(kMayCountTwice));
  }
  return sections;
}

}  // namespace greylisting::ctl
