// installation: greylisting as an administrator sets it up, on a store of its own.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "database_server.h"
#include "process.h"
#include "temporary_directory.h"

namespace greylisting::test {

/// The stores that the plugin has to give the same answers on.
enum class Backend { mariadb, mysql56, sqlite };
std::string_view name(Backend backend);

/// What qmail-smtpd says of one RCPT.
struct Rcpt {
  std::string client = "192.0.2.1";
  std::string sender = "alice@example.net";
  std::string recipient = "bob@example.org";
  std::map<std::string, std::string> environment{};  // what else is in the environment; wins
};

/// A row of greylisting_lists as an administrator writes it.
struct ListEntry {
  enum class Verdict { allow, deny };
  Verdict verdict = Verdict::allow;
  std::optional<std::string> network{};  // ipaddr: an address or CIDR network, as written
  std::optional<std::string> domain{};   // rcpt_to: the recipient's domain
  std::string record_expires = "9999-12-31 23:59:59";
};
ListEntry allow_network(std::string network);
ListEntry deny_network(std::string network);
ListEntry allow_domain(std::string domain);
ListEntry deny_domain(std::string domain);

/// A row of greylisting_entries.
struct Entry {
  std::string action;   // allow, deny, trap, greylist, skip
  std::string word;     // client, sender, recipient
  std::string pattern;  // src/lists/pattern.h
  std::string reply{};
  std::string block_expire{};  // minutes
  std::string expires = "9999-12-31 23:59:59";
};

/// A qmail home with control/greylisting, for MySQL and MariaDB also with control/mysql.cnf and
/// control/mysql-admin.cnf, and an empty store behind it: a new database made by sql/mysql/schema.sql with
/// the two accounts of sql/mysql/grants.sql, or an SQLite file that does not exist yet.
class Installation {
 public:
  /// On the run's shared server, or on `server`, which has to outlive this.
  explicit Installation(Backend backend, std::string_view settings = {});
  Installation(DatabaseServer& server, std::string_view settings = {});

  /// Another MX host, with a home of its own, on the database of `other`, which it reaches through `server`.
  Installation(const Installation& other, DatabaseServer& server, std::string_view settings = {});

  /// Writes control/greylisting anew: how to reach the store, loglevel=4 so that every decision is logged, no
  /// header, a timeout that a busy machine does not exceed, and `settings`, lines which win over these.
  void configure(std::string_view settings);

  Backend backend() const { return backend_; }
  const std::filesystem::path& home() const { return home_.path(); }

  /// Runs the plugin as qmail-smtpd does: in this home, standard input closed.
  Result attempt(const Rcpt& rcpt = {}) const { return run(command(rcpt)); }

  /// What `attempt` runs.
  Command command(const Rcpt& rcpt = {}) const;

  /// Runs statements on the store as its administrator. Returns the rows of the last result set. The SQLite
  /// file, when it does not exist yet, is made by the plugin first.
  Rows sql(std::string_view statements) const;

  void add(const ListEntry& entry) const;
  void put(const Entry& entry) const;

  /// Lets time pass for all triplets and clients, and for the journal: every time stored with them moves into
  /// the past.
  void pass_time(std::chrono::seconds time) const;

  /// In the store's SQL, the store's clock (UTC) that many seconds from now.
  std::string seconds_from_now(int seconds) const;

  /// The store's clock, to the second.
  std::string now() const;

  /// The server, for MySQL and MariaDB, and the name of the database on it.
  DatabaseServer& server() const { return *server_; }
  const std::string& database() const { return database_; }

 private:
  void create_database();
  void write_option_files() const;
  Rows sqlite(std::string_view statements) const;

  Backend backend_;
  DatabaseServer* server_ = nullptr;
  std::string database_;
  TemporaryDirectory home_;
};

/// The value of `key` in the one line that the plugin logs about a decision; empty when there is no such
/// word.
std::string logged(const Result& result, std::string_view key);

/// Makes an attempt; why the plugin decides as it does.
std::string reason(const Installation& installation, const Rcpt& rcpt = {});

/// What the plugin says of this recipient: its commands but for those by which it remembers something.
std::string answer(const Result& result);

/// How many lines a text has.
std::size_t lines(std::string_view text);

/// Puts the plugin where control/smtpplugins then names it, for programs that read that file.
void list_the_plugin(const Installation& installation);

}  // namespace greylisting::test
