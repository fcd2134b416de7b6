// What the variables of jgreylist and tcpserver come to; the program is tested in
// tests/doors/front_test.cpp.

#include "host/front.h"

#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "judgement/attempt.h"
#include "lists/pattern_key.h"
#include "tests/support/catch.h"

namespace greylisting::front {
namespace {

using namespace std::chrono_literals;
using Variables = std::map<std::string, std::string>;

Environment environment(Variables variables) {
  return [variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

Session client_of(Variables variables) {
  variables.try_emplace("TCPREMOTEIP", "192.0.2.7");
  return client(environment(variables));
}

}  // namespace

TEST_CASE("front: who is qmail-smtpd's without a question", "[front]") {
  CHECK(lets_through(environment({{"RELAYCLIENT", ""}})));
  CHECK(lets_through(environment({{"RELAYCLIENT", "@x"}, {"JGREYLIST", "553 no"}})));
  CHECK(lets_through(environment({{"JGREYLIST", ""}})));
  CHECK_FALSE(lets_through(environment({{"JGREYLIST", "no"}})));
  CHECK_FALSE(lets_through(environment({})));
}

TEST_CASE("front: the client alone counts", "[front]") {
  const Variables asked{{"GLMATCH", "triplet"}, {"GLMATCHHELO", "1"}, {"GLBLOCKEXPIRE", "7"}};
  const LoadedSettings loaded = load(environment(asked));
  CHECK(loaded.problems.empty());
  CHECK(loaded.settings.match == Match::network);
  CHECK_FALSE(loaded.settings.match_helo);
  CHECK(loaded.settings.block_expire == 7min);
  CHECK(loaded.settings.ipv4_prefix == 24);

  // Neither the null sender nor any pattern of a sender or recipient has to do with it.
  Settings settings = loaded.settings;
  settings.null_sender = NullSender::accept;
  const Attempt attempt = Attempt::from(client_of({{"TCPREMOTEHOST", "mx.example.net"}}), settings);
  CHECK_FALSE(attempt.exempt);
  CHECK(Pattern::parse("client", "example.net").matches(attempt.subjects()));
  for (const char* word : {"sender", "recipient"}) {
    CHECK_FALSE(Pattern::parse(word, "/^/").matches(attempt.subjects()));
    for (const std::string& key : keys_of(attempt.subjects())) CHECK(key.front() != word[0]);
  }
  CHECK_FALSE(Pattern::parse("sender", "<>").matches(attempt.subjects()));
}

TEST_CASE("front: by the whole address", "[front]") {
  const auto prefix = [](const std::string& value) {
    const Settings settings = load(environment({{"JGREYLIST_BY_IP", value}})).settings;
    return std::to_string(settings.ipv4_prefix) + ' ' + std::to_string(settings.ipv6_prefix);
  };
  CHECK(prefix("1") == "32 128");
  CHECK(prefix("0") == "24 64");
  CHECK(prefix("") == "24 64");
}

TEST_CASE("front: the block in seconds", "[front]") {
  const auto block = [](Variables variables) {
    variables.try_emplace("TCPREMOTEIP", "192.0.2.7");
    const Settings settings = load(environment(variables)).settings;
    return Attempt::from(client(environment(variables)), settings).block_expire;
  };
  CHECK(block({{"JGREYLIST_HOLDTIME", "90"}}) == 90s);
  CHECK(block({{"JGREYLIST_HOLDTIME", "0"}}) == 0s);
  CHECK(block({{"GLBLOCKEXPIRE", "3"}}) == 180s);
  CHECK(block({{"JGREYLIST_HOLDTIME", ""}, {"GLBLOCKEXPIRE", "3"}}) == 180s);

  const LoadedSettings wrong = load(environment({{"JGREYLIST_HOLDTIME", "2m"}}));
  CHECK(wrong.problems == std::vector<Problem>{"JGREYLIST_HOLDTIME: \"2m\" is not a whole number of seconds "
                                               "from 0 to 31536000; using block_expire"});
  CHECK(block({{"JGREYLIST_HOLDTIME", "2m"}}) == 5min);
  // No record may be over before its block is.
  CHECK(load(environment({{"JGREYLIST_HOLDTIME", "86400"}})).settings.record_expire > 24h);
}

TEST_CASE("front: a text refuses", "[front]") {
  CHECK(client_of({{"GREYLISTING", "553 no"}}).greylisting == "553 no");
  CHECK(client_of({{"GREYLISTING", "553 no"}, {"JGREYLIST", "go away"}}).greylisting == "553 go away");
  CHECK(client_of({{"JGREYLIST", "450 later"}}).greylisting == "450 later");
  CHECK(client_of({{"JGREYLIST", "% is % \xc3\xa9"}}).greylisting == "553 192.0.2.7 is %% ??");
  CHECK(client_of({{"JGREYLIST", std::string(1000, 'x')}}).greylisting.size() == 510);

  CHECK(client_of({{"JGREYLIST_NOREV", "no name"}}).greylisting == "553 no name");
  CHECK(client_of({{"JGREYLIST_NOREV", "no name"}, {"TCPREMOTEHOST", "mx.example.net"}}).greylisting.empty());
  CHECK(client_of({{"JGREYLIST_NOREV", ""}}).greylisting.empty());
}

TEST_CASE("front: limits", "[front]") {
  CHECK(most_recipients(environment({})) == 100);
  CHECK(most_recipients(environment({{"JGREYLIST_LIMIT", "0"}})) == 100);
  CHECK(most_recipients(environment({{"JGREYLIST_LIMIT", "3"}})) == 3);
  CHECK(most_recipients(environment({{"JGREYLIST_LIMIT", "many"}})) == 100);
  CHECK(most_time(environment({})) == 300s);
  CHECK(most_time(environment({{"JGREYLIST_TIMEOUT", "5"}})) == 5s);
  CHECK(most_time(environment({{"JGREYLIST_TIMEOUT", "3000"}})) == 300s);
  CHECK(logs_talk(environment({{"JGREYLIST_LOG_SMTP", "1"}})));
  CHECK_FALSE(logs_talk(environment({{"JGREYLIST_LOG_SMTP", "0"}})));
  CHECK_FALSE(logs_talk(environment({})));
}

TEST_CASE("front: without an address there is no client", "[front]") {
  CHECK_THROWS_AS(client(environment({})), std::runtime_error);
}

}  // namespace greylisting::front
