// What can be wrong with a MySQL or MariaDB server and the way to it: the mail passes, or is deferred with
// on_error=defer, and one line says what is wrong and what to do. Then: what is remembered of it, and that a
// server's sudden end loses nothing that a client was told.

#include <fcntl.h>
#include <mysql.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "store/mysql_remedies.h"
#include "tests/support/catch.h"
#include "tests/support/fault.h"
#include "tests/support/free_port.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

constexpr const char* kOverdue = "ms; the store is slow or does not answer: greylistctl check";

void connect_through(const Installation& installation, const std::string& lines_of_client,
                     const std::string& password = "change-me") {
  write_file(installation.home() / "control/mysql.cnf",
             "[client]\nuser=" + installation.database() + "\npassword=" + password +
                 "\ndatabase=" + installation.database() + '\n' + lines_of_client + '\n');
}

// A unix socket address; its file must not be there yet to listen.
sockaddr_un address_of(const fs::path& file) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  file.string().copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

// Waits until there is something to read, or the end.
bool is_readable(int descriptor, int milliseconds) {
  pollfd wait{descriptor, POLLIN, 0};
  return poll(&wait, 1, milliseconds) > 0;
}

void wait_until_closed(int connection) {
  std::array<char, 512> piece{};
  while (read(connection, piece.data(), piece.size()) > 0) {
  }
}

// Listens on a unix socket, counts who connects and serves one after the other.
class Listener {
 public:
  using Serve = std::function<void(int connection)>;

  Listener(const fs::path& file, Serve serve)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), serve_(std::move(serve)) {
    const sockaddr_un address = address_of(file);
    if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(socket_, 64) != 0) {
      throw std::runtime_error("cannot listen on " + file.string());
    }
    fs::permissions(file, fs::perms(0777));
    thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() {
    thread_.request_stop();
    thread_.join();
    close(socket_);
  }

  int connections() const { return connections_; }

 private:
  void work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!is_readable(socket_, 20)) continue;
      const int connection = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
      ++connections_;
      serve_(connection);
      close(connection);
    }
  }

  int socket_;
  Serve serve_;
  std::atomic<int> connections_ = 0;
  std::jthread thread_;
};

void hang_up(int /*connection*/) {}

// Stands between the plugin and a server, and lets only so many bytes of the server's pass.
class Proxy {
 public:
  enum class Then { hang_up, say_nothing };

  Proxy(fs::path server, std::size_t limit, Then then)
      : server_(std::move(server)), limit_(limit), then_(then) {}

  void operator()(int client) {
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(server_);
    if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      passed_ = 0;
      while (forward(client, server)) {
      }
      if (passed_ == limit_ && then_ == Then::say_nothing) wait_until_closed(client);
    }
    close(server);
  }

  std::size_t passed() const { return passed_; }
  std::size_t passed_before_question() const { return passed_before_question_; }

 private:
  bool forward(int client, int server) {
    std::array<pollfd, 2> wait{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    poll(wait.data(), wait.size(), -1);
    std::array<char, 16384> piece{};
    if (wait[0].revents != 0) {
      const ssize_t size = read(client, piece.data(), piece.size());
      if (size <= 0) return false;
      const std::string_view bytes(piece.data(), static_cast<std::size_t>(size));
      if (bytes.find("autocommit = 1") != std::string_view::npos) passed_before_question_ = passed_;
      if (write(server, piece.data(), bytes.size()) != size) return false;
    }
    if (wait[1].revents != 0) {
      const ssize_t size = read(server, piece.data(), std::min(piece.size(), limit_ - passed_));
      if (size <= 0 || write(client, piece.data(), static_cast<std::size_t>(size)) != size) return false;
      passed_ += static_cast<std::size_t>(size);
    }
    return passed_ < limit_;
  }

  fs::path server_;
  std::size_t limit_;
  Then then_;
  std::size_t passed_ = 0;
  std::size_t passed_before_question_ = 0;
};

// A connection that a test holds open.
class Client {
 public:
  Client(const DatabaseServer& server, const std::string& database, const std::string& user = "root",
         const std::string& password = "")
      : connection_(mysql_init(nullptr), mysql_close) {
    if (mysql_real_connect(connection_.get(), nullptr, user.c_str(), password.c_str(), database.c_str(), 0,
                           server.socket().c_str(), CLIENT_MULTI_STATEMENTS) == nullptr) {
      throw std::runtime_error(mysql_error(connection_.get()));
    }
  }

