#include "ctl/records/record_tally.h"

#include <algorithm>

#include "ctl/records/record_table.h"
#include "text/ascii.h"

namespace greylisting::ctl {
namespace {

constexpr std::size_t kIpv4Digits = 8;
constexpr unsigned kBitsOfDigit = 4;

unsigned prefix_of(std::size_t digits, const Settings& settings) {
  return static_cast<unsigned>(digits == kIpv4Digits ? settings.ipv4_prefix : settings.ipv6_prefix);
}

}  // namespace

std::string fate_of_record() {
  const auto quoted = [](std::string_view word) { return std::string("'").append(word).append("'"); };
  return "CASE WHEN pool IS NOT NULL OR (blocked_count = 0 AND passed_count = 0) THEN '' "
         "WHEN passed_count > 0 THEN " +
         quoted(kPassed) + " WHEN blocked_count = 1 THEN " + quoted(kNeverRetried) + " ELSE " +
         quoted(kRetried) + " END";
}

std::string network_digits(std::string_view client, const Settings& settings) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string network(client);
  const unsigned prefix = prefix_of(client.size(), settings);
  const std::size_t whole = std::min<std::size_t>(prefix / kBitsOfDigit, network.size());
  for (std::size_t i = 0; i < whole; ++i) {
    network[i] = ascii::lower(network[i]);
  }
  if (whole == network.size()) return network;
  const std::size_t digit = kDigits.find(static_cast<char>(network[whole] | ' '));
  const std::size_t mask = 0xf0U >> prefix % kBitsOfDigit & 0xfU;
  network[whole] = kDigits[digit & mask];
  std::fill(network.begin() + static_cast<std::ptrdiff_t>(whole) + 1, network.end(), '0');
  return network;
}

std::string network_text(const std::string& digits, const Settings& settings) {
  const auto address = IpAddress::parse(address_of(digits));
  return address ? Network::of(*address, prefix_of(digits.size(), settings)).text() : "";
}

std::string_view domain_of(std::string_view sender) {
  if (sender.empty()) return "<>";
  return sender.substr(sender.rfind('@') + 1);
}

std::string message_of(std::string_view sender, std::string_view recipient) {
  return std::string(sender).append(" ").append(recipient);
}

}  // namespace greylisting::ctl
