#include "mail_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <thread>
#include <utility>

namespace greylisting::test {

MailServer::MailServer(const MailServerSetup& setup) {
  write_file(home_ / "control/me", "mx.example.org\n");
  write_file(home_ / "control/rcpthosts", "example.org\n.example.org\n");
  write_file(home_ / "control/smtpplugins", "[rcpt]\n" + built("greylisting").string() + '\n');
  write_file(home_ / "control/greylisting", "loglevel=4\n" + setup.settings);
  std::filesystem::create_directory(home_ / "queue");
  std::filesystem::create_directory(home_ / "greylisting");
  const Result made =
      run({.arguments = {"tcprules", "tcp.cdb", "tcp.tmp"}, .directory = home_.path(), .input = setup.rules});
  if (made.status != 0) throw std::runtime_error("tcprules: " + made.errors);

  // -1: the port that was free goes to the log once connections to it are accepted.
  std::vector<std::string> arguments{"tcpserver",       "-1",        "-HR", "-l", "0", "-x",
                                     home_ / "tcp.cdb", "127.0.0.1", "0"};
  if (setup.has_front)
    arguments.insert(arguments.end(), {built("greylisting-front"), "--home", home_.path()});
  arguments.insert(arguments.end(), {built("qmail-smtpd"), home_.path()});
  tcpserver_ = std::make_unique<BackgroundProcess>(
      Command{.arguments = std::move(arguments), .environment = setup.environment}, home_ / "log");
  std::string log;
  while ((log = read_file(home_ / "log")).find('\n') == std::string::npos) {
    if (!tcpserver_->is_running()) throw std::runtime_error("tcpserver has ended: " + log);
    std::this_thread::yield();
  }
  port_ = static_cast<std::uint16_t>(std::stoul(log));
}

Result MailServer::send(const std::string& recipients, const std::vector<std::string>& options) const {
  std::vector<std::string> arguments{"swaks",
                                     "--server",
                                     "127.0.0.1",
                                     "--port",
                                     std::to_string(port_),
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

std::string MailServer::converse(std::string_view bytes) const {
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

std::vector<std::string> MailServer::delivered() const {
  std::vector<std::string> messages;
  for (;;) {
    const auto file = home_ / ("queue/" + std::to_string(messages.size() + 1));
    if (!std::filesystem::exists(file)) return messages;
    messages.push_back(read_file(file));
  }
}

std::vector<std::string> MailServer::query(const std::string& statement) const {
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

std::vector<std::string> MailServer::recipients_on_record() const {
  return query("SELECT rcpt_to FROM greylisting_data ORDER BY id");
}

void MailServer::let_block_pass() const {
  query(
      "UPDATE greylisting_data SET create_time = datetime(create_time, '-1 hour'), "
      "last_update = datetime(last_update, '-1 hour'), block_expires = datetime(block_expires, '-1 hour'), "
      "record_expires = datetime(record_expires, '-1 hour')");
}

}  // namespace greylisting::test
