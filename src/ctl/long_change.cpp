#include "ctl/long_change.h"

#include <iostream>

#include "ctl/print/figure_words.h"

namespace greylisting::ctl {

LongChange::~LongChange() { std::cout.flush(); }

void LongChange::say() const {
  if (is_dry_run_) return;
  std::cerr << "greylistctl: " << words_.subject << "stopped after " << done_ << " of "
            << counted(rows_, words_.one, words_.many) << "; " << words_.then << '\n';
}

}  // namespace greylisting::ctl
