#include "ctl/report/sections.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "ctl/print/typed_command.h"
#include "ctl/report/charts.h"
#include "ctl/report/html.h"
#include "ctl/report/page_table.h"
#include "ctl/report/words.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

using std::chrono::seconds;

// A chart of so few days is of their hours.
constexpr std::size_t kFewDays = 2;

// A chart of more days than that is of weeks.
constexpr std::size_t kManyDays = 92;
constexpr std::size_t kWeek = 7;

constexpr const char* kNothingKnown =
    "Nothing is known of that time. Each decision is written into a journal, and each first attempt into the "
    "store; the figures are from there. If mail has come in and there are still no figures, run greylistctl "
    "check.";

// The table of hours ends with that many.
constexpr std::size_t kMostHours = std::size_t{31} * 24;

const std::array<ChartPart, 4> kOutcomes{
    {{"accepted", "accepted"}, {"deferred", "deferred"}, {"rejected", "rejected"}, {"errors", "errors"}}};

// `21 Nov`
std::string short_date(const std::string& date) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto month = static_cast<std::size_t>((date[5] - '0') * 10 + date[6] - '0');
  const std::string day = date.substr(date[8] == '0' ? 9 : 8);
  return day + ' ' + std::string(kMonths.at(month - 1));
}

// `850`, `1.2k`, `35k`, `1.2M`
std::string brief(std::uint64_t number) {
  constexpr std::uint64_t kThousand = 1000;
  if (number < kThousand) return std::to_string(number);
  const bool is_million = number >= kThousand * kThousand;
  const std::uint64_t tenths = number * 10 / (is_million ? kThousand * kThousand : kThousand);
  std::string text = std::to_string(tenths / 10);
  if (tenths < 100) text += '.' + std::to_string(tenths % 10);
  return text + (is_million ? 'M' : 'k');
}

std::vector<std::uint64_t> outcomes(const Tally& tally) {
  return {tally.of(Outcome::accepted), tally.of(Outcome::deferred), tally.of(Outcome::rejected),
          tally.errors()};
}

std::vector<PageCell> outcome_cells(const Tally& tally) {
  std::vector<PageCell> cells;
  for (const std::uint64_t number : outcomes(tally)) cells.push_back(count(number));
  return cells;
}

std::vector<PageColumn> outcome_columns() {
  return {{"accepted", "accepted"}, {"deferred", "deferred"}, {"rejected", "rejected"}, {"errors", "errors"}};
}

ChartColumn outcome_column(const std::string& label, const std::string& when, const Tally& tally) {
  ChartColumn column{.label = label, .description = when + ':', .parts = outcomes(tally)};
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    if (column.parts[i] > 0 || i < 2)
      column.description += (i == 0 ? " " : ", ") + number_text(column.parts[i]) + ' ' + kOutcomes[i].name;
  }
  return column;
}

// Whether the day of the report is that one, which is not over then.
bool is_so_far(const Figures& figures, const std::string& date) { return figures.made.starts_with(date); }

// What there is of errors is said only where there are some.
std::vector<ChartPart> parts_of(const Tally& total) {
  return {kOutcomes.begin(), kOutcomes.end() - (total.errors() > 0 ? 0 : 1)};
}

void leave_out_errors(Chart& chart) {
  for (ChartColumn& column : chart.columns) column.parts.resize(chart.parts.size());
}

std::string two_digits(unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); }

const Tally& tally_of(const Figures& figures, const std::string& hour) {
  static const Tally none;
  const auto found = figures.hours.find(hour);
  return found == figures.hours.end() ? none : found->second;
}

std::string tile(const char* key, const std::string& style, const std::string& title,
                 const std::string& figure, const std::string& note,
                 const std::optional<std::uint64_t>& value = std::nullopt) {
  return element("div",
                 element("dt", escaped(title)) + element("dd", escaped(figure), " class=\"figure\"") +
                     (note.empty() ? "" : element("dd", escaped(note), " class=\"note\"")),
                 attribute("class", "of-" + style) + attribute("data-tile", key) +
                     (value ? attribute("data-value", std::to_string(*value)) : ""));
}

