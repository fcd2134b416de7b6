#include "settings/settings.h"
#include "process/process.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "settings/table.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/working_directory.h"
#include "text/ascii.h"

namespace greylisting {
namespace {

using namespace std::string_literals;
using test::TemporaryDirectory;
using test::write_file;

using Variables = std::map<std::string, std::string>;
using Problems = std::vector<Problem>;

constexpr const char* kSettings = "control/greylisting";

Environment given(const Variables& variables) {
  return [&variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

LoadedSettings parse(std::string_view text, const Variables& variables = {}) {
  return parse_settings(kSettings, text, given(variables));
}

LoadedSettings load(const Variables& variables) { return load_settings(given(variables)); }

// The value of a setting as `rows` shows it.
std::string value_of(const Settings& settings, std::string_view key) {
  for (const auto& [name, value] : settings.rows()) {
    if (name == key) return value;
  }
  return "no such setting";
}

// Defaults and tables

struct NumberRow {
  std::string key, variable, by_default, least, most, unit;
  std::string companion;  // a line that keeps record_expire above block_expire at either bound
};

const std::vector<NumberRow> kNumbers{
    {"block_expire", "GLBLOCKEXPIRE", "5", "0", "525600", "minutes", "record_expire=1051200"},
    {"record_expire", "GLRECORDEXPIRE", "2880", "1", "1051200", "minutes", "block_expire=0"},
    {"record_expire_good", "GLRECORDEXPIREGOOD", "36", "1", "3650", "days", ""},
    {"loglevel", "GLLOGLEVEL", "3", "0", "5", "", ""},
    {"explicit", "GLEXPLICIT", "0", "0", "1", "", ""},
    {"timeout", "GLTIMEOUT", "2000", "10", "60000", "milliseconds", ""},
    {"max_pending_per_client", "GLMAXPENDINGPERCLIENT", "5000", "0", "1000000", "records", ""},
    {"match_helo", "GLMATCHHELO", "0", "0", "1", "", ""},
    {"auto_allow_after", "GLAUTOALLOWAFTER", "5", "0", "10000", "passes", ""},
    {"auto_allow_expire", "GLAUTOALLOWEXPIRE", "36", "1", "3650", "days", ""},
    {"group_domain_level", "GLGROUPDOMAINLEVEL", "0", "0", "1000", "senders", ""},
    {"answers", "GLANSWERS", "30", "0", "3650", "days", ""},
    {"trap_expire", "GLTRAPEXPIRE", "24", "1", "8760", "hours", ""},
    {"low_priority_mx", "GLLOWPRIORITYMX", "0", "0", "1", "", ""},
    {"max_recipients", "GLMAXRECIPIENTS", "0", "0", "100000", "recipients", ""},
    {"history_expire", "GLHISTORYEXPIRE", "90", "0", "3650", "days", ""},
    {"observe", "GLOBSERVE", "0", "0", "1", "", ""},
    {"ipv4_prefix", "GLIPV4PREFIX", "24", "1", "32", "bits", ""},
    {"ipv6_prefix", "GLIPV6PREFIX", "64", "1", "128", "bits", ""},
};

std::string what_is_allowed(const NumberRow& row) {
  if (row.most == "1") return "is not 0 or 1; using " + row.by_default;
  return "is not a whole number " + (row.unit.empty() ? "" : "of " + row.unit + ' ') + "from " + row.least +
         " to " + row.most + "; using " + row.by_default;
}

struct TextRow {
  std::string key, variable, by_default;
};

const std::vector<TextRow> kTexts{
    {"mysql_default_file", "GLMYSQLDEFAULTFILE", ""},
    {"mysql_admin_file", "GLMYSQLADMINFILE", ""},
    {"sqlite_file", "GLSQLITEFILE", "greylisting/greylisting.db"},
    {"allow_lists", "GLALLOWLISTS", ""},
    {"suspicious_rules", "GLSUSPICIOUSRULES", "control/greylisting_suspicious"},
    {"privacy_key_file", "GLPRIVACYKEYFILE", "control/greylisting_key"},
};

struct ChoiceRow {
  std::string key, variable, by_default;
  std::vector<std::string> words;
  std::string listed;  // the words as a message has them
};

const std::vector<ChoiceRow> kChoices{
    {"match",
     "GLMATCH",
     "triplet",
     {"triplet", "network", "sender", "envelope", "smart"},
     "triplet or network or sender or envelope or smart"},
    {"trust_remote_host", "GLTRUSTREMOTEHOST", "never", {"never", "paranoid"}, "never or paranoid"},
    {"greylist", "GLGREYLIST", "all", {"all", "suspicious", "unvouched"}, "all or suspicious or unvouched"},
    {"null_sender", "GLNULLSENDER", "greylist", {"greylist", "accept"}, "greylist or accept"},
    {"privacy", "GLPRIVACY", "off", {"off", "hash"}, "off or hash"},
    {"stage", "GLSTAGE", "rcpt", {"rcpt", "data"}, "rcpt or data"},
    {"header",
     "GLHEADER",
     "x-greylist",
     {"off", "x-greylist", "authentication-results"},
     "off or x-greylist or authentication-results"},
    {"on_error", "GLONERROR", "accept", {"accept", "defer"}, "accept or defer"},
};

TEST_CASE("Settings: a choice takes each of its words and no other", "[settings]") {
  const ChoiceRow row = GENERATE(from_range(kChoices));
  CAPTURE(row.key);
  CHECK(value_of(parse("").settings, row.key) == row.by_default);
  for (const std::string& word : row.words) {
    CAPTURE(word);
    CHECK(parse(row.key + '=' + word + '\n').problems.empty());
    CHECK(value_of(parse(row.key + '=' + word + '\n').settings, row.key) == word);
    CHECK(value_of(parse("", {{row.variable, word}}).settings, row.key) == word);
  }
  const LoadedSettings bad = parse(row.key + "=nonsense\n");
  CHECK(bad.problems == Problems{"control/greylisting:1: " + row.key + ": \"nonsense\" is not " + row.listed +
                                 "; using " + row.by_default});
  CHECK(value_of(bad.settings, row.key) == row.by_default);
}

TEST_CASE("load_settings: privacy=hash wants a secret of sixteen characters that not everybody reads",
          "[settings]") {
  const TemporaryDirectory home;
  const std::string key = home / "key";
  const Variables variables{{"GLPRIVACY", "hash"}, {"GLPRIVACYKEYFILE", key}};
  CHECK_THAT(load(variables).unusable,
             Catch::StartsWith(key + ": does not exist, so nothing is greylisted; privacy=hash"));
  write_file(key, "fifteen letters", 0600);
  CHECK_THAT(load(variables).unusable, Catch::StartsWith(key + ": has less than 16 characters, so"));
  write_file(key, "  sixteen letters!\n", 0600);
  CHECK(load(variables).unusable.empty());
  CHECK(load(variables).settings.privacy_key == "sixteen letters!");
  CHECK(load(variables).warnings.empty());
  write_file(key, "sixteen letters!", 0644);
  CHECK(load(variables).warnings ==
        Problems{key + ": everybody can read this file and the secret in it; chmod 600 it"});
  CHECK(load({{"GLPRIVACYKEYFILE", key}}).settings.privacy_key.empty());
}

TEST_CASE("parse_settings: warns of a deferral after which clients do not come back", "[settings]") {
  const auto warnings = [](const std::string& text, const Variables& variables) {
    return parse(text, variables).warnings;
  };
  CHECK(warnings("", {}).empty());
  CHECK(warnings("defer_message=450 4.7.1 later\n", {}).empty());
  const Problems in_file = warnings("\ndefer_message=421 later\n", {});
  REQUIRE(in_file.size() == 1);
  CHECK_THAT(in_file[0], Catch::Matchers::Contains(":2: defer_message: 421 says that the server hangs up"));
  const Problems in_variable = warnings("defer_message=421 later\n", {{"GLDEFERMESSAGE", "422 later"}});
  REQUIRE(in_variable.size() == 1);
  CHECK_THAT(in_variable[0], Catch::StartsWith("GLDEFERMESSAGE: 422 is taken for a permanent failure"));
}

struct ReplyRow {
  std::string key, variable, by_default, good, other_class, code;
};

const std::vector<ReplyRow> kReplies{
    {"defer_message", "GLDEFERMESSAGE", "451 temporary failure (#4.3.0)", "450 come back in %s s", "550 no",
     "4NN"},
    {"reject_message", "GLREJECTMESSAGE", "553 sorry, your envelope sender has been denied (#5.7.1)",
     "550 not for %r", "450 no", "5NN"},
};

TEST_CASE("Settings: every setting and its default, which 0.5 had where it had the key", "[settings]") {
  using Rows = std::vector<std::pair<std::string, std::string>>;
  const LoadedSettings loaded = parse("");
  CHECK(loaded.problems.empty());
  CHECK(loaded.file == kSettings);
  CHECK(loaded.settings.rows() ==
        Rows{{"store", "sqlite"},
             {"sqlite_file", "greylisting/greylisting.db"},
             {"mysql_default_file", ""},
             {"mysql_admin_file", ""},
             {"timeout", "2000"},
             {"on_error", "accept"},
             {"block_expire", "5"},
             {"record_expire", "2880"},
             {"record_expire_good", "36"},
             {"max_pending_per_client", "5000"},
             {"ipv4_prefix", "24"},
             {"ipv6_prefix", "64"},
             {"match", "triplet"},
             {"match_helo", "0"},
             {"explicit", "0"},
             {"greylist", "all"},
             {"suspicious_rules", "control/greylisting_suspicious"},
             {"null_sender", "greylist"},
             {"spf", "auto"},
             {"dns_server", ""},
             {"trust_remote_host", "never"},
             {"allow_lists", ""},
             {"max_recipients", "0"},
             {"auto_allow_after", "5"},
             {"auto_allow_expire", "36"},
             {"group_domain_level", "0"},
             {"answers", "30"},
             {"trap_expire", "24"},
             {"low_priority_mx", "0"},
             {"defer_message", "451 temporary failure (#4.3.0)"},
             {"reject_message", "553 sorry, your envelope sender has been denied (#5.7.1)"},
             {"stage", "rcpt"},
             {"header", "x-greylist"},
             {"observe", "0"},
             {"history_expire", "90"},
             {"loglevel", "3"},
             {"privacy", "off"},
             {"privacy_key_file", "control/greylisting_key"}});
}

TEST_CASE("Settings: every key sets its own member", "[settings]") {
  const LoadedSettings loaded = parse(
      "mysql_default_file=control/mysql.cnf\n"
      "mysql_admin_file=control/mysql-admin.cnf\n"
      "block_expire=2\n"
      "record_expire=2000\n"
      "record_expire_good=40\n"
      "loglevel=4\n"
      "explicit=1\n"
      "store=sqlite\n"
      "sqlite_file=/var/lib/greylisting.db\n"
      "timeout=1500\n"
      "on_error=defer\n"
      "ipv4_prefix=32\n"
      "ipv6_prefix=56\n"
      "defer_message=450 later\n"
      "reject_message=550 never\n");
  CHECK(loaded.problems.empty());
  const Settings& settings = loaded.settings;
  CHECK(settings.mysql_default_file == "control/mysql.cnf");
  CHECK(settings.mysql_admin_file == "control/mysql-admin.cnf");
  CHECK(settings.block_expire.count() == 2);
  CHECK(settings.record_expire.count() == 2000);
  CHECK(settings.record_expire_good.count() == 40);
  CHECK(settings.loglevel == 4);
  CHECK(settings.explicit_only);
  CHECK(settings.store == StoreKind::sqlite);
  CHECK(settings.sqlite_file == "/var/lib/greylisting.db");
  CHECK(settings.timeout.count() == 1500);
  CHECK(settings.on_error == OnError::defer);
  CHECK(settings.ipv4_prefix == 32);
  CHECK(settings.ipv6_prefix == 56);
  CHECK(settings.defer_message == "450 later");
  CHECK(settings.reject_message == "550 never");
}

// Each kind of value, from the file and from its variable

TEST_CASE("Settings: numbers at both bounds", "[settings]") {
  const auto row = GENERATE(from_range(kNumbers));
  for (const std::string& number : {row.least, row.most}) {
    CAPTURE(row.key, number);
    const LoadedSettings from_file = parse(row.companion + '\n' + row.key + '=' + number + '\n');
    CHECK(from_file.problems == Problems{});
    CHECK(value_of(from_file.settings, row.key) == number);

    const LoadedSettings from_variable = parse(row.companion + '\n', {{row.variable, number}});
    CHECK(from_variable.problems == Problems{});
    CHECK(value_of(from_variable.settings, row.key) == number);
  }
}

TEST_CASE("Settings: what is no number within the bounds", "[settings]") {
  const auto row = GENERATE(from_range(kNumbers));
  const std::string below = std::to_string(std::stol(row.least) - 1);
  const std::string above = std::to_string(std::stol(row.most) + 1);
  for (const std::string& text :
       {below, above, "abc"s, ""s, "5x"s, "x5"s, "+5"s, "--5"s, "1.5"s, "0x1"s, "1 2"s, "1e1"s,
        "99999999999999999999"s, "-99999999999999999999"s, "1,"s, "\"1\""s}) {
    CAPTURE(row.key, text);
    const LoadedSettings from_file = parse(row.companion + '\n' + row.key + '=' + text + '\n');
    CHECK(from_file.problems ==
          Problems{"control/greylisting:2: " + row.key + ": \"" + text + "\" " + what_is_allowed(row)});
    CHECK(value_of(from_file.settings, row.key) == row.by_default);

    const LoadedSettings from_variable = parse(row.companion + '\n', {{row.variable, text}});
    CHECK(from_variable.problems == Problems{row.variable + ": \"" + text + "\" " + what_is_allowed(row)});
    CHECK(value_of(from_variable.settings, row.key) == row.by_default);
  }
}

TEST_CASE("Settings: a bad value is named by file, line, key and value", "[settings]") {
  CHECK(parse("\n\nblock_expire=abc\n").problems ==
        Problems{"control/greylisting:3: block_expire: \"abc\" is not a whole number of minutes from 0 to "
                 "525600; using 5"});
  CHECK(parse("", {{"GLLOGLEVEL", "6"}}).problems ==
        Problems{"GLLOGLEVEL: \"6\" is not a whole number from 0 to 5; using 3"});
}

TEST_CASE("Settings: a value is shown so that it cannot harm a terminal or a log", "[settings]") {
  CHECK(parse("loglevel=a b\x1b[2J\xff\\\x7f\n").problems ==
        Problems{"control/greylisting:1: loglevel: \"a b\\x1b[2J\\xff\\x5c\\x7f\" is not a whole number from "
                 "0 to 5; "
                 "using 3"});
  CHECK(parse("", {{"GLLOGLEVEL", "1\n2"}}).problems ==
        Problems{"GLLOGLEVEL: \"1\\x0a2\" is not a whole number from 0 to 5; using 3"});
  CHECK(parse("x\ty\x01=1\n").problems ==
        Problems{"control/greylisting:1: \"x\\x09y\\x01\" is not a "
                 "setting; ignoring it. greylistctl settings --all shows them all"});
}

TEST_CASE("Settings: texts are taken as they are", "[settings]") {
  const auto row = GENERATE(from_range(kTexts));
  for (const std::string& text : {"control/x.cnf"s, "/a b/c.cnf"s, "a=b=c"s, "C:\\x:y"s, "a#b;c"s,
                                  "\"quoted\""s, "[x]"s, "\xc3\xa9"s, "=x"s, ":x"s}) {
    CAPTURE(row.key, text);
    const LoadedSettings from_file = parse(row.key + '=' + text + '\n');
    CHECK(from_file.problems == Problems{});
    CHECK(value_of(from_file.settings, row.key) == text);

    const LoadedSettings from_variable = parse("", {{row.variable, text}});
    CHECK(from_variable.problems == Problems{});
    CHECK(value_of(from_variable.settings, row.key) == text);
  }
  CHECK(value_of(Settings(), row.key) == row.by_default);
  if (row.key == "sqlite_file") return;  // which cannot be empty
  CHECK(value_of(parse(row.key + "=\n").settings, row.key).empty());
  CHECK(value_of(parse(row.key + "=x\n", {{row.variable, ""}}).settings, row.key).empty());
}

TEST_CASE("Settings: replies of the right class", "[settings]") {
  const auto row = GENERATE(from_range(kReplies));
  CAPTURE(row.key);
  const LoadedSettings from_file = parse(row.key + '=' + row.good + '\n');
  CHECK(from_file.problems == Problems{});
  CHECK(value_of(from_file.settings, row.key) == row.good);
  const LoadedSettings from_variable = parse("", {{row.variable, row.good}});
  CHECK(from_variable.problems == Problems{});
  CHECK(value_of(from_variable.settings, row.key) == row.good);

  const std::string longest = row.good.substr(0, 4) + std::string(506, 'x');
  CHECK(value_of(parse("", {{row.variable, longest}}).settings, row.key) == longest);
}

TEST_CASE("Settings: what is no reply of the right class", "[settings]") {
  const auto row = GENERATE(from_range(kReplies));
  const std::string wrong = " is not an SMTP reply: it has to be " + row.code +
                            ", a blank and printable ASCII, at most 510 characters; using " + row.by_default;
  const std::string code = row.good.substr(0, 3);
  for (const std::string& text :
       {row.other_class, "later"s, ""s, code, code + "-more", code + "x", "E" + row.good}) {
    CAPTURE(row.key, text);
    const LoadedSettings from_file = parse(row.key + '=' + text + '\n');
    CHECK(from_file.problems == Problems{"control/greylisting:1: " + row.key + ": \"" + text + '"' + wrong});
    CHECK(value_of(from_file.settings, row.key) == row.by_default);

    const LoadedSettings from_variable = parse("", {{row.variable, text}});
    CHECK(from_variable.problems == Problems{row.variable + ": \"" + text + '"' + wrong});
    CHECK(value_of(from_variable.settings, row.key) == row.by_default);
  }
  CHECK(parse(row.key + '=' + code + " sp\xc3\xa4ter\n").problems ==
        Problems{"control/greylisting:1: " + row.key + ": \"" + code + " sp\\xc3\\xa4ter\"" + wrong});

  const std::string too_long = code + ' ' + std::string(507, 'x');
  CHECK(parse("", {{row.variable, too_long}}).problems ==
        Problems{row.variable + ": \"" + too_long + '"' + wrong});
}

TEST_CASE("Settings: store", "[settings]") {
  CHECK(parse("store=sqlite\n").settings.store == StoreKind::sqlite);
  CHECK(parse("store=mysql\nmysql_default_file=x\n").settings.store == StoreKind::mysql);
  CHECK(parse("store=mysql\nmysql_default_file=x\n").problems == Problems{});
  CHECK(parse("store=sqlite\n", {{"GLSTORE", "mysql"}, {"GLMYSQLDEFAULTFILE", "x"}}).settings.store ==
        StoreKind::mysql);

  const LoadedSettings unknown = parse("store=postgresql\n");
  CHECK(unknown.problems ==
        Problems{"control/greylisting:1: store: \"postgresql\" is not mysql or sqlite; using the default"});
  CHECK(unknown.settings.store == StoreKind::by_default);
  CHECK(parse("store=sqlite\n", {{"GLSTORE", ""}}).problems ==
        Problems{"GLSTORE: \"\" is not mysql or sqlite; using sqlite"});
}

TEST_CASE("Settings: on_error", "[settings]") {
  CHECK(parse("on_error=accept\n").settings.on_error == OnError::accept);
  CHECK(parse("on_error=defer\n").settings.on_error == OnError::defer);
  CHECK(parse("on_error=accept\n", {{"GLONERROR", "defer"}}).settings.on_error == OnError::defer);
  CHECK(parse("on_error=reject\n").problems ==
        Problems{"control/greylisting:1: on_error: \"reject\" is not accept or defer; using accept"});
  CHECK(parse("", {{"GLONERROR", "1"}}).problems ==
        Problems{"GLONERROR: \"1\" is not accept or defer; using accept"});
}

TEST_CASE("Settings::store_kind: MySQL where an option file is named, otherwise SQLite", "[settings]") {
  CHECK(parse("").settings.store_kind() == StoreKind::sqlite);
  CHECK(parse("mysql_default_file=control/mysql.cnf\n").settings.store_kind() == StoreKind::mysql);
  CHECK(parse("mysql_admin_file=control/mysql.cnf\n").settings.store_kind() == StoreKind::sqlite);
  CHECK(parse("mysql_default_file=control/mysql.cnf\nstore=sqlite\n").settings.store_kind() ==
        StoreKind::sqlite);
  CHECK(parse("store=mysql\n").settings.store_kind() == StoreKind::mysql);
}

TEST_CASE("Settings::rows: shows the store that the default comes to", "[settings]") {
  CHECK(value_of(parse("").settings, "store") == "sqlite");
  CHECK(value_of(parse("mysql_default_file=control/mysql.cnf\n").settings, "store") == "mysql");
  CHECK(value_of(parse("mysql_default_file=control/mysql.cnf\nstore=sqlite\n").settings, "store") ==
        "sqlite");
}

// File and variables together

TEST_CASE("Settings: a variable wins over the file", "[settings]") {
  const Variables variables{{"GLBLOCKEXPIRE", "7"}};
  CHECK(parse("block_expire=2\n", variables).settings.block_expire.count() == 7);
  CHECK(parse("", variables).settings.block_expire.count() == 7);
  CHECK(parse("block_expire=2\n", {}).settings.block_expire.count() == 2);
  CHECK(parse("block_expire=abc\n", variables).settings.block_expire.count() == 7);
}

TEST_CASE("Settings: a bad variable leaves the file's value", "[settings]") {
  const LoadedSettings loaded = parse("block_expire=2\n", {{"GLBLOCKEXPIRE", "abc"}});
  CHECK(loaded.settings.block_expire.count() == 2);
  CHECK(loaded.problems ==
        Problems{"GLBLOCKEXPIRE: \"abc\" is not a whole number of minutes from 0 to 525600; using 2"});
}

TEST_CASE("Settings: blanks around a variable's value do not matter", "[settings]") {
  const LoadedSettings loaded =
      parse("", {{"GLBLOCKEXPIRE", " 7\t\r"}, {"GLMYSQLDEFAULTFILE", "control/mysql.cnf "}});
  CHECK(loaded.problems == Problems{});
  CHECK(loaded.settings.block_expire.count() == 7);
  CHECK(loaded.settings.mysql_default_file == "control/mysql.cnf");
}

TEST_CASE("Settings: a key's own name is no variable", "[settings]") {
  CHECK(parse("", {{"block_expire", "7"}, {"BLOCKEXPIRE", "7"}, {"GLBLOCK_EXPIRE", "7"}})
            .settings.block_expire.count() == 5);
}

// The form of the file

TEST_CASE("Settings: the file that the guide has people write, blanks at the ends of its lines",
          "[settings]") {
  const LoadedSettings loaded = parse(
      "mysql_default_file=control/mysql.cnf \n"
      "block_expire=2 \n"
      "record_expire=2000 \n"
      "record_expire_good=36 \n"
      "loglevel=4 \n");
  CHECK(loaded.problems == Problems{});
  CHECK(loaded.settings.mysql_default_file == "control/mysql.cnf");
  CHECK(loaded.settings.block_expire.count() == 2);
  CHECK(loaded.settings.record_expire.count() == 2000);
  CHECK(loaded.settings.loglevel == 4);
}

TEST_CASE("Settings: files that mean block_expire=2 and nothing else", "[settings]") {
  const std::string text = GENERATE(
      as<std::string>(),                                                           //
      "block_expire=2\n", "block_expire=2",                                        // no final newline
      "block_expire=2\r\n", "\r\n\r\nblock_expire=2\r\n\r\n", "block_expire=2\r",  // CR LF
      "\xEF\xBB\xBF"
      "block_expire=2\n",  // byte order mark
      " block_expire=2\n", "\tblock_expire\t=\t2\t\n", "block_expire = 2\n", "  block_expire =2 ",  // blanks
      "loglevel=3\n  block_expire=2\n",                                            // not a continued line
      "\n\n\nblock_expire=2\n\n\n", " \t \nblock_expire=2\n \r\n",                 // empty lines
      "# block_expire=3\nblock_expire=2\n", "; block_expire=3\nblock_expire=2\n",  // comments
      "  # block_expire=3\nblock_expire=2\n", "#\n;\nblock_expire=2\n", "block_expire=2\n#block_expire=3",
      "block_expire=2 # minutes\n", "block_expire=2 ; minutes\n", "block_expire=2\t#\n",
      "block_expire=2 #3 ;4 #5\n", "block_expire=2 ; a=b\n", "\xEF\xBB\xBF# comment\nblock_expire=2\n",
      "block_expire=02\n", "block_expire=2 # " + std::string(5000, 'x') + '\n',  // a long comment
      "# " + std::string(5000, 'x') + "\nblock_expire=2\n", std::string(5000, ' ') + "block_expire=2\n",
      "block_expire=2" + std::string(5000, ' ') + '\n');
  CAPTURE(text.substr(0, 60));
  const LoadedSettings loaded = parse(text);
  CHECK(loaded.problems == Problems{});
  Settings expected;
  expected.block_expire = std::chrono::minutes(2);
  CHECK(loaded.settings.rows() == expected.rows());
}

TEST_CASE("Settings: files that set nothing", "[settings]") {
  const std::string text = GENERATE(as<std::string>(), "", "\n", "\r\n", " ", "#", ";", "# a comment",
                                    "\xEF\xBB\xBF", "\xEF\xBB\xBF\n");
  CAPTURE(text);
  const LoadedSettings loaded = parse(text);
  CHECK(loaded.problems == Problems{});
  CHECK(loaded.settings.rows() == Settings().rows());
}

TEST_CASE("Settings: a comment within a value needs a blank before it", "[settings]") {
  CHECK(parse("mysql_default_file=a#b;c # d\n").settings.mysql_default_file == "a#b;c");
  CHECK(parse("defer_message=451 later (#4.3.0)\n").settings.defer_message == "451 later (#4.3.0)");
  CHECK(parse("defer_message=451 later; or never\n").settings.defer_message == "451 later; or never");
}

// A line that is no use: what is said of it, and that nothing else is lost.
void check_line(const std::string& line, const std::string& problem) {
  CAPTURE(line.substr(0, 60), line.size());
  const LoadedSettings loaded = parse("block_expire=2\n" + line + "\nrecord_expire=2000\nexplicit=x\n");
  CHECK(loaded.problems == Problems{"control/greylisting:2: " + problem,
                                    "control/greylisting:4: explicit: \"x\" is not 0 or 1; using 0"});
  Settings expected;
  expected.block_expire = std::chrono::minutes(2);
  expected.record_expire = std::chrono::minutes(2000);
  CHECK(loaded.settings.rows() == expected.rows());

  const LoadedSettings at_the_end = parse("\n" + line);
  CHECK(at_the_end.problems == Problems{"control/greylisting:2: " + problem});
}

TEST_CASE("Settings: a key that is no setting", "[settings]") {
  const auto unknown = [](const std::string& key) {
    return '"' + key + "\" is not a setting; ignoring it. greylistctl settings --all shows them all";
  };
  check_line("blok_expire=2", unknown("blok_expire"));
  check_line("BLOCK_EXPIRE=2", unknown("BLOCK_EXPIRE"));
  check_line("block_expire2=2", unknown("block_expire2"));
  check_line("block expire=2", unknown("block expire"));
  check_line("GLBLOCKEXPIRE=2", unknown("GLBLOCKEXPIRE"));
  check_line("  x = y = z # comment", unknown("x"));
}

TEST_CASE("Settings: a line that is not key=value", "[settings]") {
  const auto no_pair = [](const std::string& line) {
    return '"' + line + "\" is not key=value; ignoring it. A comment begins with #";
  };
  check_line("loglevel", no_pair("loglevel"));
  check_line("loglevel 4", no_pair("loglevel 4"));
  check_line("loglevel: 4", no_pair("loglevel: 4"));
  check_line(" loglevel 4 # x=y", no_pair("loglevel 4"));
  check_line("=4", no_pair("=4"));
  check_line(" = 4", no_pair("= 4"));
  check_line("=", no_pair("="));
  check_line("loglevel\x1b", no_pair("loglevel\\x1b"));
}

TEST_CASE("Settings: a section line, below which keys still count", "[settings]") {
  const auto section = [](const std::string& line) {
    return '"' + line + "\" begins a section, and this file has none; the keys below it count";
  };
  check_line("[greylisting]", section("[greylisting]"));
  check_line(" [ client ] ; x", section("[ client ]"));
  check_line("[client", section("[client"));
  check_line("[]", section("[]"));
  check_line("[a=b", section("[a=b"));
}

TEST_CASE("Settings: a line with a NUL", "[settings]") {
  const std::string problem = "this line has a NUL character; ignoring it. Write the file anew as plain text";
  check_line("loglevel=4\0"s, problem);
  check_line("loglevel\0=4"s, problem);
  check_line("\0loglevel=4"s, problem);
  check_line("\0"s, problem);
}

TEST_CASE("Settings: a file in UTF-16 is said to be wrong and sets nothing", "[settings]") {
  std::string text = "\xff\xfe";
  for (const char c : "block_expire=2\nloglevel=4\n"s) text += {c, '\0'};
  const LoadedSettings loaded = parse(text);
  CHECK(loaded.problems.size() >= 2);
  CHECK(loaded.settings.rows() == Settings().rows());
}

TEST_CASE("Settings: a key that is set twice", "[settings]") {
  const LoadedSettings loaded = parse("block_expire=2\n\nblock_expire=3\n");
  CHECK(loaded.problems ==
        Problems{"control/greylisting:3: block_expire: is set on line 1 already; the last one counts. "
                 "Remove one of the two"});
  CHECK(loaded.settings.block_expire.count() == 3);

  const LoadedSettings thrice = parse("loglevel=1\nloglevel=1\nloglevel=2\n");
  CHECK(thrice.problems ==
        Problems{"control/greylisting:2: loglevel: is set on line 1 already; the last one counts. Remove "
                 "one of the two",
                 "control/greylisting:3: loglevel: is set on line 2 already; the last one counts. Remove "
                 "one of the two"});
  CHECK(thrice.settings.loglevel == 2);
}

TEST_CASE("Settings: a line holds what a value can need", "[settings]") {
  std::string lists = "postgrey-clients:/etc/postgrey/whitelist_clients";
  while (lists.size() < 3000) lists += " postgrey-clients:/etc/postgrey/whitelist_clients";
  CHECK(parse("allow_lists=" + lists + '\n').problems == Problems{});
  CHECK(parse("allow_lists=" + lists + '\n').settings.allow_lists == lists);

  const std::string reply = "450 " + std::string(506, 'x');
  CHECK(parse("defer_message = " + reply + " # the longest\n").problems == Problems{});
  CHECK(parse("defer_message = " + reply + " # the longest\n").settings.defer_message == reply);
}

TEST_CASE("Settings: a line that names the lists of Debian's packages", "[settings]") {
  const std::string lists =
      "postgrey-clients:/etc/postgrey/whitelist_clients "
      "postgrey-recipients:/etc/postgrey/whitelist_recipients "
      "sqlgrey-fqdn:/etc/sqlgrey/clients_fqdn_whitelist sqlgrey-ip:/etc/sqlgrey/clients_ip_whitelist";
  const std::string line = "allow_lists=" + lists + '\n';
  CHECK(line.size() > 198);
  const LoadedSettings loaded = parse("block_expire=7\n" + line + "loglevel=4\n");
  CHECK(loaded.problems == Problems{});
  CHECK(loaded.settings.allow_lists == lists);
  CHECK(loaded.settings.block_expire == std::chrono::minutes(7));
}

TEST_CASE("Settings: a line that is too long", "[settings]") {
  constexpr std::size_t kLongest = 4096;
  const std::string message = "this line is longer than 4096 characters; ignoring it. Make it shorter";
  const std::string key = "sqlite_file=";
  const std::string fits(kLongest - key.size(), 'x');
  CHECK(parse(key + fits + '\n').problems == Problems{});
  CHECK(parse(key + fits + '\n').settings.sqlite_file == fits);
  CHECK(parse(key + fits + " \r\n").settings.sqlite_file == fits);
  check_line(key + fits + 'x', message);
  check_line(key + std::string(10000, 'x'), message);
  check_line(std::string(10000, 'x'), message);
  check_line(key + std::string(kLongest, 'x') + "\rloglevel=5", message);
}

TEST_CASE("Settings: where each is from", "[settings]") {
  const auto origins = [](std::string_view text, const Variables& variables) {
    std::map<std::string, std::pair<Origin::Kind, unsigned>> set;
    const LoadedSettings loaded = parse(text, variables);
    for (std::size_t i = 0; i < kSettingCount; ++i) {
      const Origin& origin = loaded.origins.at(i);
      if (origin.kind != Origin::Kind::by_default)
        set[std::string(setting_table()[i].key)] = {origin.kind, origin.line};
    }
    return set;
  };
  using Set = decltype(origins("", {}));
  using Kind = Origin::Kind;
  CHECK(origins("", {}) == Set{});
  CHECK(origins("# x\n\nloglevel=4\nblock_expire=2\nobserve=x\n", {}) ==
        Set{{"loglevel", {Kind::file, 3}}, {"block_expire", {Kind::file, 4}}});
  CHECK(origins("loglevel=1\nloglevel=2\nloglevel=x\n", {}) == Set{{"loglevel", {Kind::file, 2}}});
  CHECK(origins("loglevel=4\ntimeout=10\n", {{"GLLOGLEVEL", "5"}, {"GLTIMEOUT", "x"}}) ==
        Set{{"loglevel", {Kind::variable, 0}}, {"timeout", {Kind::file, 2}}});
  CHECK(origins("block_expire=6000\n", {}) ==
        Set{{"block_expire", {Kind::file, 1}}, {"record_expire", {Kind::block_expire, 0}}});
}

TEST_CASE("setting_table: names, variables and groups", "[settings]") {
  std::map<SettingGroup, int> groups;
  for (std::size_t i = 0; i < kSettingCount; ++i) {
    const Setting& setting = setting_table()[i];
    CAPTURE(setting.key);
    std::string variable = "GL" + ascii::upper(setting.key);
    std::erase(variable, '_');
    CHECK(setting.variable == variable);
    CHECK(setting.meaning.ends_with('.'));
    CHECK(std::ranges::count(setting.meaning, '`') % 2 == 0);
    if (i == 0 || setting_table()[i - 1].group != setting.group) ++groups[setting.group];
  }
  for (const auto& [group, times] : groups) {
    CAPTURE(text_of(group).title);
    CHECK(times == 1);
  }
  CHECK(groups.size() == 6);
}

TEST_CASE("Settings: problems come in the order of the lines, the variables' behind them", "[settings]") {
  CHECK(
      parse("loglevel=x\n[a]\nb\nc=1\n", {{"GLTIMEOUT", "1"}}).problems ==
      Problems{
          "control/greylisting:1: loglevel: \"x\" is not a whole number from 0 to 5; using 3",
          "control/greylisting:2: \"[a]\" begins a section, and this file has none; the keys below it count",
          "control/greylisting:3: \"b\" is not key=value; ignoring it. A comment begins with #",
          "control/greylisting:4: \"c\" is not a setting; ignoring it. greylistctl settings --all "
          "shows them all",
          "GLTIMEOUT: \"1\" is not a whole number of milliseconds from 10 to 60000; using 2000"});
}

// Values that make no sense together

TEST_CASE("Settings: a record has to live longer than its block", "[settings]") {
  struct Row {
    std::string text, record_expire;
    Problems problems;
  };
  const auto row = GENERATE(values<Row>({
      {"block_expire=2879\n", "2880", {}},
      {"record_expire=6\n", "6", {}},
      {"record_expire=5\n",
       "2885",
       {"control/greylisting: record_expire: 5 minutes is not longer than block_expire (5), so that no "
        "retry could "
        "ever pass; using 2885"}},
      {"record_expire=1\n",
       "2885",
       {"control/greylisting: record_expire: 1 minutes is not longer than block_expire (5), so that no "
        "retry could "
        "ever pass; using 2885"}},
      {"block_expire=525600\n",
       "528480",
       {"control/greylisting: record_expire: 2880 minutes is not longer than block_expire (525600), so that "
        "no retry "
        "could ever pass; using 528480"}},
  }));
  CAPTURE(row.text);
  const LoadedSettings loaded = parse(row.text);
  CHECK(loaded.problems == row.problems);
  CHECK(value_of(loaded.settings, "record_expire") == row.record_expire);
}

TEST_CASE("Settings: file and variables are looked at together", "[settings]") {
  CHECK(parse("record_expire=10\n", {{"GLBLOCKEXPIRE", "2"}}).problems == Problems{});
  const LoadedSettings loaded = parse("record_expire=100\n", {{"GLBLOCKEXPIRE", "100"}});
  CHECK(loaded.problems.size() == 1);
  CHECK(loaded.settings.record_expire.count() == 2980);
}

TEST_CASE("Settings: store=mysql without an option file", "[settings]") {
  CHECK(parse("store=mysql\n").problems ==
        Problems{"control/greylisting: store: mysql needs mysql_default_file, the option file with user, "
                 "password and "
                 "database; without it the client library's defaults are used"});
  CHECK(parse("store=mysql\n", {{"GLMYSQLDEFAULTFILE", "x"}}).problems == Problems{});
}

// Interrupts a system call that would wait for ever, so that the test fails and does not hang.
class Interruption {
 public:
  Interruption() {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    sigaction(SIGALRM, &action, &before_);
    alarm(3);
  }
  ~Interruption() {
    alarm(0);
    sigaction(SIGALRM, &before_, nullptr);
  }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

 private:
  struct sigaction before_ = {};
};

// The variables are read all the same: on_error may be among them.
void check_unusable(const std::filesystem::path& file, const std::string& why) {
  const LoadedSettings loaded =
      load({{"GLCONFIGFILE", file.string()}, {"GLLOGLEVEL", "x"}, {"GLBLOCKEXPIRE", "7"}});
  CHECK(loaded.unusable ==
        file.string() + ": " + why + ", so nothing is greylisted; give " + effective_user() +
            ", as whom this runs, a regular file that it can read and not everybody can write");
  CHECK(loaded.problems == Problems{"GLLOGLEVEL: \"x\" is not a whole number from 0 to 5; using 3"});
  CHECK(loaded.file == file.string());
  CHECK(loaded.settings.block_expire.count() == 7);
}

TEST_CASE("load_settings: control/greylisting below the working directory", "[settings]") {
  const TemporaryDirectory directory;
  const test::WorkingDirectory here(directory.path());
  write_file(directory / "control/greylisting", "block_expire=2\nloglevel=x\n");
  for (const Variables& variables : {Variables{}, Variables{{"GLCONFIGFILE", ""}}}) {
    const LoadedSettings loaded = load(variables);
    CHECK(loaded.file == "control/greylisting");
    CHECK(loaded.settings.block_expire.count() == 2);
    CHECK(loaded.problems ==
          Problems{"control/greylisting:2: loglevel: \"x\" is not a whole number from 0 to 5; using 3"});
  }
}

TEST_CASE("load_settings: GLCONFIGFILE names another file", "[settings]") {
  const TemporaryDirectory directory;
  const test::WorkingDirectory here(directory.path());
  write_file(directory / "control/greylisting", "block_expire=2\n");
  write_file(directory / "other", "block_expire=3\nloglevel=x\n");
  const LoadedSettings loaded = load({{"GLCONFIGFILE", "other"}, {"GLRECORDEXPIRE", "100"}});
  CHECK(loaded.file == "other");
  CHECK(loaded.settings.block_expire.count() == 3);
  CHECK(loaded.settings.record_expire.count() == 100);
  CHECK(loaded.problems == Problems{"other:2: loglevel: \"x\" is not a whole number from 0 to 5; using 3"});
}

TEST_CASE("load_settings: a file that is not there is no problem", "[settings]") {
  const TemporaryDirectory directory;
  const test::WorkingDirectory here(directory.path());
  const LoadedSettings loaded = load({{"GLBLOCKEXPIRE", "7"}});
  CHECK(loaded.problems == Problems{});
  CHECK(loaded.settings.block_expire.count() == 7);
  CHECK(loaded.settings.record_expire.count() == 2880);
  CHECK(loaded.unusable.empty());
}

TEST_CASE("load_settings: a file that GLCONFIGFILE names and that is not there", "[settings]") {
  check_unusable("/nowhere/greylisting", "does not exist");
}

TEST_CASE("load_settings: a directory in the file's place", "[settings]") {
  const TemporaryDirectory directory;
  check_unusable(directory.path(), "is not a regular file");
}

TEST_CASE("load_settings: a FIFO in the file's place is not waited for", "[settings]") {
  const TemporaryDirectory directory;
  const std::filesystem::path fifo = directory / "fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  const Interruption interruption;
  check_unusable(fifo, "is not a regular file");
}

TEST_CASE("load_settings: a device in the file's place", "[settings]") {
  check_unusable("/dev/zero", "is not a regular file");
}

TEST_CASE("load_settings: a file that cannot be opened", "[settings]") {
  const TemporaryDirectory directory;
  std::filesystem::create_symlink("loop", directory / "loop");
  check_unusable(directory / "loop", "cannot be read (Too many levels of symbolic links)");
  write_file(directory / "file", "");
  check_unusable(directory / "file/greylisting", "cannot be read (Not a directory)");
}

TEST_CASE("load_settings: a file that this user may not read", "[settings]") {
  if (geteuid() == 0) {
    WARN("not tested: root may read every file");
    return;
  }
  const TemporaryDirectory directory;
  write_file(directory / "secret", "block_expire=2\n", 0);
  check_unusable(directory / "secret", "cannot be read (Permission denied)");
}

TEST_CASE("load_settings: a file that everybody may write", "[settings]") {
  const TemporaryDirectory directory;
  write_file(directory / "open", "block_expire=2\n", 0646);
  check_unusable(directory / "open", "can be written by everybody");
}

TEST_CASE("load_settings: a file of 64 KiB, and one that is larger", "[settings]") {
  const TemporaryDirectory directory;
  const std::string setting = "block_expire=2\n";
  const std::string comment = '#' + std::string(64 * 1024 - setting.size() - 2, 'x') + '\n';
  write_file(directory / "largest", comment + setting);
  REQUIRE(std::filesystem::file_size(directory / "largest") == 65536);
  const LoadedSettings largest = load({{"GLCONFIGFILE", directory / "largest"}});
  CHECK(largest.problems == Problems{});
  CHECK(largest.settings.block_expire.count() == 2);

  write_file(directory / "larger", comment + setting + '\n');
  check_unusable(directory / "larger", "is larger than 65536 bytes");
}

TEST_CASE("load_settings: an option file that everybody can read", "[settings]") {
  const TemporaryDirectory directory;
  const std::string control = directory / "greylisting";
  const std::string option_file = directory / "mysql.cnf";
  const std::string warning =
      option_file + ": everybody can read this file and the password in it; chmod 600 it";
  const auto warnings = [&](unsigned mode, const std::string& settings) {
    std::filesystem::remove(option_file);
    write_file(option_file, "[client]\npassword=secret\n", mode);
    write_file(control, settings);
    const LoadedSettings loaded = load({{"GLCONFIGFILE", control}});
    CHECK(loaded.problems.empty());
    return loaded.warnings;
  };
  const std::string named = "mysql_default_file=" + option_file + '\n';
  CHECK(warnings(0644, named) == Problems{warning});
  CHECK(warnings(0604, named + "store=mysql\n") == Problems{warning});
  CHECK(warnings(0600, named) == Problems{});
  CHECK(warnings(0640, named) == Problems{});
  CHECK(warnings(0400, named) == Problems{});
  CHECK(warnings(0644, named + "store=sqlite\n") == Problems{});  // not used
  CHECK(warnings(0644, "") == Problems{});
  CHECK(warnings(0644, "mysql_default_file=" + option_file + ".missing\n") ==
        Problems{});  // the store says it
}

}  // namespace
}  // namespace greylisting
