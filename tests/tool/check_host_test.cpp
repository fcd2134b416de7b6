// greylistctl check against the host: whatever is broken, what the stand-in for qmail-smtpd does with a
// recipient and what check says are the same, and each remedy mends it when it is followed to the letter.

#include <pwd.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ctl/check/host.h"
#include "ctl/check/run_script.h"
#include "tests/support/another_user.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;
using Arguments = std::vector<std::string>;

// What the host does with a recipient whom it has never seen.
enum class Deed { refuses, does_not_run, runs_in_vain, greylists };

std::string name(Deed deed) {
  switch (deed) {
    case Deed::refuses:
      return "refuses";
    case Deed::does_not_run:
      return "does not run the plugin";
    case Deed::runs_in_vain:
      return "runs the plugin in vain";
    case Deed::greylists:
      return "greylists";
  }
  return "";
}

// Programs where every user can execute them; the directories above the build may be closed.
fs::path program(const std::string& name) {
  static const TemporaryDirectory directory;
  fs::permissions(directory.path(), fs::perms(0755));
  const fs::path file = directory / name;
  if (!fs::exists(file)) fs::copy_file(built(name), file);
  return file;
}

// qmail's home with all that an installation has, of which everything works.
class Home {
 public:
  Home() {
    fs::permissions(path(), fs::perms(0755));
    write_file(*this / "control/me", "mx.example.org\n", 0644);
    write_file(*this / "control/rcpthosts", "example.org\n", 0644);
    write_file(*this / "control/greylisting", "loglevel=4\ntimeout=30000\n", 0644);
    write_file(*this / "control/smtpplugins", "[rcpt]\nplugins/greylisting\n", 0644);
    for (const char* const name : {"control", "plugins", "queue", "greylisting"}) {
      fs::create_directory(*this / name);
      fs::permissions(*this / name, fs::perms(0755));
    }
    for (const std::string name : {"greylisting", "greylisting.dynamic"})
      fs::create_symlink(program(name), *this / "plugins" / name);
    fs::create_symlink(program("greylisting"), *this / "plugins/gl");
    own("greylisting", 0700);
    own("queue", 0700);
  }

  const fs::path& path() const { return directory_.path(); }
  fs::path operator/(std::string_view name) const { return directory_ / name; }

  // Gives a file to qmail-smtpd's user.
  void own(const std::string& name, unsigned mode) const {
    REQUIRE(chown((*this / name).c_str(), kNobody, kNobody) == 0);
    fs::permissions(*this / name, fs::perms(mode));
  }

  void plugins(const std::string& text) const { write_file(*this / "control/smtpplugins", text, 0644); }

  // As the run script starts it, where there is one.
  Result host() const {
    const fs::path script = *this / "supervise/qmail-smtpd/run";
    if (fs::exists(script) && read_file(script).find("tcpserver") != std::string::npos)
      return behind_tcpserver(script);
    const fs::path smtpd = fs::exists(script) ? script : program("qmail-smtpd");
    return run({.arguments = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", smtpd, path()},
                .environment = {{"GREYLISTING", ""}, {"TCPREMOTEIP", "192.0.2.1"}, {"PROTO", "TCP"}},
                .directory = "/",
                .input = kTalk});
  }

  // The record that the host has made goes, so that the next recipient is one never seen.
  Deed deed() const {
    const Result result = host();
    UNSCOPED_INFO(result.output << result.errors);
    for (const char* const file : {"greylisting.db", "greylisting.db-wal", "greylisting.db-shm"}) {
      if (result.output.find("451 temporary failure") != std::string::npos)
        fs::remove(*this / "greylisting" / file);
    }
    if (result.output.find("421 ") != std::string::npos ||
        result.output.find("451 qmail-spp failure") != std::string::npos)
      return Deed::refuses;
    if (result.output.find("451 temporary failure") != std::string::npos) return Deed::greylists;
    return ('\n' + result.errors).find("\ngreylisting: ") != std::string::npos ? Deed::runs_in_vain
                                                                               : Deed::does_not_run;
  }

  Result check(const Arguments& options = {"--user", "nobody"}) const {
    Command command{.arguments = {built("greylistctl"), "--home", path(), "check"}, .directory = "/"};
    command.arguments.insert(command.arguments.end(), options.begin(), options.end());
    return run(command);
  }

 private:
  static constexpr const char* kTalk =
      "HELO mail.example.net\r\nMAIL FROM:<alice@example.net>\r\nRCPT TO:<bob@example.org>\r\nQUIT\r\n";

  // By its first line of output tcpserver tells its port.
  static Result behind_tcpserver(const fs::path& script) {
    const TemporaryDirectory logs;
    const fs::path log = logs / "log";
    Result result;
    {
      BackgroundProcess server({.arguments = {script}}, log);
      while (read_file(log).find('\n') == std::string::npos) {
        if (!server.is_running()) throw std::runtime_error("tcpserver has ended: " + read_file(log));
        std::this_thread::yield();
      }
      const std::string port = std::to_string(std::stoul(read_file(log)));
      result = run({.arguments = {"tcpclient", "-HRl0", "127.0.0.1", port, "sh", "-c",
                                  "trap '' PIPE; cat >&7 2>/dev/null; exec 7>&-; cat <&6"},
                    .input = kTalk});
    }
    result.errors += read_file(log);
    return result;
  }

  TemporaryDirectory directory_;
};

// The remedy of the first problem.
std::string remedy_in(const std::string& output) {
  std::smatch found;
  return std::regex_search(output, found, std::regex("PROBLEM  [^\n]*\n +-> ([^\n]*)")) ? found[1].str() : "";
}

struct BrokenHost {
  std::string what;
  std::function<void(const Home&)> cause;
  Deed deed;
  std::string said;  // in the line of the problem
  // What a person does who reads `remedy`; where there is nothing, the remedy is a command.
  std::string remedy{};
  std::function<void(const Home&)> repair{};
};

void write_script(const Home& home, const std::string& name, const std::string& text) {
  write_file(home / name, text, 0755);
  fs::permissions(home / name, fs::perms(0755));
}

const std::function<void(const Home&)> kUsualFile = [](const Home& home) {
  fs::remove_all(home / "control/smtpplugins");
  home.plugins("[rcpt]\nplugins/greylisting\n");
};

const std::function<void(const Home&)> kUsualName = [](const Home& home) {
  write_file(home / "control/me", "mx.example.org\n", 0644);
};

std::function<void(const Home&)> lists(const std::string& text) {
  return [text](const Home& home) { home.plugins(text); };
}

std::vector<BrokenHost> broken_lines() {
  const std::string usual = "make the line plugins/greylisting";
  return {
      {"CR LF", lists("[rcpt]\r\nplugins/greylisting\r\n"), Deed::refuses,
       "plugins/greylisting\\x0d\" under [rcpt]"},
      {"a blank in front", lists("[rcpt]\n plugins/greylisting\n"), Deed::refuses, "\" plugins/greylisting\"",
       usual, kUsualFile},
      {"a comment behind", lists("[rcpt]\nplugins/greylisting # here\n"), Deed::refuses,
       "\"plugins/greylisting # here\"", usual, kUsualFile},
      {"a folder misspelled", lists("[rcpt]\nplugin/greylisting\n"), Deed::refuses, "(No such file", usual,
       kUsualFile},
      {"a name misspelled", lists("[rcpt]\nplugins/greylistings\n"), Deed::refuses, "(No such file", usual,
       kUsualFile},
      {"no folder", lists("[rcpt]\ngreylisting\n"), Deed::refuses, "(Permission denied)", usual, kUsualFile},
      {"a folder", lists("[rcpt]\nplugins\n"), Deed::refuses, "(Permission denied)", usual, kUsualFile},
      {"no execute bit",
       [](const Home& home) {
         fs::remove(home / "plugins/greylisting");
         fs::copy_file(program("greylisting"), home / "plugins/greylisting");
         fs::permissions(home / "plugins/greylisting", fs::perms(0644));
       },
       Deed::refuses, "(Permission denied)"},
      {"a closed folder", [](const Home& home) { fs::permissions(home / "plugins", fs::perms(0700)); },
       Deed::refuses, "(Permission denied)"},
      {"a link to nothing",
       [](const Home& home) {
         fs::remove(home / "plugins/greylisting");
         fs::create_symlink(home / "nothing", home / "plugins/greylisting");
       },
       Deed::refuses, "(No such file", "make install puts the plugin to ",
       [](const Home& home) {
         fs::remove(home / "plugins/greylisting");
         fs::create_symlink(program("greylisting"), home / "plugins/greylisting");
       }},
      {"a script without interpreter",
       [](const Home& home) {
         write_script(home, "plugins/with-greylisting", "exec plugins/greylisting\n");
         home.plugins("[rcpt]\nplugins/with-greylisting\n");
       },
       Deed::refuses, "(Exec format error)", "begin it with a line that names its interpreter: #!/bin/sh",
       [](const Home& home) {
         write_script(home, "plugins/with-greylisting", "#!/bin/sh\nexec plugins/greylisting\n");
       }},
      {"a script whose interpreter is not there",
       [](const Home& home) {
         write_script(home, "plugins/with-greylisting", "#!/nowhere/sh\nexec plugins/greylisting\n");
         home.plugins("[rcpt]\nplugins/with-greylisting\n");
       },
       Deed::refuses, "(No such file", "its interpreter, named in its first line, is not there",
       [](const Home& home) {
         write_script(home, "plugins/with-greylisting", "#!/bin/sh\nexec plugins/greylisting\n");
       }},
      {"another plugin that is not there", lists("[rcpt]\nplugins/other\nplugins/greylisting\n"),
       Deed::refuses, "\"plugins/other\" under [rcpt] cannot be executed",
       "install that program, or take the line out", kUsualFile},
      {"another at every connection", lists("[connection]\nplugins/other\n[rcpt]\nplugins/greylisting\n"),
       Deed::refuses, "refuses every connection", "install that program, or take the line out", kUsualFile},
      {"another at HELO", lists("[helo]\nplugins/other\n[rcpt]\nplugins/greylisting\n"), Deed::refuses,
       "refuses every HELO and EHLO", "install that program, or take the line out", kUsualFile},
      {"another at MAIL", lists("[m\nplugins/other\n[rcpt]\nplugins/greylisting\n"), Deed::refuses,
       "refuses every sender", "install that program, or take the line out", kUsualFile},
      {"capitals", lists("[RCPT]\nplugins/greylisting\n"), Deed::does_not_run,
       "under no section that qmail-smtpd knows", "begin its section with the line [rcpt], in lower case",
       kUsualFile},
      {"another section", lists("[mail]\nplugins/greylisting\n"), Deed::runs_in_vain,
       "is under [mail], where no recipient is known yet", "put the line under [rcpt]", kUsualFile},
      {"no section", lists("plugins/greylisting\n"), Deed::does_not_run, "under no section",
       "begin its section with the line [rcpt]", kUsualFile},
      {"a comment", lists("[rcpt]\n#plugins/greylisting\n"), Deed::does_not_run,
       "no line under [rcpt] runs the plugin",
       "add the line [rcpt], and below it the line plugins/greylisting", kUsualFile},
      {"an empty file", lists(""), Deed::does_not_run, "no line under [rcpt] runs the plugin",
       "add the line [rcpt]", kUsualFile},
      {"a program that is not ours", lists("[rcpt]\n/bin/true\n"), Deed::does_not_run,
       "no line under [rcpt] runs the plugin", "add the line [rcpt]", kUsualFile},
      {"another whose name ends alike",
       [](const Home& home) {
         fs::copy_file("/bin/true", home / "plugins/no-greylisting");
         home.plugins("[rcpt]\nplugins/no-greylisting\n");
       },
       Deed::does_not_run, "\"plugins/no-greylisting\" is another program", usual, kUsualFile},
      {"a script that does nothing",
       [](const Home& home) {
         write_script(home, "plugins/no-greylisting", "#!/bin/sh\n# for greylisting\n");
         home.plugins("[rcpt]\nplugins/no-greylisting\n");
       },
       Deed::does_not_run, "it decided nothing", usual, kUsualFile},
      {"the shell does not find it", lists("[rcpt]\n:greylisting\n"), Deed::does_not_run, "greylisting", "",
       kUsualFile},
      {"no file", [](const Home& home) { fs::remove(home / "control/smtpplugins"); }, Deed::refuses,
       "421 unable to read controls", "make the file, with the lines [rcpt] and plugins/greylisting",
       kUsualFile},
      {"a folder in its place",
       [](const Home& home) {
         fs::remove(home / "control/smtpplugins");
         fs::create_directory(home / "control/smtpplugins");
       },
       Deed::refuses, "421 unable to read controls", "put a regular file in its place", kUsualFile},
      {"a loop of links",
       [](const Home& home) {
         fs::rename(home / "plugins", home / "programs");
         fs::create_symlink("plugins", home / "plugins");
       },
       Deed::refuses, "(Too many levels of symbolic links)", "its path has a link that leads to itself",
       [](const Home& home) {
         fs::remove(home / "plugins");
         fs::rename(home / "programs", home / "plugins");
       }},
      {"a file of root's",
       [](const Home& home) { fs::permissions(home / "control/smtpplugins", fs::perms(0600)); },
       Deed::refuses, "421 unable to read controls"},
      {"a name of root's", [](const Home& home) { fs::permissions(home / "control/me", fs::perms(0600)); },
       Deed::refuses, "control/me cannot be read by nobody (uid 65534) (Permission denied), so qmail-smtpd "},
      {"no name", [](const Home& home) { fs::remove(home / "control/me"); }, Deed::refuses,
       "control/me cannot be read by nobody (uid 65534) (No such file",
       "make the file, with this host's name in it", kUsualName},
      {"an empty name", [](const Home& home) { write_file(home / "control/me", "\n", 0644); }, Deed::refuses,
       "control/me is empty, so qmail-smtpd refuses every connection", "write this host's name to ",
       kUsualName},
      {"domains of root's",
       [](const Home& home) { fs::permissions(home / "control/rcpthosts", fs::perms(0600)); }, Deed::refuses,
       "control/rcpthosts cannot be read by nobody (uid 65534) (Permission denied), so qmail-smtpd "},
      {"a closed home", [](const Home& home) { fs::permissions(home.path(), fs::perms(0700)); },
       Deed::refuses, "cannot go to qmail's home"},
  };
}

