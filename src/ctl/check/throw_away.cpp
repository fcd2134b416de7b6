#include "ctl/check/throw_away.h"

#include <algorithm>
#include <random>

#include "ctl/check/run_script.h"
#include "settings/own_domains.h"

namespace greylisting::ctl {
namespace {

// As many random hexadecimal digits.
std::string digits(std::size_t count) {
  std::random_device random;
  std::string text;
  while (text.size() < count) text += "0123456789abcdef"[random() % 16];
  return text;
}

std::string throw_away_address(bool is_ipv6) {
  if (!is_ipv6) return "192.0.2." + std::to_string(1 + std::random_device()() % 254);
  std::string address = "2001:db8";
  for (int i = 0; i < 6; ++i) address += ':' + digits(4);
  return address;
}

}  // namespace

Session throw_away_session(bool is_ipv6) {
  return {.client = throw_away_address(is_ipv6),
          .helo = "check.invalid",
          .sender = "check-" + digits(16) + "@greylisting.invalid",
          .recipient = "check-" + digits(16) + "@greylisting.invalid",
          .recipients = 1};
}

Session own_session() {
  const auto domains = own_domains();
  const auto named =
      std::ranges::find_if(domains, [](const std::string& domain) { return !domain.starts_with('.'); });
  const std::string domain = named == domains.end() ? "localhost" : *named;
  return {.client = "127.0.0.1",
          .client_name = "localhost",
          .helo = domain,
          .sender = "postmaster@" + domain,
          .recipient = "postmaster@" + domain,
          .recipients = 1};
}

Variables variables_of(const Session& session, const Variables& more) {
  Variables all = more;
  if (all["PATH"].empty()) all["PATH"] = kServicePath;
  for (const char* const name :
       {"RELAYCLIENT", "SMTPAUTHUSER", "SMTPAUTHMETHOD", "SPFRESULT", "RBLRESULT", "TCPREMOTEHOST",
        "TCPLOCALIP", "GREYLISTING_TRANSACTION", "SMTPHELOHOST", "SMTPMAILFROM", "SMTPRCPTTO"})
    all.erase(name);
  const Variables ours{{"GREYLISTING", ""},
                       {"PROTO", session.client.find(':') == std::string::npos ? "TCP" : "TCP6"},
                       {"TCPREMOTEIP", session.client},
                       // That the decision can be read, and nothing is left behind.
                       {"GLLOGLEVEL", "4"},
                       {"GLHISTORYEXPIRE", "0"},
                       {"GLLOWPRIORITYMX", "0"},
                       {"GLSPF", "host"},
                       {"GLBLOCKEXPIRE", "0"},
                       {"GLRECORDEXPIRE", "1"}};
  for (const auto& [name, value] : ours) all[name] = value;
  if (!session.client_name.empty()) all["TCPREMOTEHOST"] = session.client_name;
  return all;
}

void introduce(const Session& session, const PluginLine& line, Variables& variables) {
  if (line.section == 'c') return;
  variables["SMTPHELOHOST"] = session.helo;
  if (line.section == 'h') return;
  variables["SMTPMAILFROM"] = session.sender;
  if (line.section == 'm') return;
  variables["SMTPRCPTTO"] = session.recipient;
  variables["SMTPRCPTCOUNT"] = line.section == 'p' ? "1" : "0";
  variables["SMTPRCPTCOUNTALL"] = "1";
  variables["SMTPRCPTHOSTSOK"] = "1";
  if (line.section != 'a') return;
  for (const char* const name :
       {"SMTPMAILFROM", "SMTPRCPTTO", "SMTPRCPTCOUNT", "SMTPRCPTCOUNTALL", "SMTPRCPTHOSTSOK"})
    variables.erase(name);
  variables["SMTPAUTHUSER"] = session.sender;
  variables["SMTPAUTHMETHOD"] = "plain";
}

}  // namespace greylisting::ctl
