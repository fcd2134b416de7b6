// Whatever a server or an option file is set to, the plugin and greylistctl do the same: one history of
// attempts and subcommands, told under each setting and on a server as it comes.

#include <chrono>
#include <filesystem>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/server_settings.h"
#include "tests/support/texts.h"

namespace greylisting::test {
namespace {

using namespace std::chrono_literals;
using Arguments = std::vector<std::string>;

// What is of this run alone: names, directories, times, and numbers that count seconds or bytes.
std::string timeless(std::string text, const Installation& installation) {
  const auto replace = [&text](const std::string& what, const std::string& by) {
    text = std::regex_replace(text, std::regex(what), by);
  };
  replace(installation.home(), "HOME");
  replace(installation.database() + R"(\b)", "DATABASE");
  replace(R"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d( [+-]\d{4}|Z)?)", "TIME");
  replace(R"(\b\d+ (s|B|KiB|MiB|bytes)\b)", "N $1");
  replace(R"(checksum [0-9a-f]{32})", "checksum N");
  return text;
}

std::string sorted_lines(const std::string& text) {
  std::istringstream stream(text);
  std::multiset<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  std::string sorted;
  for (const std::string& line : lines) sorted += line + '\n';
  return sorted;
}

// A history that every statement has its part in, and what came of each step.
class History {
 public:
  History(DatabaseServer& server, const ServerSetting& setting)
      : server_(server),
        setting_(setting),
        installation_(server,
                      "block_expire=50\nrecord_expire=600\nauto_allow_after=2\ngroup_domain_level=2\n"
                      "max_pending_per_client=3"),
        copy_(server) {
    if (setting.init_command.empty()) return;
    for (const Installation* const each : {&installation_, &copy_}) {
      for (const char* const name : {"control/mysql.cnf", "control/mysql-admin.cnf"}) {
        const auto file = each->home() / name;
        write_file(file, read_file(file) + "init-command=" + setting.init_command + '\n', 0600);
      }
    }
  }

  void tell() {
    make_tables();
    begin();
    wait_and_retry();
    administer();
    keep_house();
  }

  const std::string& transcript() const { return transcript_; }
  const std::string& reasons() const { return reasons_; }

 private:
  // What the administrator's SQL has made is made by greylistctl in its place.
  void make_tables() {
    std::string drop;
    for (const char* const table : {"meta", "lists", "data", "entries", "clients", "history"})
      drop += std::string("DROP TABLE greylisting_") + table + ';';
    installation_.sql(drop);
    copy_.sql(drop);
    ctl({"migrate"});
    ctl({"allow", "198.51.100.128/25", "--comment", "it's \"ours\" \\ "});
    ctl({"deny", "sender", "spam.example", "--reply", "550 no thank you", "--for", "30d"});
    ctl({"trap", "trap@example.org"});
    ctl({"skip", "abuse@example.org"});
    ctl({"allow", "sender", "/^code-[0-9]+@/"});
    installation_.add(deny_network("198.51.100.64/26"));
    ctl({"migrate"});
  }

  void begin() {
    attempt({});
    attempt({});
    attempt({.sender = "carol@example.net"});
    attempt({.sender = ""});
    attempt({.sender = "too@many.example"});
    attempt(kPool);
    attempt({.client = "2001:db8::1", .sender = "\xff\\'\"`%@example.net"});
    attempt({.client = "198.51.100.200"});
    attempt({.client = "198.51.100.65"});
    attempt({.sender = "x@spam.example"});
    attempt({.recipient = "abuse@example.org"});
    attempt({.sender = "code-7@example.com"});
    attempt({.client = "203.0.113.1", .recipient = "trap@example.org"});
    attempt({.client = "203.0.113.2"});
    store();
  }

  void wait_and_retry() {
    installation_.pass_time(1h);
    attempt({});
    attempt({});
    attempt({.sender = ""});
    attempt({.sender = ""});
    attempt({.client = "198.18.0.9", .sender = kPool.sender, .environment = kPool.environment});
    attempt({.client = "2001:db8::2", .sender = "\xff\\'\"`%@example.net"});
    installation_.pass_time(2h);
    attempt({.sender = "carol@example.net"});
    attempt({.sender = "dave@example.net"});
    store();
    // What was earned is lost, and earned anew.
    attempt({.recipient = "trap@example.org"});
    attempt({.sender = "erin@example.net"});
    store();
  }

