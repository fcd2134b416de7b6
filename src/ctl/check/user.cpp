#include "ctl/check/user.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <system_error>
#include <utility>

#include "ctl/commands.h"
#include "process/state_directory.h"
#include "text/number.h"

namespace greylisting::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestScript = 65536;

// With lines that go on after a backslash in one piece, without comment lines, and with the name in place of
// `id -u NAME`.
std::vector<std::string> lines_of(const std::string& text) {
  static const std::regex continued(R"(\\\n)");
  static const std::regex id(R"((?:`|\$\()\s*id\s+-[ugr]+\s+([A-Za-z0-9_.-]+)\s*(?:`|\)))");
  std::vector<std::string> lines;
  std::istringstream stream(std::regex_replace(std::regex_replace(text, continued, " "), id, "$1"));
  for (std::string line; std::getline(stream, line);) {
    const auto first = line.find_first_not_of(" \t");
    if (first != std::string::npos && line[first] != '#') lines.push_back(line.substr(first));
  }
  return lines;
}

std::string without_quotes(std::string word) {
  std::erase_if(word, [](char c) { return c == '"' || c == '\'' || c == '{' || c == '}'; });
  return word;
}

using Variables = std::map<std::string, std::string>;

// `$QMAILDUID` as the script sets it.
std::string value_of(std::string word, const Variables& variables) {
  word = without_quotes(word);
  if (word.starts_with('$')) {
    const auto variable = variables.find(word.substr(1));
    if (variable == variables.end()) return {};
    word = without_quotes(variable->second);
  }
  return std::regex_match(word, std::regex("[A-Za-z0-9_.:-]+")) ? word : std::string();
}

std::optional<std::string> read_script(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error) || fs::file_size(file, error) > kLargestScript) return std::nullopt;
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return stream ? std::optional(text.str()) : std::nullopt;
}

// Of a service that runs the qmail-smtpd of this home and says as whom.
std::optional<RunScript> find_run_script() {
  const std::string own = (fs::current_path() / "bin/qmail-smtpd").string();
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
    }
  }
  return std::nullopt;
}

// Where NAME is a name or a number.
std::optional<SmtpdUser> user_of(const std::string& name, const std::string& how) {
  const auto number = number_of<uid_t>(name);
  const passwd* const entry = number ? getpwuid(*number) : getpwnam(name.c_str());
  if (entry == nullptr && !number) return std::nullopt;
  if (entry == nullptr) return SmtpdUser{*number, static_cast<gid_t>(*number), "uid " + name, name, how};
  const std::string login = entry->pw_name;
  return SmtpdUser{entry->pw_uid, entry->pw_gid, login + " (uid " + std::to_string(entry->pw_uid) + ')',
                   login, how};
}

std::optional<SmtpdUser> owner_of(const std::string& file) {
  struct stat status {};
  if (file.empty() || stat(file.c_str(), &status) != 0) return std::nullopt;
  auto user = user_of(std::to_string(status.st_uid), "owner of " + file);
  if (user && user->name.starts_with("uid ")) user->gid = status.st_gid;
  return user;
}

std::optional<SmtpdUser> user_of(const RunScript& script) {
  auto user = user_of(script.user, "as " + script.file + " says");
  if (!user || script.group.empty()) return user;
  if (const auto number = number_of<gid_t>(script.group)) {
    user->gid = *number;
  } else if (const group* const entry = getgrnam(script.group.c_str())) {
    user->gid = entry->gr_gid;
  }
  return user;
}

}  // namespace

RunScript parse_run_script(const std::string& file, const std::string& text) {
  Variables variables;
  std::vector<std::string> words;
  const std::regex assignment(R"(^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$)");
  for (const std::string& line : lines_of(text)) {
    if (std::smatch found; std::regex_match(line, found, assignment)) {
      variables[found[1]] = found[2];
      continue;
    }
    std::istringstream stream(line);
    for (std::string word; stream >> word;) words.push_back(word);
  }

  RunScript script{.file = file, .user = "", .group = ""};
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string program = fs::path(without_quotes(words[i])).filename();
    const std::string next = value_of(words[i + 1], variables);
    const bool is_option = std::regex_match(words[i], std::regex("-[A-Za-z]*u"));
    const bool is_program = program == "setuidgid" || program == "s6-setuidgid" || program == "envuidgid";
    if (script.user.empty() && (is_option || is_program)) {
      script.user = next.substr(0, next.find(':'));
      if (next.find(':') != std::string::npos) script.group = next.substr(next.find(':') + 1);
    }
    if (script.group.empty() && words[i] == "-g") script.group = next;
  }
  return script;
}

SmtpdUser this_user() { return user_of(std::to_string(geteuid()), "who runs this").value_or(SmtpdUser{}); }

bool SmtpdUser::is_within_reach() const { return getuid() == 0 || geteuid() == uid; }

SmtpdUser find_user(const std::string& asked, const Settings& settings) {
  if (!asked.empty()) {
    if (const auto user = user_of(asked, "as --user says")) return *user;
    throw UsageError("there is no user " + asked + "; name the one that qmail-smtpd runs as");
  }
  if (const auto script = find_run_script()) {
    if (const auto user = user_of(*script)) return *user;
  }
  const std::string directory(kStateDirectory);
  const bool is_mysql = settings.store_kind() == StoreKind::mysql;
  const std::string of_store =
      is_mysql ? settings.mysql_default_file : fs::path(settings.sqlite_file).parent_path().string();
  for (const std::string& file : {of_store, directory}) {
    if (const auto owner = owner_of(file); owner && owner->uid != 0) return *owner;
  }
  for (const char* const account : {"vpopmail", "qmaild"}) {
    if (const auto user = user_of(account, "an account that qmail runs under")) return *user;
  }
  if (const auto owner = owner_of(directory)) return *owner;
  return this_user();
}

ActingAs::ActingAs(const SmtpdUser& user) {
  if (geteuid() != 0 || user.uid == 0) return;
  groups_.resize(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
  groups_.resize(
      static_cast<std::size_t>(std::max(getgroups(static_cast<int>(groups_.size()), groups_.data()), 0)));
  if (setgroups(1, &user.gid) != 0 || setegid(user.gid) != 0 || seteuid(user.uid) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot act as " + user.name);
  acts_ = true;
}

ActingAs::~ActingAs() {
  // Root again, which nothing can refuse.
  if (acts_ && (seteuid(0) != 0 || setegid(0) != 0 || setgroups(groups_.size(), groups_.data()) != 0))
    std::terminate();
}

}  // namespace greylisting::ctl
