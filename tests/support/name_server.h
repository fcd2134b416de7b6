// name_server: a DNS server of a test's own (dnsmasq), which knows what it is told and nothing else.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "process.h"
#include "temporary_directory.h"

namespace greylisting::test {

class NameServer {
 public:
  /// Each record is an option of dnsmasq(8) without its dashes: `txt-record=example.net,v=spf1 -all`,
  /// `host-record=a.example.net,192.0.2.1`, `mx-host=example.net,a.example.net,10`. It answers at once; other
  /// names do not exist. Records hold for an hour.
  explicit NameServer(const std::vector<std::string>& records);

  /// ADDRESS:PORT.
  const std::string& address() const { return address_; }
  void stop() { server_.reset(); }

 private:
  TemporaryDirectory directory_;
  std::string address_;
  std::unique_ptr<BackgroundProcess> server_;
};

/// One that takes questions and never answers.
class SilentNameServer {
 public:
  SilentNameServer();
  SilentNameServer(const SilentNameServer&) = delete;
  SilentNameServer& operator=(const SilentNameServer&) = delete;
  ~SilentNameServer();

  const std::string& address() const { return address_; }

 private:
  int socket_ = -1;
  std::string address_;
};

}  // namespace greylisting::test
