#include "ctl/check/trial.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "ctl/check/answer.h"
#include "ctl/check/program.h"
#include "ctl/check/report.h"
#include "ctl/check/throw_away.h"
#include "ctl/lists/entry_table.h"
#include "store/sql.h"
#include "text/printable.h"
#include "text/shell_word.h"

namespace greylisting::ctl {
namespace {

constexpr std::string_view kLogPrefix = "greylisting: ";
// In what is said of a file that this user cannot have (problem_with). Lines that are not understood are the
// examination's of files to name.
constexpr std::string_view kOfRights = ", as whom this runs";
constexpr std::string_view kOfTwin = ", which cannot be executed";  // of process/hand_over.h
// What tests/fault/host_fault_test.cpp has it work with.
constexpr std::uint64_t kEnoughMemory = 32000000;
constexpr std::string_view kSendsBack = "greylistctl check";  // what a remedy for others may say

// By which a new triplet is greylisted whatever the settings leave out.
void greylist_everybody(Variables& variables) {
  variables["GLEXPLICIT"] = "0";
  variables["GLGREYLIST"] = "all";
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
    return problem(where + "did not end within 90 s, and the mail server waits as long",
                   "run it as that user in qmail's home, and see what it waits for: strace -f " +
                       (line.program.starts_with(':') ? "sh -c " + shell_word(line.program.substr(1))
                                                      : shell_word(line.program)));
  if (started.status > 128) {
    return problem(where + "was ended by signal " + std::to_string(started.status - 128) + consequence,
                   line.install);
  }
  return problem(where + "ended with status 120" + consequence, "see that all that the line names is there");
}

bool is_left_out(const std::string& decision) {
  const std::string reason = value_of(decision, "reason");
  return reason == "not-listed" || reason == "not-suspicious";
}

bool is_failed(const Started& started) {
  return started.error != 0 || started.is_overdue || started.status > 128 || started.status == 120;
}

bool is_decided(const Started& started) {
  return !is_failed(started) && !said_of(started.errors).decision.empty();
}

Finding is_limited(const std::string& where, const RunScript& script) {
  return problem(where + "it decides nothing within the limits that " + script.file + " sets (" +
                     script.limits_said + "), so nothing is greylisted",
                 "raise them, and restart the service: " + std::to_string(kEnoughMemory) +
                     " bytes of memory and 64 files are enough, and files have to grow with the database");
}

std::string decided(const std::string& where, const std::string& decision) {
  return where + value_of(decision, "outcome") + " an attempt never seen before (" +
         value_of(decision, "reason") + ')';
}

Finding describe_other(const std::string& text, const std::string& decision) {
  const std::string entry = value_of(decision, "entry");
  if (entry.empty())
    return warning(text, "see who is trusted and trapped: greylistctl list trusted, list trapped");
  if (is_id_of_stored(entry))
    return warning(text,
                   "see which entry decides, and whether it means so many: greylistctl list shows " + entry);
  return warning(text, "see whether " + entry + " means so many; to undo it take that line out");
}

// One client's way through the programs that the host runs.
class Visit {
 public:
  Visit(const SmtpdUser& user, const LoadedSettings& loaded, const Service& service, Session session,
        Trial& trial)
      : user_(user),
        loaded_(loaded),
        service_(service),
        trial_(trial),
        session_(std::move(session)),
        variables_(variables_of(session_, service.environment)) {}

  void go(const std::vector<PluginLine>& lines) {
    for (const PluginLine& line : lines) {
      introduce(session_, line, variables_);
      // Of a domain that there is not, nothing vouches; whether it can be looked up is the plugin's to say.
      if (line.section != 0 && loaded_.settings.spf == Spf::check) variables_.erase("GLSPF");
      meet(line);
    }
    if (!trial_.is_decided && undecided_) add(*undecided_);
  }

