#include "earned.h"

namespace greylisting::ctl {
namespace {

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

}  // namespace

std::string_view name(Standing standing) { return standing == Standing::trusted ? "trusted" : "trapped"; }

std::vector<EarnedClient> clients(Administration& administration, const Settings& settings,
                                  Standing standing) {
  std::vector<EarnedClient> clients;
  if (standing == Standing::trapped) {
    add(clients, administration,
        "SELECT identity, passes, counted, trapped_until, HEX(client) FROM greylisting_clients "
        "WHERE trapped_until > :now AND expires > :now AND member_of IS NULL ORDER BY identity",
        false);
    return clients;
  }
  if (settings.auto_allow_after > 0) {
    add(clients, administration,
        "SELECT identity, passes, counted, expires, HEX(client) FROM greylisting_clients "
        "WHERE member_of IS NULL AND passes >= " +
            std::to_string(settings.auto_allow_after) + " AND expires > :now ORDER BY identity",
        false);
  }
  if (settings.group_domain_level > 0) {
    add(clients, administration,
        "SELECT MIN(identity), COUNT(*), MAX(counted), MAX(expires), HEX(member_of) FROM greylisting_clients "
        "WHERE member_of IS NOT NULL AND passes > 0 AND expires > :now GROUP BY member_of "
        "HAVING COUNT(*) >= " +
            std::to_string(settings.group_domain_level) + " ORDER BY 1",
        true);
  }
  return clients;
}

void forget(Administration& administration, const EarnedClient& client, Standing standing) {
  administration.ask(std::string("UPDATE greylisting_clients SET ") +
                     (standing == Standing::trusted ? "passes = 0" : "trapped_until = NULL") + " WHERE " +
                     (client.is_group ? "member_of" : "client") + " = x'" + client.key + '\'');
}

}  // namespace greylisting::ctl
