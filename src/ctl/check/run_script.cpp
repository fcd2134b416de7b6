#include "ctl/check/run_script.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "ctl/check/content.h"
#include "text/number.h"

namespace greylisting::ctl {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

constexpr std::size_t kLargestScript = 65536;

std::optional<std::string> read_script(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error) || fs::file_size(file, error) > kLargestScript) return std::nullopt;
  return content_of(file);
}

// With lines that go on after a backslash in one piece, and with the name in place of `id -u NAME`.
std::string joined(const std::string& text) {
  static const std::regex continued(R"(\\\n)");
  static const std::regex id(R"((?:`|\$\()\s*id\s+-[ugr]+\s+([A-Za-z0-9_.-]+)\s*(?:`|\)))");
  return std::regex_replace(std::regex_replace(text, continued, " "), id, "$1");
}

// The words of one line up to a comment. Quotes hold a word together and are taken away; a semicolon is a
// word.
Words script_words(const std::string& line) {
  Words words;
  std::string word;
  bool is_word = false;
  char quote = '\0';
  const auto end_word = [&] {
    if (is_word) words.push_back(std::exchange(word, ""));
    is_word = false;
  };
  for (const char c : line) {
    if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      is_word = true;
    } else if (c == ' ' || c == '\t' || c == ';') {
      end_word();
      if (c == ';') words.emplace_back(";");
    } else if (c == '#' && !is_word) {
      break;
    } else {
      word += c;
      is_word = true;
    }
  }
  end_word();
  return words;
}

// `$QMAILDUID` and `${QMAILDUID}` as the script sets them; empty for what it does not.
std::string expanded(const std::string& word, const Variables& variables) {
  if (!word.starts_with('$')) return word;
  std::string name = word.substr(1);
  std::erase_if(name, [](char c) { return c == '{' || c == '}'; });
  const auto variable = variables.find(name);
  return variable == variables.end() ? "" : variable->second;
}

// Whose options are told from those of others.
constexpr std::array<std::string_view, 6> kPrograms{"env",    "softlimit", "chpst",
                                                    "ulimit", "tcpserver", "sslserver"};

// What an option of a program that sets limits is about; nothing for others.
std::vector<int> resources_of(const std::string& program, const std::string& option) {
  static const std::map<char, std::vector<int>> of_shell{
      {'v', {RLIMIT_AS}}, {'d', {RLIMIT_DATA}}, {'n', {RLIMIT_NOFILE}}};
  static const std::map<char, std::vector<int>> of_softlimit{
      {'m', {RLIMIT_DATA, RLIMIT_STACK, RLIMIT_MEMLOCK, RLIMIT_AS}},
      {'a', {RLIMIT_AS}},
      {'d', {RLIMIT_DATA}},
      {'f', {RLIMIT_FSIZE}},
      {'o', {RLIMIT_NOFILE}}};
  if (option.size() < 2 || (program != "ulimit" && program != "softlimit" && program != "chpst")) return {};
  const auto& all = program == "ulimit" ? of_shell : of_softlimit;
  const auto found = all.find(option[1]);
  return found == all.end() ? std::vector<int>() : found->second;
}

// The shell counts memory in KB.
std::uint64_t unit_of(const std::string& how, int resource) {
  return how.starts_with("ulimit") && resource != RLIMIT_NOFILE ? 1024 : 1;
}

bool is_server(const std::string& program) { return program == "tcpserver" || program == "sslserver"; }

class RunScriptReader {
 public:
  explicit RunScriptReader(const std::string& file) { script_.file = file; }

  RunScript read(const std::string& text) {
    std::istringstream lines(joined(text));
    for (std::string line; std::getline(lines, line);) {
      Words command;
      for (std::string& word : script_words(line)) {
        if (word != ";") {
          command.push_back(std::move(word));
        } else {
          take(std::exchange(command, {}));
        }
      }
      take(std::move(command));
    }
    for (const std::string& name : exported_) {
      if (variables_.contains(name)) script_.environment[name] = variables_[name];
    }
    return std::move(script_);
  }

 private:
  // One command: assignments, an export, or programs that start one another.
  void take(Words words) {
    const bool exports = !words.empty() && words.front() == "export";
    if (exports) words.erase(words.begin());
    static const std::regex assignment("([A-Za-z_][A-Za-z0-9_]*)=([^]*)");
    std::vector<std::pair<std::string, std::string>> set;
    auto word = words.begin();
    for (std::smatch found; word != words.end(); ++word) {
      if (std::regex_match(*word, found, assignment)) {
        set.emplace_back(found[1], expanded(found[2], variables_));
      } else if (!exports) {
        break;
      }
      if (exports) exported_.push_back(word->substr(0, word->find('=')));
    }
    const bool is_for_command = word != words.end();
    for (const auto& [name, value] : set) (is_for_command ? script_.environment : variables_)[name] = value;
    take_programs({word, words.end()});
  }

