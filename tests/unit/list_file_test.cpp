#include "lists/list_file.h"

#include <arpa/inet.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lists/pattern_key.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace greylisting {
namespace {

using namespace std::string_literals;
using test::built;
using test::read_file;
using test::source_tree;
using test::TemporaryDirectory;
using test::write_file;

constexpr std::array kFormats{ListFormat::plain, ListFormat::postgrey_clients,
                              ListFormat::postgrey_recipients, ListFormat::sqlgrey_ip,
                              ListFormat::sqlgrey_fqdn};

TEST_CASE("list_format: every name, and no other", "[list_file]") {
  for (const ListFormat format : kFormats) CHECK(list_format(name(format)) == format);
  CHECK(name(ListFormat::postgrey_clients) == "postgrey-clients");
  CHECK(list_format("sqlgrey-ip") == ListFormat::sqlgrey_ip);
  for (const std::string_view other : {"", "Plain", "postgrey", "plain "}) CHECK_FALSE(list_format(other));
}

// `client 192.0.2.1`, or what is wrong with the line.
std::string read_line(ListFormat format, const std::string& line) {
  const ListFile list = parse_list(format, "list", line);
  REQUIRE(list.entries.size() + list.problems.size() <= 1);
  if (!list.problems.empty()) return list.problems.front();
  if (list.entries.empty()) return "";
  const Pattern& pattern = list.entries.front().pattern;
  return std::string(word(pattern.kind())) + ' ' + pattern.text();
}

TEST_CASE("parse_list: plain lines", "[list_file]") {
  struct Case {
    std::string_view line;
    std::string_view pattern, until, reply, comment;
  };
  const std::vector<Case> cases{
      {"192.0.2.0/24", "client 192.0.2.0/24", "", "", ""},
      {"\t example.org \r", "client example.org", "", "", ""},
      {"client =mail.example.org", "client =mail.example.org", "", "", ""},
      {"sender user@example.org", "sender user@example.org", "", "", ""},
      {"recipient\tpostmaster@", "recipient postmaster@", "", "", ""},
      {"sender <>", "sender <>", "", "", ""},
      {"sender until=x@example.org", "sender until=x@example.org", "", "", ""},
      {"client client", "client client", "", "", ""},
      {"192.0.2.1 # a customer # of ours ", "client 192.0.2.1", "", "", "a customer # of ours"},
      {"192.0.2.1 #", "client 192.0.2.1", "", "", ""},
      {"sender a#b@example.org #c", "sender a#b@example.org", "", "", "c"},
      {"/^a#b/ # c", "client /^a#b/", "", "", "c"},
      {"example.org until=2030-02-28", "client example.org", "2030-02-28", "", ""},
      {"example.org until=2032-02-29T23:59:59Z", "client example.org", "2032-02-29 23:59:59", "", ""},
      {"example.org until=\"2032-02-29 23:59:59\" # leap", "client example.org", "2032-02-29 23:59:59", "",
       "leap"},
      {"example.org reply=\"550 5.7.1 no # thanks\" #x", "client example.org", "", "550 5.7.1 no # thanks",
       "x"},
      {"example.org reply=\"450 say \"please\", then\"", "client example.org", "", "450 say \"please\", then",
       ""},
      {"sender example.org  reply=\"550 no\"  until=1970-01-01", "sender example.org", "1970-01-01", "550 no",
       ""},
      {"example.org until=1970-01-01 reply=\"450 no\"", "client example.org", "1970-01-01", "450 no", ""},
      {"example.org until=9999-12-31", "client example.org", "9999-12-31", "", ""},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.line);
    CHECK(read_line(ListFormat::plain, std::string(expected.line)) == expected.pattern);
    const ListFile list = parse_list(ListFormat::plain, "list", expected.line);
    REQUIRE(list.entries.size() == 1);
    CHECK(list.entries[0].until == expected.until);
    CHECK(list.entries[0].reply == expected.reply);
    CHECK(list.entries[0].comment == expected.comment);
  }
  for (const std::string_view nothing : {"", " \t\r", "#", "# 192.0.2.1", "  # client"}) {
    CHECK(read_line(ListFormat::plain, std::string(nothing)).empty());
  }
}

