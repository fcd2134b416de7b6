// Debian's Exim asks greylisting-policy behind tcpserver, by the statements of config/exim.acl.

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace greylisting::test {
namespace {

using Catch::Matchers::Contains;

// Exim with a configuration of its own, in a mount namespace where the user is known that it was built for.
class Exim {
 public:
  explicit Exim(const Installation& installation)
      : service_(Command{.arguments = {"tcpserver", "-1", "-RHl0", "127.0.0.1", "0",
                                       built("greylisting-policy"), "--home", installation.home()}},
                 directory_ / "service") {
    std::string log;
    while ((log = read_file(directory_ / "service")).find('\n') == std::string::npos) {
      if (!service_.is_running()) throw std::runtime_error("tcpserver has ended: " + log);
      std::this_thread::yield();
    }
    std::string acl = read_file(source_tree() / "config/exim.acl");
    const std::string sample = "inet:127.0.0.1:10023";
    for (int i = 0; i < 2; ++i) {
      const std::size_t at = acl.find(sample);
      REQUIRE(at != std::string::npos);
      acl.replace(at, sample.size(), "inet:127.0.0.1:" + log.substr(0, log.find('\n')));
    }
    write_file(
        directory_ / "conf",
        "primary_hostname = mx.example.org\nspool_directory = " + directory_.path().string() +
            "/spool\nlog_file_path = " + directory_.path().string() +
            "/%slog\nacl_smtp_rcpt = rcpt\nacl_smtp_data = data\nhost_lookup =\ntls_advertise_hosts =\n"
            "begin acl\nrcpt:\n" +
            acl +
            "accept\ndata:\ndiscard\nbegin authenticators\nplain:\ndriver = plaintext\npublic_name = PLAIN\n"
            "server_condition = yes\nserver_set_id = $auth2\n");
    // Exim gives root up for that user.
    const std::filesystem::path spool = directory_ / "spool";
    std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
    std::filesystem::create_directory(spool);
    std::filesystem::permissions(spool, std::filesystem::perms(0777));
    write_file(directory_ / "passwd", read_file("/etc/passwd") + "Debian-exim:x:64999:64999::/:/bin/false\n",
               0644);
    write_file(directory_ / "group", read_file("/etc/group") + "Debian-exim:x:64999:\n", 0644);
  }

  // The service, not Exim.
  void stop() { service_.stop(); }

  // The service's.
  std::string log() const { return read_file(directory_ / "service"); }

  // What it says to a client, and what it logs.
  std::string converse(const std::string& commands, const std::string& before = "") const {
    const std::string here = directory_.path();
    const std::string exim = built("debian/exim");
    const Result result =
        run({.arguments =
                 // In a chroot the root is no mount point, whose mounts could be made this process's own.
             {"unshare", "--mount", "--propagation", "unchanged", "sh", "-c",
              "mount --make-rprivate / 2> /dev/null; mount --bind " + here +
                  "/passwd /etc/passwd && mount --bind " + here + "/group /etc/group && for directory in " +
                  exim +
                  "/usr/lib/*; do LD_LIBRARY_PATH=$directory:$LD_LIBRARY_PATH; done && export "
                  "LD_LIBRARY_PATH && exec " +
                  exim + "/usr/sbin/exim4 -C " + here + "/conf -bh 192.0.2.1"},
             .input = "EHLO mx.example.net\r\n" + before + "MAIL FROM:<alice@example.net>\r\n" + commands +
                      "QUIT\r\n"});
    return result.output + result.errors;
  }

 private:
  TemporaryDirectory directory_;
  BackgroundProcess service_;
};

}  // namespace

TEST_CASE("Exim: deferred, accepted with a header field when it comes back, rejected", "[exim]") {
  if (geteuid() != 0) {
    WARN("not tested: Exim is given its user by root alone");
    return;
  }
  const Installation installation(Backend::sqlite, "spf=host\nblock_expire=5\nheader=x-greylist\n");
  installation.put(
      {.action = "deny", .word = "recipient", .pattern = "no@example.org", .reply = "554 never"});
  const Exim exim(installation);
  const std::string rcpt = "RCPT TO:<bob@example.org>\r\n";

  const std::string first = exim.converse(rcpt + "RCPT TO:<no@example.org>\r\n");
  CHECK_THAT(first, Contains("\n451 4.3.0 temporary failure") && Contains("\n550 5.7.1 never"));

  installation.pass_time(std::chrono::minutes(6));
  const std::string retry = exim.converse(rcpt + "DATA\r\nSubject: x\r\n\r\n.\r\n");
  CHECK_THAT(retry, Contains("\n250 Accepted") && Contains(" = X-Greylist: delayed 3"));

  const std::string known = exim.converse(rcpt);
  CHECK_THAT(known, Contains("\n250 Accepted"));
}

TEST_CASE("Exim: a message has one header field and one session, and its recipients are counted", "[exim]") {
  if (geteuid() != 0) {
    WARN("not tested: Exim is given its user by root alone");
    return;
  }
  const Installation installation(Backend::sqlite,
                                  "spf=host\nblock_expire=5\nheader=x-greylist\nmax_recipients=2\n");
  const Exim exim(installation);
  exim.converse("RCPT TO:<bob@example.org>\r\n");
  installation.pass_time(std::chrono::minutes(1));  // so that the two have waited for different times
  exim.converse("RCPT TO:<carol@example.org>\r\n");
  installation.pass_time(std::chrono::minutes(6));
  const std::string both = exim.converse(
      "RCPT TO:<bob@example.org>\r\nRCPT TO:<carol@example.org>\r\nRCPT TO:<dave@example.org>\r\n"
      "DATA\r\nSubject: x\r\n\r\n.\r\n");
  CAPTURE(both);
  CHECK_THAT(both, Contains("\n451 4.5.3 too many recipients"));
  const std::size_t header = both.find(" = X-Greylist: delayed 4");
  REQUIRE(header != std::string::npos);
  CHECK(both.find(" = X-Greylist", header + 1) == std::string::npos);
  const std::string log = exim.log();
  const auto session_of = [&log](const std::string& recipient) {
    const std::string line = log.substr(0, log.find('\n', log.rfind("recipient=" + recipient)));
    return logged(Result{.status = 0, .output = "", .errors = line.substr(line.rfind('\n') + 1)}, "session");
  };
  CHECK_FALSE(session_of("bob@example.org").empty());
  CHECK(session_of("bob@example.org") == session_of("dave@example.org"));
}

TEST_CASE("Exim: whom its users write to is expected to answer", "[exim]") {
  if (geteuid() != 0) {
    WARN("not tested: Exim is given its user by root alone");
    return;
  }
  const Installation installation(Backend::sqlite, "spf=host\n");
  installation.attempt({});  // makes the file
  const Exim exim(installation);
  const std::string outgoing =
      exim.converse("RCPT TO:<carol@example.com>\r\n", "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n");
  CHECK_THAT(outgoing, Contains("\n235 Authentication succeeded") && Contains("\n250 Accepted"));
  for (int i = 0; i < 3000 && installation.sql("SELECT COUNT(*) FROM greylisting_expected") == Rows{{"0"}};
       ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(logged(installation.attempt({.sender = "carol@example.com", .recipient = "alice@example.net"}),
               "reason") == "expected");
}

TEST_CASE("Exim: a service that is not there lets mail pass", "[exim]") {
  if (geteuid() != 0) {
    WARN("not tested: Exim is given its user by root alone");
    return;
  }
  const Installation installation(Backend::sqlite, "spf=host\n");
  Exim exim(installation);
  exim.stop();
  CHECK_THAT(exim.converse("RCPT TO:<bob@example.org>\r\n"), Contains("\n250 Accepted"));
}

}  // namespace greylisting::test
