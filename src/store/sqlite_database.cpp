#include "store/sqlite_database.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>

#include "process/process.h"
#include "store/sql.h"
#include "store/sqlite_tables.h"

namespace greylisting {
namespace {

std::string remedy_for(int error, const std::string& file) {
  std::error_code no_file;
  if (std::filesystem::is_other(file, no_file)) return "name a regular file in sqlite_file";
  // It has to be writable too: the write-ahead log stands beside the file.
  const std::string directory = std::filesystem::path(led_to(file)).parent_path().string();
  switch (error & 0xff) {
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return "see that the directory " + (directory.empty() ? "." : directory) +
             " is there and that it and what is in it belong to " + effective_user() +
             ", as whom this runs; chown them if not";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process holds the file locked; see who with fuser " + file;
    case SQLITE_FULL:
      return "make room on its disk";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return "move it away together with what SQLite keeps beside it: " + file + ", " + file + "-wal and " +
             file + "-shm, those of them that are there; a new one is made at the next mail";
    case SQLITE_IOERR:
      return "see the state of its disk, and the limit on the size of files (softlimit -f)";
    case SQLITE_NOMEM:
      return "raise the memory limit (softlimit -m)";
    case SQLITE_ERROR:
      return "bring the file to this version's schema: greylistctl migrate";
    default:
      return "see whether the file is whole: sqlite3 " + file + " 'PRAGMA integrity_check'";
  }
}

// Of somebody else's lock, which is looked for every millisecond: SQLite's own way is to sleep longer each
// time, and so long after the lock is gone. Returns whether it is to be tried again.
int wait_a_moment(void* patience, int times) {
  auto& its = *static_cast<SqliteDatabase::Patience*>(patience);
  const auto now = std::chrono::steady_clock::now();
  if (times == 0) its.since = now;
  if (now - its.since >= its.most) return 0;
  constexpr timespec kMoment{.tv_sec = 0, .tv_nsec = 1'000'000};
  nanosleep(&kMoment, nullptr);
  return 1;
}

// Folds a write-ahead log of this many pages into the file and begins it anew. A process that finds the file
// closed reads all of the log, and nobody else would ever begin it anew where one process follows the other.
constexpr int kMaxLog = 200;

int fold_in_long_log(void* patience, sqlite3* connection, const char* database, int pages) {
  if (pages < kMaxLog) return SQLITE_OK;
  // What takes long, the disk, while others write; then, with nobody else about, the little that is left.
  sqlite3_wal_checkpoint_v2(connection, database, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // Whoever reads or writes meanwhile is not waited for: somebody else does it then.
  sqlite3_busy_handler(connection, nullptr, nullptr);
  sqlite3_wal_checkpoint_v2(connection, database, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_handler(connection, wait_a_moment, patience);
  return SQLITE_OK;
}

// Files made meanwhile are nobody else's: they hold the addresses of other people's mail.
class PrivateFiles {
 public:
  PrivateFiles() : mask_(umask(S_IRWXO)) {}
  PrivateFiles(const PrivateFiles&) = delete;
  PrivateFiles& operator=(const PrivateFiles&) = delete;
  ~PrivateFiles() { umask(mask_); }

 private:
  mode_t mask_;
};

}  // namespace

std::string led_to(const std::string& file) {
  std::error_code error;
  const std::filesystem::path place = std::filesystem::canonical(file, error);
  return error || !std::filesystem::is_symlink(file, error) ? file : place.string();
}

SqliteDatabase::SqliteDatabase(std::string file, std::chrono::milliseconds patience, Mode mode)
    : file_(std::move(file)),
      patience_(std::make_unique<Patience>(Patience{.most = patience})),
      connection_(nullptr, sqlite3_close_v2) {
  const PrivateFiles private_files;
  sqlite3* connection = nullptr;
  const int how = mode == Mode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int opened = sqlite3_open_v2(file_.c_str(), &connection, how, nullptr);
  connection_.reset(connection);
  if (!connection_) throw StoreError("SQLite: out of memory", "raise the memory limit (softlimit -m)");
  sqlite3_extended_result_codes(connection, 1);
  if (opened != SQLITE_OK) fail();
  sqlite3_busy_handler(connection, wait_a_moment, patience_.get());
  if (mode != Mode::write) return;
  // A process that lives for a millisecond leaves the write-ahead log to the next one instead of folding it
  // in.
  sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_wal_hook(connection, fold_in_long_log, patience_.get());
  if (is_of_another_version()) {
    brought_from_ = schema_version();
    bring_schema();
  }
  run("PRAGMA synchronous = NORMAL");
}

// One without the newest table is; that of version 3 has a column more.
bool SqliteDatabase::is_of_another_version() {
  return !has_column("greylisting_expected", "expires") || has_column("greylisting_data", "judged");
}

// By one process; the others wait for it and find it done. SQLite's own lock is not enough: those that change
// to the write-ahead log at the same time do not wait for each other. The lock is on the directory, because
// closing another descriptor of the file would drop SQLite's locks on it.
void SqliteDatabase::bring_schema() {
  const auto directory = std::filesystem::absolute(file_).parent_path();
  const int lock = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock >= 0) flock(lock, LOCK_EX);
  run("PRAGMA journal_mode = WAL");
  Writing transaction(*this);
  if (has_column("greylisting_data", "triplet") && !has_column("greylisting_data", "pool"))
    run("ALTER TABLE greylisting_data ADD COLUMN pool TEXT");
  if (has_column("greylisting_data", "judged")) run("ALTER TABLE greylisting_data DROP COLUMN judged");
  // A new file has nothing to be compared. A table that was renamed has kept its indexes, as is seen once
  // there is another one.
  const bool is_mended = !ask("SELECT 1 FROM sqlite_master WHERE name = 'greylisting_data'").empty();
  for (int i = 0; i < (is_mended ? 2 : 1); ++i) {
    if (is_mended) mend_tables(*this, faults_of_tables(*this));
    run(sql::sqlite_schema);
  }
  transaction.commit();
  if (lock >= 0) close(lock);
}

SqliteDatabase::Writing::~Writing() {
  // What has failed may have ended the transaction, too.
  if (database_ != nullptr) sqlite3_exec(database_->connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void SqliteDatabase::Writing::commit() {
  database_->run("COMMIT");
  database_ = nullptr;
}

std::string SqliteDatabase::schema_version() {
  if (!has_column("greylisting_meta", "value")) return "";
  auto version = prepare("SELECT value FROM greylisting_meta WHERE name = 'schema_version'");
  return version.step() ? version.text(0) : "";
}

void SqliteDatabase::run(std::string_view statements) {
  if (sqlite3_exec(connection_.get(), std::string(statements).c_str(), nullptr, nullptr, nullptr) !=
      SQLITE_OK)
    fail();
}

bool SqliteDatabase::has_column(const char* table, const char* column) {
  const int found = sqlite3_table_column_metadata(connection_.get(), "main", table, column, nullptr, nullptr,
                                                  nullptr, nullptr, nullptr);
  if (found == SQLITE_OK) return true;
  if (found != SQLITE_ERROR) fail();
  return false;
}

std::string SqliteDatabase::column(const std::string& table, const std::string& name) {
  const char* type = nullptr;
  const char* collation = nullptr;
  int is_not_null = 0;
  int is_key = 0;
  int is_numbered = 0;
  if (!has_column(table.c_str(), name.c_str())) return "";
  sqlite3_table_column_metadata(connection_.get(), "main", table.c_str(), name.c_str(), &type, &collation,
                                &is_not_null, &is_key, &is_numbered);
  std::string text = type == nullptr || *type == '\0' ? "of no type" : type;
  if (collation != nullptr && std::string_view(collation) != "BINARY")
    text.append(" COLLATE ").append(collation);
  return text + (is_not_null != 0 ? " NOT NULL" : "") + (is_key != 0 ? " PRIMARY KEY" : "") +
         (is_numbered != 0 ? " AUTOINCREMENT" : "");
}

SqliteDatabase::Statement SqliteDatabase::prepare(std::string_view statement) const {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(connection_.get(), statement.data(), static_cast<int>(statement.size()), &prepared,
                         nullptr) != SQLITE_OK) {
    fail();
  }
  return {*this, prepared};
}

std::vector<SqliteDatabase::Row> SqliteDatabase::ask(std::string_view statement) const {
  std::vector<Row> rows;
  auto found = prepare(statement);
  while (found.step()) {
    Row& row = rows.emplace_back();
    for (int column = 0; column < found.columns(); ++column)
      row.push_back(found.is_null(column) ? std::nullopt : std::optional(found.text(column)));
  }
  return rows;
}

void SqliteDatabase::fail() const {
  sqlite3* const connection = connection_.get();
  const int error = sqlite3_extended_errcode(connection);
  throw StoreError(
      "SQLite: " + file_ + ": " + sqlite3_errmsg(connection) + " (error " + std::to_string(error) + ')',
      remedy_for(error, file_));
}

int SqliteDatabase::Statement::index(const char* name) const {
  return sqlite3_bind_parameter_index(statement_.get(), name);
}

SqliteDatabase::Statement& SqliteDatabase::Statement::bind(const char* name, std::int64_t value) {
  if (sqlite3_bind_int64(statement_.get(), index(name), value) != SQLITE_OK) database_.fail();
  return *this;
}

SqliteDatabase::Statement& SqliteDatabase::Statement::bind_text(const char* name, std::string_view value) {
  if (sqlite3_bind_text64(statement_.get(), index(name), value.data(), value.size(), SQLITE_TRANSIENT,
                          SQLITE_UTF8) != SQLITE_OK) {
    database_.fail();
  }
  return *this;
}

SqliteDatabase::Statement& SqliteDatabase::Statement::bind_blob(const char* name, std::string_view value) {
  if (sqlite3_bind_blob64(statement_.get(), index(name), value.data(), value.size(), SQLITE_TRANSIENT) !=
      SQLITE_OK) {
    database_.fail();
  }
  return *this;
}

bool SqliteDatabase::Statement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result != SQLITE_ROW && result != SQLITE_DONE) database_.fail();
  return result == SQLITE_ROW;
}

std::int64_t SqliteDatabase::Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string SqliteDatabase::Statement::text(int column) const {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  // After the text: how long it is depends on what it has been made into. It can have a NUL.
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return text == nullptr ? std::string() : std::string(text, size);
}

bool SqliteDatabase::Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

}  // namespace greylisting