TEST_CASE("parse_list: plain lines that are none, and why", "[list_file]") {
  struct Case {
    std::string line;
    std::string why;
  };
  const std::string until = "is not until=YYYY-MM-DD or until=\"YYYY-MM-DD hh:mm:ss\" (UTC)";
  const std::vector<Case> cases{
      {"192.0.2.0/33", "\"192.0.2.0/33\" is not a network; a client is a network"},
      {"client", "\"client\" has no pattern after it"},
      {"sender # a", "\"sender\" has no pattern after it"},
      {"Client example.org", "\"example.org\" is not until=DATE or reply=\"5NN text\""},
      {"host example.org", "a comment begins with #"},
      {"example.org;comment", "is not a domain name"},
      {"recipient @example.org", "=example.org for it alone"},
      {"/a b/", "has \\s for a blank"},
      {"/(/", "is not a regular expression: missing closing parenthesis"},
      {"a\0b"s, "control character"},
      {"example.org until=", until},
      {"example.org until=2030-02-29", until},
      {"example.org until=2030-2-3", until},
      {"example.org until=2030-00-10", until},
      {"example.org until=2030-12-32", until},
      {"example.org until=1969-12-31", until},
      {"example.org until=2030-12-31T10:00:00", until},
      {"example.org until=2030-12-31 10:00:00", "\"10:00:00\" is not until=DATE"},
      {"example.org until=\"2030-12-31 24:00:00\"", until},
      {"example.org until=\"2030-12-31 10:60:00\"", until},
      {"example.org until=\"2030-12-31 10:00:60\"", until},
      {"example.org until=\"2030-12-31 10:00\"", until},
      {"example.org until=\"2030-12-31 10:00:00Z\"", until},
      {"example.org until=+030-12-31", until},
      {"example.org until=2030-12-31 until=2031-12-31", "is the second until of this line"},
      {"example.org reply=\"550 a\" reply=\"550 b\"", "is the second reply of this line"},
      {"example.org reply=550", "is not an SMTP reply in quotes"},
      {"example.org reply=\"250 yes\"", "reply=\"5NN text\" or reply=\"4NN text\""},
      {"example.org reply=\"550 \xff\"", "\"reply=\"550 \\xff\"\" is not an SMTP reply"},
      {"example.org reply=\"550 " + std::string(507, 'a') + '"', "at most 510 characters"},
      {"example.org reply=\"550 no", "\"reply=\"550 no\" has a quote that is not ended"},
      {"example.org reply=\"550 no\"x", "has a quote that is not ended"},
      {"example.org comment=x", "is not until=DATE"},
      {"example.org " + std::string(101, 'x'), "\"" + std::string(100, 'x') + "...\" is not until=DATE"},
  };
  for (const Case& refused : cases) {
    CAPTURE(refused.line);
    const std::string problem = read_line(ListFormat::plain, refused.line);
    CHECK_THAT(problem, Catch::StartsWith("list:1: \""));
    CHECK_THAT(problem, Catch::Contains(refused.why));
    CHECK_THAT(problem, Catch::EndsWith(". Ignoring this line"));
    CHECK(std::ranges::all_of(problem, [](char c) { return c >= 0x20 && c < 0x7f; }));
  }
}

