// figure_words: figures as people read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "ctl/records/tally.h"

namespace greylisting::ctl {

/// `12,345`
std::string number_text(std::uint64_t number);

/// `1 entry`, `12 entries`; with one word `1 line`, `12 lines`
std::string counted(std::uint64_t number, std::string_view one, std::string_view many);
std::string counted(std::uint64_t number, std::string_view one);

/// `4.2 %`; `-` where there is nothing to be a part of.
std::string share_text(std::uint64_t part, std::uint64_t all);

/// `45 s`, `5 min`, `2 h 5 min`, `3 d 4 h`
std::string duration_text(std::chrono::seconds duration);

/// The duration that so many percent do not exceed; `-` where there is none.
std::string percentile_text(const Durations& durations, unsigned percent);

}  // namespace greylisting::ctl
