#include "ctl/records/only_client.h"

#include <algorithm>

#include "ctl/records/record_table.h"
#include "mail/network.h"

namespace greylisting::ctl {
namespace {

constexpr std::size_t kEnough = 10;
constexpr const char* kLatest = "100";

}  // namespace

std::string only_client(Administration& administration) {
  const auto rows = administration.ask(
      std::string("SELECT LOWER(HEX(relay_ip)) FROM greylisting_data ORDER BY record_expires DESC LIMIT ") +
          kLatest,
      1);
  if (rows.size() < kEnough ||
      !std::ranges::all_of(rows, [&](const auto& row) { return row == rows.front(); }))
    return "";
  const std::string text = address_of(rows.front().front());
  const auto address = IpAddress::parse(text);
  return address && address->is_private() ? text : "";
}

std::string same_client(const std::string& address) {
  return "every client has the address " + address +
         ", that of a proxy or a container's gateway: what one earns, or does in a trap, would be "
         "everybody's";
}

}  // namespace greylisting::ctl
