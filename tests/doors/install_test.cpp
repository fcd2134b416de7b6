// make install, and the samples that it installs: each works as it is.

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/another_user.h"
#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/texts.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;
using Arguments = std::vector<std::string>;

constexpr const char* kUser = "nobody";  // in place of the user that qmail-smtpd runs as

// A DESTDIR and what `make install` puts there.
struct Destination {
  TemporaryDirectory directory;
  fs::path qmail = directory / "var/qmail";
  fs::path prefix = directory / "usr/local";
  fs::path share = prefix / "share/greylisting";

  Destination() { fs::permissions(directory.path(), fs::perms(0755)); }

  // What is to be installed has been built, by whatever built this test.
  Result install(const Arguments& before = {}, const Arguments& variables = {}) const {
    const std::string build = fs::relative(built("greylisting").parent_path(), source_tree());
    Command command{.arguments = before, .directory = source_tree()};
    command.arguments.insert(command.arguments.end(),
                             {"make", "--silent", "--old-file=all", "install", "BUILD=" + build,
                              "DESTDIR=" + directory.path().string(), std::string("SMTPD_USER=") + kUser});
    command.arguments.insert(command.arguments.end(), variables.begin(), variables.end());
    return run(command);
  }

  // What the installed tool says of the installed home.
  Result ctl(const Arguments& arguments) const {
    Command command{.arguments = {prefix / "bin/greylistctl", "--home", qmail}, .directory = "/"};
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    return run(command);
  }

  // What the installed plugin says of an RCPT, as qmail-smtpd's user when that can be.
  Result attempt(const Rcpt& rcpt = {}) const {
    static const Installation any(Backend::sqlite);  // for its environment
    Command command = any.command(rcpt);
    command.arguments = is_root() ? kAsNobody : Arguments{};
    command.arguments.push_back("plugins/greylisting");
    command.directory = qmail;
    return run(command);
  }
};

struct Installed {
  fs::path path;  // below DESTDIR
  unsigned mode;
  std::string owner;  // when root installs
};

std::vector<Installed> expected() {
  std::vector<Installed> files{
      {"var/qmail/plugins", 0755, "root"},
      {"var/qmail/plugins/greylisting", 0755, "root"},
      {"var/qmail/control", 0755, "root"},
      {"var/qmail/control/greylisting", 0644, "root"},
      {"var/qmail/control/mysql.cnf", 0600, kUser},
      {"var/qmail/control/mysql-admin.cnf", 0600, "root"},
      {"var/qmail/greylisting", 0700, kUser},
      {"usr/local/bin/greylistctl", 0755, "root"},
      {"usr/local/sbin/greylisting-front", 0755, "root"},
      {"usr/local/share/greylisting/scripts/greylisting_cleanup.sh", 0755, "root"},
      {"usr/local/share/man/man5/greylisting.conf.5", 0644, "root"},
      {"usr/local/share/man/man8/greylisting.8", 0644, "root"},
      {"usr/local/share/man/man8/greylistctl.8", 0644, "root"},
      {"usr/local/share/man/man8/greylisting-front.8", 0644, "root"},
      {"usr/local/share/doc/greylisting/README.md", 0644, "root"},
      {"usr/local/share/doc/greylisting/CHANGELOG.md", 0644, "root"},
      {"usr/local/share/doc/greylisting/LICENSE", 0644, "root"},
      {"usr/local/share/bash-completion/completions/greylistctl", 0644, "root"},
      {"usr/local/share/zsh/site-functions/_greylistctl", 0644, "root"},
  };
  for (const char* const samples : {"config", "sql"}) {
    for (const auto& file : fs::recursive_directory_iterator(source_tree() / samples)) {
      files.push_back({"usr/local/share/greylisting" / fs::relative(file.path(), source_tree()),
                       file.is_directory() || file.path().extension() == ".run" ? 0755U : 0644U, "root"});
    }
  }
  for (const auto& file : fs::directory_iterator(source_tree() / "docs"))
    files.push_back({"usr/local/share/doc/greylisting/docs" / file.path().filename(), 0644, "root"});
  return files;
}

