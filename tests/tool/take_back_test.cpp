// What greylistctl prints of how a change is taken back, done to the letter, on every store; dry runs of
// migrate and cleanup; and the same changes as JSON.

#include <chrono>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "ctl/records/earned.h"
#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "tests/support/stored.h"

namespace greylisting::test {
namespace {

using Catch::Contains;
using Value = nlohmann::json;

// The commands that were printed, a line each.
std::string commands(const std::string& output) {
  const std::string mark = "to take it back: ";
  std::string commands;
  for (std::size_t at = output.find(mark); at != std::string::npos; at = output.find(mark, at)) {
    at += mark.size();
    commands += output.substr(at, output.find('\n', at) + 1 - at);
  }
  return commands;
}

// As a person would paste them.
void paste(const Installation& installation, const std::string& commands) {
  REQUIRE_FALSE(commands.empty());
  const Result result = run({.arguments = {"sh", "-ec",
                                           "greylistctl() { " + built("greylistctl").string() + " --home " +
                                               installation.home().string() + " \"$@\"; }\n" + commands}});
  CAPTURE(commands, result.output, result.errors);
  CHECK(result.status == 0);
  CHECK(result.errors.empty());
}

// Each command that is printed for a person to type, of what else is said; not what says where to read on.
Arguments printed_commands(const std::string& said) {
  static const std::regex command("(?:^|[^'])(greylistctl [a-z]+ .*?)(?=, or |, then |; try |\n|    # |$)");
  Arguments commands;
  for (auto found = std::sregex_iterator(said.begin(), said.end(), command); found != std::sregex_iterator();
       ++found)
    commands.push_back((*found)[1].str() + '\n');
  return commands;
}

const Arguments kTriplet{"192.0.2.1", "alice@example.net", "bob@example.org"};

}  // namespace

TEST_CASE("A change of entries is taken back by the command that is printed", "[entries][take-back]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  for (const Arguments& before : std::vector<Arguments>{
           {"deny", "192.0.2.0/24", "--reply", "554 it's no", "--comment", "M\xc3\xbcller's \"own\""},
           {"greylist", "bob@example.org", "--until", "2090-01-01"},
           {"deny", "sender", "--", "-x@example.net"},
           {"allow", "client", "/^192[.]0/", "--yes"},
           {"skip", "carol@example.org"}})
    REQUIRE(ctl(installation, before).status == 0);
  installation.sql("UPDATE greylisting_entries SET expires = '2020-01-01 00:00:00' WHERE action = 'skip'");
  const std::string before = entries(installation);
  write_file(installation.home() / "list", "192.0.2.0/24\n198.51.100.0/24\n203.0.113.0/24\n", 0644);
  for (const Arguments& change : std::vector<Arguments>{
           {"allow", "198.51.100.0/24", "--for", "1d"},
           {"allow", "198.51.100.4-198.51.100.30"},
           {"deny", "192.0.2.0/24", "--reply", "550 other", "--comment", "", "--for", "1d"},
           {"greylist", "bob@example.org", "--block", "7", "--comment", "new"},
           {"trap", "nobody@example.org"},
           {"remove", "192.0.2.0/24"},
           {"remove", "sender", "--", "-x@example.net"},
           {"remove", "client", "/^192[.]0/"},
           {"import", "plain", installation.home() / "list"},
           {"import", "plain", installation.home() / "list", "--action", "deny", "--yes"}}) {
    CAPTURE(change);
    const Result result = ctl(installation, change);
    CAPTURE(result.output, result.errors);
    CHECK(result.status == 0);
    CHECK(entries(installation) != before);
    paste(installation, commands(result.output));
    CHECK(entries(installation) == before);
  }
  // What is said again changes nothing, a dry run neither.
  CHECK(commands(ctl(installation, {"greylist", "bob@example.org", "--until", "2090-01-01"}).output).empty());
  CHECK(commands(ctl(installation, {"allow", "198.51.100.1", "--dry-run"}).output).empty());
  CHECK(commands(ctl(installation, {"remove", "192.0.2.0/24", "--dry-run"}).output).empty());
  // An entry that has expired is as none.
  const Result again = ctl(installation, {"skip", "carol@example.org"});
  CHECK_THAT(commands(again.output), Catch::StartsWith("greylistctl remove entries/"));
}

