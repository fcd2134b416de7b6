#include "mail/triplet.h"

#include "mail/sender_form.h"

namespace greylisting {
namespace {

std::string network_bytes(const Network& network) {
  std::string bytes(1, network.first().is_ipv4() ? '4' : '6');
  bytes += static_cast<char>(network.prefix());
  return bytes.append(network.first().bytes());
}

bool counts_client(Match match) { return match != Match::sender && match != Match::envelope; }

// `client` and what counts of the envelope, with that form of the sender.
std::string identity(std::string client, const Triplet& triplet, const std::string& sender) {
  const auto add = [&client](bool counts, const std::string& address) {
    client += counts ? '\0' : '\1';
    if (counts) client += address;
  };
  const Match match = triplet.match;
  add(match != Match::network, sender);
  add(match != Match::network && match != Match::sender, triplet.recipient.text());
  if (!triplet.helo.empty()) client.append("\2").append(triplet.helo);
  return client;
}

std::vector<Fingerprint> keys_of(const std::string& client, const Triplet& triplet,
                                 const Fingerprinter& fingerprinter) {
  const std::string form = sender_form(triplet.sender);
  std::vector<Fingerprint> keys{fingerprinter.of(identity(client, triplet, form))};
  if (form != triplet.sender.text() && triplet.match != Match::network)
    keys.push_back(fingerprinter.of(identity(client, triplet, triplet.sender.text())));
  return keys;
}

}  // namespace

Fingerprint Triplet::key(const Fingerprinter& fingerprinter) const { return keys(fingerprinter).front(); }

std::optional<Fingerprint> Triplet::pool_key(const Fingerprinter& fingerprinter) const {
  const auto all = pool_keys(fingerprinter);
  return all.empty() ? std::nullopt : std::optional(all.front());
}

std::vector<Fingerprint> Triplet::keys(const Fingerprinter& fingerprinter) const {
  return keys_of(counts_client(match) ? network_bytes(network) : "*", *this, fingerprinter);
}

std::vector<Fingerprint> Triplet::pool_keys(const Fingerprinter& fingerprinter) const {
  if (!pool || !counts_client(match)) return {};
  return keys_of('p' + *pool, *this, fingerprinter);
}

ClientIdentity client_identity(const Triplet& triplet, const Fingerprinter& fingerprinter) {
  return {Earner::network, fingerprinter.of('c' + network_bytes(triplet.network)), triplet.network.text()};
}

std::optional<ClientIdentity> pool_identity(const Triplet& triplet, const Fingerprinter& fingerprinter) {
  if (!triplet.pool) return std::nullopt;
  return ClientIdentity{Earner::pool, fingerprinter.of('d' + *triplet.pool),
                        fingerprinter.stored_domain(*triplet.pool)};
}

std::optional<ClientIdentity> sender_identity(const Triplet& triplet, const Fingerprinter& fingerprinter) {
  if (triplet.sender.text().empty()) return std::nullopt;
  return ClientIdentity{Earner::sender,
                        fingerprinter.of('s' + network_bytes(triplet.network) + sender_form(triplet.sender)),
                        fingerprinter.stored(triplet.sender) + " on " + triplet.network.text(),
                        group_identity(triplet, fingerprinter)->key};
}

std::optional<ClientIdentity> group_identity(const Triplet& triplet, const Fingerprinter& fingerprinter) {
  if (triplet.sender.text().empty()) return std::nullopt;
  const std::string domain(triplet.sender.domain());
  return ClientIdentity{Earner::group, fingerprinter.of('g' + network_bytes(triplet.network) + domain),
                        fingerprinter.stored_domain(domain) + " on " + triplet.network.text()};
}

}  // namespace greylisting
