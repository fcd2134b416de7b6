// Where greylistctl's output goes: a disk that is full, standard output by its name `-`, and terminals that
// are narrow or can do little.

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "host/journal.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "tests/support/journal.h"
#include "text/utc.h"

namespace greylisting::test {
namespace {

using Catch::Contains;

Arguments typed(const Installation& installation, const Arguments& arguments) {
  return ctl_command(installation, arguments).arguments;
}

// Of `greylistctl --help`.
std::set<std::string> subcommands() {
  const std::string help = run({.arguments = {built("greylistctl"), "--help"}}).output;
  const std::string list = help.substr(help.find("Subcommands:"));
  const std::regex name("\n  ([a-z]+) ");
  std::set<std::string> names;
  for (auto each = std::sregex_iterator(list.begin(), list.end(), name); each != std::sregex_iterator();
       ++each)
    names.insert((*each)[1]);
  return names;
}

std::size_t number_of(const std::string& part, const std::string& text) {
  std::size_t number = 0;
  for (auto place = text.find(part); place != std::string::npos; place = text.find(part, place + 1)) ++number;
  return number;
}

// Runs the program on a terminal of so many columns and 24 rows. Once `until` is on it so many times, Ctrl-C
// is pressed. All that comes to the terminal is its output; the status is 128 + N after signal N.
Result on_terminal(const Arguments& arguments, unsigned short columns, const std::string& type = "xterm",
                   const std::string& until = "", unsigned times = 1) {
  winsize size{};
  size.ws_row = 24;
  size.ws_col = columns;
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  REQUIRE(child >= 0);
  if (child == 0) {
    unsetenv("NO_COLOR");
    setenv("TERM", type.c_str(), 1);
    std::vector<char*> words;
    for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    execv(words[0], words.data());
    _exit(127);
  }
  Result result;
  bool is_interrupted = until.empty();
  std::string buffer(4096, '\0');
  for (ssize_t got = 0; (got = ::read(terminal, buffer.data(), buffer.size())) > 0;) {
    result.output.append(buffer, 0, static_cast<std::size_t>(got));
    if (is_interrupted || number_of(until, result.output) < times) continue;
    is_interrupted = ::write(terminal, "\x03", 1) == 1;
  }
  int status = 0;
  waitpid(child, &status, 0);
  ::close(terminal);
  result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

// What stood on the line one after the other, without what erases it.
std::vector<std::string> bars(const std::string& output) {
  const std::string erase = "\r\033[K";
  std::vector<std::string> bars;
  for (auto begin = output.find(erase); begin != std::string::npos; begin = output.find(erase, begin)) {
    begin += erase.size();
    const std::string bar = output.substr(begin, output.find('\r', begin) - begin);
    if (bar.starts_with("deleting")) bars.push_back(bar);
  }
  return bars;
}

// Thirty expired records.
void add_thirty_over(const Installation& installation) {
  std::string rows;
  for (int i = 0; i < 30; ++i) {
    rows += (i == 0 ? "" : ",") + std::string("(x'") + std::string(30, '0') + std::to_string(10 + i) +
            "', x'c0000201', 'a@example.net', 'b@example.org', '2020-01-01 00:00:00', '2020-01-01 00:00:00', "
            "'2020-01-01 00:00:00', '2020-01-01 00:00:00', 1, 0)";
  }
  installation.sql(
      "INSERT INTO greylisting_data (triplet, relay_ip, mail_from, rcpt_to, block_expires, record_expires, "
      "create_time, last_update, blocked_count, passed_count) VALUES " +
      rows);
}

}  // namespace

TEST_CASE("Every subcommand whose output cannot be written says so and fails", "[output]") {
  const Installation installation(Backend::sqlite);
  installation.attempt();
  write_file(installation.home() / "log", "");
  write_file(installation.home() / "list", "192.0.2.9\n", 0644);
  const std::string log = installation.home() / "log";
  const std::string list = installation.home() / "list";
  const std::string other = "sqlite:" + (installation.home() / "greylisting/copy.db").string();
  std::set<std::string> tried;
  for (const Arguments& arguments : std::vector<Arguments>{
           {"--help"},
           {"check"},
           {"status"},
           {"status", "--json"},
           {"allow", "192.0.2.1"},
           {"deny", "192.0.2.2"},
           {"trap", "trap@example.org"},
           {"greylist", "bob@example.org"},
           {"skip", "postmaster@"},
           {"list"},
           {"list", "--json"},
           {"export", "json"},
           {"remove", "192.0.2.1"},
           {"explain", "192.0.2.1", "alice@example.net", "bob@example.org"},
           {"find"},
           {"find", "--csv"},
           {"find", "--json"},
           {"why", "bob@example.org"},
           {"tail"},
           {"report"},
           {"settings", "--all"},
           {"report", "--json"},
           {"report", "--html", "-"},
           {"pass", "192.0.2.1", "alice@example.net", "bob@example.org"},
           {"forget", "192.0.2.1", "alice@example.net", "bob@example.org"},
           {"import", "plain", list},
           {"copy", "--from", "sqlite", "--to", other},
           {"learn", "--dry-run", log},
           {"metrics"},
           {"expect", "bob@example.org", "--for", "10m"},
           {"refresh"},
           {"cleanup"},
           {"migrate"},
       }) {
    tried.insert(arguments.front());
    Arguments command{"sh", "-c", "exec \"$@\" > /dev/full", "sh"};
    const Arguments words = typed(installation, arguments);
    command.insert(command.end(), words.begin(), words.end());
    const Result result = run({.arguments = command});
    CAPTURE(arguments, result.errors);
    CHECK(result.status == 1);
    CHECK_THAT(result.errors, Contains("greylistctl: standard output cannot be written, ") &&
                                  Contains("; make room on its disk, or have it go elsewhere\n"));
    if (arguments.front() == "tail") continue;    // which does not end by itself
    CHECK(run({.arguments = words}).status < 2);  // the arguments are right
  }
  tried.erase("--help");
  CHECK(tried == subcommands());
}

TEST_CASE("- is standard output where a file is to be named, and a name is not empty", "[output]") {
  const Installation installation(Backend::sqlite);
  installation.attempt();
  const auto run_it = [&](const Arguments& arguments) {
    return run({.arguments = typed(installation, arguments), .directory = installation.home()});
  };
  const Result page = run_it({"report", "--html", "-"});
  CHECK(page.status == 0);
  CHECK_THAT(page.output, Catch::StartsWith("<!DOCTYPE html>") && Catch::EndsWith("</html>\n"));
  const Result metrics = run_it({"metrics", "--output", "-"});
  CHECK(metrics.status == 0);
  CHECK_THAT(metrics.output, Contains("\ngreylisting_store_up 1\n"));
  CHECK(!std::filesystem::exists(installation.home() / "-"));

  for (const Arguments& arguments :
       std::vector<Arguments>{{"report", "--html", ""}, {"metrics", "--output", ""}}) {
    const Result result = run_it(arguments);
    CHECK(result.status == 2);
    CHECK_THAT(result.errors,
               Contains(arguments[1] + ": it is empty; name a file, or - for standard output"));
  }
  const Result both = run_it({"report", "--html", "-", "--json"});
  CHECK(both.status == 2);
  CHECK_THAT(both.errors, Contains("--html: standard output is the object's already (--json); name a file"));
  const Result device = run_it({"report", "--html", "/dev/stdout"});
  CHECK(device.status == 1);
  CHECK_THAT(device.errors, Contains("name the file itself, or - for standard output"));
}

TEST_CASE("No line of a report is wider than eighty columns", "[output]") {
  const Installation installation(Backend::sqlite, "block_expire=5");
  const std::string yesterday = installation.seconds_from_now(-86400);
  installation.sql("INSERT INTO greylisting_history (period, kind, name, host, total) VALUES (" + yesterday +
                   ", 'first-retry', '300', 'mx1', 7), (" + yesterday + ", 'first-retry', '700', 'mx1', 2)");
  const std::string text = run({.arguments = typed(installation, {"report"})}).output;
  CAPTURE(text);
  CHECK_THAT(text,
             Catch::Contains("\nWith the block of 5 min (block_expire), 100.0 % of the first retries "));
  std::istringstream lines(text);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line); ++number) CHECK(line.size() <= 80);
  CHECK(number >= 3);
}

