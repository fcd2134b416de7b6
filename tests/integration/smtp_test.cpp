// The plugin as mail meets it: tcpserver and a cdb of tcprules in front, the stand-in for qmail-smtpd, the
// plugin on a new SQLite file, and swaks as the client. Time passes by moving what is stored, never by
// waiting.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace greylisting::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;
using Environment = std::map<std::string, std::string>;

constexpr std::string_view kDeferral = "451 temporary failure (#4.3.0)";
constexpr int kRecipientRefused = 24;  // swaks: no recipient was accepted

// A rule of tcprules(1) for clients from this host.
constexpr std::string_view kGreylist = "127.0.0.1:allow,GREYLISTING=\"\"\n";

// A qmail of its own behind tcpserver, on a free port of 127.0.0.1.
class MailServer {
 public:
  explicit MailServer(std::string_view rules = kGreylist, const Environment& environment = {}) {
    write_file(home_ / "control/me", "mx.example.org\n");
    write_file(home_ / "control/rcpthosts", "example.org\n.example.org\n");
    write_file(home_ / "control/smtpplugins", "[rcpt]\n" + built("greylisting").string() + '\n');
    write_file(home_ / "control/greylisting", "loglevel=4\n");
    std::filesystem::create_directory(home_ / "queue");
    std::filesystem::create_directory(home_ / "greylisting");
    const Result made = run({.arguments = {"tcprules", "tcp.cdb", "tcp.tmp"},
                             .directory = home_.path(),
                             .input = std::string(rules)});
    if (made.status != 0) throw std::runtime_error("tcprules: " + made.errors);

    // -1: the port that was free goes to the log once connections to it are accepted.
    tcpserver_ = std::make_unique<BackgroundProcess>(
        Command{.arguments = {"tcpserver", "-1", "-HR", "-l", "0", "-x", home_ / "tcp.cdb", "127.0.0.1", "0",
                              built("qmail-smtpd"), home_.path()},
                .environment = environment},
        home_ / "log");
    std::string log;
    while ((log = read_file(home_ / "log")).find('\n') == std::string::npos) {
      if (!tcpserver_->is_running()) throw std::runtime_error("tcpserver has ended: " + log);
      std::this_thread::yield();
    }
    port_ = static_cast<std::uint16_t>(std::stoul(log));
  }

  std::filesystem::path operator/(std::string_view name) const { return home_ / name; }

  // One message by swaks from client@example.net; the transcript is in the result's output.
  Result send(const std::string& recipients, const std::vector<std::string>& options = {}) const {
    std::vector<std::string> arguments{"swaks",
                                       "--server",
                                       "127.0.0.1",
                                       "--port",
                                       port_text(),
                                       "--helo",
                                       "client.example.net",
                                       "--from",
                                       "client@example.net",
                                       "--to",
                                       recipients,
                                       "--h-Subject",
                                       "a test"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run({.arguments = arguments, .environment = {{"HOME", home_.path()}}, .directory = home_.path()});
  }

  // Sends all of `bytes` at once; what the server says until it closes the connection.
  std::string converse(std::string_view bytes) const {
    const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string said;
    if (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())) {
      std::array<char, 4096> piece{};
      ssize_t size = 0;
      while ((size = recv(connection, piece.data(), piece.size(), 0)) > 0) {
        said.append(piece.data(), static_cast<std::size_t>(size));
      }
    }
    close(connection);
    return said;
  }

  // The accepted messages, envelope lines first, in the order in which they came.
  std::vector<std::string> delivered() const {
    std::vector<std::string> messages;
    for (;;) {
      const auto file = home_ / ("queue/" + std::to_string(messages.size() + 1));
      if (!std::filesystem::exists(file)) return messages;
      messages.push_back(read_file(file));
    }
  }

  std::string log() const { return read_file(home_ / "log"); }

  std::filesystem::path database() const { return home_ / "greylisting/greylisting.db"; }

  // The first column of all rows; without a database there are none.
  std::vector<std::string> query(const std::string& statement) const {
    std::vector<std::string> column;
    if (!std::filesystem::exists(database())) return column;
    sqlite3* connection = nullptr;
    const int opened = sqlite3_open_v2(database().c_str(), &connection, SQLITE_OPEN_READWRITE, nullptr);
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> closer(connection, sqlite3_close);
    const auto keep = [](void* rows, int, char** values, char**) {
      static_cast<std::vector<std::string>*>(rows)->emplace_back(values[0] == nullptr ? "" : values[0]);
      return 0;
    };
    if (opened != SQLITE_OK ||
        sqlite3_exec(connection, statement.c_str(), keep, &column, nullptr) != SQLITE_OK) {
      throw std::runtime_error(statement + ": " + sqlite3_errmsg(connection));
    }
    return column;
  }

  std::vector<std::string> recipients_on_record() const {
    return query("SELECT rcpt_to FROM greylisting_data ORDER BY id");
  }

  // As if block_expire minutes had gone by.
  void let_block_pass() const {
    query("UPDATE greylisting_data SET block_expires = datetime('now', '-1 minute')");
  }

 private:
  std::string port_text() const { return std::to_string(port_); }

