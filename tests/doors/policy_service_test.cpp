// greylisting-policy as a mail server meets it: requests on its standard input, answers on its standard
// output.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/texts.h"
#include "tests/support/trace.h"

namespace greylisting::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

const std::string kDefer = "action=DEFER_IF_PERMIT 4.3.0 temporary failure\n\n";
const std::string kDunno = "action=DUNNO\n\n";

// As Postfix asks at RCPT; `more` are lines that come first, and so count.
std::string postfix_request(const std::string& recipient, const std::string& more = "",
                            const std::string& instance = "1.2") {
  return more +
         "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=192.0.2.1\n"
         "client_name=mx.example.net\nreverse_client_name=mx.example.net\nhelo_name=mx.example.net\n"
         "sender=alice@example.net\nrecipient=" +
         recipient + "\nrecipient_count=0\nqueue_id=\ninstance=" + instance +
         "\nsize=0\nsasl_method=\nsasl_username=\nccert_subject=\n\n";
}

Result serve(const Installation& installation, const std::string& requests) {
  return run({.arguments = {built("greylisting-policy"), "--home", installation.home()},
              .environment = {{"GLSPF", "host"}},
              .input = requests});
}

}  // namespace

TEST_CASE("greylisting-policy: a client of NAT64 is the IPv4 client", "[policy]") {
  const Installation installation(Backend::sqlite);
  const std::string nat64 = postfix_request("bob@example.org", "client_address=64:ff9b::c000:201\n");
  const Result result = serve(installation, nat64 + postfix_request("bob@example.org"));
  CHECK(result.output == kDefer + kDefer);
  CHECK_THAT(result.errors,
             Contains("reason=new client=64:ff9b::c000:201 ") && Contains("reason=early client=192.0.2.1 "));
}

TEST_CASE("greylisting-policy: a triplet waits, passes with a header once a message, and is known",
          "[policy]") {
  const Backend backend = any_backend();
  CAPTURE(name(backend));
  const Installation installation(backend, "block_expire=5\nheader=x-greylist\n");
  write_file(installation.home() / "control/me", "mx.example.org\n");

  const Result first =
      serve(installation, postfix_request("bob@example.org") + postfix_request("carol@example.org"));
  CHECK(first.status == 0);
  CHECK(first.output == kDefer + kDefer);
  CHECK_THAT(first.errors, StartsWith("greylisting: outcome=deferred reason=new client=192.0.2.1 "
                                      "host=mx.example.net helo=mx.example.net sender=alice@example.net "
                                      "recipient=bob@example.org ") &&
                               Contains(" session=1.2 "));
  CHECK(lines(first.errors) == 2);

  installation.pass_time(std::chrono::minutes(6));
  const Result retry =
      serve(installation, postfix_request("bob@example.org") + postfix_request("carol@example.org") +
                              postfix_request("dave@example.org"));
  CHECK_THAT(retry.output, StartsWith("action=PREPEND X-Greylist: delayed 3") &&
                               Contains(" by greylisting at mx.example.org; "));
  CHECK_THAT(retry.output, Catch::Matchers::EndsWith("\n\n" + kDunno + kDefer));
  CHECK(lines(retry.output) == 6);

  const Result known = serve(installation, postfix_request("bob@example.org", "", "3.4"));
  CHECK(known.output == kDunno);
  CHECK_THAT(known.errors, Contains("reason=known"));
}

