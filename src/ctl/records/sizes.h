// sizes: how much there is in a store.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ctl/administration/administration.h"

namespace greylisting::ctl {

struct Sizes {
  std::uint64_t records = 0;  // of triplets, those of pools among them
  std::uint64_t waiting = 0;  // that were deferred and have not passed yet
  std::uint64_t over = 0;     // expired: the next clean-up deletes them
  std::uint64_t trusted = 0;  // clients
  std::uint64_t trapped = 0;
  std::map<std::string, std::uint64_t> entries{};  // by action; those of greylisting_lists under `lists`
  std::string last_cleanup{};                      // UTC; empty when there was none
};

/// Expired records and clients. Throws StoreError.
std::uint64_t over(Administration& administration);

/// Throws StoreError.
Sizes sizes(Administration& administration, const Settings& settings);

/// Notes in the store that the clean-up has been at work now. Throws StoreError.
void note_cleanup(Administration& administration);

}  // namespace greylisting::ctl
