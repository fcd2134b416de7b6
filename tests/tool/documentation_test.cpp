// Man pages, README, docs/ and completion say what the programs do: all of it, and nothing else.

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "host/log.h"
#include "judgement/decision.h"
#include "judgement/rules.h"
#include "judgement/transaction.h"
#include "settings/document.h"
#include "settings/settings.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "tests/support/texts.h"
#include "version.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;
using Words = std::vector<std::string>;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string lowered(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string without_quotes(std::string text) {
  std::erase_if(text, [](char c) { return c == '`' || c == '\''; });
  return text;
}

// A man page as it is read, in lines as long as can be, each blank once but those in front.
std::string man_page(const std::string& page) {
  const Result result =
      run({.arguments = {"mandoc", "-T", "ascii", "-O", "width=1000", source_tree() / "man" / page}});
  REQUIRE(result.status == 0);
  return replaced(replaced(result.output, ".\b", ""), R"(([^\n ]) +)", "$1 ");
}

std::string readme() { return read_file(source_tree() / "README.md"); }

// What is below a heading, up to the next one of its kind; the heading is a regular expression.
std::string section(const std::string& text, const std::string& heading, const std::string& next) {
  std::smatch found;
  CAPTURE(heading);
  REQUIRE(std::regex_search(text, found, std::regex("\n" + heading + "\n")));
  const std::string rest = '\n' + found.suffix().str();
  std::smatch end;
  return std::regex_search(rest, end, std::regex("\n" + next)) ? std::string(end.prefix()) : rest;
}

std::string man_section(const std::string& page, const std::string& heading) {
  return section(man_page(page), heading, "[A-Z]");
}

std::string man_subsection(const std::string& page, const std::string& heading) {
  return section(man_page(page), "   " + heading, "( {3})?[^\n ]");
}

std::string readme_section(const std::string& heading) { return section(readme(), "## " + heading, "## "); }

// What is not a man page: README, its companions and docs/.
std::vector<fs::path> documents() {
  std::vector<fs::path> files;
  for (const fs::path& directory : {source_tree(), source_tree() / "docs"}) {
    for (const auto& file : fs::directory_iterator(directory)) {
      if (file.path().extension() == ".md") files.push_back(file.path());
    }
  }
  return files;
}

std::string text_of_documents() {
  std::string text;
  for (const fs::path& file : documents()) text += read_file(file) + '\n';
  return text;
}

// A heading as repositories' hosts make an anchor of it.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : lowered(heading)) {
    if (c == ' ') anchor += '-';
    if (isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_') anchor += c;
  }
  return anchor;
}

Words matches(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  Words words;
  for (auto match = std::sregex_iterator(text.begin(), text.end(), expression);
       match != std::sregex_iterator(); ++match)
    words.push_back((*match)[1]);
  return words;
}

// Settings.