TEST_CASE("Many imported entries are removed by their range, and others between them stay",
          "[entries][take-back]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  std::string list;
  for (int i = 0; i < 1500; ++i)
    list += "10." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + ".0/24\n";
  const Result result = ctl(installation, {"import", "plain", "-", "--yes"}, list);
  CHECK(commands(result.output).size() < 200);
  CHECK_FALSE(commands(result.output).find(',') != std::string::npos);
  REQUIRE(ctl(installation, {"allow", "192.0.2.1"}).status == 0);
  paste(installation, commands(result.output));
  CHECK(text(installation.sql("SELECT pattern FROM greylisting_entries")) == "192.0.2.1\n");

  const Result none = ctl(installation, {"remove", "entries/1", "entries/999999"});
  CHECK(none.status == 1);
  CHECK_THAT(none.errors, Contains("there is no \"entries/1 entries/999999\""));
}

TEST_CASE("pass, forget and expect are taken back by the command that is printed", "[records][take-back]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  // One that waits, and one that was not there.
  CHECK(reason(installation) == "new");
  paste(installation, commands(ctl(installation, joined({"pass"}, kTriplet)).output));
  CHECK(reason(installation) == "new");
  paste(installation,
        commands(ctl(installation, joined(joined({"pass"}, kTriplet), {"--spf", "pass"})).output));
  CHECK(reason(installation, {.environment = {{"SPFRESULT", "pass"}}}) == "new");
  const Result made = ctl(installation, {"pass", "203.0.113.1", "x@example.com", "bob@example.org"});
  paste(installation, commands(made.output));
  CHECK(reason(installation, {.client = "203.0.113.1", .sender = "x@example.com"}) == "new");

  // One that has passed is let pass again; of one that waits it is said that its wait begins anew.
  REQUIRE(ctl(installation, joined({"pass"}, kTriplet)).status == 0);
  CHECK(reason(installation) == "retried");
  paste(installation, commands(ctl(installation, joined({"forget"}, kTriplet)).output));
  CHECK(reason(installation) == "known");
  const std::string id =
      installation
          .sql("SELECT id FROM greylisting_data WHERE pool IS NULL AND mail_from = 'alice@example.net'")
          .at(0)
          .at(0)
          .value();
  paste(installation, commands(ctl(installation, {"forget", id}).output));
  CHECK(reason(installation) == "known");
  const Result waiting = ctl(installation, {"forget", "203.0.113.1", "x@example.com", "bob@example.org"});
  CHECK_THAT(waiting.output, Contains("note: its wait begins anew; to let it pass at its next attempt: "
                                      "greylistctl pass 203.0.113.1 x@example.com bob@example.org\n"));
  CHECK_THAT(ctl(installation, {"forget", "--client", "192.0.2.0/24"}).output,
             Contains("note: this cannot be taken back; to accept its mail at once for a month all the same: "
                      "greylistctl allow --for 30d client 192.0.2.0/24\n"));
  // Nobody is to allow every client.
  CHECK(reason(installation) == "new");
  CHECK_THAT(ctl(installation, {"forget", "--client", "0.0.0.0/0", "--yes"}).output,
             Contains("\nnote: this cannot be taken back\n"));
  REQUIRE(ctl(installation, joined({"pass"}, kTriplet)).status == 0);

  const Result expected = ctl(installation, {"expect", "Carol@example.org"});
  CHECK(reason(installation, {.recipient = "carol@example.org"}) == "expected");
  paste(installation, commands(expected.output));
  CHECK(reason(installation, {.client = "203.0.113.9", .recipient = "carol@example.org"}) == "new");
  // Removed before its time, it is expected again for the rest of that.
  REQUIRE(ctl(installation, {"expect", "carol@example.org", "--for", "2h"}).status == 0);
  installation.pass_time(std::chrono::hours(1));
  const Result removed = ctl(installation, {"remove", "expected", "carol@example.org"});
  CHECK(std::regex_search(removed.output, std::regex("\nto take it back: greylistctl expect --for (60|59)m "
                                                     "carol@example\\.org\n")));
  paste(installation, commands(removed.output));
  CHECK(reason(installation, {.client = "198.51.100.8", .recipient = "carol@example.org"}) == "expected");
  REQUIRE(ctl(installation, {"remove", "expected", "carol@example.org"}).status == 0);
  const Result none = ctl(installation, {"remove", "expected", "carol@example.org"});
  CHECK(none.status == 1);
  CHECK_THAT(none.errors, Contains("no mail to carol@example.org is expected by greylistctl expect"));
}

