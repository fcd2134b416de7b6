#include "ctl/records/earned.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "ctl/batches.h"
#include "ctl/records/key_list.h"
#include "text/ascii.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

constexpr std::size_t kAtOnce = 5000;
constexpr std::size_t kIdentityWidth = 255;  // of identity

constexpr std::string_view kOn = " on ";

// The network in `192.0.2.0/24` and `alice@example.net on 192.0.2.0/24`.
std::optional<Network> network_in(const std::string& identity) {
  const auto on = identity.rfind(kOn);
  return Network::parse(on == std::string::npos ? identity : identity.substr(on + kOn.size()));
}

// Those with passes or a trap on networks for which `is_there` holds. Reads a few thousand at a time.
template <typename IsThere>
std::vector<EarnedIdentity> earned_by(Administration& administration, IsThere is_there,
                                      const std::string& condition = "") {
  std::vector<EarnedIdentity> identities;
  std::vector<Administration::Row> rows;
  do {
    const std::string behind = rows.empty() ? "" : rows.back()[0];
    rows = administration.ask(
        "SELECT HEX(client), identity, passes, CASE WHEN trapped_until > :now THEN 1 ELSE 0 END "
        "FROM greylisting_clients WHERE client > x'" +
            behind + "' AND expires > :now" + condition + " ORDER BY client LIMIT " + std::to_string(kAtOnce),
        4);
    for (const Administration::Row& row : rows) {
      const auto on = network_in(row[1]);
      const bool has_earned = row[2] != "0" || row[3] == "1";
      if (on && is_there(*on) && has_earned) identities.push_back({row[0], row[1], row[2], row[3] == "1"});
    }
  } while (rows.size() == kAtOnce);
  return identities;
}

// Those with such a standing of their own. A sender has it on its network after its first pass, where groups
// count.
std::string from_clients(const Settings& settings, Standing standing) {
  const std::string from = "greylisting_clients WHERE expires > :now AND ";
  if (standing == Standing::trapped) return from + "trapped_until > :now";
  const auto least = [](const char* whose, long passes) {
    return std::string(whose) + " AND passes >= " + std::to_string(passes);
  };
  std::string condition =
      settings.auto_allow_after > 0 ? least("member_of IS NULL", settings.auto_allow_after) : "";
  if (settings.group_domain_level > 0)
    condition.append(condition.empty() ? "" : " OR ").append(least("member_of IS NOT NULL", 1));
  return from + '(' + (condition.empty() ? "1 = 0" : condition) + ')';
}

// Groups that are trusted, each a group of rows.
std::string from_groups(const Settings& settings, const std::string& condition = "") {
  return "greylisting_clients WHERE member_of IS NOT NULL AND passes > 0 AND expires > :now" + condition +
         " GROUP BY member_of HAVING COUNT(*) >= " + std::to_string(settings.group_domain_level);
}

void add(std::vector<EarnedClient>& clients, Administration& administration, const std::string& question,
         bool is_group) {
  for (Administration::Row& row : administration.ask(question, 5)) {
    EarnedClient& client = clients.emplace_back(EarnedClient{.identity = std::move(row[0]),
                                                             .passes = std::move(row[1]),
                                                             .counted = std::move(row[2]),
                                                             .until = std::move(row[3]),
                                                             .key = std::move(row[4]),
                                                             .is_group = is_group});
    // Of the group a sender of it is known: alice@example.net on 192.0.2.0/24.
    const auto at = is_group ? client.identity.rfind('@') : std::string::npos;
    if (at != std::string::npos) client.identity.erase(0, at + 1);
  }
}

// Those with that standing for which a condition holds, a group where one holds for its senders.
std::vector<EarnedClient> clients_where(Administration& administration, const Settings& settings,
                                        Standing standing, const std::string& condition,
                                        const std::string& group_condition) {
  std::vector<EarnedClient> clients;
  const bool is_trapped = standing == Standing::trapped;
  add(clients, administration,
      std::string("SELECT identity, passes, counted, ") + (is_trapped ? "trapped_until" : "expires") +
          ", HEX(client) FROM " + from_clients(settings, standing) + condition + " ORDER BY identity",
      false);
  if (!is_trapped && settings.group_domain_level > 0) {
    add(clients, administration,
        "SELECT MIN(identity), COUNT(*), MAX(counted), MAX(expires), HEX(member_of) FROM " +
            from_groups(settings, group_condition) + " ORDER BY 1",
        true);
  }
  return clients;
}