struct Share {
  std::uint64_t part = 0;
  std::uint64_t all = 0;
};

// What is compared with: as many days, or those of them of which anything is known.
std::string time_before(const Figures& figures) {
  const std::int64_t days = figures.days_before;
  return days == 1 ? "the day before" : "the " + std::to_string(days) + " days before";
}

// `+3.1 points on the 30 days before`; empty where there is nothing to compare.
std::string change_of(const Figures& figures, const Share& now, const Share& before) {
  if (now.all == 0 || before.all == 0) return "";
  constexpr double kPerMille = 1000;
  const auto tenths = [](const Share& share) {
    return std::llround(kPerMille * static_cast<double>(share.part) / static_cast<double>(share.all));
  };
  const std::int64_t change = tenths(now) - tenths(before);
  if (change == 0) return "unchanged from " + time_before(figures);
  const std::int64_t size = std::abs(change);
  return std::string(change > 0 ? "+" : "\u2212") + std::to_string(size / 10) + '.' +
         std::to_string(size % 10) + " points on " + time_before(figures);
}

std::string change_of(const Figures& figures, const Durations& now, const Durations& before) {
  const auto delay = percentile(now, 50);
  const auto delay_before = percentile(before, 50);
  if (!delay || !delay_before) return "";
  if (*delay == *delay_before) return "unchanged from " + time_before(figures);
  return (*delay > *delay_before ? "+" : "\u2212") +
         duration_text(seconds(std::abs((*delay - *delay_before).count()))) + " on " + time_before(figures);
}

std::string lead(const char* key, const std::string& figure, const std::string& what, const std::string& note,
                 const std::string& change, const std::optional<std::uint64_t>& value = std::nullopt) {
  return element("div",
                 element("dt", escaped(what)) + element("dd", escaped(figure), " class=\"figure\"") +
                     element("dd", escaped(note), " class=\"note\"") +
                     (change.empty() ? "" : element("dd", escaped(change), " class=\"change\"")),
                 " class=\"of-single\"" + attribute("data-tile", key) +
                     (value ? attribute("data-value", std::to_string(*value)) : ""));
}

Share at_once(const Tally& tally) {
  const std::uint64_t accepted = tally.of(Outcome::accepted);
  return {.part = accepted - std::min(total(tally.waits), accepted), .all = accepted};
}

Share never_retried(const RecordCounts& records) {
  return {.part = records.never_retried, .all = records.all()};
}

std::string undecided_note(const RecordCounts& records) {
  return records.undecided == 0 ? "" : "; undecided: " + share_text(records.undecided, records.all());
}

Section summary(const Figures& figures) {
  const Tally& all = figures.total;
  const std::uint64_t number = decisions(all);
  const std::uint64_t waited = total(all.waits);
  const Share never = never_retried(figures.records);
  const Share immediate = at_once(all);
  const std::string leads =
      lead("never-retried", share_text(never.part, never.all), "never came back",
           "of " + number_text(never.all) + " first attempts" + undecided_note(figures.records),
           change_of(figures, never, never_retried(figures.records_before)), never.part) +
      lead("at-once", share_text(immediate.part, immediate.all), "accepted at once",
           "of " + number_text(immediate.all) + " accepted; " + number_text(waited) + " had to wait",
           change_of(figures, immediate, at_once(figures.total_before))) +
      lead("half-waited", percentile_text(all.waits, 50), "median delay",
           waited == 0 ? "no mail had to wait"
                       : "90 % waited no longer than " + percentile_text(all.waits, 90),
           change_of(figures, all.waits, figures.total_before.waits));
  const auto outcome = [&](const char* key, const char* title, Outcome which) {
    return tile(key, key, title, number_text(all.of(which)), share_text(all.of(which), number) + " of all",
                all.of(which));
  };
  std::string tiles = outcome("accepted", "Accepted", Outcome::accepted) +
                      outcome("deferred", "Asked to try again later", Outcome::deferred) +
                      outcome("rejected", "Rejected", Outcome::rejected);
  if (all.errors() > 0)
    tiles += tile("errors", "single", "Errors", number_text(all.errors()), "see the log", all.errors());
  return {"summary", "At a glance",
          element("dl", leads, " class=\"tiles lead\"") + element("dl", tiles, " class=\"tiles\"")};
}