TEST_CASE("Every command that is printed of words that begin with a dash works as it is", "[take-back]") {
  const Installation installation(any_backend(), "auto_allow_after=1");
  CAPTURE(name(installation.backend()));
  const Arguments triplet{"192.0.2.1", "--", "-a@x.example", "-bob@example.org"};
  const auto pastes = [&](const Arguments& arguments, std::size_t count) {
    const Result result = ctl(installation, arguments);
    CAPTURE(arguments, result.output, result.errors);
    const Arguments commands = printed_commands(result.output + result.errors);
    CHECK(commands.size() == count);
    for (const std::string& command : commands) paste(installation, command);
    return result;
  };
  // What is not clear, or too long, is to be said in another way.
  pastes({"deny", "--", "-x@example.net"}, 2);
  pastes({"deny", "--", "sender -x@example.net"}, 1);
  pastes({"allow", "--", " -x.example.net"}, 1);
  pastes({"expect", "--for", "25h", "--", "-bob@example.org"}, 1);
  CHECK(row_count(installation, "greylisting_entries") == "4");
  installation.sql("DELETE FROM greylisting_entries");
  // What was done is taken back.
  pastes({"expect", "--", "-bob@example.org"}, 1);
  CHECK(row_count(installation, "greylisting_expected") == "0");
  REQUIRE(ctl(installation, {"expect", "--", "-bob@example.org"}).status == 0);
  pastes({"remove", "expected", "--", "-bob@example.org"}, 1);
  CHECK(row_count(installation, "greylisting_expected") == "1");
  installation.sql("DELETE FROM greylisting_expected");
  // What waits is let in, and what has passed passes again when it was forgotten.
  const Rcpt rcpt{.sender = "-a@x.example", .recipient = "-bob@example.org"};
  CHECK(reason(installation, rcpt) == "new");
  pastes(joined({"explain", "--helo", "-x"}, triplet), 1);
  CHECK(reason(installation, rcpt) == "retried");
  pastes(joined({"forget"}, triplet), 1);
  CHECK(reason(installation, rcpt) == "trusted");
  // What stands in the way of one that is let pass is explained.
  REQUIRE(ctl(installation, {"deny", "sender", "--comment=-x", "--", "-a@x.example"}).status == 0);
  CHECK_THAT(pastes(joined({"pass"}, triplet), 1).output, Contains("greylistctl explain 192.0.2.1 -- -a@x"));
  pastes({"remove", "sender", "--", "-a@x.example"}, 1);
  CHECK(value(installation, "SELECT comment FROM greylisting_entries") == "-x");
  // An entry that was stored in another way is entered anew.
  installation.sql("UPDATE greylisting_entries SET specificity = 1");
  const std::string checked = ctl(installation, {"check"}).output;
  const std::string anew = "enter it anew: ";
  REQUIRE_THAT(checked, Contains(anew));
  const auto commands = printed_commands(checked.substr(checked.find(anew) + anew.size()));
  REQUIRE(commands.size() >= 2);
  CHECK(commands[1] == "greylistctl deny sender -- -a@x.example\n");
  paste(installation, commands[0] + commands[1]);
  CHECK(value(installation, "SELECT specificity FROM greylisting_entries") != "1");
  // What is more than one thing is said apart.
  installation.sql("INSERT INTO greylisting_clients (client, identity, passes, counted, expires) VALUES (x'" +
                   ctl::key_of_identity("-x.example", Settings()) +
                   "', '-x.example', 3, '2026-01-01 00:00:00', '2090-01-01 00:00:00')");
  REQUIRE(ctl(installation, {"allow", "--", "-x.example"}).status == 0);
  CHECK_THAT(pastes({"remove", "--", "-x.example"}, 2).errors,
             Contains("\n  greylistctl remove trusted -- -x.example\n"));
}

