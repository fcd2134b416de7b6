#include "database_server.h"

#include <mysql.h>
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;

// Not UTC on purpose: a time that is taken from the session's clock instead of the UTC one is hours off.
constexpr std::string_view kTimeZone = "--default-time-zone=+05:30";

// The least memory, and nothing is ever written through to the disk: the data lives as long as the test.
const std::vector<std::string> kEconomical{
    "--skip-networking",
    "--skip-log-bin",
    "--skip-name-resolve",
    "--performance-schema=OFF",
    "--max-connections=300",
    "--innodb-buffer-pool-size=16M",
    "--innodb-log-file-size=4M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--skip-innodb-doublewrite",
    "--key-buffer-size=1M",
};

std::string user() {
  const passwd* const entry = getpwuid(geteuid());
  return entry == nullptr ? std::to_string(geteuid()) : entry->pw_name;
}

// The directory of an npm package, as tests/support/fetch-mysql56 lays it out.
fs::path mysql56() { return built("mysql56") / "package" / "server"; }

fs::path mariadbd() {
  for (const char* const path : {"/usr/sbin/mariadbd", "/usr/local/sbin/mariadbd", "/usr/libexec/mariadbd"}) {
    if (fs::exists(path)) return path;
  }
  throw std::runtime_error("mariadbd is not installed; scripts/install-packages test installs it");
}

struct Connection {
  Connection(const fs::path& socket, const std::string& database) : mysql(mysql_init(nullptr)) {
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "latin1");  // bytes as they are
    connected = mysql_real_connect(mysql, nullptr, "root", "", database.empty() ? nullptr : database.c_str(),
                                   0, socket.c_str(), CLIENT_MULTI_STATEMENTS) != nullptr;
  }
  ~Connection() { mysql_close(mysql); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  MYSQL* mysql;
  bool connected = false;
};

Row row_of(MYSQL_RES* result, char** values) {
  const unsigned long* const lengths = mysql_fetch_lengths(result);
  Row row(mysql_num_fields(result));
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (values[i] != nullptr) row[i].emplace(values[i], lengths[i]);
  }
  return row;
}

}  // namespace

std::string text(const Rows& rows) {
  std::string text;
  for (const Row& row : rows) {
    for (const auto& value : row)
      text.append(&value == &row.front() ? "" : " ").append(value.value_or("NULL"));
    text += '\n';
  }
  return text;
}

DataDirectory::DataDirectory(const fs::path& otherwise) {
  constexpr std::uintmax_t kEnough = std::uintmax_t{1} << 30;
  std::error_code no_such_directory;
  const bool has_room = fs::space("/dev/shm", no_such_directory).available >= kEnough && !no_such_directory;
  std::string name = (has_room ? fs::path("/dev/shm") : otherwise) / "greylisting-test-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  path_ = name;
}

DataDirectory::~DataDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

DatabaseServer& DatabaseServer::shared(ServerKind kind) {
  if (kind == ServerKind::mariadb) {
    static DatabaseServer mariadb(ServerKind::mariadb);
    return mariadb;
  }
  static DatabaseServer mysql56(ServerKind::mysql56);
  return mysql56;
}

DatabaseServer::DatabaseServer(ServerKind kind, std::vector<std::string> options, fs::path programs)
    : kind_(kind), options_(std::move(options)), programs_(std::move(programs)) {
  create_data();
  start();
}

DatabaseServer::DatabaseServer(const DatabaseServer& original, std::vector<std::string> options)
    : kind_(original.kind_), options_(std::move(options)), programs_(original.programs_) {
  fs::create_directory(data_.path() / "tmp");
  fs::copy(original.data(), data(), fs::copy_options::recursive);
}

void DatabaseServer::create_data() const {
  fs::create_directory(data_.path() / "tmp");
  if (kind_ == ServerKind::mysql56) {
    if (!fs::exists(mysql56() / "mysqld")) {
      throw std::runtime_error("MySQL 5.6 is not in " + mysql56().string() +
                               "; tests/support/fetch-mysql56 " + built("mysql56").string() + " fetches it");
    }
    fs::copy(mysql56() / "data" / "mysql", data(), fs::copy_options::recursive);
    return;
  }
  // --force: a machine need not know its own name.
  const Result result =
      run({.arguments = {"mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal",
                         "--skip-test-db", "--force", "--datadir=" + data().string(), "--user=" + user(),
                         "--innodb-log-file-size=4M", tmpdir()}});
  if (result.status != 0) {
    throw std::runtime_error("mariadb-install-db failed (is it installed? scripts/install-packages test): " +
                             result.output + result.errors);
  }
}

