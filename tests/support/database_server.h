// database_server: a private MariaDB or MySQL 5.6 on a temporary directory and a unix socket.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "process.h"
#include "temporary_directory.h"

namespace greylisting::test {

/// A result set's row; nothing for NULL.
using Row = std::vector<std::optional<std::string>>;
using Rows = std::vector<Row>;

/// A line a row, for comparing and for messages: values with a blank between them, NULL for none.
std::string text(const Rows& rows);

enum class ServerKind { mariadb, mysql56 };

/// A directory for data that need not outlive the run: in memory where there is room, which makes creating a
/// table fifty times as fast; otherwise in `otherwise`.
class DataDirectory {
 public:
  explicit DataDirectory(const std::filesystem::path& otherwise);
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;
  ~DataDirectory();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Every function throws std::runtime_error; when the server's programs are not installed, it says how to get
/// them.
class DatabaseServer {
 public:
  /// The one server of its kind of this run: started when first asked for, ended with the run.
  static DatabaseServer& shared(ServerKind kind);

  /// A server of a test's own, for a test that stops or mistreats it. `options` are added to its command
  /// line. It looks for programs to run in the directory `programs` first.
  explicit DatabaseServer(ServerKind kind, std::vector<std::string> options = {},
                          std::filesystem::path programs = {});

  /// Another one like `original`, which has to be stopped, with options of its own, on a copy of its data. It
  /// is still to be started.
  DatabaseServer(const DatabaseServer& original, std::vector<std::string> options);

  ServerKind kind() const { return kind_; }
  std::filesystem::path socket() const { return directory_ / "s"; }
  pid_t pid() const { return process_->pid(); }
  bool is_running() const { return process_->is_running(); }

  /// Ends it by a signal and waits for its end; starts it again on the same data, with `options` for this
  /// time as well.
  void stop(int signal = 15);
  void start(const std::vector<std::string>& options = {});

  /// What the server's program writes when it is run with one more option, under which it ends by itself,
  /// while the server is stopped.
  std::string run_with(const std::string& option) const;

  std::filesystem::path data() const { return data_.path() / "data"; }
  std::string log() const { return read_file(directory_ / "log"); }

  /// Creates an empty database under a name that has not been used, and returns the name: short, letters and
  /// digits.
  std::string create_database();

  /// Runs statements as the administrator, over a connection of their own; `database` may be empty. Returns
  /// the rows of the last result set.
  Rows sql(const std::string& database, std::string_view statements) const;

  /// The result of a person's `mariadb DATABASE < script`, as the administrator, with `directory` as the
  /// current one.
  Result run_script(const std::string& database, const std::filesystem::path& script) const;

 private:
  Command command() const;
  void create_data() const;
  std::string tmpdir() const;
  std::string end() const;

  ServerKind kind_;
  std::vector<std::string> options_;
  std::filesystem::path programs_;
  TemporaryDirectory directory_;
  DataDirectory data_{directory_.path()};
  std::unique_ptr<BackgroundProcess> process_;
  unsigned databases_ = 0;
};

/// A global variable of the server for as long as this lives: every connection made meanwhile begins with it.
class GlobalVariable {
 public:
  /// `value` is SQL: a number, or text in quotes.
  GlobalVariable(const DatabaseServer& server, std::string name, const std::string& value);
  GlobalVariable(const GlobalVariable&) = delete;
  GlobalVariable& operator=(const GlobalVariable&) = delete;
  ~GlobalVariable();

 private:
  const DatabaseServer& server_;
  std::string name_;
  std::string before_;
};

}  // namespace greylisting::test
