#include "ctl/check/option_file.h"

#include <mysql.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

#include "ctl/check/report.h"
#include "settings/control_file.h"
#include "text/ascii.h"
#include "text/number.h"
#include "text/printable.h"
#include "text/shell_word.h"

namespace greylisting::ctl {
namespace {

#ifdef MARIADB_PACKAGE_VERSION
constexpr bool kIsConnectorC = true;
#else
constexpr bool kIsConnectorC = false;
#endif

constexpr std::array<std::string_view, 3> kGroups{"client", "client-server", "client-mariadb"};

// Options that are a number, and count as 0 without one.
constexpr std::array<std::string_view, 18> kNumbers{"port",
                                                    "connect-timeout",
                                                    "timeout",
                                                    "interactive-timeout",
                                                    "return-found-rows",
                                                    "multi-results",
                                                    "multi-queries",
                                                    "multi-statements",
                                                    "secure-auth",
                                                    "report-data-truncation",
                                                    "reconnect",
                                                    "ssl-enforce",
                                                    "tls-enforce",
                                                    "ssl-verify-server-cert",
                                                    "tls-verify-peer",
                                                    "net-buffer-length",
                                                    "max-allowed-packet",
                                                    "compress"};

// Those of them that are not 0 or 1.
constexpr std::array<std::string_view, 6> kAmounts{
    "port", "connect-timeout", "timeout", "interactive-timeout", "net-buffer-length", "max-allowed-packet"};

constexpr std::array<std::string_view, 44> kTexts{"user",
                                                  "password",
                                                  "passwd",
                                                  "database",
                                                  "db",
                                                  "host",
                                                  "socket",
                                                  "pipe",
                                                  "debug",
                                                  "init-command",
                                                  "bind-address",
                                                  "plugin-dir",
                                                  "default-auth",
                                                  "protocol",
                                                  "ssl-key",
                                                  "ssl-cert",
                                                  "ssl-ca",
                                                  "ssl-capath",
                                                  "ssl-crl",
                                                  "ssl-crlpath",
                                                  "ssl-cipher",
                                                  "ssl-fp",
                                                  "ssl-fp-list",
                                                  "ssl-fplist",
                                                  "ssl-passphrase",
                                                  "tls-key",
                                                  "tls-cert",
                                                  "tls-ca",
                                                  "tls-capath",
                                                  "tls-crl",
                                                  "tls-crlpath",
                                                  "tls-cipher",
                                                  "tls-fp",
                                                  "tls-fplist",
                                                  "tls-passphrase",
                                                  "tls-version",
                                                  "character-sets-dir",
                                                  "default-character-set",
                                                  "server-public-key",
                                                  "servername",
                                                  "restricted-auth",
                                                  "shared-memory-base-name",
                                                  "rpl-probe",
                                                  "connection"};

template <typename Names>
bool is_one_of(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string key_of(std::string_view word) {
  std::string key(trimmed(word));
  std::ranges::replace(key, '_', '-');
  return key;
}

class OptionFileReader {
 public:
  explicit OptionFileReader(std::string name) : name_(std::move(name)) {}

  OptionFile read(std::string_view text) {
    if (text != without_byte_order_mark(text)) {
      add("begins with a byte order mark, so that nothing of the file is read",
          R"(sed -i '1s/^\xEF\xBB\xBF//' )" + file());
      text = without_byte_order_mark(text);
    }
    while (!text.empty()) {
      ++line_;
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      if (!take(trimmed(line))) break;
    }
    if (!has_group_)
      add_of_file("has no group [client], so that nothing of it is read", "sed -i '1i [client]' " + file());
    return std::move(result_);
  }

 private:
  // False when the library reads no further.
  bool take(std::string_view line) {
    if (line.empty() || line[0] == '#' || line[0] == ';') return true;
    if (line[0] == '!') {
      if (!line.starts_with("!include "))
        add(in_quotes(line) + " is not followed by every version of the client library",
            "name each file in a line of its own: !include /FILE");
      has_group_ = true;  // the other file may have it
      return true;
    }
    if (line[0] == '[') return group(trimmed(line.substr(1, line.find(']') - 1)));
    if (!is_in_group_) {
      add("stands before the first group, so that nothing of the file is read",
          "sed -i '1i [client]' " + file());
      has_group_ = true;
      return false;
    }
    if (is_read_) option(line);
    return true;
  }

  bool group(std::string_view name) {
    is_in_group_ = true;
    is_read_ = is_one_of(kGroups, name);
    has_group_ = has_group_ || is_read_;
    if (!is_read_ && is_one_of(kGroups, ascii::lower(name))) {
      has_group_ = true;
      add("[" + std::string(name) + "] is not read: a group's name is lower case",
          "make the line [" + ascii::lower(name) + ']');
    }
    return true;
  }

  void option(std::string_view line) {
    const std::size_t sign = line.find('=');
    const std::string key = key_of(line.substr(0, sign));
    std::string_view value = sign == std::string_view::npos ? "" : trimmed(line.substr(sign + 1));
    const bool is_number = is_one_of(kNumbers, key);
    if (is_number && value.size() > 1 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0])
      value = value.substr(1, value.size() - 2);
    if (const std::string asks = encryption(key, value); !asks.empty()) {
      if (result_.encryption == Encryption::not_asked) result_.encryption = Encryption::ignored;
      add(in_quotes(line) + ' ' + asks, "to have the connection encrypted, make the line ssl-enforce=1");
    } else if (!is_number && !is_one_of(kTexts, key)) {
      unknown(line, key);
    } else if (sign == std::string_view::npos) {
      add(in_quotes(line) + " has no =, and is ignored", "make the line " + key + "=VALUE, or take it out");
    } else if (is_number && digits_of(value).empty()) {
      add(key + ": " + in_quotes(value) + " is no number, and counts as 0",
          is_one_of(kAmounts, key) ? "make the line " + key + "=NUMBER, or take it out"
                                   : "make the line " + key + "=1, or =0");
    } else if (is_number && goes_on(value)) {
      const std::string digits(digits_of(value));
      add(key + ": of " + in_quotes(value) + " the client library reads " + digits,
          "make the line " + key + '=' + spelt_out(value).value_or(digits));
    } else if (key == "max-allowed-packet" && is_too_small(value)) {
      add(key + ": " + std::string(digits_of(value)) +
              " octets are too few: a longer answer of the server counts as a lost connection (error 2013)",
          "make the line " + key + "=16777216, or take it out");
    } else {
      if (asks_for_encryption(key, value)) result_.encryption = Encryption::asked;
      if (!is_number) text(key, value);
    }
  }

  static std::string_view digits_of(std::string_view value) {
    return value.substr(0, value.find_first_not_of("0123456789"));
  }

  // No server has a lower limit than that; 0 is the library's default.
  static bool is_too_small(std::string_view value) {
    constexpr std::uint64_t kLeast = 1024;
    const auto octets = number_of<std::uint64_t>(digits_of(value));
    return octets && *octets > 0 && *octets < kLeast;
  }

  // Right after the number; what a blank comes before is for people.
  static bool goes_on(std::string_view value) {
    const std::size_t size = digits_of(value).size();
    return size < value.size() && value[size] != ' ' && value[size] != '\t';
  }

  // `16M` as 16777216; nothing for what no program takes for a number.
  static std::optional<std::string> spelt_out(std::string_view value) {
    constexpr std::string_view kUnits = "kmg";
    const auto number = number_of<std::uint64_t>(digits_of(value));
    const std::string behind = ascii::lower(value.substr(digits_of(value).size()));
    const auto unit = kUnits.find(behind);
    if (!number || *number >> 24U != 0 || behind.size() != 1 || unit == std::string_view::npos)
      return std::nullopt;
    return std::to_string(*number << 10U * (unit + 1));
  }

  // Of a line that the library reads.
  static bool asks_for_encryption(std::string_view key, std::string_view value) {
    if (is_switch(key)) return value.find_first_not_of('0') != std::string_view::npos;
    return (key.starts_with("ssl-") || key.starts_with("tls-")) && !value.empty() && key != "tls-version";
  }

  static bool is_switch(std::string_view key) {
    return key == "ssl-enforce" || key == "tls-enforce" || key == "ssl-verify-server-cert" ||
           key == "tls-verify-peer";
  }

  // Why a line that asks for encryption does not have it; empty for other lines.
  static std::string encryption(const std::string& key, std::string_view value) {
    const std::string word = ascii::lower(value);
    const bool is_no = word == "0" || word == "off" || word == "false" || word == "no";
    if (key == "ssl-mode" && word != "disabled" && word != "preferred") return "is ignored";
    if ((key == "ssl" || key == "require-ssl" || key == "require-secure-transport") && !is_no)
      return "is ignored";
    if (is_switch(key) && !is_no && (value.empty() || value[0] < '0' || value[0] > '9')) return "counts as 0";
    return {};
  }

  void unknown(std::string_view line, const std::string& key) {
    const std::string small = ascii::lower(key);
    if (small != key && (is_one_of(kNumbers, small) || is_one_of(kTexts, small))) {
      add(in_quotes(line.substr(0, line.find('='))) + " is ignored: an option's name is lower case",
          "write it as " + small);
    } else if (!key.starts_with("loose-")) {
      // Not the value: it may be a password.
      add(in_quotes(key) + " is not an option that the client library reads",
          "take the line out, or correct the name");
    }
  }

  void text(const std::string& key, std::string_view value) {
    constexpr std::array<std::string_view, 4> kComments{" #", "\t#", " ;", "\t;"};
    if (std::ranges::any_of(
            kComments, [&](std::string_view mark) { return value.find(mark) != std::string_view::npos; })) {
      add(key + ": what looks like a comment is part of its value", "put the comment into a line of its own");
    } else if (key == "password" && value.find('\\') != std::string_view::npos) {
      add(key + R"(: a backslash begins a sequence, such as \n, \t, \s and \\)",
          R"(write each backslash as \\)");
    } else if (!value.empty() && (value[0] == '"' || value[0] == '\'') &&
               (value.size() == 1 || value.back() != value[0])) {
      add(key + ": its quotes are not closed", "close them, or take them away");
    }
  }

  void add(const std::string& what, const std::string& remedy) {
    result_.findings.push_back(
        warning(name_ + ':' + std::to_string(std::max(line_, 1U)) + ": " + what, remedy));
  }
  void add_of_file(const std::string& what, const std::string& remedy) {
    result_.findings.push_back(warning(name_ + ": it " + what, remedy));
  }

  std::string file() const { return shell_word(std::filesystem::absolute(name_).string()); }

  std::string name_;
  OptionFile result_;
  unsigned line_ = 0;
  bool is_in_group_ = false;
  bool is_read_ = false;
  bool has_group_ = false;
};

}  // namespace

OptionFile parse_option_file(const std::string& name, std::string_view text) {
  return kIsConnectorC ? OptionFileReader(name).read(text) : OptionFile();
}

OptionFile examine_option_file(const std::string& name) {
  const ControlFileText content = read_control_file(name);
  return content.why.empty() ? parse_option_file(name, content.text) : OptionFile();
}

}  // namespace greylisting::ctl
