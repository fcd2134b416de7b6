#include "postfix.h"

#include "free_port.h"
#include "texts.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <thread>

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;

// Users that every Debian has, and that nothing runs as here: Postfix wants one of its own.
constexpr const char* kOwner = "news";
constexpr const char* kGroup = "games";
constexpr const char* kServiceUser = "nobody";

fs::path postfix_root() { return built("debian/postfix"); }

// Postfix's own, and those that it needs and this machine has not.
std::string libraries() {
  std::string all = postfix_root() / "usr/lib/postfix";
  for (const auto& directory : fs::directory_iterator(postfix_root() / "usr/lib"))
    all += ':' + directory.path().string();
  return all;
}

void give(const fs::path& file, const char* user, const char* group = nullptr) {
  const passwd* const owner = getpwnam(user);
  const gid_t gid = group == nullptr ? owner->pw_gid : getgrnam(group)->gr_gid;
  if (chown(file.c_str(), owner->pw_uid, gid) != 0) throw std::runtime_error("chown " + file.string());
}

void make_directory(const fs::path& directory, mode_t mode, const char* user, const char* group = nullptr) {
  fs::create_directories(directory);
  give(directory, user, group);
  if (chmod(directory.c_str(), mode) != 0) throw std::runtime_error("chmod " + directory.string());
}

// Who has authenticated is asked about as well: the line that docs/mail-servers.md has for that.
// A line of the document, as it is to be copied.
std::string documented(const std::string& start) {
  const std::string text = read_file(source_tree() / "docs/mail-servers.md");
  const std::size_t begin = text.find("    " + start);
  if (begin == std::string::npos) throw std::runtime_error("docs/mail-servers.md has no line " + start);
  return text.substr(begin + 4, text.find('\n', begin) - begin - 4);
}

}  // namespace

std::string why_no_postfix() { return geteuid() == 0 ? "" : "Postfix is started by root alone"; }

Postfix::Postfix(const Installation& installation) : port_(free_port()), submission_port_(free_port()) {
  const fs::path queue = directory_ / "queue";
  if (chmod(directory_.path().c_str(), 0755) != 0) throw std::runtime_error("chmod");
  make_directory(queue, 0755, "root");
  for (const char* name : {"active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming",
                           "private", "saved", "trace"}) {
    make_directory(queue / name, 0700, kOwner);
  }
  make_directory(queue / "pid", 0755, "root");
  make_directory(queue / "maildrop", 0730, kOwner, kGroup);
  make_directory(queue / "public", 0710, kOwner, kGroup);
  make_directory(directory_ / "data", 0700, kOwner);
  write_file(messages(), "");
  give(messages(), kServiceUser);
  write_configuration(installation);
  // Where the service's user may go.
  fs::copy_file(built("greylisting-policy"), directory_ / "greylisting-policy");

  // The service's user reads the settings and keeps the state.
  for (const auto& entry : fs::recursive_directory_iterator(installation.home())) give(entry, kServiceUser);
  give(installation.home(), kServiceUser);

  master_ = std::make_unique<BackgroundProcess>(
      Command{.arguments = {postfix_root() / "usr/lib/postfix/sbin/master", "-c", directory_ / "conf", "-d"},
              .environment = {{"MAIL_CONFIG", directory_ / "conf"}, {"LD_LIBRARY_PATH", libraries()}}},
      directory_ / "output");
  while (log().find("daemon started") == std::string::npos) {
    if (!master_->is_running())
      throw std::runtime_error("Postfix has ended: " + read_file(directory_ / "output"));
    std::this_thread::yield();
  }
}

