// greylisters: Debian's Postgrey and SQLgrey, run on a directory of a test's own and asked as Postfix asks.
#pragma once

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "process.h"
#include "temporary_directory.h"

namespace greylisting::test {

/// A directory of programs that these need, as db5.3_dump: what is to be in PATH.
std::filesystem::path greylisters_programs();

/// One attempt, at a time that Postgrey takes for now.
struct Asked {
  std::string client;
  std::string sender;
  std::string recipient;
  std::time_t time = 0;
};

class OtherGreylister {
 public:
  virtual ~OtherGreylister() = default;
  OtherGreylister(const OtherGreylister&) = delete;
  OtherGreylister& operator=(const OtherGreylister&) = delete;

  /// The answer's action.
  std::string ask(const Asked& asked) const;
  /// Ends it. Perl's Net::Server looks for a signal before it waits for a client: one that arrives between
  /// the two is seen at the next client, so connections are made until it has gone.
  void stop();
  const TemporaryDirectory& directory() const { return directory_; }

 protected:
  OtherGreylister() = default;
  void start(const std::vector<std::string>& arguments);
  virtual int connect() const = 0;  // a socket, or -1 while nobody listens

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<BackgroundProcess> process_;
};

/// With its databases in `databases()`.
class Postgrey : public OtherGreylister {
 public:
  explicit Postgrey(const std::vector<std::string>& options = {});
  ~Postgrey() override { stop(); }
  std::filesystem::path databases() const { return directory() / "db"; }

 private:
  int connect() const override;
};

/// On an SQLite file, `database()`.
class Sqlgrey : public OtherGreylister {
 public:
  Sqlgrey();
  ~Sqlgrey() override { stop(); }
  std::filesystem::path database() const { return directory() / "sqlgrey.db"; }

  /// As if an hour had gone by for who waits.
  void let_an_hour_pass() const;

 private:
  int connect() const override;

  std::uint16_t port_;
};

}  // namespace greylisting::test