// The plugin is started, or what stands before it, and what comes of it does not reach the host.
std::vector<BrokenHost> broken_answers() {
  const auto plugin = [](const std::string& content) {
    return [content](const Home& home) {
      fs::remove(home / "plugins/greylisting");
      write_script(home, "plugins/greylisting", content);
    };
  };
  const auto link_anew = [](const Home& home) {
    fs::remove(home / "plugins/greylisting");
    fs::create_symlink(program("greylisting"), home / "plugins/greylisting");
  };
  const auto deny = [](const std::string& subject, const std::string& pattern) {
    return [subject, pattern](const Home& home) {
      home.host();
      CHECK(
          run({.arguments = {built("greylistctl"), "--home", home.path(), "deny", subject, pattern, "--yes"}})
              .status == 0);
    };
  };
  const auto list_anew = [](const Home& home) {
    CHECK(run({.arguments = {built("greylistctl"), "--home", home.path(), "remove", "entries/1"}}).status ==
          0);
  };
  const auto deny_in_file = [](const std::string& line) {
    return [line](const Home& home) { write_file(home / "control/greylisting_deny", line + '\n', 0644); };
  };
  const auto file_anew = [](const Home& home) { write_file(home / "control/greylisting_deny", "", 0644); };
  const std::string out_of_file = "take out line 1 of control/greylisting_deny";
  const std::string alone = "leave the plugin's standard output alone";
  const std::string out = "correct that program, or take the line out";
  const std::string after = "put it after the plugin, or take the line out";
  const std::string anew = "install it anew: make install";
  return {
      {"an answer that goes elsewhere", lists("[rcpt]\n:plugins/greylisting >/dev/null\n"),
       Deed::runs_in_vain, "its answer does not reach qmail-smtpd", alone, kUsualFile},
      {"another answer before it", lists("[rcpt]\n:echo N; exec plugins/greylisting\n"), Deed::runs_in_vain,
       "its answer does not reach qmail-smtpd", alone, kUsualFile},
      {"a failure before it", lists("[rcpt]\n:exit 120\nplugins/greylisting\n"), Deed::refuses,
       "control/smtpplugins:2: \":exit 120\" under [rcpt], as nobody (uid 65534): ended with status 120, so "
       "qmail-smtpd refuses every recipient",
       "see that all that the line names is there", kUsualFile},
      {"a crash before it", lists("[mail]\n:kill -9 $$\n[rcpt]\nplugins/greylisting\n"), Deed::refuses,
       "was ended by signal 9, so qmail-smtpd refuses every sender", out, kUsualFile},
      {"a failure after it", lists("[rcpt]\nplugins/greylisting\n:exit 120\n"), Deed::greylists,
       "ended with status 120, so qmail-smtpd refuses every recipient", "see that", kUsualFile},
      {"a failure at DATA", lists("[rcpt]\nplugins/greylisting\n[data]\n:exit 120\n"), Deed::greylists,
       "ended with status 120, so qmail-smtpd refuses every message", "see that", kUsualFile},
      {"a failure at AUTH", lists("[rcpt]\nplugins/greylisting\n[auth]\n:kill -9 $$\n"), Deed::greylists,
       "was ended by signal 9, so qmail-smtpd refuses every AUTH", out, kUsualFile},
      {"a refusal at DATA", lists("[rcpt]\nplugins/greylisting\n[data]\n:echo E550 never\n"), Deed::greylists,
       "says \"E550 never\" of every attempt, so that no mail passes", out, kUsualFile},
      {"a refusal of the next command", lists("[mail]\n:echo LR550 never\n[rcpt]\nplugins/greylisting\n"),
       Deed::does_not_run, "says \"LR550 never\" of every attempt, so that no mail passes", out, kUsualFile},
      {"a program that takes GREYLISTING away",
       lists("[connection]\n:echo UGREYLISTING\n[rcpt]\nplugins/greylisting\n"), Deed::does_not_run,
       "control/smtpplugins:2: \":echo UGREYLISTING\" under [connection] unsets GREYLISTING of an attempt",
       out, kUsualFile},
      {"a program that lets everybody relay",
       lists("[helo]\n:echo SRELAYCLIENT=\n[rcpt]\nplugins/greylisting\n"), Deed::does_not_run,
       "under [helo] sets RELAYCLIENT of an attempt", out, kUsualFile},
      {"a refusal before it", lists("[rcpt]\n:echo E550 no\nplugins/greylisting\n"), Deed::does_not_run,
       "says \"E550 no\" of every attempt, so that no mail passes", out, kUsualFile},
      {"acceptance before it", lists("[rcpt]\n:echo A\nplugins/greylisting\n"), Deed::does_not_run,
       "says \"A\" of every attempt, so that qmail-smtpd does not run the plugin", after, kUsualFile},
      {"acceptance at MAIL", lists("[rcpt]\nplugins/greylisting\n[mail]\n:echo A\n"), Deed::does_not_run,
       "says \"A\" of every attempt, so that qmail-smtpd does not run the plugin", after, kUsualFile},
      {"a connection that is closed", lists("[connection]\n:echo D\n[rcpt]\nplugins/greylisting\n"),
       Deed::does_not_run, "says \"D\" of every attempt, so that no mail passes", out, kUsualFile},
      {"an empty plugin", plugin(""), Deed::refuses, "(Exec format error)", anew, link_anew},
      {"a plugin of another architecture", plugin(std::string("\x7f") + "ELF" + std::string(60, '\0')),
       Deed::refuses, "(Exec format error)", anew, link_anew},
      {"a plugin that is cut off", plugin(read_file(program("greylisting")).substr(0, 100000)), Deed::refuses,
       "was ended by signal", anew, link_anew},
      {"every IPv4 client denied", deny("client", "0.0.0.0/0"), Deed::runs_in_vain,
       "entries/1: deny client 0.0.0.0/0 matches every IPv4 client, so all of it is refused",
       "greylistctl remove entries/1", list_anew},
      {"an own domain denied", deny("recipient", "example.org"), Deed::runs_in_vain,
       "PROBLEM  entries/1: deny recipient example.org matches every address of example.org, for which this "
       "host takes mail, so all of it is refused",
       "greylistctl remove entries/1", list_anew},
      {"an own domain denied by a regular expression", deny("recipient", "/@example.org$/"),
       Deed::runs_in_vain,
       "PROBLEM  entries/1: deny recipient /@example.org$/ matches every address of example.org, for which",
       "greylistctl remove entries/1", list_anew},
      {"every IPv4 client denied in a file", deny_in_file("0.0.0.0/0"), Deed::runs_in_vain,
       "control/greylisting_deny:1: deny client 0.0.0.0/0 matches every IPv4 client, so all of it is refused",
       out_of_file, file_anew},
      {"every client denied in a file", deny_in_file("/./"), Deed::runs_in_vain,
       "control/greylisting_deny:1: deny client /./ matches every client, so all of it is refused",
       out_of_file, file_anew},
      {"an own domain denied in a file", deny_in_file("recipient example.org"), Deed::runs_in_vain,
       "control/greylisting_deny:1: deny recipient example.org matches every address of example.org, for "
       "which this host takes mail, so all of it is refused",
       out_of_file, file_anew},
  };
}

