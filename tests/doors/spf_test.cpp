// SPF where the mail server gives no result: what DNS says, and what becomes of a pool's mail by it.

#include <chrono>
#include <string>
#include <vector>

#include "host/spf.h"
#include "judgement/session.h"
#include "mail/network.h"
#include "settings/settings.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/name_server.h"
#include "tests/support/process.h"
#include "tests/support/working_directory.h"

namespace greylisting::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Clock = std::chrono::steady_clock;

// Of the shape that Gmail's, Outlook's and other records have.
std::vector<std::string> dns_records() {
  std::vector<std::string> all{
      "txt-record=gmail.example,v=spf1 redirect=_spf.google.example",
      "txt-record=_spf.google.example,v=spf1 include:_netblocks.google.example "
      "include:_netblocks2.google.example ~all",
      "txt-record=_netblocks.google.example,v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/28 ~all",
      "txt-record=_netblocks2.google.example,v=spf1 ip6:2001:db8:4000::/36 ~all",
      "txt-record=outlook.example,v=spf1 include:spf-a.outlook.example ip4:192.0.2.64/26 mx a:out.example "
      "-all",
      "txt-record=outlook.example,verification=1234",
      "txt-record=spf-a.outlook.example,v=spf1 ip4:192.0.2.0/30 -all",
      "mx-host=outlook.example,mx.outlook.example,10",
      "host-record=mx.outlook.example,192.0.2.200,2001:db8:25::1",
      "host-record=out.example,192.0.2.201",
      "txt-record=long.example,v=spf1 ip4:192.0.2.9," + std::string(200, ' ') + "ip4:192.0.2.10 -all",
      "txt-record=neutral.example,v=spf1 ?all",
      "txt-record=twice.example,v=spf1 +all",
      "txt-record=twice.example,v=spf1 -all",
      "txt-record=wrong.example,v=spf1 ip4:300.0.0.1 -all",
      "txt-record=xn--mller-kva.example,v=spf1 ip4:192.0.2.1 -all",
      "txt-record=macro.example,v=spf1 exists:%{ir}.by.%{d} -all",
      "host-record=1.2.0.192.by.macro.example,127.0.0.2",
      "host-record=none.example,192.0.2.1",
      "txt-record=void.example,v=spf1 a:v1.example mx:v2.example a:out.example ip4:192.0.2.0/28 a:v3.example "
      "ip4:192.0.2.0/24 -all",
  };
  // Eleven questions, one more than a check may ask.
  for (int i = 1; i <= 11; ++i) {
    all.push_back("txt-record=n" + std::to_string(i) + ".deep.example,v=spf1 include:n" +
                  std::to_string(i + 1) + ".deep.example ?all");
  }
  all.emplace_back("txt-record=n12.deep.example,v=spf1 +all");
  return all;
}

Settings asking(const std::string& server) {
  Settings settings;
  settings.dns_server = server;
  return settings;
}

std::string result_of_check(const std::string& client, const std::string& sender, const Settings& settings,
                            std::chrono::milliseconds time = std::chrono::seconds(30)) {
  std::vector<std::string> problems;
  const Session session{.client = client, .helo = "mail.example", .sender = sender};
  const std::string word =
      spf_result(session, *IpAddress::parse(client), settings, Clock::now() + time, problems);
  for (const std::string& problem : problems) UNSCOPED_INFO(problem);
  return problems.empty() ? word : word + ", " + problems.front();
}

Rcpt of_gmail(const std::string& client) {
  return {.client = client, .sender = "alice@gmail.example", .environment = {{"GLSPF", "check"}}};
}

std::string policy_request(const std::string& client, const std::string& sender = "alice@gmail.example") {
  return "request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=" + client +
         "\nclient_name=unknown\nhelo_name=mail.example\nsender=" + sender +
         "\nrecipient=bob@example.org\n\n";
}

Result serve_with_spf(const Installation& installation, const std::string& requests) {
  return run({.arguments = {built("greylisting-policy"), "--home", installation.home()}, .input = requests});
}

}  // namespace

TEST_CASE("SPF: what the records of a domain say of a client", "[spf]") {
  const NameServer server(dns_records());
  const TemporaryDirectory elsewhere;  // nothing is kept from one row to the next
  const WorkingDirectory here(elsewhere.path());
  const Settings settings = asking(server.address());
  struct Case {
    std::string client, sender, result;
  };
  for (const auto& [client, sender, expected] : std::vector<Case>{
           {"198.51.100.7", "alice@gmail.example", "pass"},
           {"203.0.113.15", "alice@gmail.example", "pass"},
           {"203.0.113.16", "alice@gmail.example", "softfail"},
           {"2001:db8:4abc::1", "alice@gmail.example", "pass"},
           {"2001:db8:5000::1", "alice@gmail.example", "softfail"},
           {"::ffff:198.51.100.7", "alice@gmail.example", "pass"},
           {"192.0.2.3", "alice@outlook.example", "pass"},
           {"192.0.2.127", "alice@outlook.example", "pass"},
           {"192.0.2.200", "alice@outlook.example", "pass"},
           {"2001:db8:25::1", "alice@outlook.example", "pass"},
           {"192.0.2.201", "alice@outlook.example", "pass"},
           {"192.0.2.202", "alice@outlook.example", "fail"},
           {"192.0.2.202", "alice@OUTLOOK.example", "fail"},
           {"192.0.2.10", "alice@long.example", "pass"},
           {"192.0.2.1", "alice@neutral.example", "neutral"},
           {"192.0.2.1", "alice@none.example", "none"},
           {"192.0.2.1", "alice@missing.example", "none"},
           {"192.0.2.1", "alice", "none"},
           {"192.0.2.1", "alice@twice.example", "permerror"},
           {"192.0.2.1", "alice@wrong.example", "permerror"},
           {"192.0.2.1", "alice@m\xc3\xbcller.example", "pass"},
           {"192.0.2.1", "alice@macro.example", "pass"},
           {"192.0.2.2", "alice@macro.example", "fail"},
           {"192.0.2.1", "alice@n1.deep.example", "permerror"},
           {"192.0.2.1", "alice@n3.deep.example", "pass"},
           {"192.0.2.1", "alice@void.example", "pass"},
           {"192.0.2.100", "alice@void.example", "permerror"},
       }) {
    CAPTURE(client, sender);
    CHECK(result_of_check(client, sender, settings) == expected);
  }
}

