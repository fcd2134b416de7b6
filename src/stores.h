// stores: the store that the settings ask for, opened.
#pragma once

#include <chrono>
#include <memory>

#include "settings.h"
#include "store.h"

namespace greylisting {

/// For the plugin: connects, or opens the file and waits no longer than `patience` for its lock. Throws
/// StoreError.
std::unique_ptr<Store> open_store(const Settings& settings, std::chrono::milliseconds patience);

}  // namespace greylisting
