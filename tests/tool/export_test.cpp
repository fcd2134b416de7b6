// greylistctl export, and import of what it wrote: in every form, on every store and between them.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/another_user.h"
#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "tests/support/stored.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

void must(const Installation& installation, const Arguments& arguments) {
  const Result result = ctl(installation, arguments);
  CAPTURE(arguments, result.errors);
  REQUIRE(result.status == 0);
}

const std::vector<Arguments> kEveryKind{
    {"allow", "192.0.2.0/24", "--comment", "our own # \"site\""},
    {"allow", "2001:db8::7", "--until", "2090-01-31"},
    {"allow", "mail.example.net"},
    {"allow", "=mx.example.net", "--until", "2090-01-31 10:20:30"},
    {"deny", "*.dyn.example", "--reply", "550 \"no\" \\ thanks", "--comment", "homes"},
    {"deny", "client", "<>"},
    {"deny", "/^mx[0-9]+\\./"},
    {"deny", "sender", "<>"},
    {"deny", "sender", "a\"b\xff@example.net"},
    {"deny", "sender", "a\"b\\x5cxff@example.net"},
    {"allow", "sender", "/^x\xfc@y\\.example$/"},
    {"allow", "sender", "friend@example.com"},
    {"deny", "recipient", "=example.org", "--reply", "450 later"},
    {"allow", "recipient", "postmaster@"},
    {"trap", "nobody@example.org"},
    {"skip", "open.example"},
    {"greylist", "192.0.2.0/28", "--block", "0"},
    {"greylist", "codes@example.org", "--block", "525600", "--comment", "slow"},
    {"greylist", "bob@example.org"},
};

}  // namespace

TEST_CASE("JSON that is exported and imported makes the same entries, in any store", "[export]") {
  const Installation source(any_backend());
  const Installation destination(any_other_backend());
  CAPTURE(name(source.backend()), name(destination.backend()));
  for (const Arguments& entry : kEveryKind) must(source, entry);

  const Result exported = ctl(source, {"export", "json"});
  CHECK(exported.status == 0);
  CHECK(exported.errors.empty());
  CHECK(nlohmann::json::parse(exported.output) ==
        nlohmann::json::parse(ctl(source, {"list", "--json"}).output));

  const std::string size = std::to_string(kEveryKind.size());
  const Result imported = ctl(destination, {"import", "json", "-"}, exported.output);
  CHECK(imported.status == 0);
  CHECK(imported.errors.empty());
  CHECK_THAT(imported.output, Catch::StartsWith("imported " + size + " entries from standard input: " + size +
                                                " new, 0 changed, 0 entries not understood\n"));
  CHECK(entries(destination) == entries(source));
  CHECK_THAT(ctl(destination, {"import", "json", "-"}, exported.output).output,
             Contains("0 new, 0 changed, " + size + " there already, 0 entries not understood\n"));
}

TEST_CASE("import json fills in a comment, and takes the last of several", "[export]") {
  const Installation installation(Backend::sqlite);
  const Result result = ctl(installation, {"import", "json", "-", "--comment", "bulk"}, R"([
    {"action": "deny", "what": "client", "pattern": "192.0.2.1", "reply": "550 a"},
    {"action": "deny", "what": "client", "pattern": "192.0.2.1", "reply": "550 b", "comment": "mine"},
    {"action": "allow", "what": "client", "pattern": "192.0.2.1", "until": "2020-01-01"},
    {"action": "skip", "what": "recipient", "pattern": "example.org", "until": "2090-01-01", "over": true}])");
  CHECK(result.errors.empty());
  CHECK_THAT(result.output,
             Contains("imported 2 entries from standard input: 2 new, 0 changed, 1 expired and left out, "
                      "0 entries not understood\n"));
  CHECK(text(installation.sql(
            "SELECT action, pattern, reply, expires, comment FROM greylisting_entries ORDER BY action")) ==
        "deny 192.0.2.1 550 b 9999-12-31 23:59:59 mine\nskip example.org NULL 2090-01-01 23:59:59 bulk\n");
}

