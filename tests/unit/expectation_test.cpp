#include "mail/expectation.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "settings/own_domains.h"
#include "tests/support/catch.h"

namespace greylisting {
namespace {

const Fingerprinter kPlain;

// By what the mail is expected after the user has written: the words of what is noted that finds it.
std::vector<Expected> found(const std::string& user, const std::string& correspondent,
                            const std::string& sender, const std::string& recipient) {
  std::vector<Expected> who;
  const auto noted = expected_answers(user, correspondent, kPlain);
  for (const Expectation& asked :
       expectations_of(Address::sender(sender), Address::recipient(recipient), kPlain)) {
    if (std::ranges::find(noted, asked.key, &Expectation::key) != noted.end()) who.push_back(asked.who);
  }
  return who;
}

using Whos = std::vector<Expected>;
const std::string kBob = "bob@example.org";

TEST_CASE("expected_answers: the address and its domain, to the user alone", "[expectation]") {
  const Whos both{Expected::sender, Expected::domain};
  CHECK(found(kBob, "alice@example.net", "alice@example.net", kBob) == both);
  CHECK(found("Bob@Example.org", "Alice@Example.NET.", "alice@example.net", kBob) == both);
  CHECK(found(kBob, "alice@example.net", "carol@example.net", kBob) == Whos{Expected::domain});
  CHECK(found(kBob, "alice@example.net", "alice@sub.example.net", kBob).empty());
  CHECK(found(kBob, "alice@example.net", "alice@example.net", "dave@example.org").empty());
  CHECK(found(kBob, "alice@example.net", kBob, "alice@example.net").empty());
  CHECK(found(kBob, "alice@example.net", "", kBob).empty());
  CHECK(found("prvs=0123abcdef=bob@example.org", "alice@example.net", "alice@example.net", kBob) == both);
  CHECK(found(kBob, "alice@example.net", "alice@example.net", "prvs=0123abcdef=bob@example.org") == both);
}

TEST_CASE("expected_answers: an extension of the correspondent's address does not count", "[expectation]") {
  CHECK(found(kBob, "dave+list@gmail.com", "dave@gmail.com", kBob) == Whos{Expected::sender});
  CHECK(found(kBob, "dave@gmail.com", "dave+list@gmail.com", kBob) == Whos{Expected::sender});
  CHECK(found(kBob, "ticket-17@help.example", "ticket-18@help.example", kBob) ==
        Whos{Expected::sender, Expected::domain});
}

TEST_CASE("expected_answers: of a provider of many the address alone", "[expectation]") {
  for (const std::string domain :
       {"gmail.com", "outlook.com", "outlook.de", "hotmail.co.uk", "yahoo.co.jp", "gmx.net", "web.de",
        "icloud.com", "yandex.ru", "qq.com", "tuta.com", "privaterelay.appleid.com", "mynet.com"}) {
    CAPTURE(domain);
    CHECK(found(kBob, "alice@" + domain, "alice@" + domain, kBob) == Whos{Expected::sender});
    CHECK(found(kBob, "alice@" + domain, "carol@" + domain, kBob).empty());
  }
  CHECK(found(kBob, "alice@yahoo-shop.example", "carol@yahoo-shop.example", kBob) == Whos{Expected::domain});
  CHECK(found(kBob, "alice@mail.gmail.com", "carol@mail.gmail.com", kBob) == Whos{Expected::domain});
}

TEST_CASE("expected_answers: nothing for null senders, nor within a domain", "[expectation]") {
  CHECK(expected_answers("", "alice@example.net", kPlain).empty());
  CHECK(expected_answers(kBob, "", kPlain).empty());
  CHECK(expected_answers(kBob, "carol@EXAMPLE.org", kPlain).empty());
}

TEST_CASE("expected_answers: nothing from a domain that is here, too", "[expectation]") {
  const auto own = [](std::string_view domain) {
    return is_own(domain, {"example.com", "example.org", ".wild.example"});
  };
  CHECK(expected_answers(kBob, "carol@Example.com", kPlain, own).empty());
  CHECK(expected_answers(kBob, "carol@sub.wild.example", kPlain, own).empty());
  CHECK(expected_answers(kBob, "carol@wild.example", kPlain, own).size() == 2);
  CHECK(expected_answers(kBob, "carol@sub.example.com", kPlain, own).size() == 2);
  CHECK(expected_answers(kBob, "carol@example.net", kPlain, own).size() == 2);
}

TEST_CASE("expected_by: everything to the recipient, of the null sender, too", "[expectation]") {
  const auto noted = expected_by(Address::recipient("Bob@example.org"), kPlain);
  for (const std::string sender : {"alice@example.net", ""}) {
    const auto asked = expectations_of(Address::sender(sender), Address::recipient(kBob), kPlain);
    CHECK(asked.back().key == noted.key);
    CHECK(asked.back().who == Expected::anybody);
  }
  CHECK(noted.recipient == kBob);
  CHECK(expectations_of(Address::sender(""), Address::recipient("x@example.org"), kPlain).back().key !=
        noted.key);
}

TEST_CASE("Expectation: with a secret nobody's address is stored", "[expectation]") {
  const Fingerprinter secret("a secret of twenty two");
  for (const Expectation& each : expected_answers(kBob, "alice@example.net", secret)) {
    CHECK(each.sender.find("example") == std::string::npos);
    CHECK(each.recipient.find("bob") == std::string::npos);
  }
}

}  // namespace
}  // namespace greylisting
