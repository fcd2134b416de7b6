#include "ctl/administration/sqlite_administration.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "store/sql.h"
#include "store/sqlite_tables.h"

namespace greylisting {
namespace {

// A person waits longer than a mail session.
constexpr std::chrono::seconds kPatience{30};

}  // namespace

SqliteAdministration::SqliteAdministration(const Settings& settings)
    : store_(settings.sqlite_file, kPatience) {}

SqliteAdministration::~SqliteAdministration() {
  if (lock_ >= 0) close(lock_);
}

std::vector<Finding> SqliteAdministration::examine() {
  using State = Finding::State;
  SqliteDatabase& database = store_.database();
  std::vector<Finding> findings;
  findings.push_back({State::good, std::string("library: SQLite ") + sqlite3_libversion()});

  if (const auto faults = faults_of_tables(database); !faults.empty()) {
    std::ranges::move(
        findings_of(faults, "greylistctl migrate",
                    [&database](const std::string& table) { return how_to_begin_anew(database, table); }),
        std::back_inserter(findings));
    return findings;
  }
  const std::string schema = database.schema_version();
  if (schema == sql::kSchemaVersion) {
    findings.push_back({State::good, "schema: version " + schema});
  } else if (schema.empty()) {
    findings.push_back({State::bad, "schema: greylisting_meta has no version", "greylistctl migrate"});
    return findings;
  } else {
    findings.push_back({State::bad,
                        "schema: version '" + schema + "', not " + std::string(sql::kSchemaVersion),
                        "install the program that made it, or a later one"});
    return findings;
  }

  auto entry = database.prepare(
      "SELECT id, ipaddr FROM greylisting_lists "
      "WHERE ipaddr IS NOT NULL AND (ipaddr_prefixsize IS NULL OR ipaddr_prefixsize < 0)");
  while (entry.step()) {
    if (Network::parse(entry.text(1))) continue;  // the plugin has yet to read it, and will
    findings.push_back(unusable_entry(entry.text(0), entry.text(1)));
  }

  auto old = database.prepare(
      "SELECT 1 FROM greylisting_data WHERE record_expires < datetime('now', '-7 days') LIMIT 1");
  if (old.step()) {
    findings.push_back(overdue_cleanup());
  }
  return findings;
}

void SqliteAdministration::transact(const std::function<void()>& work) {
  SqliteDatabase::Writing transaction(store_.database());
  work();
  transaction.commit();
}

// Opening the file has done most of it: the plugin does the same.
std::vector<std::string> SqliteAdministration::migrate() {
  SqliteDatabase& database = store_.database();
  const auto objects = [&database] {
    auto count = database.prepare("SELECT COUNT(*) FROM sqlite_master");
    count.step();
    return count.number(0);
  };
  const auto before = objects();
  const bool has_version = !database.schema_version().empty();
  const auto faults = faults_of_tables(database);
  database.bring_schema();
  if (const std::string found = database.schema_version(); found != sql::kSchemaVersion) {
    throw StoreError("the schema of " + database.file() + " has version '" + found +
                         "', and this program knows " + std::string(sql::kSchemaVersion),
                     "install the program that made it, or a later one");
  }
  if (!database.brought_from().value_or("").empty()) {
    return {"Upgraded the tables of version " + *database.brought_from() + " to version " +
            std::string(sql::kSchemaVersion) + '.'};
  }
  if (!faults.empty()) return sentences_of(faults, "Mended", "had");
  if (database.brought_from() || objects() != before) return {"Created the tables."};
  if (!has_version) return {"Wrote the version of the schema, which was missing."};
  return {};
}

std::vector<std::string> SqliteAdministration::migration_ahead(const std::string& file) {
  if (!std::filesystem::exists(file)) return {"Would create the tables, in the new file " + file + '.'};
  SqliteDatabase database(file, kPatience, SqliteDatabase::Mode::read);
  const std::string version = database.schema_version();
  if (version.empty() && !database.is_of_another_version())
    return {"Would write the version of the schema, which is missing."};
  if (version.empty()) return {"Would create the tables."};
  if (version == sql::kSchemaVersion) {
    const auto faults = faults_of_tables(database);
    require_mendable(database, faults);
    if (!faults.empty() || !database.is_of_another_version())
      return sentences_of(faults, "Would mend", "has");
  }
  return {"Would upgrade the tables of version " + version + " to version " +
          std::string(sql::kSchemaVersion) + '.'};
}

std::vector<Administration::Row> SqliteAdministration::ask(std::string_view statement, std::size_t columns) {
  std::vector<Row> rows;
  read(statement, columns, [&rows](Row& row) { rows.push_back(row); });
  return rows;
}

void SqliteAdministration::read(std::string_view statement, std::size_t columns,
                                const std::function<void(Row&)>& take) {
  auto found = store_.database().prepare(sql::with_literals(statement, {{"now", "datetime('now')"}}));
  Row row(columns);
  while (found.step()) {
    for (std::size_t i = 0; i < columns; ++i) row[i] = found.text(static_cast<int>(i));
    take(row);
  }
}

// The lock is on the directory: closing another descriptor of the database file would drop SQLite's own locks
// on it.
bool SqliteAdministration::lock_cleanup() {
  const auto directory = std::filesystem::absolute(store_.database().file()).parent_path();
  lock_ = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return lock_ >= 0 && flock(lock_, LOCK_EX | LOCK_NB) == 0;
}

}  // namespace greylisting
