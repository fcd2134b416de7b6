#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/commands.h"
#include "ctl/held_signals.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/json.h"
#include "ctl/print/table.h"
#include "ctl/print/terminal.h"
#include "ctl/records/only_client.h"
#include "ctl/records/recent.h"
#include "ctl/records/sizes.h"
#include "text/utc.h"
#include "version.h"

namespace greylisting::ctl {
namespace {

// One column of the screen.
struct Column {
  std::string head;
  Tally tally{};
  std::uint64_t came_back = 0;
};

// A line of the screen. What is rare is left out where there is nothing of it.
struct Line {
  const char* text;
  Reason reason;
  bool is_rare = false;
};
constexpr std::array kLines{Line{"deferred: new", Reason::new_triplet},
                            Line{"deferred: retried too early", Reason::early},
                            Line{"deferred: too many of a client wait", Reason::throttled, true},
                            Line{"deferred: in a trap", Reason::trap, true},
                            Line{"deferred: too many recipients", Reason::too_many, true},
                            Line{"deferred: with another recipient", Reason::shared, true},
                            Line{"passed: retried after the block", Reason::retried},
                            Line{"passed: known", Reason::known},
                            Line{"passed: client trusted", Reason::trusted},
                            Line{"passed: expected", Reason::expected},
                            Line{"passed: allowed", Reason::allowed},
                            Line{"passed: opted out", Reason::opted_out, true},
                            Line{"passed: not listed (explicit)", Reason::not_listed, true},
                            Line{"passed: not suspicious", Reason::not_suspicious, true},
                            Line{"passed: null sender", Reason::null_sender, true},
                            Line{"refused: denied", Reason::denied},
                            Line{"refused: client was in a trap", Reason::trapped}};

std::string_view what_is_greylisted(Greylist greylist) {
  switch (greylist) {
    case Greylist::all:
      break;
    case Greylist::suspicious:
      return "greylists what is suspicious";
    case Greylist::unvouched:
      return "greylists what no domain vouches for,";
  }
  return "greylists";
}

std::string mode(const Settings& settings) {
  std::string mode(what_is_greylisted(settings.greylist));
  if (settings.explicit_only) mode += " listed recipients only";
  mode += " for " + duration_text(settings.block_expire);
  if (settings.observe) mode += "; only observes (observe=1): nothing is refused";
  return mode;
}

std::string store(const Settings& settings) {
  if (settings.store_kind() == StoreKind::sqlite) return "SQLite, " + settings.sqlite_file;
  return "MySQL, as " +
         (settings.mysql_default_file.empty() ? "the client library finds it" : settings.mysql_default_file);
}

void print_sizes(const Sizes& sizes) {
  const auto entries = [&sizes] {
    std::string text;
    for (const auto& [action, count] : sizes.entries)
      text.append(text.empty() ? "" : ", ").append(action).append(" ").append(number_text(count));
    return text;
  };
  std::cout << "records  " << number_text(sizes.records) << ", of which " << number_text(sizes.waiting)
            << " deferred and not passed yet, " << number_text(sizes.over) << " expired\n"
            << "clients  " << number_text(sizes.trusted) << " trusted, " << number_text(sizes.trapped)
            << " in a trap\n"
            << "entries  " << entries() << '\n'
            << "clean-up " << (sizes.last_cleanup.empty() ? "never" : sizes.last_cleanup + " UTC") << "\n\n";
}

void print(const std::vector<Column>& columns) {
  std::vector<Cells> rows;
  const auto add = [&](const std::string& text, auto value) {
    Cells& row = rows.emplace_back(Cells{text});
    for (const Column& column : columns) row.push_back(value(column));
  };
  add("", [](const Column& column) { return column.head; });
  for (const Line& line : kLines) {
    const bool is_there = std::ranges::any_of(
        columns, [&line](const Column& column) { return column.tally.of(line.reason) > 0; });
    if (line.is_rare && !is_there) continue;
    add(line.text, [&line](const Column& column) { return number_text(column.tally.of(line.reason)); });
  }
  add("errors: passed undecided, or deferred",
      [](const Column& column) { return number_text(column.tally.errors()); });
  add("new ones not retried so far", [](const Column& column) {
    const std::uint64_t fresh = column.tally.of(Reason::new_triplet);
    return share_text(fresh - std::min(fresh, column.came_back), fresh);
  });
  add("delay of passed mail: median",
      [](const Column& column) { return percentile_text(column.tally.waits, 50); });
  add("                      95 % within",
      [](const Column& column) { return percentile_text(column.tally.waits, 95); });
  print_table(rows);
}

Json json_of(const Column& column) {
  Json decisions = Json::object();
  for (const Reason reason : kReasons) decisions.set(name(reason), column.tally.of(reason));
  const auto seconds = [&column](unsigned percent) -> Json {
    const auto wait = percentile(column.tally.waits, percent);
    return wait ? Json(wait->count()) : Json();
  };
  return {{"decisions", decisions},
          {"errors", column.tally.errors()},
          {"retried_of_new", column.came_back},
          {"wait_median_s", seconds(50)},
          {"wait_95_s", seconds(95)}};
}

// What the store holds is of all domains, and so is what other hosts have counted by the hour.
int show_of(const RecipientDomain& domain, const std::vector<Column>& columns, bool as_json,
            std::time_t now) {
  if (as_json) {
    std::cout << Json{{"host", host_name()},
                      {"version", kVersion},
                      {"time", utc(now)},
                      {"recipient_domain", domain.name},
                      {"last_hour", json_of(columns[0])},
                      {"last_day", json_of(columns[1])}}
                     .text()
              << '\n';
  } else {
    std::cout << "host     " << host_name() << ", greylisting " << kVersion << '\n'
              << "mail     to " << domain.name << ", as this host has decided\n\n";
    print(columns);
  }
  return kDone;
}

int show(const LoadedSettings& loaded, const StatusOptions& options) {
  const Settings& settings = loaded.settings;
  const std::time_t now = std::time(nullptr);
  const Journal journal(settings);
  const RecipientDomain domain = RecipientDomain::of(options.recipient_domain, settings);
  const auto column = [&](const char* head, std::time_t span) {
    Recent counted = recent(journal, domain, now - span, now);
    return Column{head, std::move(counted.tally), counted.came_back};
  };
  std::vector<Column> columns{column("last hour", kHour), column("last 24 hours", kDay)};
  if (!domain.is_all()) return show_of(domain, columns, options.json, now);

  const std::string home = std::filesystem::current_path();
  // What this host has decided is told also while the store cannot be reached: that is when it is wanted.
  std::string problem;
  Sizes sizes;
  OtherHosts others;
  std::string address;  // of every client
  try {
    const auto administration = open_administration(settings, Patience::for_a_look);
    sizes = ctl::sizes(*administration, settings);
    address = only_client(*administration);
    History history(*administration);
    others = other_hosts(history, now - kDay, now);
  } catch (const StoreError& error) {
    problem = error.what();
  }

  if (options.json) {
    Json json{{"host", host_name()},    {"version", kVersion},         {"home", home},
              {"mode", mode(settings)}, {"observe", settings.observe}, {"store", store(settings)},
              {"time", utc(now)}};
    if (!problem.empty()) {
      json.set("problem", problem);
    } else {
      json.set("records", {{"all", sizes.records}, {"waiting", sizes.waiting}, {"over", sizes.over}});
      json.set("clients", {{"trusted", sizes.trusted}, {"trapped", sizes.trapped}});
      Json entries = Json::object();
      for (const auto& [action, count] : sizes.entries) entries.set(action, count);
      json.set("entries", entries);
      json.set("last_cleanup", sizes.last_cleanup.empty() ? Json() : Json(rfc_3339(sizes.last_cleanup)));
    }
    if (!address.empty()) json.set("only_client", address);
    json.set("last_hour", json_of(columns[0]));
    json.set("last_day", json_of(columns[1]));
    Json names = Json::array();
    for (const std::string& name : others.names) names.push_back(name);
    json.set("other_hosts", names);
    if (!others.names.empty()) json.set("other_hosts_last_day", json_of({"", others.tally}));
    std::cout << json.text() << '\n';
    return problem.empty() ? kDone : kFailed;
  }

  std::cout << "host     " << host_name() << ", greylisting " << kVersion << ", in " << home << '\n'
            << "mode     " << mode(settings) << '\n'
            << "store    " << store(settings) << '\n';
  if (problem.empty()) print_sizes(sizes);
  if (!address.empty())
    std::cout << "WARNING: " << same_client(address) << "; " << kSameClientRemedy << ".\n\n";
  if (settings.history_expire.count() == 0) std::cout << "Nothing is counted: history_expire=0.\n\n";
  if (!others.names.empty()) {
    std::string names;
    for (const std::string& name : others.names) names.append(names.empty() ? "" : ", ").append(name);
    columns.push_back({"other hosts", others.tally});
    print(columns);
    std::cout << "\nOther hosts, by whole hours, as far as their clean-up has counted them: " << names
              << '\n';
  } else {
    print(columns);
  }
  if (problem.empty()) return kDone;
  std::cerr << "greylistctl status: " << problem << '\n';
  return kFailed;
}

// The lines that there is room for above the last row: a screen that is longer than its terminal would have
// its top scrolled away. Blank ones are left out first.
std::vector<std::string> lines_within(const std::string& screen, std::size_t rows, std::size_t columns) {
  std::vector<std::string> lines;
  std::istringstream text(screen);
  for (std::string line; std::getline(text, line);) lines.push_back(cut_in_the_middle(line, columns));
  if (lines.size() > rows) std::erase(lines, "");
  if (lines.size() <= rows) return lines;
  const std::size_t left_out = lines.size() - rows + 1;
  lines.resize(rows - 1);
  lines.push_back("and " + counted(left_out, "line") + " more, in a higher terminal");
  return lines;
}

// What it prints is drawn at once, so that nothing flickers; each line ends what stood there before.
int draw(const LoadedSettings& loaded, const StatusOptions& options) {
  std::ostringstream screen;
  auto* const terminal = std::cout.rdbuf(screen.rdbuf());
  int status = kFailed;
  std::string text;
  try {
    status = show(loaded, options);
  } catch (...) {
    std::cout.rdbuf(terminal);
    throw;
  }
  std::cout.rdbuf(terminal);
  const std::size_t rows = std::max<std::size_t>(height_of(STDOUT_FILENO), 3) - 1;
  const std::size_t columns = std::max<std::size_t>(width_of(STDOUT_FILENO), 3);
  for (const std::string& line : lines_within(screen.str(), rows, columns)) text += line + "\033[K\n";
  std::cout << "\033[H" << text << stored_time(std::time(nullptr)) << " UTC; Ctrl-C ends\033[J" << std::flush;
  return status;
}

// Counting large tables takes a while: nine tenths of the time the store is left in peace.
int watch(const LoadedSettings& loaded, const StatusOptions& options) {
  if (!is_decorated(STDOUT_FILENO))
    throw UsageError("--watch needs a terminal on standard output, one that is not dumb: leave it out");
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kLeast{2000};
  constexpr int kRests = 9;
  const HeldSignals held;
  std::cout << "\033[2J";
  for (;;) {
    const auto begin = Clock::now();
    draw(loaded, options);
    const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
    if (!std::cout || HeldSignals::comes_within(std::max(kLeast, taken * kRests))) break;
  }
  std::cout << '\n';
  return kDone;
}

}  // namespace

int status(const LoadedSettings& loaded, const StatusOptions& options) {
  return options.watch ? watch(loaded, options) : show(loaded, options);
}

}  // namespace greylisting::ctl