std::string owner_of(const struct stat& status) {
  const passwd* const user = getpwuid(status.st_uid);
  return user == nullptr ? std::to_string(status.st_uid) : user->pw_name;
}

void check_installed(const Destination& destination, bool by_root) {
  for (const Installed& file : expected()) {
    CAPTURE(file.path);
    struct stat status = {};
    REQUIRE(stat((destination.directory.path() / file.path).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == file.mode);
    if (by_root) CHECK(owner_of(status) == file.owner);
  }
}

std::string sample_file(const fs::path& name) { return read_file(source_tree() / "config" / name); }

// Whether a program is the one that was built, without its debugging symbols and nothing else.
bool is_stripped(const fs::path& installed, const fs::path& program) {
  const TemporaryDirectory directory;
  const fs::path stripped = directory / "stripped";
  REQUIRE(run({.arguments = {"strip", "-o", stripped, program}}).status == 0);
  return read_file(installed) == read_file(stripped);
}

bool is_shell_script(const fs::path& file) {
  const std::string text = read_file(file);
  return text.starts_with("#!/bin/sh") || text.starts_with("#!/bin/bash");
}

}  // namespace

TEST_CASE("make install puts every file in its place, whatever the umask", "[install]") {
  const Destination destination;
  const std::string umask = GENERATE("022", "077", "000");
  CAPTURE(umask);
  const Result result = destination.install({"sh", "-c", "umask " + umask + "; exec \"$@\"", "sh"});
  CAPTURE(result.output, result.errors);
  REQUIRE(result.status == 0);
  check_installed(destination, is_root());
  CHECK(is_stripped(destination.qmail / "plugins/greylisting", built("greylisting")));
  CHECK(is_stripped(destination.prefix / "bin/greylistctl", built("greylistctl")));
  if (fs::exists(destination.qmail / "plugins/greylisting.dynamic"))
    CHECK(is_stripped(destination.qmail / "plugins/greylisting.dynamic", built("greylisting.dynamic")));
  // What is built keeps its symbols, without which nobody finds a fault.
  for (const char* const program : {"greylisting", "greylistctl"}) {
    CAPTURE(program);
    CHECK(read_file(built(program)).find(".debug_info") != std::string::npos);
  }
  CHECK(read_file(destination.share / "config/lists.sql") == sample_file("lists.sql"));
  CHECK_THAT(result.output,
             Contains("installed " + (destination.qmail / "plugins/greylisting").string() + '\n'));
  CHECK_THAT(result.output, Contains("greylistctl check"));
}

TEST_CASE("make install without root leaves owners alone, as a package is built", "[install]") {
  if (!is_root()) return;  // every other test is this one then
  const Destination destination;
  REQUIRE(chown(destination.directory.path().c_str(), 65534, 65534) == 0);
  const Result result = destination.install(kAsNobody, {"SMTPD_USER=nobody-of-this-name"});
  CAPTURE(result.output, result.errors);
  REQUIRE(result.status == 0);
  check_installed(destination, false);
}

TEST_CASE("make install takes QMAILDIR and PREFIX", "[install]") {
  const Destination destination;
  const Result result = destination.install({}, {"QMAILDIR=/srv/qm ail", "PREFIX=/opt/greylisting"});
  CAPTURE(result.output, result.errors);
  REQUIRE(result.status == 0);
  CHECK(fs::exists(destination.directory / "srv/qm ail/plugins/greylisting"));
  CHECK(fs::exists(destination.directory / "srv/qm ail/control/greylisting"));
  CHECK(fs::exists(destination.directory / "srv/qm ail/greylisting"));
  CHECK(fs::exists(destination.directory / "opt/greylisting/bin/greylistctl"));
  CHECK(fs::exists(destination.directory / "opt/greylisting/share/greylisting/sql/mysql/schema.sql"));
  CHECK(!fs::exists(destination.qmail));
  CHECK(!fs::exists(destination.prefix));
}