void Postfix::write_configuration(const Installation& installation) const {
  const std::string here = directory_.path();
  const std::string there = postfix_root();
  const std::string settings =
      adapted(read_file(source_tree() / "config/postfix-main.cf"), "permit_mynetworks",
              documented("check_client_access ") + "\n  permit_mynetworks") +
      documented("smtpd_restriction_classes ") + '\n' + documented("outgoing ") + '\n';
  write_file(directory_ / "conf/main.cf",
             "compatibility_level = 3.6\nqueue_directory = " + here + "/queue\ndata_directory = " + here +
                 "/data\nmeta_directory = " + here + "/conf\ncommand_directory = " + there +
                 "/usr/sbin\ndaemon_directory = " + there + "/usr/lib/postfix/sbin\nshlib_directory = " +
                 there + "/usr/lib/postfix\nmail_owner = " + kOwner + "\nsetgid_group = " + kGroup +
                 "\ndefault_privs = " + kServiceUser +
                 "\nimport_environment = MAIL_CONFIG MAIL_LOGTAG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME "
                 "LD_LIBRARY_PATH\nexport_environment = TZ LANG\nmaillog_file = " +
                 here + "/log\nmaillog_file_prefixes = " + here +
                 "\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmyhostname = mx.example.org\n"
                 "mydestination = example.org\nlocal_recipient_maps =\nlocal_transport = file:\n"
                 "mynetworks = 10.1.0.0/16\nsmtpd_authorized_xclient_hosts = 127.0.0.1\n"
                 "smtpd_peername_lookup = no\ndefault_process_limit = 200\n"
                 "smtpd_client_connection_count_limit = 0\n" +
                 settings,
             0644);
  // The sample's user and program are those of an installation.
  const std::string sample = read_file(source_tree() / "config/postfix-master.cf");
  const std::string service =
      adapted(adapted(sample, "user=greylisting", std::string("user=") + kServiceUser),
              "/usr/local/sbin/greylisting-policy",
              here + "/greylisting-policy --home " + installation.home().string());
  write_file(directory_ / "conf/master.cf",
             "127.0.0.1:" + std::to_string(port_) + " inet n - n - - smtpd\n127.0.0.1:" +
                 std::to_string(submission_port_) + " inet n - n - - smtpd\n  -o mynetworks=10.0.0.5/32\n  " +
                 documented("  -o { smtpd_recipient_restrictions") +
                 "\n"
                 "pickup unix n - n 60 1 pickup\n"
                 "cleanup unix n - n - 0 cleanup\n"
                 "qmgr unix n - n 300 1 qmgr\n"
                 "rewrite unix - - n - - trivial-rewrite\n"
                 "bounce unix - - n - 0 bounce\n"
                 "defer unix - - n - 0 bounce\n"
                 "trace unix - - n - 0 bounce\n"
                 "file unix - n n - 1 pipe user=" +
                 kServiceUser + " argv=/usr/bin/tee -a " + messages().string() +
                 "\n"
                 "anvil unix - - n - 1 anvil\n"
                 "proxymap unix - - n - - proxymap\n"
                 "postlog unix-dgram n - n - 1 postlogd\n" +
                 service,
             0644);
}

Result Postfix::send(const std::string& recipients, const std::vector<std::string>& options) const {
  std::vector<std::string> arguments{"swaks",
                                     "--server",
                                     "127.0.0.1",
                                     "--port",
                                     std::to_string(port_),
                                     "--helo",
                                     "client.example.net",
                                     "--from",
                                     "alice@example.net",
                                     "--to",
                                     recipients};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return run(
      {.arguments = arguments, .environment = {{"HOME", directory_.path()}}, .directory = directory_.path()});
}

Result Postfix::send_many(int sessions, int messages) const {
  return run({.arguments = {postfix_root() / "usr/sbin/smtp-source", "-s", std::to_string(sessions), "-m",
                            std::to_string(messages), "-N", "-f", "alice@example.net", "-t",
                            "bob@example.org", "127.0.0.1:" + std::to_string(port_)},
              .environment = {{"LD_LIBRARY_PATH", libraries()}}});
}

std::string Postfix::delivered() const {
  const auto is_empty = [this] {
    return std::ranges::all_of(std::array{"incoming", "active", "deferred"}, [this](const char* name) {
      return fs::recursive_directory_iterator(directory_ / "queue" / name) ==
             fs::recursive_directory_iterator();
    });
  };
  while (!is_empty() && master_->is_running()) std::this_thread::yield();
  return read_file(messages());
}

std::string Postfix::log() const {
  return fs::exists(directory_ / "log") ? read_file(directory_ / "log") : std::string();
}

}  // namespace greylisting::test