std::vector<BrokenHost> broken_rights() {
  const auto settings = [](const std::string& text) {
    return
        [text](const Home& home) { write_file(home / "control/greylisting", "loglevel=4\n" + text, 0644); };
  };
  // The settings by hand, the rest as it is said. Nothing of it may close a directory to others.
  const auto mend_by_move = [settings](const Home& home) {
    const std::string said = remedy_in(home.check().output);
    const std::size_t command = said.find("install -d ");
    REQUIRE(command != std::string::npos);
    CHECK(run({.arguments = {"sh", "-c", said.substr(command)}}).status == 0);
    settings("sqlite_file=greylisting/greylisting.db\n")(home);
    struct stat status = {};
    CHECK((stat(home.path().c_str(), &status) == 0 && status.st_uid == 0 && (status.st_mode & 0777) == 0755));
  };
  const auto link_into_closed = [](const std::string& name) {
    return [name](const Home& home) {
      const fs::path closed = home / "closed";
      fs::create_directory(closed);
      fs::rename(home / name, closed / fs::path(name).filename());
      fs::create_symlink(closed / fs::path(name).filename(), home / name);
      fs::permissions(closed, fs::perms(0700));
    };
  };
  return {
      {"control closed", [](const Home& home) { fs::permissions(home / "control", fs::perms(0700)); },
       Deed::refuses, "421 unable to read controls"},
      {"settings of root's",
       [](const Home& home) { fs::permissions(home / "control/greylisting", fs::perms(0600)); },
       Deed::runs_in_vain, "control/greylisting cannot be read by nobody (uid 65534)"},
      {"settings of everybody's",
       [](const Home& home) { fs::permissions(home / "control/greylisting", fs::perms(0666)); },
       Deed::runs_in_vain, "control/greylisting: can be written by everybody", "",
       [](const Home& home) { fs::permissions(home / "control/greylisting", fs::perms(0644)); }},
      {"database of root's",
       [](const Home& home) {
         home.host();
         REQUIRE(fs::exists(home / "greylisting/greylisting.db"));
         for (const auto& file : fs::directory_iterator(home / "greylisting"))
           REQUIRE(chown(file.path().c_str(), 0, 0) == 0);
       },
       Deed::runs_in_vain, "greylisting/greylisting.db cannot be written by nobody (uid 65534)"},
      {"a journal of root's",
       [](const Home& home) {
         home.host();
         write_file(home / "greylisting/greylisting.db-journal", "x", 0600);
       },
       Deed::runs_in_vain, "greylisting/greylisting.db cannot be written by nobody (uid 65534)"},
      {"folder of everybody's",
       [](const Home& home) { fs::permissions(home / "greylisting", fs::perms(0777)); }, Deed::runs_in_vain,
       "everybody can write to the directory greylisting"},
      {"folder of root's",
       [](const Home& home) { REQUIRE(chown((home / "greylisting").c_str(), 0, 0) == 0); },
       Deed::runs_in_vain, "the directory greylisting cannot be written by nobody (uid 65534)"},
      {"folder that may not be written",
       [](const Home& home) { fs::permissions(home / "greylisting", fs::perms(0500)); }, Deed::runs_in_vain,
       "the directory greylisting cannot be written by nobody (uid 65534)"},
      {"no folder", [](const Home& home) { fs::remove(home / "greylisting"); }, Deed::runs_in_vain,
       "the directory greylisting is not there"},
      {"no folder that the settings name", settings("sqlite_file=nowhere/greylisting.db\n"),
       Deed::runs_in_vain, "the directory nowhere is not there"},
      {"the database in qmail's home, which others need",
       [settings](const Home& home) {
         settings("sqlite_file=greylisting.db\n")(home);
         write_file(home / "greylisting.db", "");
       },
       Deed::runs_in_vain, "cannot be written by nobody (uid 65534)",
       "set sqlite_file=greylisting/greylisting.db in control/greylisting", mend_by_move},
      {"the database where everybody can write",
       [settings](const Home& home) {
         write_file(home / "tmp/another", "");
         fs::permissions(home / "tmp", fs::perms(01777));
         settings("sqlite_file=tmp/greylisting.db\n")(home);
       },
       Deed::runs_in_vain, "everybody can write to the directory tmp",
       "set sqlite_file=greylisting/greylisting.db in control/greylisting", mend_by_move},
      {"no name of the database", settings("sqlite_file=\n"), Deed::greylists,
       "control/greylisting:2: sqlite_file: \"\" is not the path of a file; using greylisting/greylisting.db",
       "", settings("")},
      {"a device for a database", settings("sqlite_file=/dev/null\n"), Deed::runs_in_vain,
       "/dev/null is no regular file, so nothing is greylisted",
       "set sqlite_file=greylisting/greylisting.db where it is set", settings("")},
      {"a link to a database in a folder of root's",
       [](const Home& home) {
         home.host();
         fs::create_directory(home / "data");
         fs::permissions(home / "data", fs::perms(0755));
         fs::rename(home / "greylisting/greylisting.db", home / "data/greylisting.db");
         fs::remove(home / "greylisting/greylisting.db-wal");
         fs::remove(home / "greylisting/greylisting.db-shm");
         fs::create_symlink(home / "data/greylisting.db", home / "greylisting/greylisting.db");
       },
       Deed::runs_in_vain, "data cannot be written by nobody (uid 65534)"},
      {"a database that is none",
       [](const Home& home) {
         write_file(home / "greylisting/greylisting.db", std::string(4096, 'x'));
         home.own("greylisting/greylisting.db", 0600);
       },
       Deed::runs_in_vain, "file is not a database", "move it away together",
       [](const Home& home) {
         for (const char* const end : {"", "-wal", "-shm"})
           fs::remove(home / (std::string("greylisting/greylisting.db") + end));
       }},
      {"rules of suspicion of root's",
       [settings](const Home& home) {
         settings("greylist=suspicious\n")(home);
         write_file(home / "control/greylisting_suspicious", "sender =~ alice\n", 0600);
       },
       Deed::greylists,  // the test's client has no name, which is suspicious in itself
       "control/greylisting_suspicious cannot be read by nobody (uid 65534), so none of its rules counts"},
      {"no twin for SPF",
       [settings](const Home& home) {
         settings("spf=check\ndns_server=127.0.0.1\n")(home);
         fs::remove(home / "plugins/greylisting");
         fs::copy_file(program("greylisting"), home / "plugins/greylisting");
         fs::remove(home / "plugins/greylisting.dynamic");
       },
       Deed::greylists, "greylisting.dynamic, which cannot be executed", "make install",
       [settings](const Home& home) {
         fs::copy_file(program("greylisting.dynamic"), home / "plugins/greylisting.dynamic");
         settings("")(home);
       }},
      {"a file in the place of the folder",
       [](const Home& home) {
         fs::remove(home / "greylisting");
         write_file(home / "greylisting", "");
       },
       Deed::runs_in_vain, "greylisting is no directory, so nothing is greylisted"},
      {"a folder in the place of the database",
       [](const Home& home) {
         fs::create_directory(home / "greylisting/greylisting.db");
         home.own("greylisting/greylisting.db", 0700);
       },
       Deed::runs_in_vain, "greylisting/greylisting.db is a directory, where SQLite keeps a file"},
      {"plugins in a closed folder", link_into_closed("plugins"), Deed::refuses, "(Permission denied)"},
      {"control in a closed folder", link_into_closed("control"), Deed::refuses,
       "421 unable to read controls"},
      {"the database in a closed folder", link_into_closed("greylisting"), Deed::runs_in_vain,
       "closed is closed to nobody (uid 65534)"},
      {"settings in a closed folder", link_into_closed("control/greylisting"), Deed::runs_in_vain,
       "closed is closed to nobody (uid 65534)"},
      {"a secret of root's",
       [settings](const Home& home) {
         settings("privacy=hash\n")(home);
         write_file(home / "control/greylisting_key", "0123456789abcdef0123\n", 0600);
       },
       Deed::runs_in_vain, "control/greylisting_key cannot be read by nobody (uid 65534)"},
  };
}

void break_host_and_repair(const BrokenHost& broken) {
  INFO(broken.what);
  const Home home;
  broken.cause(home);
  const Deed deed = home.deed();
  CHECK(name(deed) == name(broken.deed));
  const Result check = home.check();
  {
    CAPTURE(check.output, check.errors);
    CHECK(check.status == 1);
    CHECK(check.errors.empty());
    CHECK(std::regex_search(check.output, std::regex("PROBLEM  ")));
    CHECK_THAT(check.output, Contains(broken.said));
    CHECK_THAT(check.output, !Contains("greylistctl check"));
    if (broken.repair) {
      CHECK_THAT(check.output, Contains(broken.remedy));
      broken.repair(home);
    } else {
      const Result repair = run({.arguments = {"sh", "-c", remedy_in(check.output)}});
      CAPTURE(repair.errors);
      CHECK(repair.status == 0);
    }
  }
  CHECK(name(home.deed()) == name(Deed::greylists));
  const Result again = home.check();
  CAPTURE(check.output, again.output, again.errors);
  CHECK(again.status == 0);
  CHECK_THAT(again.output, !Contains("PROBLEM"));
}

// A build of qmail-smtpd that runs no plugins unless ENABLE_SPP is set, and the script that starts it.
void write_run_script(const Home& home, const std::string& lines, const std::string& before = "") {
  const fs::path smtpd = home / "bin/qmail-smtpd";
  fs::create_directories(smtpd.parent_path());
  write_script(home, "bin/qmail-smtpd",
               "#!/bin/sh\n[ \"${ENABLE_SPP+set}\" ] || export NOSPP=\nexec " +
                   program("qmail-smtpd").string() + " " + home.path().string() + "\n");
  write_script(home, "supervise/qmail-smtpd/run",
               "#!/bin/sh\n" + lines + "exec " + before + smtpd.string() + '\n');
  for (const char* const name : {"bin", "supervise", "supervise/qmail-smtpd"})
    fs::permissions(home / name, fs::perms(0755));
}