TEST_CASE("import json says of each entry what is wrong, and takes the others", "[export]") {
  const Installation installation(Backend::sqlite);
  struct Case {
    std::string entry;
    std::string why;
  };
  const std::string good = R"({"action": "deny", "what": "sender", "pattern": "spam.example"})";
  for (const Case& each : std::vector<Case>{
           {"7", "it is not an object"},
           {R"({"what": "sender", "pattern": "a.example"})",
            "action: \"\" is not allow, deny, trap, greylist or skip"},
           {R"({"action": "permit", "what": "sender", "pattern": "a.example"})", "action: \"permit\" is not"},
           {R"({"action": 1, "what": "sender", "pattern": "a.example"})", "action is not a text"},
           {R"({"action": "deny", "what": "host", "pattern": "a.example"})",
            "\"host\" is not client, sender or recipient"},
           {R"({"action": "deny", "what": "client", "pattern": "192.0.2.0/33"})",
            "\"192.0.2.0/33\" is not a network"},
           {R"({"action": "deny", "what": "client"})", "\"\" is empty"},
           {R"({"action": "trap", "what": "sender", "pattern": "a.example"})", "trap is for recipients only"},
           {R"({"action": "deny", "what": "sender", "pattern": "a.example", "untill": "2090-01-01"})",
            "\"untill\" is not something that an entry has"},
           {R"({"action": "deny", "what": "sender", "pattern": "a.example", "until": "soon"})",
            "until: \"soon\" is not a time"},
           {R"({"action": "deny", "what": "sender", "pattern": "a.example", "reply": "250 yes"})",
            "reply: \"250 yes\" is not an SMTP reply"},
           {R"({"action": "greylist", "what": "client", "pattern": "192.0.2.1", "block": 525601})",
            "block is not a whole number of minutes from 0 to 525600"},
           {R"({"action": "greylist", "what": "client", "pattern": "192.0.2.1", "block": "5"})",
            "block is not a whole number"}}) {
    CAPTURE(each.entry);
    const Result result = ctl(installation, {"import", "json", "-"}, '[' + good + ',' + each.entry + ']');
    CHECK(result.status == 1);
    CHECK_THAT(result.errors, Catch::StartsWith("greylistctl: standard input, entry 2: "));
    CHECK_THAT(result.errors, Contains(each.why));
    CHECK_THAT(result.errors, Catch::EndsWith(". Ignoring this entry\n"));
    CHECK_THAT(result.output, Catch::StartsWith("imported 1 entry from "));
    CHECK_THAT(result.output, Contains(", 1 entry not understood\n"));
  }
  for (const std::string nothing : {"", "{}", "[1,", "192.0.2.1\n"}) {
    CAPTURE(nothing);
    const Result result = ctl(installation, {"import", "json", "-"}, nothing);
    CHECK(result.status == 1);
    CHECK(result.errors ==
          "greylistctl: standard input: is not a JSON array of entries, as greylistctl export json writes "
          "it\n");
    CHECK(result.output.empty());
  }
  const std::string missing = installation.home() / "missing";
  CHECK_THAT(ctl(installation, {"import", "json", missing}).errors, Contains("there is no such file"));
  CHECK_THAT(ctl(installation, {"import", "json", installation.home()}).errors,
             Contains("is not a regular file, so nothing in it counts"));
  const Result result = ctl(installation, {"import", "json", "-", "--action", "deny"}, "[]");
  CHECK(result.status == 2);
  CHECK_THAT(result.errors, Contains("--action: in JSON every entry says for itself what it does"));
}