TEST_CASE("parse_list: lines are counted, and a bad one costs no other", "[list_file]") {
  const ListFile list = parse_list(ListFormat::plain, "control/allow",
                                   "\xEF\xBB\xBF"
                                   "192.0.2.1\r\n"
                                   "\n"
                                   "# comment\n"
                                   "192.0.2.300\n"
                                   "sender example.org\n"
                                   "@\n"
                                   "192.0.2.2");
  REQUIRE(list.entries.size() == 3);
  CHECK(list.entries[0].line == 1);
  CHECK(list.entries[0].pattern == Pattern::parse("client", "192.0.2.1"));
  CHECK(list.entries[1].line == 5);
  CHECK(list.entries[1].pattern == Pattern::parse("sender", "example.org"));
  CHECK(list.entries[2].line == 7);
  REQUIRE(list.problems.size() == 2);
  CHECK_THAT(list.problems[0], Catch::StartsWith("control/allow:4: \"192.0.2.300\" is not a network"));
  CHECK_THAT(list.problems[1], Catch::StartsWith("control/allow:6: "));
}

TEST_CASE("is_over: a date counts to its day's end, a time to its second", "[list_file]") {
  struct Case {
    std::string until;
    std::string_view now;
    bool is_over;
  };
  for (const Case& expected :
       {Case{"", "9999-12-31 23:59:59", false}, Case{"2030-01-31", "2030-01-30 00:00:00", false},
        Case{"2030-01-31", "2030-01-31 23:59:59", false}, Case{"2030-01-31", "2030-02-01 00:00:00", true},
        Case{"2030-01-31 12:00:00", "2030-01-31 11:59:59", false},
        Case{"2030-01-31 12:00:00", "2030-01-31 12:00:00", true},
        Case{"2030-01-31 12:00:00", "2031-01-01 00:00:00", true}}) {
    CAPTURE(expected.until, expected.now);
    const ListedPattern entry{.pattern = Pattern::parse("client", "org"), .until = expected.until};
    CHECK(is_over(entry, expected.now) == expected.is_over);
  }
}

TEST_CASE("parse_list: lines of Postgrey and SQLgrey", "[list_file]") {
  struct Case {
    ListFormat format;
    std::string_view line;
    std::string_view pattern;  // or a part of what is wrong with the line
  };
  using enum ListFormat;
  const std::vector<Case> cases{
      {postgrey_clients, "example.org # no retry", "client example.org"},
      {postgrey_clients, "Example.ORG#no retry", "client example.org"},
      {postgrey_clients, "/^smtp\\d+\\.example\\.org$/", "client /^smtp\\d+\\.example\\.org$/"},
      {postgrey_clients, "192.0.2.7", "client 192.0.2.7"},
      {postgrey_clients, "192.0.2", "client 192.0.2.0/24"},
      {postgrey_clients, "192.0", "client 192.0.0.0/16"},
      {postgrey_clients, "192.0.2.7/25", "client 192.0.2.0/25"},
      {postgrey_clients, "2001:db8::7/64", "client 2001:db8::/64"},
      {postgrey_clients, " # nothing", ""},
      {postgrey_clients, "192", "\"192\" is a name to Postgrey"},
      {postgrey_clients, "192.0.2.", "write a network as 192.0.2 or"},
      {postgrey_clients, "192.0.2.300", "no name ends in a number"},
      {postgrey_clients, "192.0.2.7/33", "is not a network"},
      {postgrey_clients, "2001:db8", "is not a network"},
      {postgrey_clients, "*.example.org", "Postgrey has without *"},
      {postgrey_clients, "=example.org", "Postgrey has without ="},
      {postgrey_clients, ".example.org", "a label of it is empty"},
      {postgrey_clients, "/a#b/", "\"/a\" begins as a regular expression"},
      {postgrey_clients, "example.org example.com", "has a blank"},
      {postgrey_clients, "user@example.org", "is an address"},
      {postgrey_recipients, "postmaster@", "recipient postmaster@"},
      {postgrey_recipients, "User@example.org #", "recipient user@example.org"},
      {postgrey_recipients, "example.org", "recipient example.org"},
      {postgrey_recipients, "/^user\\+.*@/", "recipient /^user\\+.*@/"},
      {postgrey_recipients, "@example.org", "=example.org for it alone"},
      {postgrey_recipients, "=example.org", "Postgrey has without ="},
      {postgrey_recipients, "*.example.org", "Postgrey has without *"},
      {postgrey_recipients, "a b@example.org", "has a blank"},
      {sqlgrey_ip, "192.0.2.7# x", "client 192.0.2.7"},
      {sqlgrey_ip, "  192.0.2\t# x", "client 192.0.2.0/24"},
      {sqlgrey_ip, "192", "client 192.0.0.0/8"},
      {sqlgrey_ip, "192.0.2.0/24", "client 192.0.2.0/24"},
      {sqlgrey_ip, "2001:db8::/32", "client 2001:db8::/32"},
      {sqlgrey_ip, "192.0.2.", "is not an address, a network (192.0.2.0/24) or the first octets"},
      {sqlgrey_ip, "192.0.2.0/33", "is not a network"},
      {sqlgrey_ip, "example.org", "is not an address"},
      {sqlgrey_ip, "abc.de", "is not an address"},
      {sqlgrey_ip, "/192/", "is not an address"},
      {sqlgrey_ip, "192.0.2.1 5", "is not an address"},
      {sqlgrey_fqdn, "mail.example.org # x", "client =mail.example.org"},
      {sqlgrey_fqdn, "*.example.org", "client *.example.org"},
      {sqlgrey_fqdn, "*.(a|b).example.org", "client /\\.(a|b).example.org$/"},
      {sqlgrey_fqdn, "/^mx\\d/", "client /^mx\\d/"},
      {sqlgrey_fqdn, "localhost", "is not a name with a dot in it, *.domain or /regexp/"},
      {sqlgrey_fqdn, "192.0.2.1", "no name ends in a number"},
      {sqlgrey_fqdn, "=mail.example.org", "is not a domain name"},
      {sqlgrey_fqdn, "*.", "a label of it is empty"},
      {sqlgrey_fqdn, "x/^mx/", "is not a name with a dot"},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.line);
    const std::string line = read_line(expected.format, std::string(expected.line));
    if (expected.pattern.empty() || expected.pattern.starts_with("client ") ||
        expected.pattern.starts_with("recipient ")) {
      CHECK(line == expected.pattern);
    } else {
      CHECK_THAT(line, Catch::StartsWith("list:1: \""));
      CHECK_THAT(line, Catch::Contains(std::string(expected.pattern)));
    }
  }
  CHECK(parse_list(sqlgrey_ip, "list", "192.0.2.7\t# AOL (pool) # 2").entries.at(0).comment ==
        "AOL (pool) # 2");
}

