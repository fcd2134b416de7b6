#include "judgement/session.h"

#include <array>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "tests/support/catch.h"

namespace greylisting {
namespace {

using Variables = std::map<std::string, std::string>;

Environment environment_of(const Variables& variables) {
  return [&variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

const Variables kRcpt{{"TCPREMOTEIP", "192.0.2.1"},
                      {"TCPREMOTEHOST", "mail.example.com"},
                      {"SMTPHELOHOST", "helo.example.com"},
                      {"SMTPMAILFROM", "alice@example.com"},
                      {"SMTPRCPTTO", "bob@example.org"}};

std::string error_without(const std::string& name) {
  Variables variables = kRcpt;
  variables.erase(name);
  try {
    Session::from(environment_of(variables));
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

// A value that a variable can have, nullopt for not set, and whether it lets greylisting be.
struct Value {
  std::optional<std::string> value;
  bool lets;
};

TEST_CASE("Session::is_greylisted: every combination of the variables that decide it", "[session]") {
  const auto greylisting =
      GENERATE(values<Value>({{std::nullopt, false}, {"", true}, {"1", true}, {"0", true}}));
  const auto relayclient =
      GENERATE(values<Value>({{std::nullopt, true}, {"", false}, {"@example.org", false}}));
  const auto smtpauthuser = GENERATE(values<Value>({{std::nullopt, true}, {"", true}, {"alice", false}}));
  const auto rblresult =
      GENERATE(values<Value>({{std::nullopt, true}, {"pass", true}, {"delay", false}, {"reject", false}}));
  const auto smtprcpthostsok =
      GENERATE(values<Value>({{std::nullopt, true}, {"", true}, {"1", true}, {"0", false}, {"00", true}}));

  Variables variables;
  const auto set = [&variables](const char* name, const Value& value) {
    if (value.value) variables[name] = *value.value;
  };
  set("GREYLISTING", greylisting);
  set("RELAYCLIENT", relayclient);
  set("SMTPAUTHUSER", smtpauthuser);
  set("SMTPRCPTHOSTSOK", smtprcpthostsok);
  set("RBLRESULT", rblresult);
  std::string shown;
  for (const auto& [name, value] : variables) shown += name + "=\"" + value + "\" ";
  CAPTURE(shown);
  CHECK(
      Session::is_greylisted(environment_of(variables)) ==
      (greylisting.lets && relayclient.lets && smtpauthuser.lets && smtprcpthostsok.lets && rblresult.lets));
}

TEST_CASE("Session::is_greylisted: a client that jms1's patch has authenticated is not", "[session]") {
  CHECK_FALSE(Session::is_greylisted(environment_of({{"GREYLISTING", ""}, {"SMTP_AUTH_USER", "alice"}})));
  CHECK(Session::is_greylisted(environment_of({{"GREYLISTING", ""}, {"SMTP_AUTH_USER", ""}})));
}

TEST_CASE("Session::is_outgoing: a client that may relay or has authenticated", "[session]") {
  CHECK(Session::is_outgoing(environment_of({{"RELAYCLIENT", ""}})));
  CHECK(Session::is_outgoing(environment_of({{"SMTPAUTHUSER", "alice"}})));
  CHECK(Session::is_outgoing(environment_of({{"SMTP_AUTH_USER", "alice"}, {"GREYLISTING", ""}})));
  CHECK_FALSE(Session::is_outgoing(environment_of({{"SMTPAUTHUSER", ""}, {"GREYLISTING", ""}})));
  CHECK_FALSE(Session::is_outgoing(environment_of({})));
}

TEST_CASE("Session::is_greylisted: asks for no other variable", "[session]") {
  const auto only_known = [](const char* name) -> const char* {
    static const std::array<std::string, 6> kKnown{"GREYLISTING",    "RELAYCLIENT",     "SMTPAUTHUSER",
                                                   "SMTP_AUTH_USER", "SMTPRCPTHOSTSOK", "RBLRESULT"};
    for (const std::string& known : kKnown) {
      if (known == name) return known == "GREYLISTING" ? "" : nullptr;
    }
    FAIL_CHECK(name);
    return nullptr;
  };
  CHECK(Session::is_greylisted(only_known));
}

TEST_CASE("Session::from: takes each variable as it is", "[session]") {
  const Session session = Session::from(environment_of(kRcpt));
  CHECK(session.client == "192.0.2.1");
  CHECK(session.client_name == "mail.example.com");
  CHECK(session.helo == "helo.example.com");
  CHECK(session.sender == "alice@example.com");
  CHECK(session.recipient == "bob@example.org");
}

TEST_CASE("Session::from: what SPF and tcpserver have said, when they have", "[session]") {
  Variables variables = kRcpt;
  const Session without = Session::from(environment_of(variables));
  CHECK(without.spf_result.empty());
  CHECK(without.local_address.empty());

  variables["SPFRESULT"] = "softfail";
  variables["TCPLOCALIP"] = "192.0.2.25";
  const Session with = Session::from(environment_of(variables));
  CHECK(with.spf_result == "softfail");
  CHECK(with.local_address == "192.0.2.25");
}

TEST_CASE("Session::from: bytes of the client are not touched", "[session]") {
  Variables variables = kRcpt;
  const std::string hostile = "We ird\"\\\r\t\x01\xff@B.org";
  variables["SMTPMAILFROM"] = variables["SMTPRCPTTO"] = variables["SMTPHELOHOST"] =
      variables["TCPREMOTEHOST"] = hostile;
  const Session session = Session::from(environment_of(variables));
  CHECK(session.client_name == hostile);
  CHECK(session.helo == hostile);
  CHECK(session.sender == hostile);
  CHECK(session.recipient == hostile);
}

TEST_CASE("Session::from: no reverse DNS name and no HELO is nothing to complain of", "[session]") {
  Variables variables = kRcpt;
  variables.erase("TCPREMOTEHOST");
  variables.erase("SMTPHELOHOST");
  const Session session = Session::from(environment_of(variables));
  CHECK(session.client_name.empty());
  CHECK(session.helo.empty());
}

TEST_CASE("Session::from: the null sender is a sender", "[session]") {
  Variables variables = kRcpt;
  variables["SMTPMAILFROM"] = "";
  CHECK(Session::from(environment_of(variables)).sender.empty());
}

TEST_CASE("Session::from: says which variable is missing and where it comes from", "[session]") {
  CHECK(error_without("TCPREMOTEIP") ==
        "TCPREMOTEIP is not set; it comes from tcpserver, under which qmail-smtpd has to run");
  CHECK(error_without("SMTPMAILFROM") ==
        "SMTPMAILFROM is not set; it comes from the qmail-spp patch, under which qmail-smtpd has to run");
  CHECK(error_without("SMTPRCPTTO") ==
        "SMTPRCPTTO is not set; it comes from the qmail-spp patch, under which qmail-smtpd has to run");
}

}  // namespace
}  // namespace greylisting
