// sqlite_database: one open SQLite file and its prepared statements.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace greylisting {

/// Where a symbolic link leads, beside which SQLite keeps its other files; any other file itself.
std::string led_to(const std::string& file);

class SqliteDatabase {
 public:
  /// To `read` is to leave it as it is: it has to be there, and its tables may be another version's. Tables
  /// that are not the store's are the `caller`'s to make.
  enum class Mode { write, read, caller };

  /// Opens the file and creates it when it is missing; whoever holds it locked is waited for as long as
  /// `patience`. Throws StoreError that names the path and the user when the file or its directory cannot be
  /// used.
  SqliteDatabase(std::string file, std::chrono::milliseconds patience, Mode mode = Mode::write);

  /// How long a lock is waited for.
  struct Patience {
    std::chrono::milliseconds most;
    std::chrono::steady_clock::time_point since{};
  };

  /// A transaction that begins with writing, so that it never waits for a lock with a picture of the file
  /// that is outdated when it gets it. It is taken back unless it is committed.
  class Writing {
   public:
    explicit Writing(SqliteDatabase& database) : database_(&database) { database.run("BEGIN IMMEDIATE"); }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    ~Writing();
    void commit();

   private:
    SqliteDatabase* database_;  // until it is committed
  };

  /// One or more statements without parameters.
  void run(std::string_view statements);

  /// All rows of one statement, as text.
  using Row = std::vector<std::optional<std::string>>;
  std::vector<Row> ask(std::string_view statement) const;

  bool has_column(const char* table, const char* column);

  /// `TEXT COLLATE NOCASE NOT NULL`, without its default; empty where there is none.
  std::string column(const std::string& table, const std::string& name);

  /// Makes the tables, or brings those of an earlier version to this one, and mends what a hand has done to
  /// them. Done on opening where it is needed; harmless where it is not.
  void bring_schema();

  /// Whether the file is new, or of an earlier version.
  bool is_of_another_version();

  /// The version of the schema that opening has brought to this one, empty for a new file; nothing when it
  /// was this one already.
  const std::optional<std::string>& brought_from() const { return brought_from_; }

  class Statement {
   public:
    /// Each gives the parameter `name`, colon included, its value.
    Statement& bind(const char* name, std::int64_t value);
    Statement& bind_text(const char* name, std::string_view value);
    Statement& bind_blob(const char* name, std::string_view value);

    /// The next row; false at the end.
    bool step();
    std::int64_t number(int column) const;
    std::string text(int column) const;  // UTF-8; all of it, also after a NUL
    bool is_null(int column) const;
    int columns() const { return sqlite3_column_count(statement_.get()); }

   private:
    friend class SqliteDatabase;
    Statement(const SqliteDatabase& database, sqlite3_stmt* statement)
        : database_(database), statement_(statement, sqlite3_finalize) {}
    int index(const char* name) const;

    const SqliteDatabase& database_;
    std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement_;
  };

  Statement prepare(std::string_view statement) const;

  /// Rows that the last statement changed.
  std::uint64_t changes() const { return static_cast<std::uint64_t>(sqlite3_changes64(connection_.get())); }

  /// As greylisting_meta has it; empty when it has none.
  std::string schema_version();

  const std::string& file() const { return file_; }

 private:
  [[noreturn]] void fail() const;

  std::string file_;
  std::optional<std::string> brought_from_;
  std::unique_ptr<Patience> patience_;  // where SQLite finds it, wherever this object is
  std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)> connection_;
};

}  // namespace greylisting
