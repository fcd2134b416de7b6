// link_test: however the plugin is linked, it reaches its database by name, over TLS and with every
// authentication plugin, and it is hardened.

#include <arpa/inet.h>
#include <elf.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/free_port.h"
#include "tests/support/installation.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;

// A server on the loopback interface, with TLS, and an account on it that has to use that.
struct Server {
  Server() {
    const Result made =
        run({.arguments = {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                           "/CN=localhost", "-keyout", key(), "-out", certificate()}});
    REQUIRE(made.status == 0);
    server = std::make_unique<DatabaseServer>(
        ServerKind::mariadb,
        std::vector<std::string>{"--skip-networking=0", "--bind-address=127.0.0.1", "--port=" + port,
                                 "--ssl-cert=" + certificate(), "--ssl-key=" + key()});
    installation = std::make_unique<Installation>(*server);
    const std::string& database = installation->database();
    for (const auto& [user, requirement] :
         {std::pair<std::string, std::string>("plain", ""), {"secure", "REQUIRE SSL"}}) {
      for (const std::string host : {"localhost", "127.0.0.1"}) {
        const std::string account = '\'' + user + "'@'" + host + '\'';
        server->sql("", "CREATE USER " + account + " IDENTIFIED BY 'change-me' " + requirement);
        server->sql("", "GRANT SELECT, INSERT, UPDATE ON " + database + ".* TO " + account);
      }
    }
  }

  std::string key() const { return (directory / "key.pem").string(); }
  std::string certificate() const { return (directory / "certificate.pem").string(); }

  void use(const std::string& lines) const {
    write_file(installation->home() / "control/mysql.cnf",
               "[client]\npassword=change-me\ndatabase=" + installation->database() + '\n' + lines);
  }

  std::string tcp(const std::string& host) const { return "host=" + host + "\nport=" + port + '\n'; }
  std::string local() const { return "socket=" + server->socket().string() + '\n'; }

  TemporaryDirectory directory;
  std::string port = std::to_string(free_port());
  std::unique_ptr<DatabaseServer> server;
  std::unique_ptr<Installation> installation;
};

// What of an ELF file matters here.
struct Elf {
  explicit Elf(const fs::path& file) : bytes(read_file(file)) {
    Elf64_Ehdr header{};
    REQUIRE(bytes.size() > sizeof header);
    std::memcpy(&header, bytes.data(), sizeof header);
    is_pie = header.e_type == ET_DYN;
    for (unsigned i = 0; i < header.e_phnum; ++i) {
      Elf64_Phdr segment{};
      std::memcpy(&segment, bytes.data() + header.e_phoff + i * sizeof segment, sizeof segment);
      is_dynamic = is_dynamic || segment.p_type == PT_INTERP;
      has_relro = has_relro || segment.p_type == PT_GNU_RELRO;
      if (segment.p_type == PT_DYNAMIC) binds_now = is_flag_set(segment, DT_FLAGS, DF_BIND_NOW);
      if (segment.p_type == PT_GNU_STACK) has_executable_stack = (segment.p_flags & PF_X) != 0;
    }
  }

  // In the dynamic section.
  bool is_flag_set(const Elf64_Phdr& section, Elf64_Sxword tag, Elf64_Xword flag) const {
    for (std::size_t i = 0; i < section.p_filesz; i += sizeof(Elf64_Dyn)) {
      Elf64_Dyn entry{};
      std::memcpy(&entry, bytes.data() + section.p_offset + i, sizeof entry);
      if (entry.d_tag == tag) return (entry.d_un.d_val & flag) != 0;
    }
    return false;
  }

  bool contains(std::string_view text) const { return bytes.find(text) != std::string::npos; }

  std::string bytes;
  bool binds_now = false;  // of a dynamic one
  bool is_pie = false;
  bool is_dynamic = false;
  bool has_relro = false;
  bool has_executable_stack = true;
};

constexpr const char* kTwinNeeded =
    " need ./greylisting-alone.dynamic, which cannot be executed (No such file or directory); make install "
    "puts it "
    "there; or build with make LINK=dynamic\n";

// A copy of the plugin that lies alone in qmail's home.
Result attempt_without_twin(const Installation& installation, const Rcpt& rcpt) {
  fs::copy_file(built("greylisting"), installation.home() / "greylisting-alone",
                fs::copy_options::overwrite_existing);
  Command command = installation.command(rcpt);
  command.arguments = {"./greylisting-alone"};
  return run(command);
}

bool is_static() { return !Elf(built("greylisting")).is_dynamic; }

}  // namespace