 private:
  // What keeps the host from going on to the next is told, and gone on all the same: there may be more.
  void meet(const PluginLine& line) {
    const std::string where = line.name + ", as " + user_.name + ": ";
    const Started started = start(line, where);
    const Said said = said_of(started.errors);
    if (is_failed(started)) {
      add(failure_of(where, started, line));
    } else if (!said.decision.empty()) {
      if (!line.is_plugin) add(good(line.name));  // its name does not tell
      if (!std::exchange(is_decided_, true)) judge(line, "plugin, as " + user_.name + ": ", started);
      trial_.is_decided = true;
    } else if (line.is_plugin) {
      if (!is_decided_) look_for_deferral(line, where, started, said);
    } else if (line.section != 'a') {  // who of those that authenticate is let in is its own affair
      follow(line, started);
    }
  }

  Started start(const PluginLine& line, const std::string& where) {
    if (!service_.script || service_.script->limits.empty())
      return run_as_host(user_, line.program, variables_);
    Started started = run_as_host(user_, line.program, variables_, service_.script->limits);
    if (!line.is_plugin || is_decided(started)) return started;
    Started free = run_as_host(user_, line.program, variables_);
    if (!is_decided(free)) return started;
    add(is_limited(where, *service_.script));
    return free;
  }

  // The plugin has decided, and its answer is to be what it says.
  void judge(const PluginLine& line, const std::string& where, Started started) {
    std::string decision = said_of(started.errors).decision;
    tell_complaints(line, where, said_of(started.errors), true);
    std::string accepted;  // what the settings leave out
    if (is_left_out(decision)) {
      // Whether it could record one that is not.
      accepted = value_of(decision, "reason");
      trial_.left_out = accepted;
      greylist_everybody(variables_);
      started = run_as_host(user_, line.program, variables_);
      if (is_failed(started)) return add(failure_of(where, started, line));
      decision = said_of(started.errors).decision;
    }
    if (is_left_out(decision)) {
      return add(warning(decided(where, decision) + ", and so whatever it is told: what " +
                             in_quotes(line.program) + " starts sets GLEXPLICIT or GLGREYLIST",
                         "set explicit or greylist in control/greylisting in its place"));
    }
    if (value_of(decision, "reason") != "new") {
      if (const std::string entry = value_of(decision, "entry"); !entry.empty()) trial_.entries.insert(entry);
      return add(describe_other(
          decided(where, decision) + (session_.client.find(':') == std::string::npos ? ", of an IPv4 client"
                                                                                     : ", of an IPv6 client"),
          decision));
    }
    record();
    if (line.section != 0 && value_of(decision, "outcome") == "deferred" &&
        !read_answer(started.output).defers()) {
      return add(problem(
          decided(where, decision) + ", and its answer does not reach qmail-smtpd, so nothing is greylisted",
          "have the line leave the plugin's standard output alone: make it plugins/greylisting"));
    }
    add(good(where + value_of(decision, "outcome") + " an attempt never seen before (new)" +
             (accepted.empty() ? "" : ", and accepted it as the settings want it (" + accepted + ')')));
  }

  // Its log may go elsewhere; whether it has recorded the attempt is seen in the store.
  void look_for_deferral(const PluginLine& line, const std::string& where, const Started& started,
                         const Said& said) {
    const bool defers = read_answer(started.output).defers();
    if (defers && said.complaints.empty()) {
      is_decided_ = trial_.is_decided = true;
      record();
      return add(good(where +
                      "deferred an attempt never seen before, and logged it elsewhere than on standard "
                      "error"));
    }
    tell_complaints(line, where, said, false);
    if (!left_out_by_.empty() && !defers && said.complaints.empty()) {
      undecided_ = problem(left_out_by_ + " of an attempt that nobody has made, so nothing is greylisted",
                           "correct that program, or take the line out");
      return;
    }
    undecided_ = problem(
        where + "it decided nothing, " + (defers ? "so all mail is deferred" : "so nothing is greylisted"),
        said.complaints.empty() ? "make the line plugins/greylisting; this one runs something else" : "");
  }

