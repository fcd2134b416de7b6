// environment: whatever the variables are, the plugin says nothing but known commands, with at most one
// refusal, whose reply fits; its log line is one line, whose words give back the variables byte for byte; and
// what cannot be judged is an error that can be logged. The input is a decision, as `reason left entry record
// age` in numbers, and the values of the variables below, with NUL between them; those that do not come are
// not set.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "host/decide.h"
#include "host/header.h"
#include "host/log.h"
#include "host/spp.h"
#include "judgement/attempt.h"
#include "judgement/transaction.h"

using namespace greylisting;

namespace {

constexpr std::array kVariables{"TCPREMOTEIP",
                                "SMTPMAILFROM",
                                "SMTPRCPTTO",
                                "TCPREMOTEHOST",
                                "SMTPHELOHOST",
                                "GLDEFERMESSAGE",
                                "GLREJECTMESSAGE",
                                "GLBLOCKEXPIRE",
                                "GLRECORDEXPIRE",
                                "GLRECORDEXPIREGOOD",
                                "GLIPV4PREFIX",
                                "GLIPV6PREFIX",
                                "GLMAXPENDINGPERCLIENT",
                                "GLONERROR",
                                "GLLOGLEVEL",
                                "GLEXPLICIT",
                                "GLTIMEOUT",
                                "GLSTORE",
                                "GLSQLITEFILE",
                                "GLMYSQLDEFAULTFILE",
                                "SMTPRCPTHOSTSOK",
                                "SMTPAUTHUSER",
                                "RELAYCLIENT",
                                "SMTPRCPTCOUNTALL",
                                "SMTPRCPTCOUNT",
                                "GREYLISTING_TRANSACTION",
                                "SPFRESULT",
                                "RBLRESULT",
                                "TCPLOCALIP",
                                "GLSTAGE",
                                "GLOBSERVE",
                                "GLMATCH",
                                "GLMATCHHELO",
                                "GLGREYLIST",
                                "GLNULLSENDER",
                                "GLALLOWLISTS",
                                "GLMAXRECIPIENTS"};

using Variables = std::map<std::string, std::string>;

void expect(bool holds) {
  if (!holds) std::abort();
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

// One line, ended by LF.
bool is_line(std::string_view text) {
  return text.ends_with('\n') && is_printable(text.substr(0, text.size() - 1));
}

std::string_view take(std::string_view& input) {
  const std::string_view value = input.substr(0, input.find('\0'));
  input.remove_prefix(std::min(input.size(), value.size() + 1));
  return value;
}

Decision decision_of(std::string_view text) {
  constexpr std::array kReasons{Reason::not_listed, Reason::denied,    Reason::allowed, Reason::known,
                                Reason::retried,    Reason::throttled, Reason::early,   Reason::new_triplet,
                                Reason::trusted,    Reason::trap,      Reason::trapped, Reason::too_many,
                                Reason::shared};
  std::istringstream numbers{std::string(text)};
  unsigned reason = 7;
  std::int64_t left = 0;
  std::int64_t age = 0;
  Decision decision;
  numbers >> reason >> left >> decision.entry >> decision.record >> age >> decision.pending;
  decision.reason = kReasons[reason % kReasons.size()];
  decision.left = std::chrono::seconds(left);
  decision.age = std::chrono::seconds(age);
  return decision;
}

// One line that refuses, at RCPT or at DATA. The reply is of the class `first`.
void check_refusal(std::string_view text, char first) {
  expect(is_line(text) && (text.front() == 'E' || text.starts_with("LD")));
  const std::string_view reply =
      text.substr(text.front() == 'E' ? 1 : 2, text.size() - (text.front() == 'E' ? 2 : 3));
  // RFC 5321, section 4.5.3.1.5: 512 octets with CR LF. A reply of %r alone is empty behind the blank when
  // the recipient's domain is.
  expect(reply.size() >= 4 && reply.size() <= 510 && reply[3] == ' ');
  expect(reply[0] == first || reply[0] == '4');
  expect(reply.substr(0, 3).find_first_not_of("0123456789") == std::string_view::npos);
}

// Whatever comes from outside, what is said is lines of known commands, and at most one refusal, which is the
// last.
void check_commands(std::string_view text, Outcome outcome, bool is_observed) {
  if (is_observed) return expect(text.empty());
  bool refuses = false;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n') + 1);
    expect(!line.empty() && !refuses);
    text.remove_prefix(line.size());
    if (line.front() == 'E' || line.front() == 'L') {
      refuses = true;
      check_refusal(line, outcome == Outcome::rejected ? '5' : '4');
    } else if (line.front() == 'H') {
      expect(line.substr(1).starts_with("X-Greylist: ") || line[1] == '\t');
    } else {
      expect(is_line(line) && (line.starts_with("SGREYLISTING_") || line.starts_with("UGREYLISTING_")));
    }
  }
  expect(refuses == (outcome != Outcome::accepted));
}

// The value of a word, decoded by the words of printable.h and not by its code.
std::string decoded(std::string_view word) {
  std::string bytes;
  for (; !word.empty(); word.remove_prefix(1)) {
    expect(word.front() >= 0x21 && word.front() <= 0x7e);
    if (word.front() != '\\') {
      bytes += word.front();
      continue;
    }
    expect(word.size() >= 4 && word[1] == 'x' &&
           word.substr(2, 2).find_first_not_of("0123456789abcdef") == std::string_view::npos);
    bytes += static_cast<char>(std::stoul(std::string(word.substr(2, 2)), nullptr, 16));
    word.remove_prefix(3);
  }
  return bytes;
}

void check_description(const std::string& text, const Decision& decision, const Session& session) {
  expect(is_printable(text));
  std::map<std::string, std::string> words;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    const auto equals = word.find('=');
    expect(equals != std::string_view::npos);
    // Each key comes once, so that no value can pass for another word.
    expect(words.emplace(word.substr(0, equals), decoded(word.substr(equals + 1))).second);
  }
  expect(words["outcome"] == name(decision.outcome()) && words["reason"] == name(decision.reason));
  expect(words["entry"] == decision.entry && words["session"] == "7");
  expect(words["client"] == session.client && words["host"] == session.client_name);
  expect(words["helo"] == session.helo);
  expect(words["sender"] == session.sender && words["recipient"] == session.recipient);
  expect(words.contains("left") == (decision.outcome() == Outcome::deferred));

