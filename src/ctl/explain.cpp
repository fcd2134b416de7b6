#include <unistd.h>

#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/attempt_words.h"
#include "ctl/commands.h"
#include "ctl/judgement_steps.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/json.h"
#include "ctl/print/table.h"
#include "ctl/print/terminal.h"
#include "ctl/print/wrapped.h"
#include "ctl/remedy.h"
#include "host/spp.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

struct Explanation {
  Session session;
  Decision decision;
  std::vector<JudgementStep> steps;
  std::string answer;       // the SMTP reply; empty when nothing is refused
  std::string passes_from;  // UTC; empty where no time can be said
  std::string hint;         // how to let it through; empty where nothing has to be done
};

// What the plugin would say to qmail-smtpd.
std::string answer_of(const Decision& decision, const Session& session, const Settings& settings) {
  const Address recipient = Address::recipient(session.recipient);
  std::istringstream commands(spp::commands(decision, settings, recipient.domain(), {}, ""));
  for (std::string line; std::getline(commands, line);) {
    if (line.starts_with('E')) return line.substr(1);
  }
  return "";
}

bool can_wait(Reason reason) {
  return reason == Reason::early || reason == Reason::new_triplet || reason == Reason::throttled;
}

std::string hint_for(const Explanation& explanation, const Settings& settings) {
  const Decision& decision = explanation.decision;
  if (can_wait(decision.reason)) return command_on("pass", explanation.session);
  return remedy_for(decision.reason, decision.entry, explanation.session.client,
                    Attempt::from(explanation.session, settings).triplet.network.text(), settings);
}

Explanation explain(Administration& administration, const Session& session, const Settings& settings,
                    const Decided& decided) {
  const Decision& decision = decided.decision;
  Explanation explanation{.session = session,
                          .decision = decision,
                          .steps = judgement_steps(administration, session, settings, decided),
                          .answer = answer_of(decision, session, settings),
                          .passes_from = "",
                          .hint = ""};
  if (can_wait(decision.reason)) explanation.passes_from = later(administration.now(), decision.left);
  explanation.hint = hint_for(explanation, settings);
  return explanation;
}

// A new triplet has to come first, and one over the throttle may have to come more than once.
std::string_view condition_for(Reason reason) {
  switch (reason) {
    case Reason::new_triplet:
      return "if it came now, a retry ";
    case Reason::throttled:
      return "if fewer were waiting and it came now, a retry ";
    default:
      return "";
  }
}

void print(const Explanation& explanation, const Settings& settings) {
  constexpr std::size_t kFound = 23;  // the column
  const Decision& decision = explanation.decision;
  const bool bold = is_decorated(STDOUT_FILENO);
  const std::size_t width = width_for_tables(false);
  std::cout << wrapped(in_words(explanation.session), width, 2) << "\n\n";
  for (const JudgementStep& step : explanation.steps) {
    std::string line = step.decides ? "=>" : "  ";
    const std::string number = step.number == 0 ? "" : std::to_string(step.number);
    line.append(3 - number.size(), ' ').append(number).append("  ").append(name(step.reason));
    line.append(line.size() < kFound ? kFound - line.size() : 1, ' ').append(step.found);
    std::cout << (step.decides && bold ? "\033[1m" : "") << wrapped(line, width, kFound)
              << (step.decides && bold ? "\033[0m" : "") << '\n';
  }
  std::cout << '\n' << name(decision.outcome()) << " (" << name(decision.reason) << ')';
  if (!explanation.answer.empty()) std::cout << ": " << explanation.answer;
  std::cout << '\n';
  if (settings.observe && decision.outcome() != Outcome::accepted)
    std::cout << "observe=1: nothing is refused, the mail passes\n";
  if (!explanation.passes_from.empty()) {
    std::cout << condition_for(decision.reason) << "passes from " << explanation.passes_from << " UTC, in "
              << duration_text(decision.left) << '\n';
  }
  if (!explanation.hint.empty())
    std::cout << "to let it through " << (can_wait(decision.reason) ? "at its next attempt" : "from now on")
              << ": " << explanation.hint << '\n';
}

void print_json(const Explanation& explanation, const std::vector<std::string>& problems) {
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(one_line(text)); };
  const Session& session = explanation.session;
  const Decision& decision = explanation.decision;
  Json steps = Json::array();
  for (const JudgementStep& step : explanation.steps)
    steps.push_back({{"row", step.number},
                     {"reason", name(step.reason)},
                     {"found", one_line(step.found)},
                     {"decides", step.decides}});
  Json notes = Json::array();
  for (const std::string& problem : problems) notes.push_back(one_line(problem));
  const Json object{{"client", one_line(session.client)},
                    {"host", one_line(session.client_name)},
                    {"helo", one_line(session.helo)},
                    {"spf", one_line(session.spf_result)},
                    {"sender", printable(session.sender)},
                    {"recipient", printable(session.recipient)},
                    {"steps", steps},
                    {"outcome", name(decision.outcome())},
                    {"reason", name(decision.reason)},
                    {"entry", or_null(decision.entry)},
                    {"answer", or_null(explanation.answer)},
                    {"left", explanation.passes_from.empty() ? Json() : Json(decision.left.count())},
                    {"passes_from", or_null(explanation.passes_from)},
                    {"hint", or_null(explanation.hint)},
                    {"notes", notes}};
  std::cout << object.text() << '\n';
}

}  // namespace

int explain(const LoadedSettings& loaded, const ExplainOptions& options) {
  const Settings& settings = loaded.settings;
  const Session session = session_of(options.attempt);
  const auto administration = open_administration(settings);
  const Decided decided = would_decide(*administration, session, settings);
  const std::vector<std::string>& problems = decided.problems;
  const Explanation explanation = explain(*administration, session, settings, decided);
  if (options.json) {
    print_json(explanation, problems);
    return kDone;
  }
  print(explanation, settings);
  for (const std::string& problem : problems) std::cout << "note: " << one_line(problem) << '\n';
  return kDone;
}

}  // namespace greylisting::ctl