std::string count_in_file(const fs::path& file, const std::string& table) {
  sqlite3* opened = nullptr;
  const int status = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database(opened, sqlite3_close);
  REQUIRE(status == SQLITE_OK);
  std::string found;
  const auto keep = [](void* result, int, char** values, char**) {
    *static_cast<std::string*>(result) = values[0];
    return 0;
  };
  CHECK(sqlite3_exec(opened, ("SELECT COUNT(*) FROM " + table).c_str(), keep, &found, nullptr) == SQLITE_OK);
  return found;
}

void works(const std::string& plugins, const std::string& said) {
  CAPTURE(plugins);
  const Home home;
  home.plugins(plugins);
  CHECK(name(home.deed()) == name(Deed::greylists));
  const Result check = home.check();
  CAPTURE(check.output, check.errors);
  CHECK(check.status == 0);
  CHECK_THAT(check.output, Contains(said));
  CHECK_THAT(check.output,
             Contains("ok       plugin, as nobody (uid 65534): deferred an attempt never seen before "
                      "(new)\n"));
  CHECK_THAT(check.output, !Contains("PROBLEM") && !Contains("warning"));
}

}  // namespace

TEST_CASE("check says of each line of control/smtpplugins what the host does with it", "[check]") {
  if (!can_be_nobody()) return;
  for (const BrokenHost& broken : broken_lines()) break_host_and_repair(broken);
}

TEST_CASE("check says where the plugin's answer is not the host's", "[check]") {
  if (!can_be_nobody()) return;
  for (const BrokenHost& broken : broken_answers()) break_host_and_repair(broken);
}

TEST_CASE("check names a file system on which no program may be executed", "[check]") {
  if (!can_be_nobody()) return;
  struct Mounted {
    explicit Mounted(const fs::path& where) : directory(where) {
      fs::create_directory(where);
      is_there =
          run({.arguments = {"mount", "-t", "tmpfs", "-o", "noexec,mode=755", "tmpfs", where}}).status == 0;
    }
    Mounted(const Mounted&) = delete;
    Mounted& operator=(const Mounted&) = delete;
    ~Mounted() {
      if (is_there) run({.arguments = {"umount", directory}});
    }
    fs::path directory;
    bool is_there = false;
  };
  const Home home;
  const Mounted mounted(home / "programs");
  if (!mounted.is_there) {
    WARN("skipped: this machine does not let root mount a file system");
    return;
  }
  fs::copy_file(program("greylisting"), mounted.directory / "greylisting");
  home.plugins("[rcpt]\nprograms/greylisting\n");
  CHECK(name(home.deed()) == name(Deed::refuses));
  const std::string remount = "mount -o remount,exec " + mounted.directory.string();
  const Result check = home.check();
  CAPTURE(check.output);
  CHECK(check.status == 1);
  CHECK_THAT(check.output,
             Contains("its file system is mounted noexec: " + remount + ", and take noexec out of"));
  CHECK(run({.arguments = {"sh", "-c", remount}}).status == 0);
  CHECK(name(home.deed()) == name(Deed::greylists));
  CHECK(home.check().status == 0);
}

TEST_CASE("check names a file system that is mounted read-only", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  REQUIRE(name(home.deed()) == name(Deed::greylists));
  const std::string directory = home / "greylisting";
  const auto shell = [](const std::string& command) {
    return run({.arguments = {"sh", "-c", command}}).status == 0;
  };
  if (!shell("mount --bind " + directory + ' ' + directory + " && mount -o remount,ro,bind " + directory)) {
    WARN("skipped: this machine does not let root mount a file system");
    return;
  }
  const Deed deed = home.deed();
  const Result check = home.check();
  const bool is_remounted = shell(remedy_in(check.output));
  const Deed again = home.deed();
  CHECK(shell("umount " + directory));
  CAPTURE(check.output);
  CHECK(name(deed) == name(Deed::runs_in_vain));
  CHECK(check.status == 1);
  CHECK_THAT(check.output,
             Contains("PROBLEM  the directory greylisting is on a file system that is mounted read-only"));
  CHECK(is_remounted);
  CHECK(name(again) == name(Deed::greylists));
}

TEST_CASE("check knows what an access control list lets a user do", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  const fs::path file = home / "control/greylisting";
  fs::permissions(file, fs::perms(0600));
  // u::rw-, u:65534:r--, g::---, m::r--, o::--- (linux/posix_acl_xattr.h)
  const std::array<std::uint32_t, 11> entries{2,   0x00060001, ~0U, 0x00040002, kNobody, 0x00000004,
                                              ~0U, 0x00040010, ~0U, 0x00000020, ~0U};
  if (setxattr(file.c_str(), "system.posix_acl_access", entries.data(), sizeof entries, 0) != 0) {
    WARN("skipped: this file system has no access control lists");
    return;
  }
  CHECK(name(home.deed()) == name(Deed::greylists));
  const Result check = home.check();
  CAPTURE(check.output);
  CHECK(check.status == 0);
}

TEST_CASE("check does not wait for a control file that is none", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  const fs::path file = home / "control/smtpplugins";
  fs::remove(file);
  REQUIRE(mkfifo(file.c_str(), 0644) == 0);
  const Result fifo = home.check();
  fs::remove(file);
  fs::create_symlink("/dev/zero", file);
  const Result device = home.check();
  for (const Result& check : {fifo, device}) {
    CAPTURE(check.output);
    CHECK(check.status == 1);
    CHECK_THAT(check.output,
               Contains("PROBLEM  control/smtpplugins is no regular file, so qmail-smtpd reads nothing "
                        "from it, or waits for ever\n         -> put a regular file in its place"));
  }
}

TEST_CASE("check warns of the plugin where no recipient is known yet", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  home.plugins("[mail]\nplugins/greylisting\n[rcpt]\nplugins/greylisting\n");
  CHECK(name(home.deed()) == name(Deed::greylists));
  const Result check = home.check();
  CAPTURE(check.output);
  CHECK(check.status == 0);
  CHECK_THAT(check.output,
             Contains("warning  control/smtpplugins:2: \"plugins/greylisting\" under [mail] runs the "
                      "plugin where no recipient is known yet\n         -> take the line out\n"));
}

TEST_CASE("check says what another program answers to an attempt that nobody has made", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  home.plugins(
      "[rcpt]\n:[ \"$SMTPRCPTTO\" = postmaster@example.org ] || echo E550 nobody\n"
      "plugins/greylisting\n");
  const Result check = home.check();
  CAPTURE(check.output);
  CHECK(check.status == 0);
  CHECK_THAT(check.output,
             Contains("says \"E550 nobody\" of an attempt that nobody has made, and not of this "
                      "host's own\n") &&
                 Contains("deferred an attempt never seen before (new)\n"));
}

TEST_CASE("check warns of an attempt that is decided in another way than the next may be", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  home.plugins("[rcpt]\n:GLEXPLICIT=1 exec plugins/greylisting\n");
  CHECK(name(home.deed()) == name(Deed::runs_in_vain));
  const Result check = home.check();
  CAPTURE(check.output);
  CHECK(check.status == 1);
  CHECK_THAT(check.output,
             Contains("warning  plugin, as nobody (uid 65534): accepted an attempt never seen before "
                      "(not-listed), and so whatever it is told") &&
                 Contains("PROBLEM  GLEXPLICIT=1 is set for the plugin, and no recipient has opted in, so"));
}

TEST_CASE("check says what qmail-smtpd's user may not do", "[check]") {
  if (!can_be_nobody()) return;
  for (const BrokenHost& broken : broken_rights()) break_host_and_repair(broken);
}

TEST_CASE("check warns of one of this host's domains that takes no mail", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  write_file(home / "control/rcpthosts", "example.org\nparked.example\n.parked.example\n", 0644);
  home.host();
  const auto add = [&home](const std::string& text) {
    sqlite3* opened = nullptr;
    REQUIRE(sqlite3_open((home / "greylisting/greylisting.db").c_str(), &opened) == SQLITE_OK);
    const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database(opened, sqlite3_close);
    CHECK(sqlite3_exec(opened,
                       ("INSERT INTO greylisting_lists (rcpt_to, block_expires, record_expires) VALUES ('" +
                        text + "', '9999-12-31 23:59:59', '9999-12-31 23:59:59')")
                           .c_str(),
                       nullptr, nullptr, nullptr) == SQLITE_OK);
  };
  add("Parked.example");
  add("elsewhere.example");
  const Result check = home.check();
  CAPTURE(check.output);
  CHECK(check.status == 0);
  CHECK_THAT(check.output,
             Contains("warning  lists/1: deny recipient =Parked.example matches every address of "
                      "parked.example, for which this host takes mail, so all of it is refused\n         -> "
                      "greylistctl remove lists/1, unless it is meant\n") &&
                 !Contains("elsewhere"));
}

TEST_CASE("check says that it works where the host greylists", "[check]") {
  if (!can_be_nobody()) return;
  works("[rcpt]\nplugins/greylisting\n", "\"plugins/greylisting\" under [rcpt]\n");
  works("[rcpt]\n\n# a comment\nplugins/greylisting \t\n", ":4: \"plugins/greylisting\" under [rcpt]\n");
  works("[really]\nplugins/greylisting", "\"plugins/greylisting\" under [rcpt]\n");
  works("[rcpt]\n:exec plugins/greylisting\n", "\":exec plugins/greylisting\" under [rcpt]\n");
  works("[RCPT]\nplugins/other\n[rcpt]\nplugins/greylisting\n", "\"plugins/greylisting\" under [rcpt]\n");
  works("[rcpt]\n:exec plugins/gl\n", "\":exec plugins/gl\" under [rcpt]\n");
  works("[rcpt]\n:echo SSPFRESULT=none\nplugins/greylisting\n", "\"plugins/greylisting\" under [rcpt]\n");
  works("[pass]\nplugins/greylisting\n",
        "under [pass]\n         -> a qmail-smtpd from before September 2025 does not know [pass] and runs "
        "nothing ");
  works("[rcpt]\nplugins/greylisting\n[pass]\n/bin/true\n",
        "under [rcpt]\n         -> under [pass] it would run only for recipients that qmail-smtpd accepts "
        "itself");
}

TEST_CASE("check needs no log to see that the host greylists", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  home.plugins("[rcpt]\n:exec plugins/greylisting 2>>greylisting/log\n");
  CHECK(name(home.deed()) == name(Deed::greylists));
  const Result check = home.check();
  CAPTURE(check.output);
  CHECK(check.status == 0);
  CHECK_THAT(
      check.output,
      Contains("deferred an attempt never seen before, and logged it elsewhere than on standard error\n") &&
          Contains("the record of that attempt was there, and has been removed"));
}