  const std::string line = Log(LogLevel::debug).line(LogLevel::info, text);
  expect(line == "greylisting: " + text + '\n');
}

void check_triplet(const Attempt& attempt, Session session) {
  expect(attempt.triplet.network.contains(attempt.triplet.client));
  for (std::string* text : {&session.sender, &session.recipient}) {
    for (char& c : *text) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
  }
  Triplet upper = attempt.triplet;
  upper.sender = Address::sender(session.sender);
  upper.recipient = Address::recipient(session.recipient);
  expect(upper.key() == attempt.triplet.key());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const Decision decision = decision_of(take(input));
  Variables variables;
  for (const char* variable : kVariables) {
    if (input.empty()) break;
    variables[variable] = take(input);
  }
  const auto environment = [&variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };

  expect(!Session::is_greylisted(environment));
  variables["GREYLISTING"] = "";
  expect(Session::is_greylisted(environment) ==
         (!variables.contains("RELAYCLIENT") && variables["SMTPAUTHUSER"].empty() &&
          variables["SMTPRCPTHOSTSOK"] != "0"));

  const Log log(LogLevel::debug);
  const LoadedSettings loaded = parse_settings("control/greylisting", "", environment);
  for (const Problem& problem : loaded.problems) expect(is_line(log.line(LogLevel::warning, problem)));
  const Settings& settings = loaded.settings;
  const bool is_observed = settings.observe;
  const std::string on_error = spp::commands_on_error(settings);
  if (!on_error.empty()) check_refusal(on_error, '4');
  try {
    const Session session = Session::from(environment);
    const Attempt attempt = Attempt::from(session, settings);
    const Transaction transaction = Transaction::from(environment);
    std::string header;
    if (adds_header(decision, settings, transaction))
      header = delay_header(Header::x_greylist, decision.age, session.helo, 0);
    check_commands(spp::commands(decision, settings, attempt.triplet.recipient.domain(), transaction, header),
                   decision.reason == Reason::shared ? Outcome::accepted : decision.outcome(), is_observed);
    check_description(describe(decision, session, {.session = "7"}), decision, session);
    static_cast<void>(decide_without_store(session, settings));
    expect(attempt.keys.triplet == attempt.triplet.key(attempt.fingerprinter));
    expect(attempt.keys.pool.has_value() == attempt.triplet.pool_key().has_value());
    check_triplet(attempt, session);
    if (const auto throttle = describe_throttle(decision, attempt)) expect(is_printable(*throttle));
  } catch (const std::runtime_error& error) {
    expect(is_line(log.line(LogLevel::error, error.what())));
    expect(!variables.contains("TCPREMOTEIP") || !variables.contains("SMTPMAILFROM") ||
           !variables.contains("SMTPRCPTTO") || !IpAddress::parse(variables["TCPREMOTEIP"]));
  }
  return 0;
}