  TemporaryDirectory home_;
  std::unique_ptr<BackgroundProcess> tcpserver_;
  std::uint16_t port_ = 0;
};

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a new triplet is deferred until its block has passed", "[smtp]") {
  const MailServer server;

  const Result first = server.send("user@example.org");
  CHECK(first.status == kRecipientRefused);
  CHECK_THAT(first.output, Contains("<** " + std::string(kDeferral)));
  CHECK_THAT(server.log(), Contains("outcome=deferred") && Contains("reason=new") &&
                               Contains("client=127.0.0.1") && Contains("sender=client@example.net") &&
                               Contains("recipient=user@example.org"));

  const Result at_once = server.send("user@example.org");
  CHECK(at_once.status == kRecipientRefused);
  CHECK_THAT(at_once.output, Contains("<** " + std::string(kDeferral)));
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
  const MailServer server("127.0.0.1:allow,GREYLISTING=\"\",RELAYCLIENT=\"\"\n");
  CHECK(server.send("user@example.org,somebody@example.com").status == 0);
  REQUIRE(server.delivered().size() == 1);
  CHECK_THAT(server.delivered()[0], Contains("\nTuser@example.org\nTsomebody@example.com\n\n"));
  CHECK_FALSE(std::filesystem::exists(server.database()));
}

TEST_CASE("an authenticated client is not greylisted", "[smtp]") {
  const MailServer server(kGreylist, {{"QMAIL_SMTPD_AUTH", "alice"}});
  const std::string method = GENERATE("LOGIN", "PLAIN");
  CAPTURE(method);

  const Result sent = server.send("user@example.org,somebody@example.com",
                                  {"--auth", method, "--auth-user", "alice", "--auth-password", "secret"});
  CHECK_THAT(sent.output, Contains("<-  235 "));
  CHECK(sent.status == 0);
  CHECK(server.delivered().size() == 1);
  CHECK_FALSE(std::filesystem::exists(server.database()));
}

TEST_CASE("a client that failed to authenticate is greylisted", "[smtp]") {
  const MailServer server(kGreylist, {{"QMAIL_SMTPD_AUTH", "alice"}});
  const Result sent = server.send("user@example.org", {"--auth-optional", "LOGIN", "--auth-user", "mallory",
                                                       "--auth-password", "secret"});
  CHECK_THAT(sent.output, Contains("<** 535 ") && Contains("<** " + std::string(kDeferral)));
  CHECK(server.delivered().empty());
}

TEST_CASE("a client for which the rules do not set GREYLISTING is not greylisted", "[smtp]") {
  const MailServer server("127.0.0.2:allow,GREYLISTING=\"\"\n:allow\n");
  CHECK(server.send("user@example.org").status == 0);
  CHECK(server.delivered().size() == 1);
  CHECK_FALSE(std::filesystem::exists(server.database()));
}

TEST_CASE("a recipient that qmail refuses gets qmail's answer and no record", "[smtp]") {
  const MailServer server;

  const Result alone = server.send("somebody@example.com");
  CHECK(alone.status == kRecipientRefused);
  CHECK_THAT(alone.output,
             Contains("<** 553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"));
  CHECK_FALSE(std::filesystem::exists(server.database()));

  const Result among_others = server.send("somebody@example.com,user@example.org");
  CHECK_THAT(among_others.output, Contains("<** 553 ") && Contains("<** " + std::string(kDeferral)));
  CHECK(server.recipients_on_record() == Strings{"user@example.org"});
}

TEST_CASE("every recipient of a transaction is judged by itself", "[smtp]") {
  const MailServer server;
  CHECK(server.send("first@example.org,second@lists.example.org").status == kRecipientRefused);
  CHECK(server.recipients_on_record() == Strings{"first@example.org", "second@lists.example.org"});

  server.let_block_pass();
  const Result sent = server.send("first@example.org,third@example.org,second@lists.example.org");
  CHECK(sent.status == 0);
  CHECK_THAT(sent.output, Contains("RCPT TO:<third@example.org>\n<** " + std::string(kDeferral)));
  REQUIRE(server.delivered().size() == 1);
  CHECK_THAT(server.delivered()[0],
             Contains("Fclient@example.net\nTfirst@example.org\nTsecond@lists.example.org\n\n"));
}

TEST_CASE("the null sender is greylisted like any other", "[smtp]") {
  const MailServer server;
  const std::vector<std::string> bounce{"--from", "<>"};
  CHECK_THAT(server.send("user@example.org", bounce).output, Contains("<** " + std::string(kDeferral)));
  CHECK(server.query("SELECT '<' || mail_from || '>' FROM greylisting_data") == Strings{"<>"});

  server.let_block_pass();
  CHECK(server.send("user@example.org", bounce).status == 0);
  REQUIRE(server.delivered().size() == 1);
  CHECK_THAT(server.delivered()[0], Catch::Matchers::StartsWith("F\nTuser@example.org\n\n"));
}

TEST_CASE("the answer is one line that ends in one CR LF", "[smtp]") {
  const MailServer server;
  const std::string_view session =
      "HELO client.example.net\r\nMAIL FROM:<client@example.net>\r\nRCPT TO:<user@example.org>\r\nQUIT\r\n";
  CHECK_THAT(server.converse(session), Equals("220 mx.example.org ESMTP\r\n"
                                              "250 mx.example.org\r\n"
                                              "250 ok\r\n" +
                                              std::string(kDeferral) +
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
