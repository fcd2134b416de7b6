// attempt: one delivery attempt and the rules it is judged by, which is all that a store needs to know.
#pragma once

#include <chrono>

#include "session.h"
#include "settings.h"
#include "triplet.h"

namespace greylisting {

struct Attempt {
  Triplet triplet;
  std::chrono::minutes block_expire{};     // how long a new triplet is deferred
  std::chrono::minutes record_expire{};    // life of a record that has never passed
  std::chrono::days record_expire_good{};  // life of a record after each pass
  bool only_listed = false;                // `explicit`: greylist only recipient domains that are listed
  unsigned max_pending = 0;  // triplets of one network that may wait at a time; 0 for any number

  /// Throws std::runtime_error, with the remedy, when TCPREMOTEIP is not an address.
  static Attempt from(const Session& session, const Settings& settings);
};

}  // namespace greylisting
