// The SMTP alone: lines in, replies out. The program that speaks it is tested in
// tests/doors/front_test.cpp.

#include "host/talk.h"

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace greylisting {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

constexpr std::string_view kDeferral = "451 temporary failure (#4.3.0)";
const std::string kDeferred = std::string(kDeferral) + "\r\n";
const std::string kOk = "250 ok\r\n";

// What is asked of a talk's recipients, and how all of them are answered.
struct Judged {
  std::string reply{kDeferral};
  std::vector<Envelope> asked{};

  Talk::Judge judge() {
    return [this](const Envelope& envelope) {
      asked.push_back(envelope);
      return reply;
    };
  }
};

std::string said(std::string_view bytes) {
  Judged judged;
  return Talk("mx.example.org", 100, judged.judge()).take(bytes);
}

}  // namespace

TEST_CASE("talk: a client is led to its deferral", "[talk]") {
  Judged judged;
  Talk talk("mx.example.org", 100, judged.judge());
  CHECK(talk.greeting() == "220 mx.example.org ESMTP\r\n");
  CHECK(talk.take("EHLO mx.example.net\r\n") ==
        "250-mx.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n");
  CHECK(talk.take("MAIL FROM:<alice@example.net> BODY=8BITMIME\r\n") == kOk);
  CHECK(talk.take("RCPT TO:<bob@example.org>\r\n") == kDeferred);
  CHECK(talk.take("rcpt to: <\"a>b\"@example.org>\r\n") == kDeferred);
  CHECK(talk.take("DATA\r\n") == kDeferred);
  CHECK(talk.take("RSET\r\n") == "250 flushed\r\n");
  CHECK(talk.take("DATA\r\n") == "503 MAIL first (#5.5.1)\r\n");
  CHECK(talk.take("MAIL FROM:<>\r\n") == kOk);
  CHECK(talk.take("DATA\r\n") == "503 RCPT first (#5.5.1)\r\n");
  CHECK(talk.take("RCPT TO:carol@example.org x\r\n") == kDeferred);
  CHECK_FALSE(talk.is_over());
  CHECK(talk.take("QUIT\r\nNOOP\r\n") == "221 mx.example.org\r\n");
  CHECK(talk.is_over());
  CHECK(talk.take("NOOP\r\n").empty());
  CHECK(talk.time_is_over().empty());

  REQUIRE(judged.asked.size() == 3);
  CHECK(judged.asked[0].helo == "mx.example.net");
  CHECK(judged.asked[0].sender == "alice@example.net");
  CHECK(judged.asked[0].recipient == "bob@example.org");
  CHECK(judged.asked[0].recipients == 1);
  CHECK(judged.asked[1].recipient == "\"a>b\"@example.org");
  CHECK(judged.asked[1].recipients == 2);
  CHECK(judged.asked[2].sender.empty());
  CHECK(judged.asked[2].recipients == 1);
}

TEST_CASE("talk: lines come in any pieces, with CR or without", "[talk]") {
  const std::string all = "HELO x\r\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\r\nQUIT\r\n";
  const std::string replies = "250 mx.example.org\r\n" + kOk + kDeferred + "221 mx.example.org\r\n";
  CHECK(said(all) == replies);
  Judged judged;
  Talk talk("mx.example.org", 100, judged.judge());
  std::string each;
  for (const char c : all) each += talk.take({&c, 1});
  CHECK(each == replies);
}

TEST_CASE("talk: what is not spoken, and what is out of order", "[talk]") {
  CHECK(said("STARTTLS\r\n") == "502 unimplemented (#5.5.1)\r\n");
  CHECK(said("AUTH PLAIN\r\n") == "502 unimplemented (#5.5.1)\r\n");
  CHECK(said("\r\n") == "502 unimplemented (#5.5.1)\r\n");
  CHECK(said(std::string_view("NO\0OP\r\n", 7)) == "502 unimplemented (#5.5.1)\r\n");
  CHECK(said("NOOP\r\n") == kOk);
  CHECK(said("RCPT TO:<bob@example.org>\r\n") == "503 MAIL first (#5.5.1)\r\n");
  for (const std::string_view bad : {"MAIL\r\n", "MAIL FROM\r\n", "MAIL FROM:\r\n", "MAIL FROM:<a@b\r\n",
                                     "MAIL FROM:<\"a>\r\n", "MAIL FROM:<a\\>\r\n", "MAIL TO:<a@b>\r\n"}) {
    CAPTURE(bad);
    CHECK(said(bad) == "501 syntax error (#5.5.4)\r\n");
  }
  CHECK(said("MAIL FROM:<a@b>\r\nRCPT TO:<>\r\n") == kOk + "501 syntax error (#5.5.4)\r\n");
  CHECK(said("MAIL FROM:<a@b>\r\nHELO x\r\nRCPT TO:<c@d>\r\n") ==
        kOk + "250 mx.example.org\r\n503 MAIL first (#5.5.1)\r\n");
}