// The days as charts have them: each, or where there are many, seven and seven together. The first may be
// fewer.
std::vector<DayFigures> charted_days(const Figures& figures) {
  if (figures.days.size() <= kManyDays) return figures.days;
  std::vector<DayFigures> weeks;
  for (std::size_t i = 0; i < figures.days.size(); ++i) {
    if (i == 0 || (figures.days.size() - i) % kWeek == 0) weeks.push_back({.date = figures.days[i].date});
    weeks.back().tally.add(figures.days[i].tally);
    weeks.back().records.add(figures.days[i].records);
  }
  return weeks;
}

// How many days the first week has, where these are fewer than seven.
std::size_t short_week(const Figures& figures) {
  return figures.days.size() > kManyDays ? figures.days.size() % kWeek : 0;
}

bool is_charted_so_far(const Figures& figures, const DayFigures& charted,
                       const std::vector<DayFigures>& all) {
  return &charted == &all.back() && is_so_far(figures, figures.days.back().date);
}

bool is_charted_in_part(const Figures& figures, const DayFigures& charted,
                        const std::vector<DayFigures>& all) {
  return is_charted_so_far(figures, charted, all) || (&charted == &all.front() && short_week(figures) > 0);
}

std::string charted_date(const Figures& figures, const DayFigures& charted,
                         const std::vector<DayFigures>& all) {
  const std::string& date = charted.date;
  if (&charted == &all.front() && short_week(figures) > 0)
    return counted(short_week(figures), "day") + " from " + date;
  return (figures.days.size() > kManyDays ? "week from " + date : date) +
         (is_charted_so_far(figures, charted, all) ? ", so far" : "");
}

// What the first column of a chart of weeks is, where it is of fewer days; empty otherwise.
std::string remark_on_short_week(const Figures& figures) {
  const std::size_t days = short_week(figures);
  return days == 0 ? ""
                   : remark("The first column is of " + counted(days, "day") + ", the others are of a week.");
}

Chart chart_of_days(const Figures& figures) {
  Chart chart{.id = "chart-decisions",
              .title = figures.days.size() > kManyDays ? "Decisions by week" : "Decisions by day",
              .description = "",
              .parts = parts_of(figures.total),
              .columns = {}};
  const auto days = charted_days(figures);
  for (const DayFigures& day : days) {
    chart.columns.push_back(
        outcome_column(short_date(day.date), charted_date(figures, day, days), day.tally));
    chart.columns.back().is_partial = is_charted_in_part(figures, day, days);
  }
  return chart;
}

Chart chart_of_few_days(const Figures& figures) {
  Chart chart{.id = "chart-decisions",
              .title = "Decisions by hour",
              .description = "",
              .parts = parts_of(figures.total),
              .columns = {}};
  for (const DayFigures& day : figures.days) {
    for (unsigned hour = 0; hour < 24; ++hour) {
      const std::string time = day.date + ' ' + two_digits(hour);
      const bool is_partial = is_so_far(figures, time);
      chart.columns.push_back(outcome_column(two_digits(hour), time + (is_partial ? ":00, so far" : ":00"),
                                             tally_of(figures, time + ":00:00")));
      chart.columns.back().is_partial = is_partial;
      if (is_partial) break;
    }
  }
  return chart;
}

