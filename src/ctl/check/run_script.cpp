#include "ctl/check/run_script.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <regex>
#include <set>
#include <string_view>
#include <system_error>

#include "ctl/check/program_steps.h"
#include "ctl/check/shell_words.h"
#include "text/number.h"

namespace greylisting::ctl {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<ShellWord>;

constexpr int kMostReadIn = 8;  // scripts within scripts

// What an option of a program that sets limits is about; nothing for others.
std::vector<int> resources_of(const std::string& program, const std::string& option) {
  static const std::map<char, std::vector<int>> of_shell{{'v', {RLIMIT_AS}},     {'d', {RLIMIT_DATA}},
                                                         {'n', {RLIMIT_NOFILE}}, {'f', {RLIMIT_FSIZE}},
                                                         {'t', {RLIMIT_CPU}},    {'s', {RLIMIT_STACK}}};
  static const std::map<char, std::vector<int>> of_softlimit{
      {'m', {RLIMIT_DATA, RLIMIT_STACK, RLIMIT_MEMLOCK, RLIMIT_AS}},
      {'a', {RLIMIT_AS}},
      {'d', {RLIMIT_DATA}},
      {'f', {RLIMIT_FSIZE}},
      {'o', {RLIMIT_NOFILE}},
      {'t', {RLIMIT_CPU}},
      {'s', {RLIMIT_STACK}}};
  const auto& all = program == "ulimit" ? of_shell : of_softlimit;
  const auto found = all.find(option[1]);
  return found == all.end() ? std::vector<int>() : found->second;
}

// The shell counts memory in KB, and files in blocks.
std::uint64_t unit_of(const std::string& program, int resource) {
  if (program != "ulimit" || resource == RLIMIT_NOFILE || resource == RLIMIT_CPU) return 1;
  return resource == RLIMIT_FSIZE ? 512 : 1024;
}

bool is_submission_port(const std::string& word) {
  constexpr std::array<std::string_view, 5> kPorts{"465", "587", "smtps", "submission", "submissions"};
  return std::ranges::find(kPorts, word) != kPorts.end();
}

void change(RunScript::Environment& environment, const VariableChange& change) {
  if (change.value) {
    environment[change.name] = *change.value;
  } else if (change.name.empty()) {
    environment.clear();
  } else {
    environment.erase(change.name);
  }
}

// An assignment's name and value; what of the value is not known counts as empty, but not in $NAME.
struct Assigned {
  std::string name;
  std::optional<std::string> value;
};

std::optional<Assigned> assigned(const ShellWord& word) {
  const std::size_t sign = word.text.find('=');
  if (sign == std::string::npos ||
      !std::regex_match(word.text.substr(0, sign), std::regex("[A-Za-z_][A-Za-z0-9_]*")))
    return std::nullopt;
  return Assigned{word.text.substr(0, sign),
                  word.is_known ? std::optional(word.text.substr(sign + 1)) : std::nullopt};
}

// Whether `exec` is followed by a program, and not by redirections alone.
bool is_replaced(const Words& words) {
  for (auto word = words.begin() + 1; word != words.end(); ++word) {
    const std::size_t sign = word->text.find_first_not_of("0123456789&");
    if (sign == std::string::npos || std::string_view("<>").find(word->text[sign]) == std::string_view::npos)
      return true;
    if (word->text.find_first_not_of("<>|", sign) == std::string::npos && ++word == words.end()) break;
  }
  return false;
}

class RunScriptReader {
 public:
  explicit RunScriptReader(const std::string& file) : directory_(fs::path(file).parent_path()) {
    script_.file = file;
  }

  RunScript read(const std::string& text) {
    take_script(script_.file, text, false, kMostReadIn);
    return std::move(script_);
  }

 private:
  void take_script(const std::string& file, std::string text, bool is_conditional, int most_read_in) {
    // To execline a line's end is a blank, and all of the script one command.
    is_execline_ = text.substr(0, text.find('\n')).find("execline") != std::string::npos;
    ShellCommands commands(std::move(text), variables_, directory_);
    while (!has_ended_) {
      auto command = commands.next();
      if (!command) return;
      place_ = file + ':' + std::to_string(command->line);
      is_conditional_ = (is_conditional || command->is_conditional) && !is_execline_;
      take(command->words, most_read_in);
    }
  }

  void take(const Words& words, int most_read_in) {
    const std::string name = words.front().text;
    const Words arguments(words.begin() + 1, words.end());
    if (name == "export") return take_exports(arguments);
    if (name == "unset") return take_unset(arguments);
    const bool has_one = arguments.size() == 1 && arguments.front().is_known;
    if (name == "cd" && has_one) {
      if (!is_conditional_) directory_ /= arguments.front().text;
    } else if ((name == "." || name == "source") && has_one && most_read_in > 0) {
      const std::string file = in_service(arguments.front().text);
      if (auto text = read_script(file))
        take_script(file, std::move(*text), is_conditional_, most_read_in - 1);
    } else {
      take_command(words);
      has_ended_ =
          !is_conditional_ && !is_execline_ && (name == "exit" || (name == "exec" && is_replaced(words)));
    }
  }