TEST_CASE("A bar is never wider than its terminal", "[output]") {
  struct Terminal {
    unsigned short columns;
    std::string last_bar;  // a regular expression
  };
  for (const Terminal& terminal : std::vector<Terminal>{
           // 80 columns, in which a rate of three digits has no room.
           {0, "deleting expired records \\[#{20}\\] 100 %  30 of 30,( [0-9]+/s,)? 0 s left"},
           {200, "deleting expired records \\[#{20}\\] 100 %  30 of 30, [0-9]+/s, 0 s left"},
           {75, "deleting expired records \\[#{20}\\] 100 %  30 of 30, 0 s left"},
           {68, "deleting expired records \\[#{20}\\] 100 %, 0 s left"},
           {58, "deleting expired records \\[#{20}\\] 100 %"},
           {40, "deleting expired records 100 %"},
           {20, "deleting expired re"},
       }) {
    CAPTURE(terminal.columns);
    const Installation installation(Backend::sqlite);
    add_thirty_over(installation);
    const Result result =
        on_terminal(typed(installation, {"cleanup", "--batch", "10", "--pause", "110"}), terminal.columns);
    CAPTURE(result.output);
    CHECK(result.status == 0);
    const auto all = bars(result.output);
    REQUIRE(all.size() >= 3);
    CHECK(std::regex_match(all.back(), std::regex(terminal.last_bar)));
    for (const std::string& bar : all) CHECK(bar.size() < (terminal.columns == 0 ? 80U : terminal.columns));
    CHECK_THAT(result.output, Contains("\r\033[K20") && Contains("expired records deleted: 30,") &&
                                  Contains("\nnote: this cannot be taken back\r\n"));
  }
}

