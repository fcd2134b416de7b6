// The plugin as mail meets it: tcpserver and a cdb of tcprules in front, the
// stand-in for qmail-smtpd, the plugin on a new SQLite file, and swaks as the
// client. Time passes by moving what is stored, never by waiting.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/mail_server.h"
#include "tests/support/swaks.h"

namespace greylisting::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a new triplet is deferred until its block has passed", "[smtp]") {
  const MailServer server;

  const Result first = server.send("user@example.org");
  CHECK(first.status == kRecipientRefused);
  CHECK_THAT(first.output, Contains("<** " + kDeferralReply));
  CHECK_THAT(server.log(), Contains("outcome=deferred") && Contains("reason=new") &&
                               Contains("client=127.0.0.1") && Contains("sender=client@example.net") &&
                               Contains("recipient=user@example.org"));

  const Result at_once = server.send("user@example.org");
  CHECK(at_once.status == kRecipientRefused);
  CHECK_THAT(at_once.output, Contains("<** " + kDeferralReply));
  CHECK_THAT(server.log(), Contains("reason=early"));
  CHECK(server.delivered().empty());

  server.let_block_pass();
  const Result retry = server.send("user@example.org");
  CHECK(retry.status == 0);
  CHECK_THAT(server.log(), Contains("outcome=accepted") && Contains("reason=retried"));
  REQUIRE(server.delivered().size() == 1);
  CHECK_THAT(server.delivered()[0],
             Contains("Fclient@example.net\nTuser@example.org\n\n") && Contains("\nSubject: a test\n"));

  const Result next_message = server.send("user@example.org");
  CHECK(next_message.status == 0);
  CHECK_THAT(server.log(), Contains("reason=known"));
  CHECK(server.delivered().size() == 2);
  CHECK(server.recipients_on_record() == Strings{"user@example.org"});
}

TEST_CASE("a client that may relay is not greylisted", "[smtp]") {
  const MailServer server({.rules = "127.0.0.1:allow,GREYLISTING=\"\",GLANSWERS=\"0\",RELAYCLIENT=\"\"\n"});
  CHECK(server.send("user@example.org,somebody@example.com").status == 0);
  REQUIRE(server.delivered().size() == 1);
  CHECK_THAT(server.delivered()[0], Contains("\nTuser@example.org\nTsomebody@example.com\n\n"));
  CHECK_THAT(server.log(), !Contains("outcome="));
  CHECK_FALSE(std::filesystem::exists(server.database()));
}

TEST_CASE("an authenticated client is not greylisted", "[smtp]") {
  const MailServer server({.environment = {{"QMAIL_SMTPD_AUTH", "alice"}, {"GLANSWERS", "0"}}});
  const std::string method = GENERATE("LOGIN", "PLAIN");
  CAPTURE(method);

  const Result sent = server.send("user@example.org,somebody@example.com",
                                  {"--auth", method, "--auth-user", "alice", "--auth-password", "secret"});
  CHECK_THAT(sent.output, Contains("<-  235 "));
  CHECK(sent.status == 0);
  CHECK(server.delivered().size() == 1);
  CHECK_THAT(server.log(), !Contains("outcome="));
  CHECK_FALSE(std::filesystem::exists(server.database()));
}

TEST_CASE("a client that failed to authenticate is greylisted", "[smtp]") {
  const MailServer server({.environment = {{"QMAIL_SMTPD_AUTH", "alice"}, {"GLANSWERS", "0"}}});
  const Result sent = server.send("user@example.org", {"--auth-optional", "LOGIN", "--auth-user", "mallory",
                                                       "--auth-password", "secret"});
  CHECK_THAT(sent.output, Contains("<** 535 ") && Contains("<** " + kDeferralReply));
  CHECK(server.delivered().empty());
}

TEST_CASE("a client for which the rules do not set GREYLISTING is not greylisted", "[smtp]") {
  const MailServer server({.rules = "127.0.0.2:allow,GREYLISTING=\"\"\n:allow\n"});
  CHECK(server.send("user@example.org").status == 0);
  CHECK(server.delivered().size() == 1);
  CHECK_FALSE(std::filesystem::exists(server.database()));
}

TEST_CASE("a recipient that qmail refuses gets qmail's answer and no record", "[smtp]") {
  const MailServer server;

  const Result alone = server.send("somebody@example.com");
  CHECK(alone.status == kRecipientRefused);
  CHECK_THAT(alone.output, Contains("<** 553 sorry, that domain isn't in my "
                                    "list of allowed rcpthosts (#5.7.1)"));
  CHECK_FALSE(std::filesystem::exists(server.database()));

  const Result among_others = server.send("somebody@example.com,user@example.org");
  CHECK_THAT(among_others.output, Contains("<** 553 ") && Contains("<** " + kDeferralReply));
  CHECK(server.recipients_on_record() == Strings{"user@example.org"});
}

TEST_CASE("every recipient of a transaction is judged by itself", "[smtp]") {
  const MailServer server;
  CHECK(server.send("first@example.org,second@lists.example.org").status == kRecipientRefused);
  CHECK(server.recipients_on_record() == Strings{"first@example.org", "second@lists.example.org"});

  server.let_block_pass();
  const Result sent = server.send("first@example.org,third@example.org,second@lists.example.org");
  CHECK(sent.status == 0);
  CHECK_THAT(sent.output, Contains("RCPT TO:<third@example.org>\n<** " + kDeferralReply));
  REQUIRE(server.delivered().size() == 1);
  CHECK_THAT(server.delivered()[0], Contains("Fclient@example.net\nTfirst@example.org\nTsecond@lists."
                                             "example.org\n\n"));
}

TEST_CASE("the null sender is greylisted like any other", "[smtp]") {
  const MailServer server;
  const std::vector<std::string> bounce{"--from", "<>"};
  CHECK_THAT(server.send("user@example.org", bounce).output, Contains("<** " + kDeferralReply));
  CHECK(server.query("SELECT '<' || mail_from || '>' FROM greylisting_data") == Strings{"<>"});

  server.let_block_pass();
  CHECK(server.send("user@example.org", bounce).status == 0);
  REQUIRE(server.delivered().size() == 1);
  CHECK_THAT(server.delivered()[0], Catch::Matchers::StartsWith("F\nTuser@example.org\n\n"));
}

TEST_CASE("the answer is one line that ends in one CR LF", "[smtp]") {
  const MailServer server;
  const std::string_view session =
      "HELO client.example.net\r\nMAIL FROM:<client@example.net>\r\nRCPT "
      "TO:<user@example.org>\r\nQUIT\r\n";
  CHECK_THAT(server.converse(session), Equals("220 mx.example.org ESMTP\r\n"
                                              "250 mx.example.org\r\n"
                                              "250 ok\r\n" +
                                              kDeferralReply +
                                              "\r\n"
                                              "221 mx.example.org\r\n"));

  server.let_block_pass();
  CHECK_THAT(server.converse(session), Equals("220 mx.example.org ESMTP\r\n"
                                              "250 mx.example.org\r\n"
                                              "250 ok\r\n"
                                              "250 ok\r\n"
                                              "221 mx.example.org\r\n"));
}

TEST_CASE("mail passes when the plugin cannot do its work", "[smtp]") {
  const MailServer server;
  std::filesystem::remove(server / "greylisting");
  CHECK(server.send("user@example.org").status == 0);
  CHECK(server.delivered().size() == 1);
  CHECK_THAT(server.log(), Contains("greylisting: SQLite: greylisting/greylisting.db: "));
}

}  // namespace greylisting::test
