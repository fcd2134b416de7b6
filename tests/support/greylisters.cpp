#include "greylisters.h"

#include "free_port.h"

#include <arpa/inet.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;

fs::path greylisters_root() { return built("debian/greylisters"); }

// Perl with the packages' modules; checked for tainted data, as Postgrey has to be.
std::vector<std::string> perl(const std::string& program) {
  std::vector<std::string> words{"perl", "-T", "-I" + (greylisters_root() / "usr/share/perl5").string()};
  for (const auto& architecture : fs::directory_iterator(greylisters_root() / "usr/lib")) {
    if (!fs::exists(architecture.path() / "perl5")) continue;
    for (const auto& version : fs::directory_iterator(architecture.path() / "perl5"))
      words.push_back("-I" + version.path().string());
  }
  if (program == "sqlgrey") words.erase(words.begin() + 1);  // which is not meant to be
  words.push_back(greylisters_root() / "usr/sbin" / program);
  return words;
}

std::string own_user() { return getpwuid(geteuid())->pw_name; }
std::string group() { return getgrgid(getegid())->gr_name; }

template <typename Address>
int connected(int family, const Address& address) {
  const int connection = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return connection;
  close(connection);
  return -1;
}

sockaddr_in local(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

fs::path greylisters_programs() { return greylisters_root() / "usr/bin"; }

void OtherGreylister::start(const std::vector<std::string>& arguments) {
  if (!fs::exists(greylisters_root()))
    throw std::runtime_error(greylisters_root().string() + " is missing: make test gets it");
  process_ = std::make_unique<BackgroundProcess>(Command{.arguments = arguments}, directory_ / "log");
  for (;;) {
    if (const int connection = connect(); connection >= 0) {
      close(connection);
      return;
    }
    if (!process_->is_running()) throw std::runtime_error("it has ended: " + read_file(directory_ / "log"));
    std::this_thread::yield();
  }
}

void OtherGreylister::stop() {
  if (!process_) return;
  kill(process_->pid(), SIGTERM);
  while (process_->is_running()) {
    if (const int connection = connect(); connection >= 0) close(connection);
    std::this_thread::yield();
  }
  process_.reset();
}

std::string OtherGreylister::ask(const Asked& asked) const {
  const std::string request =
      "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=SMTP\nhelo_name=mx.example.net\n"
      "queue_id=1\nclient_name=mx.example.net\nclient_address=" +
      asked.client + "\nsender=" + asked.sender + "\nrecipient=" + asked.recipient +
      "\ninstance=" + asked.client + asked.recipient + std::to_string(asked.time) +
      "\npolicy_test_time=" + std::to_string(asked.time) + "\n\n";
  const int connection = connect();
  std::string answer;
  if (send(connection, request.data(), request.size(), MSG_NOSIGNAL) ==
      static_cast<ssize_t>(request.size())) {
    std::array<char, 1024> some{};
    ssize_t size = 0;
    while (answer.find("\n\n") == std::string::npos &&
           (size = recv(connection, some.data(), some.size(), 0)) > 0) {
      answer.append(some.data(), static_cast<std::size_t>(size));
    }
  }
  close(connection);
  return answer.substr(0, answer.find('\n'));
}

Postgrey::Postgrey(const std::vector<std::string>& options) {
  fs::create_directory(databases());
  std::vector<std::string> arguments = perl("postgrey");
  for (const std::string& option :
       {"--unix=" + (directory() / "socket").string(), "--dbdir=" + databases().string(),
        "--user=" + own_user(), "--group=" + group(), std::string("--whitelist-clients=/dev/null"),
        std::string("--whitelist-recipients=/dev/null")})
    arguments.push_back(option);
  arguments.insert(arguments.end(), options.begin(), options.end());
  start(arguments);
}

int Postgrey::connect() const {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = directory() / "socket";
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error(path + " is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  return connected(AF_UNIX, address);
}

Sqlgrey::Sqlgrey() : port_(free_port()) {
  write_file(directory() / "sqlgrey.conf",
             "conf_dir = " + (greylisters_root() / "etc/sqlgrey").string() + "\nuser = " + own_user() +
                 "\ngroup = " + group() + "\ninet = " + std::to_string(port_) +
                 "\npidfile = " + (directory() / "pid").string() +
                 "\nreconnect_delay = 1\ngroup_domain_level = 2\ndb_type = SQLite\n"
                 "db_name = " +
                 database().string() + '\n');
  std::vector<std::string> arguments = perl("sqlgrey");
  arguments.push_back("--configfile=" + (directory() / "sqlgrey.conf").string());
  start(arguments);
}

int Sqlgrey::connect() const { return connected(AF_INET, local(port_)); }

void Sqlgrey::let_an_hour_pass() const {
  const Result moved =
      run({.arguments = {"sqlite3", database(), "UPDATE connect SET first_seen = first_seen - 3600"}});
  if (moved.status != 0) throw std::runtime_error(moved.errors);
}

}  // namespace greylisting::test