TEST_CASE("A check leaves nothing behind", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  for (const std::string settings : {"", "explicit=1\n", "greylist=suspicious\n", "low_priority_mx=1\n",
                                     "privacy=hash\n", "stage=data\n", "observe=1\n"}) {
    CAPTURE(settings);
    write_file(home / "control/greylisting", "timeout=30000\n" + settings, 0644);
    write_file(home / "control/greylisting_key", "0123456789abcdef0123\n");
    home.own("control/greylisting_key", 0600);
    const Result check = home.check();
    CAPTURE(check.output, check.errors);
    CHECK(check.status == 0);
    CHECK_THAT(check.output,
               Contains("ok       store: the record of that attempt was there, and has been removed\n"));
    for (const std::string table : {"data", "clients", "history", "entries"}) {
      CHECK(count_in_file(home / "greylisting/greylisting.db", "greylisting_" + table) == "0");
    }
    for (const auto& file : fs::directory_iterator(home / "greylisting")) {
      CHECK_THAT(file.path().filename().string(), Catch::StartsWith("greylisting.db"));
      struct stat status = {};
      CHECK((stat(file.path().c_str(), &status) == 0 && status.st_uid == kNobody));
    }
  }
}

TEST_CASE("check knows as whom qmail-smtpd runs, and says how", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  const auto says = [&home](const Arguments& options, const std::string& said) {
    const Result check = home.check(options);
    CAPTURE(check.output, check.errors);
    CHECK_THAT(check.output, Contains("user: qmail-smtpd is taken to run as " + said));
  };
  says({}, "nobody (uid 65534), owner of greylisting\n");
  says({"--user", "65533"}, "uid 65533, as --user says\n");
  write_file(home / "supervise/qmail-smtpd/run",
             "#!/bin/sh\nQMAILDUID=`id -u daemon`\nexec softlimit -m 64000000 \\\n  tcpserver -v -H -R -u "
             "\"$QMAILDUID\" "
             "-g 1 0 smtp /var/qmail/bin/qmail-smtpd 2>&1\n");
  says({}, "daemon (uid 1), as supervise/qmail-smtpd/run says\n");
  const Result unknown = home.check({"--user", "nobody-of-this-name"});
  CHECK(unknown.status == 2);
  CHECK(unknown.errors ==
        "greylistctl: there is no user nobody-of-this-name; name the one that the plugin or the policy "
        "service runs as; try 'greylistctl check --help'\n");
}

TEST_CASE("check does not take it for known that qmail-smtpd runs as root", "[check]") {
  if (!can_be_nobody() || getpwnam("vpopmail") != nullptr || getpwnam("qmaild") != nullptr) return;
  const Home home;
  REQUIRE(chown((home / "greylisting").c_str(), 0, 0) == 0);
  CHECK_THAT(home.check({}).output,
             Contains("warning  user: qmail-smtpd is taken to run as root (uid 0), owner "
                      "of greylisting, though that is unlikely; what follows is checked as "
                      "that user\n         -> name the user that it runs as: "
                      "greylistctl check --user SMTPD_USER\n"));
  // What is wrong for root is not mended by giving it to root.
  fs::permissions(home / "greylisting", fs::perms(0777));
  CHECK_THAT(home.check({}).output, Contains("PROBLEM  ") && !Contains("chown root") &&
                                        Contains("-> name the user that needs it, and read what to do: "
                                                 "greylistctl check --user SMTPD_USER\n"));
}

TEST_CASE("A run script says as whom qmail-smtpd runs", "[check]") {
  const auto user = [](const std::string& text) {
    const ctl::RunScript script = ctl::parse_run_script("run", text);
    return script.user + ':' + script.group;
  };
  CHECK(user("exec tcpserver -u 89 -g 90 0 smtp qmail-smtpd") == "89:90");
  CHECK(user("#exec tcpserver -u 1\nexec tcpserver -vHRu vpopmail 0 smtp qmail-smtpd") == "vpopmail:");
  CHECK(user("U=$(id -u qmaild)\nG=`id -g qmaild`\nexec tcpserver -u $U -g \"${G}\" 0 25 qmail-smtpd") ==
        "qmaild:qmaild");
  CHECK(user("exec chpst -u qmaild:nofiles tcpsvd 0 25 qmail-smtpd") == "qmaild:nofiles");
  CHECK(user("exec envuidgid qmaild tcpserver -U 0 25 qmail-smtpd") == "qmaild:");
  CHECK(user("exec /usr/bin/setuidgid qmaild qmail-smtpd") == "qmaild:");
  CHECK(user("exec tcpserver -u $UNSET 0 25 qmail-smtpd") == ":");
  CHECK(user("exec tcpserver -u `id -u vpopmail` -g $(id -g vchkpw) 0 25 qmail-smtpd") == "vpopmail:vchkpw");
  CHECK(user("exec tcpserver 0 25 qmail-smtpd") == ":");
  CHECK(user("ulimit -u 5000\nexec tcpserver -u 89 -g 90 0 25 qmail-smtpd") == "89:90");
  CHECK(user("sudo -u qmailq touch x\nexec chpst -u :89:90:91 tcpsvd 0 25 qmail-smtpd") == "89:90");
  CHECK(user("U=89\nexec s6-setuidgid ${U} softlimit -m 9 qmail-smtpd -u 1") == "89:");
  CHECK(user("exec tcpserver -HRu89 -g\"9\"'0' 0 25 env -u LANG qmail-smtpd") == "89:90");
  CHECK(user("exec setpriv --regid 90 --reuid 89 qmail-smtpd") == "89:90");
}

TEST_CASE("A run script says what it sets, by which rules it serves and how much memory there is",
          "[check]") {
  const TemporaryDirectory directory;
  write_file(directory / "env/GREYLISTING", "\n");
  write_file(directory / "env/SPPCONFFILE", "control/other\nignored\n");
  const std::string file = directory / "run";
  const auto text = [&file](const std::string& lines) {
    const ctl::RunScript script = ctl::parse_run_script(file, lines);
    std::string said;
    for (const auto& [name, value] : script.environment)
      said.append(name).append("=").append(value).append(" ");
    return said + script.rules + ' ' + script.limits_said;
  };
  CHECK(text("A=1; B='2 3'\nexport A B C=$A # D=4\nexec tcpserver -vRx /etc/tcp.cdb 0 25 qmail-smtpd") ==
        "A=1 B=2 3 C=1 /etc/tcp.cdb ");
  CHECK(text("E=1 F=\"\" exec softlimit -m 20000000 -f 1 \\\n  tcpserver -H -x rules.cdb -m 3 0 25 "
             "qmail-smtpd") ==
        "E=1 F= " + (directory / "rules.cdb").string() + " softlimit -m 20000000, softlimit -f 1");
  CHECK(text("exec envdir ./env softlimit -a30000000 -m40000000 tcpserver 0 25 qmail-smtpd") ==
        "GREYLISTING= SPPCONFFILE=control/other  softlimit -a 30000000, softlimit -m 40000000");
  CHECK(text("exec chpst -e env -m 7 tcpsvd 0 25 env G=1 qmail-smtpd") ==
        "G=1 GREYLISTING= SPPCONFFILE=control/other  chpst -m 7");
  CHECK(text("NOT=exported\nexec tcpserver 0 25 qmail-smtpd") == " ");
}

TEST_CASE("check reads the run script that starts the host", "[check]") {
  if (!can_be_nobody()) return;
  struct Script {
    std::string what;
    std::string lines;
    Deed deed;
    std::string said;
  };
  const std::string enable = "export ENABLE_SPP=1\n";
  for (const Script& script : std::vector<Script>{
           {"plugins are not enabled", "", Deed::does_not_run,
            "PROBLEM  bin/qmail-smtpd runs plugins only where ENABLE_SPP is set, and nothing in "
            "supervise/qmail-smtpd/run sets it, so nothing is greylisted\n         -> add the line export "
            "ENABLE_SPP=1 to supervise/qmail-smtpd/run, and restart the service\n"},
           {"plugins are disabled", enable + "export NOSPP=1\n", Deed::does_not_run,
            "PROBLEM  supervise/qmail-smtpd/run sets NOSPP, with which bin/qmail-smtpd runs no plugins"},
           {"another file", enable + "SPPCONFFILE=control/empty\nexport SPPCONFFILE\n", Deed::does_not_run,
            "PROBLEM  control/empty: no line under [rcpt] runs the plugin"},
           {"another file that is not there", enable + "export SPPCONFFILE=control/nowhere\n", Deed::refuses,
            "PROBLEM  control/nowhere cannot be read by nobody"}}) {
    CAPTURE(script.what);
    const Home home;
    write_file(home / "control/empty", "", 0644);
    write_run_script(home, script.lines);
    CHECK(name(home.deed()) == name(script.deed));
    const Result check = home.check();
    CAPTURE(check.output);
    CHECK_THAT(check.output, Contains(script.said));
    write_run_script(home, enable + "export SPPCONFFILE=control/usual\n");
    fs::rename(home / "control/smtpplugins", home / "control/usual");
    CHECK(name(home.deed()) == name(Deed::greylists));
    const Result again = home.check();
    CAPTURE(again.output);
    CHECK(again.status == 0);
    CHECK_THAT(again.output, Contains("ok       control/usual:2: \"plugins/greylisting\" under [rcpt]\n") &&
                                 !Contains("warning"));
  }
}

TEST_CASE("check tries the plugin within the limits that it has", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  const auto decides = [&home](const std::string& bytes) {
    return !run({.arguments = {"softlimit", "-m", bytes, home / "plugins/greylisting"},
                 .environment = {{"GREYLISTING", ""},
                                 {"TCPREMOTEIP", "192.0.2.1"},
                                 {"SMTPMAILFROM", "a@example.net"},
                                 {"SMTPRCPTTO", "b@example.org"}},
                 .directory = home.path()})
                .output.empty();
  };
  CHECK_FALSE(decides("2000000"));
  struct Limit {
    std::string lines;
    std::string before;
    std::string said;
  };
  for (const Limit& limit : std::vector<Limit>{{"", "softlimit -m 2000000 ", "softlimit -m 2000000"},
                                               {"", "softlimit -d 200000 ", "softlimit -d 200000"},
                                               {"", "softlimit -f 20000 ", "softlimit -f 20000"},
                                               {"", "softlimit -o 5 ", "softlimit -o 5"},
                                               {"ulimit -f 0\n", "", "ulimit -f 0"},
                                               {"ulimit -v 4000\n", "", "ulimit -v 4000"}}) {
    write_run_script(home, "export ENABLE_SPP=1\n" + limit.lines, limit.before);
    CHECK(name(home.deed()) != name(Deed::greylists));
    const Result check = home.check();
    CAPTURE(check.output);
    CHECK(check.status == 1);
    CHECK_THAT(
        check.output,
        Contains("it decides nothing within the limits that supervise/qmail-smtpd/run sets (" + limit.said +
                 "), so nothing is greylisted\n         -> raise them, and restart the service: 32000000 "
                 "bytes of memory and 64 files are enough"));
  }
  write_run_script(home, "export ENABLE_SPP=1\n", "softlimit -m 32000000 ");
  const Result again = home.check();
  CAPTURE(again.output);
  CHECK(again.status == 0);
}

