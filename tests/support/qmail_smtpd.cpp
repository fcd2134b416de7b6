// NAME
//     qmail-smtpd - a stand-in for qmail-smtpd with the qmail-spp patch
//
// SYNOPSIS
//     tcpserver -x tcp.cdb 127.0.0.1 25 qmail-smtpd [qmail-home]
//
// DESCRIPTION
//     Receives mail by SMTP on descriptors 0 and 1, runs the plugins that control/smtpplugins names, and
//     writes every message it accepts to a file of its own in queue/. Towards plugins it does what qmail-spp
//     0.42 does, so that a plugin can be tested where there is no qmail. It trusts its administrator, keeps
//     no time limits, counts no hops or bytes, knows no badmailfrom, and is not for mail that matters.
//
//     Everything is relative to the working directory, which is qmail-home when that is given.
//
// PLUGINS
//     Sections [connection], [helo], [mail], [rcpt], [pass], [data], [auth]; only the letter after the
//     bracket counts, in lower case, and lines of a section with another letter are dropped. [pass], which
//     0.42 does not know yet, is run for a recipient that has passed the host's own checks. A line ends at
//     LF, or at a NUL; blanks and tabs at its end are taken off, a CR is not; an empty line, and one that
//     begins with #, is none. A line that begins with a colon goes to /bin/sh -c; any other is, as it stands,
//     the path of a program, which gets no arguments. Its descriptor 0 is closed, 1 is a pipe that is read to
//     its end or to the first of E, R, D, A, N and O, 2 is this program's. SIGPIPE is ignored, as qmail-smtpd
//     leaves it.
//
//     Header lines and the texts of LM, LR and LD are kept until RSET or until a message is taken; neither
//     MAIL nor a text that has been said clears them.
//
//     The host counts a line's bytes with its LF and takes the last one off whichever it is: `A` is a
//     command, a line of nothing but LF is none, and a last line without LF loses a byte.
//
// ENVIRONMENT
//     RELAYCLIENT, TCPREMOTEIP, TCPREMOTEHOST
//         As from tcpserver and tcprules. Whatever else is in the environment reaches the plugins too:
//         GREYLISTING, SPFRESULT, RBLRESULT, GL… .
//     NOSPP
//         No plugins are run.
//     SPPCONFFILE
//         Read instead of control/smtpplugins.
//     QMAIL_SMTPD_AUTH
//         The user that may authenticate, with any password; AUTH is offered only when it is set. Not a
//         variable of qmail's, which asks a checkpassword program.
//
//     Set for the plugins: SMTPHELOHOST, SMTPMAILFROM, SMTPRCPTTO, SMTPRCPTCOUNT, SMTPRCPTCOUNTALL,
//     SMTPRCPTHOSTSOK, SMTPAUTHUSER, SMTPAUTHMETHOD, and RELAYCLIENT once the client has authenticated.
//
// FILES
//     control/me          name in the greeting; required
//     control/rcpthosts   domains that mail is taken for, `.domain` for all below it; without the file, all
//     control/smtpplugins required unless NOSPP is set
//     queue/N             accepted message number N: a line F and the sender, a line T and the recipient for
//     each of
//                         them, an empty line, the message with LF line ends. It appears complete.
//
// EXIT STATUS
//     0 after QUIT or when a plugin dropped the connection, 1 when the client went away or sent a bare LF, or
//     when a control file is missing.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace greylisting::test {
namespace {

// Thrown to end the session; what has been said to the client is sent first.
struct EndOfSession {
  int status;
};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::string environment(const char* name, std::string_view otherwise = {}) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string(otherwise) : std::string(value);
}

bool may_relay() { return std::getenv("RELAYCLIENT") != nullptr; }

// The lines of a control file, without trailing blanks, comments and empty lines; nothing when there is no
// such file, or it cannot be read. What follows a NUL in a line is a line of its own, an empty one, too.
std::optional<std::vector<std::string>> control_lines(const std::string& file) {
  std::ifstream stream(file);
  if (!stream) return std::nullopt;
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    line.erase(line.find_last_not_of(" \t") + 1);
    if (line.empty() || line[0] == '\0' || line[0] == '#') continue;
    for (std::size_t end = 0; end != std::string::npos; line.erase(0, end + 1)) {
      end = line.find('\0');
      lines.push_back(line.substr(0, end));
      if (end == std::string::npos) break;
    }
  }
  if (stream.bad()) return std::nullopt;
  return lines;
}