TEST_CASE("make install keeps the control files that exist and replaces the programs", "[install]") {
  const Destination destination;
  const std::vector<std::string> names{"control/greylisting", "control/mysql.cnf", "control/mysql-admin.cnf"};
  for (const std::string& name : names) write_file(destination.qmail / name, "mine: " + name, 0640);
  write_file(destination.qmail / "plugins/greylisting", "an older one");
  write_file(destination.qmail / "greylisting/greylisting.db", "records");

  for (int times = 0; times < 2; ++times) {
    const Result result = destination.install();
    CAPTURE(result.output, result.errors);
    REQUIRE(result.status == 0);
    for (const std::string& name : names) {
      CHECK_THAT(result.output, Contains("kept      " + (destination.qmail / name).string() + '\n'));
      CHECK(read_file(destination.qmail / name) == "mine: " + name);
      CHECK(fs::status(destination.qmail / name).permissions() == fs::perms(0640));
    }
    CHECK(read_file(destination.qmail / "greylisting/greylisting.db") == "records");
    CHECK(is_stripped(destination.qmail / "plugins/greylisting", built("greylisting")));
    CHECK(!fs::exists(destination.qmail / "plugins/greylisting.new"));
  }
}

TEST_CASE("make install replaces a program as a whole, so that one that runs goes on", "[install]") {
  const Destination destination;
  REQUIRE(destination.install().status == 0);
  const fs::path plugin = destination.qmail / "plugins/greylisting";
  const fs::path held = destination.directory / "held";
  fs::create_hard_link(plugin, held);  // as a process that runs it has it
  write_file(destination.directory / "old", read_file(plugin));
  REQUIRE(destination.install().status == 0);
  CHECK(read_file(held) == read_file(destination.directory / "old"));
  CHECK(!fs::equivalent(held, plugin));
}

TEST_CASE("make install names a user that is not there and the remedy", "[install]") {
  if (!is_root()) return;  // only root gives files to a user
  const Destination destination;
  const Result result = destination.install({}, {"SMTPD_USER=nobody-of-this-name"});
  CHECK(result.status != 0);
  CHECK_THAT(result.errors,
             Contains("there is no user nobody-of-this-name; name the one qmail-smtpd runs as: "
                      "make install SMTPD_USER="));
  CHECK(!fs::exists(destination.qmail));
}

TEST_CASE("What is installed works as it is", "[install]") {
  const Destination destination;
  REQUIRE(destination.install().status == 0);
  fs::copy_file(destination.share / "config/smtpplugins", destination.qmail / "control/smtpplugins");
  write_file(destination.qmail / "control/me", "mx.example.org\n", 0644);

  const Result check = destination.ctl({"check", "--verbose"});
  CAPTURE(check.output, check.errors);
  CHECK(check.status == 0);
  for (const char* const said : {"ok       settings, as control/greylisting has them\n",
                                 "  block_expire = 5\n", "  record_expire = 2880\n", "  store = sqlite\n",
                                 "ok       control/smtpplugins:3: \"plugins/greylisting\" under [rcpt]\n"}) {
    CHECK_THAT(check.output, Contains(said));
  }
  for (const char* const problem : {"warning", "PROBLEM"}) CHECK_THAT(check.output, !Contains(problem));

  const Result attempt = destination.attempt();
  CHECK(attempt.status == 0);
  CHECK(attempt.output == "E451 temporary failure (#4.3.0)\n");
  CHECK(lines(attempt.errors) == 1);
  CHECK(logged(attempt, "reason") == "new");
  CHECK(logged(destination.attempt(), "reason") == "early");

  // The line of config/crontab, as cron would run it if DESTDIR were the root.
  std::smatch line;
  const std::string crontab = sample_file("crontab");
  REQUIRE(std::regex_search(crontab, line,
                            std::regex(R"(\n\d+ \* \* \* \*  root  (/\S+) 2>&1 \| logger -t \S+\n)")));
  const Result cleanup = run({.arguments = {destination.directory.path().string() + line[1].str()},
                              .environment = {{"GREYLISTCTL", destination.prefix / "bin/greylistctl"},
                                              {"QMAILDIR", destination.qmail}}});
  CHECK(cleanup.status == 0);
  CHECK_THAT(cleanup.output,
             Catch::Contains("expired records deleted: 0, clients: 0, batches: 0; hours counted: "));
}

