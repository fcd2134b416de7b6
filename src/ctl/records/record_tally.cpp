#include "ctl/records/record_tally.h"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <functional>

#include "ctl/records/record_table.h"
#include "text/ascii.h"
#include "text/number.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

constexpr std::size_t kIpv4Digits = 8;
constexpr unsigned kBitsOfDigit = 4;

unsigned prefix_of(std::size_t digits, const Settings& settings) {
  return static_cast<unsigned>(digits == kIpv4Digits ? settings.ipv4_prefix : settings.ipv6_prefix);
}

std::string fate_of_record() {
  const auto quoted = [](std::string_view word) { return std::string("'").append(word).append("'"); };
  return "CASE WHEN pool IS NOT NULL OR (blocked_count = 0 AND passed_count = 0) THEN '' "
         "WHEN passed_count > 0 THEN " +
         quoted(kPassed) + " WHEN blocked_count = 1 THEN " + quoted(kNeverRetried) + " ELSE " +
         quoted(kRetried) + " END";
}

// Seconds since 1970; the store could say it itself, and slower.
std::uint32_t seconds_of(std::string_view time) {
  return static_cast<std::uint32_t>(time_of(time).value_or(0));
}

}  // namespace

std::string CountedRecord::selected(const std::string& now, sql::Dialect dialect) {
  return "id, HEX(triplet), " + fate_of_record() + ", record_expires > " + sql::text_literal(now, dialect) +
         ", HEX(relay_ip), mail_from, rcpt_to, create_time, last_update, passed_count, block_expires, "
         "record_expires";
}

std::optional<Trial> trial_of(const Administration::Row& record, const Settings& settings) {
  using Column = CountedRecord::Column;
  const std::string& fate = record[Column::fate];
  if (fate.empty() || record[Column::sender].empty()) return std::nullopt;
  const bool has_passed = fate == kPassed;
  const bool is_undecided = !has_passed && record[Column::is_open] == "1";
  // Of one that has passed more than once nobody knows when it did so first, but that its block was over.
  const bool is_pass_known = record[Column::passed] == "1";
  const std::uint32_t first = seconds_of(record[Column::first]);
  const bool is_last_known = !has_passed || is_pass_known;
  const std::uint32_t last = seconds_of(record[is_last_known ? Column::last : Column::block_ends]);
  const std::uint32_t ends = std::max(seconds_of(record[Column::ends]), first);
  const std::hash<std::string> hash;
  return Trial{
      .message = hash(std::string(record[Column::sender]).append(" ").append(record[Column::recipient])),
      .record = number_of<std::uint64_t>(record[Column::id]).value_or(0),
      .network = static_cast<std::uint32_t>(hash(network_digits(record[Column::client], settings))),
      .first = first,
      .last = std::max(last, first),
      .minutes = static_cast<std::uint16_t>(std::min<std::time_t>(ends - first, kDay) / kMinute),
      .has_passed = has_passed,
      .is_pass_known = is_pass_known,
      .is_never_retried = fate == kNeverRetried && !is_undecided,
      .is_undecided = is_undecided};
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

}  // namespace greylisting::ctl
