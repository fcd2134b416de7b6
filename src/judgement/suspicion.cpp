#include "judgement/suspicion.h"

#include <string>

#include "mail/client_name.h"
#include "text/ascii.h"

namespace greylisting {
namespace {

std::string_view without_final_dots(std::string_view name) {
  return name.substr(0, name.find_last_not_of('.') + 1);
}

// 192.0.2.1, [192.0.2.1], 2001:db8::1, [IPv6:2001:db8::1]; many clients leave out the tag of the last one.
std::optional<IpAddress> address_in(std::string_view helo) {
  constexpr std::string_view kTag = "ipv6:";
  helo = without_final_dots(helo);
  if (helo.starts_with('[') && helo.ends_with(']')) helo = helo.substr(1, helo.size() - 2);
  if (ascii::lower(helo.substr(0, kTag.size())) == kTag) helo.remove_prefix(kTag.size());
  return IpAddress::parse(helo);
}

}  // namespace

std::optional<std::string_view> suspicion_of(const Session& session, const IpAddress& client,
                                             std::string_view own_name) {
  if (without_final_dots(session.client_name).empty()) return "no-name";
  if (looks_dynamic(session.client_name, client)) return "dynamic-name";

  const std::string ours = normal_client_name(own_name);
  if (!ours.empty() && normal_client_name(session.helo) == ours) return "helo-ours";
  if (const auto address = address_in(session.helo)) {
    return address == IpAddress::parse(session.local_address) ? "helo-ours" : "helo-address";
  }
  if (!session.spf_result.empty() && session.spf_result != "pass") return "spf";
  return std::nullopt;
}

}  // namespace greylisting