// One of its own: a server that starts removes everybody's temporary tables from its directory.
std::string DatabaseServer::tmpdir() const { return "--tmpdir=" + (data_.path() / "tmp").string(); }

// setpriv: should this run of the tests be killed, the server goes with it.
Command DatabaseServer::command() const {
  const bool is_mariadb = kind_ == ServerKind::mariadb;
  Command command{
      .arguments = {"setpriv", "--pdeathsig", "TERM",
                    is_mariadb ? mariadbd().string() : (mysql56() / "mysqld").string(), "--no-defaults",
                    "--user=" + user(), "--datadir=" + data().string(), "--socket=" + socket().string(),
                    "--pid-file=" + (directory_ / "pid").string(), tmpdir(), std::string(kTimeZone)}};
  if (!programs_.empty()) {
    const std::string path = "PATH=" + programs_.string() + ':' + std::getenv("PATH");
    command.arguments.insert(command.arguments.begin(), {"env", path});
  }
  if (!is_mariadb) {
    command.arguments.push_back("--basedir=" + mysql56().string());
    command.environment["LD_LIBRARY_PATH"] = mysql56();
  }
  command.arguments.insert(command.arguments.end(), kEconomical.begin(), kEconomical.end());
  command.arguments.insert(command.arguments.end(), options_.begin(), options_.end());
  return command;
}

void DatabaseServer::start(const std::vector<std::string>& options) {
  using namespace std::chrono_literals;
  Command with_options = command();
  with_options.arguments.insert(with_options.arguments.end(), options.begin(), options.end());
  process_ = std::make_unique<BackgroundProcess>(with_options, directory_ / "log");
  const auto patience = std::chrono::steady_clock::now() + 2min;
  while (!Connection(socket(), "").connected) {
    if (!process_->is_running() || std::chrono::steady_clock::now() > patience) {
      throw std::runtime_error("the database server does not come up: " + read_file(directory_ / "log"));
    }
    std::this_thread::sleep_for(10ms);
  }
}

void DatabaseServer::stop(int signal) { process_->stop(signal); }

std::string DatabaseServer::run_with(const std::string& option) const {
  Command with_option = command();
  with_option.arguments.push_back(option);
  const Result result = run(with_option);
  return result.output + result.errors;
}

std::string DatabaseServer::create_database() {
  std::string name = "gl" + std::to_string(++databases_);
  sql("", "CREATE DATABASE " + name);
  return name;
}

Rows DatabaseServer::sql(const std::string& database, std::string_view statements) const {
  const Connection connection(socket(), database);
  MYSQL* const mysql = connection.mysql;
  const auto fail = [&] {
    std::string what = std::string(mysql_error(mysql)) + "\nin: " + std::string(statements);
    if (!process_->is_running()) what += end();
    throw std::runtime_error(what);
  };
  if (!connection.connected || mysql_real_query(mysql, statements.data(), statements.size()) != 0) fail();

  Rows rows;
  int next = 0;
  do {
    const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_store_result(mysql),
                                                                          mysql_free_result);
    if (result) {
      rows.clear();
      while (char** const values = mysql_fetch_row(result.get()))
        rows.push_back(row_of(result.get(), values));
    } else if (mysql_errno(mysql) != 0) {
      fail();
    }
    next = mysql_next_result(mysql);
  } while (next == 0);
  if (next > 0) fail();
  return rows;
}

// The client program of MariaDB 11.8 asks for TLS otherwise, through a socket as well.
Result DatabaseServer::run_script(const std::string& database, const std::filesystem::path& script) const {
  Result result = run({.arguments = {"mariadb", "--no-defaults", "--skip-ssl", "--user=root",
                                     "--socket=" + socket().string(), database},
                       .directory = script.parent_path(),
                       .input = read_file(script)});
  if (!process_->is_running()) result.errors += end();
  return result;
}

std::string DatabaseServer::end() const { return "\nThe server has ended: " + read_file(directory_ / "log"); }

GlobalVariable::GlobalVariable(const DatabaseServer& server, std::string name, const std::string& value)
    : server_(server),
      name_(std::move(name)),
      before_(server.sql("", "SELECT @@GLOBAL." + name_).at(0).at(0).value()) {
  const bool is_number = !before_.empty() && before_.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number) before_ = '\'' + before_ + '\'';
  server_.sql("", "SET GLOBAL " + name_ + " = " + value);
}

GlobalVariable::~GlobalVariable() {
  try {
    server_.sql("", "SET GLOBAL " + name_ + " = " + before_);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
  }
}

}  // namespace greylisting::test