TEST_CASE("check reads the rules of tcpserver as tcpserver reads them", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  const std::string cdb = home / "control/tcp.cdb";
  const auto make = [&](const std::string& rules) {
    write_file(home / "control/tcp", rules, 0644);
    REQUIRE(run({.arguments = {"tcprules", cdb, cdb + ".tmp"}, .input = rules}).status == 0);
  };
  const auto is_set = [&] {
    const std::string said =
        run({.arguments = {"tcprulescheck", cdb}, .environment = {{"TCPREMOTEIP", "192.0.2.1"}}}).output;
    CAPTURE(said);
    return said.find("environment variable GREYLISTING=") != std::string::npos &&
           said.find("environment variable RELAYCLIENT=") == std::string::npos;
  };
  write_run_script(home, "export ENABLE_SPP=1\n", "tcpserver -x " + cdb + " 0 25 ");
  for (const std::string rules :
       {"127.:allow,RELAYCLIENT=\"\"\n:allow\n", "192.0.2.:deny\n:allow,GLBLOCKEXPIRE=\"5\"\n", ""}) {
    make(rules);
    CHECK_FALSE(is_set());
    const Result check = home.check();
    CAPTURE(rules, check.output);
    CHECK_THAT(check.output,
               Contains("warning  rules: no rule in " + cdb +
                        " sets GREYLISTING for clients that may not relay, so nothing is greylisted"));
    // As the remedy says.
    write_file(home / "control/tcp", ":allow,GREYLISTING=\"\"\n", 0644);
    std::smatch found;
    REQUIRE(std::regex_search(check.output, found, std::regex("then: (tcprules .*)\n")));
    CHECK(run({.arguments = {"sh", "-c", found[1].str()}}).status == 0);
    CHECK(is_set());
    CHECK_THAT(home.check().output,
               Contains("ok       rules: " + cdb + " sets GREYLISTING\n") && !Contains("warning"));
  }
  make("127.:allow,RELAYCLIENT=\"\"\n192.0.2.:allow,GREYLISTING=\"\",GLBLOCKEXPIRE=\"5\"\n:allow\n");
  CHECK(is_set());
  CHECK_THAT(home.check().output, Contains("sets GREYLISTING for 192.0.2. alone, so mail of other clients"));
  fs::last_write_time(home / "control/tcp", fs::last_write_time(cdb) + std::chrono::hours(1));
  CHECK_THAT(home.check().output,
             Contains("warning  " + (home / "control/tcp").string() + " has been changed since " + cdb +
                      " was made of it\n         -> "
                      "tcprules "));
}

TEST_CASE("check says what becomes of clients by the run script and the rules, as tcpserver has it",
          "[check]") {
  if (!can_be_nobody()) return;
  struct Service {
    std::string what;
    std::string lines;  // of the run script
    std::string rules;  // `-` where tcpserver has none
    Deed deed;
    std::string said;
    std::function<void(const Home&)> cause{};
    bool is_to_be_set = false;  // as long as no client is to be greylisted
  };
  const auto other_store = [](const Home& home) {
    write_file(home / "control/other", "loglevel=4\nsqlite_file=other/other.db\n", 0644);
    fs::create_directory(home / "other");
    home.own("other", 0700);
  };
  const std::string spp = "export ENABLE_SPP=1\n";
  const std::string usual = ":allow,GREYLISTING=\"\"\n";
  const auto cdb_of_root = [](const Home& home) {
    fs::permissions(home / "control/tcp.cdb", fs::perms(0600));
  };
  for (const Service& service : std::vector<Service>{
           {"all is set", spp, usual, Deed::greylists, "ok       rules: "},
           {"plugins are not enabled", "", usual, Deed::does_not_run,
            "PROBLEM  bin/qmail-smtpd runs plugins only where ENABLE_SPP is set, and nothing in "
            "supervise/qmail-smtpd/run or the rule :allow in "},
           {"no GREYLISTING",
            spp,
            "-",
            Deed::does_not_run,
            "warning  nothing in supervise/qmail-smtpd/run sets GREYLISTING, so nothing is greylisted",
            {},
            true},
           {"a reply for everybody", spp, ":allow,GREYLISTING=\"550 go away\"\n", Deed::runs_in_vain,
            " sets GREYLISTING to \"550 go away\", which is the answer to every recipient, so all mail is "
            "refused"},
           {"a deferral for everybody", spp + "export GREYLISTING='450 later'\n", ":allow\n",
            Deed::runs_in_vain,
            "PROBLEM  supervise/qmail-smtpd/run sets GREYLISTING to \"450 later\", which is the answer to "
            "every "
            "recipient, so all mail waits for ever\n         -> set GREYLISTING=\"\" there, and restart the"},
           {"one host alone",
            spp,
            "127.0.0.9:allow,GREYLISTING=\"\"\n:allow\n",
            Deed::does_not_run,
            "sets GREYLISTING for 127.0.0.9 alone, so mail of other clients is not greylisted",
            {},
            true},
           {"a control file of the run script's", spp + "export GLCONFIGFILE=control/other\n", usual,
            Deed::greylists, "settings, as control/other and GLCONFIGFILE of supervise/qmail-smtpd/run",
            other_store},
           {"a database of the rule's", spp, ":allow,GREYLISTING=\"\",GLSQLITEFILE=\"other/other.db\"\n",
            Deed::greylists, "ok       store: opened other/other.db\n", other_store},
           {"every client may relay", spp + "export RELAYCLIENT=\n", usual, Deed::does_not_run,
            "PROBLEM  supervise/qmail-smtpd/run sets RELAYCLIENT, with which every client may relay"},
           {"every client may relay by rule", spp, ":allow,RELAYCLIENT=\"\",GREYLISTING=\"\"\n",
            Deed::does_not_run, "PROBLEM  the rule :allow in "},
           {"no rules", spp, usual, Deed::does_not_run, "is not there, so tcpserver drops every connection",
            [](const Home& home) { fs::remove(home / "control/tcp.cdb"); }},
           {"rules of root's", spp, usual, Deed::does_not_run,
            "cannot be read by nobody (uid 65534), so tcpserver drops every connection", cdb_of_root},
           {"rules that are none", spp, usual, Deed::does_not_run,
            "is no cdb of rules, so tcpserver drops every connection",
            [](const Home& home) { write_file(home / "control/tcp.cdb", "rules", 0644); }},
           {"no plugins by rule", spp, ":allow,GREYLISTING=\"\",NOSPP=\"\"\n", Deed::does_not_run,
            "PROBLEM  the rule :allow in "},
           {"another file by rule", spp, ":allow,GREYLISTING=\"\",SPPCONFFILE=\"control/none\"\n",
            Deed::refuses, "PROBLEM  control/none cannot be read by nobody"},
           {"explicit by rule", spp, ":allow,GREYLISTING=\"\",GLEXPLICIT=\"1\"\n", Deed::runs_in_vain,
            "PROBLEM  GLEXPLICIT=1 is set for the plugin"},
           {"two rules for what one has to set", "", "10.:allow,ENABLE_SPP=\"\"\n" + usual,
            Deed::does_not_run, "nothing in supervise/qmail-smtpd/run or the rule :allow in "},
           {"every client denied", spp + "export GREYLISTING=\n", ":deny\n", Deed::does_not_run,
            "denies every client to be greylisted, so no mail comes in"},
           {"an answer after which clients leave", spp,
            "10.:allow,GREYLISTING=\"\",GLDEFERMESSAGE=\"421 later\"\n" + usual, Deed::greylists,
            ": GLDEFERMESSAGE: 421 says that the server hangs up"},
           {"the same of another rule", spp,
            "10.:allow,GREYLISTING=\"\"\n11.:allow,GREYLISTING=\"421 go away\"\n" + usual, Deed::greylists,
            ": GREYLISTING: 421 says that the server hangs up"},
           {"a variable of another rule", spp,
            "10.:allow,GREYLISTING=\"\"\n11.:allow,GREYLISTING=\"\",GLBLOCKEXPIRE=\"soon\"\n" + usual,
            Deed::greylists, ": GLBLOCKEXPIRE: \"soon\" is not"},
           {"a variable of the rule that is tried", spp, ":allow,GREYLISTING=\"\",GLBLOCKEXPIRE=\"soon\"\n",
            Deed::greylists, ": GLBLOCKEXPIRE: \"soon\" is not"},
           {"a variable of the run script", spp + "export GLBLOCKEXPIRE=soon\n", usual, Deed::greylists,
            "warning  supervise/qmail-smtpd/run: GLBLOCKEXPIRE: \"soon\" is not"},
           {"a file of the run script's", spp + "export GLCONFIGFILE=control/none\n", usual,
            Deed::runs_in_vain, "supervise/qmail-smtpd/run: GLCONFIGFILE: control/none"},
           {"a file of another rule", spp,
            "10.:allow,GREYLISTING=\"\"\n11.:allow,GREYLISTING=\"\",GLCONFIGFILE=\"control/none\"\n" + usual,
            Deed::greylists, ": GLCONFIGFILE: control/none"},
           {"all by one rule of many", "", "10.:deny\n127.:allow,GREYLISTING=\"\",ENABLE_SPP=\"\"\n:allow\n",
            Deed::greylists, "sets GREYLISTING for 127. alone"}}) {
    INFO(service.what);
    const Home home;
    const std::string cdb = home / "control/tcp.cdb";
    std::string server = "tcpserver -1 -HRl0 -u 65534 -g 65534 ";
    if (service.rules != "-") {
      REQUIRE(run({.arguments = {"tcprules", cdb, cdb + ".tmp"}, .input = service.rules}).status == 0);
      server += "-x " + cdb + ' ';
    }
    if (service.cause) service.cause(home);
    write_run_script(home, service.lines, server + "127.0.0.1 0 ");
    CHECK(name(home.deed()) == name(service.deed));
    const Result check = home.check({});
    CAPTURE(check.output, check.errors);
    CHECK_THAT(check.output, Contains(service.said));
    CHECK(check.status == (service.deed == Deed::greylists || service.is_to_be_set ? 0 : 1));
    // What leaves mail alone is not kept from cron.
    if (service.is_to_be_set && Catch::Matchers::EndsWith("nothing is greylisted").match(service.said))
      CHECK_THAT(home.check({"--quiet"}).output, Contains(service.said));
  }
}

