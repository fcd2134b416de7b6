// greylistctl check where there is no qmail: Postfix's files, and one question to the policy service.

#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/name_server.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/texts.h"

namespace greylisting::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

// With Postfix's configuration in its home.
Result check_with_postfix(const Installation& installation) {
  return run({.arguments = {built("greylistctl"), "--home", installation.home(), "check", "--user",
                            std::to_string(geteuid())},
              .environment = {{"MAIL_CONFIG", installation.home() / "postfix"}}});
}

std::string main_cf() { return read_file(source_tree() / "config/postfix-main.cf"); }

std::string master_cf() {
  return adapted(read_file(source_tree() / "config/postfix-master.cf"), "/usr/local/sbin/greylisting-policy",
                 built("greylisting-policy"));
}

}  // namespace

TEST_CASE("check asks the policy service one question, and leaves nothing behind", "[check]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::sqlite);
  const Installation installation(backend, "spf=host");
  write_file(installation.home() / "postfix/main.cf", main_cf());
  write_file(installation.home() / "postfix/master.cf", master_cf());
  const Result result = check_with_postfix(installation);
  CAPTURE(result.output, result.errors);
  CHECK(result.status == 0);
  CHECK_THAT(result.output, Contains("ok       Postfix: ") &&
                                Contains("deferred an attempt never seen before (new)") &&
                                EndsWith("This installation works.\n"));
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_data") == Rows{{"0"}});
}

TEST_CASE("check says what becomes of mail when the policy service does not run", "[check]") {
  const Installation installation(Backend::sqlite, "spf=host");
  const std::filesystem::path program = installation.home() / "bin/greylisting-policy";
  write_file(program, "#!/bin/sh\nkill -9 $$\n", 0755);
  write_file(installation.home() / "postfix/main.cf", main_cf());
  write_file(installation.home() / "postfix/master.cf",
             "greylisting unix - n n - 0 spawn user=x argv=" + program.string() + "\n");
  const Result result = check_with_postfix(installation);
  CHECK(result.status == 1);
  CHECK_THAT(
      result.output,
      Contains(
          "PROBLEM  greylisting-policy, as root (uid 0): was ended by signal 9, so the mail server gets no "
          "answer, and does what its default_action says\n         -> install it anew: make "
          "install-policy\n"));
}

TEST_CASE("check says whether DNS answers, which the policy service asks for SPF", "[check][spf]") {
  const auto checked = [](const std::string& settings) {
    const Installation installation(Backend::sqlite, settings);
    write_file(installation.home() / "postfix/main.cf", main_cf());
    write_file(installation.home() / "postfix/master.cf", master_cf());
    return check_with_postfix(installation).output;
  };
  const NameServer answers({});
  CHECK_THAT(checked("dns_server=" + answers.address()),
             Contains("ok       DNS: " + answers.address() + " answers, so SPF can be checked\n"));
  const SilentNameServer silent;
  CHECK_THAT(
      checked("timeout=1000\ndns_server=" + silent.address()),
      Contains("DNS: no answer within 500 ms from " + silent.address() + ", so no SPF check succeeds") &&
          Contains("-> set dns_server to a server that answers, or spf=host\n") &&
          EndsWith("This installation works.\n"));
  CHECK_THAT(checked("dns_server=localhost"), Contains("PROBLEM  dns_server: \"localhost\": "));
  CHECK_THAT(checked("spf=host\ndns_server=" + silent.address()), !Contains("DNS: "));
}