  void take_exports(const Words& words) {
    for (const ShellWord& word : words) {
      const auto its = assigned(word);
      exported_.insert(its ? its->name : word.text);
      if (its) {
        assign(*its);
      } else if (const auto variable = variables_.find(word.text); variable != variables_.end()) {
        set(word.text, variable->second);
      }
    }
  }

  void take_unset(const Words& words) {
    for (const ShellWord& word : words) {
      if (!is_conditional_) {
        variables_.erase(word.text);
        exported_.erase(word.text);
      }
      make({word.text, std::nullopt});
    }
  }

  void assign(const Assigned& its) {
    const auto [variable, is_new] = variables_.try_emplace(its.name, its.value);
    if (variable->second != its.value || is_new)
      variable->second = is_conditional_ ? std::nullopt : its.value;
    if (exported_.contains(its.name)) set(its.name, its.value);
  }

  void set(const std::string& name, const std::optional<std::string>& value) {
    make({name, value.value_or("")});
    if (!value) script_.doubts.try_emplace(name, place_);
  }

  // To the environment of what tcpserver is started by.
  void make(const VariableChange& its) {
    auto& environment = script_.environment;
    if (!is_conditional_) {
      if (its.name.empty()) script_.doubts.clear();
      script_.doubts.erase(its.name);
      return change(environment, its);
    }
    const auto found = environment.find(its.name);
    if (its.value ? found != environment.end() && found->second == *its.value : found == environment.end())
      return;
    script_.doubts.try_emplace(its.name, place_);
    if (its.value && !stops_plugin(its.name)) environment.try_emplace(its.name, *its.value);
  }

  // Assignments, or a command that may have some in front.
  void take_command(const Words& words) {
    auto word = words.begin();
    std::vector<Assigned> assigned_here;
    for (; word != words.end(); ++word) {
      auto its = assigned(*word);
      if (!its) break;
      assigned_here.push_back(std::move(*its));
    }
    const Words rest(word, words.end());
    if (rest.empty()) {
      for (const Assigned& its : assigned_here) assign(its);
    } else if (is_execline_ || starts_host(rest)) {
      const bool has_smtpd = mentions(rest, "qmail-smtpd");
      if (is_conditional_) {
        if (!has_smtpd) return;
        script_.doubts.try_emplace("", place_);
        if (script_.has_smtpd) return;
      }
      const bool is_conditional = std::exchange(is_conditional_, false);
      for (const Assigned& its : assigned_here) set(its.name, its.value);
      script_.has_smtpd = script_.has_smtpd || has_smtpd;
      take_steps(rest);
      is_conditional_ = is_conditional;
    } else if (rest.front().text == "ulimit" && !is_conditional_) {
      take_steps(rest);
    }
  }

  static bool mentions(const Words& words, std::string_view name) {
    return std::ranges::any_of(
        words, [name](const ShellWord& word) { return word.text.find(name) != std::string::npos; });
  }

  static bool starts_host(const Words& words) {
    constexpr std::array<std::string_view, 4> kSayers{"echo", "printf", "test", "["};
    if (std::ranges::find(kSayers, words.front().text) != kSayers.end()) return false;
    return words.front().text == "exec" || mentions(words, "smtpd") || mentions(words, "tcpserver") ||
           mentions(words, "sslserver");
  }

  void take_steps(const Words& words) {
    bool is_behind_server = false;
    for (const Step& step : steps_of(words)) {
      const auto make_there = [&](const VariableChange& its) {
        if (is_behind_server) {
          script_.after_rules.push_back(its);
        } else {
          make(its);
        }
      };
      switch (step.what) {
        case Step::What::starts:
          is_behind_server = is_behind_server || is_server(step.program);
          script_.has_front = script_.has_front || step.program == "greylisting-front";
          break;
        case Step::What::user:
          take_user(step);
          break;
        case Step::What::group:
          if (script_.group.empty() && step.value.is_known) script_.group = step.value.text;
          break;
        case Step::What::directory:
          if (step.value.is_known) take_directory(step.value.text, make_there);
          break;
        case Step::What::sets:
          make_there({step.value.text.substr(0, step.value.text.find('=')),
                      step.value.is_known ? step.value.text.substr(step.value.text.find('=') + 1) : ""});
          break;
        case Step::What::unsets:
          make_there({step.value.text, std::nullopt});
          break;
        case Step::What::clears:
          make_there({});
          break;
        case Step::What::rules:
          script_.rules = step.value.is_known ? in_service(step.value.text) : "";
          script_.unread_rules = step.value.is_known ? "" : step.program + " -x " + step.value.text;
          break;
        case Step::What::may_lack_rules:
          script_.may_lack_rules = true;
          break;
        case Step::What::limits:
          limit(step);
          break;
      }
    }
    if (!is_behind_server) return;
    script_.has_tcpserver = true;
    script_.is_submission =
        std::ranges::any_of(words, [](const ShellWord& word) { return is_submission_port(word.text); });
  }

