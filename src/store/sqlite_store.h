// sqlite_store: triplets in an SQLite file, the plugin's side. What decides is in sql/sqlite: known.sql, the
// shortcut, and standing.sql, or judge.sql; what it records is in known_again.sql, or in record.sql and
// earn.sql.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "judgement/verdict.h"
#include "store/sql.h"
#include "store/sqlite_database.h"
#include "store/store.h"

namespace greylisting {

class SqliteStore : public Store {
 public:
  /// Opens the file, creating it and its schema when it is not there. Throws StoreError.
  SqliteStore(std::string file, std::chrono::milliseconds patience) : database_(std::move(file), patience) {}

  Judgement judge(const Attempt& attempt) override;

  SqliteDatabase& database() { return database_; }

 private:
  // What sql/sqlite/known.sql and standing.sql say.
  struct Known {
    bool is_known = false;
    bool is_countable = false;
    std::int64_t id = 0;
    std::int64_t age = 0;
    std::string lists_version{};
  };
  Known look_up(const Attempt& attempt, sql::Literals& literals) const;
  Judgement pass_again(const Known& known, const Attempt& attempt, sql::Literals& literals);
  void earn(std::string_view event, const Attempt& attempt, sql::Literals& literals);

  // What sql/sqlite/judge.sql says.
  struct Judged {
    std::string verdict;
    std::string block_expires;
    std::int64_t blocked_for = 0;  // seconds
    std::int64_t record_minutes = 0;
    bool is_first_pass = false;
    bool is_countable = false;
    bool has_passes = false;
    bool is_trap = false;
    std::int64_t regexps = 0;  // 1 where there are some, 2 where some deny
  };
  Judged ask(const std::string& question);
  Judged answer_to(const std::string& question) const;
  static bool would_pass(const Decision& decision, const Judged& judged);
  static Asked asked_of(const Decision& decision, const Judged& judged, const Attempt& attempt);
  static std::string_view event_of(const Decision& decision, const Judged& judged);
  RecordedAttempt record(const std::string& statement);
  bool holds_for_session(Reason reason) const;
  std::vector<StoredRegexp> regexps() const;
  void read_entries();

  SqliteDatabase database_;
};

}  // namespace greylisting