TEST_CASE("the plugin connects by name, over TLS and with loaded authentication plugins", "[link]") {
  const Server server;
  const Installation& installation = *server.installation;
  const std::string tls = "ssl-ca=" + server.certificate() + '\n';

  struct Case {
    std::string what, lines;
    std::string needed_for;  // what only the dynamic program can do; empty when the static one does it
  };
  const std::vector<Case> cases{
      {"unix socket", "user=plain\n" + server.local(), ""},
      {"address", "user=plain\n" + server.tcp("127.0.0.1"), ""},
      {"name", "user=plain\n" + server.tcp("LOCALHOST"), "host names"},
      {"unix socket, TLS", "user=secure\n" + server.local() + tls, ""},
      {"address, TLS", "user=secure\n" + server.tcp("127.0.0.1") + tls, ""},
      {"name, TLS", "user=secure\n" + server.tcp("LOCALHOST") + tls, "host names"},
  };
  unsigned number = 0;
  for (const Case& each : cases) {
    CAPTURE(each.what);
    server.use(each.lines);
    const Rcpt rcpt{.recipient = "r" + std::to_string(++number) + "@example.org"};
    const Result result = installation.attempt(rcpt);
    CHECK(logged(result, "reason") == "new");
    CHECK(lines(result.errors) == 1);

    const Result result_alone = attempt_without_twin(installation, rcpt);
    if (is_static() && !each.needed_for.empty()) {
      CHECK_THAT(result_alone.errors,
                 Catch::Contains("greylisting: MySQL: " + each.needed_for + kTwinNeeded));
      CHECK(result_alone.output.empty());
    } else {
      CHECK(logged(result_alone, "reason") == "early");
    }
  }
}

TEST_CASE("the plugin loads the authentication plugin that an account asks for", "[link]") {
  const Installation installation(Backend::mysql56);
  const std::string account = '\'' + installation.database() + "hashed'@'localhost'";
  installation.server().sql("", "CREATE USER " + account +
                                    " IDENTIFIED WITH sha256_password; GRANT SELECT, INSERT, UPDATE ON " +
                                    installation.database() + ".* TO " + account);
  write_file(installation.home() / "control/mysql.cnf",
             "[client]\nuser=" + installation.database() + "hashed\ndatabase=" + installation.database() +
                 "\nsocket=" + installation.server().socket().string() + '\n');
  const Result result = installation.attempt();
  // This server has no RSA key, so it lets nobody in; the plugin has been loaded, for it has been heard.
  CHECK_THAT(result.errors, Catch::Contains("error 1045"));
  if (is_static())
    CHECK_THAT(attempt_without_twin(installation, {}).errors,
               Catch::Contains(std::string("authentication plugins") + kTwinNeeded));
}

TEST_CASE("an authentication plugin that the client library does not have is said to be that", "[link]") {
  const Installation installation(Backend::mysql56);
  const std::string user = installation.database() + "hashed";
  installation.server().sql("", "CREATE USER '" + user + "'@'localhost' IDENTIFIED WITH sha256_password");
  write_file(installation.home() / "control/mysql.cnf",
             "[client]\nuser=" + user + "\nsocket=" + installation.server().socket().string() +
                 "\nplugin-dir=" + installation.home().string() + '\n');
  CHECK_THAT(installation.attempt().errors,
             Catch::Contains("IDENTIFIED WITH a plugin that it has: caching_sha2_password") &&
                 Catch::Contains("mysql_native_password"));
}

TEST_CASE("an account that has to use TLS is not let in without", "[link]") {
  const Server server;
  server.use("user=secure\n" + server.local());
  CHECK_THAT(server.installation->attempt().errors, Catch::Contains("error 1045"));
}

TEST_CASE("the static plugin is static, and both programs are hardened", "[link]") {
  const Elf plugin(built("greylisting"));
  const Elf twin(built("greylisting.dynamic"));
  if (plugin.bytes == twin.bytes) {
    // By the administrator's choice, or because archives are missing: nothing else.
    const bool is_chosen = read_file(built("link")) != "static\n";
    CHECK((is_chosen || read_file(built("greylisting.log")).find("cannot find -l") != std::string::npos));
  } else {
    CHECK_FALSE(plugin.is_dynamic);
    CHECK(plugin.has_relro);
    CHECK_FALSE(plugin.has_executable_stack);
    CHECK(plugin.contains("stack smashing detected"));
    CHECK(plugin.contains("buffer overflow detected"));
  }
  CHECK(twin.is_dynamic);
  CHECK(twin.is_pie);
  CHECK(twin.has_relro);
  CHECK(twin.binds_now);
  CHECK_FALSE(twin.has_executable_stack);
  // Sanitizers have flags of their own in place of these.
  if (!kIsSanitized) CHECK(twin.contains("__stack_chk_fail"));
}

}  // namespace greylisting::test