std::string sentence_of(const Chart& chart, const Tally& all) {
  const auto most = std::ranges::max_element(chart.columns, {}, [](const ChartColumn& column) {
    return column.parts[0] + column.parts[1] + column.parts[2];
  });
  return std::to_string(chart.columns.size()) + " columns. In total " +
         number_text(all.of(Outcome::accepted)) + " accepted, " + number_text(all.of(Outcome::deferred)) +
         " deferred, " + number_text(all.of(Outcome::rejected)) +
         " rejected. The highest: " + most->description + ". The table below has the figures.";
}

PageTable table_of_hours(const Figures& figures) {
  const std::size_t left_out = figures.hours.size() - std::min(figures.hours.size(), kMostHours);
  PageTable every{
      .caption = left_out > 0 ? "The last " + number_text(kMostHours) + " hours in which anything was decided"
                              : "Every hour in which anything was decided",
      .first = "hour",
      .columns = outcome_columns(),
      .rows = {}};
  std::size_t passed_over = 0;
  for (const auto& [time, tally] : figures.hours) {
    if (passed_over++ < left_out) continue;
    every.rows.push_back({.name = time.substr(0, 16),
                          .cells = outcome_cells(tally),
                          .is_partial = is_so_far(figures, time.substr(0, 13))});
  }
  return every;
}

Section by_day(const Figures& figures) {
  const bool is_by_hour = figures.days.size() <= kFewDays && figures.domain.is_all();
  Chart chart = is_by_hour ? chart_of_few_days(figures) : chart_of_days(figures);
  leave_out_errors(chart);
  chart.description = sentence_of(chart, figures.total);
  PageTable table{
      .caption = "Decisions and delays by day", .first = "day", .columns = outcome_columns(), .rows = {}};
  table.columns.push_back({"waited", "had to wait"});
  table.columns.push_back({"half", "median delay"});
  table.columns.push_back({"most", "90 % within"});
  for (const DayFigures& day : figures.days) {
    PageRow& row = table.rows.emplace_back(PageRow{
        .name = day.date, .cells = outcome_cells(day.tally), .is_partial = is_so_far(figures, day.date)});
    row.cells.push_back(count(total(day.tally.waits)));
    row.cells.push_back({percentile_text(day.tally.waits, 50)});
    row.cells.push_back({percentile_text(day.tally.waits, 90)});
  }
  return {
      "decisions",
      is_by_hour                         ? "Hour by hour"
      : figures.days.size() <= kManyDays ? "Day by day"
                                         : "Week by week",
      svg(chart) + remark_on_short_week(figures) + folded("By day as a table", table) +
          (figures.domain.is_all() ? folded("Every hour as a table", table_of_hours(figures), true) : "")};
}

Section by_hour(const Figures& figures) {
  std::array<Tally, 24> hours{};
  for (const auto& [time, tally] : figures.hours)
    hours.at(static_cast<std::size_t>((time[11] - '0') * 10 + time[12] - '0')).add(tally);
  Chart chart{.id = "chart-hours",
              .title = "Decisions by the hour of the day",
              .description = "",
              .parts = parts_of(figures.total),
              .columns = {}};
  PageTable of_day{.caption = "Decisions by the hour of the day, all days together",
                   .first = "hour",
                   .columns = outcome_columns(),
                   .rows = {}};
  for (unsigned hour = 0; hour < hours.size(); ++hour) {
    const std::string name = two_digits(hour) + ":00";
    chart.columns.push_back(outcome_column(two_digits(hour), name, hours.at(hour)));
    of_day.rows.push_back({.name = name, .cells = outcome_cells(hours.at(hour))});
  }
  leave_out_errors(chart);
  chart.description = sentence_of(chart, figures.total);

  return {"hours", "By the hour of the day", svg(chart) + folded("The same figures as a table", of_day)};
}