TEST_CASE("read_list: a file, and none", "[list_file]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "allow";
  CHECK_FALSE(read_list(ListFormat::plain, file).has_value());

  write_file(file, "192.0.2.1\nnot/a/network\n");
  const auto list = read_list(ListFormat::plain, file);
  REQUIRE(list.has_value());
  CHECK(list->entries.size() == 1);
  REQUIRE(list->problems.size() == 1);
  CHECK_THAT(list->problems[0], Catch::StartsWith(file + ":2: \"not/a/network\" is not a network"));

  write_file(file, "");
  REQUIRE(read_list(ListFormat::plain, file).has_value());
  CHECK(read_list(ListFormat::plain, file)->problems.empty());
}

TEST_CASE("read_list: what is no list to trust is a problem that says the remedy", "[list_file]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "allow";
  const auto problem = [&](const std::string& of) {
    CAPTURE(of);
    const auto list = read_list(ListFormat::plain, of);
    REQUIRE(list.has_value());
    CHECK(list->entries.empty());
    REQUIRE(list->problems.size() == 1);
    CHECK_THAT(list->problems[0], Catch::StartsWith(of + ": "));
    CHECK_THAT(list->problems[0], Catch::Contains("so nothing in it counts; give "));
    return list->problems[0];
  };
  CHECK_THAT(problem(directory.path()), Catch::Contains("is not a regular file"));

  REQUIRE(mkfifo(file.c_str(), 0600) == 0);
  CHECK_THAT(problem(file), Catch::Contains("is not a regular file"));
  std::filesystem::remove(file);

  write_file(file, "192.0.2.1\n", 0600);
  std::filesystem::permissions(file, std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  CHECK_THAT(problem(file), Catch::Contains("can be written by everybody"));
  std::filesystem::remove(file);

  write_file(file, "192.0.2.1\n");
  CHECK_THAT(problem(file + "/below"), Catch::Contains("cannot be read (Not a directory)"));
  std::filesystem::resize_file(file, (16U << 20U) + 1);
  CHECK_THAT(problem(file), Catch::Contains("is larger than 16777216 bytes"));
}

TEST_CASE("read_list: a file of many reads is read to its end", "[list_file]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "allow";
  std::string text(3U << 20U, '\n');
  write_file(file, text + "192.0.2.1");
  const auto list = read_list(ListFormat::plain, file);
  REQUIRE(list.has_value());
  REQUIRE(list->entries.size() == 1);
  CHECK(list->entries[0].line == text.size() + 1);
}

// Probes: what an entry of a list has to match, and what is only near it.

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The entries of a list of Postgrey or SQLgrey as they are written.
std::vector<std::string> entries_of(const std::string& text) {
  std::vector<std::string> entries;
  for (const std::string& line : lines_of(text)) {
    const std::string entry = std::regex_replace(line, std::regex("#.*|\\s"), "");
    if (!entry.empty()) entries.push_back(entry);
  }
  return entries;
}

// One bit after the other of the entry's address flipped, alone and with all bits behind it.
std::vector<std::string> addresses_near(std::string entry) {
  entry = entry.substr(0, entry.find('/'));
  const bool is_ipv4 = entry.find(':') == std::string::npos;
  while (is_ipv4 && std::ranges::count(entry, '.') < 3) entry += ".0";
  std::array<unsigned char, 16> bytes{};
  const int family = is_ipv4 ? AF_INET : AF_INET6;
  if (inet_pton(family, entry.c_str(), bytes.data()) != 1) return {};

  std::vector<std::string> addresses{entry};
  const auto add = [&](const std::array<unsigned char, 16>& other) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    addresses.emplace_back(inet_ntop(family, other.data(), text.data(), text.size()));
  };
  const unsigned bits = is_ipv4 ? 32 : 128;
  const auto flip = [](std::array<unsigned char, 16>& of, unsigned bit) {
    of.at(bit / 8) = static_cast<unsigned char>(of.at(bit / 8) ^ 0x80U >> bit % 8);
  };
  for (unsigned bit = 0; bit < bits; ++bit) {
    auto one = bytes;
    flip(one, bit);
    add(one);
    auto rest = bytes;
    for (unsigned each = bit; each < bits; ++each) flip(rest, each);
    add(rest);
  }
  return addresses;
}