  void run(const std::string& statement) {
    if (mysql_query(connection_.get(), statement.c_str()) != 0) {
      throw std::runtime_error(mysql_error(connection_.get()));
    }
    mysql_free_result(mysql_store_result(connection_.get()));
  }

 private:
  std::unique_ptr<MYSQL, decltype(&mysql_close)> connection_;
};

// The one that tests stop, kill and make unwilling. What it has committed outlives it.
DatabaseServer& own_server() {
  static DatabaseServer server(ServerKind::mariadb,
                               {"--max-connections=60", "--innodb-flush-log-at-trx-commit=1",
                                // A table that has crashed stays so.
                                "--myisam-recover-options=OFF"});
  return server;
}

// An installation that talks to its server through a proxy, and how long that talk is.
class Conversation {
 public:
  static constexpr std::size_t kAll = 1'000'000;

  Conversation() : installation_(Backend::mariadb), socket_(installation_.home() / "s") {
    connect_through(installation_, "socket=" + socket_.string());
    through(kAll, Proxy::Then::hang_up, [this] { decides(installation_, "new"); });
    const Proxy whole = through(kAll, Proxy::Then::hang_up, [this] { decides(installation_, "early"); });
    greeting_ = whole.passed_before_question();
    answer_ = whole.passed() - greeting_;
    REQUIRE(greeting_ > 20);
    REQUIRE(answer_ > 20);
  }

  /// Acts while no more than `limit` bytes of the server's pass.
  Proxy through(std::size_t limit, Proxy::Then then, const std::function<void()>& act) const {
    Proxy proxy(installation_.server().socket(), limit, then);
    {
      const Listener listener(socket_, std::ref(proxy));
      act();
    }
    fs::remove(socket_);
    return proxy;
  }

  void is_said_to_be_cut() const {
    fails_safely(installation_, {"MySQL: ", "see whether the database is running"});
  }

  const Installation& installation() const { return installation_; }
  std::size_t greeting() const { return greeting_; }
  std::size_t answer() const { return answer_; }

 private:
  Installation installation_;
  fs::path socket_;
  std::size_t greeting_ = 0;
  std::size_t answer_ = 0;
};

fs::path memory_of(const Installation& installation) {
  return installation.home() / "greylisting/mysql-unreachable";
}

// So that nobody has to sleep until a failure is forgotten.
void make_older(const fs::path& file) {
  const timespec then{.tv_sec = std::time(nullptr) - 10, .tv_nsec = 0};
  const std::array<timespec, 2> times{then, then};
  REQUIRE(utimensat(AT_FDCWD, file.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) == 0);
}

// There is room left here and there: the first sender that finds none will not find any. Returns it.
std::string fails_when_full(const Installation& installation) {
  std::string sender;
  for (int i = 0; i < 2000; ++i) {
    sender = std::string(40, '.') + "sender" + std::to_string(i) + "@example.net";
    if (run(guarded(installation, {.sender = sender})).output.empty()) break;
  }
  fails_safely(installation, {"MySQL: ", "is full", "make room on the database's disk"},
               {.before = {"env", "SMTPMAILFROM=" + sender}});
  return sender;
}

}  // namespace

