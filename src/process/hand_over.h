// hand_over: what a statically linked plugin cannot do, its dynamically linked twin does in its place.
//
// The static program starts in a fraction of the time, but the C library looks up names and loads
// authentication plugins only as a dynamic one. Both are made of the same objects, and the twin lies beside
// the plugin: plugins/greylisting.dynamic.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

namespace greylisting {

/// Replaces this process by its twin, which begins anew, but for the time budget: the timer is disarmed, and
/// the twin is told when it would have run out. Returns only when there is no twin that can be executed.
/// Called while a Deadline is armed. `purpose` says for whom, in the plural: `host names`.
void hand_over(const std::string& purpose);

/// In the twin, when its time budget ends; nothing in a plugin that qmail-smtpd has started, which gives it
/// no arguments. `arguments` are those of main().
std::optional<std::chrono::steady_clock::time_point> handed_over(std::span<char* const> arguments);

/// The file that was executed, as the host named it; empty where the kernel does not say. Usable before the
/// libraries have started.
const char* own_file();

/// Why the last hand_over returned: `host names need …`; empty when there was none.
const std::string& failed_hand_over();

}  // namespace greylisting