  void administer() {
    ctl({"list"});
    ctl({"list", "trusted"});
    ctl({"list", "trapped"});
    ctl({"find"}, Order::any);
    ctl({"find", "--sender", "example.net", "--pending", "--json"});
    ctl({"explain", "192.0.2.1", "alice@example.net", "bob@example.org"});
    ctl({"explain", "192.0.2.1", "", "trap@example.org"});
    ctl({"pass", "192.0.2.1", "erin@example.net", "bob@example.org"});
    attempt({.sender = "erin@example.net"});
    ctl({"export", "json", "-"});
    ctl({"remove", "entries/5"});
    attempt({.sender = "code-8@example.com"});
    ctl({"forget", "192.0.2.1", "code-8@example.com", "bob@example.org"});
    attempt({.sender = "code-8@example.com"});
    ctl({"remove", "trapped", "203.0.113.0/24"});
    attempt({.client = "203.0.113.2"});
  }

  void keep_house() {
    installation_.pass_time(std::chrono::days(1));
    installation_.sql(
        "INSERT INTO greylisting_history VALUES (UTC_DATE() - INTERVAL 402 DAY, 'fate', 'of long ago', '', "
        "1)");
    ctl({"cleanup"});
    ctl({"status"});
    store();
    const std::string to = "mysql:" + (copy_.home() / "control/mysql-admin.cnf").string();
    ctl({"copy", "--from", "mysql", "--to", to});
    ctl({"copy", "--from", "mysql", "--to", to, "--compare"});
    std::filesystem::create_directory(installation_.home() / "greylisting");
    ctl({"copy", "--from", "mysql", "--to", "sqlite:greylisting/copy.db"});
    for (const char* const table : {"lists", "data", "entries", "clients", "history"})
      transcript_ += text(copy_.sql(std::string("SELECT COUNT(*) FROM greylisting_") + table));
    transcript_ +=
        text(copy_.sql("SELECT name, value FROM greylisting_meta WHERE name <> 'cleanup' ORDER BY 1"));
    list_the_plugin(installation_);
    const Result check = under([&] { return run(command({"check"})); });
    transcript_ += "check " + std::to_string(check.status) + ' ' +
                   std::to_string(check.output.find("PROBLEM") == std::string::npos) + '\n';
    if (check.status != 0) transcript_ += check.output;
  }

  template <typename Act>
  Result under(Act act) const {
    const InForce in_force(server_, setting_);
    return act();
  }

  void attempt(const Rcpt& rcpt) {
    const Result result = under([&] { return installation_.attempt(rcpt); });
    const std::string waited = logged(result, "waited");
    const std::string minutes = waited.empty() ? "" : std::to_string(std::stol(waited) / 600);
    reasons_ += logged(result, "reason") + ' ';
    transcript_ += "RCPT " + rcpt.sender + ": " + answer(result) + logged(result, "outcome") + ' ' +
                   logged(result, "reason") + ' ' + logged(result, "entry") + ' ' + logged(result, "record") +
                   ' ' + minutes + '\n';
    std::istringstream log(result.errors);
    for (std::string line; std::getline(log, line);) {
      if (!line.starts_with("greylisting: outcome=")) transcript_ += line + '\n';
    }
  }

  Command command(const Arguments& arguments) const {
    Command command{.arguments = {built("greylistctl"), "--home", installation_.home()}, .directory = "/"};
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    return command;
  }

  // Of records of the same second each may come first.
  enum class Order { as_printed, any };

  void ctl(const Arguments& arguments, Order order = Order::as_printed) {
    Result result = under([&] { return run(command(arguments)); });
    if (order == Order::any) result.output = sorted_lines(result.output);
    for (const std::string& argument : arguments) transcript_ += timeless(argument, copy_) + ' ';
    transcript_ += std::to_string(result.status) + '\n' +
                   timeless(timeless(result.output + result.errors, installation_), copy_);
  }