namespace {

// Of every kind of pattern, what each form says of it; empty where it cannot.
struct Form {
  std::string word;
  std::string pattern;
  std::string plain;
  std::string postgrey_clients{};
  std::string postgrey_recipients{};
  std::string sqlgrey_ip{};
  std::string sqlgrey_fqdn{};
};

const std::vector<Form> kForms{
    {"client", "192.0.2.7", "client 192.0.2.7", "192.0.2.7", "", "192.0.2.7"},
    {"client", "198.51.100.0/24", "client 198.51.100.0/24", "198.51.100.0/24", "", "198.51.100.0/24"},
    {"client", "198.51.0.0/16", "client 198.51.0.0/16", "198.51.0.0/16", "", "198.51.0.0/16"},
    {"client", "2001:db8::/32", "client 2001:db8::/32", "2001:db8::/32", "", "2001:db8::/32"},
    {"client", "mail.example.net", "client mail.example.net", "mail.example.net", "", "",
     "mail.example.net\n*.mail.example.net"},
    {"client", "=mx.example.net", "client =mx.example.net", "", "", "", "mx.example.net"},
    {"client", "*.sub.example.net", "client *.sub.example.net", "", "", "", "*.sub.example.net"},
    {"client", "localhost", "client localhost", "localhost"},
    {"client", "unknown", "client unknown"},
    {"client", "<>", "client <>", "unknown", "", "", "unknown"},
    {"client", "/^mx[0-9]+\\./", "client /^mx[0-9]+\\./", "/^mx[0-9]+\\./", "", "", "/^mx[0-9]+\\./"},
    {"client", "/a#b/", "client /a#b/"},
    {"sender", "example.com", "sender example.com"},
    {"sender", "until=x@example.com", "sender until=x@example.com"},
    {"sender", "#x@example.com", ""},
    {"sender", "<>", "sender <>"},
    {"recipient", "bob@example.org", "recipient bob@example.org", "", "bob@example.org"},
    {"recipient", "postmaster@", "recipient postmaster@", "", "postmaster@"},
    {"recipient", "a#b@example.org", "recipient a#b@example.org"},
    {"recipient", "example.org", "recipient example.org", "", "example.org"},
    {"recipient", "=one.example", "recipient =one.example"},
    {"recipient", "*.two.example", "recipient *.two.example"},
    {"recipient", "/^sales-/", "recipient /^sales-/", "", "/^sales-/"},
};

using Text = std::string Form::*;

struct NamedForm {
  std::string name;
  Text text;
};
const std::vector<NamedForm> kFormNames{{"plain", &Form::plain},
                                        {"postgrey-clients", &Form::postgrey_clients},
                                        {"postgrey-recipients", &Form::postgrey_recipients},
                                        {"sqlgrey-ip", &Form::sqlgrey_ip},
                                        {"sqlgrey-fqdn", &Form::sqlgrey_fqdn}};

// Attempts of which each pattern above matches at least one.
std::vector<Rcpt> attempts() {
  const auto from = [](std::string client, std::string host) {
    return Rcpt{.client = std::move(client), .environment = {{"TCPREMOTEHOST", std::move(host)}}};
  };
  const auto to = [](std::string sender, std::string recipient) {
    return Rcpt{.client = "203.0.113.9",
                .sender = std::move(sender),
                .recipient = std::move(recipient),
                .environment = {{"TCPREMOTEHOST", "other.example"}}};
  };
  return {from("192.0.2.7", "other.example"),
          from("192.0.2.8", "other.example"),
          from("198.51.100.200", "other.example"),
          from("198.51.7.7", "other.example"),
          from("2001:db8::1", "other.example"),
          from("203.0.113.1", "mail.example.net"),
          from("203.0.113.2", "a.mail.example.net"),
          from("203.0.113.3", "mx.example.net"),
          from("203.0.113.4", "a.mx.example.net"),
          from("203.0.113.5", "sub.example.net"),
          from("203.0.113.6", "b.sub.example.net"),
          from("203.0.113.7", "localhost"),
          from("203.0.113.8", "unknown"),
          from("203.0.113.10", ""),
          from("203.0.113.11", "mx12.example"),
          to("a@example.com", "c@three.example"),
          to("until=x@example.com", "c@three.example"),
          to("", "c@three.example"),
          to("a@b.example", "bob@example.org"),
          to("a@b.example", "bob+list@example.org"),
          to("a@b.example", "postmaster@three.example"),
          to("a@b.example", "x@sub.example.org"),
          to("a@b.example", "x@one.example"),
          to("a@b.example", "x@a.one.example"),
          to("a@b.example", "x@a.two.example"),
          to("a@b.example", "sales-7@three.example"),
          to("a@b.example", "c@three.example")};
}

// Which of them are allowed.
std::string allowed_of_attempts(const Installation& installation) {
  std::string answers;
  for (const Rcpt& rcpt : attempts())
    answers += logged(installation.attempt(rcpt), "reason") == "allowed" ? "allowed\n" : "no\n";
  return answers;
}

const std::string kBelieve = "trust_remote_host=paranoid\n";

}  // namespace

