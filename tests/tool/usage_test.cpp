// What greylistctl says to a command line that is wrong: one line, with what is wrong as it was typed and
// where to read on.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace greylisting::test {
namespace {

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("A command line that is wrong is told in one line, and changes nothing", "[usage]") {
  const Installation installation(Backend::sqlite);
  struct Case {
    Words typed;
    std::string said;
  };
  const std::string forms = "plain, postgrey-clients, postgrey-recipients, sqlgrey-ip, sqlgrey-fqdn, json";
  for (
      const auto& [typed, said] : std::vector<Case>{
          // Which subcommand.
          {{"stauts"}, "there is no subcommand stauts; the nearest is status; try 'greylistctl --help'"},
          {{"alow", "192.0.2.1"},
           "there is no subcommand alow; the nearest is allow; try 'greylistctl --help'"},
          {{"lsit"}, "there is no subcommand lsit; the nearest is list; try 'greylistctl --help'"},
          {{"whitelist", "192.0.2.1"}, "there is no subcommand whitelist; try 'greylistctl --help'"},
          {{}, "a subcommand is missing; try 'greylistctl --help'"},
          {{"--hom", "/x", "status"},
           "there is no option --hom; the nearest is --home; try 'greylistctl status --help'"},
          // Which option.
          {{"status", "--jsn"},
           "there is no option --jsn; the nearest is --json; try 'greylistctl status --help'"},
          {{"find", "--sendr", "x"},
           "there is no option --sendr; the nearest is --sender; try 'greylistctl find --help'"},
          {{"find", "--sendr=x"},
           "there is no option --sendr=x; the nearest is --sender; try 'greylistctl find --help'"},
          {{"allow", "192.0.2.1", "--untill", "x"},
           "there is no option --untill; the nearest is --until; try 'greylistctl allow --help'"},
          {{"status", "-x"}, "there is no option -x; try 'greylistctl status --help'"},
          // How many words.
          {{"status", "extra"}, "\"extra\" is one word too many; try 'greylistctl status --help'"},
          {{"migrate", "now", "please"}, "\"now\" is one word too many; try 'greylistctl migrate --help'"},
          {{"explain", "192.0.2.1", "a@b.example", "c@d.example", "e@f.example"},
           "\"e@f.example\" is one word too many; try 'greylistctl explain --help'"},
          {{"allow"}, "a pattern is missing; try 'greylistctl allow --help'"},
          {{"trap"}, "a pattern is missing; try 'greylistctl trap --help'"},
          {{"explain"}, "IP SENDER RECIPIENT is missing; try 'greylistctl explain --help'"},
          {{"remove"}, "an entry, pattern or identity is missing; try 'greylistctl remove --help'"},
          {{"learn"}, "a log is missing; try 'greylistctl learn --help'"},
          {{"import"}, "a format is missing; try 'greylistctl import --help'"},
          {{"import", "plain"}, "a file is missing; try 'greylistctl import --help'"},
          {{"import", "spf"}, "a domain is missing; try 'greylistctl import --help'"},
          {{"why"}, "a sender, recipient or client is missing; try 'greylistctl why --help'"},
          {{"pass"}, "IP SENDER RECIPIENT or a record's number is missing; try 'greylistctl pass --help'"},
          {{"copy"}, "--from is missing; try 'greylistctl copy --help'"},
          {{"copy", "--from", "sqlite"}, "--to is missing; try 'greylistctl copy --help'"},
          // A word that is missing hides no option that is mistyped.
          {{"copy", "--form", "sqlite", "--to", "mysql"},
           "there is no option --form; the nearest is --from; try 'greylistctl copy --help'"},
          {{"allow", "--hlep"},
           "there is no option --hlep; the nearest is --help; try 'greylistctl allow --help'"},
          {{"import", "--jsno"},
           "there is no option --jsno; the nearest is --json; try 'greylistctl import --help'"},
          {{"remove", "--dryrun"},
           "there is no option --dryrun; the nearest is --dry-run; try 'greylistctl remove --help'"},
          // An option in the wrong place, with a value that it does not take, or given twice.
          {{"--json", "status"}, "--json comes after status; try 'greylistctl status --help'"},
          {{"status", "--home", "/var/qmail"}, "--home comes before status; try 'greylistctl status --help'"},
          {{"status", "--watch=abc"}, "--watch takes no value; try 'greylistctl status --help'"},
          {{"status", "--json=maybe"}, "--json takes no value; try 'greylistctl status --help'"},
          {{"find", "--limit", "1", "--limit", "2"}, "--limit is given twice; try 'greylistctl find --help'"},
          {{"find", "--limit=1", "--limit=2"}, "--limit is given twice; try 'greylistctl find --help'"},
          {{"--home", "/a", "status"}, "--home is given twice; try 'greylistctl status --help'"},
          // In another case, and what would do something to a terminal.
          {{"STATUS"}, "there is no subcommand STATUS; the nearest is status; try 'greylistctl --help'"},
          {{"settings", "--JSON"},
           "there is no option --JSON; the nearest is --json; try 'greylistctl settings --help'"},
          {{"sta\x1b[31mtus"}, "there is no subcommand 'sta\\x1b[31mtus'; try 'greylistctl --help'"},
          {{"status", "--\x1b[31m"}, "there is no option '--\\x1b[31m'; try 'greylistctl status --help'"},
          {{"find", "--limit", "\x1b[31m"},
           "--limit: \"\\x1b[31m\" is not a whole number from 1 to 10000000; try 'greylistctl find --help'"},
          {{std::string(300, 'x')},
           "there is no subcommand " + std::string(100, 'x') + "...; try 'greylistctl --help'"},
          // Values.
          {{"find", "--since", ""},
           "--since: it is empty; leave it out, or name a time; try 'greylistctl find --help'"},
          {{"allow", "192.0.2.1", "--until", ""},
           "--until: it is empty; leave it out, or name a time; try 'greylistctl allow --help'"},
          {{"allow", "192.0.2.1", "--for", ""},
           "--for: it is empty; leave it out, or name a time; try 'greylistctl allow --help'"},
          {{"report", "--until", ""},
           "--until: it is empty; leave it out, or name a time; try 'greylistctl report --help'"},
          {{"status", "--recipient-domain", "a b"},
           "--recipient-domain a\\x20b: name a domain, as in example.org; try 'greylistctl status --help'"},
          {{"allow", "sender", "@"},
           "\"@\" has neither a user nor a domain; a sender is an address, a domain or a "
           "/regexp/; try 'greylistctl allow --help'"},
          {{"allow", "192.0.2.1", "--for"}, "--for needs a value; try 'greylistctl allow --help'"},
          {{"report", "--html"}, "--html needs a value; try 'greylistctl report --help'"},
          {{"find", "--limit", "ten"},
           "--limit: \"ten\" is not a whole number from 1 to 10000000; try 'greylistctl find --help'"},
          {{"find", "--limit", "0"},
           "--limit: \"0\" is not a whole number from 1 to 10000000; try 'greylistctl find --help'"},
          {{"learn", "--days", "0", "x"},
           "--days: \"0\" is not a whole number from 1 to 3650; try 'greylistctl learn --help'"},
          {{"cleanup", "--pause", "x"},
           "--pause: \"x\" is not a whole number from 0 to 60000; try 'greylistctl cleanup --help'"},
          {{"greylist", "recipient", "bob@example.org", "--block", "two"},
           "--block: \"two\" is not a whole number from 0 to 525600; try 'greylistctl greylist --help'"},
          {{"list", "dent"},
           "what: \"dent\" is none of allow, deny, trap, greylist, skip, trusted, trapped, expected; the "
           "nearest is deny; try 'greylistctl list --help'"},
          {{"export", "xml"}, "format: \"xml\" is none of " + forms + "; try 'greylistctl export --help'"},
          {{"export", "plan"},
           "format: \"plan\" is none of " + forms +
               "; the nearest is plain; try 'greylistctl export --help'"},
          {{"export", "plain", "--action", "alow"},
           "--action: \"alow\" is none of allow, deny, trap, greylist, skip; the nearest is allow; try "
           "'greylistctl export --help'"},
          {{"explain", "192.0.2.1", "a@b.example", "c@d.example", "--spf", "maybe"},
           "--spf: \"maybe\" is none of pass, none, neutral, softfail, fail, temperror, permerror, error, "
           "unknown; try 'greylistctl explain --help'"},
          // What is meant.
          {{"allow", "*@example.com"},
           "\"*@example.com\" can be a sender or a recipient: write greylistctl allow sender example.com, or "
           "greylistctl allow recipient example.com; try 'greylistctl allow --help'"},
          {{"deny", "@example.com"},
           "\"@example.com\" can be a sender or a recipient: write greylistctl deny sender example.com, or "
           "greylistctl deny recipient example.com; try 'greylistctl deny --help'"},
          {{"allow", "list-*@example.com"},
           "\"list-*@example.com\" has a * in an address, where it stands for nothing; write a /regexp/; try "
           "'greylistctl allow --help'"},
          {{"allow", "sender *@example.com"},
           "\"sender *@example.com\" is one word: write greylistctl allow sender '*@example.com'; try "
           "'greylistctl allow --help'"},
          {{"allow", "sender  bob@example.com "},
           "\"sender  bob@example.com \" is one word: write greylistctl allow sender bob@example.com; try "
           "'greylistctl allow --help'"},
          {{"allow", " 192.0.2.1"},
           "\" 192.0.2.1\" has a blank too many: write greylistctl allow 192.0.2.1; try 'greylistctl allow "
           "--help'"},
          {{"allow", "192.0.2.256"},
           "\"192.0.2.256\" is not a network, and no name ends in a number; a client is a network "
           "(192.0.2.0/24), a name (example.org) or a /regexp/; try 'greylistctl allow --help'"},
          {{"trap", "bob@exam ple.org"},
           "\"bob@exam ple.org\" has a blank or a control character in it, which is to be written as \\xNN "
           "(a blank: \\x20); try 'greylistctl trap --help'"},
          {{"deny", "192.0.2.1", "--reply", "hello"},
           "--reply: \"hello\" is not an SMTP reply: it has to be 4NN or 5NN, a blank and a text in "
           "printable "
           "ASCII, at most 510 characters; try 'greylistctl deny --help'"},
          {{"allow", "192.0.2.1", "--for", "3y"},
           "--for: \"3y\" is not a duration: 90m, 12h, 30d or 2w, at most 100 years; try 'greylistctl allow "
           "--help'"},
          {{"expect", "bob"},
           "\"bob\" is not an address; name one as bob@example.org; try 'greylistctl expect --help'"},
          {{"explain", "300.1.1.1", "a@b.example", "c@d.example"},
           "\"300.1.1.1\" is not an IP address; the order is IP SENDER RECIPIENT, as in: 192.0.2.7 "
           "alice@example.net bob@example.org; try 'greylistctl explain --help'"},
          {{"pass", "192.0.2.1", "alice@example.net"},
           "what is to pass is IP SENDER RECIPIENT, or a record's number (greylistctl find); try "
           "'greylistctl pass --help'"},
          {{"forget"},
           "what is to be forgotten is a record's number (greylistctl find), IP SENDER RECIPIENT, or "
           "--client "
           "NETWORK; try 'greylistctl forget --help'"},
          {{"find", "--since", "yesterday"},
           "--since: \"yesterday\" is neither a duration (90m, 12h, 30d, 2w) nor a date (YYYY-MM-DD or "
           "\"YYYY-MM-DD hh:mm:ss\", UTC); try 'greylistctl find --help'"},
          // What comes after --.
          {{"expect", "--", "-bob@example.org", "--for", "3d"},
           "--for: options come before --; try 'greylistctl expect --help'"},
          {{"deny", "--", "-x.example", "--reply=550 no"},
           "--reply: options come before --; try 'greylistctl deny --help'"},
          {{"remove", "--", "-x.example", "--dry-run"},
           "--dry-run: options come before --; try 'greylistctl remove --help'"},
          {{"explain", "192.0.2.1", "--", "-a@b.example", "c@d.example", "--spf", "pass"},
           "--spf: options come before --; try 'greylistctl explain --help'"},
          {{"deny", "sender",
            "a\x1f"
            "b@x.example"},
           "\"a\\x1fb@x.example\" has a blank or a control character in it, which is to be written as \\xNN "
           "(a blank: \\x20); try 'greylistctl deny --help'"},
          {{"deny", "sender", "\x1f-b@x.example\x1f"},
           "\"\\x1f-b@x.example\\x1f\" has a blank or a control character in it, which is to be written as "
           "\\xNN (a blank: \\x20); try 'greylistctl deny --help'"},
          {{"find", "--since=\x1fx"},
           "--since: \"\\x1fx\" is neither a duration (90m, 12h, 30d, 2w) nor a date (YYYY-MM-DD or "
           "\"YYYY-MM-DD hh:mm:ss\", UTC); try 'greylistctl find --help'"},
          // What does not go together.
          {{"find", "--json", "--csv"}, "--json and --csv exclude each other; try 'greylistctl find --help'"},
          {{"settings", "--all", "--defaults"},
           "--all and --defaults exclude each other; try 'greylistctl settings --help'"},
      }) {
    const Result result = ctl(installation, typed);
    CAPTURE(typed);
    CHECK(result.status == 2);
    CHECK(result.output.empty());
    CHECK(result.errors == "greylistctl: " + said + '\n');
  }
  CHECK(ctl(installation, {"--help"}).status == 0);
  // What is one word or several, and how often, is told by dots alone.
  for (const auto& [subcommand, usage] :
       std::vector<std::pair<std::string, std::string>>{{"explain", "explain [OPTIONS] attempt...\n"},
                                                        {"pass", "pass [OPTIONS] what...\n"},
                                                        {"forget", "forget [OPTIONS] [what...]\n"},
                                                        {"remove", "remove [OPTIONS] what...\n"},
                                                        {"find", "find [OPTIONS] [word]\n"}}) {
    const std::string help = ctl(installation, {subcommand, "--help"}).output;
    CAPTURE(help);
    CHECK(help.find("Usage: greylistctl " + usage) != std::string::npos);
  }
  CHECK(ctl(installation, {"find", "--help"}).errors.empty());
}

TEST_CASE("The home may have a name in brackets", "[usage]") {
  const TemporaryDirectory here;
  for (const Words& home : std::vector<Words>{{"--home", "[x]"}, {"--home=[x]"}}) {
    CAPTURE(home);
    std::filesystem::create_directories(here / "[x]/control");
    std::filesystem::create_directories(here / "[x]/greylisting");
    write_file(here / "[x]/control/greylisting", "");
    const Result result =
        run({.arguments = joined(joined({built("greylistctl")}, home), {"allow", "192.0.2.1"}),
             .directory = here.path()});
    CAPTURE(result.output, result.errors);
    CHECK(result.status == 0);
    CHECK(std::filesystem::exists(here / "[x]/greylisting/greylisting.db"));
    std::filesystem::remove_all(here / "[x]");
  }
}

}  // namespace greylisting::test
