// The protocol alone: what comes over a connection, and what is answered. The service is tested in
// tests/doors/policy_service_test.cpp.

#include "host/policy.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "judgement/decision.h"
#include "judgement/session.h"
#include "settings/settings.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace greylisting::policy {
namespace {

using Catch::Matchers::Contains;

constexpr std::chrono::seconds kPatience{30};

// A connection on which `bytes` have come, and then its end.
class Connection {
 public:
  explicit Connection(std::string_view bytes) {
    if (pipe(ends_) != 0) throw std::runtime_error("no pipe");
    REQUIRE(bytes.size() < 65536);  // a pipe holds as many
    REQUIRE(write(ends_[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    close(ends_[1]);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(ends_[0]); }

  int stream() const { return ends_[0]; }

 private:
  int ends_[2]{};
};

Request request(const std::vector<std::string>& lines) {
  Request made;
  for (const std::string& line : lines) REQUIRE(made.take(line));
  return made;
}

const std::vector<std::string> kRcpt{"request=smtpd_access_policy", "protocol_state=RCPT",
                                     "client_address=192.0.2.1",    "client_name=mx.example.net",
                                     "helo_name=helo.example.net",  "sender=alice@example.net",
                                     "recipient=bob@example.org"};

Request rcpt_with(const std::string& line) {
  std::vector<std::string> lines{line};
  lines.insert(lines.end(), kRcpt.begin(), kRcpt.end());
  return request(lines);
}

}  // namespace

TEST_CASE("policy::Requests: one after the other, whatever the order of their lines", "[policy]") {
  const Connection connection("b=2\na=1\n\n\n\nsender=\nrecipient=x=y\n\n");
  Requests requests(connection.stream());
  const auto first = requests.next(kPatience);
  REQUIRE(first);
  CHECK(first->value_of("a") == "1");
  CHECK(first->value_of("b") == "2");
  CHECK(first->value_of("c").empty());
  const auto second = requests.next(kPatience);
  REQUIRE(second);
  CHECK(second->value_of("a").empty());
  CHECK(second->value_of("recipient") == "x=y");
  CHECK_FALSE(requests.next(kPatience));
}

TEST_CASE("policy::Requests: what is no request", "[policy]") {
  const auto read = [](std::string_view bytes) {
    const Connection connection(bytes);
    Requests requests(connection.stream());
    while (requests.next(kPatience)) {
    }
  };
  CHECK_NOTHROW(read(""));
  CHECK_NOTHROW(read("\n"));
  CHECK_THROWS_WITH(read("sender=alice@example.net\n"), Contains("without an end"));
  CHECK_THROWS_WITH(read("a=1\n\nsender=al"), Contains("without an end"));
  CHECK_THROWS_WITH(read(std::string_view("a=1\0\n\n", 6)), Contains("NUL"));
  CHECK_THROWS_WITH(read("GET / HTTP/1.1\r\n\r\n"),
                    Contains("\"GET / HTTP/1.1\\x0d\"") && Contains("name=value"));
}

TEST_CASE("policy::Requests: neither a line nor a request without a limit", "[policy]") {
  // More than a pipe holds, so from a file.
  const test::TemporaryDirectory directory;
  const auto read = [&directory](const std::string& bytes) {
    test::write_file(directory / "requests", bytes);
    const int file = open((directory / "requests").c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(file >= 0);
    const std::unique_ptr<const int, void (*)(const int*)> closed(&file,
                                                                  [](const int* each) { close(*each); });
    Requests requests(file);
    std::size_t count = 0;
    while (requests.next(kPatience)) ++count;
    return count;
  };
  const std::string longest = "a=" + std::string(kMaxLine - 2, 'x') + '\n';
  CHECK(read(longest + '\n' + longest + '\n') == 2);
  CHECK_THROWS_WITH(read("a" + longest + '\n'), Contains("65536 bytes"));
  CHECK_THROWS_WITH(read(std::string(kMaxLine + 1, 'x')), Contains("65536 bytes"));
  std::string many;
  while (many.size() < kMaxRequest) many += "a=1\n";
  CHECK(read(many.substr(0, kMaxRequest / 2) + '\n' + many.substr(0, kMaxRequest / 2) + '\n') == 2);
  CHECK_THROWS_WITH(read(many + "a=1\n\n"), Contains("262144 bytes"));
}

TEST_CASE("policy::Request: of a name that comes twice the first counts", "[policy]") {
  CHECK(request({"sender=a", "sender=b"}).value_of("sender") == "a");
  CHECK(request({"sender=", "sender=b"}).value_of("sender").empty());
}

TEST_CASE("policy::Request::is_greylisted: a recipient of a client that is no user of ours", "[policy]") {
  CHECK(request(kRcpt).is_greylisted());
  CHECK(request({"request=smtpd_access_policy", "client_address=192.0.2.1"}).is_greylisted());  // s/qmail
  CHECK(rcpt_with("sasl_username=").is_greylisted());
  CHECK_FALSE(rcpt_with("sasl_username=alice").is_greylisted());
  CHECK_FALSE(rcpt_with("ccert_subject=relay.example.org").is_greylisted());
  CHECK_FALSE(rcpt_with("policy_context=outgoing").is_greylisted());
  CHECK(rcpt_with("policy_context=submission").is_greylisted());
  for (const char* state : {"CONNECT", "EHLO", "MAIL", "DATA", "END-OF-MESSAGE", "VRFY", "ETRN", "rcpt"}) {
    CAPTURE(state);
    CHECK_FALSE(rcpt_with(std::string("protocol_state=") + state).is_greylisted());
  }
  CHECK_FALSE(rcpt_with("request=junk").is_greylisted());
  CHECK_FALSE(request({"protocol_state=RCPT"}).is_greylisted());
}

TEST_CASE("policy::Request::is_outgoing: a recipient of a user of ours", "[policy]") {
  CHECK(rcpt_with("sasl_username=alice").is_outgoing());
  CHECK(rcpt_with("ccert_subject=relay.example.org").is_outgoing());
  CHECK(rcpt_with("policy_context=outgoing").is_outgoing());
  CHECK_FALSE(request(kRcpt).is_outgoing());
  CHECK_FALSE(request({"request=junk", "sasl_username=alice"}).is_outgoing());
  CHECK_FALSE(
      request({"request=smtpd_access_policy", "protocol_state=DATA", "sasl_username=alice"}).is_outgoing());
}

TEST_CASE("policy::Request::session: whom it is about", "[policy]") {
  const Session session = rcpt_with("server_address=192.0.2.25").session();
  CHECK(session.client == "192.0.2.1");
  CHECK(session.client_name == "mx.example.net");
  CHECK(session.is_client_name_verified);
  CHECK(session.helo == "helo.example.net");
  CHECK(session.sender == "alice@example.net");
  CHECK(session.recipient == "bob@example.org");
  CHECK(session.local_address == "192.0.2.25");
  CHECK(session.spf_result.empty());
  CHECK(session.greylisting.empty());
  CHECK(rcpt_with("sender=").session().sender.empty());
  CHECK(rcpt_with("client_address=2001:db8::1").session().client == "2001:db8::1");
}

TEST_CASE("policy::Request::session: a name that is not verified is not believed", "[policy]") {
  Session session = rcpt_with("client_name=unknown").session();
  CHECK(session.client_name.empty());
  CHECK_FALSE(session.is_client_name_verified);
  std::vector<std::string> lines{"client_name=unknown", "reverse_client_name=mail.example.com"};
  lines.insert(lines.end(), kRcpt.begin(), kRcpt.end());
  session = request(lines).session();
  CHECK(session.client_name == "mail.example.com");
  CHECK_FALSE(session.is_client_name_verified);
  lines[1] = "reverse_client_name=unknown";
  CHECK(request(lines).session().client_name.empty());
}

TEST_CASE("policy::Request::session: says what is missing", "[policy]") {
  CHECK_THROWS_WITH(rcpt_with("client_address=unknown").session(),
                    Contains("client_address=\"unknown\" is not an IP address"));
  CHECK_THROWS_WITH(request({"client_address=192.0.2.1"}).session(),
                    Contains("smtpd_recipient_restrictions"));
}

TEST_CASE("policy::answer: the word first, then the status, never OK", "[policy]") {
  Settings settings;
  Request request = rcpt_with("a=b");
  const auto answer_to = [&](Reason reason, const std::string& reply = "", std::string_view header = "") {
    return answer(request, {.reason = reason, .reply = reply, .left = std::chrono::seconds(90)}, settings,
                  header);
  };
  CHECK(answer_to(Reason::new_triplet) == "action=DEFER_IF_PERMIT 4.3.0 temporary failure\n\n");
  CHECK(answer_to(Reason::denied) == "action=REJECT 5.7.1 sorry, your envelope sender has been denied\n\n");
  CHECK(answer_to(Reason::known) == "action=DUNNO\n\n");
  CHECK(answer_to(Reason::retried, "", "X-Greylist: delayed 90 seconds by a;\n\tSat, 21 Nov 2026") ==
        "action=PREPEND X-Greylist: delayed 90 seconds by a; Sat, 21 Nov 2026\n\n");

  settings.defer_message = "450 %r: come back in %s seconds (#4.7.1)";
  CHECK(answer_to(Reason::new_triplet) ==
        "action=DEFER_IF_PERMIT 4.7.1 example.org: come back in 90 seconds\n\n");
  settings.defer_message = "451 come back (later)";
  CHECK(answer_to(Reason::new_triplet) == "action=DEFER_IF_PERMIT 4.3.0 come back (later)\n\n");
  settings.defer_message = "451 come back (#soon)";
  CHECK(answer_to(Reason::new_triplet) == "action=DEFER_IF_PERMIT 4.3.0 come back (#soon)\n\n");

  // The class of an entry's own text is what it asks for.
  CHECK(answer_to(Reason::denied, "450 not today") == "action=DEFER_IF_PERMIT 4.3.0 not today\n\n");
  CHECK(answer_to(Reason::denied, "554 never (#5.7.0)") == "action=REJECT 5.7.0 never\n\n");
  CHECK(answer_to(Reason::too_many, "452 too many (#4.5.3)") == "action=DEFER_IF_PERMIT 4.5.3 too many\n\n");

  // s/qmail takes a rejection for a yes.
  request = Request();
  REQUIRE(request.take("recipient=bob@example.org"));
  CHECK(answer_to(Reason::denied) ==
        "action=DEFER_IF_PERMIT 4.7.1 sorry, your envelope sender has been denied\n\n");

  settings.observe = true;
  for (const Reason reason : kReasons) CHECK(answer_to(reason, "", "X: y") == kNoOpinion);
}

TEST_CASE("policy::answer_on_error: as on_error says", "[policy]") {
  Settings settings;
  CHECK(answer_on_error(settings) == kNoOpinion);
  settings.on_error = OnError::defer;
  CHECK(answer_on_error(settings) ==
        "action=DEFER_IF_PERMIT 4.3.0 greylisting is out of order, please try again later\n\n");
  settings.observe = true;
  CHECK(answer_on_error(settings) == kNoOpinion);
}

}  // namespace greylisting::policy