// Lines from a descriptor.
class LineReader {
 public:
  explicit LineReader(int descriptor) : descriptor_(descriptor) {}

  bool holds_line() const { return buffer_.find('\n') != std::string::npos; }

  // The next line with its LF, or what is left before the end of the stream; empty at the end and on an
  // error.
  std::string next() {
    std::array<char, 4096> piece{};
    while (!holds_line()) {
      const ssize_t size = read(descriptor_, piece.data(), piece.size());
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return std::exchange(buffer_, {});
      buffer_.append(piece.data(), static_cast<std::size_t>(size));
    }
    const std::size_t size = buffer_.find('\n') + 1;
    std::string line = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return line;
  }

 private:
  int descriptor_;
  std::string buffer_;
};

// The SMTP client's end of the session.
class Client {
 public:
  void say(std::string_view text) { pending_ += text; }

  // One reply line.
  void reply(std::string_view text) {
    say(text);
    say("\r\n");
  }

  void flush() {
    while (!pending_.empty()) {
      const ssize_t size = write(STDOUT_FILENO, pending_.data(), pending_.size());
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) throw EndOfSession{1};
      pending_.erase(0, static_cast<std::size_t>(size));
    }
  }

  // The next line with its LF. Answers are held back as long as the client has sent more (PIPELINING).
  std::string next_line() {
    if (!input_.holds_line()) flush();
    std::string line = input_.next();
    if (line.empty() || line.back() != '\n') throw EndOfSession{1};
    return line;
  }

  // The next line without its CR LF or LF.
  std::string next_text() {
    std::string line = next_line();
    line.pop_back();
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
  }

 private:
  LineReader input_{STDIN_FILENO};
  std::string pending_;
};

// A plugin that has been started and whose output can be read.
class Plugin {
 public:
  // `line` as in control/smtpplugins. The plugin's status is 120 when it cannot be executed.
  explicit Plugin(const std::string& line) {
    std::array<int, 2> ends{};
    // No end but the copy that becomes descriptor 1 is passed on: the output would never end.
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw EndOfSession{1};
    output_ = ends[0];

    std::string program = line;
    std::string shell = "/bin/sh";
    std::string option = "-c";
    std::string script = line.starts_with(':') ? line.substr(1) : std::string();
    std::array<char*, 2> direct{program.data(), nullptr};
    std::array<char*, 4> by_shell{shell.data(), option.data(), script.data(), nullptr};
    char** const arguments = line.starts_with(':') ? by_shell.data() : direct.data();

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclose(&actions, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    if (posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments, environ) != 0) pid_ = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
  }
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  ~Plugin() {
    if (output_ >= 0) close(output_);
  }

  int output() const { return output_; }

  // Waits for its end. Why the host calls it a failure; empty when it does not.
  std::string failure() {
    close(std::exchange(output_, -1));
    if (pid_ < 0) return "can't execute";
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0) {
      if (errno != EINTR) return "wait_pid() failed";
    }
    if (WIFSIGNALED(status)) return "child crashed";
    if (WEXITSTATUS(status) == 120) return "can't execute";
    return {};
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

enum class Verdict { refused, no_objection, unchecked };

// qmail-spp: the sections of control/smtpplugins and what their plugins have said.
class Plugins {
 public:
  explicit Plugins(Client& client) : client_(client) {}

  // False when the file cannot be read.
  bool load() {
    if (std::getenv("NOSPP") != nullptr) return true;
    const std::string named = environment("SPPCONFFILE");
    const auto lines = control_lines(named.empty() ? "control/smtpplugins" : named);
    if (!lines) return false;
    enabled_ = true;
    char section = 0;
    for (const std::string& line : *lines) {
      if (line.starts_with('[')) {
        section = line.size() > 1 ? line[1] : '\0';
      } else {
        sections_[section].push_back(line);
      }
    }
    return true;
  }

