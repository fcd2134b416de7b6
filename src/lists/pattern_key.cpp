#include "lists/pattern_key.h"

#include <algorithm>

#include "text/printable.h"

namespace greylisting {
namespace {

constexpr char first_of_key(PatternKind kind) {
  switch (kind) {
    case PatternKind::network:
      return 'n';
    case PatternKind::host:
      return 'h';
    case PatternKind::sender:
      return 's';
    case PatternKind::recipient:
      break;
  }
  return 'r';
}

// But for one that would be too long for a pattern to have it.
void add_key(std::vector<std::string>& keys, PatternKind kind, KeyForm form, std::string_view subject,
             std::string_view rest = {}) {
  if (2 + subject.size() + rest.size() <= kMaxKey) keys.push_back(key_of(kind, form, subject, rest));
}

void add_domain_keys(std::vector<std::string>& keys, PatternKind kind, std::string_view name) {
  if (name.empty()) return;
  // What is escaped has no dot, so that the domains of the printable form are the domains' printable forms.
  const std::string shown = printable(name);
  add_key(keys, kind, alone(kind), shown);
  add_key(keys, kind, KeyForm::domain, shown);
  if (is_address_literal(name)) return;
  std::string_view domain = shown;
  for (auto dot = domain.find('.'); dot != std::string_view::npos; dot = domain.find('.')) {
    domain.remove_prefix(dot + 1);
    add_key(keys, kind, KeyForm::domain, domain);
    add_key(keys, kind, KeyForm::subdomains, domain);
  }
}

void add_address_keys(std::vector<std::string>& keys, PatternKind kind, const Address& address) {
  if (address.text().empty()) {
    if (kind == PatternKind::sender) add_key(keys, kind, KeyForm::whole, {});
    return;
  }
  const auto [local_part, user, domain] = parts_of(address);
  const std::string at_domain = '@' + printable(domain);
  for (const std::string_view part : {local_part, user}) {
    if (part.empty()) continue;
    const std::string shown = printable(part);
    if (!domain.empty()) add_key(keys, kind, KeyForm::whole, shown, at_domain);
    add_key(keys, kind, KeyForm::whole, shown, "@");
    if (user == local_part) break;
  }
  add_domain_keys(keys, kind, domain);
}

}  // namespace

std::string key_of(PatternKind kind, KeyForm form, std::string_view subject, std::string_view rest) {
  std::string key;
  key.reserve(2 + subject.size() + rest.size());
  key.append({first_of_key(kind), static_cast<char>(form)}).append(subject).append(rest);
  return key;
}

std::string key_of_network(const IpAddress& first) {
  return std::string(1, first_of_key(PatternKind::network)).append(first.bytes());
}

unsigned specificity_of_domain(PatternKind kind, std::string_view domain, bool is_exact) {
  const auto dots = is_address_literal(domain) ? 0 : std::ranges::count(domain, '.');
  const unsigned names = 2 * static_cast<unsigned>(dots + 1) + (is_exact ? 1 : 0);
  switch (kind) {
    case PatternKind::network:
    case PatternKind::host:
      return 500 + std::min(names, 90U);
    case PatternKind::sender:
      return 400 + std::min(names, 80U);
    case PatternKind::recipient:
      break;
  }
  return 200 + std::min(names, 80U);
}

std::vector<std::string> keys_of(const Subjects& subjects) {
  std::vector<std::string> keys;
  keys.reserve(64);
  for (const IpAddress& first : first_addresses_around(subjects.client))
    keys.push_back(key_of_network(first));
  if (subjects.client_name.empty()) {
    add_key(keys, PatternKind::host, KeyForm::whole, {});
  } else {
    add_domain_keys(keys, PatternKind::host, subjects.client_name);
  }
  if (!subjects.has_envelope) return keys;
  add_address_keys(keys, PatternKind::sender, subjects.sender);
  if (subjects.original) {
    std::vector<std::string> more;
    add_address_keys(more, PatternKind::sender, *subjects.original);
    std::erase_if(more,
                  [&keys](const std::string& key) { return std::ranges::find(keys, key) != keys.end(); });
    keys.insert(keys.end(), more.begin(), more.end());
  }
  add_address_keys(keys, PatternKind::recipient, subjects.recipient);
  return keys;
}

AddressParts parts_of(const Address& address) {
  const std::string_view text = address.text();
  const std::string_view local_part = text.substr(0, text.rfind('@'));
  const std::string_view domain = local_part.size() == text.size() ? "" : address.domain();
  return {local_part, user_of(local_part), domain};
}

std::string_view user_of(std::string_view local_part) {
  const auto plus = local_part.find('+');
  const bool is_extended = plus != std::string_view::npos && plus + 1 < local_part.size();
  return is_extended ? local_part.substr(0, plus) : local_part;
}

bool is_address_literal(std::string_view domain) {
  return domain.size() > 2 && domain.starts_with('[') && domain.ends_with(']');
}

}  // namespace greylisting