  // All rows, times in steps of ten minutes from now.
  void store() {
    const auto time = [](const std::string& column) {
      return "LEAST(CEIL(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), " + column + ") / 600), 1000000)";
    };
    transcript_ += text(installation_.sql(
        "SET time_zone = '+00:00'; SELECT HEX(triplet), id, HEX(relay_ip), HEX(pending_network), pool, "
        "mail_from, rcpt_to, blocked_count, passed_count, aborted_count, " +
        time("block_expires") + ", " + time("record_expires") + ", " + time("create_time") +
        " FROM greylisting_data ORDER BY triplet"));
    transcript_ += text(
        installation_.sql("SET time_zone = '+00:00'; SELECT HEX(client), identity, HEX(member_of), passes, " +
                          time("counted") + ", " + time("expires") + ", " + time("trapped_until") + ", " +
                          time("create_time") + " FROM greylisting_clients ORDER BY client"));
    transcript_ += text(installation_.sql(
        "SELECT id, action, kind, pattern, HEX(subject), HEX(network_end), specificity, reply, " +
        time("expires") + ", comment FROM greylisting_entries ORDER BY id"));
  }

  const Rcpt kPool{
      .client = "198.51.101.1", .sender = "p@pool.example", .environment = {{"SPFRESULT", "pass"}}};

  DatabaseServer& server_;
  const ServerSetting& setting_;
  Installation installation_;
  Installation copy_;
  std::string transcript_;
  std::string reasons_;
};

}  // namespace

TEST_CASE("what a server or an option file is set to makes no difference", "[integration][server-settings]") {
  const ServerKind kind = GENERATE(ServerKind::mariadb, ServerKind::mysql56);
  DatabaseServer& server = DatabaseServer::shared(kind);
  make_changing_zone(server);
  const ServerSetting none{"none", {}};
  History usual(server, none);
  usual.tell();
  CHECK(usual.reasons() ==
        "new early new new throttled new new allowed denied denied opted-out allowed trap trapped "
        "retried trusted retried known retried retried retried trusted trusted new retried new new new ");
  for (const ServerSetting& setting : server_settings(kind)) {
    History history(server, setting);
    CHECK_NOTHROW(history.tell());
    INFO((kind == ServerKind::mariadb ? "MariaDB, " : "MySQL 5.6, ") << setting.name);
    INFO(difference(usual.transcript(), history.transcript()));
    CHECK((usual.transcript() == history.transcript()));
  }
}

// The notes are of entries that greylistctl writes, because their table has two unique keys, of migrate, and,
// with group_domain_level, of what keeps a domain trusted, which has a LIMIT in an order that is always the
// same.
TEST_CASE("a binary log of statements makes no difference, and decisions leave no note of an unsafe one",
          "[integration][server-settings]") {
  const ServerKind kind = GENERATE(ServerKind::mariadb, ServerKind::mysql56);
  const ServerSetting none{"none", {}};
  History usual(DatabaseServer::shared(kind), none);
  usual.tell();
  DatabaseServer server(kind, {"--log-bin=binary", "--binlog-format=STATEMENT", "--server-id=1",
                               "--log-warnings=2", "--log-bin-trust-function-creators=1"});
  REQUIRE(server.sql("", "SELECT @@log_bin, @@binlog_format") == Rows{{"1", "STATEMENT"}});
  History history(server, none);
  history.tell();
  INFO(difference(usual.transcript(), history.transcript()));
  CHECK((usual.transcript() == history.transcript()));
  std::istringstream log(server.log());
  for (std::string line; std::getline(log, line);) {
    if (line.find("nsafe statement") == std::string::npos) continue;
    CHECK_THAT(line,
               Catch::Contains("INSERT INTO greylisting_entries") ||
                   Catch::Contains("ORDER BY member_of, client LIMIT") ||
                   Catch::Contains("version of this schema") ||
                   Catch::Contains("INSERT INTO greylisting_meta (name, value) SELECT 'schema_version'"));
  }
}

}  // namespace greylisting::test
