#include "ctl/report/text.h"

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "ctl/print/table.h"
#include "ctl/print/wrapped.h"
#include "ctl/report/words.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

// Of the days the last so many: a screenful.
constexpr std::size_t kDays = 14;
constexpr std::uint64_t kBarWidth = 40;

constexpr std::size_t kTextWidth = 80;

void head(const std::string& text) { std::cout << '\n' << text << "\n\n"; }

// The columns after the first are of figures: their ends stand below one another.
void align(std::vector<Cells>& rows) {
  for (std::size_t column = 1; column < rows.front().size(); ++column) {
    std::size_t width = 0;
    for (const Cells& row : rows) width = std::max(width, row[column].size());
    for (Cells& row : rows) row[column].insert(0, width - row[column].size(), ' ');
  }
}

// The first column is cut where a terminal is too narrow.
void print_figures(std::vector<Cells> rows, bool is_wide = true) {
  align(rows);
  print_table(rows, {.cut = {0}, .is_wide = is_wide});
}

std::string bar(std::uint64_t part, std::uint64_t most) {
  std::string bar;
  if (most > 0) bar.assign((part * kBarWidth + most - 1) / most, '#');
  return bar;
}

void print_summary(const Figures& figures) {
  const Tally& total = figures.total;
  const std::uint64_t all = decisions(total);
  std::vector<Cells> rows{{"decisions", number_text(all), ""}};
  for (const Outcome outcome : {Outcome::accepted, Outcome::deferred, Outcome::rejected}) {
    rows.push_back({"  " + std::string(name(outcome)), number_text(total.of(outcome)),
                    share_text(total.of(outcome), all)});
  }
  rows.push_back({"  errors: no decision", number_text(total.errors()), share_text(total.errors(), all)});
  rows.push_back({"accepted mail that had to wait", number_text(ctl::total(total.waits)),
                  share_text(ctl::total(total.waits), total.of(Outcome::accepted))});
  const RecordCounts& records = figures.records;
  rows.push_back({"triplets seen for the first time", number_text(records.all()), ""});
  rows.push_back({"  passed", number_text(records.passed), share_text(records.passed, records.all())});
  rows.push_back({"  retried and never passed", number_text(records.retried),
                  share_text(records.retried, records.all())});
  rows.push_back({"  never retried", number_text(records.never_retried),
                  share_text(records.never_retried, records.all())});
  rows.push_back({"  undecided: may still be retried", number_text(records.undecided),
                  share_text(records.undecided, records.all())});
  print_figures(std::move(rows));
}

void print_days(const Figures& figures) {
  const std::size_t left_out = figures.days.size() > kDays ? figures.days.size() - kDays : 0;
  const std::string days =
      left_out > 0 ? "the last " + std::to_string(kDays) + " days (--json has all)" : "by day";
  std::vector<Cells> decided{{"day", "accepted", "deferred", "rejected", "errors", "delay", "90 % within"}};
  std::vector<Cells> seen{{"day", "new triplets", "passed", "never retried", "undecided"}};
  for (std::size_t i = left_out; i < figures.days.size(); ++i) {
    const auto& [date, tally, records] = figures.days[i];
    const std::string day = date + (figures.is_so_far(date) ? " so far" : "");
    decided.push_back({day, number_text(tally.of(Outcome::accepted)),
                       number_text(tally.of(Outcome::deferred)), number_text(tally.of(Outcome::rejected)),
                       number_text(tally.errors()), percentile_text(tally.waits, 50),
                       percentile_text(tally.waits, 90)});
    seen.push_back({day, number_text(records.all()), share_text(records.passed, records.all()),
                    share_text(records.never_retried, records.all()),
                    share_text(records.undecided, records.all())});
  }
  head("Decisions and the median delay, " + days);
  print_figures(std::move(decided));
  head("What became of new triplets, " + days);
  print_figures(std::move(seen));
}

void print_waits(const Figures& figures) {
  const Durations& waits = figures.total.waits;
  const std::uint64_t all = total(waits);
  if (all == 0) return;
  head("How long mail waited that was deferred and then passed");
  const auto bins = histogram(waits);
  const std::uint64_t most = std::ranges::max(bins, {}, &Bin::count).count;
  std::vector<Cells> rows;
  rows.reserve(bins.size());
  for (const Bin& bin : bins)
    rows.push_back({bin_text(bin), number_text(bin.count), share_text(bin.count, all)});
  align(rows);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].push_back(bar(bins[i].count, most));
  print_table(rows);
  std::cout << '\n';
  std::string percentiles;
  for (const unsigned percent : {50U, 75U, 90U, 95U, 99U}) {
    percentiles.append(percentiles.empty() ? "" : ", ")
        .append(std::to_string(percent) + " % up to " + percentile_text(waits, percent));
  }
  std::cout << wrapped(percentiles, kTextWidth) << '\n';
}

void print_blocks(const Figures& figures) {
  head("A shorter or longer block");
  const std::uint64_t all = total(figures.total.first_retries);
  if (all > 0) {
    std::vector<Cells> rows{{"block", "first retries in time", "share"}};
    for (const BlockShare& share : block_shares(figures.total.first_retries, figures.block)) {
      rows.push_back({std::to_string(share.block.count()) + " min" + (share.is_current ? " (now)" : ""),
                      number_text(share.in_time), share_text(share.in_time, all)});
    }
    print_figures(std::move(rows));
    std::cout << '\n';
  }
  std::cout << wrapped(block_sentence(figures), kTextWidth) << '\n';
}

void print_names(const std::string& what, const std::vector<NameCount>& names, bool is_wide) {
  if (names.empty()) return;
  head(what);
  std::vector<Cells> rows;
  rows.reserve(names.size());
  for (const NameCount& name : names) rows.push_back({one_line(name.name), number_text(name.count)});
  print_figures(std::move(rows), is_wide);
}

void print_pools(const Figures& figures, bool is_wide) {
  if (figures.pools.empty()) return;
  head("Providers whose mail came from several networks before it passed");
  std::vector<Cells> rows{{"sender domain", "messages", "networks", "longest wait", "failed attempts"}};
  for (const PoolCounts& pool : figures.pools) {
    rows.push_back({one_line(pool.domain), number_text(pool.messages), number_text(pool.networks),
                    pool.messages == 0 ? "-" : duration_text(pool.longest), number_text(pool.in_vain)});
  }
  print_figures(std::move(rows), is_wide);
}

}  // namespace

void print(const Figures& figures, bool is_wide) {
  std::cout << "Greylisting" << mail_to(figures) << " from " << figures.period.first << " to "
            << figures.period.last << ", whole days in UTC\n";
  if (figures.days.empty()) {
    std::cout << "Nothing is known of that time.\n";
    return;
  }
  if (figures.days.front().date > figures.period.first)
    std::cout << "Nothing is known of the time before " << figures.days.front().date << ".\n";
  if (figures.may_count_twice) std::cout << kMayCountTwice << '\n';
  std::cout << '\n';
  print_summary(figures);
  print_days(figures);
  print_waits(figures);
  print_blocks(figures);
  print_names("Networks of clients that never retried", figures.clients, is_wide);
  print_names("Sender domains of mail that was never retried", figures.sender_domains, is_wide);
  print_names("Recipients of mail that was never retried", figures.recipients, is_wide);
  print_pools(figures, is_wide);
  if (figures.has_hashes) std::cout << "\nAddresses are shown as privacy=hash has stored them.\n";
}

}  // namespace greylisting::ctl
