#include "judgement/transaction.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "text/number.h"

namespace greylisting {
namespace {

constexpr std::string_view kHeaderMark = ":header";
constexpr std::string_view kDataMark = ":data";
constexpr std::string_view kEarnedMark = ":earned";
constexpr std::string_view kRefusedMark = ":refused";

unsigned long count(const char* value) {
  return value == nullptr ? 0 : number_of<unsigned long>(value).value_or(0);
}

bool take(std::string_view& text, std::string_view beginning) {
  if (!text.starts_with(beginning)) return false;
  text.remove_prefix(beginning.size());
  return true;
}

// What `value` makes of a transaction, read back.
std::optional<Transaction> read(std::string_view text) {
  const std::size_t end_of_tried = std::min(text.find(':'), text.size());
  const std::size_t end_of_counters = std::min(text.find(':', end_of_tried + 1), text.size());
  const auto tried = number_of<unsigned long>(text.substr(0, end_of_tried));
  if (!tried || end_of_tried == text.size()) return std::nullopt;
  const auto accepted =
      number_of<unsigned long>(text.substr(end_of_tried + 1, end_of_counters - end_of_tried - 1));
  if (!accepted) return std::nullopt;

  text.remove_prefix(end_of_counters);
  Transaction transaction{.tried = *tried, .accepted = *accepted};
  transaction.has_header = take(text, kHeaderMark);
  transaction.refused_at_data = take(text, kDataMark);
  transaction.has_earned = take(text, kEarnedMark);
  transaction.was_refused = take(text, kRefusedMark);
  if (!text.empty()) return std::nullopt;
  return transaction;
}

}  // namespace

Transaction Transaction::from(const Environment& environment) {
  Transaction now{.tried = count(environment("SMTPRCPTCOUNTALL")),
                  .accepted = count(environment("SMTPRCPTCOUNT"))};
  const char* const variable = environment(kVariable);
  if (variable == nullptr) return now;
  now.is_remembered = true;
  const auto before = read(variable);
  // Within a transaction the one counter grows with every recipient, and the other never shrinks.
  if (before && now.tried > before->tried && now.accepted >= before->accepted) {
    now.has_header = before->has_header;
    now.refused_at_data = before->refused_at_data;
    if (now.accepted == before->accepted) {
      now.takes_back = before->has_earned;
      now.was_refused = before->has_earned || before->was_refused;
    }
  }
  return now;
}

std::string Transaction::value() const {
  std::string text = std::to_string(tried) + ':' + std::to_string(accepted);
  if (has_header) text += kHeaderMark;
  if (refused_at_data) text += kDataMark;
  if (has_earned) text += kEarnedMark;
  if (was_refused) text += kRefusedMark;
  return text;
}

}  // namespace greylisting