// A name that a regular expression of the lists matches.
std::string sample_of(std::string expression) {
  const std::vector<std::pair<const char*, const char*>> steps{{R"(^/\^?|\$?/$)", ""},
                                                               {R"(\(\?:([^|)]*)[^)]*\))", "$1"},
                                                               {R"(\\d\+|\[0-9\]\+)", "12"},
                                                               {R"(\\w\*)", "w"},
                                                               {R"(\[(.)[^\]]*\])", "$1"},
                                                               {R"(([^\\])\.\*\??)", "$1q"},
                                                               {R"(^\.\*\??)", "q"},
                                                               {R"(\\\.)", "."},
                                                               {R"(\?)", ""},
                                                               {R"(\\\+)", "+"}};
  for (const auto& [what, with] : steps) expression = std::regex_replace(expression, std::regex(what), with);
  return expression;
}

std::string upper_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

std::vector<std::string> names_near(const std::string& name) {
  const auto dot = std::min(name.find('.'), name.size() - 1);
  std::string joined = name;
  joined[dot] = '-';
  std::string changed = name;
  changed.back() = changed.back() == 'x' ? 'y' : 'x';
  return {name,
          "a." + name,
          "b.a." + name,
          'x' + name,
          "x-" + name,
          name + ".x",
          name + 'x',
          name.substr(1),
          joined,
          changed,
          "1" + name,
          name.substr(dot + 1),
          "a." + name + ".org",
          upper_case(name),
          "7." + joined,
          std::regex_replace(name, std::regex("[0-9]"), "z")};
}

