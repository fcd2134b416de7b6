// postfix: Debian's Postfix with a configuration and a queue of a test's own, asking greylisting-policy.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "installation.h"
#include "process.h"
#include "temporary_directory.h"

namespace greylisting::test {

/// On a free port of 127.0.0.1; takes mail for example.org into a file. It asks the
/// service by spawn(8), as config/postfix-master.cf has it, with the files of `installation`, which come to
/// belong to the user that the service runs as. Needs root.
class Postfix {
 public:
  explicit Postfix(const Installation& installation);

  /// One message by swaks from alice@example.net; the transcript is in the result's output.
  Result send(const std::string& recipients, const std::vector<std::string>& options = {}) const;

  /// `messages` messages over `sessions` connections at a time, each with a recipient of its own.
  Result send_many(int sessions, int messages) const;

  /// What Postfix has logged.
  std::string log() const;

  /// The messages taken so far, one behind the other, once the queue is empty.
  std::string delivered() const;

  std::uint16_t port() const { return port_; }
  std::uint16_t submission_port() const { return submission_port_; }

 private:
  std::filesystem::path messages() const { return directory_ / "messages"; }
  void write_configuration(const Installation& installation) const;

  TemporaryDirectory directory_;
  std::uint16_t port_ = 0;
  std::uint16_t submission_port_ = 0;
  std::unique_ptr<BackgroundProcess> master_;
};

/// Why Postfix cannot be started here; empty when it can.
std::string why_no_postfix();

}  // namespace greylisting::test