TEST_CASE("A terminal that can do nothing gets neither bar nor colour", "[output]") {
  const Installation installation(Backend::sqlite);
  add_thirty_over(installation);
  for (const Arguments& arguments : std::vector<Arguments>{
           {"cleanup"}, {"explain", "192.0.2.1", "alice@example.net", "bob@example.org"}}) {
    CAPTURE(arguments);
    CHECK_THAT(on_terminal(typed(installation, arguments), 80).output, Contains("\033"));
    CHECK_THAT(on_terminal(typed(installation, arguments), 80, "dumb").output, !Contains("\033"));
  }
}

TEST_CASE("Ctrl-C leaves no bar behind", "[output]") {
  const Installation installation(Backend::sqlite);
  add_thirty_over(installation);
  const Result result = on_terminal(typed(installation, {"cleanup", "--batch", "10", "--pause", "60000"}), 80,
                                    "xterm", "deleting expired records [");
  CAPTURE(result.output);
  CHECK(result.status == 128 + SIGINT);
  CHECK_THAT(result.output, Catch::EndsWith("\r\033[K"));
}

TEST_CASE("Ctrl-C ends status --watch and tail on a terminal, and they have done what they can", "[output]") {
  const Installation installation(Backend::sqlite);
  installation.attempt();
  const Result watched =
      on_terminal(typed(installation, {"status", "--watch"}), 80, "xterm", "Ctrl-C ends\033[J", 2);
  CAPTURE(watched.output);
  CHECK(watched.status == 0);
  CHECK(number_of("\033[H", watched.output) >= 2);  // drawn anew
  CHECK_THAT(watched.output,
             Contains("\033[2J\033[H") && Contains("deferred: new") && Contains(" UTC; Ctrl-C"));
  const Result tail = on_terminal(typed(installation, {"tail"}), 80, "xterm", "bob@example.org");
  CAPTURE(tail.output);
  CHECK(tail.status == 0);
  CHECK(std::regex_search(tail.output, std::regex("^[0-9:]{8}Z \033\\[33mdeferred new     \033\\[0m 192")));
  CHECK_THAT(on_terminal(typed(installation, {"tail"}), 80, "dumb", "bob@example.org").output,
             !Contains("\033"));
}

TEST_CASE("status --watch is no longer than its terminal, whatever it tells", "[output]") {
  const Installation installation(Backend::sqlite);
  for (const std::string reason : {"new", "early", "throttled", "trap", "too-many", "shared", "opted-out",
                                   "not-listed", "not-suspicious", "null-sender"})
    installation.sql("INSERT INTO greylisting_history (period, kind, name, host, total) VALUES (" +
                     installation.seconds_from_now(-7200) + ", 'decision', '" + reason + "', 'mx2', 1)");
  for (const unsigned short columns : std::vector<unsigned short>{80, 40}) {
    const std::string output =
        on_terminal(typed(installation, {"status", "--watch"}), columns, "xterm", "Ctrl-C ends\033[J").output;
    const auto begin = output.find("\033[H");
    REQUIRE(begin != std::string::npos);
    const std::string screen = output.substr(begin, output.find("\033[J", begin) - begin);
    CAPTURE(screen);
    CHECK(number_of("\n", screen) < 24);
    CHECK_THAT(screen, Contains("host     ") && Contains("more, in a higher terminal"));
    std::istringstream lines(std::regex_replace(screen, std::regex("\033\\[[A-Z]|\r"), ""));
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= columns);
  }
}