TEST_CASE("check asks a policy service that listens", "[check]") {
  const Installation installation(Backend::sqlite, "spf=host");
  const auto checked = [&](const std::string& program) {
    const std::filesystem::path log = installation.home() / "tcpserver";
    BackgroundProcess service(
        {.arguments = {"tcpserver", "-1", "-RHl0", "127.0.0.1", "0", "sh", "-c", program}}, log);
    while (read_file(log).find('\n') == std::string::npos) REQUIRE(service.is_running());
    const std::string port = read_file(log).substr(0, read_file(log).find('\n'));
    write_file(installation.home() / "postfix/main.cf",
               "smtpd_recipient_restrictions = check_policy_service { inet:127.0.0.1:" + port +
                   ", default_action=DUNNO }\n");
    write_file(installation.home() / "postfix/master.cf", master_cf());
    return check_with_postfix(installation);
  };
  const Result works =
      checked("exec " + built("greylisting-policy").string() + " --home " + installation.home().string());
  CAPTURE(works.output);
  CHECK(works.status == 0);
  CHECK_THAT(works.output, Contains("ok       Postfix: ") && Contains(" asks inet:127.0.0.1:"));
  for (const char* const program : {"exit 0", "echo 220 hello; cat"}) {
    const Result fails = checked(program);
    CAPTURE(program, fails.output);
    CHECK(fails.status == 1);
    CHECK_THAT(fails.output, Contains(", and it gives no answer: "));
  }
}

TEST_CASE("check says what keeps Postfix from asking", "[check]") {
  struct Broken {
    std::string main;
    std::string master;
    std::string said;
    int status;
  };
  const std::string service =
      "smtpd_recipient_restrictions = check_policy_service unix:private/greylisting\n";
  const std::vector<Broken> all{
      {"# check_policy_service in a comment\n", master_cf(), "asks no policy service", 0},
      {"outgoing = check_policy_service { unix:private/greylisting, policy_context=outgoing, "
       "default_action=DUNNO }\n",
       master_cf(), "asks no policy service", 0},
      {main_cf(), "smtp inet n - y - - smtpd\n", "master.cf has no such service", 1},
      {main_cf(), "#" + master_cf(), "", 0},
      {service, master_cf(), "has no default_action=DUNNO", 0},
      {service + "smtpd_policy_service_default_action = DUNNO\n", master_cf(), "ok       Postfix: ", 0},
      {"smtpd_recipient_restrictions = check_policy_service { unix:private/policyd-spf, "
       "default_action=DUNNO }\n",
       master_cf() + "policyd-spf unix - n n - 0 spawn user=x argv=/usr/bin/policyd-spf\n",
       "asks only unix:private/policyd-spf, not greylisting-policy, so nothing of its mail is greylisted", 0},
      {"smtpd_recipient_restrictions =\n check_policy_service unix:private/policyd-spf,\n# why not\n "
       "check_policy_service unix:private/greylisting\n",
       "policyd-spf unix - n n - 0 spawn user=x argv=/usr/bin/policyd-spf\n",
       "asks unix:private/greylisting, and ", 1},
      {"smtpd_data_restrictions = check_policy_service { unix:private/greylisting, default_action=DUNNO }\n",
       master_cf(), "asks unix:private/greylisting in smtpd_data_restrictions, when all recipients", 0},
      {"smtpd_recipient_restrictions = check_policy_service { inet:127.0.0.1:1, default_action=DUNNO }\n",
       master_cf(), "asks inet:127.0.0.1:1, and it gives no answer: ", 1},
      {"smtpd_recipient_restrictions = check_policy_service { inet:127.0.0.1:2, default_action=DUNNO },\n "
       "check_policy_service { unix:private/greylisting, default_action=DUNNO }\n",
       master_cf(), "ok       Postfix: ", 0},
      {main_cf(), "greylisting unix - n n - 0 spawn user=x argv=/missing/greylisting-policy\n",
       "/missing/greylisting-policy is not there", 1},
  };
  for (const Broken& broken : all) {
    const Installation installation(Backend::sqlite, "spf=host");
    write_file(installation.home() / "postfix/main.cf", broken.main);
    write_file(installation.home() / "postfix/master.cf", broken.master);
    const Result result = check_with_postfix(installation);
    CAPTURE(broken.main, broken.master, result.output, result.errors);
    CHECK(result.status == broken.status);
    CHECK_THAT(result.output, Contains(broken.said));
  }
}

}  // namespace greylisting::test
