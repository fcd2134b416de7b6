#include "ctl/print/typed_command.h"

#include "tests/support/catch.h"

namespace greylisting::ctl {

TEST_CASE("typed command: options come first, and -- before what begins with a dash", "[typed-command]") {
  CHECK(TypedCommand("remove").with({"entries/3"}) == "greylistctl remove entries/3");
  CHECK(TypedCommand("import").with({"spf", "-x.example"}) == "greylistctl import spf -- -x.example");
  CHECK(TypedCommand("explain")
            .option("--spf", "pass")
            .option("--helo", "")
            .with({"192.0.2.1", "-a@b.example", "-c"}) ==
        "greylistctl explain --spf pass 192.0.2.1 -- -a@b.example -c");
  CHECK(TypedCommand("deny").option("--comment", "-- it's").flag("--yes").with({"client", "<>"}) ==
        "greylistctl deny --comment='-- it'\\''s' --yes client '<>'");
  CHECK(TypedCommand("skip").with({"b\xffn@example.org"}) == "greylistctl skip 'b\\xffn@example.org'");
}

}  // namespace greylisting::ctl
