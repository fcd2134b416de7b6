#include "judgement/session.h"

#include <stdexcept>

#include "text/number.h"

namespace greylisting {
namespace {

std::string required(const Environment& environment, const char* name, const char* set_by) {
  const char* const value = environment(name);
  if (value == nullptr) {
    throw std::runtime_error(std::string(name) + " is not set; it comes from " + set_by +
                             ", under which qmail-smtpd has to run");
  }
  return value;
}

}  // namespace

bool Session::is_greylisted(const Environment& environment) {
  if (environment("GREYLISTING") == nullptr || is_outgoing(environment) ||
      value_or_empty(environment, "SMTPRCPTHOSTSOK") == "0")
    return false;
  const std::string_view dns_lists = value_or_empty(environment, "RBLRESULT");
  return dns_lists != "delay" && dns_lists != "reject";
}

bool Session::is_outgoing(const Environment& environment) {
  return environment("RELAYCLIENT") != nullptr || !value_or_empty(environment, "SMTPAUTHUSER").empty() ||
         !value_or_empty(environment, "SMTP_AUTH_USER").empty();
}

Session Session::from(const Environment& environment) {
  Session session;
  session.client = required(environment, "TCPREMOTEIP", "tcpserver");
  session.client_name = value_or_empty(environment, "TCPREMOTEHOST");
  session.helo = value_or_empty(environment, "SMTPHELOHOST");
  session.sender = required(environment, "SMTPMAILFROM", "the qmail-spp patch");
  session.recipient = required(environment, "SMTPRCPTTO", "the qmail-spp patch");
  session.spf_result = value_or_empty(environment, "SPFRESULT");
  session.local_address = value_or_empty(environment, "TCPLOCALIP");
  session.greylisting = value_or_empty(environment, "GREYLISTING");
  const std::string_view count = value_or_empty(environment, "SMTPRCPTCOUNTALL");
  session.recipients = number_of<unsigned>(count).value_or(0);
  return session;
}

}  // namespace greylisting
