// import spf and refresh: networks of providers, as a DNS server of the test's own has them.

#include <ctime>
#include <string>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "tests/support/name_server.h"
#include "tests/support/process.h"
#include "text/utc.h"

namespace greylisting::test {
namespace {

using Catch::Matchers::Contains;
using Records = std::vector<std::string>;

// `server` is the DNS server that is asked.
Result ctl_asking(const std::string& server, const Installation& installation, const Arguments& arguments,
                  const std::string& input = "") {
  Command command = ctl_command(installation, arguments, input);
  command.environment = {{"GLDNSSERVER", server}};
  return run(command);
}

Rows networks(const Installation& installation) {
  return installation.sql("SELECT pattern, comment FROM greylisting_entries ORDER BY pattern");
}

}  // namespace

TEST_CASE("import spf allows a provider's networks, and refresh keeps them current", "[providers]") {
  const Backend backend = any_backend();
  CAPTURE(name(backend));
  const Installation installation(backend);
  {
    const NameServer server({"txt-record=a.example,v=spf1 include:b.example ip4:192.0.2.0/24 ptr -all",
                             "txt-record=b.example,v=spf1 ip4:198.51.100.0/24 ip6:2001:db8:1::/48 -all"});
    const Result dry =
        ctl_asking(server.address(), installation, {"import", "spf", "a.example", "--dry-run"});
    CHECK(dry.output ==
          "a.example: 3 networks, would be 3 new, 0 gone\nnote: a.example: left out ptr: names no network\n");
    CHECK(networks(installation).empty());

    const Result result = ctl_asking(server.address(), installation, {"import", "spf", "A.example.", "-"},
                                     "b.example  # too\n\n# not\n");
    CAPTURE(result.errors);
    CHECK(result.status == 0);
    CHECK_THAT(result.output, Contains("a.example: 3 networks, 3 new, 0 gone\n") &&
                                  Contains("b.example: 2 networks, 2 new, 0 gone\n"));
    CHECK(networks(installation) == Rows{{"192.0.2.0/24", "SPF of a.example"},
                                         {"198.51.100.0/24", "SPF of a.example, b.example"},
                                         {"2001:db8:1::/48", "SPF of a.example, b.example"}});
    CHECK(reason(installation, {.client = "198.51.100.7"}) == "allowed");
  }
  // They end unless they are renewed.
  const std::string end = installation.sql("SELECT MIN(expires) FROM greylisting_entries")[0][0].value();
  const std::time_t now = std::time(nullptr);
  CHECK(end > stored_time(now + 29 * kDay));
  CHECK(end < stored_time(now + 31 * kDay));
  installation.sql("UPDATE greylisting_entries SET expires = '2020-01-01 00:00:00'");
  CHECK(reason(installation, {.client = "198.51.100.7"}) == "new");
  {
    const NameServer server({"txt-record=a.example,v=spf1 ip4:203.0.113.0/24 ip4:192.0.2.0/24 -all",
                             "txt-record=b.example,v=spf1 ip4:198.51.100.0/24 -all"});
    const Result result = ctl_asking(server.address(), installation, {"refresh"});
    CAPTURE(result.errors);
    CHECK(result.status == 0);
    CHECK(result.output == "a.example: 2 networks, 1 new, 2 gone\nb.example: 1 network, 0 new, 1 gone\n");
    CHECK(networks(installation) == Rows{{"192.0.2.0/24", "SPF of a.example"},
                                         {"198.51.100.0/24", "SPF of b.example"},
                                         {"203.0.113.0/24", "SPF of a.example"}});
  }
  CHECK(reason(installation, {.client = "198.51.100.7"}) == "allowed");
}

TEST_CASE("refresh keeps a provider's networks while DNS fails, and says so", "[providers]") {
  const Installation installation(Backend::sqlite);
  {
    const NameServer server({"txt-record=a.example,v=spf1 ip4:192.0.2.0/24 -all",
                             "txt-record=b.example,v=spf1 ip4:198.51.100.0/24 -all"});
    REQUIRE(ctl_asking(server.address(), installation, {"import", "spf", "a.example", "b.example"}).status ==
            0);
  }
  const NameServer server({"txt-record=b.example,v=spf1 ip4:203.0.113.0/24 -all"});
  const Result result = ctl_asking(server.address(), installation, {"refresh"});
  CHECK(result.status == 1);
  CHECK(result.output == "b.example: 1 network, 1 new, 1 gone\n");
  CHECK(result.errors ==
        "greylistctl: a.example: a.example has no SPF record; its 1 network stay as they are\n");
  CHECK(networks(installation) ==
        Rows{{"192.0.2.0/24", "SPF of a.example"}, {"203.0.113.0/24", "SPF of b.example"}});

  const Result missing = ctl_asking(server.address(), installation, {"import", "spf", "c.example"});
  CHECK(missing.status == 1);
  CHECK(missing.errors == "greylistctl: c.example: c.example has no SPF record; nothing of it is allowed\n");
}

TEST_CASE("A network of many domains keeps all of them, however long their names are", "[providers]") {
  const Backend backend = any_backend();
  CAPTURE(name(backend));
  const Installation installation(backend);
  constexpr int kDomains = 20;
  Records records;
  Arguments import{"import", "spf"};
  for (int i = 0; i < kDomains; ++i) {
    const std::string domain = "n" + std::to_string(i) + std::string(40, 'x') + ".example";
    import.push_back(domain);
    records.push_back("txt-record=" + domain + ",v=spf1 ip4:203.0.113.0/24 -all");
  }
  const auto comment = [&] { return networks(installation).at(0).at(1).value(); };
  {
    const NameServer server(records);
    REQUIRE(ctl_asking(server.address(), installation, import).status == 0);
  }
  CHECK_THAT(comment(), Catch::StartsWith("SPF of 20 domains: n0xxx") && Catch::EndsWith(".example, ..."));
  CHECK(comment().size() < 255);
  for (int i = 0; i < 2; ++i) {
    const NameServer server(records);
    const Result result = ctl_asking(server.address(), installation, {"refresh"});
    CAPTURE(result.errors);
    CHECK(result.status == 0);
    CHECK(lines(result.output) == kDomains);
    CHECK_THAT(result.output, !Contains(" 1 new"));
  }

  // Of a store that was copied the same is known.
  {
    const Installation copied(Backend::sqlite);
    const auto store = [](const Installation& one) {
      return one.backend() == Backend::sqlite
                 ? "sqlite:" + (one.home() / "greylisting/greylisting.db").string()
                 : "mysql:" + (one.home() / "control/mysql-admin.cnf").string();
    };
    copied.sql("SELECT 1");
    CHECK(ctl(copied, {"copy", "--from", store(installation), "--to", store(copied)}).status == 0);
    const NameServer server(records);
    const Result result = ctl_asking(server.address(), copied, {"refresh"});
    CAPTURE(result.errors);
    CHECK(result.status == 0);
    CHECK(lines(result.output) == kDomains);
  }

  // The network is one's as long as it is in that one's record, and only then.
  for (int i = 0; i < kDomains - 1; ++i) {
    std::string& record = records[static_cast<std::size_t>(i)];
    record = record.substr(0, record.find(',')) + ",v=spf1 ip4:192.0.2.0/24 -all";
  }
  {
    const NameServer server(records);
    CHECK(ctl_asking(server.address(), installation, {"refresh"}).status == 0);
  }
  CHECK(networks(installation).at(1) == Rows{{"203.0.113.0/24", "SPF of " + import.back()}}.at(0));
  CHECK_THAT(comment(), Catch::StartsWith("SPF of 19 domains: "));
  // Nothing is left of what was removed.
  CHECK(ctl(installation, {"remove", "client", "192.0.2.0/24"}).status == 0);
  {
    const NameServer server(records);
    CHECK(ctl_asking(server.address(), installation, {"refresh"}).output ==
          import.back() + ": 1 network, 0 new, 0 gone\n");
  }
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_meta WHERE name LIKE 'SPF of %'") == Rows{{"0"}});
}

TEST_CASE("refresh believes no domain of a comment that was cut, and says so once", "[providers]") {
  const NameServer server({"txt-record=a.example,v=spf1 ip4:192.0.2.0/24 -all",
                           "txt-record=b.exam,v=spf1 ip4:198.51.100.0/24 -all"});
  const Installation installation(Backend::sqlite);
  REQUIRE(ctl_asking(server.address(), installation, {"import", "spf", "a.example"}).status == 0);
  std::string cut = "SPF of a.example, ";
  cut += std::string(255 - cut.size() - 8, 'x') + ", b.exam";
  REQUIRE(cut.size() == 255);
  installation.sql("UPDATE greylisting_entries SET comment = '" + cut + "'");
  const Result result = ctl_asking(server.address(), installation, {"refresh"});
  CHECK(result.status == 1);
  CHECK(result.output == "a.example: 1 network, 0 new, 0 gone\n");
  CHECK_THAT(result.errors,
             Contains("greylistctl: some domains of 192.0.2.0/24 are not known any longer; name "
                      "them again: greylistctl import spf DOMAIN ...\n"));
  CHECK(networks(installation).size() == 1);
  CHECK_THAT(ctl_asking(server.address(), installation, {"refresh"}).errors, !Contains("not known"));
}

TEST_CASE("import spf and refresh: a record that names no network", "[providers]") {
  const Installation installation(Backend::sqlite);
  {
    const NameServer server({"txt-record=a.example,v=spf1 -all", "txt-record=b.example,v=spf1 +all",
                             "txt-record=c.example,v=spf1 ip4:192.0.2.0/24 -all"});
    const Result result =
        ctl_asking(server.address(), installation, {"import", "spf", "a.example", "b.example", "c.example"});
    CHECK(result.status == 0);
    CHECK(result.errors.empty());
    CHECK_THAT(result.output, Contains("a.example: 0 networks, 0 new, 0 gone\n"
                                       "b.example: 0 networks, 0 new, 0 gone\n"
                                       "note: b.example: left out +all: everybody\n"));
  }
  // For a day.
  const NameServer server({"txt-record=c.example,v=spf1 exists:%{i}.c.example -all"});
  const Result result = ctl_asking(server.address(), installation, {"refresh"});
  CHECK(result.status == 1);
  CHECK(result.errors ==
        "greylistctl: c.example: its record names no network; its 1 network stay as they are\n");
  CHECK(result.output == "note: c.example: left out exists:%{i}.c.example: names no network\n");
  CHECK(networks(installation) == Rows{{"192.0.2.0/24", "SPF of c.example"}});
}

TEST_CASE("A comment that begins as that of import spf is somebody's own where it names no domains",
          "[providers]") {
  const NameServer server({"txt-record=a.example,v=spf1 ip4:192.0.2.0/24 -all"});
  const Installation installation(Backend::sqlite);
  REQUIRE(ctl(installation, {"allow", "192.0.2.0/24", "--comment", "SPF of our own servers"}).status == 0);
  CHECK_THAT(ctl_asking(server.address(), installation, {"refresh"}).output,
             Contains("no provider's networks are allowed"));
  CHECK(ctl_asking(server.address(), installation, {"import", "spf", "a.example"}).status == 0);
  CHECK(networks(installation) == Rows{{"192.0.2.0/24", "SPF of our own servers"}});
}

TEST_CASE("import spf leaves an entry that somebody has made as it is", "[providers]") {
  const NameServer server({"txt-record=a.example,v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all"});
  const Installation installation(Backend::sqlite);
  REQUIRE(
      ctl_asking(server.address(), installation, {"allow", "192.0.2.0/24", "--comment", "our own"}).status ==
      0);
  CHECK(ctl_asking(server.address(), installation, {"import", "spf", "a.example"}).output ==
        "a.example: 2 networks, 2 new, 0 gone\nto take it back: greylistctl remove entries/2\n");
  CHECK(networks(installation) == Rows{{"192.0.2.0/24", "our own"}, {"198.51.100.0/24", "SPF of a.example"}});
}

TEST_CASE("import spf: wrong usage", "[providers]") {
  const NameServer server({});
  const Installation installation(Backend::sqlite);
  const Result wrong = ctl_asking(server.address(), installation, {"import", "spf", "a@b.example"});
  CHECK(wrong.status == 2);
  CHECK_THAT(wrong.errors,
             Contains("\"a@b.example\" is no domain; name those whose SPF record has the networks"));
  CHECK(ctl_asking(server.address(), installation, {"import", "plain", "one", "two"}).status == 2);
  CHECK(ctl_asking(server.address(), installation, {"refresh"}).output ==
        "no provider's networks are allowed; greylistctl import spf DOMAIN allows some\n");
}

TEST_CASE("The list of provider domains is one that import spf reads", "[providers]") {
  const NameServer server({});
  const Installation installation(Backend::sqlite);
  const Result result = ctl_asking(server.address(), installation, {"import", "spf", "-"},
                                   read_file(source_tree() / "config/provider-domains"));
  CHECK(result.status == 1);
  CHECK(lines(result.errors) > 20);
  CHECK_THAT(result.errors, Contains("greylistctl: _spf.google.com: _spf.google.com has no SPF record;"));
}

}  // namespace greylisting::test
