// past_mail: what this host, or all that share its store, have decided in the last days, to hold entries
// against it: by records, and by the journal, which alone has what was accepted for the client's sake or an
// entry's.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "ctl/administration/administration.h"
#include "lists/pattern.h"
#include "settings/settings.h"

namespace greylisting::ctl {

inline constexpr int kDaysOfRecords = 7;

struct PastAttempt {
  Subjects subjects;  // without the client's name, which nothing keeps
  bool has_passed = false;
  std::string entry{};  // by which it was accepted (decision.h); empty for a record
};

struct PastMail {
  std::vector<PastAttempt> attempts{};
  std::uint64_t passed = 0;   // of these
  bool is_sample = false;     // there is more of it
  bool is_journal = false;    // otherwise records
  bool has_addresses = true;  // not where they are stored as hashes, and tell nothing
};

/// The records of networks of the last days, an attempt each. Throws StoreError.
PastMail records_of_late(Administration& administration, const Settings& settings);

/// How often mail was accepted, by the recipient as it is stored.
using MailTo = std::unordered_map<std::string, std::uint64_t>;

/// What this host has accepted by its journal, which goes back two days or three. What of it was to one of
/// `mailboxes` is added there, whether or not it is in the sample.
PastMail accepted_of_late(const Settings& settings, MailTo& mailboxes);

}  // namespace greylisting::ctl
