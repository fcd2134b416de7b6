#include "ctl/imports/greylister.h"

#include <algorithm>

#include "ctl/imports/jgreylist.h"
#include "ctl/imports/postgrey.h"
#include "ctl/imports/sqlgrey.h"

namespace greylisting::ctl {
namespace {

// Of jgreylist's networks.
constexpr unsigned kNetworkPrefix = 24;

Known known_by(Greylister greylister, const std::string& file, const Settings& settings) {
  switch (greylister) {
    case Greylister::jgreylist:
      return read_jgreylist(file);
    case Greylister::postgrey:
      return read_postgrey(file, settings);
    case Greylister::sqlgrey:
      break;
  }
  return read_sqlgrey(file);
}

// What counts only with another setting than there is.
void add_notes(Known& known, const Settings& settings) {
  const auto by = [&known](bool is_sender) {
    return std::ranges::any_of(
        known.clients, [is_sender](const KnownClient& client) { return client.sender.empty() != is_sender; });
  };
  if (by(false) && settings.auto_allow_after == 0)
    known.notes.emplace_back("trust in networks counts only when auto_allow_after is not 0");
  if (by(true) && settings.group_domain_level == 0) {
    known.notes.emplace_back(
        "trust in senders and domains on a network counts only when group_domain_level is not 0; SQLgrey has "
        "it "
        "at 2");
  }
  const bool has_networks = std::ranges::any_of(
      known.triplets, [](const KnownTriplet& triplet) { return triplet.ipv4_prefix == kNetworkPrefix; });
  if (has_networks && settings.ipv4_prefix != kNetworkPrefix) {
    known.notes.push_back("jgreylist knows networks of /24, and ipv4_prefix is " +
                          std::to_string(settings.ipv4_prefix) +
                          ", so that greylisting-front will not find them");
  }
  const bool has_triplets = std::ranges::any_of(
      known.triplets, [](const KnownTriplet& triplet) { return triplet.ipv4_prefix == 0; });
  if (has_triplets && (settings.match_helo || settings.match == Match::smart)) {
    known.notes.push_back(
        std::string("with ") + (settings.match_helo ? "match_helo=1" : "match=smart") +
        " a triplet has what the other greylister does not know, so that its next attempt is new");
  }
}

}  // namespace

Known read_known(Greylister greylister, const std::string& file, const Settings& settings) {
  Known known = known_by(greylister, file, settings);
  add_notes(known, settings);
  return known;
}

}  // namespace greylisting::ctl
