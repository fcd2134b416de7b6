// A database of greylisting 0.5 becomes one of this version by sql/mysql/upgrade-from-0.5.sql, and nothing is
// lost.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iomanip>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/server_settings.h"

namespace greylisting::test {
namespace {

// What a server's defaults or its administrator may have made 0.5's tables of.
struct Layout {
  std::string engine;
  std::string charset;
};

std::string literal(std::string_view bytes) {
  std::ostringstream digits;
  for (const char byte : bytes) {
    digits << std::hex << std::setw(2) << std::setfill('0')
           << static_cast<unsigned>(static_cast<unsigned char>(byte));
  }
  return "x'" + digits.str() + '\'';
}

// The tables of 0.5. The triggers here read prefixes of whole
// bytes only.
std::string tables_of_05(const Layout& layout) {
  const std::string options = ") ENGINE=" + layout.engine + " DEFAULT CHARSET=" + layout.charset + ";\n";
  const std::string read_network = R"( ON greylisting_lists FOR EACH ROW SET
      NEW.ipaddr_start = INET6_ATON(SUBSTRING_INDEX(NEW.ipaddr, '/', 1)),
      NEW.ipaddr_prefixsize = IF(LOCATE('/', NEW.ipaddr) > 0, SUBSTRING_INDEX(NEW.ipaddr, '/', -1),
                                 LENGTH(NEW.ipaddr_start) * 8),
      NEW.ipaddr_end = RPAD(LEFT(NEW.ipaddr_start, NEW.ipaddr_prefixsize DIV 8), LENGTH(NEW.ipaddr_start), x'FF');)";
  return R"(
    CREATE TABLE greylisting_lists (
      id int unsigned NOT NULL AUTO_INCREMENT,
      ipaddr varchar(43),
      ipaddr_start varbinary(16),
      ipaddr_end varbinary(16),
      ipaddr_prefixsize tinyint unsigned,
      rcpt_to varchar(255),
      block_expires datetime NOT NULL,
      record_expires datetime NOT NULL,
      create_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
      last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
      comment varchar(255) NOT NULL,
      PRIMARY KEY (id), KEY (ipaddr_start), KEY (ipaddr_end), KEY (rcpt_to(20)))" +
         options + R"(
    CREATE TABLE greylisting_data (
      id bigint unsigned NOT NULL AUTO_INCREMENT,
      relay_ip varbinary(16),
      mail_from varchar(255),
      rcpt_to varchar(255),
      block_expires datetime NOT NULL,
      record_expires datetime NOT NULL,
      blocked_count bigint unsigned NOT NULL DEFAULT 0,
      passed_count bigint unsigned NOT NULL DEFAULT 0,
      aborted_count bigint unsigned NOT NULL DEFAULT 0,
      create_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
      last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
      PRIMARY KEY (id), KEY (relay_ip), KEY (mail_from(20)), KEY (rcpt_to(20)))" +
         options + "CREATE TRIGGER greylisting_lists_insert BEFORE INSERT" + read_network +
         "CREATE TRIGGER greylisting_lists_update BEFORE UPDATE" + read_network;
}

const std::vector<ListEntry> kListEntries{
    allow_network("198.51.100.77"),
    deny_network("198.51.100.0/24"),
    deny_network("203.0.113.77/24"),
    deny_network("2001:db8:bad::/48"),
    allow_domain("example.com"),
    deny_domain("Denied.Example"),
    {.verdict = ListEntry::Verdict::deny, .domain = "example.org", .record_expires = "2015-05-19 21:07:00"}};

// Bytes that are not ASCII, some of which have two cases in one character set or another, in a table's own.
std::string non_ascii(const Layout& layout) {
  if (layout.charset == "utf8") return "\xc3\x84\xc3\xa4\xc3\x96\xc4\xb0\xe0\xb8\x81@example.net";
  std::string all;
  for (int byte = 0x80; byte <= 0xff; ++byte) all += static_cast<char>(byte);
  return all + "@example.net";
}

const std::string kV4 = "x'C0000201'";  // 192.0.2.1
const std::string kV4Mapped = "x'00000000000000000000FFFFC0000205'";
const std::string kV4Neighbour = "x'C00002C8'";  // in its /24
const std::string kV6 = "x'20010DB8000000010000000000000001'";
const std::string kV6Neighbour = "x'20010DB800000001FFFFFFFFFFFFFFFF'";  // in its /64
const std::string kV6Stranger = "x'20010DB8000000020000000000000001'";

const std::string kPast = "2020-01-01 00:00:00";
const std::string kAlive = "2097-01-01 00:00:00";
const std::string kLonger = "2098-01-01 00:00:00";
const std::string kLongest = "2099-01-01 00:00:00";

// A row of greylisting_data. `mail_from` is SQL, the others are what they say.
struct RecordRow {
  int id;
  std::string relay_ip;
  std::string mail_from;
  std::string block_expires;
  std::string record_expires;
  int blocked, passed, aborted;
  std::string create_time;
  std::string last_update;
};

// What 0.5 left behind: some triplets twice, in other letters, from another address of the same network.
std::vector<RecordRow> records_of_05(const Layout& layout) {
  const auto sender = [](std::string_view text) { return literal(text); };
  return {
      // alive three times, and once expired
      {11, kV4, sender("ALICE@Example.NET"), kPast, kAlive, 2, 5, 1, "2020-01-02 03:04:05",
       "2024-05-05 05:05:05"},
      {12, kV4Neighbour, sender("alice@example.net"), kLonger, kLongest, 3, 0, 0, "2020-01-02 03:04:06",
       "2025-05-05 05:05:05"},
      {13, kV4Mapped, sender("Alice@example.net"), kAlive, kLonger, 4, 0, 2, "2020-01-02 03:04:07",
       "2023-05-05 05:05:05"},
      {14, kV4, sender("alice@example.net"), "2001-01-01 00:00:00", "2001-02-01 00:00:00", 7, 1, 0,
       "2001-01-01 01:01:01", "2001-01-01 02:02:02"},
      // never alive any more
      {21, kV4, sender("carol@example.net"), "2005-01-01 00:00:00", "2005-02-01 00:00:00", 1, 0, 0,
       "2005-01-01 00:00:00", "2005-01-01 00:00:00"},
      {22, kV4, sender("carol@example.net"), "2004-01-01 00:00:00", "2006-02-01 00:00:00", 1, 0, 0,
       "2004-01-01 00:00:00", "2004-01-01 00:00:00"},
      // alone: past its block and never passed; still blocked
      {31, kV4, sender("Dave@example.net"), kPast, kAlive, 1, 0, 0, "2020-01-01 00:00:00",
       "2020-01-01 00:00:00"},
      {32, kV4, sender("erin@example.net"), kAlive, kLonger, 1, 0, 0, "2020-01-01 00:00:00",
       "2020-01-01 00:00:00"},
      // without an address
      {41, "NULL", sender("alice@example.net"), kPast, kAlive, 1, 0, 0, "2020-01-01 00:00:00",
       "2020-01-01 00:00:00"},
      {42, "NULL", sender("alice@example.net"), kPast, kAlive, 1, 0, 0, "2020-01-01 00:00:00",
       "2020-01-01 00:00:00"},
      // IPv6
      {51, kV6, sender("alice@EXAMPLE.net"), kPast, kAlive, 1, 2, 0, "2020-01-01 00:00:00",
       "2020-01-01 00:00:00"},
      {52, kV6Neighbour, sender("alice@example.net"), kPast, kLonger, 1, 3, 0, "2020-01-01 00:00:00",
       "2020-01-01 00:00:00"},
      {53, kV6Stranger, sender("alice@example.net"), kAlive, kLonger, 1, 0, 0, "2020-01-01 00:00:00",
       "2020-01-01 00:00:00"},
      // other bytes, no bytes, many bytes
      {61, kV4, sender(non_ascii(layout)), kPast, kAlive, 1, 1, 0, "2020-01-01 00:00:00",
       "2020-01-01 00:00:00"},
      {62, kV4, sender(""), kPast, kAlive, 1, 1, 0, "2020-01-01 00:00:00", "2020-01-01 00:00:00"},
      {63, kV4, "NULL", kPast, kAlive, 1, 1, 0, "2020-01-01 00:00:00", "2020-01-01 00:00:00"},
      {64, kV4, sender(std::string(255, 'x')), kPast, kAlive, 1, 1, 0, "2020-01-01 00:00:00",
       "2020-01-01 00:00:00"},
  };
}

// What has to become of them: the oldest row of a triplet, with all rows' counts.
std::vector<RecordRow> records_of_now(const Layout& layout) {
  std::vector<RecordRow> records;
  for (RecordRow record : records_of_05(layout)) {
    switch (record.id) {
      case 11:  // the earliest end of a block and the latest end of a record among those alive
        record.record_expires = kLongest;
        record.blocked = 16;
        record.passed = 6;
        record.aborted = 3;
        record.create_time = "2001-01-01 01:01:01";
        record.last_update = "2025-05-05 05:05:05";
        break;
      case 21:
        record.block_expires = "2004-01-01 00:00:00";
        record.record_expires = "2006-02-01 00:00:00";
        record.blocked = 2;
        record.create_time = "2004-01-01 00:00:00";
        break;
      case 51:
        record.record_expires = kLonger;
        record.blocked = 2;
        record.passed = 5;
        break;
      case 62:
        record.blocked = 2;
        record.passed = 2;
        break;
      case 12:
      case 13:
      case 14:
      case 22:
      case 52:
      case 63:
        continue;
      default:
        break;
    }
    records.push_back(std::move(record));
  }
  return records;
}

std::string insert(const RecordRow& record) {
  const std::string rcpt_to = record.id % 2 == 0 ? "'BOB@Example.org'" : "'bob@example.org'";
  std::string values =
      std::to_string(record.id) + ", " + record.relay_ip + ", " + record.mail_from + ", " + rcpt_to;
  for (const std::string& time : {record.block_expires, record.record_expires}) values += ", '" + time + '\'';
  for (const int count : {record.blocked, record.passed, record.aborted})
    values += ", " + std::to_string(count);
  for (const std::string& time : {record.create_time, record.last_update}) values += ", '" + time + '\'';
  return "INSERT INTO greylisting_data (id, relay_ip, mail_from, rcpt_to, block_expires, record_expires, "
         "blocked_count, "
         "passed_count, aborted_count, create_time, last_update) VALUES (" +
         values + ')';
}

// The columns of RecordRow, as the database has them.
Rows stored_records(const Installation& installation) {
  return installation.sql(
      "SELECT id, HEX(relay_ip), HEX(CAST(mail_from AS BINARY)), block_expires, record_expires, "
      "blocked_count, passed_count, "
      "aborted_count, create_time, last_update FROM greylisting_data ORDER BY id");
}

Rows as_rows(const std::vector<RecordRow>& records) {
  const auto digits = [](const std::string& sql) -> std::optional<std::string> {
    if (sql == "NULL") return std::nullopt;
    std::string upper = sql.substr(2, sql.size() - 3);  // without x' and '
    std::ranges::transform(upper, upper.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return upper;
  };
  Rows rows;
  for (const RecordRow& record : records) {
    rows.push_back({std::to_string(record.id), digits(record.relay_ip), digits(record.mail_from),
                    record.block_expires, record.record_expires, std::to_string(record.blocked),
                    std::to_string(record.passed), std::to_string(record.aborted), record.create_time,
                    record.last_update});
  }
  return rows;
}

// What an administrator wrote.
Rows stored_entries(const Installation& installation) {
  return installation.sql(
      "SELECT id, ipaddr, rcpt_to, block_expires, record_expires, create_time, last_update, comment "
      "FROM greylisting_lists ORDER BY id");
}

// All there is in the database: layout, triggers, rows.
std::string dump(const Installation& installation) {
  std::string all;
  for (const std::string table : {"greylisting_lists", "greylisting_data", "greylisting_meta"}) {
    all += text(installation.sql("SHOW CREATE TABLE " + table));
    // How often the lists have changed is no more than a number.
    const std::string rows = table;
    all += text(installation.sql("SELECT * FROM " + rows + " ORDER BY 1, 2"));
  }
  all += text(installation.sql(
      "SELECT trigger_name, sql_mode, action_timing, event_manipulation, event_object_table, "
      "TRIM(TRAILING ';' FROM action_statement) "
      "FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY trigger_name"));
  return all;
}

// An installation of this version in front of a database of 0.5.
void lay_out_05(const Installation& installation, const Layout& layout) {
  installation.sql("DROP TABLE greylisting_lists, greylisting_data, greylisting_meta");
  installation.sql(tables_of_05(layout));
  for (const ListEntry& entry : kListEntries) installation.add(entry);
  installation.sql(
      "UPDATE greylisting_lists SET create_time = '2016-01-01 00:00:00', last_update = '2017-01-01 "
      "00:00:00'");
  for (const RecordRow& record : records_of_05(layout)) installation.sql(insert(record));
}

const std::filesystem::path kUpgrade = source_tree() / "sql/mysql/upgrade-from-0.5.sql";

void upgrade(const Installation& installation) {
  const Result result = installation.server().run_script(installation.database(), kUpgrade);
  INFO(result.output << result.errors);
  REQUIRE(result.status == 0);
  CHECK(result.output == "");
  CHECK(result.errors == "");
}

std::string reason_in_one_line(const Installation& installation, const Rcpt& rcpt) {
  const Result result = installation.attempt(rcpt);
  INFO(result.errors);
  CHECK(lines(result.errors) == 1);
  return logged(result, "reason");
}

// The tables of that version, with one triplet that has passed once and one list entry.
void lay_out(const Installation& installation, int version) {
  const auto directory = source_tree() / ("tests/support/schema-" + std::to_string(version));
  for (const char* const table : {"meta", "lists", "data", "entries", "clients", "history", "expected"})
    installation.sql(std::string("DROP TABLE greylisting_") + table);
  if (installation.backend() == Backend::sqlite) {
    installation.sql(read_file(directory / "sqlite.sql"));
  } else {
    const Result result = installation.server().run_script(installation.database(), directory / "mysql.sql");
    REQUIRE(result.errors.empty());
  }
  installation.add(allow_network("198.51.100.77"));
  // printf '4\030\300\000\002\000\000alice@example.net\000bob@example.org' | sha256sum | cut -c1-32
  installation.sql(
      "INSERT INTO greylisting_data (triplet, id, relay_ip, mail_from, rcpt_to, block_expires, "
      "record_expires, "
      "blocked_count, passed_count) VALUES (x'6d1c9ea0a2a1edcd8295cc8412a4b4a6', 7, x'c0000201', "
      "'alice@example.net', 'bob@example.org', " +
      installation.seconds_from_now(-3600) + ", " + installation.seconds_from_now(3600) + ", 1, 1)");
}

// What migrate would mend.
std::string damage(const Installation& installation) {
  const std::string output =
      run({.arguments = {built("greylistctl"), "--home", installation.home(), "migrate", "--dry-run"}})
          .output;
  return output.find("mend") == std::string::npos ? "" : output;
}

}  // namespace

TEST_CASE("a database of greylisting 0.5 is brought to this version and loses nothing",
          "[integration][upgrade]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::mysql56);
  const Layout layout = GENERATE(
      values<Layout>({{"MyISAM", "latin1"}, {"MyISAM", "utf8"}, {"InnoDB", "latin1"}, {"InnoDB", "utf8"}}));
  INFO(name(backend) << ' ' << layout.engine << ' ' << layout.charset);
  const Installation installation(backend);
  lay_out_05(installation, layout);
  const Rows entries = stored_entries(installation);
  REQUIRE(entries.size() == kListEntries.size());
  REQUIRE(text(stored_records(installation)) == text(as_rows(records_of_05(layout))));

  {
    // As on a server that would refuse times of zero.
    const GlobalVariable strict(installation.server(), "sql_mode", "'TRADITIONAL'");
    upgrade(installation);
  }
  CHECK(text(stored_entries(installation)) == text(entries));
  CHECK(text(stored_records(installation)) == text(as_rows(records_of_now(layout))));
  CHECK(installation.sql("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND "
                         "engine = 'InnoDB'") == Rows{{"7"}});
  CHECK(installation.sql(
            "SELECT column_name FROM information_schema.key_column_usage WHERE table_schema = DATABASE() "
            "AND table_name = 'greylisting_data' AND constraint_name = 'PRIMARY'") == Rows{{"triplet"}});
  CHECK(installation.sql("SELECT value FROM greylisting_meta WHERE name = 'schema_version'") == Rows{{"5"}});

  const auto before = dump(installation);
  upgrade(installation);
  CHECK(dump(installation) == before);
  CHECK(damage(installation).empty());

  // Old triplets are known.
  CHECK(reason_in_one_line(installation, {}) == "known");
  CHECK(reason_in_one_line(installation, {.client = "192.0.2.99"}) == "known");
  CHECK(reason_in_one_line(installation, {.sender = "dave@example.net"}) == "retried");
  CHECK(reason_in_one_line(installation, {.sender = "erin@example.net"}) == "early");
  CHECK(reason_in_one_line(installation, {.client = "2001:db8:0:1::7"}) == "known");
  CHECK(reason_in_one_line(installation, {.client = "2001:db8:0:2::7"}) == "early");
  CHECK(reason_in_one_line(installation, {.sender = non_ascii(layout)}) == "known");
  CHECK(reason_in_one_line(installation, {.sender = ""}) == "known");
  CHECK(reason_in_one_line(installation, {.sender = std::string(255, 'x')}) == "known");
  CHECK(reason_in_one_line(installation, {.sender = "carol@example.net"}) == "new");
  CHECK(reason_in_one_line(installation, {.sender = "frank@example.net"}) == "new");
  CHECK(installation.sql("SELECT COUNT(*), MAX(id) > 64 FROM greylisting_data") ==
        Rows{{std::to_string(records_of_now(layout).size() + 1), "1"}});

  // Lists decide as ever, and a network that was written with bits after its prefix is whole now.
  CHECK(reason_in_one_line(installation, {.client = "198.51.100.77"}) == "allowed");
  CHECK(reason_in_one_line(installation, {.client = "198.51.100.78"}) == "denied");
  CHECK(reason_in_one_line(installation, {.client = "203.0.113.1"}) == "denied");
  CHECK(reason_in_one_line(installation, {.client = "2001:db8:bad:1::1"}) == "denied");
  CHECK(reason_in_one_line(installation, {.recipient = "bob@example.com"}) == "allowed");
  CHECK(reason_in_one_line(installation, {.recipient = "bob@denied.example"}) == "denied");
  installation.add(deny_network("192.0.2.200/29"));
  CHECK(reason_in_one_line(installation, {.client = "192.0.2.207"}) == "denied");
}

TEST_CASE("a sender that 0.5 stored in another form than the plugin's stays known",
          "[integration][upgrade]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::mysql56);
  const Installation installation(backend);
  CAPTURE(name(backend));
  lay_out_05(installation, {"InnoDB", "latin1"});
  installation.sql("DELETE FROM greylisting_data");
  // What a sender says, and what it has been stored as.
  const std::vector<std::pair<std::string, std::string>> senders{
      {"final@example.net.", "final@example.net."},
      {"dots@example.net", "dots@example.net.."},
      {"blank@example.net ", "blank@example.net "},
      {"prvs=ab=short@example.net", "prvs=ab=short@example.net"},
      {"prvs=0123456789=tag@example.net", "tag@example.net"},
      {"prvs=slash/0123456789@example.net", "prvs=slash/0123456789@example.net"},
      {"prvs=a=b/0123456789@example.net", "prvs=a=b/0123456789@example.net"},
      {"prvs=other/ab@example.net", "prvs=other/ab@example.net"},
      {"prvs=ab=Final@example.net.", "prvs=ab=Final@example.net."},
      {"prvs=nothing@example.net", "prvs=nothing@example.net"},
      {"prvs==@example.net", "prvs==@example.net"},
      {"no-domain.", "no-domain."}};
  int id = 100;
  for (const auto& [said, stored] : senders)
    installation.sql(insert({++id, kV4, literal(stored), kPast, kAlive, 1, 1, 0, kPast, kPast}));
  installation.sql(insert({++id, kV4, literal("dot@example.net"), kPast, kAlive, 1, 1, 0, kPast, kPast}));
  installation.sql(
      "UPDATE greylisting_data SET rcpt_to = 'bob@example.org.' WHERE mail_from = 'dot@example.net'");
  const Result migrated =
      run({.arguments = {built("greylistctl"), "--home", installation.home(), "migrate"}});
  CAPTURE(migrated.errors);
  CHECK(migrated.status == 0);
  for (const auto& [said, stored] : senders) {
    CAPTURE(said, stored);
    CHECK(reason_in_one_line(installation, {.client = "192.0.2.1", .sender = said}) == "known");
  }
  CHECK(reason_in_one_line(installation, {.client = "192.0.2.1", .sender = "dot@example.net"}) == "known");
}

TEST_CASE("a database of greylisting 0.3 is brought to this version and loses nothing",
          "[integration][upgrade]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::mysql56);
  const bool by_script = GENERATE(true, false);
  const Installation installation(backend);
  CAPTURE(name(backend), by_script);
  const std::string zone = text(installation.server().sql("", "SELECT @@GLOBAL.time_zone"));
  installation.server().sql("", "SET GLOBAL time_zone = '+02:00'");
  installation.sql("DROP TABLE greylisting_lists, greylisting_data, greylisting_meta");
  installation.sql(R"(
    CREATE TABLE greylisting_lists (
      id int unsigned NOT NULL AUTO_INCREMENT,
      ipaddr varchar(18),
      ipaddr_start int unsigned,
      ipaddr_end int unsigned,
      rcpt_to varchar(255),
      block_expires datetime NOT NULL,
      record_expires datetime NOT NULL,
      create_time timestamp NOT NULL DEFAULT '2010-01-01 00:00:00',
      last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
      comment varchar(255) NOT NULL,
      PRIMARY KEY (id), KEY (ipaddr_start), KEY (ipaddr_end), KEY (rcpt_to(20))) ENGINE=MyISAM DEFAULT CHARSET=latin1;
    CREATE TABLE greylisting_data (
      id bigint unsigned NOT NULL AUTO_INCREMENT,
      relay_ip varchar(15),
      mail_from varchar(255),
      rcpt_to varchar(255),
      block_expires datetime NOT NULL,
      record_expires datetime NOT NULL,
      blocked_count bigint unsigned NOT NULL,
      passed_count bigint unsigned NOT NULL,
      aborted_count bigint unsigned NOT NULL,
      create_time timestamp NOT NULL DEFAULT '2010-01-01 00:00:00',
      last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
      PRIMARY KEY (id), KEY (relay_ip), KEY (mail_from(20)), KEY (rcpt_to(20))) ENGINE=MyISAM DEFAULT CHARSET=latin1;
    CREATE TRIGGER greylisting_lists_insert BEFORE INSERT ON greylisting_lists FOR EACH ROW SET
      NEW.ipaddr_start = INET_ATON(SUBSTRING_INDEX(NEW.ipaddr, '/', 1)), NEW.ipaddr_end = NEW.ipaddr_start | 255;
    CREATE TRIGGER greylisting_lists_update BEFORE UPDATE ON greylisting_lists FOR EACH ROW SET
      NEW.ipaddr_start = INET_ATON(SUBSTRING_INDEX(NEW.ipaddr, '/', 1)), NEW.ipaddr_end = NEW.ipaddr_start | 255;
    SET SESSION sql_mode = '';
    INSERT INTO greylisting_lists (ipaddr, rcpt_to, block_expires, record_expires, comment) VALUES
      ('198.51.100.0/24', NULL, '9999-12-31 23:59:59', '9999-12-31 23:59:59', 'denied'),
      ('203.0.113.7', NULL, '0000-00-00 00:00:00', '2033-07-01 14:00:00', 'allowed'),
      (NULL, 'denied.example', '9999-12-31 23:59:59', '2033-07-01 14:00:00', 'a domain');
    INSERT INTO greylisting_data (relay_ip, mail_from, rcpt_to, block_expires, record_expires, blocked_count, passed_count,
        aborted_count) VALUES
      ('192.0.2.1', 'alice@example.net', 'bob@example.org', '2020-07-01 14:00:00', '2033-07-01 14:00:00', 1, 3, 0),
      ('192.0.2.200', 'carol@example.net', 'bob@example.org', '2033-06-01 14:00:00', '2033-07-01 14:00:00', 2, 0, 0);
  )");
  if (by_script) {
    upgrade(installation);
    upgrade(installation);
  } else {
    const Result migrated =
        run({.arguments = {built("greylistctl"), "--home", installation.home(), "migrate"}});
    CAPTURE(migrated.errors);
    CHECK(migrated.status == 0);
    CHECK_THAT(migrated.output,
               Catch::Contains("Upgraded the tables of greylisting 0.3. Records before: 2, triplets now: 2. "
                               "List entries, all kept: 3."));
    CHECK(run({.arguments = {built("greylistctl"), "--home", installation.home(), "migrate"}})
              .output.find("Upgraded") == std::string::npos);
  }
  installation.server().sql("", "SET GLOBAL time_zone = '" + zone.substr(0, zone.find('\n')) + '\'');
  CHECK(text(installation.sql(
            "SELECT HEX(relay_ip), mail_from, block_expires, record_expires, blocked_count, passed_count "
            "FROM greylisting_data ORDER BY id")) ==
        "C0000201 alice@example.net 2020-07-01 12:00:00 2033-07-01 12:00:00 1 3\n"
        "C00002C8 carol@example.net 2033-06-01 12:00:00 2033-07-01 12:00:00 2 0\n");
  CHECK(text(installation.sql(
            "SELECT ipaddr, HEX(ipaddr_start), ipaddr_prefixsize, rcpt_to, block_expires, record_expires, "
            "comment FROM greylisting_lists WHERE ipaddr IS NOT NULL ORDER BY id")) ==
        "198.51.100.0/24 C6336400 24 NULL 9999-12-31 23:59:59 9999-12-31 23:59:59 denied\n"
        "203.0.113.7 CB007107 32 NULL 0000-00-00 00:00:00 2033-07-01 12:00:00 allowed\n");
  CHECK(damage(installation).empty());
  CHECK(reason_in_one_line(installation, {.client = "192.0.2.77", .sender = "alice@example.net"}) == "known");
  CHECK(reason_in_one_line(installation, {.client = "192.0.2.77", .sender = "carol@example.net"}) == "early");
  CHECK(reason_in_one_line(installation, {.client = "198.51.100.9"}) == "denied");
  CHECK(reason_in_one_line(installation, {.client = "203.0.113.7"}) == "allowed");
  CHECK(reason_in_one_line(installation, {.recipient = "x@denied.example"}) == "denied");
}

TEST_CASE("an upgrade that was broken off can be taken up again, and mail flows meanwhile",
          "[integration][upgrade]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::mysql56);
  const Layout layout{"MyISAM", "latin1"};
  INFO(name(backend));

  const Installation whole(backend);
  lay_out_05(whole, layout);
  upgrade(whole);
  const auto goal = dump(whole);

  // The script up to the end of its first, second, … statement.
  const std::string script = read_file(kUpgrade);
  std::vector<std::string> parts;
  for (std::size_t end = script.find(";\n"); end != std::string::npos; end = script.find(";\n", end + 1)) {
    parts.push_back(script.substr(0, end + 2));
  }
  REQUIRE(parts.size() > 10);
  for (const std::string& part : parts) {
    INFO("broken off after: " << part.substr(part.size() > 200 ? part.size() - 200 : 0));
    const Installation installation(backend);
    lay_out_05(installation, layout);
    const TemporaryDirectory directory;
    for (const char* const file : {"schema.sql", "upgrade-from-0.3.sql"})
      write_file(directory / file, read_file(kUpgrade.parent_path() / file));
    write_file(directory / "part.sql", part);
    const Result result = installation.server().run_script(installation.database(), directory / "part.sql");
    CHECK(result.errors == "");

    // An allowed client: what the plugin can decide by now it decides, otherwise it lets the mail pass.
    const Result meanwhile = installation.attempt({.client = "198.51.100.77"});
    CHECK(meanwhile.status == 0);
    CHECK(answer(meanwhile) == "");

    upgrade(installation);
    CHECK(dump(installation) == goal);
  }
}

// By the file that a person runs and by the tool; SQLite's file also by the plugin that meets it.
TEST_CASE("a store of an earlier version is brought to this version and loses nothing",
          "[integration][upgrade]") {
  const int version = GENERATE(1, 2, 3, 4);
  const Backend backend = any_backend();
  const bool by_tool = GENERATE(true, false);
  INFO("version " << version << ", " << name(backend) << (by_tool ? " by greylistctl" : ""));
  const Installation installation(backend);
  lay_out(installation, version);
  CHECK(installation.sql("SELECT value FROM greylisting_meta WHERE name = 'schema_version'") ==
        Rows{{std::to_string(version)}});
  if (version > 1) installation.put({"deny", "sender", "mallory@example.net"});

  const auto migrate = [&installation] {
    return run({.arguments = {built("greylistctl"), "--home", installation.home(), "migrate"}});
  };
  if (by_tool) {
    const Result ahead =
        run({.arguments = {built("greylistctl"), "--home", installation.home(), "migrate", "--dry-run"}});
    CHECK(ahead.status == 0);
    CHECK(ahead.output ==
          "Would upgrade the tables of version " + std::to_string(version) + " to version 5.\n");
    const Result result = migrate();
    INFO(result.output << result.errors);
    CHECK(result.status == 0);
    CHECK(result.output == "Upgraded the tables of version " + std::to_string(version) +
                               " to version 5.\nnote: this cannot be taken back\n");
  } else if (backend != Backend::sqlite) {
    const Result result = installation.server().run_script(installation.database(),
                                                           kUpgrade.parent_path() / "upgrade-from-3.sql");
    CHECK(result.errors == "");
  }
  CHECK(reason_in_one_line(installation, {}) == "known");
  CHECK(reason_in_one_line(installation, {.client = "198.51.100.77"}) == "allowed");
  CHECK(reason_in_one_line(installation,
                           {.sender = "carol@example.net", .environment = {{"SPFRESULT", "pass"}}}) == "new");
  installation.put({"deny", "sender", "carol@example.net"});
  CHECK(reason_in_one_line(installation, {.sender = "carol@example.net"}) == "denied");
  CHECK(installation.sql("SELECT passed_count FROM greylisting_data WHERE mail_from = 'alice@example.net'") ==
        Rows{{"2"}});
  if (version > 1) CHECK(reason_in_one_line(installation, {.sender = "mallory@example.net"}) == "denied");
  CHECK(installation.sql("SELECT value FROM greylisting_meta WHERE name = 'schema_version'") == Rows{{"5"}});
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_history") == Rows{{"0"}});

  const Result again = migrate();
  CHECK_THAT(again.output, Catch::Contains("nothing was done"));
  CHECK_THAT(run({.arguments = {built("greylistctl"), "--home", installation.home(), "migrate", "--dry-run"}})
                 .output,
             Catch::Contains("nothing would be done"));
}

// By the files that a person runs, and by greylistctl.
TEST_CASE("an upgrade is the same whatever the server is set to", "[integration][upgrade][server-settings]") {
  const ServerKind kind = GENERATE(ServerKind::mariadb, ServerKind::mysql56);
  DatabaseServer& server = DatabaseServer::shared(kind);
  make_changing_zone(server);
  const Layout layout{"MyISAM", "latin1"};
  const Installation whole(server);
  lay_out_05(whole, layout);
  upgrade(whole);
  const std::string goal = dump(whole);
  const auto migrate = [](const Installation& installation) {
    return run({.arguments = {built("greylistctl"), "--home", installation.home(), "migrate"}});
  };
  const Installation migrated(server);
  lay_out_05(migrated, layout);
  REQUIRE(migrate(migrated).status == 0);
  const std::string goal_of_tool = dump(migrated);
  for (const ServerSetting& setting : server_settings(kind)) {
    CAPTURE(setting.name);
    const Installation by_file(server);
    lay_out_05(by_file, layout);
    const Installation by_tool(server);
    lay_out_05(by_tool, layout);
    const Installation from_3(server);
    lay_out(from_3, 3);
    const Installation fresh(server);
    fresh.sql("DROP TABLE greylisting_lists, greylisting_data, greylisting_meta");
    const auto file = by_tool.home() / "control/mysql-admin.cnf";
    if (!setting.init_command.empty())
      write_file(file, read_file(file) + "init-command=" + setting.init_command + '\n', 0600);
    {
      const InForce in_force(server, setting);
      upgrade(by_file);
      const Result result = migrate(by_tool);
      CAPTURE(result.errors);
      CHECK(result.status == 0);
      CHECK(
          server.run_script(from_3.database(), kUpgrade.parent_path() / "upgrade-from-3.sql").errors.empty());
      CHECK(server.run_script(fresh.database(), kUpgrade.parent_path() / "schema.sql").errors.empty());
    }
    CHECK(dump(by_file) == goal);
    CHECK(dump(by_tool) == goal_of_tool);
    CHECK(reason_in_one_line(from_3, {}) == "known");
    fresh.add(deny_network("192.0.2.0/24"));
    CHECK(reason_in_one_line(fresh, {}) == "denied");
    CHECK(fresh.sql("SELECT name, value FROM greylisting_meta") == Rows{{"schema_version", "5"}});
  }
}

// As when the import of a dump was broken off, and mail went on.
TEST_CASE("records that have lost their key get it again, and none is lost", "[integration][upgrade]") {
  const Installation installation(GENERATE(Backend::mariadb, Backend::mysql56));
  const auto greylistctl = [&](const std::string& subcommand, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {built("greylistctl"), "--home", installation.home(), subcommand});
    return run({.arguments = more});
  };
  CHECK(reason(installation, {}) == "new");
  CHECK(reason(installation, {.sender = "carol@example.net"}) == "new");
  const bool has_others = GENERATE(true, false);
  installation.sql(
      has_others ? "ALTER TABLE greylisting_data DROP PRIMARY KEY"
                 : "ALTER TABLE greylisting_data DROP PRIMARY KEY, DROP KEY id, DROP KEY record_expires, "
                   "DROP KEY pending_network, DROP KEY relay_ip, DROP KEY mail_from, DROP KEY rcpt_to");
  installation.attempt();
  const Rows ids = installation.sql("SELECT DISTINCT id FROM greylisting_data ORDER BY id");
  REQUIRE(installation.sql("SELECT COUNT(*) FROM greylisting_data") == Rows{{"3"}});
  const Result check = greylistctl("check");
  CHECK_THAT(check.output,
             Catch::Contains("schema: greylisting_data has no primary key, so that every attempt is "
                             "new\n         -> greylistctl migrate\n"));
  CHECK(greylistctl("migrate", {"--dry-run"}).output == "Would give greylisting_data its primary key.\n");
  const Result migrated = greylistctl("migrate");
  CAPTURE(migrated.output, migrated.errors);
  CHECK(migrated.status == 0);
  CHECK_THAT(migrated.output,
             Catch::StartsWith("Gave greylisting_data its primary key. Records before: 3, triplets "
                               "now: 2. "));
  CHECK(installation.sql("SELECT id FROM greylisting_data ORDER BY id") == ids);
  CHECK(reason(installation, {}) == "early");
  const Result again = greylistctl("check");
  CHECK_THAT(again.output, Catch::Contains("ok       schema: version 5\n"));
}