TEST_CASE("Of a client's trust it is said what comes near to giving it back", "[entries][take-back]") {
  const Installation installation(any_backend(), "auto_allow_after=2\ngroup_domain_level=3");
  CAPTURE(name(installation.backend()));
  const std::string head =
      "INSERT INTO greylisting_clients (client, identity, passes, counted, expires, trapped_until) VALUES "
      "(x'" +
      std::string(31, '0');
  installation.sql(
      head + "1', '192.0.2.0/24', 2, '2026-01-01 00:00:00', '2090-01-01 00:00:00', NULL);" + head +
      "2', '198.51.100.0/24', 0, '2026-01-01 00:00:00', '2090-01-01 00:00:00', '2090-01-01 00:00:00');" +
      head + "3', 'example.net', 3, '2026-01-01 00:00:00', '2090-01-01 00:00:00', NULL);" + head +
      "4', 'alice@example.net on 192.0.2.0/24', 1, '2026-01-01 00:00:00', '2090-01-01 00:00:00', NULL)");
  installation.sql("UPDATE greylisting_clients SET member_of = client WHERE identity LIKE '% on %'");
  CHECK_THAT(ctl(installation, {"remove", "trusted", "192.0.2.0/24"}).output,
             Contains("greylistctl allow --until '2090-01-01 00:00:00' client 192.0.2.0/24\n"));
  CHECK_THAT(ctl(installation, {"remove", "trapped", "198.51.100.0/24"}).output,
             Contains("greylistctl deny --until '2090-01-01 00:00:00' client 198.51.100.0/24\n"));
  CHECK_THAT(ctl(installation, {"remove", "trusted", "example.net"}).output,
             Contains("note: example.net is trusted again after passing in 2 different hours\n"));
  const std::string sender = "alice@example.net on 192.0.2.0/24";
  CHECK_THAT(ctl(installation, {"remove", "trusted", sender}).output,
             Contains("note: " + sender + " is trusted again after its first pass\n"));
}

TEST_CASE("Changes are printed as JSON", "[entries][take-back][json]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const auto json = [&installation](Arguments arguments) {
    arguments.emplace_back("--json");
    const Result result = ctl(installation, arguments);
    CAPTURE(arguments, result.output, result.errors);
    CHECK(result.errors.empty());
    return Value::parse(result.output);
  };
  const Value allowed = json({"allow", "192.0.2.0/24", "--comment", "ours"});
  CHECK(allowed.at("dry_run") == false);
  CHECK(allowed.at("entries").at(0).at("change") == "added");
  CHECK(allowed.at("entries").at(0).at("id") == "entries/1");
  CHECK(allowed.at("entries").at(0).at("comment") == "ours");
  CHECK(allowed.at("undo") == Value{"greylistctl remove entries/1"});
  CHECK(json({"allow", "192.0.2.0/24", "--for", "1d"}).at("entries").at(0).at("change") == "changed");
  CHECK(json({"deny", "192.0.2.7", "--dry-run"}).at("entries").at(0).at("id").is_null());
  const Value removed = json({"remove", "192.0.2.0/24"});
  CHECK(removed.at("entries").at(0).at("pattern") == "192.0.2.0/24");
  CHECK(removed.at("undo").size() == 1);
  CHECK(json({"expect", "bob@example.org"}).at("undo") ==
        Value{"greylistctl remove expected bob@example.org"});
  CHECK(json({"remove", "expected", "bob@example.org"}).at("expected") == "bob@example.org");
  write_file(installation.home() / "list", "192.0.2.0/24\n198.51.100.0/24\n", 0644);
  const Value imported = json({"import", "plain", installation.home() / "list"});
  CHECK(imported.at("entries").at("new") == 2);
  CHECK(imported.at("undo").size() == 1);

  // Nobody is asked.
  const Result refused = ctl(installation, {"deny", "0.0.0.0/0", "--json"});
  CHECK(refused.status == 2);
  CHECK(refused.output.empty());
  CHECK_THAT(refused.errors, Contains("--yes"));
}

TEST_CASE("A dry run of cleanup says how much would go, and deletes nothing", "[cleanup][take-back]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  CHECK(reason(installation) == "new");
  REQUIRE(ctl(installation, {"expect", "bob@example.org"}).status == 0);
  installation.pass_time(std::chrono::days(400));
  const std::string before = text(installation.sql("SELECT COUNT(*) FROM greylisting_data"));
  CHECK_THAT(ctl(installation, {"cleanup", "--dry-run"}).output,
             Contains("expired records that would be deleted: 1, clients: 0, expected: 1\n"));
  CHECK(Value::parse(ctl(installation, {"cleanup", "--dry-run", "--json"}).output) ==
        Value{{"dry_run", true}, {"records", 1}, {"clients", 0}, {"expected", 1}});
  CHECK(text(installation.sql("SELECT COUNT(*) FROM greylisting_data")) == before);
  const Value done = Value::parse(ctl(installation, {"cleanup", "--json"}).output);
  CHECK(done.at("dry_run") == false);
  CHECK(done.at("records") == 1);
  CHECK(done.at("notes") == Value{"this cannot be taken back"});
  CHECK(Value::parse(ctl(installation, {"cleanup", "--json"}).output).at("notes").empty());
  CHECK(text(installation.sql("SELECT COUNT(*) FROM greylisting_data")) == "0\n");
}

}  // namespace greylisting::test