// As the qmail-postgrey patch and s/qmail ask: a connection for each request, of whose answer one call reads
// 64 bytes.
TEST_CASE("greylisting-policy: the first 64 bytes that come say what becomes of the mail", "[policy]") {
  const Installation installation(Backend::sqlite, "block_expire=5\nspf=host\n");
  const std::filesystem::path log = installation.home() / "tcpserver";
  // The sample, on a free port that tcpserver tells, without a user of its own.
  std::string script = read_file(source_tree() / "config/greylisting-policy.run");
  script = adapted(script, "tcpserver ", "tcpserver -1 ");
  script = adapted(script, " 10023 ", " 0 ");
  script = adapted(script, "setuidgid greylisting /usr/local/sbin/greylisting-policy",
                   built("greylisting-policy").string() + " --home " + installation.home().string());
  BackgroundProcess service({.arguments = {"sh", "-c", script}}, log);
  while (read_file(log).find('\n') == std::string::npos) REQUIRE(service.is_running());
  const auto port = static_cast<std::uint16_t>(std::stoul(read_file(log)));
  const auto asked = [&](const std::string& request) {
    const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::write(connection, request.data(), request.size()) == static_cast<ssize_t>(request.size()));
    std::array<char, 64> answer{};
    const ssize_t size = ::read(connection, answer.data(), answer.size());
    ::close(connection);
    REQUIRE(size > 0);
    return std::string(answer.data(), static_cast<std::size_t>(size));
  };
  CHECK(asked(postfix_request("bob@example.org")) == kDefer);
  installation.pass_time(std::chrono::minutes(6));
  CHECK(asked(postfix_request("bob@example.org")) == kDunno);
}

TEST_CASE("greylisting-policy: the next message on a connection has a header of its own", "[policy]") {
  const Installation installation(Backend::sqlite, "block_expire=5\nheader=x-greylist\n");
  serve(installation, postfix_request("bob@example.org") + postfix_request("carol@example.org"));
  installation.pass_time(std::chrono::minutes(6));
  const Result retry = serve(installation, postfix_request("bob@example.org", "", "1.2") +
                                               postfix_request("carol@example.org", "", "3.4"));
  CHECK(lines(retry.output) == 4);
  CHECK_THAT(retry.output, !Contains("DUNNO"));
}

TEST_CASE("greylisting-policy: what it has no opinion of leaves nothing behind", "[policy]") {
  const Installation installation(Backend::sqlite, "answers=0");
  const Result result = serve(installation, postfix_request("bob@example.org", "sasl_username=alice\n") +
                                                postfix_request("bob@example.org", "protocol_state=DATA\n") +
                                                postfix_request("bob@example.org", "request=other\n"));
  CHECK(result.output == kDunno + kDunno + kDunno);
  CHECK(result.errors.empty());
  CHECK_FALSE(std::filesystem::exists(installation.home() / "greylisting/greylisting.db"));
}

TEST_CASE("greylisting-policy: settings, lists and limits are the plugin's", "[policy]") {
  const Installation installation(Backend::sqlite, "max_recipients=2\ndefer_message=450 %r later (#4.7.1)\n");
  installation.put({.action = "deny", .word = "sender", .pattern = "spam.example", .reply = "554 never"});
  installation.put({.action = "allow", .word = "client", .pattern = "mx.example.net"});
  const Result listed =
      serve(installation, postfix_request("bob@example.org", "sender=x@spam.example\nclient_name=unknown\n") +
                              postfix_request("bob@example.org"));
  CHECK(listed.output == "action=REJECT 5.7.1 never\n\n" + kDunno);
  CHECK_THAT(listed.errors, Contains("reason=denied") && Contains("reason=allowed"));

  const std::string unknown = "client_name=unknown\nreverse_client_name=mx.example.net\n";
  const Result many = serve(installation, postfix_request("bob@example.org", unknown) +
                                              postfix_request("carol@example.org", unknown) +
                                              postfix_request("dave@example.org", unknown) +
                                              postfix_request("dave@example.org", unknown, "3.4"));
  const std::string later = "action=DEFER_IF_PERMIT 4.7.1 example.org later\n\n";
  CHECK(many.output ==
        later + later +
            "action=DEFER_IF_PERMIT 4.5.3 too many recipients, please send to the others separately\n\n" +
            later);
}

