#include "lists/pattern.h"

#include "lists/listed_network.h"
#include "lists/pattern_key.h"
#include "lists/regexp.h"
#include "text/printable.h"

namespace greylisting {
namespace {

// Whether `name` is `domain` or in it, as far as `reach` goes.
bool reaches(KeyForm reach, std::string_view domain, std::string_view name) {
  if (name == domain) return reach != KeyForm::subdomains;
  return (reach == KeyForm::domain || reach == KeyForm::subdomains) && !is_address_literal(name) &&
         name.size() > domain.size() && name.ends_with(domain) &&
         name[name.size() - domain.size() - 1] == '.';
}

// Whether `pattern`, an address or user@ as `printable` makes it, is local_part@domain or local_part@.
bool is_address(std::string_view pattern, std::string_view local_part, std::string_view domain) {
  if (pattern.find('\\') != std::string_view::npos) {
    const std::string shown = printable(local_part) + '@';
    return pattern == shown || pattern == shown + printable(domain);
  }
  if (!pattern.starts_with(local_part)) return false;
  pattern.remove_prefix(local_part.size());
  return pattern.starts_with('@') && (pattern.size() == 1 || pattern.substr(1) == domain);
}

}  // namespace

std::string_view word(PatternKind kind) {
  switch (kind) {
    case PatternKind::network:
    case PatternKind::host:
      return "client";
    case PatternKind::sender:
      return "sender";
    case PatternKind::recipient:
      break;
  }
  return "recipient";
}

std::vector<Pattern> patterns_of(std::string_view word, std::string_view text) {
  const auto networks =
      word == greylisting::word(PatternKind::network) ? networks_of_range(text) : std::nullopt;
  if (!networks) return {Pattern::parse(word, text)};
  std::vector<Pattern> patterns;
  patterns.reserve(networks->size());
  for (const Network& network : *networks) patterns.push_back(Pattern::parse(word, network.text()));
  return patterns;
}

bool Pattern::matches_address(const Address& address) const {
  if (regexp_) return regexp_->matches(address.text());
  if (key_.size() == 2) return address.text().empty();
  const auto [local_part, user, domain] = parts_of(address);
  const KeyForm form{key_[1]};
  if (form != KeyForm::whole) return reaches(form, std::string_view(key_).substr(2), domain);
  return is_address(text_, local_part, domain) || is_address(text_, user, domain);
}

bool Pattern::matches(const Subjects& subjects) const {
  if (kind_ == PatternKind::network) return network_->contains(subjects.client);
  if (kind_ == PatternKind::host) {
    const std::string& name = subjects.client_name;
    if (!regexp_) return reaches(KeyForm{key_[1]}, std::string_view(key_).substr(2), name);
    return (!name.empty() && regexp_->matches(name)) || regexp_->matches(subjects.client.text());
  }

  if (!subjects.has_envelope) return false;
  if (kind_ == PatternKind::recipient) return matches_address(subjects.recipient);
  return matches_address(subjects.sender) || (subjects.original && matches_address(*subjects.original));
}

}  // namespace greylisting