  Verdict connection() { return run('c'); }

  Verdict helo(const std::string& host) {
    setenv("SMTPHELOHOST", host.c_str(), 1);
    return run('h');
  }

  Verdict mail(std::string& sender) {
    if (answer_remembered('M')) return Verdict::refused;
    recipients_accepted_ = recipients_tried_ = 0;
    return run('m', "SMTPMAILFROM", &sender);
  }

  Verdict rcpt(std::string& recipient, bool allowed) {
    if (answer_remembered('R')) return Verdict::refused;
    setenv("SMTPRCPTCOUNT", std::to_string(recipients_accepted_).c_str(), 1);
    setenv("SMTPRCPTCOUNTALL", std::to_string(++recipients_tried_).c_str(), 1);
    setenv("SMTPRCPTHOSTSOK", allowed ? "1" : "0", 1);
    return run('r', "SMTPRCPTTO", &recipient);
  }

  // Once the host's own checks have been passed.
  Verdict passed(std::string& recipient) {
    setenv("SMTPRCPTCOUNT", std::to_string(++recipients_accepted_).c_str(), 1);
    return run('p', "SMTPRCPTTO", &recipient);
  }

  Verdict data() { return answer_remembered('D') ? Verdict::refused : run('d'); }

  Verdict auth(const std::string& method, const std::string& user) {
    setenv("SMTPAUTHUSER", user.c_str(), 1);
    setenv("SMTPAUTHMETHOD", method.c_str(), 1);
    return run('a');
  }

  // Header lines for the message.
  const std::string& headers() const { return headers_; }

  // After RSET, and when DATA has taken the header lines.
  void reset() {
    headers_.clear();
    remembered_.clear();
    recipients_accepted_ = recipients_tried_ = 0;
  }

 private:
  // Runs one section. `address` is what the command is about, in the environment as `variable`; a plugin may
  // change it.
  Verdict run(char section, const char* variable = nullptr, std::string* address = nullptr) {
    if (!enabled_) return Verdict::no_objection;
    if (address != nullptr) setenv(variable, address->c_str(), 1);
    for (const std::string& line : sections_[section]) {
      Plugin plugin(line);
      const char last = obey(plugin.output(), variable, address);
      if (const std::string failure = plugin.failure(); !failure.empty()) {
        client_.reply("451 qmail-spp failure: " + line + ": " + failure + " (#4.3.0)");
        return Verdict::refused;
      }
      switch (last) {
        case 'E':
          return Verdict::refused;
        case 'R':
        case 'D':
          throw EndOfSession{0};
        case 'A':
        case 'N':
          return Verdict::no_objection;
        case 'O':
          return Verdict::unchecked;
        default:
          break;
      }
    }
    return Verdict::no_objection;
  }

  // Does what a plugin says, up to the command that ends it, which is returned; 0 when there was none.
  char obey(int output, const char* variable, std::string* address) {
    LineReader lines(output);
    for (std::string line = lines.next(); !line.empty(); line = lines.next()) {
      line.pop_back();
      if (line.empty()) continue;
      const char command = line[0];
      const std::string text = line.substr(1);
      switch (command) {
        case 'E':
        case 'R':
          client_.reply(text);
          return command;
        case 'A':
          enabled_ = false;
          return command;
        case 'D':
        case 'N':
        case 'O':
          return command;
        case 'P':
          client_.reply(text);
          break;
        case 'L':
          if (!text.empty() && !remembered_[text[0]].is_ended)
            remembered_[text[0]].text += text.substr(1) + "\r\n";
          break;
        case 'S':
          put(text);
          break;
        case 'U':
          unsetenv(text.c_str());
          break;
        case 'H':
          headers_ += text + '\n';
          break;
        case 'C':
          if (address == nullptr) break;
          *address = text;
          setenv(variable, address->c_str(), 1);
          break;
        default:
          break;
      }
    }
    return 0;
  }

  static void put(const std::string& definition) {
    const std::size_t sign = definition.find('=');
    if (sign == std::string::npos) return;
    setenv(definition.substr(0, sign).c_str(), definition.substr(sign + 1).c_str(), 1);
  }