TEST_CASE("tail tells the date of what is not of today, and fits a narrow terminal", "[output]") {
  const Installation installation(Backend::sqlite);
  begin_journal(installation);
  installation.attempt({.client = "2001:db8:1234:5678:9abc:def0:1234:5678"});
  const auto lines = [&](unsigned short columns) {
    return on_terminal(typed(installation, {"tail"}), columns, "xterm", "example.org").output;
  };
  CHECK(std::regex_search(lines(120), std::regex("^[0-9:]{8}Z ")));
  const Journal journal{Settings()};
  for (const auto& file : journals(installation)) {
    std::istringstream old(read_file(file));
    std::filesystem::remove(file);
    for (std::string text; std::getline(old, text);) {
      JournalLine line = read_journal_line(text).value();
      line.time -= kDay;
      std::ofstream(installation.home() / journal.file(line.time), std::ios::app) << greylisting::text(line);
    }
  }
  const std::string of_yesterday = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z ";
  CHECK(std::regex_search(lines(120), std::regex(of_yesterday)));
  const std::string narrow = std::regex_replace(lines(40), std::regex("\033\\[[0-9]*[a-zA-Z]|\r|\\^C"), "");
  CAPTURE(narrow);
  CHECK(
      std::regex_search(narrow, std::regex(of_yesterday + "deferred new *\n  2001:db8:[0-9a-f:.]+\n  ali")));
  std::istringstream each(narrow);
  for (std::string line; std::getline(each, line);) CHECK(line.size() <= 40);
}

TEST_CASE("No table is wider than its terminal, and a pipe gets whole addresses", "[output]") {
  const Installation installation(GENERATE(Backend::mariadb, Backend::sqlite));
  CAPTURE(name(installation.backend()));
  const std::string sender = "a.person.with.quite.a.long.name@department.of.some.university.example";
  const std::string recipient = "another.person.whose.name.is.no.shorter@mail.company.example.org";
  const std::string client = "2001:db8:1234:5678:9abc:def0:1234:5678";
  for (const std::string& address : {client, std::string("192.0.2.1")})
    installation.attempt({.client = address, .sender = sender, .recipient = recipient});
  const auto done = [&](const Arguments& arguments) {
    return run({.arguments = typed(installation, arguments)}).status;
  };
  REQUIRE(done({"deny", "sender", sender, "--comment", std::string(100, 'x')}) == 0);
  REQUIRE(done({"expect", recipient, "--for", "1h"}) == 0);
  REQUIRE(done({"expect", "bob@example.org", "--for", "1h"}) == 0);
  const auto widest = [&](const Arguments& arguments, unsigned short columns) {
    std::size_t most = 0;
    std::istringstream lines(on_terminal(typed(installation, arguments), columns).output);
    for (std::string line; std::getline(lines, line);)
      most = std::max<std::size_t>(most, line.find_last_not_of("\r") + 1);
    return most;
  };
  for (const Arguments& arguments :
       std::vector<Arguments>{{"why", sender}, {"explain", client, sender, recipient}, {"report"}}) {
    CAPTURE(arguments);
    for (const unsigned short columns : std::vector<unsigned short>{80, 100}) {
      std::istringstream lines(on_terminal(typed(installation, arguments), columns).output);
      for (std::string line; std::getline(lines, line);) {
        const std::string text =
            std::regex_replace(line, std::regex("^(.|\r)*\033\\[K|\033\\[[0-9]*m|\r"), "");
        CAPTURE(text);
        const bool is_one_word =
            text.find(' ', std::min(text.find_first_not_of(' '), text.size())) == std::string::npos;
        // A command and an address stay whole, so that they can be copied.
        if (!is_one_word && text.find(": greylistctl ") == std::string::npos) CHECK(text.size() <= columns);
      }
    }
  }
  for (const Arguments& arguments : std::vector<Arguments>{{"find"}, {"list"}, {"list", "expected"}}) {
    CAPTURE(arguments);
    Arguments wide = arguments;
    wide.push_back("--wide");
    const std::string whole = run({.arguments = typed(installation, arguments)}).output;
    CHECK_THAT(whole, Contains(arguments.size() == 1 ? sender : recipient));
    for (const unsigned short columns : std::vector<unsigned short>{80, 100, 120})
      CHECK(widest(arguments, columns) <= columns);
    CHECK_THAT(on_terminal(typed(installation, wide), 80).output,
               Contains(arguments.size() == 1 ? sender : recipient));
  }
  CHECK_THAT(on_terminal(typed(installation, {"find"}), 80).output,
             Contains("  a.person.with.quit..niversity.example -> another.person.who..mpany.example.org"));
}

}  // namespace greylisting::test
