#include "ctl/check/postfix.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "ctl/check/policy_socket.h"
#include "settings/control_file.h"

namespace greylisting::ctl {
namespace {

constexpr std::string_view kProgramName = "greylisting-policy";

// The lines of a file of Postfix's, each with those that go on with it because they begin with a blank; no
// comments and no empty lines.
std::vector<std::string> logical_lines(const std::string& file) {
  constexpr std::size_t kMost = 1 << 20;
  std::vector<std::string> lines;
  std::istringstream text(read_control_file(file, kMost).text);
  for (std::string line; std::getline(text, line);) {
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos || line[begin] == '#') continue;
    if (begin > 0 && !lines.empty()) {
      lines.back() += ' ' + line.substr(begin);
    } else {
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

// A line of master.cf.
struct MasterLine {
  std::string name{};  // of inet a port, or an address and a port
  std::string type{};  // inet, unix
  std::string command{};

  bool is_greylisting() const { return command.find(kProgramName) != std::string::npos; }
};

std::vector<MasterLine> services_of(const std::string& directory) {
  constexpr int kFieldsBetween = 5;  // private to maxproc
  std::vector<MasterLine> services;
  for (const std::string& line : logical_lines(directory + "/master.cf")) {
    std::istringstream words(line);
    MasterLine service;
    words >> service.name >> service.type;
    std::string field;
    for (int i = 0; i < kFieldsBetween; ++i) words >> field;
    std::getline(words, service.command);
    services.push_back(std::move(service));
  }
  return services;
}

// A check_policy_service of main.cf.
struct Question {
  std::string parameter;           // smtpd_recipient_restrictions and its like
  std::string service;             // unix:private/greylisting, inet:127.0.0.1:10023
  bool has_default = false;        // what becomes of mail when that does not answer is said
  const MasterLine* to = nullptr;  // the line of master.cf; null where there is none

  bool is_inet() const { return service.starts_with("inet:"); }
  std::string place() const { return service.substr(service.find(':') + 1); }

  // The sample's port is Postgrey's, too.
  bool is_surely_greylisting() const {
    return is_greylisting() && (!is_inet() || to != nullptr || service.ends_with(":10023"));
  }

  // One that master.cf does not have is taken for greylisting's by its name, or because it is elsewhere.
  bool is_greylisting() const {
    return to != nullptr ? to->is_greylisting() : is_inet() || service.find("greylist") != std::string::npos;
  }
};

const MasterLine* service_at(const std::vector<MasterLine>& services, const Question& question) {
  const std::string place = question.place();
  const auto is_it = [&](const MasterLine& each) {
    if (question.is_inet())
      return each.type == "inet" && (each.name == place || place.ends_with(':' + each.name));
    return each.type == "unix" && place.substr(place.rfind('/') + 1) == each.name;
  };
  const auto found = std::ranges::find_if(services, is_it);
  return found == services.end() ? nullptr : &*found;
}

std::vector<Question> questions_of(const std::string& directory, const std::vector<MasterLine>& services) {
  const std::regex asks(R"(check_policy_service\s+(\{\s*([^},\s]+)([^}]*)\}|([^\s,]+)))");
  std::vector<Question> questions;
  bool is_default = false;
  for (const std::string& line : logical_lines(directory + "/main.cf")) {
    const std::string parameter = line.substr(0, line.find_first_of(" \t="));
    is_default = is_default || parameter == "smtpd_policy_service_default_action";
    for (std::sregex_iterator each(line.begin(), line.end(), asks), end; each != end; ++each) {
      const bool is_in_braces = (*each)[2].matched;
      // By that one Postfix only tells of outgoing mail.
      if ((*each)[3].str().find("policy_context=outgoing") != std::string::npos) continue;
      Question question{.parameter = parameter,
                        .service = is_in_braces ? (*each)[2].str() : (*each)[4].str(),
                        .has_default = (*each)[3].str().find("default_action") != std::string::npos};
      question.to = service_at(services, question);
      questions.push_back(std::move(question));
    }
  }
  for (Question& question : questions) question.has_default = question.has_default || is_default;
  return questions;
}

Finding examine_question(const Question& question, const std::string& directory) {
  const std::string asks = "Postfix: " + directory + "/main.cf asks " + question.service;
  if (!question.is_inet() && question.to == nullptr) {
    return problem(asks + ", and " + directory + "/master.cf has no such service",
                   "append the sample postfix-master.cf to it, then: postfix reload");
  }
  if (question.parameter == "smtpd_data_restrictions" ||
      question.parameter == "smtpd_end_of_data_restrictions") {
    return warning(asks + " in " + question.parameter +
                       ", when all recipients have been accepted, so nothing of its mail is greylisted",
                   "name it at the end of smtpd_recipient_restrictions");
  }
  if (question.is_inet()) {
    if (const std::string fault = ask_policy_service(question.place()); !fault.empty()) {
      return problem(asks + ", and it gives no answer: " + fault +
                         "; mail then passes, or waits, as default_action says",
                     "start what listens there: systemctl enable --now greylisting-policy.socket");
    }
  }
  if (!question.has_default) {
    return warning("Postfix: " + directory +
                       "/main.cf has no default_action=DUNNO for the policy service, so that no mail passes "
                       "while it does not answer: 451 4.3.5",
                   "write check_policy_service { " + question.service + ", default_action=DUNNO }");
  }
  return good(asks);
}

std::string policy_program_of(const std::vector<MasterLine>& services) {
  const std::regex starts("argv=(\\S*/greylisting-policy)");
  for (const MasterLine& service : services) {
    std::smatch found;
    if (std::regex_search(service.command, found, starts)) return found[1];
  }
  return {};
}

std::vector<Finding> examine_questions(const std::string& directory,
                                       const std::vector<MasterLine>& services) {
  std::vector<Question> questions = questions_of(directory, services);
  std::string others;
  for (const Question& question : questions) {
    if (!question.is_greylisting()) others.append(others.empty() ? "" : ", ").append(question.service);
  }
  std::erase_if(questions, [](const Question& question) { return !question.is_greylisting(); });
  // Of several, one that is surely greylisting's says that those elsewhere are somebody else's.
  if (std::ranges::any_of(questions, &Question::is_surely_greylisting))
    std::erase_if(questions, [](const Question& question) { return !question.is_surely_greylisting(); });
  if (questions.empty()) {
    return {warning(
        "Postfix: " + directory + "/main.cf asks " +
            (others.empty() ? "no policy service" : "only " + others + ", not greylisting-policy") +
            ", so nothing of its mail is greylisted",
        "add check_policy_service to smtpd_recipient_restrictions, as the sample postfix-main.cf has it")};
  }
  std::vector<Finding> findings;
  std::ranges::transform(questions, std::back_inserter(findings), [&directory](const Question& question) {
    return examine_question(question, directory);
  });
  return findings;
}

}  // namespace

Postfix examine_postfix() {
  const char* const named = std::getenv("MAIL_CONFIG");
  const std::string directory = named == nullptr ? "/etc/postfix" : named;
  if (access(directory.c_str(), F_OK) != 0) return {};
  const std::vector<MasterLine> services = services_of(directory);
  return {.policy_program = policy_program_of(services), .findings = examine_questions(directory, services)};
}

}  // namespace greylisting::ctl