TEST_CASE("make install by a user who cannot write there says that root has to do it", "[install]") {
  const TemporaryDirectory directory;
  fs::permissions(directory.path(), fs::perms(0555));
  Command command{.arguments = is_root() ? kAsNobody : Arguments{}, .directory = source_tree()};
  command.arguments.insert(command.arguments.end(),
                           {"scripts/install", "", directory / "qmail", directory / "usr/local",
                            built("greylisting").parent_path(), kUser});
  const Result result = run(command);
  CHECK(result.status == 1);
  CHECK_THAT(result.errors, Catch::StartsWith("install: ") &&
                                Catch::EndsWith(" cannot write to " + directory.path().string() +
                                                "; as root, run: make install\n"));
  CHECK(result.output.empty());
}

TEST_CASE("install-packages names the packages where there is no sudo", "[install]") {
  const TemporaryDirectory directory;
  fs::permissions(directory.path(), fs::perms(0755));
  // Nothing is installed, and beside the shell there is only what the script needs.
  write_file(directory / "dpkg-query", "#!/bin/sh\nexit 1\n", 0755);
  write_file(directory / "id", "#!/bin/sh\necho 1000\n", 0755);
  const Result result = run({.arguments = {"env", "-i", "PATH=" + directory.path().string(), "/bin/sh",
                                           source_tree() / "scripts/install-packages", "demo"}});
  CHECK(result.status == 1);
  CHECK(result.output.empty());
  CHECK(result.errors ==
        "install-packages: there is no sudo here; run as root, then try again: apt-get install ucspi-tcp "
        "swaks sqlite3\n");
}

TEST_CASE("The samples for a database work as they are: accounts, option files, schema", "[install]") {
  const ServerKind kind = GENERATE(ServerKind::mariadb, ServerKind::mysql56);
  DatabaseServer& server = DatabaseServer::shared(kind);
  const Destination destination;
  REQUIRE(destination.install().status == 0);
  fs::copy_file(destination.share / "config/smtpplugins", destination.qmail / "control/smtpplugins");
  write_file(destination.qmail / "control/me", "mx.example.org\n", 0644);

  // All that is changed: the two commented settings count, and the server is not the host's.
  write_file(destination.qmail / "control/greylisting",
             replaced(sample_file("control/greylisting"), "\n#mysql", "\nmysql"), 0644);
  for (const std::string name : {"control/mysql.cnf", "control/mysql-admin.cnf"}) {
    write_file(destination.qmail / name,
               replaced(sample_file(name), "/run/mysqld/mysqld.sock", server.socket()), 0600);
    if (is_root() && name == "control/mysql.cnf")
      REQUIRE(chown((destination.qmail / name).c_str(), 65534, 65534) == 0);
  }
  fs::permissions(server.socket().parent_path(), fs::perms(0711));
  server.sql("", read_file(destination.share / "sql/mysql/grants.sql"));
  const Result migrate = destination.ctl({"migrate"});
  CHECK(migrate.output == "Created the tables.\n");
  const Result check = destination.ctl({"check"});
  const Result attempt = destination.attempt();
  const Result cleanup = destination.ctl({"cleanup"});
  server.sql(
      "",
      "DROP DATABASE greylisting; DROP USER 'greylisting'@'localhost'; DROP USER 'greylistctl'@'localhost'");

  CAPTURE(migrate.errors, check.output, attempt.errors);
  CHECK(migrate.status == 0);
  CHECK(check.status == 0);
  for (const char* const problem : {"warning", "PROBLEM"}) CHECK_THAT(check.output, !Contains(problem));
  CHECK(lines(attempt.errors) == 1);
  CHECK(logged(attempt, "reason") == "new");
  CHECK(cleanup.status == 0);
}

