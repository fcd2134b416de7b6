// open_store: the store that the settings ask for, opened.
#pragma once

#include <memory>

#include "process/deadline.h"
#include "settings/settings.h"
#include "store/store.h"

namespace greylisting {

/// For the plugin: connects, unless the database could not be reached a few seconds ago, or opens the file
/// and waits for its lock as long as the time budget allows. Throws StoreError.
std::unique_ptr<Store> open_store(const Settings& settings, Deadline& deadline);

}  // namespace greylisting