  // Another program: the plugin comes after it, or mail has to pass it. One may well refuse this attempt, of
  // a client and a recipient that do not exist.
  void follow(const PluginLine& line, const Started& started) {
    const PluginAnswer answer = read_answer(started.output);
    const bool keeps_plugin_out = answer.skips() && !is_decided_ && line.section != 'd';
    if (answer.refuses() || keeps_plugin_out) tell_end(line, answer);
    for (const auto& [name, value] : answer.variables) {
      if (name == "GREYLISTING" && !value) left_out_by_ = line.name + " unsets GREYLISTING";
      if (name == "RELAYCLIENT" && value) left_out_by_ = line.name + " sets RELAYCLIENT";
      if (value) {
        variables_[name] = *value;
      } else {
        variables_.erase(name);
      }
    }
    if (answer.address) (line.section == 'm' ? session_.sender : session_.recipient) = *answer.address;
  }

  void tell_end(const PluginLine& line, const PluginAnswer& answer) {
    const Session own = own_session();
    Variables variables = variables_of(own, service_.environment);
    introduce(own, line, variables);
    const PluginAnswer other = read_answer(run_as_host(user_, line.program, variables).output);
    const bool is_same = other.refuses() == answer.refuses() && other.skips() == answer.skips();
    const std::string says = line.name + " says " + in_quotes(answer.said());
    if (!is_same) {
      add(good(says + " of an attempt that nobody has made, and not of this host's own"));
    } else if (answer.refuses()) {
      add(problem(says + " of every attempt, so that no mail passes", line.install));
    } else {
      add(problem(says + " of every attempt, so that qmail-smtpd does not run the plugin",
                  "put it after the plugin, or take the line out"));
    }
  }

  void tell_complaints(const PluginLine& line, const std::string& where, const Said& said, bool is_decision) {
    for (const std::string& text : said.complaints) {
      const bool is_of_twin = text.find(kOfTwin) != std::string::npos;
      const bool is_of_files = is_decision && !is_of_twin && text.find(kOfRights) == std::string::npos;
      if (is_of_files || was_said(text, loaded_)) continue;
      Finding finding = complaint(where, text);
      if (is_of_twin) finding.remedy = line.install;
      add(finding);
    }
  }

  void record() {
    Session session = session_;
    if (const auto spf = variables_.find("SPFRESULT"); spf != variables_.end())
      session.spf_result = spf->second;
    trial_.recorded.push_back(Attempt::from(session, loaded_.settings));
  }

  // What is said of one client and of the next is printed once (report.h).
  void add(const Finding& finding) { trial_.findings.push_back(finding); }

  const SmtpdUser& user_;
  const LoadedSettings& loaded_;
  const Service& service_;
  Trial& trial_;
  Session session_;
  Variables variables_;
  std::string left_out_by_{};  // what takes the plugin's work away from it
  bool is_decided_ = false;
  std::optional<Finding> undecided_{};
};

}  // namespace

Trial try_lines(const Host& host, const SmtpdUser& user, const LoadedSettings& loaded,
                const Service& service) {
  Trial trial;
  for (const bool is_ipv6 : {false, true})
    Visit(user, loaded, service, throw_away_session(is_ipv6), trial).go(host.lines);
  const auto is_bad = [](const Finding& finding) { return finding.state == Finding::State::bad; };
  if (!trial.is_decided && std::ranges::none_of(trial.findings, is_bad))
    std::ranges::copy(host.not_run, std::back_inserter(trial.findings));
  return trial;
}

Finding remove_records(const Trial& trial, Administration& administration, const SmtpdUser& user) {
  for (const Attempt& attempt : trial.recorded) {
    const std::string rows = "greylisting_data WHERE triplet = " + sql::literal(bytes(attempt.keys.triplet));
    if (administration.count(rows) == 0) {
      return problem(
          "store: what the plugin, as " + user.name +
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
  }
  return good("store: the record of that attempt was there, and has been removed");
}

}  // namespace greylisting::ctl
