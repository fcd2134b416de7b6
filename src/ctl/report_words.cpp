#include "report_words.h"

#include <algorithm>

namespace greylisting::ctl {
namespace {

using std::chrono::seconds;

constexpr seconds::rep kMinute = 60;
constexpr seconds::rep kHour = 60 * kMinute;
constexpr seconds::rep kDay = 24 * kHour;

std::string with_rest(seconds::rep whole, const char* unit, seconds::rep rest, const char* unit_of_rest) {
  std::string text = std::to_string(whole) + ' ' + unit;
  if (rest > 0) text.append(" ").append(std::to_string(rest)).append(" ").append(unit_of_rest);
  return text;
}

// A bin's edge: never more than a day.
std::string edge_text(seconds edge) {
  const seconds::rep count = edge.count();
  return count % kHour == 0 ? std::to_string(count / kHour) + " h" : std::to_string(count / kMinute) + " min";
}

std::string minutes_text(std::chrono::minutes block) { return std::to_string(block.count()) + " min"; }

}  // namespace

std::string number_text(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

std::string share_text(std::uint64_t part, std::uint64_t all) {
  if (all == 0) return "-";
  const std::uint64_t tenths = (part * 2000 + all) / (2 * all);
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " %";
}

std::string duration_text(seconds duration) {
  const seconds::rep count = duration.count();
  if (count < kMinute) return std::to_string(count) + " s";
  if (count < 10 * kMinute) return with_rest(count / kMinute, "min", count % kMinute, "s");
  if (count < kHour) return with_rest(count / kMinute, "min", 0, "");
  if (count < kDay) return with_rest(count / kHour, "h", count % kHour / kMinute, "min");
  return with_rest(count / kDay, "d", count % kDay / kHour, "h");
}

std::string bin_text(const Bin& bin) {
  if (!bin.to) return edge_text(bin.from) + " and more";
  if (bin.from == seconds(0)) return "under " + edge_text(*bin.to);
  const std::string from = edge_text(bin.from);
  const std::string to = edge_text(*bin.to);
  const bool is_same_unit = from.substr(from.find(' ')) == to.substr(to.find(' '));
  return (is_same_unit ? from.substr(0, from.find(' ')) : from) + " to " + to;
}

std::string percentile_text(const Durations& durations, unsigned percent) {
  const auto duration = percentile(durations, percent);
  return duration ? duration_text(*duration) : "-";
}

std::string block_sentence(const Figures& figures) {
  const std::uint64_t all = total(figures.total.first_retries);
  if (all == 0) return "No first retry is known of that time.";
  const auto shares = block_shares(figures.total.first_retries, figures.block);
  const auto current = std::ranges::find_if(shares, &BlockShare::is_current);
  const auto sentence = [&](const BlockShare& share) {
    return share_text(share.in_time, all) + " of the first retries would have come in time with a block of " +
           minutes_text(share.block);
  };
  std::string text = "With the block of " + minutes_text(current->block) + " (block_expire), " +
                     share_text(current->in_time, all) +
                     " of the first retries come when it is over and pass at once; " +
                     share_text(all - current->in_time, all) + " come too early and have to come again.";
  if (current != shares.begin()) text += " Shorter: " + sentence(*(current - 1)) + '.';
  if (current + 1 != shares.end()) text += " Longer: " + sentence(*(current + 1)) + '.';
  return text;
}

}  // namespace greylisting::ctl