  // The host ends the text with a NUL to say it, and keeps it: it says the same next time, and nothing of
  // what comes after.
  struct Remembered {
    std::string text;
    bool is_ended = false;
  };

  bool answer_remembered(char command) {
    Remembered& remembered = remembered_[command];
    if (remembered.text.empty()) return false;
    remembered.is_ended = true;
    client_.say(remembered.text);
    return true;
  }

  Client& client_;
  bool enabled_ = false;
  std::map<char, std::vector<std::string>> sections_;
  std::map<char, Remembered> remembered_;  // of LM, LR and LD, with CR LF
  std::string headers_;
  unsigned long recipients_accepted_ = 0;
  unsigned long recipients_tried_ = 0;
};

// The domains that mail is taken for.
class RcptHosts {
 public:
  // False when there is a file that cannot be read.
  bool load() {
    const std::string file = "control/rcpthosts";
    const auto lines = control_lines(file);
    if (!lines) return access(file.c_str(), F_OK) != 0;
    restricted_ = true;
    for (const std::string& line : *lines) domains_.insert(lower(line));
    return true;
  }

  // An address without a domain is the local host's.
  bool allow(std::string_view address) const {
    const std::size_t at = address.rfind('@');
    if (!restricted_ || at == std::string_view::npos) return true;
    const std::string domain = lower(address.substr(at + 1));
    for (std::size_t dot = 0; dot != std::string::npos; dot = domain.find('.', dot + 1)) {
      if (domains_.contains(domain.substr(dot))) return true;
    }
    return false;
  }

 private:
  bool restricted_ = false;
  std::set<std::string> domains_;
};

// The address in the argument of MAIL or RCPT, as lenient as qmail: angle brackets may be missing, a source
// route is dropped, quotes and backslashes are taken off, what follows the address is ignored. Nothing when
// there is none.
std::optional<std::string> address_in(std::string_view argument) {
  constexpr std::size_t kMaxAddress = 900;
  char terminator = '>';
  if (const std::size_t bracket = argument.find('<'); bracket != std::string_view::npos) {
    argument.remove_prefix(bracket + 1);
  } else {
    terminator = ' ';
    const std::size_t colon = argument.find(':');
    argument.remove_prefix(colon == std::string_view::npos ? argument.size() : colon + 1);
    if (argument.empty()) return std::nullopt;
    argument.remove_prefix(std::min(argument.find_first_not_of(' '), argument.size()));
  }
  if (argument.starts_with('@')) {
    const std::size_t colon = argument.find(':');
    argument.remove_prefix(colon == std::string_view::npos ? argument.size() : colon + 1);
  }

  std::string address;
  bool escaped = false;
  bool quoted = false;
  for (const char c : argument) {
    if (escaped) {
      address += c;
      escaped = false;
    } else if (c == terminator && !quoted) {
      break;
    } else if (c == '\\') {
      escaped = true;
    } else if (c == '"') {
      quoted = !quoted;
    } else {
      address += c;
    }
  }
  if (address.size() >= kMaxAddress) return std::nullopt;
  return address;
}

// RFC 4648, section 4; nothing when `text` is not that.
std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  text.remove_suffix(text.size() - std::min(text.find_last_not_of('=') + 1, text.size()));
  std::string bytes;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6U | static_cast<unsigned>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> count & 0xffU);
    }
  }
  return bytes;
}

// Writes a message to queue/ under the first free number. False when that cannot be done.
bool enqueue(const std::string& content) {
  const std::string draft = "queue/draft." + std::to_string(getpid());
  std::ofstream stream(draft, std::ios::binary | std::ios::trunc);
  stream << content;
  stream.close();
  bool linked = false;
  if (stream) {
    // Unlike a rename, a link does not replace what another process has just put there.
    unsigned number = 1;
    do {
      linked = link(draft.c_str(), ("queue/" + std::to_string(number++)).c_str()) == 0;
    } while (!linked && errno == EEXIST);
  }
  unlink(draft.c_str());
  return linked;
}