TEST_CASE("check follows the programs that start the host, as they do what they are told", "[check]") {
  if (!can_be_nobody()) return;
  struct Started {
    std::string what;
    std::string lines;   // of the run script
    std::string before;  // the program
    Deed deed;
    std::string said;
    std::function<void(const Home&)> cause{};
  };
  const std::string set = "export ENABLE_SPP=1 GREYLISTING=\n";
  const std::string server = "tcpserver -1 -HRl0 -u 65534 -g 65534 ";
  const std::string unset = "runs plugins only where ENABLE_SPP is set, and nothing in ";
  const std::string closed = "PROBLEM  the directory greylisting cannot be written by nobody (uid 65534)";
  const std::string smtpd = "../../bin/qmail-smtpd";
  const auto untold = [](int line, const std::string& variable, const std::string& taken) {
    return "warning  supervise/qmail-smtpd/run:" + std::to_string(line) + ": what becomes of " + variable +
           " cannot be told without running it; it is taken to be " + taken + '\n';
  };
  const auto of_daemon = [](const Home& home) {
    REQUIRE(chown((home / "greylisting").c_str(), 1, 1) == 0);
    write_file(home / "control/uid", "65534\n", 0644);
  };
  const auto directory = [](const std::string& greylisting, const std::string& enable) {
    return [greylisting, enable](const Home& home) {
      write_file(home / "supervise/qmail-smtpd/env/GREYLISTING", greylisting, 0644);
      write_file(home / "supervise/qmail-smtpd/env/ENABLE_SPP", enable, 0644);
    };
  };
  for (const Started& started : std::vector<Started>{
           {"values attached", set, "tcpserver -1 -HRl0 -u65534 -g65534 127.0.0.1 0 ", Deed::runs_in_vain,
            closed, of_daemon},
           {"a default", set, "tcpserver -1 -HRl0 -u \"${NO_USER:-65534}\" -g 65534 127.0.0.1 0 ",
            Deed::runs_in_vain, closed, of_daemon},
           {"a user in a file", set + "cd ../../control\n",
            "tcpserver -1 -HRl0 -u `cat uid` -g 65534 127.0.0.1 0 ", Deed::runs_in_vain, closed, of_daemon},
           {"setpriv", set,
            "tcpserver -1 -HRl0 127.0.0.1 0 setpriv --reuid=65534 --regid=65534 --clear-groups ",
            Deed::runs_in_vain, closed, of_daemon},
           {"a user that cannot be told", set,
            "tcpserver -1 -HRl0 -u $(expr 65533 + 1) -g 65534 127.0.0.1 0 ", Deed::greylists,
            "warning  user: qmail-smtpd is taken to run as nobody (uid 65534), owner of greylisting, though "
            "supervise/qmail-smtpd/run says \"tcpserver -u $(expr 65533 + 1)\", which cannot be told"},
           {"no group", set, "tcpserver -1 -HRl0 -u 65534 127.0.0.1 0 ", Deed::runs_in_vain,
            "PROBLEM  control/greylisting cannot be read by nobody (uid 65534)",
            [](const Home& home) {
              REQUIRE(chown((home / "control/greylisting").c_str(), 0, kNobody) == 0);
              fs::permissions(home / "control/greylisting", fs::perms(0640));
            }},
           {"another option -u", set + ": -u 5\n", server + "127.0.0.1 0 ", Deed::greylists,
            "ok       user: qmail-smtpd is taken to run as nobody (uid 65534)"},
           {"all by envdir", "", "envdir ./env " + server + "127.0.0.1 0 ", Deed::greylists,
            "ok       plugin, as nobody", directory("\n", "1 \t\n")},
           {"an empty file of envdir", set, "envdir ./env " + server + "127.0.0.1 0 ", Deed::does_not_run,
            unset, directory("\n", "")},
           {"another empty file of envdir", set, server + "127.0.0.1 0 envdir ./env ", Deed::does_not_run,
            "warning  nothing in supervise/qmail-smtpd/run sets GREYLISTING", directory("", "1")},
           {"unset", set + "unset ENABLE_SPP\n", server + "127.0.0.1 0 ", Deed::does_not_run, unset},
           {"env -", set, "env - PATH=\"$PATH\" " + server + "127.0.0.1 0 ", Deed::does_not_run, unset},
           {"env -i behind the server", set, server + "127.0.0.1 0 env -i ", Deed::does_not_run, unset},
           {"env -u", set, server + "127.0.0.1 0 env -u LANG -u ENABLE_SPP ", Deed::does_not_run, unset},
           {"a branch on one line", "if [ -d / ]; then export ENABLE_SPP=1; fi\nexport GREYLISTING=\n",
            server + "127.0.0.1 0 ", Deed::greylists, untold(3, "ENABLE_SPP", "set")},
           {"a branch that is not taken",
            "case 1 in\n(2|3) export ENABLE_SPP=1;;\nesac\nexport GREYLISTING=\n", server + "127.0.0.1 0 ",
            Deed::does_not_run, untold(4, "ENABLE_SPP", "set")},
           {"a branch that is taken", set + "[ -d / ] &&\n  export GREYLISTING='450 later'\n",
            server + "127.0.0.1 0 ", Deed::runs_in_vain, untold(5, "GREYLISTING", "set")},
           {"a harmful branch that is not taken", set + "[ -e /nowhere ] && export RELAYCLIENT=\n",
            server + "127.0.0.1 0 ", Deed::greylists, untold(4, "RELAYCLIENT", "unset")},
           {"what a branch takes away", set + "if [ -e /nowhere ]\nthen unset GREYLISTING\nfi\n",
            server + "127.0.0.1 0 ", Deed::greylists, untold(5, "GREYLISTING", "set")},
           {"a function that is not called", "f() {\n  export ENABLE_SPP=1\n}\nexport GREYLISTING=\n",
            server + "127.0.0.1 0 ", Deed::does_not_run, untold(4, "ENABLE_SPP", "set")},
           {"a branch that does not matter",
            set + "if [ -e /nowhere ]; then\n  echo no qmail-smtpd; exit 1\nfi\n"
                  "if [ -d / ]; then export ENABLE_SPP=1; fi\n",
            server + "127.0.0.1 0 ", Deed::greylists, "ok       plugin, as nobody"},
           {"a value that cannot be told", set + "export GREYLISTING=\"$(echo 450 later)\"\n",
            server + "127.0.0.1 0 ", Deed::runs_in_vain, untold(4, "GREYLISTING", "set")},
           {"a here-document", "cat >/dev/null <<-'END'\nexport ENABLE_SPP=1\n\tEND\nexport GREYLISTING=\n",
            server + "127.0.0.1 0 ", Deed::does_not_run, unset},
           {"after a program",
            "exec 3>&1\nexport GREYLISTING=\nexec " + server + "127.0.0.1 0 " + smtpd +
                "\nexport ENABLE_SPP=1\n",
            "", Deed::does_not_run, unset},
           {"two lines that start it",
            set + "if [ -d / ]; then exec env -u ENABLE_SPP " + server + "127.0.0.1 0 " + smtpd +
                "; fi\nexport ENABLE_SPP=1\n",
            server + "127.0.0.1 0 ", Deed::does_not_run,
            "warning  supervise/qmail-smtpd/run:4: whether that line starts qmail-smtpd cannot be told "
            "without "
            "running it; it is taken to do so"},
           {"options in a variable", set + "OPTIONS='-1 -HRl0'\n",
            "tcpserver $OPTIONS -u 65534 -g 65534 127.0.0.1 0 ", Deed::greylists,
            "ok       plugin, as nobody"},
           {"rules that cannot be told", "export ENABLE_SPP=1\n",
            "tcpserver -1 -HRl0 -u 65534 -g 65534 -x \"$(printf ../../control/rules.cdb)\" 127.0.0.1 0 ",
            Deed::greylists,
            "warning  rules: supervise/qmail-smtpd/run says \"tcpserver -x $(printf "
            "../../control/rules.cdb)\", which cannot be told without running it",
            [](const Home& home) {
              const std::string cdb = home / "control/rules.cdb";
              REQUIRE(
                  run({.arguments = {"tcprules", cdb, cdb + ".tmp"}, .input = ":allow,GREYLISTING=\"\"\n"})
                      .status == 0);
            }},
           {"a script that is read in", ". ./more\n", server + "127.0.0.1 0 ", Deed::greylists,
            "ok       plugin, as nobody",
            [set](const Home& home) { write_file(home / "supervise/qmail-smtpd/more", set, 0644); }}}) {
    INFO(started.what);
    const Home home;
    write_run_script(home, "cd " + (home / "supervise/qmail-smtpd").string() + '\n' + started.lines,
                     started.before);
    if (started.cause) started.cause(home);
    CHECK(name(home.deed()) == name(started.deed));
    const Result check = home.check({});
    CAPTURE(check.output, check.errors);
    CHECK_THAT(check.output, Contains(started.said));
    CHECK(check.status == (started.deed == Deed::greylists || started.said.starts_with("warning") ? 0 : 1));
  }
}

