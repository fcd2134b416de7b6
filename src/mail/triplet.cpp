#include "mail/triplet.h"

namespace greylisting {
namespace {

std::string network_bytes(const Network& network) {
  std::string bytes(1, network.first().is_ipv4() ? '4' : '6');
  bytes += static_cast<char>(network.prefix());
  return bytes.append(network.first().bytes());
}

bool counts_client(Match match) { return match != Match::sender && match != Match::envelope; }

// `client` and what counts of the envelope.
std::string identity(std::string client, const Triplet& triplet) {
  const auto add = [&client](bool counts, const Address& address) {
    client += counts ? '\0' : '\1';
    if (counts) client += address.text();
  };
  const Match match = triplet.match;
  add(match != Match::network, triplet.sender);
  add(match != Match::network && match != Match::sender, triplet.recipient);
  if (!triplet.helo.empty()) client.append("\2").append(triplet.helo);
  return client;
}

}  // namespace

Fingerprint Triplet::key(const Fingerprinter& fingerprinter) const {
  return fingerprinter.of(identity(counts_client(match) ? network_bytes(network) : "*", *this));
}

std::optional<Fingerprint> Triplet::pool_key(const Fingerprinter& fingerprinter) const {
  if (!pool || !counts_client(match)) return std::nullopt;
  return fingerprinter.of(identity('p' + *pool, *this));
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
                        fingerprinter.of('s' + network_bytes(triplet.network) + triplet.sender.text()),
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