// To MySQL letters are the same in either case, and an address is a network.
std::vector<EarnedClient> only_called(const std::string& identity, std::vector<EarnedClient> clients) {
  std::erase_if(clients, [&identity](const EarnedClient& client) { return client.identity != identity; });
  return clients;
}

// Networks as numbers, those of IPv4 first, then what has no network. Of the same network and of the others
// those that were given first stay first.
bool comes_before(const EarnedClient& a, const EarnedClient& b) {
  const auto place = [](const EarnedClient& client) {
    const auto network = network_in(client.identity);
    const unsigned bits = network ? network->first().bits() : std::numeric_limits<unsigned>::max();
    return std::tuple(bits, network ? std::string(network->first().bytes()) : std::string(),
                      network ? network->prefix() : 0);
  };
  return place(a) < place(b);
}

}  // namespace

std::string_view name(Standing standing) { return standing == Standing::trusted ? "trusted" : "trapped"; }

std::vector<EarnedClient> clients(Administration& administration, const Settings& settings,
                                  Standing standing) {
  auto clients = clients_where(administration, settings, standing, "", "");
  std::ranges::stable_sort(clients, comes_before);
  return clients;
}

std::vector<EarnedClient> clients_by_key(Administration& administration, const Settings& settings,
                                         Standing standing, const std::string& identity) {
  const std::string key = " = x'" + key_of_identity(identity, settings) + '\'';
  return only_called(identity, clients_where(administration, settings, standing, " AND client" + key,
                                             " AND member_of" + key));
}

std::vector<EarnedClient> clients_called(Administration& administration, const Settings& settings,
                                         Standing standing, const std::string& identity) {
  const auto literal = [&](const std::string& text) {
    return sql::text_literal(text, administration.dialect());
  };
  // A group is called what its senders are from the @ on.
  const std::string end = '@' + identity;
  return only_called(
      identity,
      clients_where(administration, settings, standing, " AND identity = " + literal(identity),
                    " AND SUBSTR(identity, -" + std::to_string(end.size()) + ") = " + literal(end)));
}

std::uint64_t number_of_clients(Administration& administration, const Settings& settings, Standing standing) {
  const bool is_trapped = standing == Standing::trapped;
  std::uint64_t number = administration.count(from_clients(settings, standing));
  if (!is_trapped && settings.group_domain_level > 0)
    number += administration.count("(SELECT member_of FROM " + from_groups(settings) + ") AS trusted_groups");
  return number;
}

void forget(Administration& administration, const EarnedClient& client, Standing standing) {
  administration.ask(std::string("UPDATE greylisting_clients SET ") +
                     (standing == Standing::trusted ? "passes = 0" : "trapped_until = NULL") + " WHERE " +
                     (client.is_group ? "member_of" : "client") + " = x'" + client.key + '\'');
}

std::string text(const EarnedIdentity& identity) {
  std::string what;
  if (identity.passes != "0")
    what = "the " + identity.passes + (identity.passes == "1" ? " pass" : " passes");
  if (identity.is_trapped) what.append(what.empty() ? "" : " and ").append("the trap");
  return what + " of " + one_line(identity.name);
}

std::vector<EarnedIdentity> identities_on(Administration& administration, const Network& network) {
  auto identities = earned_by(administration, [&network](const Network& on) { return network.contains(on); });
  std::ranges::sort(identities, {}, &EarnedIdentity::name);
  return identities;
}

void forget(Administration& administration, const std::vector<EarnedIdentity>& identities) {
  in_batches(identities, [&administration](const auto& batch) {
    administration.ask(
        "UPDATE greylisting_clients SET passes = 0, trapped_until = NULL, expires = :now WHERE client IN (" +
        key_list(batch, &EarnedIdentity::key) + ')');
  });
}

