#include "lists/suspicion.h"

#include <algorithm>

#include "mail/client_name.h"

namespace greylisting {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_in_any_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view without_final_dots(std::string_view name) {
  return name.substr(0, name.find_last_not_of('.') + 1);
}

// 192.0.2.1, [192.0.2.1], 2001:db8::1, [IPv6:2001:db8::1]; many clients leave out the tag of the last one.
std::optional<IpAddress> address_in(std::string_view helo) {
  constexpr std::string_view kTag = "IPv6:";
  helo = without_final_dots(helo);
  if (helo.starts_with('[') && helo.ends_with(']')) helo = helo.substr(1, helo.size() - 2);
  if (equal_in_any_case(helo.substr(0, kTag.size()), kTag)) helo.remove_prefix(kTag.size());
  return IpAddress::parse(helo);
}

}  // namespace

std::optional<std::string_view> suspicion_of(const Session& session, const IpAddress& client,
                                             std::string_view own_name) {
  if (without_final_dots(session.client_name).empty()) return "no-name";
  if (looks_dynamic(session.client_name, client)) return "dynamic-name";

  own_name = without_final_dots(own_name);
  if (!own_name.empty() && equal_in_any_case(without_final_dots(session.helo), own_name)) return "helo-ours";
  if (const auto address = address_in(session.helo)) {
    return address == IpAddress::parse(session.local_address) ? "helo-ours" : "helo-address";
  }
  if (!session.spf_result.empty() && session.spf_result != "pass") return "spf";
  if (session.rbl_result == "delay" || session.rbl_result == "reject") return "rbl";
  return std::nullopt;
}

}  // namespace greylisting