  // The first counts, as nobody but root can become another.
  void take_user(const Step& step) {
    if (!script_.user.empty() && script_.user != "root" && script_.user != "0") return;
    std::string user = step.value.text.substr(step.value.text.starts_with(':') ? 1 : 0);
    if (!step.value.is_known || !std::regex_match(user, std::regex("[A-Za-z0-9_.:-]+"))) {
      if (script_.unread_user.empty())
        script_.unread_user =
            step.program + (step.option.empty() ? "" : ' ' + step.option) + ' ' + step.value.text;
      return;
    }
    const std::size_t sign = user.find(':');
    if (sign != std::string::npos) script_.group = user.substr(sign + 1, user.find(':', sign + 1) - sign - 1);
    script_.user = user.substr(0, sign);
    script_.keeps_group = is_server(step.program) || step.program == "setpriv";
  }

  // The least of each counts.
  void limit(const Step& step) {
    const auto number = number_of<std::uint64_t>(step.value.text);
    const auto resources = resources_of(step.program, step.option);
    if (resources.empty() || !number) return;
    for (const int resource : resources) {
      const std::uint64_t most = *number * unit_of(step.program, resource);
      const auto [limit, is_first] = script_.limits.try_emplace(resource, most);
      limit->second = std::min(limit->second, most);
    }
    script_.limits_said +=
        (script_.limits_said.empty() ? "" : ", ") + step.program + ' ' + step.option + ' ' + step.value.text;
  }

  // A file a variable, its first line the value, without blanks at its end; an empty file unsets it.
  template <typename Make>
  void take_directory(const std::string& directory, const Make& make_there) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(in_service(directory), error)) {
      const std::string name = entry.path().filename();
      const auto text = read_script(entry.path());
      if (!text || name.starts_with('.') || name.find('=') != std::string::npos) continue;
      const std::string line = text->substr(0, text->find('\n'));
      make_there({name, text->empty() ? std::nullopt
                                      : std::optional(line.substr(0, line.find_last_not_of(" \t") + 1))});
    }
  }

  std::string in_service(const std::string& file) const {
    return file.empty() ? "" : (directory_ / file).string();
  }

  RunScript script_;
  fs::path directory_;
  ShellVariables variables_{{"PATH", kServicePath}};
  std::set<std::string> exported_{"PATH"};
  bool is_execline_ = false;
  // Of the command at hand.
  std::string place_;
  bool is_conditional_ = false;
  bool has_ended_ = false;
};

// The services in a directory, which svscan does not start where their name begins with a dot.
std::vector<fs::path> services_in(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> services;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (!entry.path().filename().string().starts_with('.')) services.push_back(entry.path());
  }
  std::ranges::sort(services);
  return services;
}

}  // namespace

bool stops_plugin(const std::string& variable) { return variable == "NOSPP" || variable == "RELAYCLIENT"; }

RunScript::Environment RunScript::environment_with(
    const std::vector<std::pair<std::string, std::string>>& of_rule) const {
  Environment all = environment;
  for (const auto& [name, value] : of_rule) all.insert_or_assign(name, value);
  for (const VariableChange& its : after_rules) change(all, its);
  return all;
}

RunScript parse_run_script(const std::string& file, const std::string& text) {
  return RunScriptReader(file).read(text);
}

std::vector<RunScript> find_run_scripts() {
  const std::string own = (fs::current_path() / "bin/qmail-smtpd").string();
  const auto place_of = [](const fs::path& service) {
    std::error_code error;
    return fs::canonical(service, error);
  };
  std::vector<fs::path> services;
  std::set<fs::path> running;
  for (const char* const directory : {"/service", "/etc/service", "/var/service"}) {
    for (const fs::path& service : services_in(directory)) {
      services.push_back(service);
      running.insert(place_of(service));
    }
  }
  const auto is_running = [&](const fs::path& service) { return running.contains(place_of(service)); };
  std::vector<RunScript> scripts;
  std::set<fs::path> seen;
  const auto take = [&](const fs::path& service, const std::string& name) {
    const auto text = read_script(service / "run");
    if (!text || text->find(name) == std::string::npos || !seen.insert(place_of(service)).second) return;
    scripts.push_back(parse_run_script(service / "run", *text));
  };
  for (const auto& [directory, name] :
       {std::pair<std::string, std::string>{"supervise", "qmail-smtpd"}, {"/etc/sv", own}}) {
    std::vector<fs::path> stock = services_in(directory);
    if (std::ranges::any_of(stock, is_running))
      std::erase_if(stock, [&](const fs::path& service) { return !is_running(service); });
    for (const fs::path& service : stock) take(service, name);
  }
  for (const fs::path& service : services) take(service, own);
  // Others may have its name in a comment.
  if (std::ranges::any_of(scripts, &RunScript::has_smtpd))
    std::erase_if(scripts, [](const RunScript& script) { return !script.has_smtpd; });
  return scripts;
}

std::optional<RunScript> find_run_script() {
  const std::vector<RunScript> scripts = find_run_scripts();
  if (scripts.empty()) return std::nullopt;
  const auto says = std::ranges::find_if(scripts, [](const RunScript& its) { return !its.user.empty(); });
  return says == scripts.end() ? scripts.front() : *says;
}

}  // namespace greylisting::ctl