std::string key_of(const Network& network, const Settings& settings) {
  const Triplet triplet{.client = network.first(),
                        .network = network,
                        .sender = Address::sender(""),
                        .recipient = Address::recipient("")};
  const ClientIdentity identity = client_identity(triplet, Fingerprinter(settings.privacy_key));
  return ascii::upper(hexadecimal(bytes(identity.key)));
}

std::string key_of_identity(const std::string& identity, const Settings& settings) {
  const auto network = network_in(identity);
  const std::string who = unescaped(std::string_view(identity).substr(0, identity.rfind(kOn)));
  const bool is_on_network = network && who.size() < identity.size();
  if (network && !is_on_network) return key_of(*network, settings);
  const IpAddress any = *IpAddress::parse("0.0.0.0");
  const bool is_sender = who.find('@') != std::string::npos;
  const Triplet triplet{.client = any,
                        .network = network.value_or(Network::of(any, 0)),
                        .sender = Address::sender(is_sender ? who : "x@" + who),
                        .recipient = Address::recipient(""),
                        .pool = unescaped(identity)};
  const Fingerprinter fingerprinter(settings.privacy_key);
  const auto found = !is_on_network ? pool_identity(triplet, fingerprinter)
                     : is_sender    ? sender_identity(triplet, fingerprinter)
                                    : group_identity(triplet, fingerprinter);
  return found ? hexadecimal(bytes(found->key)) : "";
}

std::map<std::string, NetworkStanding> standings(Administration& administration,
                                                 const std::vector<std::string>& keys) {
  std::map<std::string, NetworkStanding> standings;
  in_batches(keys, [&](const auto& batch) {
    for (Administration::Row& row :
         administration.ask("SELECT HEX(client), passes, CASE WHEN passes > 0 THEN expires END, "
                            "CASE WHEN trapped_until > :now THEN trapped_until END FROM greylisting_clients "
                            "WHERE expires > :now AND client IN (" +
                                key_list(batch) + ')',
                            4)) {
      standings.try_emplace(std::move(row[0]),
                            NetworkStanding{std::stol(row[1]), std::move(row[2]), std::move(row[3])});
    }
  });
  return standings;
}

std::vector<EarnedIdentity> senders_on(Administration& administration,
                                       const std::set<std::string>& networks) {
  if (networks.empty()) return {};
  return earned_by(
      administration, [&networks](const Network& on) { return networks.contains(on.text()); },
      " AND passes > 0 AND member_of IS NOT NULL");
}

void trust(Administration& administration, const std::vector<ClientToTrust>& clients) {
  const sql::Dialect dialect = administration.dialect();
  const auto literal = [dialect](std::string_view text) { return sql::text_literal(text, dialect); };
  in_batches(clients, [&](const auto& batch) {
    std::string statement =
        "INSERT INTO greylisting_clients (client, identity, member_of, passes, counted, expires) VALUES ";
    for (const ClientToTrust& client : batch) {
      statement.append(&client == &batch.front() ? "(x'" : ",(x'")
          .append(client.key + "'," + literal(client.name.substr(0, kIdentityWidth)) + ',')
          .append(client.group.empty() ? "NULL" : "x'" + client.group + '\'')
          .append(',' + std::to_string(client.passes) + ',' + literal(client.seen) + ',' +
                  literal(client.expires) + ')');
    }
    statement += ' ' + sql::on_conflict("client", dialect) + ' ';
    // The greater of both; MySQL and SQLite have different functions for it. None reads what another sets.
    std::string_view separator;
    for (const std::string column : {"passes", "counted", "expires"}) {
      const std::string stored = "greylisting_clients." + column;
      const std::string given = sql::inserted(column, dialect);
      statement.append(separator).append(column).append(" = CASE WHEN trapped_until > :now OR ");
      statement.append(stored).append(" > ").append(given).append(" THEN ").append(stored);
      statement.append(" ELSE ").append(given).append(" END");
      separator = ", ";
    }
    administration.ask(statement);
  });
}

void withdraw_passes(Administration& administration, const std::vector<std::string>& keys) {
  in_batches(keys, [&administration](const auto& batch) {
    administration.ask("UPDATE greylisting_clients SET passes = 0 WHERE client IN (" + key_list(batch) + ')');
  });
}

}  // namespace greylisting::ctl
