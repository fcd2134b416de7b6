// argument: what stands for a pattern, or for a time, on the command line.
#pragma once

#include <string>
#include <vector>

#include "lists/entry.h"

namespace greylisting::ctl {

/// Whether it is `client`, `sender` or `recipient`.
bool is_subject(const std::string& word);

/// An address as it is typed: as the log has it, with `\xNN`, and perhaps between < and >.
std::string address_meant_by(const std::string& word);

/// The pattern in `[client|sender|recipient] PATTERN`, for an entry of that action; a range of addresses is
/// the networks that it is made of. What an action is for says what is meant where the word is left out.
/// Throws UsageError when that leaves two possibilities, and for what is no pattern.
std::vector<Pattern> patterns_meant_by(const std::vector<std::string>& words, Action action);

/// The time that an option's value means, as the stores have times: `24h` for so long before `now`, a date
/// for its beginning, or a time. Throws UsageError, naming the option.
std::string moment_of(const std::string& option, const std::string& text, const std::string& now);

}  // namespace greylisting::ctl