TEST_CASE("greylisting-policy: null_sender and privacy are as with the plugin", "[policy]") {
  const Installation installation(Backend::sqlite, "null_sender=accept\nprivacy=hash\n");
  write_file(installation.home() / "control/greylisting_key", "not to be guessed by anybody\n", 0600);
  const Result result = serve(
      installation, postfix_request("bob@example.org", "sender=\n") + postfix_request("bob@example.org"));
  CHECK(result.output == kDunno + kDefer);
  CHECK_THAT(result.errors, Contains("reason=null-sender") && Contains("reason=new"));
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_data") == Rows{{"1"}});
  CHECK(
      installation.sql("SELECT COUNT(*) FROM greylisting_data WHERE mail_from LIKE '%alice%' OR rcpt_to LIKE "
                       "'%bob%'") == Rows{{"0"}});
}

TEST_CASE("greylisting-policy: whatever breaks, there is an answer", "[policy]") {
  const Installation installation(Backend::sqlite, "sqlite_file=missing/greylisting.db\n");
  const Result passes =
      serve(installation, postfix_request("bob@example.org") + postfix_request("carol@example.org"));
  CHECK(passes.status == 0);
  CHECK(passes.output == kDunno + kDunno);
  CHECK_THAT(passes.errors, StartsWith("greylisting: SQLite: missing/greylisting.db: "));
  CHECK(lines(passes.errors) == 2);

  const std::string out_of_order =
      "action=DEFER_IF_PERMIT 4.3.0 greylisting is out of order, please try again later\n\n";
  CHECK(serve(installation, postfix_request("bob@example.org", "client_address=unknown\n")).output == kDunno);
  write_file(installation.home() / "control/greylisting",
             "on_error=defer\nsqlite_file=missing/greylisting.db\n");
  CHECK(serve(installation, postfix_request("bob@example.org")).output == out_of_order);
  CHECK(serve(installation, postfix_request("bob@example.org", "client_address=unknown\n")).output ==
        out_of_order);

  const Result no_home =
      run({.arguments = {built("greylisting-policy"), "--home", installation.home() / "missing"},
           .input = postfix_request("bob@example.org")});
  CHECK(no_home.output == kDunno);
  CHECK_THAT(no_home.errors, StartsWith("greylisting: cannot go to the home directory "));
}

TEST_CASE("greylisting-policy: what is no request ends the connection, and nothing else", "[policy]") {
  const Installation installation(Backend::sqlite);
  const std::string bad = GENERATE(std::string("EHLO x\n\n"), std::string("sender=a\n"),
                                   std::string("sender=a\0\n\n", 11), "a=" + std::string(70000, 'x'));
  CAPTURE(bad.substr(0, 20));
  const Result result = serve(installation, postfix_request("bob@example.org") + bad);
  CHECK(result.status == 1);
  CHECK(result.output == kDefer);
  CHECK(lines(result.errors) == 2);
}

// Postfix keeps a connection for 300 s at most; strace says that a little more is over.
TEST_CASE("greylisting-policy: nothing is asked for longer than 300 seconds, and the service ends",
          "[policy]") {
  if (!can_trace()) {
    WARN("strace cannot look at programs here");
    return;
  }
  const Installation installation(Backend::sqlite);
  const Traced traced = run_traced({.arguments = {built("greylisting-policy"), "--home", installation.home()},
                                    .input = postfix_request("bob@example.org")},
                                   "poll,read", "poll:retval=0:when=1");
  CHECK(traced.result.status == 0);
  CHECK(traced.result.output.empty());
  REQUIRE_FALSE(traced.lines.empty());
  CHECK_THAT(traced.lines.back(), Contains("poll([{fd=0, events=POLLIN") && Contains("}], 1, 310000) = 0"));
}

TEST_CASE("greylisting-policy: wrong usage", "[policy]") {
  const auto called = [](const std::string& word) {
    return run({.arguments = {built("greylisting-policy"), word}});
  };
  CHECK(called("--help").status == 0);
  CHECK_THAT(called("--help").output, StartsWith("usage: greylisting-policy "));
  CHECK_THAT(called("--version").output, StartsWith("greylisting-policy "));
  for (const char* word : {"--hoome", "x", "--home"}) {
    CAPTURE(word);
    CHECK(called(word).status == 2);
    CHECK(called(word).output.empty());
    CHECK_THAT(called(word).errors, Contains("usage: greylisting-policy "));
  }
}

}  // namespace greylisting::test