TEST_CASE("cron mails what greylistctl check says when something is wrong, and nothing else", "[install]") {
  const Installation installation(Backend::sqlite);
  fs::copy_file(source_tree() / "config/smtpplugins", installation.home() / "control/smtpplugins");
  fs::create_directory(installation.home() / "plugins");
  fs::create_symlink(built("greylisting"), installation.home() / "plugins/greylisting");
  std::smatch line;
  const std::string crontab = sample_file("crontab");
  REQUIRE(
      std::regex_search(crontab, line, std::regex(R"(\n\d+ \* \* \* \*  root  (.*greylistctl check.*)\n)")));
  // To cron a % that no backslash precedes is the end of the command.
  CHECK_FALSE(std::regex_search(line[1].str(), std::regex(R"([^\\]%)")));
  std::string command = replaced(line[1], "/usr/local/bin/greylistctl", built("greylistctl"));
  command = replaced(command, R"(\%)", "%");
  const auto mail = [&] {
    const Result result = run({.arguments = {"sh", "-c", command},
                               .environment = {{"QMAILDIR", installation.home()}},
                               .directory = "/"});
    return result.output + result.errors;
  };
  CHECK(mail().empty());
  write_file(installation.home() / "control/greylisting", "blokc_expire=2\n", 0644);
  CHECK_THAT(mail(), Contains("PROBLEM  control/greylisting:1: \"blokc_expire\" is not a setting"));
}

TEST_CASE("config/senders-that-do-not-retry can be read as it is, or imported", "[install]") {
  const std::string list = source_tree() / "config/senders-that-do-not-retry";
  const bool is_imported = GENERATE(true, false);
  CAPTURE(is_imported);
  const Installation installation(
      Backend::sqlite,
      "trust_remote_host=paranoid" + (is_imported ? std::string() : "\nallow_lists=plain:" + list));
  if (is_imported) {
    const Result result =
        run({.arguments = {built("greylistctl"), "--home", installation.home(), "import", "plain", list}});
    CAPTURE(result.output);
    CHECK(result.status == 0);
    CHECK(result.errors.empty());
  }
  const auto reason = [&installation](const Rcpt& rcpt) {
    const Result result = installation.attempt(rcpt);
    CAPTURE(result.errors);
    CHECK(lines(result.errors) == 1);
    return logged(result, "reason");
  };
  CHECK(reason({.sender = "noreply@github.com"}) == "allowed");
  CHECK(reason({.environment = {{"TCPREMOTEHOST", "mail-lf1-f42.google.com"}}}) == "allowed");
  CHECK(reason({}) == "new");
}

TEST_CASE("The samples of lists and rules are understood, and so is what is commented out in them",
          "[install]") {
  const bool is_commented_out = GENERATE(true, false);
  CAPTURE(is_commented_out);
  const Installation installation(Backend::sqlite, "greylist=suspicious\ntrust_remote_host=paranoid");
  for (const std::string name : {"greylisting_allow", "greylisting_deny", "greylisting_suspicious"}) {
    std::string text = sample_file(fs::path("control") / name);
    // A comment of words has a blank behind the #.
    if (!is_commented_out) text = replaced(text, "\n#(?=[^ \n])", "\n");
    write_file(installation.home() / "control" / name, text, 0644);
  }
  const auto reason = [&installation](Rcpt rcpt) {
    rcpt.client = "203.0.114.1";
    rcpt.environment.insert({{"TCPREMOTEHOST", "mail.example.com"}, {"SMTPHELOHOST", "mail.example.com"}});
    const Result result = installation.attempt(rcpt);
    CAPTURE(result.errors);
    CHECK(lines(result.errors) == 1);
    return logged(result, "reason");
  };
  CHECK(reason({.sender = "carol@example.com"}) == "not-suspicious");
  CHECK(reason({.sender = "carol@example.com", .environment = {{"SMTPHELOHOST", "nonsense"}}}) == "new");
  CHECK(reason({.environment = {{"SMTPHELOHOST", "nonsense"}}}) == (is_commented_out ? "new" : "allowed"));
  CHECK(reason({.sender = "eve@spam.example"}) == (is_commented_out ? "not-suspicious" : "denied"));
  CHECK(reason({.sender = "carol@example.com", .recipient = "info@example.com"}) ==
        (is_commented_out ? "not-suspicious" : "new"));
}

