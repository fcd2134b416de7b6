#include "host/rcptcheck.h"

#include <map>
#include <string>

#include "judgement/decision.h"
#include "judgement/session.h"
#include "process/deadline.h"
#include "settings/settings.h"
#include "tests/support/catch.h"

namespace greylisting::rcptcheck {
namespace {

Environment of(const std::map<std::string, std::string>& variables) {
  return [variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

const std::map<std::string, std::string> kPlain{
    {"TCPREMOTEIP", "192.0.2.1"}, {"SENDER", "alice@example.net"}, {"RECIPIENT", "bob@example.org"}};
const std::map<std::string, std::string> kWithReply{{"TCPREMOTEIP", "192.0.2.1"},
                                                    {"SENDER", ""},
                                                    {"RECIPIENT", "bob@example.org"},
                                                    {"HELO", "h"},
                                                    {"USE_FD4", "1"}};

}  // namespace

TEST_CASE("rcptcheck::is_asked: by the variables", "[rcptcheck]") {
  CHECK(is_asked(of(kPlain)));
  CHECK(is_asked(of(kWithReply)));
  CHECK_FALSE(is_asked(of({})));
  CHECK_FALSE(is_asked(of({{"SMTPRCPTTO", "bob@example.org"}, {"RECIPIENT", "bob@example.org"}})));
}

TEST_CASE("rcptcheck::as_of_spp: the session is the same", "[rcptcheck]") {
  Session session = Session::from(as_of_spp(of(kPlain)));
  CHECK(session.client == "192.0.2.1");
  CHECK(session.sender == "alice@example.net");
  CHECK(session.recipient == "bob@example.org");
  CHECK(session.helo.empty());
  session = Session::from(as_of_spp(of(kWithReply)));
  CHECK(session.sender.empty());
  CHECK(session.helo == "h");
}

TEST_CASE("rcptcheck::answer: by the exit status, and by a reply where the host reads one", "[rcptcheck]") {
  Settings settings;
  const auto is = [](const Answer& answer, int status, int stream, const std::string& text) {
    return answer.status == status && answer.stream == stream && answer.text == text;
  };
  const Decision accepted{.reason = Reason::known};
  const Decision deferred{.reason = Reason::new_triplet};
  const Decision rejected{.reason = Reason::denied};
  for (const auto& variables : {kPlain, kWithReply}) {
    CHECK(is(answer(accepted, settings, "example.org", of(variables)), 0, 1, ""));
    CHECK(is(answer_on_error(settings, of(variables)), 0, 1, ""));
  }
  CHECK(is(answer(deferred, settings, "example.org", of(kPlain)), 111, 1, ""));
  CHECK(is(answer(rejected, settings, "example.org", of(kPlain)), 100, 1, ""));
  CHECK(is(answer(deferred, settings, "example.org", of(kWithReply)), 100, 4,
           "451 temporary failure (#4.3.0)\n"));
  CHECK(is(answer(rejected, settings, "example.org", of(kWithReply)), 100, 4,
           "553 sorry, your envelope sender has been denied (#5.7.1)\n"));

  settings.on_error = OnError::defer;
  CHECK(is(answer_on_error(settings, of(kPlain)), 111, 1, ""));
  CHECK(is(answer_on_error(settings, of(kWithReply)), 100, 4,
           "451 greylisting is out of order, please try again later (#4.3.0)\n"));

  settings.observe = true;
  for (const auto& variables : {kPlain, kWithReply}) {
    CHECK(is(answer(deferred, settings, "example.org", of(variables)), 0, 1, ""));
    CHECK(is(answer_on_error(settings, of(variables)), 0, 1, ""));
  }
}

}  // namespace greylisting::rcptcheck