Section waits(const Figures& figures) {
  const Durations& waits = figures.total.waits;
  const std::uint64_t all = total(waits);
  if (all == 0) return {"waits", "How long good mail waited", paragraph("No mail had to wait.")};
  Chart chart{.id = "chart-waits",
              .title = "Mail by how long it waited",
              .description = "",
              .parts = {{"mail that waited", "single"}},
              .columns = {},
              .has_ranges = true};
  PageTable table{.caption = "Mail that was deferred and then passed, by how long that took",
                  .first = "waited",
                  .columns = {{"count", "mail"}, {"share", "share"}},
                  .rows = {}};
  for (const Bin& bin : histogram(waits)) {
    chart.columns.push_back(
        {.label = bin_label(bin),
         .description = bin_text(bin) + ": " + number_text(bin.count) + ", " + share_text(bin.count, all),
         .parts = {bin.count},
         .value = bin.count > 0 ? brief(bin.count) : ""});
    table.rows.push_back({.name = bin_text(bin), .cells = {count(bin.count), {share_text(bin.count, all)}}});
  }
  PageTable ranks{.caption = "How long most of it waited",
                  .first = "of the mail that waited",
                  .columns = {{"wait", "waited up to"}},
                  .rows = {},
                  .style = "narrow"};
  for (const unsigned percent : {50U, 75U, 90U, 95U, 99U}) {
    const auto wait = percentile(waits, percent).value_or(seconds(0));
    ranks.rows.push_back({.name = std::to_string(percent) + " %",
                          .cells = {{duration_text(wait), static_cast<std::uint64_t>(wait.count())}}});
  }
  chart.description = "Median delay of " + number_text(all) + " messages: " + percentile_text(waits, 50) +
                      ", 90 % within " + percentile_text(waits, 90) + ".";
  return {
      "waits", "How long good mail waited",
      paragraph(number_text(all) +
                " messages were deferred and then accepted. The sending server decides when it tries "
                "again, and is let in once the block is over: it is " +
                number_text(static_cast<std::uint64_t>(figures.block.count())) +
                " min now (block_expire), where the administrator has not said otherwise.") +
          svg(chart) + html(ranks) +
          remark("Delays are counted in steps, rounded down: of 5 s up to ten minutes, of a minute up to two "
                 "hours, of five minutes up to half a day, of hours above.") +
          folded("The same figures as a table", table)};
}

Section never_retried(const Figures& figures) {
  Chart chart{.id = "chart-records",
              .title = "Share of first attempts that were never retried, by day",
              .description = "",
              .parts = {{"never retried", "single"}, {"undecided", "undecided"}},
              .columns = {},
              .is_percent = true};
  PageTable table{.caption = "First attempts by day, and what became of them",
                  .first = "day",
                  .columns = {{"all", "first attempts"},
                              {"passed", "passed"},
                              {"retried", "retried, never passed"},
                              {"never_retried", "never retried"},
                              {"undecided", "undecided"},
                              {"share", "share never retried"},
                              {"undecided_share", "share undecided"}},
                  .rows = {}};
  const auto days = charted_days(figures);
  for (const DayFigures& day : days) {
    const RecordCounts& records = day.records;
    const std::uint64_t all = std::max<std::uint64_t>(1, records.all());
    const auto percent = [all](std::uint64_t part) { return (part * 200 + all) / (2 * all); };
    const std::uint64_t never = percent(records.never_retried);
    chart.columns.push_back({.label = short_date(day.date),
                             .description = charted_date(figures, day, days) + ": " +
                                            share_text(records.never_retried, records.all()) + " of " +
                                            number_text(records.all()) + undecided_note(records),
                             .parts = {never, percent(records.never_retried + records.undecided) - never},
                             .is_partial = is_charted_in_part(figures, day, days)});
  }
  for (const auto& [date, tally, records] : figures.days) {
    table.rows.push_back({.name = date,
                          .cells = {count(records.all()),
                                    count(records.passed),
                                    count(records.retried),
                                    count(records.never_retried),
                                    count(records.undecided),
                                    {share_text(records.never_retried, records.all())},
                                    {share_text(records.undecided, records.all())}},
                          .is_partial = is_so_far(figures, date)});
  }
  const RecordCounts& all = figures.records;
  chart.description = "Over all days " + share_text(all.never_retried, all.all()) + undecided_note(all) + ".";
  return {"records", "Clients that never retried",
          paragraph("Most software that sends spam does not try again. Of " + number_text(all.all()) +
                    " first attempts, " + number_text(all.never_retried) + " were never retried: " +
                    share_text(all.never_retried, all.all()) + undecided_note(all) + '.') +
              svg(chart) + remark_on_short_week(figures) +
              (all.undecided == 0
                   ? ""
                   : remark(number_text(all.undecided) +
                            " are undecided: they have not passed, and may still be retried until "
                            "their time (record_expire) is over. Some of them will never be, and add to the "
                            "share of their day.")) +
              folded("The same figures as a table", table)};
}