TEST_CASE("Every form says of every kind of pattern what it can, and names the rest", "[export]") {
  const Installation installation(any_backend(), kBelieve);
  CAPTURE(name(installation.backend()));
  for (const Form& form : kForms) must(installation, {"allow", form.word, form.pattern, "--comment", "why"});
  for (const auto& [format, member] : kFormNames) {
    CAPTURE(format);
    std::string expected;
    std::size_t left_out = 0;
    const Result result = ctl(installation, {"export", format});
    const auto is_network = [](const Form& form) { return !form.sqlgrey_ip.empty(); };
    for (const Form& form : kForms) {
      std::string line = form.*member;
      const bool is_other = format == "postgrey-clients"      ? form.word != "client"
                            : format == "postgrey-recipients" ? form.word != "recipient"
                            : format == "sqlgrey-ip"          ? !is_network(form)
                            : format == "sqlgrey-fqdn"        ? form.word != "client" || is_network(form)
                                                              : false;
      if (is_other) {
        CHECK(line.empty());
        CHECK_THAT(result.errors, !Contains(' ' + form.pattern + ") is left out"));
        continue;
      }
      if (line.empty()) {
        ++left_out;
        CHECK_THAT(result.errors, Contains(" (allow " + form.word + ' ' + form.pattern + ") is left out: " +
                                           format + " has no way to say such a pattern\n"));
        continue;
      }
      if (const auto end = line.find('\n'); end != std::string::npos) line.insert(end, " # why");
      expected += line + " # why\n";
    }
    // What is of another kind is only counted.
    const std::map<std::string, std::string> others{
        {"postgrey-clients", "networks and names alone; left out: 4 senders, 7 recipients"},
        {"postgrey-recipients", "recipients alone; left out: 4 networks, 8 names, 4 senders"},
        {"sqlgrey-ip", "networks alone; left out: 8 names, 4 senders, 7 recipients"},
        {"sqlgrey-fqdn", "names alone; left out: 4 networks, 4 senders, 7 recipients"}};
    const auto other = others.find(format);
    if (other != others.end())
      CHECK_THAT(result.errors, Contains("greylistctl: " + format + " is for " + other->second + '\n'));
    CHECK((left_out == 0) == (format == "sqlgrey-ip"));
    CHECK(lines(result.errors) == left_out + (other == others.end() ? 0 : 1));
    CHECK(result.status == (left_out == 0 ? 0 : 1));
    CHECK(result.output == expected);
  }
}