TEST_CASE("SPF: a DNS server that does not answer costs its time, and nothing more", "[spf]") {
  const SilentNameServer server;
  const TemporaryDirectory elsewhere;
  const WorkingDirectory here(elsewhere.path());
  CHECK(result_of_check("192.0.2.1", "alice@gmail.example", asking(server.address()),
                        std::chrono::milliseconds(200)) == "temperror");
  CHECK(result_of_check("192.0.2.1", "alice@gmail.example", asking(server.address()),
                        std::chrono::milliseconds(0)) == "temperror");
}

TEST_CASE("SPF: a DNS server that is none is said with its remedy", "[spf]") {
  CHECK_THAT(result_of_check("192.0.2.1", "alice@gmail.example", asking("resolver.example.org")),
             StartsWith("temperror, dns_server: \"resolver.example.org\": ") &&
                 Contains("; give the address of a server, with :PORT where it is not 53"));
}

TEST_CASE("SPF: a result is kept in the state directory for as long as it holds", "[spf]") {
  const Installation installation(Backend::sqlite);
  const WorkingDirectory here(installation.home());
  NameServer server(dns_records());
  const Settings settings = asking(server.address());
  CHECK(result_of_check("198.51.100.7", "alice@gmail.example", settings) == "pass");
  CHECK(result_of_check("192.0.2.202", "alice@outlook.example", settings) == "fail");
  server.stop();
  CHECK(result_of_check("198.51.100.7", "alice@gmail.example", settings) == "pass");
  CHECK(result_of_check("192.0.2.202", "alice@outlook.example", settings) == "fail");
  // Another client is another question.
  CHECK(result_of_check("198.51.100.8", "alice@gmail.example", settings) == "temperror");
}

TEST_CASE("greylisting-policy: a pool's message passes from another of its networks, by an SPF of its own",
          "[spf][policy]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::sqlite);
  CAPTURE(name(backend));
  const NameServer server(dns_records());
  const Installation installation(backend, "block_expire=5\ndns_server=" + server.address() + "\n");
  const Result first = serve_with_spf(installation, policy_request("198.51.100.7"));
  CHECK_THAT(first.output, StartsWith("action=DEFER_IF_PERMIT"));
  CHECK_THAT(first.errors, Contains("reason=new") && Contains(" spf=pass "));

  installation.pass_time(std::chrono::minutes(6));
  const Result elsewhere = serve_with_spf(installation, policy_request("203.0.113.3"));
  CHECK(elsewhere.output == "action=DUNNO\n\n");
  CHECK_THAT(elsewhere.errors, Contains("reason=retried") && Contains(" spf=pass "));
  // Who is not of the pool has to wait, as has a sender for whom nobody is asked.
  CHECK_THAT(serve_with_spf(installation, policy_request("198.51.101.7")).errors,
             Contains("reason=new") && Contains(" spf=softfail "));
  CHECK_THAT(serve_with_spf(installation, policy_request("198.51.101.7", "")).errors,
             Contains("reason=new") && !Contains(" spf="));

  // Nobody is asked about mail that passes anyway.
  CHECK_THAT(serve_with_spf(installation, policy_request("203.0.113.3")).errors, Contains("reason=known"));
}

TEST_CASE("spf=host: nobody is asked", "[spf][policy]") {
  const SilentNameServer server;
  const Installation installation(Backend::sqlite, "spf=host\ndns_server=" + server.address() + "\n");
  CHECK_THAT(serve_with_spf(installation, policy_request("198.51.100.7")).errors,
             Contains("reason=new") && !Contains(" spf="));
}

TEST_CASE("greylisting-policy: without an answer from DNS mail waits as without SPF", "[spf][policy]") {
  const SilentNameServer server;
  const Installation installation(Backend::sqlite, "timeout=1000\ndns_server=" + server.address() + "\n");
  const Result result = serve_with_spf(installation, policy_request("198.51.100.7"));
  CHECK_THAT(result.output, StartsWith("action=DEFER_IF_PERMIT"));
  CHECK_THAT(result.errors, Contains("reason=new") && Contains(" spf=temperror "));
}

TEST_CASE("spf=check: the plugin asks, too, where the host gives no result", "[spf]") {
  const NameServer server(dns_records());
  const Installation installation(Backend::sqlite, "block_expire=5\ndns_server=" + server.address() + "\n");
  const Result first = installation.attempt(of_gmail("198.51.100.7"));
  CHECK_THAT(first.errors, Contains("reason=new") && Contains(" spf=pass "));
  CHECK_FALSE(first.output.empty());
  installation.pass_time(std::chrono::minutes(6));
  CHECK_THAT(installation.attempt(of_gmail("203.0.113.3")).errors,
             Contains("reason=retried") && Contains(" spf=pass "));
  // What the host says counts.
  Rcpt said = of_gmail("198.51.100.7");
  said.sender = "carol@gmail.example";
  said.environment["SPFRESULT"] = "softfail";
  CHECK_THAT(installation.attempt(said).errors, Contains("reason=new") && Contains(" spf=softfail "));
}

}  // namespace greylisting::test