Section blocks(const Figures& figures) {
  const std::uint64_t all = total(figures.total.first_retries);
  std::string content = paragraph(block_sentence(figures));
  if (all > 0) {
    Chart chart{.id = "chart-blocks",
                .title = "First retries that come in time, by the length of the block",
                .description = block_sentence(figures),
                .parts = {{"come in time", "single"}},
                .columns = {},
                .is_percent = true};
    PageTable table{.caption = "Of " + number_text(all) + " first retries",
                    .first = "block",
                    .columns = {{"in_time", "would have come in time"},
                                {"early", "would have come too early"},
                                {"share", "share in time"}},
                    .rows = {}};
    for (const BlockShare& block : block_shares(figures.total.first_retries, figures.block)) {
      const std::string length = std::to_string(block.block.count()) + " min";
      const std::string share = share_text(block.in_time, all);
      const std::string now = block.is_current ? " (now)" : "";
      const std::uint64_t percent = (block.in_time * 200 + all) / (2 * all);
      chart.columns.push_back({.label = length,
                               .description = std::string(length).append(now).append(": ").append(share),
                               .parts = {percent},
                               .value = share,
                               .is_marked = block.is_current});
      table.rows.push_back({.name = length + now,
                            .cells = {count(block.in_time), count(all - block.in_time), {share}},
                            .is_marked = block.is_current});
    }
    content += svg(chart) +
               remark(
                   "The current block is underlined. A shorter one lets more mail in at its first retry; how "
                   "much more spam it would let in, these figures cannot tell.") +
               folded("The same figures as a table", table);
  }
  return {"blocks", "A shorter or longer block", content};
}

PageTable table_of(const char* title, const char* first, const std::vector<NameCount>& names) {
  PageTable table{.caption = title,
                  .first = first,
                  .columns = {{"count", "first attempts"}},
                  .rows = {},
                  .style = "names"};
  for (const auto& [name, number] : names) {
    const std::uint64_t permille = number * 1000 / std::max<std::uint64_t>(1, names.front().count);
    const std::string width = std::to_string(permille / 10) + '.' + std::to_string(permille % 10) + '%';
    table.rows.push_back(
        {.name = one_line(name),
         .cells = {count(number)},
         .under = "<svg class=\"bar\" height=\"4\" aria-hidden=\"true\"><rect class=\"single\" "
                  "height=\"4\"" +
                  attribute("width", width) + "/></svg>"});
  }
  return table;
}

Section names(const Figures& figures) {
  constexpr const char* kTitle = "Whose mail was never retried";
  if (figures.are_names_left_out)
    return {"names", kTitle, paragraph("Addresses are left out of this page (--no-names).")};
  if (figures.recipients.empty()) return {"names", kTitle, paragraph("There is no such mail.")};
  const auto list = [](const char* id, const PageTable& table) {
    return element("div", html(table), attribute("id", id));
  };
  std::string lists = list("recipients", table_of("Recipients it was for", "recipient", figures.recipients));
  if (figures.domain.is_all()) {
    lists =
        list("clients", table_of("Networks it came from", "network", figures.clients)) +
        list("sender-domains", table_of("Domains it said it was from", "domain", figures.sender_domains)) +
        lists;
  }
  return {
      "names", kTitle,
      element("div", lists, " class=\"columns\"") +
          remark(figures.has_hashes
                     ? "Addresses and domains are kept as hashes (privacy=hash) and shown as such."
                 : figures.domain.is_all()
                     ? "A sender can claim any domain. Mail of providers that send from several networks is "
                       "not counted here; it has a table of its own below."
                     : "Where it came from is counted for the mail to all domains together.")};
}

