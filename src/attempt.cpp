#include "attempt.h"

#include <stdexcept>

#include "client_name.h"
#include "suspicion.h"

namespace greylisting {
namespace {

// With match=smart a client that has no name of its own counts by its very address.
bool counts_by_address(const Session& session, const Settings& settings, const IpAddress& client) {
  return settings.match == Match::smart &&
         (session.client_name.empty() || looks_dynamic(session.client_name, client));
}

Network network_that_counts(const Session& session, const Settings& settings, const IpAddress& client) {
  if (counts_by_address(session, settings, client)) return Network::of(client, client.bits());
  const long prefix = client.is_ipv4() ? settings.ipv4_prefix : settings.ipv6_prefix;
  return Network::of(client, static_cast<unsigned>(prefix));
}

std::optional<std::string> vouching_domain(const Session& session, const Address& sender) {
  if (session.spf_result != "pass" || sender.text().empty()) return std::nullopt;
  return std::string(sender.domain());
}

std::optional<Reason> exemption(const Session& session, const Settings& settings, const IpAddress& client) {
  if (settings.null_sender == NullSender::accept && session.sender.empty()) return Reason::null_sender;
  if (settings.greylist == Greylist::suspicious && !suspicion_of(session, client, settings.own_name))
    return Reason::not_suspicious;
  return std::nullopt;
}

}  // namespace

Attempt Attempt::from(const Session& session, const Settings& settings) {
  const auto client = IpAddress::parse(session.client);
  if (!client) {
    throw std::runtime_error("TCPREMOTEIP=" + session.client +
                             " is not an IP address; it comes from tcpserver");
  }
  const Address sender = Address::sender(session.sender);
  return {.triplet = {.client = *client,
                      .network = network_that_counts(session, settings, *client),
                      .sender = sender,
                      .recipient = Address::recipient(session.recipient),
                      .match = settings.match,
                      .helo = settings.match_helo != 0 ? normal_client_name(session.helo) : std::string(),
                      .pool = vouching_domain(session, sender)},
          .client_name = normal_client_name(session.client_name),
          .believes_client_name = settings.trust_remote_host == RemoteHost::paranoid,
          .fingerprinter = Fingerprinter(settings.privacy_key),
          .block_expire = std::chrono::minutes(settings.block_expire),
          .record_expire = std::chrono::minutes(settings.record_expire),
          .record_expire_good = std::chrono::days(settings.record_expire_good),
          .only_listed = settings.explicit_only != 0,
          .max_pending = static_cast<unsigned>(settings.max_pending_per_client),
          .exempt = exemption(session, settings, *client),
          .auto_allow_after = static_cast<unsigned>(settings.auto_allow_after),
          .auto_allow_expire = std::chrono::days(settings.auto_allow_expire),
          .group_domain_level = static_cast<unsigned>(settings.group_domain_level),
          .springs_trap_if_new = settings.low_priority_mx != 0,
          .trap_expire = std::chrono::hours(settings.trap_expire)};
}

std::vector<ClientIdentity> Attempt::identities() const {
  std::vector<ClientIdentity> identities{client_identity(triplet, fingerprinter)};
  if (const auto pool = pool_identity(triplet, fingerprinter)) identities.push_back(*pool);
  if (group_domain_level > 0) {
    if (const auto sender = sender_identity(triplet, fingerprinter)) identities.push_back(*sender);
  }
  return identities;
}

}  // namespace greylisting
