#include "judgement/attempt.h"

#include <stdexcept>
#include <utility>

#include "judgement/suspicion.h"
#include "mail/client_name.h"

namespace greylisting {
namespace {

// With match=smart a client that has no name of its own counts by its very address, and so does one whose
// IPv6 address is not its network card's: many customers of a hosting company may share its network.
bool counts_by_address(const Session& session, const Settings& settings, const IpAddress& client) {
  if (settings.match != Match::smart) return false;
  const bool is_assigned = !client.is_ipv4() && !client.is_eui64();
  return is_assigned || session.client_name.empty() || looks_dynamic(session.client_name, client);
}

Network network_that_counts(const Session& session, const Settings& settings, const IpAddress& client) {
  if (counts_by_address(session, settings, client)) return Network::of(client, client.bits());
  return Network::of(client, counted_prefix(client, settings));
}

std::optional<std::string> vouching_domain(const Session& session, const Address& sender) {
  if (session.spf_result != "pass" || sender.text().empty()) return std::nullopt;
  return std::string(sender.domain());
}

// Whether `greylist` has no objection to the client; the rules of suspicious_rules are asked later (judge.h).
bool is_beyond_suspicion(const Session& session, const Settings& settings, const Triplet& triplet) {
  switch (settings.greylist) {
    case Greylist::all:
      return false;
    case Greylist::suspicious:
      return !suspicion_of(session, triplet.client, settings.own_name);
    case Greylist::unvouched:
      break;
  }
  return triplet.pool.has_value();
}

std::optional<Reason> exemption(const Session& session, const Settings& settings, const Triplet& triplet) {
  const bool is_null_sender = session.sender.empty() && !session.is_client_alone;
  if (settings.null_sender == NullSender::accept && is_null_sender) return Reason::null_sender;
  if (is_beyond_suspicion(session, settings, triplet)) return Reason::not_suspicious;
  return std::nullopt;
}

Keys keys_of(const Triplet& triplet, const Fingerprinter& fingerprinter, bool has_groups) {
  Keys keys{.clients = {client_identity(triplet, fingerprinter)}};
  const auto of_network = triplet.keys(fingerprinter);
  keys.triplet = of_network.front();
  if (of_network.size() > 1) keys.former = of_network.back();
  const auto of_pool = triplet.pool_keys(fingerprinter);
  if (!of_pool.empty()) keys.pool = of_pool.front();
  if (of_pool.size() > 1) keys.former_pool = of_pool.back();
  keys.expected = expectations_of(triplet.sender, triplet.recipient, fingerprinter);
  if (auto pool = pool_identity(triplet, fingerprinter)) keys.clients.push_back(std::move(*pool));
  if (!has_groups) return keys;
  if (auto sender = sender_identity(triplet, fingerprinter)) {
    keys.group = sender->group;
    keys.clients.push_back(std::move(*sender));
  }
  return keys;
}

}  // namespace

unsigned counted_prefix(const IpAddress& client, const Settings& settings) {
  return static_cast<unsigned>(client.is_ipv4() ? settings.ipv4_prefix : settings.ipv6_prefix);
}

Attempt Attempt::from(const Session& session, const Settings& settings, const Transaction& transaction) {
  const auto client = IpAddress::parse(session.client);
  if (!client) {
    throw std::runtime_error("TCPREMOTEIP=" + session.client +
                             " is not an IP address; it comes from tcpserver");
  }
  const Address sender = Address::sender(session.sender);
  const Triplet triplet{.client = *client,
                        .network = network_that_counts(session, settings, *client),
                        .sender = sender,
                        .recipient = Address::recipient(session.recipient),
                        .match = settings.match,
                        .helo = settings.match_helo != 0 ? normal_client_name(session.helo) : std::string(),
                        .pool = vouching_domain(session, sender)};
  const Fingerprinter fingerprinter(settings.privacy_key);
  return {.triplet = triplet,
          .keys = keys_of(triplet, fingerprinter, settings.group_domain_level > 0),
          .client_name = normal_client_name(session.client_name),
          .believes_client_name =
              session.is_client_name_verified || settings.trust_remote_host == RemoteHost::paranoid,
          .fingerprinter = fingerprinter,
          .block_expire = session.block.value_or(settings.block_expire),
          .record_expire = std::chrono::minutes(settings.record_expire),
          .record_expire_good = std::chrono::days(settings.record_expire_good),
          .only_listed = settings.explicit_only != 0,
          .max_pending = static_cast<unsigned>(settings.max_pending_per_client),
          .exempt = exemption(session, settings, triplet),
          .auto_allow_after = static_cast<unsigned>(settings.auto_allow_after),
          .auto_allow_expire = std::chrono::days(settings.auto_allow_expire),
          .group_domain_level = static_cast<unsigned>(settings.group_domain_level),
          .springs_trap_if_new = settings.low_priority_mx != 0,
          .trap_expire = std::chrono::hours(settings.trap_expire),
          .message_is_refused = transaction.refused_at_data,
          .earns_nothing = transaction.was_refused,
          .takes_back = transaction.takes_back,
          .is_client_alone = session.is_client_alone};
}

}  // namespace greylisting