std::string now() {
  const std::time_t seconds = std::time(nullptr);
  std::array<char, 40> text{};
  std::tm utc{};
  static_cast<void>(
      std::strftime(text.data(), text.size(), "%d %b %Y %H:%M:%S -0000", gmtime_r(&seconds, &utc)));
  return text.data();
}

class Session {
 public:
  explicit Session(Client& client) : client_(client) {}

  [[noreturn]] void serve() {
    const auto me = control_lines("control/me");
    if (!me || me->empty() || !rcpt_hosts_.load() || !plugins_.load()) {
      client_.reply("421 unable to read controls (#4.3.0)");
      throw EndOfSession{1};
    }
    name_ = me->front();
    if (plugins_.connection() != Verdict::refused) client_.reply("220 " + name_ + " ESMTP");
    for (;;) obey(client_.next_text());
  }

 private:
  void obey(std::string_view line) {
    line = line.substr(0, line.find('\0'));
    const std::size_t blank = std::min(line.find(' '), line.size());
    const std::string verb = lower(line.substr(0, blank));
    line.remove_prefix(std::min(line.find_first_not_of(' ', blank), line.size()));
    const std::string argument(line);

    if (verb == "helo") return helo(argument);
    if (verb == "ehlo") return ehlo(argument);
    if (verb == "auth") return auth(argument);
    if (verb == "mail") return mail(argument);
    if (verb == "rcpt") return rcpt(argument);
    if (verb == "data") return data();
    if (verb == "rset") return rset();
    if (verb == "noop") return client_.reply("250 ok");
    if (verb == "vrfy") return client_.reply("252 send some mail, i'll try my best");
    if (verb == "quit") {
      client_.reply("221 " + name_);
      throw EndOfSession{0};
    }
    client_.reply("502 unimplemented (#5.5.1)");
  }

  bool greet(const std::string& argument) {
    if (plugins_.helo(argument) == Verdict::refused) return false;
    helo_ = argument;
    sender_.reset();
    return true;
  }

  void helo(const std::string& argument) {
    if (greet(argument)) client_.reply("250 " + name_);
  }

  void ehlo(const std::string& argument) {
    if (!greet(argument)) return;
    client_.reply("250-" + name_);
    if (offers_auth()) client_.reply("250-AUTH LOGIN PLAIN");
    client_.reply("250-PIPELINING");
    client_.reply("250 8BITMIME");
  }

  static bool offers_auth() { return std::getenv("QMAIL_SMTPD_AUTH") != nullptr; }

  void auth(const std::string& argument) {
    if (!offers_auth()) return client_.reply("503 auth not available (#5.3.3)");
    if (authenticated_) return client_.reply("503 you're already authenticated (#5.5.0)");
    if (sender_) return client_.reply("503 no auth during mail transaction (#5.5.0)");

    const std::size_t blank = argument.find(' ');
    const std::string method = lower(argument.substr(0, blank));
    const std::string initial = blank == std::string::npos ? "" : argument.substr(blank + 1);
    std::optional<std::string> user;
    if (method == "login") {
      user = login(initial);
    } else if (method == "plain") {
      user = plain(initial);
    } else {
      return client_.reply("504 auth type unimplemented (#5.5.1)");
    }
    if (!user) return client_.reply("501 malformed auth input (#5.5.4)");
    if (*user != environment("QMAIL_SMTPD_AUTH")) return client_.reply("535 authorization failed (#5.7.0)");

    if (plugins_.auth(method, *user) == Verdict::refused) return;
    authenticated_ = true;
    setenv("RELAYCLIENT", "", 0);
    client_.reply("235 ok, go ahead (#2.0.0)");
  }

  // What the client answers to a challenge, decoded.
  std::optional<std::string> challenge(std::string_view text) {
    client_.reply(std::string("334 ").append(text));
    return from_base64(client_.next_text());
  }

  // The user's name; the password is asked for and ignored.
  std::optional<std::string> login(const std::string& initial) {
    auto user = initial.empty() ? challenge("VXNlcm5hbWU6") : from_base64(initial);
    if (!user || !challenge("UGFzc3dvcmQ6")) return std::nullopt;
    return user;
  }

