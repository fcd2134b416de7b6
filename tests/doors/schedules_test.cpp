// How long the mail of ten large providers waits, by their own schedules of retries: Pagani, De Astis,
// Graziano, Lanzi, Balzarotti, "Measuring the Role of Greylisting and Nolisting in Fighting Spam", DSN 2016,
// the table of delivery attempts.
#include <chrono>
#include <string>
#include <vector>

#include "settings/settings.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"

namespace greylisting::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

struct Provider {
  std::string domain;
  bool has_one_address;            // else a retry comes from another network, and SPF vouches for all
  std::vector<std::string> tries;  // after the first one, minutes:seconds
};

const std::vector<Provider> kProviders{
    {"gmail.com", false, {"6:02", "29:02", "56:36", "98:44", "162:03", "229:44", "309:05", "434:46"}},
    {"yahoo.co.uk", true, {"2:07", "5:39", "12:58", "27:16", "55:13", "109:35", "216:47", "430:36"}},
    // Every four minutes, to the 94th.
    {"hotmail.com",
     true,
     {"1:01", "2:03", "3:04", "5:06", "8:07", "12:08", "16:10", "20:10", "24:10", "28:10", "32:10", "36:10",
      "40:10", "44:10", "48:10", "52:10", "56:10"}},
    {"qq.com",
     false,
     {"5:05", "5:11", "5:17", "6:19", "8:22", "12:25", "20:29", "52:31", "84:35", "144:42", "204:56"}},
    {"mail.ru",
     false,
     {"1:18", "19:15", "49:14", "79:49", "113:20", "154:18", "187:53", "235:20", "271:03", "305:50", "340:38",
      "373:45"}},
    {"yandex.com", true, {"1:05", "2:58", "6:53", "14:55", "30:28", "45:41", "61:01", "76:31"}},
    {"mail.com", false, {"5:02", "12:37", "23:59", "41:03", "66:38", "105:01", "162:35", "248:56", "378:28"}},
    {"gmx.com", false, {"5:01", "12:33", "23:50", "40:46", "66:09", "104:14", "161:22", "247:04", "375:36"}},
    {"aol.com", true, {"5:32", "11:32", "21:32", "31:32"}},
    {"india.com",
     true,
     {"6:21", "16:21", "36:21", "76:21", "146:22", "216:21", "286:21", "356:21", "426:21"}},
};

seconds time_of(const std::string& text) {
  const auto colon = text.find(':');
  return minutes(std::stoi(text.substr(0, colon))) + seconds(std::stoi(text.substr(colon + 1)));
}

// The retry that passes, or `never`.
std::string passes_at(const Installation& installation, const Provider& provider) {
  int network = 0;
  const auto outcome = [&] {
    Rcpt rcpt{.client = "198.51.100.1", .sender = "alice@" + provider.domain};
    if (!provider.has_one_address) {
      rcpt.client = "10." + std::to_string(++network) + ".0.1";
      rcpt.environment = {{"SPFRESULT", "pass"}};
    }
    return logged(installation.attempt(rcpt), "outcome");
  };
  CHECK(outcome() == "deferred");
  seconds now{0};
  for (const std::string& next : provider.tries) {
    installation.pass_time(time_of(next) - now);
    now = time_of(next);
    if (outcome() == "accepted") return next;
  }
  return "never";
}

// `gmail.com 6:02, …`
std::string passes_with(const std::string& settings) {
  std::string passes;
  const Installation installation(Backend::sqlite, settings);
  for (const Provider& provider : kProviders)
    passes.append(passes.empty() ? "" : ", ")
        .append(provider.domain)
        .append(" ")
        .append(passes_at(installation, provider));
  return passes;
}

}  // namespace

TEST_CASE("with the block that is built in, the mail of ten providers waits for 5:35 at the median",
          "[schedules]") {
  CHECK(passes_with("block_expire=" + std::to_string(Settings().block_expire.count())) ==
        "gmail.com 6:02, yahoo.co.uk 5:39, hotmail.com 5:06, qq.com 5:05, mail.ru 19:15, yandex.com 6:53, "
        "mail.com 5:02, gmx.com 5:01, aol.com 5:32, india.com 6:21");
}

TEST_CASE("with longer blocks it waits for longer, and one provider's is lost", "[schedules]") {
  CHECK(
      passes_with("block_expire=25") ==
      "gmail.com 29:02, yahoo.co.uk 27:16, hotmail.com 28:10, qq.com 52:31, mail.ru 49:14, yandex.com 30:28, "
      "mail.com 41:03, gmx.com 40:46, aol.com 31:32, india.com 36:21");
  CHECK_THAT(passes_with("block_expire=55"), Catch::Contains("aol.com never"));
}

}  // namespace greylisting::test
