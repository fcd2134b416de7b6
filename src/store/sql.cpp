#include "store/sql.h"

#include <algorithm>
#include <optional>

#include "judgement/verdict.h"
#include "lists/pattern.h"
#include "text/printable.h"

namespace greylisting::sql {
namespace {

// The width of the columns for people to read; what tells triplets apart is the key.
constexpr std::size_t kColumnWidth = 255;

// More than there can be, of a client's passes and of records.
constexpr unsigned kNever = 4294967295U;

const std::string kNull = "NULL";

// Literals with commas between them.
struct List {
  std::string text{};
  std::size_t size = 0;

  void add(std::string_view literal) {
    text.append(text.empty() ? "" : ",").append(literal);
    ++size;
  }
};

std::string key_literal(const Fingerprint& key) { return literal(bytes(key)); }

// As judge.sql writes a match.
std::string match_text(const OutsideMatch& match) {
  return std::to_string(match.specificity) + (match.denies ? " denied" : " allowed") + " outside/0 envelope";
}

bool is_name(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

}  // namespace

std::string literal(std::string_view bytes) { return "x'" + hexadecimal(bytes) + '\''; }

std::string network_literals(const IpAddress& address) {
  List list;
  for (const IpAddress& first : first_addresses_around(address)) list.add(literal(first.bytes()));
  return list.text;
}

std::string text_literal(std::string_view text, Dialect dialect) {
  return dialect == Dialect::mysql ? "_latin1 " + literal(text) : "CAST(" + literal(text) + " AS TEXT)";
}

std::uint64_t record_id(const Fingerprint& key) {
  std::uint64_t first_bytes = 0;
  for (std::size_t i = 0; i < sizeof first_bytes; ++i)
    first_bytes = first_bytes << 8U | static_cast<unsigned char>(key[i]);
  return first_bytes >> 12U;
}

Literals literals_of(const Attempt& attempt, Dialect dialect) {
  const Triplet& triplet = attempt.triplet;
  const auto text = [dialect](std::string_view value) { return text_literal(value, dialect); };
  const auto address = [&](const Address& value) {
    return text(attempt.fingerprinter.stored(value).substr(0, kColumnWidth));
  };
  const Fingerprint key = attempt.key();

  List triplets;
  triplets.add(key_literal(key));
  if (const auto pool_key = attempt.pool_key()) triplets.add(key_literal(*pool_key));
  const auto identities = attempt.identities();
  List client_keys;
  for (const ClientIdentity& identity : identities) client_keys.add(key_literal(identity.key));
  const bool groups = attempt.group_domain_level > 0;
  const auto group = groups ? group_identity(triplet, attempt.fingerprinter) : std::nullopt;
  const bool earns_trust = attempt.auto_allow_after > 0 || groups;

  const std::string_view domain = triplet.recipient.domain();
  Literals literals{
      {"explicit", attempt.only_listed ? "1" : "0"},
      {"triplets", triplets.text},
      {"client_keys", client_keys.text},
      {"client_key", key_literal(identities.front().key)},
      {"identities", std::to_string(earns_trust ? client_keys.size : 0)},
      {"group", group ? key_literal(group->key) : kNull},
      {"group_rest", std::to_string(std::max(attempt.group_domain_level, 1U) - 1)},
      {"believe_name", attempt.believes_client_name ? "1" : "0"},
      {"domain", text(printable(domain))},
      {"domain_specificity", std::to_string(specificity_of_domain(PatternKind::recipient, domain, true))},
      {"low_priority", attempt.springs_trap_if_new ? "1" : "0"},
      {"client", literal(triplet.client.bytes())},
      {"network", literal(triplet.network.first().bytes())},
      {"triplet", key_literal(key)},
      {"id", std::to_string(record_id(key))},
      {"sender", address(triplet.sender)},
      {"recipient", address(triplet.recipient)},
      {"max_pending", std::to_string(attempt.max_pending)},
      {"pending_rest", std::to_string(std::max(attempt.max_pending, 1U) - 1)},
      {"pending_before", std::to_string(std::max(attempt.max_pending, 2U) - 2)},
      {"block_expire", std::to_string(attempt.block_expire.count())},
      {"record_expire", std::to_string(attempt.record_expire.count())},
      {"record_expire_good", std::to_string(attempt.record_expire_good.count())},
      {"auto_allow_after", std::to_string(attempt.auto_allow_after > 0 ? attempt.auto_allow_after : kNever)},
      {"auto_allow_expire", std::to_string(attempt.auto_allow_expire.count())},
      {"trap_expire", std::to_string(attempt.trap_expire.count())},
      {"shortcut_count", std::to_string(attempt.has_shortcut() ? triplets.size : kNever)},
  };
  // Whatever is asked, and by whatever settings: two attempts with the same question pass alike.
  std::string question = attempt.files.deny_state;
  for (const auto& [name, value] : literals) question.append(value).append(1, '\0');
  const Subjects subjects = attempt.subjects();
  for (const std::string& subject : {subjects.client_name, subjects.sender.text(), subjects.recipient.text()})
    question.append(subject).append(1, '\0');
  literals.emplace_back("question", text(hexadecimal(bytes(attempt.fingerprinter.of(question)))));

  literals.emplace_back("exempt", attempt.exempt ? text(exempting_verdict(*attempt.exempt)) : kNull);
  literals.emplace_back("refused", attempt.message_is_refused ? "1" : "0");
  literals.emplace_back("file_denies", attempt.files.deny ? "1" : "0");
  literals.emplace_back("has_files", attempt.files.any ? "1" : "0");
  literals.emplace_back("has_rules", attempt.has_rules ? "1" : "0");
  literals.emplace_back("asked", std::to_string(static_cast<int>(attempt.asked)));
  literals.emplace_back("asked_version", text(attempt.lists_version));
  literals.emplace_back("outside", text(attempt.match ? match_text(*attempt.match) : ""));

  // What is made of the subjects alone, and is long.
  List keys;
  for (const std::string& key_of_subject : keys_of(subjects)) keys.add(literal(key_of_subject));
  literals.emplace_back("subjects", keys.text);
  literals.emplace_back("networks", network_literals(triplet.client));
  return literals;
}

std::vector<Literals> identities_of(const Attempt& attempt, Dialect dialect) {
  std::vector<Literals> all;
  for (const ClientIdentity& identity : attempt.identities()) {
    all.push_back({{"identity_key", key_literal(identity.key)},
                   {"identity_name", text_literal(identity.name.substr(0, kColumnWidth), dialect)},
                   {"identity_group", identity.group ? key_literal(*identity.group) : kNull}});
  }
  return all;
}

std::vector<Literals> records_of(const Attempt& attempt, Dialect dialect) {
  const Fingerprint key = attempt.key();
  std::vector<Literals> all{{{"record_key", key_literal(key)},
                             {"record_id", std::to_string(record_id(key))},
                             {"record_network", literal(attempt.triplet.network.first().bytes())},
                             {"record_pool", kNull}}};
  if (const auto pool_key = attempt.pool_key()) {
    const std::string pool =
        attempt.fingerprinter.stored_domain(*attempt.triplet.pool).substr(0, kColumnWidth);
    all.push_back({{"record_key", key_literal(*pool_key)},
                   {"record_id", std::to_string(record_id(*pool_key))},
                   {"record_network", kNull},
                   {"record_pool", text_literal(pool, dialect)}});
  }
  return all;
}

std::string with_literals(std::string_view sql, const Literals& own, const Literals& shared) {
  const auto find = [](const Literals& all, std::string_view name) {
    const auto found = std::ranges::find(all, name, [](const auto& pair) { return pair.first; });
    return found == all.end() ? nullptr : &found->second;
  };
  std::string text;
  text.reserve(sql.size() + 1024);
  while (!sql.empty()) {
    const auto colon = std::min(sql.find(':'), sql.size());
    text += sql.substr(0, colon);
    sql.remove_prefix(colon);
    if (sql.empty()) break;

    const auto* const end = std::find_if_not(sql.begin() + 1, sql.end(), is_name);
    const std::string_view word = sql.substr(0, static_cast<std::size_t>(end - sql.begin()));
    const std::string* found = find(own, word.substr(1));
    if (found == nullptr) found = find(shared, word.substr(1));
    text += found == nullptr ? word : std::string_view(*found);
    sql.remove_prefix(word.size());
  }
  return text;
}

}  // namespace greylisting::sql