  // RFC 4616: identity NUL user NUL password.
  std::optional<std::string> plain(const std::string& initial) {
    const auto words = initial.empty() ? challenge("") : from_base64(initial);
    if (!words) return std::nullopt;
    const std::size_t first = words->find('\0');
    const std::size_t second = words->find('\0', std::min(first, words->size()) + 1);
    if (second == std::string::npos) return std::nullopt;
    return words->substr(first + 1, second - first - 1);
  }

  void mail(const std::string& argument) {
    auto address = address_in(argument);
    if (!address) return client_.reply("555 syntax error (#5.5.4)");
    if (plugins_.mail(*address) == Verdict::refused) return;
    sender_ = address;
    recipients_.clear();
    client_.reply("250 ok");
  }

  void rcpt(const std::string& argument) {
    if (!sender_) return client_.reply("503 MAIL first (#5.5.1)");
    auto address = address_in(argument);
    if (!address) return client_.reply("555 syntax error (#5.5.4)");

    const Verdict verdict = plugins_.rcpt(*address, may_relay() || rcpt_hosts_.allow(*address));
    if (verdict == Verdict::refused) return;
    // Asked again: a plugin may have changed the address, or the client's right to relay.
    if (verdict != Verdict::unchecked && !may_relay() && !rcpt_hosts_.allow(*address)) {
      return client_.reply("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)");
    }
    // RELAYCLIENT's value is put behind the address (qmail-smtpd(8)).
    if (verdict != Verdict::unchecked) *address += environment("RELAYCLIENT");
    if (plugins_.passed(*address) == Verdict::refused) return;
    recipients_.push_back(*address);
    client_.reply("250 ok");
  }

  void data() {
    if (!sender_) return client_.reply("503 MAIL first (#5.5.1)");
    if (recipients_.empty()) return client_.reply("503 RCPT first (#5.5.1)");
    if (plugins_.data() == Verdict::refused) return;
    client_.reply("354 go ahead");

    std::string content = "F" + *sender_ + '\n';
    for (const std::string& recipient : recipients_) content += "T" + recipient + '\n';
    content += '\n' + received() + plugins_.headers();
    plugins_.reset();
    sender_.reset();
    read_message(content);
    if (!enqueue(content)) return client_.reply("451 qq trouble creating files in queue (#4.3.0)");
    client_.reply("250 ok " + std::to_string(std::time(nullptr)) + " qp " + std::to_string(getpid()));
  }

  std::string received() const {
    return "Received: from " + environment("TCPREMOTEHOST", "unknown") + " (HELO " + helo_ + ") (" +
           environment("TCPREMOTEIP", "unknown") + ")\n  by " + name_ + " with SMTP; " + now() + '\n';
  }

  // RFC 5321, section 4.5.2. A bare LF ends the session: to others it may be the end of a line.
  void read_message(std::string& content) {
    for (;;) {
      std::string line = client_.next_line();
      if (!line.ends_with("\r\n")) {
        client_.reply("451 See http://pobox.com/~djb/docs/smtplf.html.");
        throw EndOfSession{1};
      }
      line.erase(line.size() - 2);
      if (line == ".") return;
      if (line.starts_with('.')) line.erase(0, 1);
      content += line + '\n';
    }
  }

  void rset() {
    plugins_.reset();
    sender_.reset();
    client_.reply("250 flushed");
  }

  Client& client_;
  Plugins plugins_{client_};
  RcptHosts rcpt_hosts_;
  std::string name_;
  std::string helo_ = "unknown";
  bool authenticated_ = false;
  std::optional<std::string> sender_;  // there is one between MAIL and RSET, DATA or HELO
  std::vector<std::string> recipients_;
};

int serve() {
  Client client;
  try {
    Session(client).serve();
  } catch (const EndOfSession& end) {
    try {
      client.flush();
    } catch (const EndOfSession&) {
      return 1;  // nobody is there to read it
    }
    return end.status;
  }
}

}  // namespace
}  // namespace greylisting::test

int main(int argc, char** argv) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  if (argc > 1 && chdir(argv[1]) != 0) {
    std::cout << "421 unable to read controls (#4.3.0)\r\n";
    return 1;
  }
  return greylisting::test::serve();
}
