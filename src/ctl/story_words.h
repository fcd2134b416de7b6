// story_words: what has happened to the mail of one sender to one recipient, in words.
#pragma once

#include <ctime>

#include "ctl/print/json.h"
#include "ctl/records/past.h"
#include "settings/settings.h"

namespace greylisting::ctl {

/// Prints its attempts, how long it waited and for what, and what to type so that the next one does not wait.
void print_story(const Story& story, const Settings& settings, std::time_t now);

Json story_json(const Story& story, const Settings& settings);

}  // namespace greylisting::ctl
