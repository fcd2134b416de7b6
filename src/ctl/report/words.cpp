#include "ctl/report/words.h"

#include <algorithm>

#include "text/utc.h"

namespace greylisting::ctl {
namespace {

using std::chrono::seconds;

// A bin's edge: never more than a day.
std::string edge_text(seconds edge) {
  const seconds::rep count = edge.count();
  return count % kHour == 0 ? std::to_string(count / kHour) + " h" : std::to_string(count / kMinute) + " min";
}

std::string minutes_text(std::chrono::minutes block) { return std::to_string(block.count()) + " min"; }

}  // namespace

std::string mail_to(const Figures& figures) {
  return figures.domain.is_all() ? "" : " of mail to " + figures.domain.name;
}

std::string bin_text(const Bin& bin) {
  if (!bin.to) return edge_text(bin.from) + " and more";
  if (bin.from == seconds(0)) return "under " + edge_text(*bin.to);
  const std::string from = edge_text(bin.from);
  const std::string to = edge_text(*bin.to);
  const bool is_same_unit = from.substr(from.find(' ')) == to.substr(to.find(' '));
  return (is_same_unit ? from.substr(0, from.find(' ')) : from) + " to " + to;
}

std::string bin_label(const Bin& bin) {
  if (!bin.to) return edge_text(bin.from) + '+';
  if (bin.from == seconds(0)) return '<' + edge_text(*bin.to);
  const bool ends_with_minutes = bin.from.count() % kHour != 0;
  const auto unit = ends_with_minutes ? kMinute : kHour;
  return std::to_string(bin.from.count() / unit) + "\u2013" + std::to_string(bin.to->count() / unit) +
         (ends_with_minutes ? " min" : " h");
}

std::string undecided_note(const RecordCounts& records) {
  return records.undecided == 0 ? "" : "; undecided: " + share_text(records.undecided, records.all());
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
  const auto best = best_block(figures.total.first_retries);
  if (!best) return text + " Too few came after a minute or later to say which block would be best.";
  return text + " Best would be " +
         (*best == figures.block ? "this one" : "block_expire=" + std::to_string(best->count())) +
         ", the longest block for which at least 95 % of those that come after a minute or later are in "
         "time.";
}

}  // namespace greylisting::ctl