TEST_CASE("The entries of config/lists.sql decide, on every store", "[install]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  installation.sql(sample_file("lists.sql"));
  // One of them ends some day.
  installation.sql("UPDATE greylisting_lists SET record_expires = '9999-12-31 23:59:59'");
  const auto reason = [&](const Rcpt& rcpt) { return logged(installation.attempt(rcpt), "reason"); };
  CHECK(reason({.client = "192.0.2.7"}) == "allowed");
  CHECK(reason({.client = "2001:db8::bad"}) == "denied");
  CHECK(reason({.client = "198.51.100.1", .recipient = "help@support.example"}) == "allowed");
  CHECK(reason({.client = "198.51.100.1"}) == "new");
  CHECK(reason({.client = "2001:db8::bae"}) == "new");
}

TEST_CASE("tcprules takes config/tcp.smtp: relay clients are not greylisted, all others are", "[install]") {
  const TemporaryDirectory directory;
  const Result made = run({.arguments = {"tcprules", "cdb", "tmp"},
                           .directory = directory.path(),
                           .input = sample_file("tcp.smtp")});
  CHECK(made.status == 0);
  CHECK(made.errors.empty());
  const auto rule_for = [&](const std::string& client) {
    return run({.arguments = {"tcprulescheck", "cdb"},
                .environment = {{"TCPREMOTEIP", client}},
                .directory = directory.path()})
        .output;
  };
  for (const std::string client : {"192.0.2.1", "2001:db8::1"}) {
    CAPTURE(client);
    CHECK_THAT(rule_for(client),
               Contains("set environment variable GREYLISTING=\n") && !Contains("RELAYCLIENT"));
  }
  CHECK_THAT(rule_for("127.0.0.1"),
             Contains("set environment variable RELAYCLIENT=\n") && !Contains("GREYLISTING"));
}

TEST_CASE("systemd understands every line of the units", "[install]") {
  if (run({.arguments = {"sh", "-c", "command -v systemd-analyze"}}).status != 0) {
    WARN("systemd is not installed: its units are not tested");
    return;
  }
  const TemporaryDirectory directory;
  const std::string config = source_tree() / "config";
  std::string service = read_file(config + "/greylisting-policy@.service");
  service = adapted(service, "/usr/local/sbin/greylisting-policy", built("greylisting-policy"));
  service = adapted(service, "User=greylisting\n", "");
  write_file(directory / "greylisting-policy@.service", service);
  write_file(directory / "greylisting-policy.socket", read_file(config + "/greylisting-policy.socket"));
  const Result result = run({.arguments = {"systemd-analyze", "verify", "./greylisting-policy.socket",
                                           "./greylisting-policy@.service"},
                             .directory = directory.path()});
  // What it says of this host, a container say, is not about the units.
  CHECK_THAT(result.output + result.errors,
             !Contains("Unknown") && !Contains("ignoring") && !Contains("nvalid"));
}

TEST_CASE("shellcheck has nothing to say about the scripts", "[install]") {
  Arguments scripts{"shellcheck"};
  for (const char* const directory : {"scripts", "tests/support", "bench", ".ci"}) {
    if (!fs::exists(source_tree() / directory)) continue;
    for (const auto& file : fs::recursive_directory_iterator(source_tree() / directory)) {
      if (file.is_regular_file() && is_shell_script(file.path())) scripts.push_back(file.path());
    }
  }
  CHECK(scripts.size() > 3);
  const Result result = run({.arguments = scripts});
  CAPTURE(result.errors);
  CHECK(result.output.empty());
  CHECK(result.status == 0);
}

}  // namespace greylisting::test
