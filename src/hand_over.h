// hand_over: what a statically linked plugin cannot do, its dynamically linked twin does in its place.
//
// The static program starts in a fraction of the time, but the C library looks up names and loads
// authentication plugins only as a dynamic one. Both are made of the same objects, and the twin lies beside
// the plugin: plugins/greylisting.dynamic.
#pragma once

#include <string>

namespace greylisting {

/// Replaces this process by its twin, which begins anew; the timer of the time budget is disarmed first.
/// Returns only when there is no twin that can be executed. `purpose` says for whom, in the plural:
/// `host names`.
void hand_over(const std::string& purpose);

/// Why the last hand_over returned: `host names need …`; empty when there was none.
const std::string& failed_hand_over();

}  // namespace greylisting