TEST_CASE("check examines every service that starts the host", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  const std::string server = "tcpserver -1 -HRl0 -u 65534 -g 65534 127.0.0.1 0 ";
  const auto add = [&home](const std::string& service, const std::string& lines, const std::string& before) {
    write_script(home, "supervise/" + service + "/run",
                 "#!/bin/sh\n" + lines + "exec " + before + (home / "bin/qmail-smtpd").string() + '\n');
  };
  const std::string set = "export GREYLISTING= ENABLE_SPP=1\n";
  write_run_script(home, "export GREYLISTING=\n", server);
  add(".old", set, server);
  CHECK(name(home.deed()) == name(Deed::does_not_run));
  const auto says = [&home](int status, const std::string& said) {
    const Result check = home.check({});
    CAPTURE(check.output, check.errors);
    CHECK(check.status == status);
    CHECK_THAT(check.output, Contains(said));
    return check.output;
  };
  const std::string problem = "bin/qmail-smtpd runs plugins only where ENABLE_SPP is set";
  says(1, "PROBLEM  " + problem);
  add("another", set, server);
  says(1, "PROBLEM  supervise/qmail-smtpd/run: " + problem);
  // One that greylists nobody may mean so.
  write_run_script(home, "", server);
  CHECK(name(home.deed()) == name(Deed::does_not_run));
  says(0,
       "warning  supervise/qmail-smtpd/run sets GREYLISTING for no client, so nothing that comes that way "
       "is greylisted\n");
  write_run_script(home, "", "tcpserver -HR -u 65534 -g 65534 0 587 ");
  CHECK_THAT(says(0,
                  "ok       supervise/qmail-smtpd/run sets GREYLISTING for no client, and is a service for "
                  "clients of your own\n"),
             !Contains("warning"));
  // One that is linked to from nowhere does not run; one that is named in a comment is another.
  add("qmail-send", "# after qmail-smtpd\n", "env /bin/true #");
  fs::remove_all(home / "supervise/another");
  says(1, "warning  nothing in supervise/qmail-smtpd/run sets GREYLISTING, so nothing is greylisted\n");
  fs::remove_all(home / "supervise");
  says(0, "warning  no run script found, so whether ENABLE_SPP and GREYLISTING are set is not known\n");
}

TEST_CASE("check takes nothing of this shell for the host's", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  const auto check = [&home](const Arguments& variables) {
    Command command{.arguments = {"env"}, .directory = "/"};
    command.arguments.insert(command.arguments.end(), variables.begin(), variables.end());
    const Arguments words{built("greylistctl"), "--home", home.path(), "check", "--user", "nobody"};
    command.arguments.insert(command.arguments.end(), words.begin(), words.end());
    return run(command);
  };
  const Result named = check({"GLEXPLICIT=1"});
  CAPTURE(named.output, named.errors);
  CHECK_THAT(named.output,
             Contains("ok       settings, as control/greylisting and GLEXPLICIT of this shell have them\n"));

  write_run_script(home, "export ENABLE_SPP=1 GREYLISTING=\n");
  const Result left_out = check({"GLEXPLICIT=1", "GLSQLITEFILE=/nowhere/greylisting.db"});
  CAPTURE(left_out.output, left_out.errors);
  CHECK(left_out.status == 0);
  CHECK_THAT(left_out.output, Contains("ok       GLEXPLICIT of this shell is left out") &&
                                  Contains("ok       settings, as control/greylisting has them\n") &&
                                  !Contains("warning"));

  fs::create_symlink(program("greylisting"), home / "bin/greylisting");
  home.plugins("[rcpt]\n:exec greylisting\n");
  const std::string path = (home / "bin").string() + ":/usr/bin:/bin";
  CHECK(name(home.deed()) == name(Deed::does_not_run));
  const Result of_root = check({"PATH=" + path});
  CAPTURE(of_root.output, of_root.errors);
  CHECK(of_root.status == 1);
  CHECK_THAT(of_root.output, Contains("greylisting: not found"));
  write_run_script(home,
                   "PATH=" + (home / "bin").string() + ":$PATH\nexport ENABLE_SPP=1 GREYLISTING= PATH\n");
  CHECK(name(home.deed()) == name(Deed::greylists));
  CHECK(check({}).status == 0);
}

TEST_CASE("check gives files to a user without a name", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  fs::permissions(home / "greylisting", fs::perms(0777));
  const Arguments user{"--user", "61234"};
  const std::string remedy = remedy_in(home.check(user).output);
  CHECK_THAT(remedy, Catch::StartsWith("chown 61234:61234 "));
  CHECK(run({.arguments = {"sh", "-c", remedy}}).status == 0);
  const Result again = home.check(user);
  CAPTURE(again.output);
  CHECK(again.status == 0);
}

TEST_CASE("check warns where explicit=1 leaves nobody to be greylisted", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  write_file(home / "control/greylisting", "timeout=30000\nexplicit=1\n", 0644);
  const std::string said = "warning  explicit=1, and no recipient has opted in, so nothing is greylisted\n";
  const auto ctl = [&home](Arguments arguments) {
    arguments.insert(arguments.begin(), {built("greylistctl"), "--home", home.path()});
    return run({.arguments = arguments});
  };
  CHECK_THAT(home.check().output, Contains(said));
  CHECK(ctl({"skip", "carol@example.org"}).status == 0);
  CHECK_THAT(home.check().output, Contains(said));
  // A block for a client opts nobody in, nor does the same pattern as one that opts out.
  CHECK(ctl({"greylist", "192.0.2.0/24", "--block", "10"}).status == 0);
  CHECK(ctl({"greylist", "carol@example.org"}).status == 0);
  CHECK_THAT(home.check().output, Contains(said));
  CHECK(ctl({"greylist", "bob@example.org"}).status == 0);
  CHECK_THAT(home.check().output, !Contains(said));
}

TEST_CASE("control/smtpplugins is read as the host reads it", "[check]") {
  using namespace std::string_literals;
  const auto text = [](const std::string& file) {
    std::string lines;
    for (const ctl::PluginLine& line : ctl::parse_smtpplugins(file))
      lines += std::to_string(line.number) + (line.section == 0 ? '-' : line.section) + line.program + '|';
    return lines;
  };
  CHECK(text("[rcpt]\na\n\n#b\n c\t \nd\r\n[R]\ne\n[\nf") == "2ra|5r c|6rd\r|8-e|10-f|");
  CHECK(text("a\n[pass]\nb\n[x]\nc\n[auth\nd") == "1-a|3pb|5-c|7ad|");
  CHECK(text("[r\na\0b\0\n\0c\n"s) == "2ra|2rb|2r|");
}

TEST_CASE("check prints JSON, or with --quiet nothing when it works", "[check]") {
  if (!can_be_nobody()) return;
  const Home home;
  const Result quiet = home.check({"--quiet"});
  CHECK(quiet.status == 0);
  CHECK((quiet.output + quiet.errors).empty());
  const Result json = home.check({"--json", "--verbose"});
  CHECK(json.status == 0);
  CHECK_THAT(json.output, Contains("\"works\": true") && Contains("\"state\": \"ok\"") &&
                              Contains("\"block_expire\": \"5\""));
  CHECK_THAT(home.check().output, !Contains("block_expire"));
  CHECK_THAT(home.check({"--verbose"}).output, Contains("           block_expire = 5\n"));

  home.plugins("");
  const Result broken = home.check({"--quiet"});
  CHECK(broken.status == 1);
  CHECK_THAT(broken.output, Catch::StartsWith("PROBLEM  control/smtpplugins: no line under [rcpt]"));
  CHECK_THAT(broken.output, !Contains("ok  "));
  CHECK_THAT(home.check({"--json"}).output,
             Contains("\"works\": false") && Contains("\"remedy\": \"add the line"));
}

TEST_CASE("A home that is none is named", "[check]") {
  const TemporaryDirectory directory;
  const Result check = run({.arguments = {built("greylistctl"), "--home", directory.path(), "check", "--user",
                                          std::to_string(geteuid())}});
  CAPTURE(check.output);
  CHECK(check.status == 1);
  CHECK_THAT(check.output,
             Contains("ok       settings: there is no control/greylisting, so each has its default\n"));
  CHECK_THAT(check.output, Contains("PROBLEM  control/smtpplugins cannot be read by "));
  CHECK(fs::is_empty(directory.path()));
}

TEST_CASE("metrics says that the store is down where the plugin cannot use it", "[check][metrics]") {
  if (!can_be_nobody()) return;
  const std::set<std::string> of_nobody{"settings of root's", "database of root's", "a secret of root's",
                                        "folder of everybody's", "folder that may not be written"};
  for (const BrokenHost& broken : broken_rights()) {
    if (!of_nobody.contains(broken.what)) continue;
    INFO(broken.what);
    const Home home;
    const auto metrics = [&home] {
      return run({.arguments = {built("greylistctl"), "--home", home.path(), "metrics"}, .directory = "/"});
    };
    home.host();
    const Result before = metrics();
    CAPTURE(before.errors);
    CHECK(before.status == 0);
    CHECK_THAT(before.output, Contains("\ngreylisting_store_up 1\n"));
    broken.cause(home);
    const Result after = metrics();
    CAPTURE(after.output, after.errors);
    CHECK(after.status == 1);
    CHECK_THAT(after.output, Contains("\ngreylisting_store_up 0\n"));
    CHECK_THAT(after.errors, Contains(broken.said));
  }
}

TEST_CASE("metrics says that the store is down where the plugin's account cannot use it",
          "[check][metrics]") {
  if (!can_be_nobody()) return;
  const Installation installation(GENERATE(Backend::mariadb, Backend::mysql56));
  CAPTURE(name(installation.backend()));
  const fs::path options = installation.home() / "control/mysql.cnf";
  const std::string text = read_file(options);
  fs::remove_all(installation.home() / "supervise");  // whoever owns the option file
  fs::create_directory(installation.home() / "greylisting");
  for (const fs::path& open : {installation.home(), installation.home() / "control",
                               fs::path(installation.server().socket()).parent_path()})
    fs::permissions(open, fs::perms(0755));
  for (const fs::path& file : {options, installation.home() / "greylisting"})
    REQUIRE(chown(file.c_str(), kNobody, kNobody) == 0);
  const auto up = [&](const std::string& value) {
    const Result result = run(
        {.arguments = {built("greylistctl"), "--home", installation.home(), "metrics"}, .directory = "/"});
    CAPTURE(result.errors);
    CHECK(result.status == (value == "1" ? 0 : 1));
    CHECK_THAT(result.output, Contains("\ngreylisting_store_up " + value + "\n"));
    // What root can read is told all the same.
    CHECK_THAT(result.output, Contains("\ngreylisting_records 0\n"));
    return result.errors;
  };
  CHECK(up("1").empty());
  REQUIRE(chown(options.c_str(), 0, 0) == 0);
  fs::permissions(options, fs::perms(0600));
  CHECK_THAT(up("0"), Contains("control/mysql.cnf cannot be read by nobody (uid 65534)"));
  write_file(options, std::regex_replace(text, std::regex("password=.*"), "password=wrong"), 0644);
  CHECK_THAT(up("0"), Contains("greylistctl metrics: as nobody (uid 65534): MySQL: Access denied for user"));
}

}  // namespace greylisting::test
