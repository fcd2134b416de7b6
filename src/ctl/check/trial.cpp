#include "ctl/check/trial.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <sstream>
#include <string_view>
#include <system_error>

#include "ctl/check/program.h"
#include "ctl/check/report.h"
#include "store/sql.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

using Environment = std::map<std::string, std::string>;

constexpr std::string_view kLogPrefix = "greylisting: ";
// In what is said of a file that this user cannot have (problem_with). Lines that are not understood are the
// examination's of files to name.
constexpr std::string_view kOfRights = ", as whom this runs";
// What tests/fault/host_fault_test.cpp has it work with.
constexpr std::uint64_t kEnoughMemory = 32000000;
constexpr std::string_view kSendsBack = "greylistctl check";  // what a remedy for others may say

// As many random hexadecimal digits.
std::string digits(std::size_t count) {
  std::random_device random;
  std::string text;
  while (text.size() < count) text += "0123456789abcdef"[random() % 16];
  return text;
}

// Nobody has seen it, and nobody can be it: the names are set aside (RFC 2606, RFC 3849).
Session throw_away_session() {
  std::string client = "2001:db8";
  for (int i = 0; i < 6; ++i) client += ':' + digits(4);
  return {.client = client,
          .helo = "check.invalid",
          .sender = "check-" + digits(16) + "@greylisting.invalid",
          .recipient = "check-" + digits(16) + "@greylisting.invalid",
          .recipients = 1};
}

// What qmail-smtpd, qmail-spp and tcpserver would say, beside what this shell and the run script have for the
// plugin.
Environment environment_of(const Session& session, const std::optional<RunScript>& script) {
  Environment all;
  for (char** pair = environ; *pair != nullptr; ++pair) {
    const std::string_view text(*pair);
    const std::size_t sign = text.find('=');
    if (sign != std::string_view::npos) all.emplace(text.substr(0, sign), text.substr(sign + 1));
  }
  if (script) {
    for (const auto& [name, value] : script->environment) all.insert_or_assign(name, value);
  }
  for (const char* const name : {"RELAYCLIENT", "SMTPAUTHUSER", "SMTPAUTHMETHOD", "SPFRESULT", "RBLRESULT",
                                 "TCPREMOTEHOST", "TCPLOCALIP", "GREYLISTING_TRANSACTION"})
    all.erase(name);
  const Environment rcpt{{"GREYLISTING", ""},
                         {"PROTO", "TCP6"},
                         {"TCPREMOTEIP", session.client},
                         {"SMTPHELOHOST", session.helo},
                         {"SMTPMAILFROM", session.sender},
                         {"SMTPRCPTTO", session.recipient},
                         {"SMTPRCPTCOUNT", "0"},
                         {"SMTPRCPTCOUNTALL", "1"},
                         {"SMTPRCPTHOSTSOK", "1"},
                         // That the decision can be read, and nothing is left behind.
                         {"GLLOGLEVEL", "4"},
                         {"GLHISTORYEXPIRE", "0"},
                         {"GLLOWPRIORITYMX", "0"},
                         {"GLSPF", "host"},
                         {"GLBLOCKEXPIRE", "0"},
                         {"GLRECORDEXPIRE", "1"}};
  for (const auto& [name, value] : rcpt) all[name] = value;
  return all;
}

// By which a new triplet is greylisted whatever the settings leave out.
void greylist_everybody(Environment& environment) {
  environment["GLEXPLICIT"] = "0";
  environment["GLGREYLIST"] = "all";
}

// What the plugin has written to its log.
struct Said {
  std::string decision{};                 // the line that has one; empty when none has
  std::vector<std::string> complaints{};  // all else
};

Said said_of(const std::string& errors) {
  Said said;
  std::istringstream stream(errors);
  for (std::string line; std::getline(stream, line);) {
    const bool is_ours = line.starts_with(kLogPrefix);
    if (is_ours) line.erase(0, kLogPrefix.size());
    if (is_ours && line.starts_with("outcome=")) {
      said.decision = line;
    } else {
      said.complaints.push_back(one_line(line));
    }
  }
  return said;
}

std::string value_of(const std::string& line, const std::string& key) {
  const std::size_t begin = (' ' + line).find(' ' + key + '=');
  if (begin == std::string::npos) return {};
  const std::string rest = line.substr(begin + key.size() + 1);
  return rest.substr(0, rest.find(' '));
}

// A line of the log is a problem and its remedy. A remedy that sends to where we are says nothing here.
Finding complaint(const std::string& where, const std::string& line) {
  const std::size_t end = line.find("; ");
  const std::string what = line.substr(0, end);
  const std::string remedy = end == std::string::npos ? "" : line.substr(end + 2);
  return problem(where + what, remedy.find(kSendsBack) == std::string::npos ? remedy : "");
}

bool was_said(const std::string& complaint, const LoadedSettings& loaded) {
  const auto is_it = [&](const std::string& said) { return one_line(said) == complaint; };
  return std::ranges::any_of(loaded.problems, is_it) || std::ranges::any_of(loaded.warnings, is_it);
}