struct Probe {
  std::string line;  // as whitelist_rules.pl has it
  Subjects subjects;
};

Probe client(const std::string& name, const std::string& address) {
  const auto parsed = IpAddress::parse(address);
  REQUIRE(parsed.has_value());
  return {name + '\t' + address,
          {*parsed, normal_client_name(name), Address::sender(""), Address::recipient("")}};
}

Probe recipient(const std::string& address) {
  return {address, {*IpAddress::parse("203.0.113.9"), "", Address::sender(""), Address::recipient(address)}};
}

std::vector<Probe> client_probes(const std::vector<std::string>& entries) {
  std::vector<Probe> probes;
  for (const std::string& entry : entries) {
    for (const std::string& address : addresses_near(entry)) {
      probes.push_back(client("", address));
      if (probes.size() % 16 == 0) probes.push_back(client(address + ".example.net", address));
    }
    if (!addresses_near(entry).empty()) continue;
    const std::string name =
        entry.starts_with('/') ? sample_of(entry) : entry.substr(entry.find_first_not_of("*."));
    for (const std::string& near : names_near(name)) probes.push_back(client(near, "203.0.113.9"));
  }
  return probes;
}

// All of them have a domain, as Postfix sees to.
std::vector<Probe> recipient_probes(const std::vector<std::string>& entries) {
  std::vector<Probe> probes;
  for (std::string entry : entries) {
    if (entry.starts_with('/')) entry = sample_of(entry);
    const auto at = entry.find('@');
    const std::string user = at == std::string::npos ? "someone" : entry.substr(0, at);
    std::string domain = at == std::string::npos ? entry : entry.substr(at + 1);
    if (domain.empty()) domain = "example.net";
    for (const std::string& near : names_near(domain)) {
      probes.push_back(recipient(user + '@' + near));
      probes.push_back(recipient(user + "+news@" + near));
    }
    for (const std::string& near : names_near(user)) probes.push_back(recipient(near + '@' + domain));
    for (const char* const behind : {"+", "+a+b", "-a", "a", "."}) {
      probes.push_back(recipient(user + behind + '@' + domain));
    }
    probes.push_back(recipient(domain + '@' + user));
  }
  return probes;
}

std::set<unsigned> numbers_in(const std::string& line) {
  std::istringstream stream(line);
  std::set<unsigned> numbers;
  for (unsigned number = 0; stream >> number;) numbers.insert(number);
  return numbers;
}

// Every entry of the list matches the probes that tests/support/whitelist_rules.pl says it matches, and some.
void expect_the_same_matches(ListFormat format, const std::filesystem::path& file) {
  const std::string text = read_file(file);
  const ListFile list = parse_list(format, file, text);
  CAPTURE(file, list.problems);
  CHECK(list.problems.empty());

  const std::vector<Probe> probes = format == ListFormat::postgrey_recipients
                                        ? recipient_probes(entries_of(text))
                                        : client_probes(entries_of(text));
  std::string input;
  for (const Probe& probe : probes) input += probe.line + '\n';
  const test::Result rules = test::run(
      {.arguments = {source_tree() / "tests/support/whitelist_rules.pl", std::string(name(format)), file},
       .input = input});
  REQUIRE(rules.errors.empty());
  REQUIRE(rules.status == 0);
  const std::vector<std::string> answers = lines_of(rules.output);
  REQUIRE(answers.size() == probes.size() + 1);

  std::set<unsigned> entries;
  for (const ListedPattern& entry : list.entries) entries.insert(entry.line);
  CHECK(entries == numbers_in(answers[0]));
  CHECK(entries.size() == entries_of(text).size());

  std::set<unsigned> matched;
  std::size_t unmatched_probes = 0;
  for (std::size_t i = 0; i < probes.size(); ++i) {
    const std::vector<std::string> keys = keys_of(probes[i].subjects);
    std::set<unsigned> matching;
    for (const ListedPattern& entry : list.entries) {
      if (entry.pattern.matches(probes[i].subjects)) matching.insert(entry.line);
    }
    CAPTURE(probes[i].line);
    CHECK(matching == numbers_in(answers[i + 1]));
    matched.insert(matching.begin(), matching.end());
    unmatched_probes += matching.empty() ? 1 : 0;
  }
  CHECK(matched == entries);
  CHECK(unmatched_probes > probes.size() / 4);
}

