// report_words: figures as people read them, on the terminal and on the page.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "report_figures.h"

namespace greylisting::ctl {

/// `12,345`
std::string number_text(std::uint64_t number);

/// `4.2 %`; `-` where there is nothing to be a part of.
std::string share_text(std::uint64_t part, std::uint64_t all);

/// `45 s`, `5 min`, `2 h 5 min`, `3 d 4 h`
std::string duration_text(std::chrono::seconds duration);

/// `under 1 min`, `5 to 10 min`, `30 min to 1 h`, `24 h and more`
std::string bin_text(const Bin& bin);

/// The duration that so many percent do not exceed; `-` where there is none.
std::string percentile_text(const Durations& durations, unsigned percent);

/// What the shares of blocks say, in one or two sentences.
std::string block_sentence(const Figures& figures);

}  // namespace greylisting::ctl
