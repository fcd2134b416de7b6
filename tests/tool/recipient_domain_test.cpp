// greylistctl report and status of the mail to one domain.

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "host/journal.h"
#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "tests/support/journal.h"
#include "text/utc.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Catch::Contains;
using Json = nlohmann::json;

constexpr const char* kBlockOfTen = "block_expire=10\nrecord_expire=500\nauto_allow_after=0\n";
const Arguments kReportOfDomain{"report", "--since", "3d", "--recipient-domain", "example.org"};

std::string text_of(const Installation& installation, const Arguments& arguments) {
  const Result result = ctl(installation, arguments);
  INFO(result.errors);
  CHECK(result.status == 0);
  CHECK(result.errors.empty());
  return result.output;
}

Json object_of(const Installation& installation, const Arguments& arguments) {
  return Json::parse(text_of(installation, joined(arguments, {"--json"})));
}

// As if it had been decided yesterday, of which all hours are over.
void make_journal_a_day_older(const Installation& installation) {
  const Journal journal{Settings()};
  for (const fs::path& file : journals(installation)) {
    std::istringstream lines(read_file(file));
    fs::remove(file);
    for (std::string text; std::getline(lines, text);) {
      JournalLine line = read_journal_line(text).value();
      line.time -= kDay;
      std::ofstream(installation.home() / journal.file(line.time), std::ios::app) << greylisting::text(line);
    }
  }
}

// To example.org one message that passes and two that do not come again, to domains that are not it others.
void play_mail_to_domains(const Installation& installation) {
  begin_journal(installation);
  const Rcpt good{.sender = "good@example.net"};
  installation.attempt(good);
  for (const char* recipient : {"bob@example.org", "bob@Example.ORG", "ann@example.org",
                                "ann@sub.example.org", "ann@other.example", "ann@xexample.org", "postmaster"})
    installation.attempt({"198.51.100.1", "a@spam.example", recipient});
  installation.pass_time(20min);
  CHECK(logged(installation.attempt(good), "reason") == "retried");
  CHECK(logged(installation.attempt({.recipient = "bob@other.example"}), "reason") == "new");
  installation.pass_time(501min);
}

void check_of_domain(const Json& report) {
  CHECK(report.at("recipient_domain") == "example.org");
  CHECK(report.at("total").at("decisions").at("reasons") == Json{{"new", 3}, {"early", 1}, {"retried", 1}});
  CHECK(report.at("total").at("waits").at("percentiles").at("p50") == 1200);
  CHECK(report.at("total").at("first_retries").at("count") == 2);
  const Json& records = report.at("total").at("records");
  CHECK(records.at("all") == 3);
  CHECK(records.at("passed") == 1);
  CHECK(records.at("retried") == 1);
  CHECK(records.at("never_retried") == 1);
  CHECK(report.at("recipients") == Json{{{"name", "ann@example.org"}, {"count", 1}}});
  for (const char* key : {"hours", "clients", "sender_domains", "pools"}) CHECK(report.at(key).empty());
}

}  // namespace

TEST_CASE("A report of one domain tells what was decided for it, while it is in the journal and later",
          "[report]") {
  const Installation installation(any_backend(), kBlockOfTen);
  CAPTURE(name(installation.backend()));
  play_mail_to_domains(installation);
  check_of_domain(object_of(installation, kReportOfDomain));
  CHECK(object_of(installation, {"report", "--recipient-domain", "@EXAMPLE.org."}).at("recipient_domain") ==
        "example.org");
  CHECK(object_of(installation, {"report"}).at("recipient_domain").is_null());
  CHECK(object_of(installation, {"report", "--since", "3d"}).at("total").at("records").at("all") == 8);

  // Twice: what is counted of a day is put in anew.
  make_journal_a_day_older(installation);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(ctl(installation, {"cleanup"}).status == 0);
    check_of_domain(object_of(installation, kReportOfDomain));
  }
  remove_journal(installation);
  check_of_domain(object_of(installation, kReportOfDomain));
  CHECK(object_of(installation, {"report", "--since", "3d"}).at("total").at("decisions").at("deferred") == 9);
}

TEST_CASE("A report of one domain names it, and nothing of other domains", "[report]") {
  const Installation installation(Backend::sqlite, kBlockOfTen);
  play_mail_to_domains(installation);
  const std::string text = text_of(installation, kReportOfDomain);
  CHECK_THAT(text, Catch::StartsWith("Greylisting of mail to example.org from "));
  CHECK_THAT(text, Contains("Recipients of mail that was never retried") && Contains("ann@example.org"));
  CHECK_THAT(text, !Contains("sub.example") && !Contains("other.example") && !Contains("198.51.100"));
  const std::string page = text_of(installation, joined(kReportOfDomain, {"--html", "-"}));
  CHECK_THAT(page, Contains("<h1>Greylisting of mail to example.org</h1>") && Contains("ann@example.org") &&
                       Contains("Day by day"));
  CHECK_THAT(page, !Contains("sub.example") && !Contains("other.example") && !Contains("198.51.100") &&
                       !Contains("Every hour") && !Contains("id=\"pools\""));
  CHECK_THAT(text_of(installation, {"report", "--mail", "--recipient-domain", "example.org"}),
             Catch::StartsWith("Greylisting of mail to example.org on "));
}

TEST_CASE("status of one domain tells what this host has decided for it", "[status]") {
  const Installation installation(Backend::sqlite, kBlockOfTen);
  play_mail_to_domains(installation);
  const Json status = object_of(installation, {"status", "--recipient-domain", "example.org"});
  CHECK(status.at("recipient_domain") == "example.org");
  CHECK(status.at("last_day").at("decisions").at("new") == 3);
  CHECK(status.at("last_day").at("decisions").at("retried") == 1);
  CHECK_FALSE(status.contains("records"));
  const std::string text = text_of(installation, {"status", "--recipient-domain", "example.org"});
  CHECK_THAT(text, Contains("mail     to example.org, as this host has decided"));
  CHECK(std::regex_search(text, std::regex("passed: retried after the block +0 +1\n")));
  CHECK_THAT(text, !Contains("records  "));
}

TEST_CASE("A report of one domain finds it with privacy=hash, too", "[report]") {
  const Installation installation(any_backend(), std::string(kBlockOfTen) + "privacy=hash\n");
  CAPTURE(name(installation.backend()));
  write_file(installation.home() / "control/greylisting_key", "0123456789abcdef0123456789abcdef\n", 0600);
  begin_journal(installation);
  for (const char* recipient : {"bob@example.org", "ann@example.org", "ann@other.example"})
    REQUIRE(installation.attempt({.recipient = recipient}).status == 0);
  const Json report = object_of(installation, kReportOfDomain);
  CHECK(report.at("recipient_domain") == "example.org");
  CHECK(report.at("total").at("decisions").at("reasons") == Json{{"new", 2}});
  CHECK(report.at("total").at("records").at("undecided") == 2);
}

TEST_CASE("A domain that is none is refused", "[report]") {
  const Installation installation(Backend::sqlite, kBlockOfTen);
  for (const char* subcommand : {"report", "status"}) {
    for (const char* word : {"bob@example.org", "@", "."}) {
      const Result result = ctl(installation, {subcommand, "--recipient-domain", word});
      CAPTURE(subcommand, word);
      CHECK(result.status == 2);
      CHECK_THAT(result.errors,
                 Contains(std::string("--recipient-domain ") + word + ": name a domain, as in example.org"));
    }
  }
}

}  // namespace greylisting::test