std::string variable_of(const std::string& key) {
  std::string name = "GL";
  for (const char c : key) {
    if (c != '_') name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

struct Documented {
  std::string default_value;
  std::string bounds;  // `minutes from 0 to 525600`, `0 or 1`, `0 to 5`; empty where any text will do
  Words words;         // or one of these
};

// What the program says of a value that no setting can have.
Documented documented(const std::string& key, const std::string& default_value) {
  Documented setting{
      .default_value = default_value.empty() ? "none" : default_value, .bounds = "", .words = {}};
  if (key == "store") setting.default_value = "mysql when mysql_default_file is set, else sqlite";
  const std::string variable = variable_of(key);
  const LoadedSettings loaded = parse_settings(
      "none", "", [&](const char* name) -> const char* { return name == variable ? "?" : nullptr; });
  if (loaded.problems.empty()) return setting;
  const std::string& problem = loaded.problems.at(0);
  CAPTURE(problem);
  CHECK_THAT(problem, Catch::StartsWith(variable + ": "));
  std::smatch found;
  if (std::regex_search(problem, found,
                        std::regex("is not a whole number (?:of ([a-z]+) )?from ([0-9]+) to ([0-9]+)"))) {
    const std::string range = found[2].str() + " to " + found[3].str();
    setting.bounds = found[1].str() + (found[1].length() == 0 ? "" : " from ") + range;
  } else if (problem.find("is not 0 or 1") != std::string::npos) {
    setting.bounds = "0 or 1";
  } else if (std::regex_search(problem, found, std::regex("is not an SMTP reply: it has to be ([45]NN)"))) {
    setting.words = {found[1]};
  } else {
    REQUIRE(std::regex_search(problem, found, std::regex("\" is not ([a-z0-9 -]+);")));
    setting.words = matches(found[1].str() + " or ", "([a-z0-9-]+) or ");
  }
  return setting;
}

// The item of a setting in greylisting.conf(5), on one line.
std::string item_of(const std::string& key, const std::string& page) {
  const std::string tag = "\n +" + key + " \\(" + variable_of(key) + "\\)\n";
  CAPTURE(tag);
  std::smatch found;
  REQUIRE(std::regex_search(page, found, std::regex(tag)));
  const std::string rest = found.suffix();
  std::smatch end;
  REQUIRE(std::regex_search(rest, end, std::regex("\n +[a-z0-9_]+ \\(GL|\n( {3})?[^\n ]")));
  return without_quotes(replaced(end.prefix(), "\\s+", " "));
}

// Subcommands.

struct Help {
  std::string text;
  Words subcommands;
  Words options;                        // --json, …
  Words words;                          // that the first argument can be
  std::map<std::string, Words> values;  // of options that have a few
};

Words split(const std::string& text) { return matches(text, "([a-z0-9-]+)"); }

Help help(const std::string& subcommand = "") {
  Command command{.arguments = {built("greylistctl")}};
  if (!subcommand.empty()) command.arguments.push_back(subcommand);
  command.arguments.emplace_back("--help");
  const Result result = run(command);
  REQUIRE(result.status == 0);
  Help help{.text = result.output, .subcommands = {}, .options = {}, .words = {}, .values = {}};
  std::string part;
  for (const std::string& line : lines_of(result.output)) {
    if (line.ends_with(':')) part = lowered(line);
    std::smatch found;
    const bool begins = std::regex_search(line, found, std::regex("^ {2}(?:-h, ?)?([a-z-]+)"));
    if (begins && part == "subcommands:") help.subcommands.push_back(found[1]);
    if (begins && part == "options:") {
      help.options.push_back(found[1]);
      if (std::smatch set; std::regex_search(line, set, std::regex("\\{(.*)\\}")))
        help.values[found[1]] = split(set[1]);
    }
    // {a,b,c} of the first argument, or [a|b|c] in what is said of it.
    if (part == "positionals:" && help.words.empty() && line != "Positionals:") {
      for (const std::string& set : matches(line, R"([\[{]([a-z0-9,|-]+)[\]}])")) {
        const Words words = split(set);
        help.words.insert(help.words.end(), words.begin(), words.end());
      }
    }
  }
  CHECK(!help.options.empty());
  return help;
}

// The subsection of greylistctl(8) about a subcommand.
std::string about(const std::string& subcommand) {
  return man_subsection("greylistctl.8", "(?:[a-z, ]*, )?" + subcommand + "(?:, [a-z, ]*)?");
}

// Completion.

using Offers = std::map<std::string, std::set<std::string>>;

Offers offers_of(const Result& result) {
  CAPTURE(result.errors);
  REQUIRE(result.status == 0);
  CHECK(result.errors.empty());
  Offers offers;
  for (const std::string& line : lines_of(result.output)) {
    const auto tab = line.find('\t');
    REQUIRE(tab != std::string::npos);
    offers[line.substr(0, tab)].insert(line.substr(tab + 1));
  }
  return offers;
}

std::string input_of(const Offers& expected) {
  std::string input;
  for (const auto& [line, words] : expected) input += line + '\n';
  return input;
}

constexpr const char* kCompleteInBash = R"(
source "$1"
function=$(complete -p greylistctl)
function=${function#*-F }
function=${function%% *}
COMP_TYPE=$2
while IFS= read -r line; do
  COMP_WORDS=()
  for typed in $line; do
    mapfile -t -O "${#COMP_WORDS[@]}" COMP_WORDS < <(sed -E "s/[]'\"@><=;|&(:[]+/\\n&\\n/g; s/\\n\$//; s/^\\n//" <<< "$typed")
  done
  if [[ $line == *' ' ]]; then COMP_WORDS+=(''); fi
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMP_LINE=$line
  COMP_POINT=${#line}
  COMPREPLY=()
  "$function"
  # What stands before the reply in the same word, without an option or a store's kind.
  before=${line##* }
  before=${before#--*=}
  before=${before#sqlite:}
  case ${COMP_WORDS[COMP_CWORD]} in [:=@]*) ;; *) before=${before%"${COMP_WORDS[COMP_CWORD]}"} ;; esac
  for word in "${COMPREPLY[@]}"; do printf '%s\t%s\n' "$line" "$before$word"; done
done
)";

// As bash calls it: words are split at COMP_WORDBREAKS, too. `type` is COMP_TYPE: 9 for Tab, 63 for the
// second.
Offers offers_of_bash(const Offers& expected, Command command = {}, const std::string& type = "9") {
  command.arguments = {
      "bash", "-c", kCompleteInBash, "bash", source_tree() / "scripts/completion/greylistctl.bash", type};
  command.input = input_of(expected);
  return offers_of(run(command));
}

// A line up to where Tab is pressed, and what is to be offered there.
Offers expected_offers() {
  const Help all = help();
  CHECK(all.subcommands.size() > 10);
  Offers expected;
  const auto expect = [&expected](const std::string& line, const Words& words) {
    expected[line].insert(words.begin(), words.end());
  };
  expect("greylistctl ", all.subcommands);
  expect("greylistctl --home / ", all.subcommands);
  expect("greylistctl che", {"check"});
  expect("greylistctl --", all.options);
  for (const std::string& subcommand : all.subcommands) {
    const Help its = help(subcommand);
    const std::string line = "greylistctl " + subcommand;
    expect(line + " --", its.options);
    expect("greylistctl --home / " + line.substr(12) + " --he",
           std::ranges::count(its.options, "--helo") > 0 ? Words{"--help", "--helo"} : Words{"--help"});
    if (!its.words.empty()) expect(line + ' ', its.words);
    for (const auto& [option, values] : its.values)
      expect(std::string(line).append(" ").append(option).append(" "), values);
  }
  expect("greylistctl list tra", {"trap", "trapped"});
  expect("greylistctl explain --spf so", {"softfail"});
  expect("greylistctl copy --from ", {"sqlite", "mysql"});
  expect("greylistctl copy --from sqlite --to my", {"mysql"});
  expect("greylistctl copy --from sqlite:a-l", {"a-list"});
  expect("greylistctl copy --to=my", {"mysql"});
  expect("greylistctl import plain a-l", {"a-list"});
  expect("greylistctl import --action deny plain a-l", {"a-list"});
  expect("greylistctl import --comment plain post",
         {"postgrey-clients", "postgrey-db", "postgrey-recipients"});
  return expected;
}

void check_offers(const Offers& offers, const Offers& expected) {
  for (const auto& [line, words] : expected) {
    CAPTURE(line);
    CHECK((offers.contains(line) ? offers.at(line) : std::set<std::string>()) == words);
  }
}

bool is_installed(const std::string& program) {
  return run({.arguments = {"sh", "-c", "command -v " + program}}).status == 0;
}

}  // namespace

TEST_CASE("mandoc has nothing to say about the man pages", "[documentation]") {
  std::size_t pages = 0;
  for (const auto& page : fs::directory_iterator(source_tree() / "man")) {
    const Result result = run({.arguments = {"mandoc", "-T", "lint", "-W", "warning", page.path()}});
    CAPTURE(page.path(), result.output, result.errors);
    CHECK(result.status == 0);
    CHECK(result.output.empty());
    ++pages;
  }
  CHECK(pages == 5);
}

TEST_CASE("README is short, and every document can be found from it", "[documentation]") {
  CHECK(lines_of(readme()).size() <= 300);
  std::set<fs::path> named;
  for (const fs::path& file : documents()) {
    for (const std::string& link : matches(read_file(file), R"(\]\(([^)\s]+)\))")) {
      CAPTURE(file.filename(), link);
      const std::string path = link.substr(0, link.find('#'));
      const fs::path target = path.empty() ? file : fs::weakly_canonical(file.parent_path() / path);
      REQUIRE(fs::exists(target));
      if (file.filename() == "README.md") named.insert(target);
      if (link.find('#') == std::string::npos) continue;
      const Words headings = matches(read_file(target), "\n#+ ([^\n]+)");
      CHECK(std::ranges::any_of(headings, [&link](const std::string& heading) {
        return anchor_of(heading) == link.substr(link.find('#') + 1);
      }));
    }
  }
  for (const fs::path& file : documents()) {
    CAPTURE(file);
    CHECK((file.filename() == "README.md" || named.contains(fs::weakly_canonical(file))));
  }
  CHECK(documents().size() > 10);
}

TEST_CASE("README's order of judgement is that of the table of rules", "[documentation]") {
  const std::string text = readme();
  std::vector<std::string> in_readme;
  const std::regex row(R"(\n\| ([0-9]+) \|[^\n]*\| `([a-z-]+)` \|)");
  for (std::sregex_iterator each(text.begin(), text.end(), row), end; each != end; ++each)
    in_readme.push_back((*each)[1].str() + ' ' + (*each)[2].str());
  std::vector<std::string> in_program;
  for (const Rule& rule : rules()) {
    const std::string line = std::to_string(rule.number) + ' ' + std::string(name(rule.reason));
    if (std::ranges::find(in_program, line) == in_program.end()) in_program.push_back(line);
  }
  CHECK(in_readme == in_program);
}

TEST_CASE("CHANGELOG begins with this version", "[documentation]") {
  const Words versions = matches(read_file(source_tree() / "CHANGELOG.md"), "\n## ([0-9.]+)");
  REQUIRE(!versions.empty());
  CHECK(versions[0] == kVersion);
}

TEST_CASE(
    "Every setting is in greylisting.conf(5) and docs/settings.md, with its variable, values and default",
    "[documentation]") {
  const std::string page = man_section("greylisting.conf.5", "SETTINGS") + "\nEND";
  const std::string table = read_file(source_tree() / "docs/settings.md");
  const auto rows = Settings().rows();
  CHECK(rows.size() > 30);
  for (const auto& [key, value] : rows) {
    CAPTURE(key);
    const Documented setting = documented(key, value);
    const std::string item = item_of(key, page);
    CHECK_THAT(item, Contains("default " + setting.default_value + "."));
    CHECK_THAT(lowered(item), Contains(setting.bounds));

    const std::string row = "\\| `" + key + "` \\| `" + variable_of(key) + "` \\|([^|\n]*\\|[^|\n]*)\\|";
    const Words cells = matches(table, row);
    REQUIRE(cells.size() == 1);
    CHECK_THAT(without_quotes(cells[0]), Contains("| " + setting.default_value + " "));
    CHECK_THAT(cells[0], Contains(setting.bounds));

    for (const std::string& word : setting.words) {
      CHECK(std::regex_search(item, std::regex("(^|[ (])" + word + "([ ,.;)]|$)")));
      CHECK_THAT(cells[0], Contains('`' + word + '`'));
    }
  }
  CHECK(matches(page, "\n +[a-z0-9_]+ \\((GL[A-Z0-9]+)\\)\n").size() == rows.size());
  CHECK(matches(table, "\n\\| `[a-z0-9_]+` \\| `(GL[A-Z0-9]+)` \\|").size() == rows.size());
}

TEST_CASE("The settings in greylisting.conf(5) and docs/settings.md are those of the table",
          "[documentation]") {
  for (const auto& [file, text] : {std::pair("man/greylisting.conf.5", settings_as_mdoc()),
                                   std::pair("docs/settings.md", settings_as_markdown())}) {
    const std::string document = read_file(source_tree() / file);
    if (with_generated(document, text) != document)
      FAIL_CHECK(file << " is out of date: run make docs, and commit what it has changed");
  }
  CHECK(with_generated("a\ngenerated by make docs: begin\nb\nc\n.generated by make docs: end\nd", "x\n") ==
        "a\ngenerated by make docs: begin\nx\n.generated by make docs: end\nd");
  CHECK_THROWS_WITH(with_generated("generated by make docs: begin\n", "x\n"),
                    Contains("\"generated by make docs: end\"; put both where"));
}

TEST_CASE("Every variable that is read is in greylisting(8) or greylisting.conf(5)", "[documentation]") {
  std::set<std::string> asked;
  // One for which nothing ends early.
  const Environment environment = [&asked](const char* name) -> const char* {
    asked.insert(name);
    const std::string variable = name;
    return variable == "RELAYCLIENT" || variable == "SMTP_AUTH_USER" || variable == "SMTPAUTHUSER" ? nullptr
                                                                                                   : "1";
  };
  CHECK(Session::is_greylisted(environment));
  static_cast<void>(Session::from(environment));
  static_cast<void>(Transaction::from(environment));
  const std::string interface = man_section("greylisting.8", "ENVIRONMENT");
  CHECK(asked.size() > 12);
  for (const std::string& variable : asked) {
    CAPTURE(variable);
    CHECK(std::regex_search(interface, std::regex("\n {5}([A-Z_]+, )*" + variable + "(, [A-Z_]+)*\n")));
  }

  asked.clear();
  static_cast<void>(load_settings([&asked](const char* name) -> const char* {
    asked.insert(name);
    return nullptr;
  }));
  const std::string settings = man_page("greylisting.conf.5");
  CHECK(asked.contains("GLCONFIGFILE"));
  for (const std::string& variable : asked) CHECK_THAT(settings, Contains(variable));
}

TEST_CASE("Every reason is in greylisting(8) and in README, in the same order", "[documentation]") {
  const std::string judgement = man_subsection("greylisting.8", "Order of judgement");
  std::size_t reasons = 0;
  for (; name(static_cast<Reason>(reasons)) != "unknown"; ++reasons) {
    const auto reason = static_cast<Reason>(reasons);
    CAPTURE(name(reason));
    std::string outcome(name(outcome_of(reason)));
    outcome[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(outcome[0])));
    CHECK_THAT(judgement, Contains("\n     " + std::string(name(reason)) + " " + outcome));
    CHECK_THAT(readme(), Contains('`' + std::string(name(reason)) + '`'));
  }
  Words in_page = matches(judgement, "\n {5}([a-z-]+) (?:Accepted|Deferred|Rejected)");
  CHECK(in_page.size() == reasons);
  std::erase(in_page, name(Reason::too_many));  // which is judged before the store is asked
  std::erase(in_page, name(Reason::shared));    // for another recipient's sake
  const Words in_readme =
      matches(readme_section("How it decides"), R"(\n\| [0-9]+ \|[^|\n]*\|[^|\n]*\| `([a-z-]+)` \|)");
  CHECK(in_page == in_readme);

  const Installation installation(Backend::sqlite);
  const Result explained = run({.arguments = {built("greylistctl"), "--home", installation.home(), "explain",
                                              "192.0.2.1", "<>", "bob@example.org", "--json"}});
  CAPTURE(explained.errors);
  REQUIRE(explained.status == 0);
  Words in_program;
  const auto explanation = nlohmann::json::parse(explained.output);
  for (const auto& step : explanation.at("steps")) {
    in_program.push_back(step.at("reason"));
    CHECK(step.at("row") == in_program.size());
  }
  CHECK(in_program == in_readme);
}

TEST_CASE("Every word of a log line is in greylisting(8)", "[documentation]") {
  const Decision decision{.reason = Reason::early,
                          .entry = "lists/1",
                          .record = 1,
                          .age = std::chrono::seconds(1),
                          .left = std::chrono::seconds(1)};
  const std::string line = describe(decision, {.spf_result = "pass"}, {});
  const Words fields = matches(' ' + line, " ([a-z]+)=");
  CHECK(fields.size() == 15);
  const std::string log = man_section("greylisting.8", "LOG");
  CHECK(matches(log, "\n {5}([a-z]+) [^\n]") == fields);
  // README has a line of the log, of an attempt for which no SPF was checked and no entry decided.
  Words in_readme = fields;
  std::erase(in_readme, "spf");
  std::erase(in_readme, "entry");
  const Words samples = matches(readme(), "\n    greylisting: (outcome=[^\n]+)");
  REQUIRE(samples.size() == 1);
  CHECK(matches(' ' + samples[0], " ([a-z]+)=") == in_readme);
}

TEST_CASE("Every subcommand and option is in greylistctl(8), and the other way round", "[documentation]") {
  const Help all = help();
  const std::string general = man_section("greylistctl.8", "DESCRIPTION");
  for (const std::string& option : all.options) CHECK_THAT(general, Contains(option));
  Words documented;
  for (const std::string& heading :
       matches(man_section("greylistctl.8", "SUBCOMMANDS"), "\n {3}([a-z, ]+)\n")) {
    const Words words = split(heading);
    documented.insert(documented.end(), words.begin(), words.end());
  }
  CHECK(std::set(documented.begin(), documented.end()) ==
        std::set(all.subcommands.begin(), all.subcommands.end()));

  std::map<std::string, std::set<std::string>> options;  // by what is said of a subcommand and others like it
  for (const std::string& subcommand : all.subcommands) {
    CAPTURE(subcommand);
    const Help its = help(subcommand);
    CHECK_THAT(its.text, Contains("Example: greylistctl " + subcommand));
    const std::string text = about(subcommand);
    CHECK_THAT(text, Contains("\n greylistctl " + subcommand) || Contains(" greylistctl " + subcommand));
    CHECK_THAT(text, Contains("# greylistctl " + subcommand));
    for (const std::string& word : its.words)
      CHECK(std::regex_search(text, std::regex("[ \\[]" + word + "[ ,.;\n\\]]")));
    for (const std::string& option : its.options) {
      if (option != "--help") options[text].insert(option);
    }
  }
  for (const auto& [text, expected] : options) {
    const Words found = matches(text, "\n {5}(--[a-z-]+)");
    CHECK(std::set(found.begin(), found.end()) == expected);
  }
}

TEST_CASE("Every key that --json prints is in greylistctl(8)", "[documentation]") {
  const Installation installation(Backend::sqlite);
  installation.attempt();
  // Of another host, a client that is trusted, and one of a group.
  const std::string at = installation.seconds_from_now(-3600);
  const std::string later = installation.seconds_from_now(3600);
  installation.sql("INSERT INTO greylisting_history (period, kind, name, host, total) VALUES (" + at +
                   ", 'decision', 'known', 'mx2', 1)");
  for (const std::string group : {"NULL", "x'01'"}) {
    for (int i = 0; i < 9; ++i) {
      installation.sql(
          "INSERT INTO greylisting_clients (client, identity, member_of, passes, counted, expires) "
          "VALUES (x'" +
          std::string(group == "NULL" ? "0" : "1") + std::to_string(i) + "', 'x" + std::to_string(i) + "', " +
          group + ", 9, " + at + ", " + later + ")");
    }
  }
  const std::string ctl = built("greylistctl").string() + " --home " + installation.home().string() + ' ';
  REQUIRE(run({.arguments = {"sh", "-c",
                             ctl + "deny sender /^x@y.example$/ --reply '550 no' && " + ctl +
                                 "greylist bob@example.org --block 1"}})
              .status == 0);
  installation.sql(
      "INSERT INTO greylisting_entries (action, kind, pattern, subject, specificity, expires) VALUES "
      "('deny', "
      "'sender-address', 'a\xff', x'00', 1, '9999-12-31 23:59:59')");

  std::size_t keys = 0;
  const auto check_keys = [&keys](const auto& self, const nlohmann::json& value,
                                  const std::string& text) -> void {
    for (const auto& [key, its] : value.items()) {
      if (value.is_object()) {
        CAPTURE(key);
        CHECK(std::regex_search(text, std::regex("[ (]" + key + "[ ,.;)]")));
        ++keys;
      }
      // The keys of these are actions and reasons.
      if (its.is_structured() && key != "entries" && key != "decisions") self(self, its, text);
    }
  };
  for (const std::string command :
       {"status", "explain 192.0.2.1 '<>' b@example.org", "find", "list", "list trusted", "settings --all"}) {
    CAPTURE(command);
    const std::size_t before = keys;
    const Result result = run({.arguments = {"sh", "-c", ctl + command + " --json"}});
    REQUIRE(result.status == 0);
    const std::string text = replaced(about(command.substr(0, command.find(' '))), "\\s+", " ");
    check_keys(check_keys, nlohmann::json::parse(result.output), text);
    CHECK(keys - before >= 8);
  }
}

TEST_CASE("Every example of greylistctl(8) works as it is written", "[documentation]") {
  const Installation installation(Backend::sqlite);
  list_the_plugin(installation);
  const TemporaryDirectory here;
  write_file(here / "whitelist_clients", "192.0.2.0/24\n/^smtp[0-9]+\\.example\\.net$/\n");
  write_file(here / "smtpd/current", "");
  const Words examples = matches(man_page("greylistctl.8"), "\n +# ([^\n]+)");
  CHECK(examples.size() > 10);
  for (const std::string& example : examples) {
    CAPTURE(example);
    if (example.starts_with("greylistctl tail") || example.ends_with(" --watch"))
      continue;  // they do not end
    const Result result = run({.arguments = {"sh", "-c", "PATH=$1:$PATH; eval \"$2\"", "sh",
                                             built("greylistctl").parent_path(), example},
                               .environment = {{"QMAILDIR", installation.home()}},
                               .directory = here.path()});
    CAPTURE(result.output, result.errors);
    CHECK(result.status == 0);
    CHECK(result.errors.empty());
  }
}

TEST_CASE("Every entry that README and docs/ make is made", "[documentation]") {
  const std::string command = "greylistctl (?:allow|deny|trap|greylist|skip) ";
  const std::string text = text_of_documents();
  Words commands = matches(text, '`' + std::string("(") + command + "[^`]+)`");
  const Words in_blocks = matches(text, "\n {4}(?:\\$ )?(" + command + "[^\n]+)");
  commands.insert(commands.end(), in_blocks.begin(), in_blocks.end());
  CHECK(commands.size() > 10);
  const Installation installation(Backend::sqlite);
  for (const std::string& each : commands) {
    CAPTURE(each);
    const Result result = run({.arguments = {"sh", "-c", "PATH=$1:$PATH; eval \"$2\"", "sh",
                                             built("greylistctl").parent_path(), replaced(each, "\n", " ")},
                               .environment = {{"QMAILDIR", installation.home()}}});
    CAPTURE(result.output, result.errors);
    CHECK(result.status == 0);
    CHECK(result.errors.empty());
  }
}

TEST_CASE("The examples of greylisting.conf(5) and greylisting(8) work as they are written",
          "[documentation]") {
  const std::string examples = man_section("greylisting.conf.5", "EXAMPLES");
  const auto block = [&examples](const std::string& introduction) {
    std::smatch found;
    REQUIRE(std::regex_search(examples, found, std::regex(introduction + "[^\n]*\n\n((?: +[^\n]*\n)+)")));
    return replaced(found[1], "(^|\n) +", "$1");
  };
  const auto settings = parse_settings("sample", block("Settings"), [](const char*) { return nullptr; });
  CAPTURE(settings.problems);
  CHECK(settings.problems.empty());
  CHECK(settings.settings.record_expire.count() == 2880);

  const Installation installation(Backend::sqlite, "greylist=suspicious");
  // One of them ends some day.
  const std::string entries = replaced(block("Entries of"), "until=[0-9]+", "until=9999");
  write_file(installation.home() / "control/greylisting_deny", entries, 0644);
  write_file(installation.home() / "control/greylisting_suspicious", block("Rules of"), 0644);
  const auto reason = [&installation](Rcpt rcpt) {
    rcpt.environment.insert({{"TCPREMOTEHOST", "mail.example.net"}, {"SMTPHELOHOST", "mail.example.net"}});
    const Result result = installation.attempt(rcpt);
    CHECK(lines(result.errors) == 1);
    return logged(result, "reason");
  };
  CHECK(reason({.recipient = "sales@example.org"}) == "new");
  CHECK(reason({.recipient = "bob@example.org"}) == "not-suspicious");
  CHECK(reason({.environment = {{"TCPREMOTEHOST", "mail.example"}}}) == "new");
  CHECK(reason({.client = "198.51.100.9", .recipient = "info@example.org"}) == "denied");
  CHECK(reason({.sender = "promo-12@example.net", .recipient = "info@example.org"}) == "denied");
  const Result spam = installation.attempt({.sender = "eve@spam.example"});
  CHECK(spam.output == "E550 no thank you\n");

  std::smatch by_hand;
  const std::string plugin_page = man_section("greylisting.8", "EXAMPLES");
  REQUIRE(std::regex_search(plugin_page, by_hand,
                            std::regex("\n +\\$ ((?:[^\n]*\\\\\n)+[^\n]*)\n +(E[^\n]*)\n")));
  const Installation plain(Backend::sqlite);
  fs::create_directory(plain.home() / "plugins");
  fs::create_symlink(built("greylisting"), plain.home() / "plugins/greylisting");
  const Result attempt = run({.arguments = {"sh", "-c", by_hand[1]}, .directory = plain.home()});
  CHECK(attempt.output == by_hand[2].str() + '\n');
}

TEST_CASE("Each kind of late mail that is told of has a test", "[documentation]") {
  const std::map<std::string, std::string> tests{
      {"mailing lists and newsletters", "sender_form: a sender that changes with every message is one"},
      {"forwarded mail (SRS)", "Pattern: an entry for a sender matches its mail through SRS"},
      {"answers to your users", "answers are expected"},
      {"sign-in codes and links",
       "greylistctl expect accepts all mail to somebody for a while, and the list shows it"},
      {"providers that retry from other networks", "judgement: pools"},
      {"servers that try again late",
       "with the block that is built in, the mail of ten providers waits for 5:35 at the median"},
      {"clients that retried before", "judgement: trust"},
      {"clients through NAT64", "greylisting-policy: a client of NAT64 is the IPv4 client"},
      {"any mail while a clock was wrong",
       "a record that was first seen in the future is blocked from now for no longer than a block"}};
  std::string sources;
  for (const auto& file : fs::recursive_directory_iterator(source_tree() / "tests")) {
    if (file.path().extension() == ".cpp" && file.path().filename() != "documentation_test.cpp")
      sources += read_file(file.path());
  }
  const Words rows = matches(readme_section("Mail that comes late"), R"(\n\| ([^|]+) \| [^|]+ \|(?=\n))");
  std::size_t known = 0;
  for (const std::string& row : rows) {
    CAPTURE(row);
    if (row == "kind of mail" || row == "---") continue;
    const auto test =
        std::ranges::find_if(tests, [&row](const auto& each) { return row.starts_with(each.first); });
    REQUIRE(test != tests.end());
    CHECK(sources.find('"' + test->second + '"') != std::string::npos);
    ++known;
  }
  CHECK(known == tests.size());
}

TEST_CASE("bash completes subcommands, options, words and file names", "[documentation]") {
  const Offers expected = expected_offers();
  const TemporaryDirectory here;
  write_file(here / "a-list", "");
  check_offers(offers_of_bash(expected, {.arguments = {}, .directory = here.path()}), expected);
}

TEST_CASE("zsh completes subcommands, options, words and file names", "[documentation]") {
  if (!is_installed("zsh")) {
    WARN("zsh is not installed: its completion is not tested");
    return;
  }
  const Offers expected = expected_offers();
  const TemporaryDirectory here;
  const TemporaryDirectory scratch;
  write_file(here / "a-list", "");
  check_offers(
      offers_of(run({.arguments = {"timeout", "60", "zsh", "-f", source_tree() / "tests/support/complete.zsh",
                                   source_tree() / "scripts/completion", scratch.path()},
                     .directory = here.path(),
                     .input = input_of(expected)})),
      expected);
}

TEST_CASE("bash and zsh know the entries and the clients of the store", "[documentation]") {
  const Installation installation(Backend::sqlite);
  installation.put({"deny", "sender", "spam.example"});
  installation.put({"allow", "client", "2001:db8::/32"});
  for (const std::string recipient : {"bob@example.org", "carol@example.org"})
    REQUIRE(ctl(installation, {"expect", recipient, "--for", "1h"}).status == 0);
  const std::string later = installation.seconds_from_now(86400);
  for (const std::string identity : {"192.0.2.0/24", "2001:db8::/64"})
    installation.sql(
        "INSERT INTO greylisting_clients (client, identity, passes, counted, expires) VALUES (x'" +
        std::string(identity.starts_with('2') ? "01" : "02") + "', '" + identity + "', 99, " + later + ", " +
        later + ")");
  const std::string line = "greylistctl --home " + installation.home().string() + " remove ";
  Offers expected{{line + "ent", {"entries/1", "entries/2"}},
                  {line + "trusted ", {"192.0.2.0/24", "2001:db8::/64"}},
                  {line + "trusted 2001:", {"2001:db8::/64"}},
                  {line + "trusted 2001:d", {"2001:db8::/64"}},
                  {line + "expected ", {"bob@example.org", "carol@example.org"}},
                  {line + "expected bob@", {"bob@example.org"}},
                  {line + "recipient ", {}},
                  {line + "trapped ", {}}};
  const TemporaryDirectory programs;
  fs::create_symlink(built("greylistctl"), programs / "greylistctl");
  const std::map<std::string, std::string> environment{
      {"PATH", programs.path().string() + ':' + std::getenv("PATH")}};
  check_offers(offers_of_bash(expected, {.arguments = {}, .environment = environment}), expected);
  // Where bash shows what there is, it stands beside it what each is.
  Offers shown = offers_of_bash({{line + "ent", {}}}, {.arguments = {}, .environment = environment}, "63");
  CHECK(std::ranges::any_of(shown[line + "ent"], [](const std::string& word) {
    return std::regex_search(word, std::regex("^entries/1 +deny +sender +spam.example"));
  }));
  if (!is_installed("zsh")) {
    WARN("zsh is not installed: its completion is not tested");
    return;
  }
  const TemporaryDirectory scratch;
  check_offers(
      offers_of(run({.arguments = {"timeout", "60", "zsh", "-f", source_tree() / "tests/support/complete.zsh",
                                   source_tree() / "scripts/completion", scratch.path()},
                     .environment = environment,
                     .input = input_of(expected)})),
      expected);
  // What each is stands beside it.
  CHECK(std::regex_search(read_file(scratch / "texts"),
                          std::regex("entries/1 +-- +deny +sender +spam.example")));
}

}  // namespace greylisting::test
