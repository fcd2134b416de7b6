#include "ctl/records/new_keys.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "ctl/records/meta.h"
#include "ctl/records/record_table.h"
#include "mail/sender_form.h"
#include "mail/triplet.h"
#include "text/ascii.h"
#include "text/number.h"

namespace greylisting::ctl {
namespace {

// So few that no decision waits for long.
constexpr const char* kBatch = "200";

// What has been done so far: the last id, or kDone, whose number is that of the rule of sender_form: another
// one is begun anew.
constexpr const char* kSenderForm = "sender_form";
constexpr const char* kDone = "2 done";

struct NewKey {
  std::string former;
  std::string key;
};

std::string literal(const Fingerprint& key) { return sql::literal(bytes(key)); }

// The keys of the record where it was made with these settings: its client counts by its network or, with
// match=smart, by its address.
std::optional<NewKey> new_key(const Administration::Row& row, const Settings& settings) {
  enum { id, triplet, client, sender, recipient, pool };
  const auto address = IpAddress::parse(address_of(row[client]));
  if (!address) return std::nullopt;
  const Address from = Address::sender(row[sender]);
  if (sender_form(from) == from.text()) return std::nullopt;
  for (const unsigned bits : {counted_prefix(*address, settings), address->bits()}) {
    const Triplet made{.client = *address,
                       .network = Network::of(*address, bits),
                       .sender = from,
                       .recipient = Address::recipient(row[recipient]),
                       .match = settings.match,
                       .pool = row[pool].empty() ? std::nullopt : std::optional(row[pool])};
    const auto keys = made.pool ? made.pool_keys() : made.keys();
    if (keys.size() < 2 || ascii::lower(sql::literal(bytes(keys.back()))) != "x'" + row[triplet] + '\'')
      continue;
    return NewKey{.former = literal(keys.back()), .key = literal(keys.front())};
  }
  return std::nullopt;
}

// Of two records of one triplet: whether it is alive, has passed and lives longer, or is blocked for less
// long.
bool is_further(const Administration::Row& a, const Administration::Row& b) {
  enum { key, is_alive, has_passed, block_expires, record_expires };
  if (a[is_alive] != b[is_alive]) return a[is_alive] == "1";
  if (a[has_passed] != b[has_passed]) return a[has_passed] == "1";
  if (a[has_passed] == "1") return a[record_expires] > b[record_expires];
  return a[block_expires] < b[block_expires];
}

void replace(Administration& administration, const NewKey& change) {
  const auto rows = administration.ask(
      "SELECT LOWER(HEX(triplet)), record_expires > :now, passed_count > 0, block_expires, record_expires "
      "FROM "
      "greylisting_data WHERE triplet IN (" +
          change.former + ", " + change.key + ")" +
          (administration.dialect() == sql::Dialect::mysql ? " FOR UPDATE" : ""),
      5);
  const auto with = [&rows](const std::string& key) {
    return std::ranges::find(rows, ascii::lower(key), [](const auto& row) { return "x'" + row[0] + '\''; });
  };
  const auto former = with(change.former);
  const auto other = with(change.key);
  if (former == rows.end()) return;
  if (other != rows.end()) {
    const bool stays = is_further(*former, *other);
    administration.ask("DELETE FROM greylisting_data WHERE triplet = " +
                       (stays ? change.key : change.former));
    if (!stays) return;
  }
  administration.ask("UPDATE greylisting_data SET triplet = " + change.key +
                     ", last_update = last_update WHERE triplet = " + change.former);
}

// Hands over the changes of each batch of records, and the last id in it. Hashes of addresses say nothing,
// and nobody has stored HELO.
template <typename Take>
void read_changes(Administration& administration, const Settings& settings, const Take& take) {
  std::string last = meta(administration, kSenderForm);
  if (!number_of<std::uint64_t>(last)) last = "0";
  while (settings.privacy == Privacy::off && settings.match_helo == 0) {
    const auto rows = administration.ask(
        "SELECT id, LOWER(HEX(triplet)), LOWER(HEX(relay_ip)), mail_from, rcpt_to, pool FROM "
        "greylisting_data "
        "WHERE id > " +
            last + " ORDER BY id LIMIT " + kBatch,
        6);
    if (rows.empty()) return;
    std::vector<NewKey> changes;
    for (const auto& row : rows) {
      if (auto change = new_key(row, settings)) changes.push_back(std::move(*change));
    }
    last = rows.back()[0];
    take(changes, last);
  }
}

}  // namespace

std::uint64_t give_new_keys(Administration& administration, const Settings& settings) {
  if (meta(administration, kSenderForm) == kDone) return 0;
  std::uint64_t count = 0;
  read_changes(administration, settings, [&](std::vector<NewKey>& changes, const std::string& last) {
    // In one order for whoever changes several.
    std::ranges::sort(changes, {}, &NewKey::former);
    administration.transact([&] {
      for (const NewKey& change : changes) replace(administration, change);
      set_meta(administration, kSenderForm, last);
    });
    count += changes.size();
  });
  set_meta(administration, kSenderForm, kDone);
  return count;
}

std::uint64_t new_keys_ahead(Administration& administration, const Settings& settings) {
  if (meta(administration, kSenderForm) == kDone) return 0;
  std::uint64_t count = 0;
  read_changes(
      administration, settings,
      [&count](const std::vector<NewKey>& changes, const std::string& /*last*/) { count += changes.size(); });
  return count;
}

}  // namespace greylisting::ctl
