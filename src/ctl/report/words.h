// words: what a report says in words, on the terminal and on the page.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "ctl/print/figure_words.h"
#include "ctl/report/figures.h"
#include "ctl/report/records.h"

namespace greylisting::ctl {

/// ` of mail to example.org`; empty for all mail.
std::string mail_to(const Figures& figures);

/// `under 1 min`, `5 to 10 min`, `30 min to 1 h`, `24 h and more`
std::string bin_text(const Bin& bin);

/// The same in less room: `<1 min`, `5–10 min`, `30–60 min`, `24 h+`
std::string bin_label(const Bin& bin);

/// `; undecided: 4.2 %`; empty where none is.
std::string undecided_note(const RecordCounts& records);

/// What the shares of blocks say, in one or two sentences.
std::string block_sentence(const Figures& figures);

/// Where figures may count twice (figures.h): that they may, and what to do.
inline constexpr std::string_view kMayCountTwice =
    "Records that a clean-up was deleting meanwhile may be counted twice; make the report again later.";

}  // namespace greylisting::ctl
