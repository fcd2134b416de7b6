#include "ctl/administration/mysql_administration.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "ctl/administration/mysql_tables.h"
#include "ctl/administration/mysql_triggers.h"
#include "store/sql.h"
#include "text/number.h"

namespace greylisting {
namespace {

// The tables, as SQL.
constexpr std::string_view kTables =
    "('greylisting_data', 'greylisting_lists', 'greylisting_meta', 'greylisting_entries', "
    "'greylisting_clients', 'greylisting_history', 'greylisting_expected')";

// Whether `VERSION()` is one the statements are made for; text like `5.6.24-log` or
// `10.11.19-MariaDB-0+deb12u1`.
bool is_supported(const std::string& version) {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned patch = 0;
  const char* end = version.data() + version.size();
  auto parsed = std::from_chars(version.data(), end, major);
  if (parsed.ptr != end) parsed = std::from_chars(parsed.ptr + 1, end, minor);
  if (parsed.ptr != end) std::from_chars(parsed.ptr + 1, end, patch);
  const bool is_mariadb = version.find("MariaDB") != std::string::npos;
  return is_mariadb ? std::tie(major, minor) >= std::tuple(10U, 5U)
                    : std::tie(major, minor, patch) >= std::tuple(5U, 6U, 3U);
}

bool is_earlier(const std::string& version) {
  return version == "1" || version == "2" || version == "3" || version == "4";
}

[[noreturn]] void refuse(const std::string& version) {
  throw StoreError(
      "the schema has version " + version + ", and this program knows " + std::string(sql::kSchemaVersion),
      "install the program that made it, or a later one");
}

}  // namespace

MysqlAdministration::MysqlAdministration(const Settings& settings, Patience patience)
    : plugin_option_file_(settings.mysql_default_file),
      patience_(mysql_patience(patience)),
      connection_(settings.admin_option_file(),
                  settings.mysql_admin_file.empty() ? "mysql_default_file" : "mysql_admin_file", patience_) {}

std::vector<Finding> MysqlAdministration::examine() {
  using State = Finding::State;
  std::vector<Finding> findings;

  connection_.run("SHOW TABLES");  // fails where no database is named: there it is not that they are missing
  const std::string version = value("SELECT VERSION()");
  if (is_supported(version)) {
    findings.push_back({State::good, "server: " + version});
  } else {
    findings.push_back(
        {State::bad, "server: " + version, "MariaDB 10.5 or MySQL 5.6.3, or a later one, is needed"});
  }

  if (has_layout_of_05()) {
    findings.push_back({State::bad,
                        has_lost_key()
                            ? "schema: greylisting_data has no primary key, so that every attempt is new"
                            : "schema: that of greylisting 0.5",
                        how_to_migrate(connection_)});
  } else if (const auto faults = damage(); !faults.empty()) {
    std::ranges::move(
        findings_of(faults, how_to_migrate(connection_),
                    [this](const std::string& table) { return how_to_begin_anew(connection_, table); }),
        std::back_inserter(findings));
  } else if (const std::string schema = schema_version(); schema == sql::kSchemaVersion && has_all_tables()) {
    findings.push_back({State::good, "schema: version " + schema});
  } else if (schema.empty() || schema == sql::kSchemaVersion) {
    findings.push_back(
        {State::bad,
         "schema: " + std::string(!schema.empty()    ? "a table of version " + schema + " has been dropped"
                                  : has_all_tables() ? "its making was broken off"
                                                     : "there are no tables"),
         how_to_migrate(connection_)});
  } else {
    findings.push_back({State::bad, "schema: version " + schema + ", not " + std::string(sql::kSchemaVersion),
                        "install the program that made it, or a later one"});
  }
  if (findings.back().state == State::bad) return findings;

  try {
    connection_.run("DELETE FROM greylisting_data WHERE FALSE");
    findings.push_back({State::good, "tool's account: " + value("SELECT CURRENT_USER()") + " may clean up"});
  } catch (const StoreError& error) {
    findings.push_back(
        {State::bad,
         "tool's account: " + value("SELECT CURRENT_USER()") + " may not clean up: " + error.problem(),
         error.problem().find("(error 1142)") == std::string::npos
             ? error.remedy()
             : "name an account that may delete in mysql_admin_file; sql/mysql/grants.sql creates one"});
  }

  const std::string database = value("SELECT DATABASE()");
  for (const auto& row :
       MysqlConnection(plugin_option_file_, "mysql_default_file", patience_).run("SHOW GRANTS")) {
    const std::string grant = row.at(0).value_or("");
    const std::string rights = grant.substr(0, grant.find(" ON "));
    const bool is_ours = grant.find(" ON *.*") != std::string::npos ||
                         grant.find(" ON `" + database + '`') != std::string::npos;
    if (is_ours && (rights.find("ALL PRIVILEGES") != std::string::npos ||
                    rights.find("DELETE") != std::string::npos || rights.find("DROP") != std::string::npos)) {
      findings.push_back({State::warning, "plugin's account may do more than it needs: " + rights + " …",
                          "SELECT, INSERT and UPDATE are enough: sql/mysql/grants.sql"});
      break;
    }
  }

  const auto ahead = number_of<std::int64_t>(value("SELECT UNIX_TIMESTAMP()")).value_or(0) -
                     static_cast<std::int64_t>(std::time(nullptr));
  if (std::abs(ahead) <= 60) {
    findings.push_back({State::good, "clock: the database's agrees with this host's"});
  } else {
    findings.push_back({State::warning,
                        "clock: the database's is " + std::to_string(ahead) + " s ahead of this host's",
                        "let both keep time by NTP; the database's is the one that counts"});
  }

  for (const auto& row : connection_.run("SELECT id, ipaddr FROM greylisting_lists WHERE ipaddr IS NOT NULL "
                                         "AND ipaddr_start IS NULL LIMIT 10")) {
    findings.push_back(unusable_entry(row.at(0).value_or(""), row.at(1).value_or("")));
  }

  if (value("SELECT EXISTS (SELECT 1 FROM greylisting_data WHERE record_expires < UTC_TIMESTAMP() - INTERVAL "
            "7 DAY)") == "1") {
    findings.push_back(overdue_cleanup());
  }
  return findings;
}

Store& MysqlAdministration::store() {
  if (!store_) store_ = std::make_unique<MysqlStore>(plugin_option_file_, patience_);
  return *store_;
}

std::vector<std::string> MysqlAdministration::migration_ahead() {
  const std::string ours(sql::kSchemaVersion);
  if (has_layout_of_05() && has_lost_key()) return {"Would give greylisting_data its primary key."};
  if (has_layout_of_05()) {
    return {std::string("Would upgrade the tables of greylisting ") + (has_layout_of_03() ? "0.3" : "0.5") +
            ". Records: " + value("SELECT COUNT(*) FROM greylisting_data") +
            ". List entries, all kept: " + value("SELECT COUNT(*) FROM greylisting_lists") + '.'};
  }
  const auto faults = damage();
  require_mendable(connection_, faults);
  if (!faults.empty()) return sentences_of(faults, "Would mend", "has");
  const std::string version = schema_version();
  if (is_earlier(version))
    return {"Would upgrade the tables of version " + version + " to version " + ours + '.'};
  if (!version.empty() && version != ours) refuse(version);
  if (version != ours || !has_all_tables()) return {"Would create the tables."};
  std::vector<std::string> steps;
  for (const std::string& table : tables_of_another_engine())
    steps.push_back("Would make " + table + " an InnoDB table.");
  if (!fault_of_triggers(connection_).empty())
    steps.emplace_back("Would make the triggers of greylisting_lists anew.");
  return steps;
}

std::vector<std::string> MysqlAdministration::tables_of_another_engine() {
  std::vector<std::string> tables;
  for (const auto& row :
       connection_.run("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND "
                       "engine <> 'InnoDB' AND table_name IN " +
                       std::string(kTables)))
    tables.push_back(row.at(0).value_or(""));
  return tables;
}

std::vector<std::string> MysqlAdministration::migrate() {
  // An ALTER waits for whoever is at the table.
  connection_.run("SET lock_wait_timeout = DEFAULT");
  std::vector<std::string> done;
  const auto mend = [&] {
    const auto faults = damage();
    mend_tables(connection_, faults);
    std::ranges::move(sentences_of(faults, "Mended", "had"), std::back_inserter(done));
  };
  if (!has_layout_of_05()) mend();
  std::ranges::move(bring_schema(), std::back_inserter(done));
  mend();
  return done;
}

std::vector<std::string> MysqlAdministration::bring_schema() {
  const std::string ours(sql::kSchemaVersion);
  if (has_layout_of_05()) {
    const std::string before = value("SELECT COUNT(*) FROM greylisting_data");
    const bool is_of_03 = has_layout_of_03();
    const bool has_lost = has_lost_key();
    if (is_of_03) connection_.run(sql::mysql_upgrade_from_03);
    connection_.run(sql::mysql_schema);
    connection_.run(sql::mysql_upgrade_from_05);
    return {(has_lost ? std::string("Gave greylisting_data its primary key")
                      : std::string("Upgraded the tables of greylisting ") + (is_of_03 ? "0.3" : "0.5")) +
            ". Records before: " + before +
            ", triplets now: " + value("SELECT COUNT(*) FROM greylisting_data") +
            ". List entries, all kept: " + value("SELECT COUNT(*) FROM greylisting_lists") + '.'};
  }
  const std::string version = schema_version();
  if (is_earlier(version)) {
    connection_.run(sql::mysql_upgrade_from_3);
    connection_.run(sql::mysql_schema);
    return {"Upgraded the tables of version " + version + " to version " + ours + '.'};
  }
  if (!version.empty() && version != ours) refuse(version);
  if (version != ours || !has_all_tables()) {
    connection_.run(sql::mysql_schema);
    return {"Created the tables."};
  }
  std::vector<std::string> done;
  for (const std::string& table : tables_of_another_engine()) {
    connection_.run("ALTER TABLE " + table + " ENGINE = InnoDB");
    done.push_back("Made " + table + " an InnoDB table.");
  }
  if (!fault_of_triggers(connection_).empty()) {
    connection_.run(sql::mysql_schema);
    done.emplace_back("Made the triggers of greylisting_lists anew.");
  }
  return done;
}

// Where the version is not known, or is another, only of the table that has it.
std::vector<TableFault> MysqlAdministration::damage() {
  auto faults = faults_of_tables(connection_);
  const auto is_of_meta = [](const TableFault& fault) { return fault.table == "greylisting_meta"; };
  if (std::ranges::any_of(faults, is_of_meta)) {
    std::erase_if(faults, [&](const TableFault& fault) { return !is_of_meta(fault); });
  } else if (!faults.empty() && schema_version() != sql::kSchemaVersion) {
    faults.clear();
  }
  return faults;
}

bool MysqlAdministration::has_all_tables() {
  return value(
             "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name "
             "IN " +
             std::string(kTables)) == "7";
}

std::vector<Administration::Row> MysqlAdministration::ask(std::string_view statement, std::size_t columns) {
  std::vector<Row> rows;
  const std::string text = sql::with_literals(statement, {{"now", "UTC_TIMESTAMP()"}});
  for (const auto& found : is_transacting_ ? connection_.run(text) : connection_.run_with_retry(text)) {
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < columns; ++i) row.push_back(found.at(i).value_or(""));
  }
  return rows;
}

