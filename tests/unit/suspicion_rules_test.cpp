#include "judgement/suspicion_rules.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lists/regexp.h"
#include "process/process.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace greylisting {
namespace {

using namespace std::string_literals;
using Problems = std::vector<std::string>;

constexpr const char* kRules = "control/greylisting_suspicious";
const Problems kNone;

Session session_of_alice() {
  Session session;
  session.client = "::ffff:192.0.2.7";
  session.client_name = "Kiel.example.com";
  session.helo = "helo.example.net";
  session.sender = "Alice@example.com";
  session.recipient = "bob@example.org";
  return session;
}

unsigned holds_for(const SuspicionRules& rules, const Session& session) {
  return rules.holds_for(session, *IpAddress::parse(session.client));
}

TEST_CASE("SuspicionRules: every attribute, both operators", "[suspicion_rules]") {
  struct Case {
    std::string rule;
    bool holds;
  };
  const auto row =
      GENERATE(values<Case>({{R"(sender =~ ^Alice@example\.com$)", true},
                             {R"(sender =~ ^bob)", false},
                             {R"(sender !~ ^bob)", true},
                             {R"(sender !~ ^Alice)", false},
                             {R"(recipient =~ ^bob@example\.org$)", true},
                             {R"(recipient =~ Alice)", false},
                             {R"(client_name =~ ^Kiel\.example\.com$)", true},
                             {R"(client_name =~ ^unknown$)", false},
                             {R"(client_address =~ ^192\.0\.2\.7$)", true},
                             {R"(client_address =~ ffff)", false},
                             {R"(helo_name =~ ^helo\.example\.net$)", true},
                             {R"(helo_name !~ \.net$)", false},
                             {R"(helo =~ ^helo\.example\.net$)", true},
                             {R"(helo !~ \.org$)", true},
                             // Found anywhere, minding case as SQLgrey does, unless told otherwise.
                             {R"(sender =~ example)", true},
                             {R"(sender =~ alice)", false},
                             {R"(sender =~ (?i)alice)", true},
                             {R"(sender =~ ALICE)", false}}));
  CAPTURE(row.rule);
  const SuspicionRules rules = SuspicionRules::parse(kRules, row.rule + '\n');
  CHECK(rules.check() == kNone);
  CHECK(holds_for(rules, session_of_alice()) == (row.holds ? 1 : 0));
}

TEST_CASE("SuspicionRules: what is missing", "[suspicion_rules]") {
  Session session = session_of_alice();
  session.client_name = session.helo = session.sender = "";
  const SuspicionRules rules = SuspicionRules::parse(
      kRules, GENERATE(values<std::string>({"client_name =~ ^unknown$", "helo_name =~ ^$", "sender =~ ^$"})));
  CHECK(holds_for(rules, session) == 1);
  CHECK(holds_for(rules, session_of_alice()) == 0);
}

TEST_CASE("SuspicionRules: blanks and comments", "[suspicion_rules]") {
  struct Case {
    std::string text;
    unsigned line;  // of the rule that holds
  };
  const auto row = GENERATE(values<Case>({{"", 0},
                                          {"\n\n", 0},
                                          {"# sender =~ Alice\n", 0},
                                          {"  \t# sender =~ Alice\n", 0},
                                          {"sender =~ Alice", 1},
                                          {"sender=~Alice", 1},
                                          {"  sender\t=~\t Alice \t\r\n", 1},
                                          {"\xEF\xBB\xBFsender =~ Alice\n", 1},
                                          {"sender =~ com$   # a comment\n", 1},
                                          {"sender =~ com$# a comment\n", 1},
                                          {"sender =~ com$ # a comment =~ # another\n", 1},
                                          {"sender =~ com#xyz\n", 1},
                                          {"sender =~ com\\#xyz\n", 0},
                                          {"sender =~ e\\\\#xyz\n", 0},
                                          {"sender =~ ^[^ ]+ @ # with a blank\n", 0},
                                          {"\n#\n\nsender =~ Alice\nsender =~ Alice\n", 4},
                                          {"sender =~ bob\nclient_name =~ z\n\nhelo =~ n\nsender =~ .\n", 4},
                                          {"sender =~ a~b\n", 0},
                                          {"sender !~ a=~b\n", 1}}));
  CAPTURE(row.text);
  const SuspicionRules rules = SuspicionRules::parse(kRules, row.text);
  CHECK(rules.check() == kNone);
  CHECK(holds_for(rules, session_of_alice()) == row.line);
}

TEST_CASE("SuspicionRules: a # in an expression", "[suspicion_rules]") {
  Session session = session_of_alice();
  session.sender = "a#b\\@example.com";
  CHECK(holds_for(SuspicionRules::parse(kRules, R"(sender =~ a\#b)"), session) == 1);
  CHECK(holds_for(SuspicionRules::parse(kRules, R"(sender =~ b\\#.*)"), session) == 1);
  CHECK(holds_for(SuspicionRules::parse(kRules, R"(sender =~ c\\#.*)"), session) == 0);
}

TEST_CASE("SuspicionRules: lines that cannot be understood", "[suspicion_rules]") {
  const std::string attributes = "sender, recipient, client_name, client_address or helo_name";
  const std::string a_rule =
      " is not a rule; ignoring it. A rule is: attribute =~ expression, or attribute !~ expression, the "
      "attribute being " +
      attributes;
  struct Case {
    std::string line, problem;
  };
  const auto row = GENERATE_COPY(values<Case>(
      {{"sender", "\"sender\"" + a_rule},
       {"sender Alice", "\"sender Alice\"" + a_rule},
       {"sender = Alice", "\"sender = Alice\"" + a_rule},
       {"sender == recipient", "\"sender == recipient\"" + a_rule},
       {"sender ~ Alice", "\"sender ~ Alice\"" + a_rule},
       {"~ Alice", "\"~ Alice\"" + a_rule},
       {"sender = ~ \x1b\xff", "\"sender = ~ \\x1b\\xff\"" + a_rule},
       {"=~ Alice", "\"\" is not an attribute; ignoring the rule. It has to be " + attributes},
       {"size =~ 1", "\"size\" is not an attribute; ignoring the rule. It has to be " + attributes},
       {"Sender =~ 1", "\"Sender\" is not an attribute; ignoring the rule. It has to be " + attributes},
       {"a b\x07 !~ 1", "\"a b\\x07\" is not an attribute; ignoring the rule. It has to be " + attributes},
       {"sender =~",
        "sender: the regular expression is missing; ignoring the rule. In an expression, # is written \\#"},
       {"helo !~ #x",
        "helo: the regular expression is missing; ignoring the rule. In an expression, # is written \\#"}}));
  CAPTURE(row.line);
  const SuspicionRules rules = SuspicionRules::parse(kRules, "#\n" + row.line + "\nsender =~ Alice\n");
  CHECK(rules.problems() == Problems{kRules + ":2: "s + row.problem});
  CHECK(rules.check() == rules.problems());
  CHECK(holds_for(rules, session_of_alice()) == 3);
}

TEST_CASE("SuspicionRules: expressions that cannot be understood are told by check alone, and never hold",
          "[suspicion_rules]") {
  const SuspicionRules rules =
      SuspicionRules::parse(kRules, "sender =~ (Alice\nsender !~ [b\n?\nsender =~ Alice\nsender =~ *\n");
  CHECK(rules.problems().size() == 1);
  CHECK(holds_for(rules, session_of_alice()) == 4);
  const Problems problems = rules.check();
  REQUIRE(problems.size() == 4);
  CHECK(problems[0] == rules.problems()[0]);
  CHECK(problems[1] ==
        kRules +
            ":1: \"(Alice\" is not a regular expression (missing closing parenthesis at octet 6), "
            "so the rule never holds; write it as pcre2pattern(3) says"s);
  CHECK(problems[2].starts_with(kRules + ":2: \"[b\" is not a regular expression ("s));
  CHECK(problems[3].starts_with(kRules + ":5: \"*\" is not a regular expression ("s));
}

TEST_CASE("SuspicionRules: what goes beyond the limits does not hold, whatever the operator",
          "[suspicion_rules]") {
  Session session = session_of_alice();
  session.helo = std::string(60, 'a') + 'b';
  const std::string rule = GENERATE(values<std::string>({"helo =~ ^(a+)+$", "helo !~ ^(a+)+$"}));
  CAPTURE(rule, session.helo);
  CHECK(holds_for(SuspicionRules::parse(kRules, rule), session) == 0);
  CHECK(holds_for(SuspicionRules::parse(kRules, rule + "\nhelo !~ @"), session) == 2);
}

TEST_CASE("SuspicionRules: a hostile session's bytes", "[suspicion_rules]") {
  Session session = session_of_alice();
  session.sender = "a\0\xff\n\xc3(@b"s;
  CHECK(holds_for(SuspicionRules::parse(kRules, R"(sender =~ ^a\x00\xff\n\xc3\(@b$)"), session) == 1);
  CHECK(holds_for(SuspicionRules::parse(kRules, R"(sender =~ (*UTF).)"), session) == 0);
  session.sender = std::string(Regexp::kMaxSubject, 'a');
  CHECK(holds_for(SuspicionRules::parse(kRules, "sender =~ ^a+$"), session) == 1);
}

TEST_CASE("SuspicionRules: rules as SQLgrey's users have them", "[suspicion_rules]") {
  struct Case {
    std::string client_name, helo, sender, recipient;
    unsigned line;
  };
  const SuspicionRules rules =
      SuspicionRules::parse(kRules,
                            "# written for SQLgrey\n"
                            "client_name =~ \\.(invalid|test)$\t# these domains\n"
                            "\t\t\t\t# and no others\n"
                            "sender =~ \\.(com|net)@\t\t# like a.com@example.com\n"
                            "helo_name !~ \\w\\.[a-zA-Z]{2,4}$  \t# no host name\n"
                            "\n"
                            "client_name =~ ^unknown$\n"
                            "client_name =~ \\d+-\\d+-\\d+-\\d+          # an address\n"
                            "client_name =~ ^.{0,3}0?x[0-9a-f]{8}    # another\n"
                            "recipient =~ ^(info|(host|web)master)@\n");
  CHECK(rules.check() == kNone);
  const auto row = GENERATE(values<Case>({{"mx.a.org", "mx.a.org", "a@b.org", "c@d.org", 0},
                                          {"mx.a.test", "mx.a.org", "a@b.org", "c@d.org", 2},
                                          {"mx.a.org", "mx.a.org", "x.com@b.org", "c@d.org", 4},
                                          {"mx.a.org", "mx", "a@b.org", "c@d.org", 5},
                                          {"mx.a.org", "mx.museum", "a@b.org", "c@d.org", 5},
                                          {"", "mx.a.org", "a@b.org", "c@d.org", 7},
                                          {"a1-2-3-4.b.org", "mx.a.org", "a@b.org", "c@d.org", 8},
                                          {"h0xdeadbeef.b.org", "mx.a.org", "a@b.org", "c@d.org", 9},
                                          {"mx.a.org", "mx.a.org", "a@b.org", "webmaster@d.org", 10}}));
  CAPTURE(row.client_name, row.helo, row.sender, row.recipient);
  Session session = session_of_alice();
  session.client_name = row.client_name;
  session.helo = row.helo;
  session.sender = row.sender;
  session.recipient = row.recipient;
  CHECK(holds_for(rules, session) == row.line);
}

TEST_CASE("SuspicionRules: SQLgrey's own file is understood completely", "[suspicion_rules]") {
  const std::filesystem::path file = test::built("debian-lists/discrimination.regexp");
  if (!std::filesystem::exists(file)) {
    WARN(file.string() << " is not there (make test fetches it); not read");
    return;
  }
  const auto rules = SuspicionRules::read(file);
  REQUIRE(rules);
  CHECK(rules->check() == kNone);

  // One session a rule, each of which the rules above it let be.
  struct Case {
    std::string client_name, helo, sender, recipient;
  };
  unsigned last = 0;
  for (const Case& row :
       {Case{"mx.example.jp", "mx.a.org", "a@b.org", "c@d.org"},
        Case{"mx.a.org", "mx.a.org", "x.com@b.org", "c@d.org"},
        Case{"mx.a.org", "localhost", "a@b.org", "c@d.org"}, Case{"", "mx.a.org", "a@b.org", "c@d.org"},
        Case{"1-2-3-4.a.org", "mx.a.org", "a@b.org", "c@d.org"},
        Case{"0x12345678.a.org", "mx.a.org", "a@b.org", "c@d.org"},
        Case{"mx.yahoo.com", "mx.a.org", "a@b.org", "c@d.org"},
        Case{"mx.a.org", "mx.a.org", "a@b.org", "administrator@d.org"}}) {
    CAPTURE(row.client_name, row.helo, row.sender, row.recipient, last);
    Session session = session_of_alice();
    session.client_name = row.client_name;
    session.helo = row.helo;
    session.sender = row.sender;
    session.recipient = row.recipient;
    const unsigned line = holds_for(*rules, session);
    CHECK(line > last);
    last = line;
  }
  Session session = session_of_alice();
  session.client_name = session.helo = "mx.a.org";
  CHECK(holds_for(*rules, session) == 0);
}

TEST_CASE("SuspicionRules: the sample has no mistake and lets a mail server be", "[suspicion_rules]") {
  const auto rules = SuspicionRules::read(test::source_tree() / "config/control/greylisting_suspicious");
  REQUIRE(rules);
  CHECK(rules->check() == kNone);
  Session session = session_of_alice();
  CHECK(holds_for(*rules, session) == 0);
  session.helo = "localhost";
  CHECK(holds_for(*rules, session) != 0);

  // What is commented out has no mistake either.
  std::string text = test::read_file(test::source_tree() / "config/control/greylisting_suspicious");
  std::size_t uncommented = 0;
  for (const char* const attribute : {"\n#client_", "\n#sender", "\n#recipient"}) {
    for (auto at = text.find(attribute); at != std::string::npos; at = text.find(attribute)) {
      text.erase(at + 1, 1);
      ++uncommented;
    }
  }
  CHECK(uncommented == 5);
  CHECK(SuspicionRules::parse(kRules, text).check() == kNone);
}

TEST_CASE("SuspicionRules::read: the file", "[suspicion_rules]") {
  const test::TemporaryDirectory directory;
  const std::string file = directory / "rules";
  const auto problem = [&file](const std::string& why) {
    return Problems{file + ": " + why + ", so none of its rules counts; give " + effective_user() +
                    ", as whom this runs, a regular file that it can read and not everybody can write"};
  };

  SECTION("is none") { CHECK_FALSE(SuspicionRules::read(file)); }
  SECTION("is read") {
    test::write_file(file, "?\nsender =~ Alice\n");
    const auto rules = SuspicionRules::read(file);
    REQUIRE(rules);
    REQUIRE(rules->problems().size() == 1);
    CHECK(rules->problems()[0].starts_with(file + ":1: \"?\" is not a rule"));
    CHECK(holds_for(*rules, session_of_alice()) == 2);
  }
  SECTION("is empty") {
    test::write_file(file, "");
    const auto rules = SuspicionRules::read(file);
    REQUIRE(rules);
    CHECK(rules->problems().empty());
    CHECK(holds_for(*rules, session_of_alice()) == 0);
  }
  SECTION("is a directory") {
    std::filesystem::create_directory(file);
    CHECK(SuspicionRules::read(file)->problems() == problem("is not a regular file"));
  }
  SECTION("is a FIFO that nobody writes") {
    REQUIRE(mkfifo(file.c_str(), 0600) == 0);
    CHECK(SuspicionRules::read(file)->problems() == problem("is not a regular file"));
  }
  SECTION("can be written by everybody") {
    test::write_file(file, "sender =~ Alice\n");
    REQUIRE(chmod(file.c_str(), 0666) == 0);
    const auto rules = SuspicionRules::read(file);
    CHECK(rules->problems() == problem("can be written by everybody"));
    CHECK(holds_for(*rules, session_of_alice()) == 0);
  }
  SECTION("is as large as can be") {
    test::write_file(file, "sender =~ Alice\n" + std::string(65536 - 16, '#'));
    CHECK(SuspicionRules::read(file)->problems().empty());
    CHECK(holds_for(*SuspicionRules::read(file), session_of_alice()) == 1);
  }
  SECTION("is too large") {
    test::write_file(file, "sender =~ Alice\n" + std::string(65537 - 16, '#'));
    CHECK(SuspicionRules::read(file)->problems() == problem("is larger than 65536 bytes"));
  }
  SECTION("is in what is no directory") {
    test::write_file(file, "");
    const auto rules = SuspicionRules::read(file + "/rules");
    REQUIRE(rules);
    REQUIRE(rules->problems().size() == 1);
    CHECK(rules->problems()[0].starts_with(file + "/rules: cannot be read (Not a directory), so none"));
  }
  SECTION("is a link to itself") {
    std::filesystem::create_symlink(file, file);
    const auto rules = SuspicionRules::read(file);
    REQUIRE(rules);
    REQUIRE(rules->problems().size() == 1);
    CHECK(rules->problems()[0].find(": cannot be read (") != std::string::npos);
  }
}

}  // namespace
}  // namespace greylisting
