// sections: what stands on the page, from the figures in short to what the words mean. Each is in a file of
// its name.
#pragma once

#include <string>
#include <vector>

#include "ctl/report/figures.h"

namespace greylisting::ctl {

struct Section {
  const char* id;  // by which links and tests find it
  const char* title;
  std::string content;  // markup
};

/// In the order of the page.
std::vector<Section> sections(const Figures& figures);

/// Each of them, where there is a day at least.
Section summary_section(const Figures& figures);
Section decisions_section(const Figures& figures);
Section hours_section(const Figures& figures);  // decisions.cpp
Section waits_section(const Figures& figures);
Section never_retried_section(const Figures& figures);
Section blocks_section(const Figures& figures);
Section names_section(const Figures& figures);
Section providers_section(const Figures& figures);
Section glossary_section();

}  // namespace greylisting::ctl
