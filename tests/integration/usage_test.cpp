// What greylistctl says to a command line that is wrong: one line, with what is wrong as it was typed and
// where to read on.

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/process.h"

namespace greylisting::test {
namespace {

using Words = std::vector<std::string>;

Result ctl(const Installation& installation, Words words) {
  words.insert(words.begin(), {built("greylistctl"), "--home", installation.home()});
  return run({.arguments = words});
}

}  // namespace

TEST_CASE("A command line that is wrong is told in one line, and changes nothing", "[usage]") {
  const Installation installation(Backend::sqlite);
  struct Case {
    Words typed;
    std::string said;
  };
  const std::string forms = "plain, postgrey-clients, postgrey-recipients, sqlgrey-ip, sqlgrey-fqdn, json";
  for (const auto& [typed, said] : std::vector<Case>{
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
           {{"allow"}, "pattern is missing; try 'greylistctl allow --help'"},
           {{"trap"}, "pattern is missing; try 'greylistctl trap --help'"},
           {{"explain"}, "attempt is missing; try 'greylistctl explain --help'"},
           {{"remove"}, "what is missing; try 'greylistctl remove --help'"},
           {{"learn"}, "log is missing; try 'greylistctl learn --help'"},
           {{"import"}, "format is missing; try 'greylistctl import --help'"},
           {{"import", "plain"}, "file is missing; try 'greylistctl import --help'"},
           {{"copy"}, "--from is missing; try 'greylistctl copy --help'"},
           {{"copy", "--from", "sqlite"}, "--to is missing; try 'greylistctl copy --help'"},
           // Values.
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
           // What does not go together.
           {{"find", "--json", "--csv"},
            "--json and --csv exclude each other; try 'greylistctl find --help'"},
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
  CHECK(ctl(installation, {"find", "--help"}).errors.empty());
}

}  // namespace greylisting::test