Finding failure_of(const std::string& where, const Started& started, const PluginLine& line) {
  const std::string consequence = ", so " + line.when_it_fails;
  if (started.error != 0) {
    return problem(
        where + "cannot be started (" + std::generic_category().message(started.error) + ")" + consequence,
        "see what keeps that user from it");
  }
  if (started.is_overdue)
    return problem(where + "did not end within 90 s, and as long the mail server waits",
                   "see what it waits for: strace -f -p its process");
  if (started.status > 128) {
    return problem(where + "was ended by signal " + std::to_string(started.status - 128) + consequence,
                   "install it anew: " + line.install);
  }
  return problem(where + "ended with status 120" + consequence, "see that all that the line names is there");
}

bool is_failed(const Started& started) {
  return started.error != 0 || started.is_overdue || started.status > 128 || started.status == 120;
}

bool is_decided(const Started& started) {
  return !is_failed(started) && !said_of(started.errors).decision.empty();
}

Finding lacks_memory(const std::string& where, const RunScript& script) {
  return problem(where + "it decides nothing within the " + std::to_string(script.memory) +
                     " bytes of memory that " + script.file + " leaves it, so nothing is greylisted",
                 "raise that limit to " + std::to_string(kEnoughMemory) + ", and restart the service");
}

Finding describe_other(const std::string& where, const std::string& decision) {
  const std::string reason = value_of(decision, "reason");
  const std::string entry = value_of(decision, "entry");
  return warning(where + value_of(decision, "outcome") + " an attempt never seen before (" + reason +
                     "), where others like it are deferred",
                 entry.empty() ? "see who is trusted and trapped: greylistctl list trusted, list trapped"
                               : "see which entry decides: greylistctl list shows " + entry);
}

}  // namespace

Trial try_plugin(const PluginLine& line, const SmtpdUser& user, const LoadedSettings& loaded,
                 const std::optional<RunScript>& script) {
  Trial trial;
  const std::string where = line.name + ", as " + user.name + ": ";
  const Session session = throw_away_session();
  Environment environment = environment_of(session, script);
  std::string accepted;  // what the settings leave out
  for (const bool is_second : {false, true}) {
    Started started = run_as_host(user, line.program, environment, script ? script->memory : 0);
    if (script && script->memory != 0 && !is_decided(started)) {
      const Started free = run_as_host(user, line.program, environment);
      if (is_decided(free)) {
        trial.findings.push_back(lacks_memory(where, *script));
        started = free;
      }
    }
    if (is_failed(started)) {
      trial.findings.push_back(failure_of(where, started, line));
      return trial;
    }
    const Said said = said_of(started.errors);
    if (!is_second) {
      for (const std::string& text : said.complaints) {
        const bool is_line = !said.decision.empty() && text.find(kOfRights) == std::string::npos;
        if (!is_line && !was_said(text, loaded)) trial.findings.push_back(complaint(where, text));
      }
    }
    if (said.decision.empty()) {
      const std::string effect =
          started.output.starts_with("E4") ? "so all mail is deferred" : "so nothing is greylisted";
      trial.findings.push_back(problem(
          std::string(where).append("it decided nothing, ").append(effect),
          said.complaints.empty() ? "make the line plugins/greylisting; this one runs something else" : ""));
      return trial;
    }
    const std::string reason = value_of(said.decision, "reason");
    if (reason == "new") {
      trial.findings.push_back(
          good(where + value_of(said.decision, "outcome") + " an attempt never seen before (new)" +
               (accepted.empty() ? "" : ", and accepted it as the settings want it (" + accepted + ')')));
      trial.recorded = Attempt::from(session, loaded.settings);
      return trial;
    }
    const bool is_left_out = reason == "not-listed" || reason == "not-suspicious";
    if (is_second || !is_left_out) {
      trial.findings.push_back(describe_other(where, said.decision));
      return trial;
    }
    // Whether it could record one that is not left out.
    accepted = reason;
    greylist_everybody(environment);
  }
  return trial;
}

Finding remove_record(const Trial& trial, Administration& administration, const SmtpdUser& user) {
  const std::string rows =
      "greylisting_data WHERE triplet = " + sql::literal(bytes(trial.recorded->keys.triplet));
  if (administration.count(rows) == 0) {
    return problem("store: what the plugin, as " + user.name +
                       ", says it has recorded is not there, so every attempt is new and no mail passes",
                   "have the server keep what is written: no SET GLOBAL autocommit=0, no init_connect and no "
                   "init-command in the option file that changes it, and one database for both option files");
  }
  try {
    administration.ask("DELETE FROM " + rows);
  } catch (const StoreError& error) {
    return problem(
        "store: the record of that attempt, which ends in a minute, cannot be removed: " + error.problem(),
        error.remedy());
  }
  return good("store: the record of that attempt was there, and has been removed");
}

}  // namespace greylisting::ctl