TEST_CASE("a server that cannot be reached is said to be that", "[fault]") {
  const Installation installation(Backend::mariadb);
  const fs::path file = installation.home() / "s";
  const std::string remedy = "start the database, or correct socket, host and port in control/mysql.cnf";
  SECTION("no socket file") {
    connect_through(installation, "socket=" + file.string());
    fails_safely(installation, {"MySQL: ", file.string(), remedy});
  }
  SECTION("a socket file that nobody listens on") {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(file);
    REQUIRE(bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    close(socket);
    connect_through(installation, "socket=" + file.string());
    fails_safely(installation, {"MySQL: ", file.string(), remedy});
  }
  SECTION("a port that nobody listens on") {
    // Bound meanwhile, so that nobody else comes to listen on it.
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const std::uint16_t port = bind_to_free_port(socket);
    connect_through(installation, "protocol=tcp\nhost=127.0.0.1\nport=" + std::to_string(port));
    fails_safely(installation, {"MySQL: ", "127.0.0.1", remedy});
    close(socket);
  }
}

TEST_CASE("a server that talks nonsense or stops talking is said to be that", "[fault]") {
  struct Fault {
    std::string what;
    Listener::Serve serve;
    std::string said;
    std::string remedy;
    const char* timeout = kAtOnce;
  };
  const auto say = [](std::string_view bytes) {
    return [bytes](int connection) {
      CHECK(write(connection, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
      wait_until_closed(connection);
    };
  };
  const std::vector<Fault> faults{
      {"nothing", wait_until_closed, "no decision within timeout=400 ", kOverdue, kWhenOver},
      {"hangs up at once", hang_up, "MySQL: Lost connection", "see whether the database is running"},
      // Later versions of Connector/C refuse these at once, and others wait for what they announce.
      {"another service's greeting", say("SSH-2.0-OpenSSH_9.2p1\r\n"), "greylisting: ", "; ", kWhenOver},
      {"a packet of nonsense", say({"\x0a\0\0\0xxxxxxxxxx", 14}), "greylisting: ", "; ", kWhenOver},
      {"a protocol of long ago", say({"\x0a\0\0\0\x09xxxxxxxxx", 14}), "MySQL: Protocol mismatch",
       "what answers there is no database"},
  };
  for (const Fault& fault : faults) {
    INFO(fault.what);
    const Installation installation(Backend::mariadb);
    const Listener listener(installation.home() / "s", fault.serve);
    connect_through(installation, "socket=" + (installation.home() / "s").string());
    fails_safely(installation, {fault.said, fault.remedy}, {.timeout = fault.timeout});
    CHECK(listener.connections() == 2);
    if (fault.remedy == kOverdue) ends_in_time(installation);
  }
}

TEST_CASE("a server of another kind than the account or the option file wants is said to be that",
          "[fault]") {
  using namespace std::string_literals;
  // Version 10, capabilities with PLUGIN_AUTH and without SSL, no seed worth the name.
  const std::string greeting = "\x0a"s + "5.7.0\0"s + "\x01\0\0\0"s + "12345678\0"s + "\x08\x82"s + "\x08"s +
                               "\x02\0"s + "\x09\0"s + "\x15"s + std::string(10, '\0') + "123456789012\0"s +
                               "mysql_native_password\0"s;
  const auto say = [](int connection, char number, const std::string& payload) {
    const std::string packet = static_cast<char>(payload.size()) + "\0\0"s + number + payload;
    CHECK(write(connection, packet.data(), packet.size()) == static_cast<ssize_t>(packet.size()));
    std::array<char, 1024> answer{};
    return read(connection, answer.data(), answer.size()) > 0;
  };
  const Installation installation(Backend::mariadb);
  const fs::path file = installation.home() / "s";
  const std::string socket = "socket=" + file.string();
  SECTION("a way to log in that the client library does not know") {
    // The static plugin leaves at the second, to its twin.
    const Listener listener(file, [&](int connection) {
      CHECK(say(connection, 0, greeting));
      if (say(connection, 2, "\xfenot_a_known_plugin\0"s + "12345678901234567890\0"s))
        CHECK_FALSE(say(connection, 4, "\xff\x15\x04#28000Access denied"));
    });
    connect_through(installation, socket);
    fails_safely(installation, {"not_a_known_plugin", mysql_remedy(2059, "", "control/mysql.cnf")});
  }
  SECTION("no encryption") {
    const Listener listener(file, [&](int connection) { CHECK_FALSE(say(connection, 0, greeting)); });
    connect_through(installation, socket + "\nssl-verify-server-cert=1");
    fails_safely(installation, {"(error 2026); ", mysql_remedy(2026, "", "control/mysql.cnf")});
  }
}

TEST_CASE("a conversation with the server that is cut or stalls is said to be that", "[fault]") {
  const Conversation conversation;
  const std::size_t greeting = conversation.greeting();
  const std::size_t answer = conversation.answer();
  for (const std::size_t limit :
       {std::size_t{1}, greeting / 2, greeting - 1, greeting + 1, greeting + answer - 10}) {
    CAPTURE(limit, greeting, answer);
    conversation.through(limit, Proxy::Then::hang_up, [&] { conversation.is_said_to_be_cut(); });
  }
  for (const std::size_t limit : {greeting / 2, greeting + 1, greeting + answer / 2}) {
    CAPTURE(limit, greeting, answer);
    conversation.through(limit, Proxy::Then::say_nothing, [&] {
      fails_safely(conversation.installation(), {"no decision within timeout=400 ", kOverdue},
                   {.timeout = kWhenOver});
      ends_in_time(conversation.installation());
    });
  }
  conversation.through(Conversation::kAll, Proxy::Then::hang_up,
                       [&] { decides(conversation.installation(), "early"); });
}

// Between the columns of a result set MariaDB's client library takes the loss for the end of the results.
TEST_CASE("a conversation that is cut anywhere in the answer is said to be that", "[fault]") {
  const Conversation conversation;
  const std::size_t end = conversation.greeting() + conversation.answer();
  for (std::size_t limit = conversation.greeting() + 1; limit < end; limit += 5) {
    CAPTURE(limit, end);
    conversation.through(limit, Proxy::Then::hang_up, [&] { conversation.is_said_to_be_cut(); });
  }
}

TEST_CASE("a server that is unwilling is said to be that", "[fault]") {
  const Installation installation(Backend::mariadb);
  const std::string& database = installation.database();
  const std::string account = '\'' + database + "'@'localhost'";
  const std::string socket = "socket=" + installation.server().socket().string();
  const std::string migrate =
      "bring the database and this program to one version: greylistctl migrate does so";
  SECTION("wrong password") {
    connect_through(installation, socket, "wrong");
    fails_safely(installation, {"MySQL: Access denied", "correct user and password in control/mysql.cnf"});
  }
  SECTION("no such database") {
    installation.server().sql("", "DROP DATABASE " + database);
    fails_safely(installation, {"MySQL: Unknown database", "name the database (database=)"});
  }
  SECTION("no right to insert") {
    installation.server().sql("", "REVOKE INSERT ON " + database + ".* FROM " + account);
    fails_safely(installation, {"MySQL: INSERT command denied", "what sql/mysql/grants.sql grants"});
  }
  SECTION("too many connections of this account") {
    installation.server().sql("", "GRANT USAGE ON *.* TO " + account + " WITH MAX_USER_CONNECTIONS 1");
    const Client held(installation.server(), database, database, "change-me");
    fails_safely(installation,
                 {"MySQL: ", "max_user_connections", "raise or take away this limit of the account"});
  }
  SECTION("no table") {
    installation.sql("DROP TABLE greylisting_data");
    fails_safely(installation, {"MySQL: Table '" + database + ".greylisting_data' doesn't exist", migrate});
  }
  SECTION("tables of greylisting 0.5") {
    installation.sql(
        "DROP TABLE greylisting_data; CREATE TABLE greylisting_data (id bigint unsigned NOT NULL "
        "AUTO_INCREMENT, relay_ip varbinary(16), mail_from varchar(255), rcpt_to varchar(255), block_expires "
        "datetime NOT NULL, record_expires datetime NOT NULL, blocked_count bigint unsigned NOT NULL DEFAULT "
        "0, passed_count bigint unsigned NOT NULL DEFAULT 0, aborted_count bigint unsigned NOT NULL DEFAULT "
        "0, create_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, last_update timestamp NOT NULL DEFAULT "
        "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, PRIMARY KEY (id), KEY (relay_ip))");
    fails_safely(installation, {"MySQL: Unknown column", migrate});
  }
}

TEST_CASE("a server without connections left, or that takes no writes, is said to be that", "[fault]") {
  const Installation installation(own_server());
  SECTION("no connections left") {
    // Fewer than ten a server does not accept as a value; one more is kept for the administrator. Those that
    // were closed a moment ago may still count.
    const GlobalVariable most(own_server(), "max_connections", "10");
    std::vector<std::unique_ptr<Client>> held;
    for (int i = 0; held.size() < 10 && i < 2000; ++i) {
      try {
        held.push_back(std::make_unique<Client>(own_server(), installation.database(),
                                                installation.database(), "change-me"));
      } catch (const std::runtime_error& error) {
        CHECK_THAT(error.what(), Contains("Too many connections"));
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    }
    REQUIRE(held.size() == 10);
    fails_safely(installation, {"MySQL: Too many connections", "raise max_connections"});
  }
  SECTION("read-only") {
    const GlobalVariable read_only(own_server(), "read_only", "1");
    fails_safely(installation, {"MySQL: ", "read-only", "connect to a server that takes writes"});
  }
  decides(installation, "new");
}

TEST_CASE("a table that has crashed is said to be that", "[fault]") {
  const Installation installation(own_server());
  const std::string& database = installation.database();
  decides(installation, "new");
  own_server().sql(database, "ALTER TABLE greylisting_data ENGINE = MyISAM; FLUSH TABLES");
  const fs::path index = own_server().data() / database / "greylisting_data.MYI";
  std::string bytes = read_file(index);
  const std::size_t header =
      static_cast<unsigned char>(bytes.at(6)) * 256U + static_cast<unsigned char>(bytes.at(7));
  REQUIRE(header < bytes.size());
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end(), 'x');
  write_file(index, bytes);
  fails_safely(installation, {"MySQL: ", "repair the table, then: greylistctl migrate"});
  own_server().sql(database, "REPAIR TABLE greylisting_data USE_FRM");
  decides(installation, "early");
}

// A disk that is full in earnest ends the server. What has a limit, as this one, is said to be full.
TEST_CASE("a database without room is said to be that", "[fault]") {
  DatabaseServer server(ServerKind::mariadb, {"--innodb-file-per-table=0",
                                              "--innodb-data-file-path=ibdata1:12M:autoextend:max:20M"});
  const Installation installation(server);
  decides(installation, "new");
  const std::string others =
      "INSERT INTO greylisting_data (id, triplet, relay_ip, mail_from, rcpt_to, block_expires, "
      "record_expires) SELECT FLOOR(RAND() * 1e15), UNHEX(MD5(CONCAT(seq, RAND()))), x'c0000201', "
      "REPEAT('a', 255), REPEAT('b', 255), '2030-01-01', '2030-01-01' FROM seq_1_to_";
  for (const char* const count : {"4096", "256", "16", "1"}) {
    CHECK_THROWS_WITH(([&] {
                        for (int i = 0; i < 1000; ++i) server.sql(installation.database(), others + count);
                      }()),
                      Contains("is full"));
  }
  fails_when_full(installation);
}

// The disk of the database alone: where the server's own log is on it as well, the server ends.
TEST_CASE("a full disk under the database is said to be that", "[fault]") {
  DatabaseServer server(ServerKind::mariadb);
  const Installation installation(server);
  decides(installation, "new");
  server.stop();
  const fs::path directory = server.data() / installation.database();
  const fs::path aside = server.data() / "../aside";
  fs::copy(directory, aside, fs::copy_options::recursive);
  const SmallDisk disk(directory, 4000);
  if (!disk.is_mounted()) {
    WARN("SKIPPED: this container does not let root mount a small disk");
    return;
  }
  fs::copy(aside, directory, fs::copy_options::recursive);
  server.start();
  disk.fill();
  const std::string sender = fails_when_full(installation);
  disk.make_room();
  decides(installation, "new", {"env", "SMTPMAILFROM=" + sender});
}

TEST_CASE("a lock that another session holds is waited for, not longer than the budget", "[fault]") {
  const Installation installation(own_server());
  decides(installation, "new");
  {
    Client other(own_server(), installation.database());
    other.run("START TRANSACTION");
    other.run("SELECT * FROM greylisting_data FOR UPDATE");
    fails_safely(installation, {"no decision within timeout=400 ", kOverdue}, {.timeout = kWhenOver});
    ends_in_time(installation);
  }
  decides(installation, "early");
}

TEST_CASE("a lock wait that the server ends is tried once more", "[fault]") {
  const Installation installation(own_server());
  decides(installation, "new");
  const GlobalVariable patience(own_server(), "innodb_lock_wait_timeout", "1");
  const auto waits = [] {
    return std::stoi(
        own_server().sql("", "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_waits'").at(0).at(1).value());
  };
  const int before = waits();
  {
    Client other(own_server(), installation.database());
    other.run("START TRANSACTION");
    other.run("SELECT * FROM greylisting_data FOR UPDATE");
    const Result result = run(guarded(installation));
    CHECK(result.status == 0);
    CHECK(result.output.empty());
    CHECK_THAT(result.errors, Contains("MySQL: Lock wait timeout exceeded"));
    CHECK(lines(result.errors) == 1);
  }
  CHECK(waits() == before + 2);
  decides(installation, "early");
}

TEST_CASE("a server that is stopped in its tracks costs the budget and nothing else", "[fault]") {
  const Installation installation(own_server());
  kill(own_server().pid(), SIGSTOP);
  fails_safely(installation, {"no decision within timeout=400 ", kOverdue}, {.timeout = kWhenOver});
  ends_in_time(installation);
  kill(own_server().pid(), SIGCONT);
  decides(installation, "new");
}

TEST_CASE("a server that is not running is said to be that, and found again when it is", "[fault]") {
  const Installation installation(own_server());
  own_server().stop();
  fails_safely(installation, {"MySQL: ", own_server().socket().string(), "start the database"});
  own_server().start();
  decides(installation, "new");
}

TEST_CASE("a server that is killed forgets nothing that a client was told", "[fault]") {
  const Installation installation(own_server());
  std::mutex mutex;
  std::set<std::string> promised;
  std::atomic<int> failures = 0;
  std::atomic<bool> is_over = false;
  {
    std::vector<std::jthread> load;
    load.reserve(32);
    for (int thread = 0; thread < 32; ++thread) {
      load.emplace_back([&, thread] {
        for (int i = 0; !is_over; ++i) {
          const std::string sender = 't' + std::to_string(thread) + 'n' + std::to_string(i) + "@example.net";
          const Result result = run(guarded(installation, {.sender = sender}));
          if (result.status != 0 || lines(result.errors) != 1) ++failures;
          if (result.output == kAnswer && logged(result, "reason") == "new") {
            const std::lock_guard lock(mutex);
            promised.insert(sender);
          }
        }
      });
    }
    const auto wait_for = [&](std::size_t count) {
      for (int i = 0; i < 2000; ++i) {
        {
          const std::lock_guard lock(mutex);
          if (promised.size() >= count) return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    };
    wait_for(100);
    own_server().stop(SIGKILL);
    own_server().start();
    wait_for(promised.size() + 50);
    is_over = true;
  }
  CHECK(failures == 0);
  CHECK(promised.size() >= 150);
  std::multiset<std::string> kept;
  for (const Row& row : installation.sql("SELECT mail_from FROM greylisting_data")) {
    kept.insert(row.at(0).value());
  }
  CHECK(std::set<std::string>(kept.begin(), kept.end()).size() == kept.size());
  for (const std::string& sender : promised) {
    CAPTURE(sender);
    CHECK(kept.contains(sender));
  }
}

TEST_CASE("an outage is remembered, tried again by one process, and forgotten", "[fault]") {
  const Installation installation(Backend::mariadb);
  fs::create_directory(installation.home() / "greylisting");
  fs::permissions(installation.home() / "greylisting", fs::perms(0700));
  const fs::path socket = installation.home() / "s";
  connect_through(installation, "socket=" + socket.string());
  const Listener listener(socket, hang_up);
  const auto is_remembered = [&](int connections) {
    fails_safely(installation,
                 {"MySQL: the database could not be reached ", " s ago; it is tried again every 5 s",
                  "an earlier line of the log says what was wrong; greylistctl check tries at once"});
    CHECK(listener.connections() == connections);
  };

  CHECK_THAT(run(guarded(installation)).errors, Contains("MySQL: Lost connection"));
  CHECK(fs::exists(memory_of(installation)));
  is_remembered(1);

  const Result check = run({.arguments = {built("greylistctl"), "--home", installation.home(), "check"}});
  CHECK_THAT(check.output, Contains("plugin: could not reach the database ") &&
                               Contains("rm greylisting/mysql-unreachable to have it try at once"));

  // The check has looked for itself whether the plugin's account can connect.
  const int before = listener.connections();
  make_older(memory_of(installation));
  {
    std::vector<std::jthread> processes;
    processes.reserve(12);
    std::atomic<int> failures = 0;
    for (int i = 0; i < 12; ++i) {
      processes.emplace_back([&] {
        const Result result = run(guarded(installation));
        if (result.status != 0 || !result.output.empty() || lines(result.errors) != 1) ++failures;
      });
    }
    processes.clear();
    CHECK(failures == 0);
  }
  is_remembered(before + 1);

  connect_through(installation, "socket=" + installation.server().socket().string());
  make_older(memory_of(installation));
  decides(installation, "new");
  CHECK_FALSE(fs::exists(memory_of(installation)));
}

TEST_CASE("running out of time is remembered while connecting, not while deciding", "[fault]") {
  const Installation installation(own_server());
  fs::create_directory(installation.home() / "greylisting");
  decides(installation, "new");
  const Rcpt hasty{.environment = {{"GLTIMEOUT", kWhenOver}}};
  {
    Client other(own_server(), installation.database());
    other.run("START TRANSACTION");
    other.run("SELECT * FROM greylisting_data FOR UPDATE");
    CHECK_THAT(run(guarded(installation, hasty)).errors, Contains(kOverdue));
  }
  CHECK_FALSE(fs::exists(memory_of(installation)));

  const Listener silent(installation.home() / "s", wait_until_closed);
  connect_through(installation, "socket=" + (installation.home() / "s").string());
  CHECK_THAT(run(guarded(installation, hasty)).errors, Contains(kOverdue));
  CHECK(fs::exists(memory_of(installation)));
  fails_safely(installation, {"could not be reached "});
  CHECK(silent.connections() == 1);
}

TEST_CASE("root's check shows an outage that the plugin's user remembers", "[fault]") {
  if (geteuid() != 0) {
    WARN("skipped: only root can give a directory away");
    return;
  }
  const Installation installation(Backend::mariadb);
  write_file(memory_of(installation), "");
  REQUIRE(chown(memory_of(installation).parent_path().c_str(), 65534, 65534) == 0);
  fs::remove_all(installation.home() / "supervise");
  const Result check = run({.arguments = {built("greylistctl"), "--home", installation.home(), "check"}});
  CHECK_THAT(check.output, Contains("rm greylisting/mysql-unreachable to have it try at once"));
}

TEST_CASE("where an outage cannot be remembered safely, it is not, and every attempt connects", "[fault]") {
  const Installation installation(Backend::mariadb);
  const fs::path directory = installation.home() / "greylisting";
  const fs::path target = installation.home() / "target";
  fs::create_directory(directory);
  fs::permissions(directory, fs::perms(0755));
  Strings before;
  SECTION("no state directory") { fs::remove(directory); }
  SECTION("everybody can write to it") { fs::permissions(directory, fs::perms(0777)); }
  SECTION("a symbolic link to nothing in the file's place") {
    fs::create_symlink(target, memory_of(installation));
  }
  SECTION("a symbolic link to a file in its place") {
    write_file(target, "precious");
    make_older(target);
    fs::create_symlink(target, memory_of(installation));
  }
  SECTION("a directory in its place that is old") {
    fs::create_directory(memory_of(installation));
    make_older(memory_of(installation));
  }
  SECTION("it is not writable") {
    if (geteuid() != 0) {
      WARN("skipped: only root can run the plugin as another user");
      return;
    }
    before = kAsNobody;
  }
  const bool is_file = fs::exists(target);
  const auto time = is_file ? fs::last_write_time(target) : fs::file_time_type{};

  const Listener listener(installation.home() / "s", hang_up);
  connect_through(installation, "socket=" + (installation.home() / "s").string());
  fs::permissions(installation.home(), fs::perms(0755));
  for (const char* const name : {"control", "control/mysql.cnf"})
    fs::permissions(installation.home() / name, fs::perms(0711));
  if (!before.empty()) {
    fs::permissions(installation.home() / "control/mysql.cnf", fs::perms(0600));
    REQUIRE(chown((installation.home() / "control/mysql.cnf").c_str(), 65534, 65534) == 0);
  }
  fails_safely(installation, {"MySQL: Lost connection"}, {.before = before});
  CHECK(listener.connections() == 2);
  CHECK(fs::exists(target) == is_file);
  if (is_file) CHECK(fs::last_write_time(target) == time);
}

}  // namespace greylisting::test