void MysqlAdministration::read(std::string_view statement, std::size_t columns,
                               const std::function<void(Row&)>& take) {
  Row row(columns);
  connection_.read(sql::with_literals(statement, {{"now", "UTC_TIMESTAMP()"}}),
                   [&](const MysqlConnection::Row& found) {
                     for (std::size_t i = 0; i < columns; ++i) row[i] = found.at(i).value_or("");
                     take(row);
                   });
}

void MysqlAdministration::transact(const std::function<void()>& work) {
  connection_.transact([&] {
    is_transacting_ = true;
    try {
      work();
    } catch (...) {
      is_transacting_ = false;
      throw;
    }
    is_transacting_ = false;
  });
}

bool MysqlAdministration::lock_cleanup() {
  return value("SELECT GET_LOCK(LEFT(CONCAT('greylisting_cleanup.', DATABASE()), 64), 0)") == "1";
}

// The one value of a statement's one row; empty when it has none.
std::string MysqlAdministration::value(std::string_view statement) {
  const auto rows = connection_.run(statement);
  return rows.empty() ? std::string() : rows.front().at(0).value_or("");
}

std::string MysqlAdministration::schema_version() {
  if (value("SELECT COUNT(*) FROM information_schema.tables "
            "WHERE table_schema = DATABASE() AND table_name = 'greylisting_meta'") != "1") {
    return "";
  }
  return value("SELECT value FROM greylisting_meta WHERE name = 'schema_version'");
}

// Networks without a prefix length, addresses as text, times in the server's time zone.
bool MysqlAdministration::has_layout_of_03() {
  return value(
             "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name "
             "= "
             "'greylisting_lists' AND column_name IN ('ipaddr_start', 'ipaddr_prefixsize')") == "1";
}

// Also while an upgrade has been broken off half-way: until its end the triplet is not the primary key.
bool MysqlAdministration::has_layout_of_05() {
  return value(
             "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name "
             "= "
             "'greylisting_data' AND table_type = 'BASE TABLE'") == "1" &&
         value(
             "SELECT COUNT(*) FROM information_schema.key_column_usage WHERE table_schema = DATABASE() "
             "AND table_name = 'greylisting_data' AND constraint_name = 'PRIMARY' AND column_name = "
             "'triplet'") == "0";
}

// As after the import of a dump that was broken off. No earlier version has it so.
bool MysqlAdministration::has_lost_key() {
  return value(
             "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name "
             "= 'greylisting_data' AND column_name = 'pool'") == "1" &&
         value(
             "SELECT COUNT(*) FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND "
             "table_name = 'greylisting_data' AND constraint_name = 'PRIMARY'") == "0";
}

}  // namespace greylisting
