// greylistctl check and migrate against tables that a hand has changed: what check says of them, and that the
// remedy mends them and loses nothing.

#include <chrono>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"

namespace greylisting::test {
namespace {

using Catch::Contains;

struct Damage {
  std::string sql;
  std::string table;
  std::string fault;  // what the table then has, as check says
};

const std::vector<std::string> kTables{"lists", "data", "entries", "clients", "history", "expected"};

// A store with a row or two in each table.
void fill(const Installation& installation) {
  list_the_plugin(installation);
  REQUIRE(ctl(installation, {"allow", "198.51.100.16/28"}).status == 0);
  REQUIRE(ctl(installation, {"deny", "sender", "mallory@example.net", "--yes"}).status == 0);
  REQUIRE(ctl(installation, {"expect", "carol@example.org"}).status == 0);
  installation.add(deny_network("203.0.113.0/24"));
  CHECK(reason(installation) == "new");
  installation.pass_time(std::chrono::hours(1));
  CHECK(reason(installation) == "retried");
  installation.sql(
      "INSERT INTO greylisting_history (period, kind, name, host, total) VALUES ('2026-01-01 00:00:00', "
      "'decision', 'new', 'mx', 7)");
  REQUIRE(ctl(installation, {"check"}).status == 0);
}

Rows count_rows(const Installation& installation) {
  std::string counts;
  for (const std::string& table : kTables)
    counts += (counts.empty() ? "SELECT " : ", ") + ("(SELECT COUNT(*) FROM greylisting_" + table + ')');
  return installation.sql(counts);
}

void works_as_before(const Installation& installation, bool has_all) {
  const Result check = ctl(installation, {"check"});
  CAPTURE(check.output);
  CHECK(check.status == 0);
  CHECK_THAT(ctl(installation, {"migrate"}).output, Contains("nothing was done"));
  if (!has_all) return;
  CHECK(reason(installation) == "known");
  CHECK(reason(installation, {.client = "198.51.100.17"}) == "allowed");
  CHECK(reason(installation, {.client = "198.51.100.77"}) == "new");
  CHECK(reason(installation, {.client = "203.0.113.77"}) == "denied");
  CHECK(reason(installation, {.sender = "mallory@example.net"}) == "denied");
}

// As the remedy says.
void rename_table(const Installation& installation, const std::string& remedy) {
  std::smatch found;
  if (installation.backend() == Backend::sqlite) {
    REQUIRE(std::regex_search(remedy, found, std::regex("^(sqlite3 .*); greylistctl migrate$")));
    CHECK(run({.arguments = {"sh", "-c", found[1].str()}, .directory = installation.home()}).status == 0);
  } else {
    REQUIRE(std::regex_search(
        remedy, found,
        std::regex("^as the server's administrator: (RENAME .*); then: greylistctl migrate$")));
    installation.server().sql("", found[1].str());
  }
}

// What check says is to be done about it.
std::string remedy_of(const Installation& installation, const Damage& damage) {
  const Result check = ctl(installation, {"check"});
  CAPTURE(check.output, check.errors);
  CHECK(check.status == 1);
  const std::string said = "greylisting_" + damage.table + " has " + damage.fault + "\n         -> ";
  const std::size_t found = check.output.find(said);
  REQUIRE(found != std::string::npos);
  const std::size_t begin = found + said.size();
  return check.output.substr(begin, check.output.find('\n', begin) - begin);
}

// All at once.
void damage_and_mend(const Installation& installation, const std::vector<Damage>& all) {
  fill(installation);
  const std::string before = text(count_rows(installation));
  for (const Damage& damage : all) installation.sql(damage.sql);
  const std::string ahead = ctl(installation, {"migrate", "--dry-run"}).output;
  for (const Damage& damage : all) {
    CAPTURE(damage.sql);
    CHECK(remedy_of(installation, damage) == "greylistctl migrate");
    CHECK_THAT(ahead,
               Contains("Would mend greylisting_" + damage.table + ", which has ") && Contains(damage.fault));
  }
  const Result migrate = ctl(installation, {"migrate"});
  CAPTURE(migrate.output, migrate.errors);
  CHECK(migrate.status == 0);
  for (const Damage& damage : all) {
    CHECK_THAT(migrate.output,
               Contains("Mended greylisting_" + damage.table + ", which had ") && Contains(damage.fault));
  }
  CHECK(text(count_rows(installation)) == before);
  works_as_before(installation, true);
}

void damage_and_begin_anew(const Installation& installation, const Damage& damage) {
  INFO(damage.sql);
  fill(installation);
  installation.sql(damage.sql);
  const std::string remedy = remedy_of(installation, damage);
  for (const Arguments& arguments : std::vector<Arguments>{{"migrate"}, {"migrate", "--dry-run"}}) {
    const Result refused = ctl(installation, arguments);
    CHECK(refused.status == 1);
    CHECK_THAT(refused.errors, Contains(remedy));
  }
  rename_table(installation, remedy);
  CHECK(ctl(installation, {"migrate"}).status == 0);
  works_as_before(installation, false);
}

}  // namespace

TEST_CASE("check names what a hand has done to a table, and migrate mends it", "[check][tables]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::mysql56);
  CAPTURE(name(backend));
  const std::string numbered =
      "a column id that is int unsigned NOT NULL, not int unsigned NOT NULL AUTO_INCREMENT";
  damage_and_mend(
      Installation(backend),
      {{"ALTER TABLE greylisting_data DROP COLUMN pool", "data", "no column pool"},
       {"ALTER TABLE greylisting_data ADD UNIQUE KEY mine (mail_from)", "data",
        "a key mine that keeps rows out which have the same mail_from"},
       {"ALTER TABLE greylisting_entries DROP COLUMN network_end", "entries", "no column network_end"},
       {"ALTER TABLE greylisting_entries DROP KEY subject", "entries", "no KEY subject (subject)"},
       {"ALTER TABLE greylisting_entries MODIFY pattern varchar(255) CHARACTER SET latin2 NOT NULL",
        "entries", "a column pattern that is in latin2_general_ci, not latin1_bin"},
       {"ALTER TABLE greylisting_lists DROP COLUMN ipaddr_end", "lists", "no column ipaddr_end"},
       {"ALTER TABLE greylisting_clients DROP COLUMN member_of", "clients", "no column member_of"},
       {"ALTER TABLE greylisting_clients DROP PRIMARY KEY", "clients", "no PRIMARY KEY (client)"},
       {"ALTER TABLE greylisting_history DROP PRIMARY KEY, DROP COLUMN host", "history", "no column host"}});
  damage_and_mend(
      Installation(backend),
      {{"ALTER TABLE greylisting_entries MODIFY id int unsigned NOT NULL", "entries", numbered},
       {"ALTER TABLE greylisting_entries DROP KEY entry", "entries",
        "no UNIQUE KEY entry (pattern, kind, action)"},
       {"ALTER TABLE greylisting_lists MODIFY id int unsigned NOT NULL, DROP PRIMARY KEY", "lists", numbered},
       {"ALTER TABLE greylisting_clients MODIFY client varchar(99) NOT NULL", "clients",
        "a column client that is varchar(99) NOT NULL, not binary(16) NOT NULL"},
       {"ALTER TABLE greylisting_history MODIFY total smallint NOT NULL", "history",
        "a column total that is smallint NOT NULL, not bigint unsigned NOT NULL"}});
  damage_and_mend(Installation(backend),
                  {{"ALTER TABLE greylisting_meta DROP PRIMARY KEY", "meta", "no PRIMARY KEY (name)"}});
  for (const Damage& damage : std::vector<Damage>{
           {"ALTER TABLE greylisting_history DROP COLUMN total", "history",
            "no column total, which only a backup can give back"},
           {"ALTER TABLE greylisting_meta DROP COLUMN value", "meta",
            "no column value, which only a backup can give back"},
           {"ALTER TABLE greylisting_clients DROP COLUMN client", "clients",
            "no column client, which only a backup can give back"},
           {"RENAME TABLE greylisting_data TO mine; CREATE VIEW greylisting_data AS SELECT * FROM mine",
            "data", "a view in its place"}}) {
    damage_and_begin_anew(Installation(backend), damage);
  }
}

TEST_CASE("check names what a hand has done to an SQLite file, and migrate mends it", "[check][tables]") {
  const auto made_of_itself = [](const std::string& table) {
    return "CREATE TABLE other AS SELECT * FROM greylisting_" + table + "; DROP TABLE greylisting_" + table +
           "; ALTER TABLE other RENAME TO greylisting_" + table;
  };
  damage_and_mend(
      Installation(Backend::sqlite),
      {{"ALTER TABLE greylisting_data DROP COLUMN mail_from", "data", "no column mail_from"},
       {"DROP INDEX greylisting_data_record_expires", "data", "no index greylisting_data_record_expires"},
       {"CREATE UNIQUE INDEX mine ON greylisting_data (rcpt_to)", "data",
        "a key that keeps rows out which have the same rcpt_to"},
       {"ALTER TABLE greylisting_entries DROP COLUMN network_end", "entries", "no column network_end"},
       {"ALTER TABLE greylisting_lists DROP COLUMN ipaddr_end", "lists", "no column ipaddr_end"},
       {"DROP TRIGGER greylisting_lists_updated", "lists", "no trigger greylisting_lists_updated"},
       {"ALTER TABLE greylisting_clients DROP COLUMN passes", "clients", "no column passes"}});
  damage_and_mend(
      Installation(Backend::sqlite),
      {{made_of_itself("clients"), "clients",
        "a column client that is of no type, not BLOB NOT NULL PRIMARY KEY"},
       {made_of_itself("data"), "data", "a column id that is INT, not INTEGER PRIMARY KEY"},
       {made_of_itself("lists"), "lists", "a column rcpt_to that is TEXT, not TEXT COLLATE NOCASE"},
       {made_of_itself("entries"), "entries", "no UNIQUE (pattern, kind, action)"},
       {made_of_itself("meta"), "meta", "a column name that is TEXT, not TEXT NOT NULL PRIMARY KEY"},
       {made_of_itself("expected"), "expected", "no index greylisting_expected_expires"}});
  for (const Damage& damage : std::vector<Damage>{
           {"ALTER TABLE greylisting_history DROP COLUMN total", "history",
            "no column total, which only a backup can give back"},
           {"DROP INDEX greylisting_expected_expires; ALTER TABLE greylisting_expected DROP COLUMN expires",
            "expected", "no column expires, which only a backup can give back"},
           {"ALTER TABLE greylisting_clients DROP COLUMN counted", "clients",
            "no column counted, which only a backup can give back"},
           {"ALTER TABLE greylisting_clients RENAME TO mine; CREATE VIEW greylisting_clients AS SELECT * "
            "FROM mine",
            "clients", "a view in its place"},
           {"DROP TABLE greylisting_data; CREATE TABLE greylisting_data (mine INTEGER)", "data",
            "no column record_expires, which only a backup can give back"}}) {
    damage_and_begin_anew(Installation(Backend::sqlite), damage);
  }
}

TEST_CASE("migrate leaves one of the rows that a lost key has let in", "[check][tables]") {
  const Installation installation(GENERATE(Backend::mariadb, Backend::mysql56));
  fill(installation);
  const Rows before = count_rows(installation);
  installation.sql(
      "ALTER TABLE greylisting_clients DROP PRIMARY KEY; ALTER TABLE greylisting_history DROP PRIMARY KEY");
  installation.sql(
      "INSERT INTO greylisting_clients SELECT * FROM greylisting_clients; "
      "INSERT INTO greylisting_history SELECT * FROM greylisting_history");
  CHECK(ctl(installation, {"migrate"}).status == 0);
  CHECK(text(count_rows(installation)) == text(before));
  CHECK(installation.sql("SELECT total FROM greylisting_history") == Rows{{"14"}});
  works_as_before(installation, true);
}

TEST_CASE("migrate keeps what an administrator has added to a table that it makes anew", "[check][tables]") {
  const Installation installation(Backend::sqlite);
  fill(installation);
  installation.sql(
      "ALTER TABLE greylisting_clients ADD COLUMN \"asked by\" VARCHAR(20); "
      "UPDATE greylisting_clients SET \"asked by\" = 'Ann'; ALTER TABLE greylisting_clients DROP COLUMN "
      "passes");
  CHECK(ctl(installation, {"migrate"}).status == 0);
  CHECK(installation.sql("SELECT DISTINCT \"asked by\" FROM greylisting_clients") == Rows{{"Ann"}});
  installation.sql(
      "CREATE TABLE mine (client BLOB); CREATE INDEX \"by asker\" ON greylisting_clients (\"asked by\"); "
      "CREATE TRIGGER noted AFTER INSERT ON greylisting_clients BEGIN INSERT INTO mine VALUES (NEW.client); "
      "END; "
      "CREATE TRIGGER taken AFTER DELETE ON mine BEGIN UPDATE greylisting_clients SET \"asked by\" = 'Bob'; "
      "END; "
      "CREATE VIEW asked AS SELECT \"asked by\" AS who FROM greylisting_clients");
  const std::string own =
      "SELECT name, tbl_name, sql FROM sqlite_master WHERE name IN ('by asker', 'noted', 'taken', 'asked') "
      "ORDER BY name";
  const std::string before = text(installation.sql(own));
  installation.sql(
      "DROP INDEX greylisting_clients_member_of; ALTER TABLE greylisting_clients DROP COLUMN member_of");
  installation.sql("DROP INDEX greylisting_clients_expires");
  const Result migrate = ctl(installation, {"migrate"});
  CAPTURE(migrate.errors);
  CHECK(migrate.status == 0);
  CHECK(text(installation.sql(own)) == before);
  CHECK(installation.sql("SELECT DISTINCT who FROM asked") == Rows{{"Ann"}});
  works_as_before(installation, true);
  installation.sql("INSERT INTO mine VALUES (1); DELETE FROM mine");
  CHECK(installation.sql("SELECT DISTINCT who FROM asked") == Rows{{"Bob"}});

  installation.sql(
      "ALTER TABLE greylisting_data ADD COLUMN tries INTEGER AS (blocked_count + passed_count); CREATE INDEX "
      "tried ON greylisting_data (tries); ALTER TABLE greylisting_data DROP COLUMN mail_from");
  const Result refused = ctl(installation, {"migrate"});
  CHECK(refused.status == 1);
  CHECK_THAT(refused.errors,
             Contains("greylisting_data has the index \"tried\", which cannot be made again: ") &&
                 Contains("no such column: tries"));
  const std::size_t remedy = refused.errors.find("sqlite3 ");
  rename_table(installation, refused.errors.substr(remedy, refused.errors.find('\n') - remedy));
  CHECK(ctl(installation, {"migrate"}).status == 0);
}

TEST_CASE("check names a table that has been dropped, and migrate makes it", "[check][tables]") {
  const Installation installation(GENERATE(Backend::sqlite, Backend::mariadb, Backend::mysql56));
  CAPTURE(name(installation.backend()));
  list_the_plugin(installation);
  installation.sql("DROP TABLE greylisting_history");
  const Result check = ctl(installation, {"check"});
  CAPTURE(check.output);
  CHECK(check.status == 1);
  CHECK_THAT(check.output, Contains(" has been dropped\n         -> greylistctl migrate\n"));
  const Result ahead = ctl(installation, {"migrate", "--dry-run"});
  CAPTURE(ahead.output);
  CHECK(ahead.status == 0);
  CHECK_THAT(ahead.output,
             Contains("Would create the tables.") || Contains("Would mend greylisting_history"));
  const Result migrate = ctl(installation, {"migrate"});
  CAPTURE(migrate.output, migrate.errors);
  CHECK(migrate.status == 0);
  works_as_before(installation, false);
}

TEST_CASE("check names a lost column once", "[check][tables]") {
  const Installation installation(GENERATE(Backend::sqlite, Backend::mariadb, Backend::mysql56));
  CAPTURE(name(installation.backend()));
  list_the_plugin(installation);
  installation.sql("ALTER TABLE greylisting_entries DROP COLUMN network_end");
  const Result check = ctl(installation, {"check"});
  CAPTURE(check.output);
  CHECK(check.status == 1);
  const std::string said = "PROBLEM  table greylisting_entries has no column network_end\n";
  const std::size_t found = check.output.find(said);
  REQUIRE(found != std::string::npos);
  CHECK_THAT(check.output.substr(found + said.size()), !Contains("network_end"));
}

}  // namespace greylisting::test