TEST_CASE("parse_list: Debian's lists match what their formats' rules say, line by line", "[list_file]") {
  const std::filesystem::path lists = built("debian-lists");
  expect_the_same_matches(ListFormat::postgrey_clients, lists / "whitelist_clients");
  expect_the_same_matches(ListFormat::postgrey_recipients, lists / "whitelist_recipients");
  expect_the_same_matches(ListFormat::sqlgrey_ip, lists / "clients_ip_whitelist");
  expect_the_same_matches(ListFormat::sqlgrey_fqdn, lists / "clients_fqdn_whitelist");
}

TEST_CASE("parse_list: lists of one's own match what their formats' rules say", "[list_file]") {
  const TemporaryDirectory directory;
  const std::filesystem::path list = directory / "list";
  write_file(list,
             "User@example.org # a comment\n"
             "abuse@\n"
             "example.com\n"
             "\n"
             "  mail.example.net\t\n"
             "first.last@sub.example.com\n"
             "/^info\\+\\d+@example\\.org$/\n"
             "/news@/\n");
  expect_the_same_matches(ListFormat::postgrey_recipients, list);

  write_file(list,
             "10.1.2\n"
             "10.1.2.3/31\n"
             "2001:DB8::/33\n"
             "::1\n"
             "0.0.0.0/1\n"
             "Mixed.Case.example.org\n"
             "1blu.example\n"
             "/^MX\\d+\\.example\\.org$/\n"
             "/relay/\n");
  expect_the_same_matches(ListFormat::postgrey_clients, list);

  write_file(list, "10.1.2.0/23\n10.1.2 # x\n2001:db8::/127\n2001:db8::ff\n");
  expect_the_same_matches(ListFormat::sqlgrey_ip, list);

  write_file(list,
             "*.example.org\nexample.org\n*.a.example.com # x\n/pool-[0-9]+\\.example/\nb.example.com\n");
  expect_the_same_matches(ListFormat::sqlgrey_fqdn, list);
}

TEST_CASE("parse_list: Postfix's name of a client without a name is <>", "[list_file]") {
  for (const ListFormat format : {ListFormat::postgrey_clients, ListFormat::sqlgrey_fqdn}) {
    const ListFile list = parse_list(format, "list", "unknown\n/^unknown$/\n");
    CHECK(list.problems.empty());
    REQUIRE(list.entries.size() == 2);
    CHECK(list.entries[0].pattern.text() == "<>");
    CHECK(list.entries[1].pattern.text() == "<>");
  }
}

TEST_CASE("parse_list: a range of addresses is its networks, all of that line", "[list_file]") {
  const ListFile list = parse_list(ListFormat::plain, "list",
                                   "# ours\n192.0.2.5-192.0.2.8 until=2030-01-01 # four\n192.0.2.9-1\n");
  REQUIRE(list.entries.size() == 3);
  CHECK(list.entries[0].pattern.text() == "192.0.2.5");
  CHECK(list.entries[1].pattern.text() == "192.0.2.6/31");
  CHECK(list.entries[2].pattern.text() == "192.0.2.8");
  for (const ListedPattern& entry : list.entries) {
    CHECK(entry.line == 2);
    CHECK(entry.until == "2030-01-01");
    CHECK(entry.comment == "four");
  }
  CHECK(list.problems.size() == 1);
}

}  // namespace
}  // namespace greylisting