TEST_CASE("What a form says means the same to import, and to the plugin that reads it as a file",
          "[export]") {
  const NamedForm form = GENERATE(from_range(kFormNames));
  const Installation source(any_backend(), kBelieve);
  CAPTURE(form.name, name(source.backend()));
  for (const Form& each : kForms) {
    if (!(each.*form.text).empty()) must(source, {"allow", each.word, each.pattern});
  }
  const std::string expected = allowed_of_attempts(source);
  CHECK_THAT(expected, Contains("allowed"));
  CHECK_THAT(expected, Contains("no\n"));

  const Result exported = ctl(source, {"export", form.name});
  CHECK(exported.status == 0);
  CHECK(exported.errors.empty());
  const Installation imported(Backend::sqlite, kBelieve);
  const Result import = ctl(imported, {"import", form.name, "-"}, exported.output);
  CHECK(import.errors.empty());
  if (form.name != "sqlgrey-fqdn")
    CHECK(entries(imported) == entries(source));  // which makes two of a domain
  CHECK(allowed_of_attempts(imported) == expected);

  const Installation reading(Backend::sqlite, kBelieve + "allow_lists=" + form.name + ":control/list");
  write_file(reading.home() / "control/list", exported.output, 0644);
  CHECK(allowed_of_attempts(reading) == expected);
}

TEST_CASE("An end, a reply, a block and other actions are said where they can be", "[export]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  must(installation, {"allow", "192.0.2.1", "--until", "2090-01-31"});
  must(installation, {"allow", "192.0.2.2"});
  must(installation, {"deny", "192.0.2.3", "--reply", "550 \"no\", # thanks", "--comment", "bad"});
  must(installation, {"deny", "192.0.2.4"});
  must(installation, {"trap", "x@example.org"});
  installation.sql(
      "INSERT INTO greylisting_entries (action, kind, pattern, subject, specificity, expires) "
      "VALUES ('allow', 'host', '..', 'x', 1, '9999-12-31 23:59:59'), "
      "('allow', 'host', 'a.example', 'x', 1, '2020-01-01 00:00:00')");
  const auto id = [&installation](const std::string& pattern) {
    return "greylistctl: entries/" +
           installation.sql("SELECT id FROM greylisting_entries WHERE pattern = '" + pattern + '\'')
               .at(0)
               .at(0)
               .value();
  };
  const std::string not_understood =
      id("..") + " (allow client ..) is left out: it is not understood: \"..\" is not a domain name";

  Result result = ctl(installation, {"export", "plain"});
  CHECK(result.status == 1);
  CHECK(result.output == "client 192.0.2.1 until=\"2090-01-31 23:59:59\"\nclient 192.0.2.2\n");
  CHECK_THAT(result.errors, Contains(not_understood));
  CHECK(lines(result.errors) == 1);

  result = ctl(installation, {"export", "plain", "--action", "deny"});
  CHECK(result.status == 0);
  CHECK(result.errors.empty());
  CHECK(result.output == "client 192.0.2.3 reply=\"550 \"no\", # thanks\" # bad\nclient 192.0.2.4\n");
  write_file(installation.home() / "control/greylisting_deny", result.output, 0644);
  installation.sql("DELETE FROM greylisting_entries WHERE action = 'deny'");
  CHECK(answer(installation.attempt({.client = "192.0.2.3"})) == "E550 \"no\", # thanks\n");

  must(installation, {"deny", "192.0.2.3", "--reply", "550 \"no\" thanks"});
  result = ctl(installation, {"export", "plain", "--action", "deny"});
  CHECK_THAT(result.errors, Contains("plain has no way to say such a reply\n"));
  result = ctl(installation, {"export", "sqlgrey-ip", "--action", "allow"});
  CHECK(result.status == 1);
  CHECK(result.output == "192.0.2.2\n");
  CHECK_THAT(result.errors, Contains(" (allow client 192.0.2.1) is left out: sqlgrey-ip has no way to say an "
                                     "end (2090-01-31 23:59:59 UTC)\n"));
  result = ctl(installation, {"export", "sqlgrey-ip", "--action", "deny"});
  CHECK_THAT(result.errors, Contains("sqlgrey-ip has no way to say a reply\n"));

  result = ctl(installation, {"export", "json"});
  CHECK(result.status == 1);
  CHECK_THAT(result.errors, Contains(not_understood));
  CHECK(lines(result.errors) == 1);
  const auto json = nlohmann::json::parse(result.output);
  CHECK(json.size() == 4);
  for (const auto& entry : json) CHECK_FALSE(entry["over"].get<bool>());
}