TEST_CASE("talk: everything has a limit, after which the talk is over", "[talk]") {
  Judged judged;
  const auto repeated = [](const std::string& line, unsigned times) {
    std::string all;
    for (unsigned i = 0; i < times; ++i) all += line;
    return all;
  };
  Talk recipients("mx.example.org", 2, judged.judge());
  CHECK(recipients.take("MAIL FROM:<a@b>\r\n" + repeated("RCPT TO:<c@d>\r\n", 4)) ==
        kOk + kDeferred + kDeferred + "421 mx.example.org too many recipients (#4.5.3)\r\n");
  CHECK(judged.asked.size() == 2);
  CHECK(recipients.is_over());

  const std::string end = "421 mx.example.org too many errors (#5.5.1)\r\n";
  CHECK_THAT(said(repeated("x\r\n", Talk::kMaxErrors)), EndsWith("502 unimplemented (#5.5.1)\r\n"));
  CHECK_THAT(said(repeated("x\r\n", Talk::kMaxErrors + 5)), EndsWith("(#5.5.1)\r\n" + end));
  CHECK_THAT(said(repeated("NOOP\r\n", Talk::kMaxCommands)), EndsWith(kOk));
  CHECK_THAT(said(repeated("NOOP\r\n", Talk::kMaxCommands + 5)), EndsWith(kOk + end));

  CHECK(said("NOOP " + std::string(Talk::kMaxLine - 5, 'x') + "\n") == kOk);
  const std::string too_long = "421 mx.example.org line too long (#5.5.2)\r\n";
  CHECK(said("NOOP " + std::string(Talk::kMaxLine - 4, 'x') + "\n") == too_long);
  CHECK(said(std::string(70000, 'x')) == too_long);

  Talk slow("mx.example.org", 2, judged.judge());
  CHECK(slow.time_is_over() == "421 mx.example.org timeout (#4.4.2)\r\n");
  CHECK(slow.is_over());
}

TEST_CASE("talk: a judge's 421 ends it, another refusal is no error", "[talk]") {
  Judged judged{.reply = "421 please connect again (#4.3.2)"};
  Talk talk("mx.example.org", 100, judged.judge());
  CHECK_THAT(talk.take("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nQUIT\r\n"), EndsWith("(#4.3.2)\r\n"));
  CHECK(talk.is_over());

  Judged rejecting{.reply = "500 no"};
  Talk rejected("mx.example.org", 100, rejecting.judge());
  rejected.take("MAIL FROM:<a@b>\r\n");
  for (unsigned i = 0; i < 2 * Talk::kMaxErrors; ++i)
    CHECK(rejected.take("RCPT TO:<c@d>\r\n") == "500 no\r\n");
}

TEST_CASE("talk: a name that cannot be one is localhost; a witness sees both sides", "[talk]") {
  std::string seen;
  Judged judged;
  Talk talk("mx example\r\n", 100, judged.judge(), [&seen](char direction, std::string_view line) {
    seen.append(1, direction).append(line) += '\n';
  });
  CHECK(talk.greeting() == "220 localhost ESMTP\r\n");
  CHECK(Talk("", 1, judged.judge()).greeting() == "220 localhost ESMTP\r\n");
  talk.take("EHLO x\r\n");
  CHECK(seen ==
        ">220 localhost ESMTP\n<EHLO x\n>250-localhost\n>250-PIPELINING\n>250-8BITMIME\n>250 SMTPUTF8\n");
}

}  // namespace greylisting
