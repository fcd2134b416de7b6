// What check says of an option file, against what MariaDB Connector/C itself reads of it.

#include <mysql.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ctl/check/option_file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

#ifdef MARIADB_PACKAGE_VERSION

namespace greylisting::test {
namespace {

using Catch::Contains;

struct ReadOptions {
  std::string user;
  bool is_encrypted = false;
  unsigned port = 0;
};

std::string text_or_none(const char* value) { return value == nullptr ? "" : value; }

// The library reads the file as it connects, and keeps what it has read when it cannot.
ReadOptions read_by_library(const std::string& file) {
  const std::unique_ptr<MYSQL, decltype(&mysql_close)> connection(mysql_init(nullptr), mysql_close);
  mysql_options(connection.get(), MYSQL_READ_DEFAULT_FILE, file.c_str());
  CHECK(mysql_real_connect(connection.get(), nullptr, nullptr, nullptr, nullptr, 0, "/nowhere/socket",
                           CLIENT_REMEMBER_OPTIONS) == nullptr);
  const auto& options = connection->options;
  return {text_or_none(options.user), options.use_ssl != 0 || options.ssl_ca != nullptr, options.port};
}

struct OptionFile {
  std::string text;
  std::string said{};  // what check says of it; nothing where the library reads the user `a b`
};

}  // namespace

TEST_CASE("check says which lines of an option file the client library does not read as they are meant",
          "[check][option-file]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "my.cnf";
  const std::vector<OptionFile> files{
      {"[client]\nuser=a b\n"},
      {"[client]\r\nuser=a b\r\n"},
      {" [client] \n  user = a b \n"},
      {"[client-mariadb]\nuser='a b'\n"},
      {"[client-server]\nuser=\"a b\"\n"},
      {"# x\n;y\n[mysqld]\nuser=c\n[client]\nuser=a b"},
      {"[client]\nuser=a b\npassword=a#b\n"},
      {"[client]\nuser=a b\nloose-user=x\n"},
      {"\xEF\xBB\xBF[client]\nuser=a b\n", ":1: begins with a byte order mark"},
      {"user=a b\n[client]\n", ":1: stands before the first group"},
      {"[mysql]\nuser=a b\n", ": it has no group [client]"},
      {"[Client]\nuser=a b\n", ":1: [Client] is not read"},
      {"[client]\nUser=a b\n", ":2: \"User\" is ignored"},
      {"[client]\nuser=a b # me\n", ":2: user: what looks like a comment is part of its value"},
      {"[client]\nuser=a b ; me\n", ":2: user: what looks like a comment"},
      {"[client]\nuser=\"a b\" # me\n", ":2: user: what looks like a comment"},
      {"[client]\nuser: a b\n", ":2: \"user: a b\" is not an option"},
      {"[client]\nuser\n", ":2: \"user\" has no ="},
      {"[client]\nlogin=a b\n", ":2: \"login\" is not an option"},
      {"!includedir " + directory.path().string() + "/d\n[client]\n", "is not followed by every version"},
  };
  write_file(directory / "d/a.cnf", "[client]\nuser=a b\n");
  for (const OptionFile& its : files) {
    CAPTURE(its.text);
    write_file(file, its.text);
    const ctl::OptionFile found = ctl::examine_option_file(file);
    std::string said;
    for (const Finding& finding : found.findings) said += finding.text + " -> " + finding.remedy + '\n';
    CAPTURE(said);
    // A directory is read by some versions of the library, from 3.4.10 on, and not by others.
    if (!its.text.starts_with("!includedir"))
      CHECK((read_by_library(file).user == "a b") == its.said.empty());
    CHECK(said.empty() == its.said.empty());
    CHECK_THAT(said, Contains(its.said));
  }
}

TEST_CASE("check says which numbers of an option file the client library reads otherwise",
          "[check][option-file]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "my.cnf";
  struct Number {
    std::string value;
    unsigned read;
    std::string said{};
    std::string mended{};  // the value in the line that is to be made
  };
  for (const Number& its : std::vector<Number>{
           {"3307", 3307},
           {"'3307'", 3307},
           {"3307 # a comment", 3307},
           {"16M", 16, R"(of "16M" the client library reads 16)", "16777216"},
           {"64k", 64, R"(of "64k" the client library reads 64)", "65536"},
           {"1G", 1, R"(of "1G" the client library reads 1)", "1073741824"},
           {"3307/tcp", 3307, R"(of "3307/tcp" the client library reads 3307)", "3307"},
           {"abc", 0, R"("abc" is no number, and counts as 0)", "NUMBER, or take it out"},
       }) {
    CAPTURE(its.value);
    for (const std::string key : {"port", "max_allowed_packet"}) {
      write_file(file, "[client]\n" + key + '=' + its.value + '\n');
      const auto findings = ctl::examine_option_file(file).findings;
      CHECK(findings.empty() == its.said.empty());
      const std::string name = key == "port" ? key : "max-allowed-packet";
      for (const Finding& finding : findings) {
        CHECK_THAT(finding.text, Catch::EndsWith(":2: " + name + ": " + its.said));
        CHECK(finding.remedy == "make the line " + name + '=' + its.mended);
      }
      if (key == "port") CHECK(read_by_library(file).port == its.read);
    }
  }
  write_file(file, "[client]\nmax-allowed-packet=10\n");
  const Finding too_small = ctl::examine_option_file(file).findings.at(0);
  CHECK_THAT(too_small.text, Catch::EndsWith(":2: max-allowed-packet: 10 octets are too few: a longer answer "
                                             "of the server counts as a lost connection (error 2013)"));
  CHECK(too_small.remedy == "make the line max-allowed-packet=16777216, or take it out");
  write_file(file, "[client]\nreconnect=abc\n");
  CHECK(ctl::examine_option_file(file).findings.at(0).remedy == "make the line reconnect=1, or =0");
}

TEST_CASE("check knows by which lines of an option file a connection is encrypted", "[check][option-file]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "my.cnf";
  for (const auto& [line, is_read] : {std::pair<const char*, bool>{"ssl-enforce=1", true},
                                      {"ssl_enforce=1", true},
                                      {"tls-enforce=1", true},
                                      {"ssl-ca=/nowhere/ca.pem", true},
                                      {"ssl-mode=REQUIRED", false},
                                      {"ssl_mode=VERIFY_CA", false},
                                      {"ssl", false},
                                      {"ssl=1", false},
                                      {"ssl-enforce", false},
                                      {"ssl-enforce=ON", false},
                                      {"ssl-enforce=true", false},
                                      {"ssl-verify-server-cert", false}}) {
    CAPTURE(line);
    write_file(file, std::string("[client]\n") + line + '\n');
    CHECK(read_by_library(file).is_encrypted == is_read);
    CHECK(ctl::examine_option_file(file).encryption ==
          (is_read ? ctl::Encryption::asked : ctl::Encryption::ignored));
  }
  for (const char* const line : {"ssl-mode=DISABLED", "ssl=0", "ssl-enforce=0", "skip-ssl"}) {
    CAPTURE(line);
    write_file(file, std::string("[client]\n") + line + '\n');
    CHECK(ctl::examine_option_file(file).encryption == ctl::Encryption::not_asked);
  }
}

}  // namespace greylisting::test

#endif