  // Programs that start one another, each with its options.
  void take_programs(const Words& words) {
    std::string program;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      const std::string next = i + 1 < words.size() ? expanded(words[i + 1], variables_) : "";
      if (word.starts_with('-')) {
        if (take_option(program, word, next)) ++i;
        continue;
      }
      const std::string name = fs::path(word).filename();
      const std::size_t sign = word.find('=');
      if (program == "env" && sign != std::string::npos)
        script_.environment[word.substr(0, sign)] = expanded(word.substr(sign + 1), variables_);
      if (name == "setuidgid" || name == "s6-setuidgid" || name == "envuidgid") take_user(next);
      if (name == "envdir" || name == "s6-envdir") take_directory(next);
      if (name == "greylisting-front") script_.has_front = true;
      if (is_server(name)) script_.has_tcpserver = true;
      if (std::ranges::find(kPrograms, name) != kPrograms.end()) program = name;
    }
  }

  // Whether the option has taken the next word as well.
  bool take_option(const std::string& program, const std::string& word, const std::string& next) {
    if (const auto resources = resources_of(program, word); !resources.empty()) {
      limit(program + ' ' + word.substr(0, 2), resources, word.size() > 2 ? word.substr(2) : next);
      return word.size() == 2;
    }
    if (word.back() == 'u') {
      take_user(next);
    } else if (word == "-g" && script_.group.empty()) {
      script_.group = next;
    } else if (word == "-e" && program == "chpst") {
      take_directory(next);
    } else if ((word.back() == 'x' || word.back() == 'X') && is_server(program)) {
      script_.rules = in_service(next);
      script_.may_lack_rules = word.back() == 'X';
    } else {
      return false;
    }
    return true;
  }

  void take_user(const std::string& word) {
    if (!script_.user.empty() || !std::regex_match(word, std::regex("[A-Za-z0-9_.:-]+"))) return;
    script_.user = word.substr(0, word.find(':'));
    if (word.find(':') != std::string::npos) script_.group = word.substr(word.find(':') + 1);
  }

  // The least of each counts.
  void limit(const std::string& how, const std::vector<int>& resources, const std::string& value) {
    const auto number = number_of<std::uint64_t>(value);
    if (!number || *number == 0) return;
    for (const int resource : resources) {
      const auto [limit, is_first] = script_.limits.try_emplace(resource, *number * unit_of(how, resource));
      limit->second = std::min(limit->second, *number * unit_of(how, resource));
    }
    script_.limits_said += (script_.limits_said.empty() ? "" : ", ") + how + ' ' + value;
  }

  // A file a variable, its first line the value.
  void take_directory(const std::string& directory) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(in_service(directory), error)) {
      const auto text = read_script(entry.path());
      if (text) script_.environment[entry.path().filename()] = text->substr(0, text->find('\n'));
    }
  }

  std::string in_service(const std::string& file) const {
    return file.empty() ? "" : (fs::path(script_.file).parent_path() / file).string();
  }

  RunScript script_;
  Variables variables_;
  Words exported_;
};

}  // namespace

RunScript parse_run_script(const std::string& file, const std::string& text) {
  return RunScriptReader(file).read(text);
}

std::optional<RunScript> find_run_script() {
  const std::string own = (fs::current_path() / "bin/qmail-smtpd").string();
  std::optional<RunScript> first;
  for (const auto& [directory, names] : {std::pair<std::string, std::string>{"supervise", "qmail-smtpd"},
                                         {"/service", own},
                                         {"/etc/service", own},
                                         {"/var/service", own},
                                         {"/etc/sv", own}}) {
    std::error_code error;
    std::vector<fs::path> services;
    for (const auto& entry : fs::directory_iterator(directory, error)) services.push_back(entry.path());
    std::ranges::sort(services);
    for (const fs::path& service : services) {
      const auto text = read_script(service / "run");
      if (!text || text->find(names) == std::string::npos) continue;
      RunScript script = parse_run_script(service / "run", *text);
      if (!script.user.empty()) return script;
      if (!first) first = std::move(script);
    }
  }
  return first;
}

}  // namespace greylisting::ctl