TEST_CASE("A list is of one action, and misses none of the others", "[export]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const std::vector<std::pair<std::string, std::string>> all{{"allow", "client 192.0.2.1"},
                                                             {"deny", "sender spam.example"},
                                                             {"trap", "recipient old@example.org"},
                                                             {"skip", "recipient support@example.org"},
                                                             {"greylist", "recipient example.org"}};
  for (const auto& [action, what] : all)
    must(installation, {action, what.substr(0, what.find(' ')), what.substr(what.find(' ') + 1)});
  for (const auto& [action, what] : all) {
    CAPTURE(action);
    Arguments arguments{"export", "plain", "--action", action};
    const Result result = ctl(installation, arguments);
    CHECK(result.status == 0);
    CHECK(result.errors.empty());
    CHECK(result.output == what + '\n');
    // And is read back as what it was.
    installation.sql("DELETE FROM greylisting_entries WHERE action = '" + action + '\'');
    write_file(installation.home() / "list", result.output, 0644);
    must(installation, {"import", "plain", installation.home() / "list", "--action", action});
    CHECK(ctl(installation, arguments).output == result.output);
  }
  // Without a word it is of those that allow; that is no failure, and it is said where there is room for it.
  const Result allowed = ctl(installation, {"export", "plain"});
  CHECK(allowed.status == 0);
  CHECK(allowed.errors.empty());
  CHECK(allowed.output == "client 192.0.2.1\n");
  const std::string file = installation.home() / "allowed";
  const Result written = ctl(installation, {"export", "postgrey-clients", file});
  CHECK(written.status == 0);
  CHECK(written.errors.empty());
  CHECK(written.output == "exported 1 entry to " + file +
                              "; not among them, see --action: 1 deny, 1 greylist, 1 skip, 1 trap\n");
  const Result asked = ctl(installation, {"export", "postgrey-clients", file, "--action", "allow"});
  CHECK(asked.output == "exported 1 entry to " + file + '\n');
  // What is asked for and cannot be said is still missed.
  must(installation, {"greylist", "slow.example.org", "--block", "5"});
  const Result missed = ctl(installation, {"export", "plain", "--action", "greylist"});
  CHECK(missed.status == 1);
  CHECK(missed.output == "recipient example.org\n");
  CHECK_THAT(missed.errors,
             Contains(" (greylist recipient slow.example.org) is left out: plain has no way to "
                      "say a block of its own\n"));
}

TEST_CASE("Rows of greylisting_lists are exported as what they amount to", "[export]") {
  const bool is_explicit = GENERATE(false, true);
  Installation source(any_backend());
  CAPTURE(name(source.backend()), is_explicit);
  if (is_explicit) source.configure("explicit=1");
  source.add(allow_network("192.0.2.9/24"));
  source.add(deny_network("198.51.100.1"));
  source.add(allow_domain("example.org"));
  source.add(deny_domain("closed.example"));
  source.add({.network = "203.0.113.0/24", .record_expires = "2090-01-01 00:00:00"});
  source.add({.network = "203.0.113.9", .record_expires = "2020-01-01 00:00:00"});
  // Said twice, it lasts as long as either.
  must(source, {"deny", "198.51.100.1", "--reply", "550 no"});
  must(source, {"allow", "192.0.2.0/24", "--until", "2030-01-01"});

  const Result exported = ctl(source, {"export", "json"});
  CHECK(exported.errors.empty());
  Installation destination(Backend::sqlite);
  if (is_explicit) destination.configure("explicit=1");
  CHECK(ctl(destination, {"import", "json", "-"}, exported.output).errors.empty());
  const std::string domain = is_explicit ? "greylist" : "allow";
  const std::string entries = text(destination.sql(
      "SELECT action, kind, pattern, expires, reply FROM greylisting_entries ORDER BY kind, pattern"));
  CHECK(entries ==
        "allow network 192.0.2.0/24 9999-12-31 23:59:59 NULL\n"
        "deny network 198.51.100.1 9999-12-31 23:59:59 550 no\n"
        "allow network 203.0.113.0/24 2090-01-01 00:00:00 NULL\n"
        "deny recipient =closed.example 9999-12-31 23:59:59 NULL\n" +
            domain + " recipient =example.org 9999-12-31 23:59:59 NULL\n");
}

