// mail_server: a qmail of a test's own behind tcpserver, with the plugin on a new SQLite file, and where it
// is asked for greylisting-front.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "process.h"
#include "temporary_directory.h"

namespace greylisting::test {

/// What an administrator sets.
struct MailServerSetup {
  std::string settings{};                                    // more lines of control/greylisting
  std::string rules = "127.0.0.1:allow,GREYLISTING=\"\"\n";  // of tcprules(1), for clients from this host
  std::map<std::string, std::string> environment{};          // of tcpserver
  bool has_front = false;  // greylisting-front between tcpserver and qmail-smtpd
};

/// On a free port of 127.0.0.1; takes mail for example.org and all below it. Time passes by moving what is
/// stored, never by waiting.
class MailServer {
 public:
  explicit MailServer(const MailServerSetup& setup = {});

  std::filesystem::path operator/(std::string_view name) const { return home_ / name; }

  /// One message by swaks from client@example.net; the transcript is in the result's output.
  Result send(const std::string& recipients, const std::vector<std::string>& options = {}) const;

  /// Sends all of `bytes` at once; what the server says until it closes the connection.
  std::string converse(std::string_view bytes) const;

  /// The accepted messages, envelope lines first, in the order in which they came.
  std::vector<std::string> delivered() const;

  std::string log() const { return read_file(home_ / "log"); }

  std::filesystem::path database() const { return home_ / "greylisting/greylisting.db"; }

  /// The first column of all rows; without a database there are none.
  std::vector<std::string> query(const std::string& statement) const;

  std::vector<std::string> recipients_on_record() const;

  /// As if block_expire minutes had gone by since all records were made, and more.
  void let_block_pass() const;

 private:
  TemporaryDirectory home_;
  std::unique_ptr<BackgroundProcess> tcpserver_;
  std::uint16_t port_ = 0;
};

}  // namespace greylisting::test
