#include "ctl/check/host.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include "ctl/check/closed.h"
#include "ctl/check/content.h"
#include "ctl/check/program.h"
#include "ctl/check/report.h"
#include "judgement/transaction.h"
#include "settings/control_file.h"
#include "text/printable.h"
#include "text/shell_word.h"

namespace greylisting::ctl {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsualLine = "plugins/greylisting";
constexpr const char* kInstallAnew = "install it anew: make install";

struct Section {
  char letter;
  const char* name;
  const char* refuses;  // what the host refuses when a program of the section cannot be executed
};
constexpr std::array<Section, 7> kSections{{{'c', "[connection]", "every connection"},
                                            {'h', "[helo]", "every HELO and EHLO"},
                                            {'m', "[mail]", "every sender"},
                                            {'r', "[rcpt]", "every recipient"},
                                            {'p', "[pass]", "every recipient"},
                                            {'d', "[data]", "every message"},
                                            {'a', "[auth]", "every AUTH"}}};

const Section* section_of(const PluginLine& line) {
  const auto* const found = std::ranges::find(kSections, line.section, &Section::letter);
  return found == kSections.end() ? nullptr : found;
}

// `FILE:12: "plugins/greylisting" under [rcpt]`
std::string name_of(const PluginLine& line, const std::string& file) {
  const Section* const section = section_of(line);
  return file + ':' + std::to_string(line.number) + ": " + in_quotes(line.program) +
         (section == nullptr ? "" : std::string(" under ") + section->name);
}

bool is_asked_of_recipients(const PluginLine& line) { return line.section == 'r' || line.section == 'p'; }

std::string in_home(const std::string& file) { return shell_word((fs::current_path() / file).string()); }

bool mentions_plugin(const PluginLine& line) { return line.program.find("greylisting") != std::string::npos; }

// Under whatever name, or by a script or the shell.
bool is_this_plugin(const PluginLine& line) {
  if (line.program.starts_with(':')) return mentions_plugin(line);
  const auto content = content_of(line.program);
  if (!content) return mentions_plugin(line);
  if (content->starts_with("#!")) return content->find("greylisting") != std::string::npos;
  return content->find(Transaction::kVariable) != std::string::npos;
}

// What a person has to do about a line that the host cannot execute; `error` is why.
std::string remedy_for(const PluginLine& line, const std::string& file, const SmtpdUser& user, int error) {
  const std::string& program = line.program;
  if (program.ends_with('\r')) return "sed -i 's/\\r$//' " + in_home(file);
  std::string name = program.substr(std::min(program.find_first_not_of(" \t"), program.size()));
  name.resize(std::min(name.find_first_of(" \t"), name.size()));
  if (name != program && access(name.c_str(), F_OK) == 0)
    return "blanks before the name and all that follows it are part of the name: make the line " + name;
  struct stat status = {};
  if (error == EACCES && stat(program.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return "name the program in it: make the line " + std::string(kUsualLine);
    if (const std::string closed = closed_directory(user, program); !closed.empty())
      return "chmod a+x " + shell_word(closed);
    if (const std::string mount = mount_of(program, ST_NOEXEC); !mount.empty()) {
      return "its file system is mounted noexec: mount -o remount,exec " + shell_word(mount) +
             ", and take noexec out of /etc/fstab";
    }
    return "chmod 755 " + in_home(program);
  }
  if (error == ENOENT && stat(program.c_str(), &status) == 0)
    return "its interpreter, named in its first line, is not there: install it, or correct that line";
  if (error == ENOEXEC) {
    // A script is text; a program may be of another architecture, or cut off.
    const std::string content = content_of(program).value_or("");
    if (!content.empty() && content.find('\0') == std::string::npos)
      return "begin it with a line that names its interpreter: #!/bin/sh";
    return mentions_plugin(line) ? kInstallAnew : "install that program anew, or take the line out";
  }
  if (error == ELOOP)
    return "its path has a link that leads to itself: see which with namei " + in_home(program);
  if (error == ENOENT && mentions_plugin(line)) {
    if (access(kUsualLine, X_OK) == 0) return "make the line " + std::string(kUsualLine);
    return "make install puts the plugin to " + in_home(kUsualLine) + "; make the line " + kUsualLine;
  }
  return "install that program, or take the line out";
}

// A line as the trial takes it.
PluginLine run_by_host(PluginLine line, const std::string& file) {
  line.is_plugin = is_asked_of_recipients(line) && is_this_plugin(line);
  if (!line.is_plugin) line.name = name_of(line, file);
  line.when_it_fails =
      std::string("qmail-smtpd refuses ") + section_of(line)->refuses + ": 451 qmail-spp failure";
  line.install =
      line.is_plugin || mentions_plugin(line) ? kInstallAnew : "correct that program, or take the line out";
  return line;
}

Finding not_executable(const PluginLine& line, const std::string& file, const SmtpdUser& user, int error) {
  return problem(name_of(line, file) + " cannot be executed by " + user.name + " (" +
                     std::generic_category().message(error) + "), so qmail-smtpd refuses " +
                     section_of(line)->refuses + ": 451 qmail-spp failure",
                 remedy_for(line, file, user, error));
}

// Why no line runs the plugin, as far as can be seen.
Finding not_run(const std::vector<PluginLine>& lines, const std::string& file) {
  for (const PluginLine& line : lines) {
    if (!mentions_plugin(line)) continue;
    const std::string where = file + ':' + std::to_string(line.number) + ": " + in_quotes(line.program);
    if (is_asked_of_recipients(line))
      return problem(where + " is another program, so nothing is greylisted",
                     "make the line " + std::string(kUsualLine));
    if (const Section* const section = section_of(line)) {
      return problem(where + " is under " + section->name +
                         ", where no recipient is known yet, so nothing is "
                         "greylisted",
                     "put the line under [rcpt]");
    }
    return problem(where + " is under no section that qmail-smtpd knows, so nothing is greylisted",
                   "begin its section with the line [rcpt], in lower case");
  }
  return problem(file + ": no line under [rcpt] runs the plugin, so nothing is greylisted",
                 "add the line [rcpt], and below it the line " + std::string(kUsualLine));
}

constexpr const char* kRefusesAll = "so qmail-smtpd refuses every connection: 421 unable to read controls";

// `content` says what is to be in it.
Finding unreadable(const SmtpdUser& user, const std::string& file, int error, const std::string& content) {
  const std::string anew = "put a regular file in its place, " + content;
  if (error == kNoRegularFile)
    return problem(file + " is no regular file, so qmail-smtpd reads nothing from it, or waits for ever",
                   anew);
  const std::string said = file + " cannot be read by " + user.name + " (" +
                           std::generic_category().message(error) + "), " + kRefusesAll;
  if (error == ENOENT) return problem(said, "make the file, " + content);
  if (error == EACCES) {
    const std::string closed = closed_directory(user, file);
    return problem(said, closed.empty() ? "chmod 644 " + in_home(file) : "chmod a+x " + shell_word(closed));
  }
  return problem(said, anew);
}

// Whether the host's working directory can be had.
std::optional<Finding> closed_home(const SmtpdUser& user) {
  const std::string home = fs::current_path();
  const std::string closed = closed_directory(user, home + "/control");
  if (closed.empty()) return std::nullopt;
  return problem(user.name + " cannot go to qmail's home " + home + " (" +
                     std::generic_category().message(EACCES) + "), " + kRefusesAll,
                 "chmod a+x " + shell_word(closed));
}

}  // namespace

std::vector<PluginLine> parse_smtpplugins(std::string_view text) {
  std::vector<PluginLine> lines;
  char section = 0;
  for (unsigned number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line = line.substr(0, line.find_last_not_of(" \t") + 1);
    if (line.empty() || line[0] == '#' || line[0] == '\0') continue;
    for (std::size_t end = 0; end != std::string_view::npos;) {
      end = line.find('\0');
      const std::string_view piece = line.substr(0, end);
      if (piece.starts_with('[')) {
        const char letter = piece.size() > 1 ? piece[1] : '\0';
        section = std::ranges::find(kSections, letter, &Section::letter) == kSections.end() ? '\0' : letter;
      } else {
        lines.push_back({number, section, std::string(piece)});
      }
      if (end != std::string_view::npos) line.remove_prefix(end + 1);
    }
  }
  return lines;
}

std::vector<Finding> examine_controls(const SmtpdUser& user) {
  std::vector<Finding> findings;
  if (closed_home(user)) return findings;
  const auto look_at = [&](const std::string& file, const std::string& content) {
    auto text = content_as(user, file);
    if (!text) findings.push_back(unreadable(user, file, errno, content));
    return text;
  };
  const std::string name = "with this host's name in it";
  const std::string me = "control/me";
  // The greeting's default.
  if (access(me.c_str(), F_OK) == 0 || access("control/smtpgreeting", F_OK) != 0) {
    if (const auto text = look_at(me, name); text && trimmed(*text).empty()) {
      findings.push_back(
          problem(me + " is empty, " + kRefusesAll, "write this host's name to " + in_home(me)));
    }
  }
  for (const char* const file : {"smtpgreeting", "localiphost", "timeoutsmtpd", "rcpthosts",
                                 "morercpthosts.cdb", "badmailfrom", "databytes"}) {
    const std::string path = std::string("control/") + file;
    if (access(path.c_str(), F_OK) == 0) look_at(path, "as qmail-smtpd(8) has it");
  }
  return findings;
}

Host examine_host(const SmtpdUser& user, const std::string& file) {
  Host host;
  if (const auto closed = closed_home(user)) {
    host.findings.push_back(*closed);
    return host;
  }
  const auto text = content_as(user, file);
  if (!text) {
    host.findings.push_back(
        unreadable(user, file, errno, "with the lines [rcpt] and " + std::string(kUsualLine)));
    return host;
  }
  const std::vector<PluginLine> lines = parse_smtpplugins(*text);
  bool is_refused = false;
  for (const PluginLine& line : lines) {
    const Section* const section = section_of(line);
    if (section == nullptr) continue;
    if (const int error = why_not_executable(user, line.program); error != 0) {
      host.findings.push_back(not_executable(line, file, user, error));
      is_refused = is_refused || is_asked_of_recipients(line);
    } else {
      host.lines.push_back(run_by_host(line, file));
    }
  }
  std::ranges::stable_sort(host.lines, {}, [](const PluginLine& line) { return section_of(line); });
  if (!is_refused) host.not_run.push_back(not_run(lines, file));

  const PluginLine* first = nullptr;
  for (const PluginLine& line : host.lines) {
    if (!line.is_plugin) continue;
    if (first != nullptr) {
      host.findings.push_back(
          warning(name_of(line, file) + " runs the plugin a second time for each recipient",
                  "take one of the two lines out"));
    } else {
      first = &line;
    }
  }
  for (const PluginLine& line : host.lines) {
    if (first != nullptr && !is_asked_of_recipients(line) && is_this_plugin(line))
      host.findings.push_back(warning(
          name_of(line, file) + " runs the plugin where no recipient is known yet", "take the line out"));
  }
  if (first == nullptr || !host.findings.empty()) return host;
  const bool has_pass =
      std::ranges::any_of(lines, [](const PluginLine& other) { return other.section == 'p'; }) ||
      text->find("\n[p") != std::string::npos || text->starts_with("[p");
  std::string note;
  if (first->section == 'p') {
    note =
        "a qmail-smtpd from before September 2025 does not know [pass] and runs nothing there: put the line "
        "under [rcpt] then";
  } else if (has_pass) {
    note =
        "under [pass] it would run only for recipients that qmail-smtpd accepts itself, so that others are "
        "refused at once and make no record";
  }
  host.findings.push_back(good(name_of(*first, file), note));
  return host;
}

}  // namespace greylisting::ctl
