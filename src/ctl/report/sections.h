// sections: what stands on the page, from the figures in short to what the words mean.
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

}  // namespace greylisting::ctl