Section pools(const Figures& figures) {
  constexpr const char* kTitle = "Good mail held up: providers that send from several networks";
  if (figures.are_names_left_out) return {"pools", kTitle, paragraph("Domains are left out (--no-names).")};
  if (figures.pools.empty())
    return {"pools", kTitle, paragraph("No message came from a second network before it had passed.")};
  PageTable table{.caption = "Messages that came from several networks before they passed, by sender domain",
                  .first = "domain",
                  .columns = {{"messages", "messages"},
                              {"networks", "most networks of one"},
                              {"longest", "longest wait"},
                              {"in_vain", "failed attempts elsewhere"}},
                  .rows = {}};
  if (!figures.has_hashes) table.columns.push_back({"command", "to let it in"});
  for (const PoolCounts& pool : figures.pools) {
    const bool is_there = pool.messages > 0;
    table.rows.push_back(
        {.name = one_line(pool.domain),
         .cells = {
             count(pool.messages),
             count(pool.networks),
             {is_there ? duration_text(pool.longest) : "-",
              is_there ? std::optional(static_cast<std::uint64_t>(pool.longest.count())) : std::nullopt},
             count(pool.in_vain)}});
    if (!figures.has_hashes) {
      table.rows.back().cells.push_back(
          {.text = TypedCommand("import").with({"spf", pool.domain}), .is_command = true});
    }
  }
  return {
      "pools", kTitle,
      paragraph("Some providers retry from another of their servers, which counts as a first attempt again. "
                "The command allows the networks that the domain's SPF record names; with an SPF check "
                "(spf=check) a retry from any of them counts by itself.") +
          html(table)};
}

Section words() {
  const auto word = [](const char* term, const char* meaning) {
    return element("dt", escaped(term)) + element("dd", escaped(meaning));
  };
  return {
      "words", "What the words mean",
      element(
          "dl",
          word("accepted",
               "The recipient was accepted: mail from known senders at once, other mail at a "
               "later attempt.") +
              word("deferred",
                   "The sending server was asked to try again later. Servers do so by themselves, and no "
                   "mail is lost by it.") +
              word("rejected",
                   "Refused, because an entry denies it or the client has written to a trap. The "
                   "sending server does not try again, unless the reply of the entry is temporary (4NN).") +
              word("errors", "No decision was made: the store could not be used. The log says why.") +
              word("first attempt",
                   "A network, a sender and a recipient that had not been seen together "
                   "before.") +
              word("block",
                   "For how long a first attempt is deferred: the setting block_expire, where no "
                   "entry says otherwise."),
          " class=\"words\"")};
}

}  // namespace

std::vector<Section> sections(const Figures& figures) {
  std::vector<Section> sections;
  if (figures.days.empty()) {
    sections.push_back({"summary", "At a glance", paragraph(kNothingKnown)});
  } else {
    sections = {summary(figures), by_day(figures)};
    const bool is_of_all = figures.domain.is_all();
    if (figures.days.size() > 1 && is_of_all) sections.push_back(by_hour(figures));
    for (const auto& section : {waits, never_retried, blocks, names}) sections.push_back(section(figures));
    if (is_of_all) sections.push_back(pools(figures));
    sections.push_back(words());
    if (figures.days.front().date > figures.period.first) {
      sections.front().content +=
          remark("Nothing is known of the time before " + figures.days.front().date + '.');
    }
    if (figures.may_count_twice) sections.front().content += remark(std::string(kMayCountTwice));
  }
  return sections;
}

}  // namespace greylisting::ctl
