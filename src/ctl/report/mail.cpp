#include "ctl/report/mail.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "ctl/print/table.h"
#include "ctl/print/typed_command.h"
#include "ctl/report/words.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

// Of providers that were held up; more is in the report.
constexpr std::size_t kMostPools = 5;

class Column {
 public:
  explicit Column(const Figures& figures)
      : figures_(figures), days_(std::max<std::uint64_t>(1, figures.days.size())) {}

  // Rounded, a day.
  std::string number(std::uint64_t total) const {
    return figures_.days.empty() ? "-" : number_text((2 * total + days_) / (2 * days_));
  }
  std::string outcome(Outcome outcome) const { return number(figures_.total.of(outcome)); }
  std::string at_once() const {
    const std::uint64_t accepted = figures_.total.of(Outcome::accepted);
    return share_text(accepted - std::min(accepted, total(figures_.total.waits)), accepted);
  }
  std::string delay(unsigned percent) const { return percentile_text(figures_.total.waits, percent); }
  std::string share(std::uint64_t records) const { return share_text(records, figures_.records.all()); }

 private:
  const Figures& figures_;
  std::uint64_t days_;
};

void print_held_up(const Figures& day) {
  if (day.pools.empty()) return;
  std::cout << "\nGood mail held up, because its provider sends from several networks:\n";
  for (std::size_t i = 0; i < std::min(kMostPools, day.pools.size()); ++i) {
    const PoolCounts& pool = day.pools[i];
    std::cout << "  " << one_line(pool.domain);
    if (pool.messages > 0) std::cout << ", longest wait " << duration_text(pool.longest);
    if (!day.has_hashes) std::cout << "; to let it in: " << TypedCommand("import").with({"spf", pool.domain});
    std::cout << '\n';
  }
}

}  // namespace

void print_mail(const Figures& day, const Figures& before) {
  std::cout << "Greylisting" << mail_to(day) << " on " << one_line(day.host) << ", " << day.period.last
            << " (UTC)\n\n";
  const Column of_day(day);
  const Column of_before(before);
  std::vector<Cells> rows{
      {"", "yesterday", "average of the " + std::to_string(days_in(before.period)) + " days before"}};
  const auto add = [&](const char* name, const auto& figure) {
    rows.push_back({name, figure(of_day, day), figure(of_before, before)});
  };
  add("accepted", [](const Column& of, const Figures&) { return of.outcome(Outcome::accepted); });
  add("  at once", [](const Column& of, const Figures&) { return of.at_once(); });
  add("  median delay of the rest", [](const Column& of, const Figures&) { return of.delay(50); });
  add("  90 % of it within", [](const Column& of, const Figures&) { return of.delay(90); });
  add("deferred", [](const Column& of, const Figures&) { return of.outcome(Outcome::deferred); });
  add("rejected", [](const Column& of, const Figures&) { return of.outcome(Outcome::rejected); });
  add("errors", [](const Column& of, const Figures& its) { return of.number(its.total.errors()); });
  add("first attempts", [](const Column& of, const Figures& its) { return of.number(its.records.all()); });
  add("  never retried",
      [](const Column& of, const Figures& its) { return of.share(its.records.never_retried); });
  add("  undecided", [](const Column& of, const Figures& its) { return of.share(its.records.undecided); });
  for (std::size_t column = 1; column < rows.front().size(); ++column) {
    const std::size_t width =
        std::ranges::max(rows, {}, [column](const Cells& row) { return row[column].size(); })[column].size();
    for (Cells& row : rows) row[column].insert(0, width - row[column].size(), ' ');
  }
  print_table(rows);
  if (day.days.empty()) std::cout << "\nNothing is known of yesterday; greylistctl check tells why.\n";
  if (day.total.errors() > 0)
    std::cout << "\nErrors are decisions that could not be made; the log says why.\n";
  print_held_up(day);
  if (day.may_count_twice || before.may_count_twice) std::cout << '\n' << kMayCountTwice << '\n';
}

}  // namespace greylisting::ctl