TEST_CASE("export writes a file whole or not at all", "[export]") {
  const Installation installation(Backend::sqlite);
  must(installation, {"allow", "192.0.2.1"});
  const TemporaryDirectory here;
  const auto export_to = [&](const std::string& file) {
    return run({.arguments = {built("greylistctl"), "--home", installation.home(), "export", "plain", file},
                .directory = here.path()});
  };
  const auto files = [&here] {
    return std::distance(fs::directory_iterator(here.path()), fs::directory_iterator());
  };
  CHECK(export_to("list").output == "exported 1 entry to " + (here / "list").string() + '\n');
  CHECK(read_file(here / "list") == "client 192.0.2.1\n");
  CHECK(files() == 1);

  write_file(here / "kept", "something\n", 0640);
  if (geteuid() == 0) REQUIRE(chown((here / "kept").c_str(), 65534, 65534) == 0);
  CHECK(export_to("kept").status == 0);
  CHECK(read_file(here / "kept") == "client 192.0.2.1\n");
  struct stat status = {};
  REQUIRE(stat((here / "kept").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0640);
  if (geteuid() == 0) CHECK(status.st_uid == 65534);

  write_file(here / "target", "something\n");
  fs::create_symlink(here / "target", here / "link");
  Result result = export_to("link");
  CHECK(result.status == 1);
  CHECK_THAT(result.errors, Contains("link: is a symbolic link, which is not replaced"));
  CHECK(read_file(here / "target") == "something\n");
  CHECK(fs::is_symlink(here / "link"));
  fs::create_directory(here / "directory");
  CHECK_THAT(export_to("directory").errors, Contains("directory: is not a regular file"));
  result = export_to("none/list");
  CHECK(result.status == 1);
  CHECK(result.errors ==
        "greylistctl: " + (here / "none/list").string() +
            ": cannot be written (No such file or directory), and nothing was changed there; "
            "make its directory, or name another\n");
  CHECK(files() == 5);

  CHECK(ctl(installation, {"export", "csv"}).status == 2);
  CHECK(ctl(installation, {"export", "json", "-"}).output == ctl(installation, {"list", "--json"}).output);
}

TEST_CASE("Root exports from another's SQLite file into a file of its own", "[export]") {
  if (!can_be_nobody()) return;
  const Installation installation(Backend::sqlite);
  for (const fs::path& directory : {installation.home(), installation.home() / "control"})
    fs::permissions(directory, fs::perms(0755));
  const fs::path directory = installation.home() / "greylisting";
  REQUIRE(chown(directory.c_str(), kNobody, kNobody) == 0);
  must(installation, {"allow", "192.0.2.1"});
  must(installation, {"export", "plain", installation.home() / "control/greylisting_allow"});
  CHECK(read_file(installation.home() / "control/greylisting_allow") == "client 192.0.2.1\n");
  struct stat status = {};
  REQUIRE(stat((installation.home() / "control/greylisting_allow").c_str(), &status) == 0);
  CHECK(status.st_uid == 0);
}

}  // namespace greylisting::test