TEST_CASE("a store without the version of its schema is told of one that works", "[integration][upgrade]") {
  const Installation installation(any_backend());
  CHECK(reason(installation, {}) == "new");
  installation.sql("DELETE FROM greylisting_meta");
  const auto greylistctl = [&](const std::string& subcommand) {
    return run({.arguments = {built("greylistctl"), "--home", installation.home(), subcommand}});
  };
  CHECK_THAT(greylistctl("check").output, Catch::Contains("\n         -> greylistctl migrate\n"));
  CHECK(greylistctl("migrate").status == 0);
  CHECK_THAT(greylistctl("check").output, Catch::Contains("ok       schema: version 5\n"));
  CHECK(reason(installation, {}) == "early");
}

TEST_CASE("the upgrade leaves a database of this version as it is", "[integration][upgrade]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::mysql56);
  INFO(name(backend));
  const Installation installation(backend, "ipv4_prefix=32\nipv6_prefix=48");
  installation.add(allow_network("198.51.100.77"));
  installation.add(deny_domain("example.com"));
  installation.attempt();
  installation.attempt({.client = "192.0.2.2"});
  installation.attempt({.client = "2001:db8::1"});
  const auto before = dump(installation);
  upgrade(installation);
  CHECK(dump(installation) == before);
}

}  // namespace greylisting::test
