#include "mail/sender_form.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "lists/pattern_key.h"
#include "tests/support/catch.h"

namespace greylisting {
namespace {

std::string form(const std::string& sender) { return sender_form(Address::sender(sender)); }

// As the software writes them, with names of nobody.
struct Software {
  const char* name;
  std::vector<std::string> senders;  // of one list and one subscriber
};
const std::vector<Software> kSoftware{
    {"Mailman", {"list-bounces+bob=example.org@lists.example.net", "list-bounces@lists.example.net"}},
    {"Mailman, a confirmation",
     {"list-confirm+7d4fd0ce81c5de2a1b9a9b5ce1c0b1f1e05b2c1f@lists.example.net",
      "list-confirm+0aa31c5be81c5de2a1b9a9b5ce1c0b1f1e05b2c1f@lists.example.net"}},
    {"Sympa",
     {"bounce+1732598312.4512==bob==a==example.org==list@lists.example.net",
      "bounce+1732684712.90210==bob==a==example.org==list@lists.example.net"}},
    {"ezmlm",
     {"list-return-4711-bob=example.org@lists.example.net",
      "list-return-4712-bob=example.org@lists.example.net",
      "list-return-10000-bob=example.org@lists.example.net"}},
    {"a list with a letter behind the number", {"bounce-100-u@list.example", "bounce-101-u@list.example"}},
    {"a number as extension",
     {"list+1001=bob=example.org@list.example", "list+1002=bob=example.org@list.example"}},
    {"Mailchimp",
     {"bounce-mc.us20_12345678.9876543-3f0c1a2b4d@mail13.mcdlv.example",
      "bounce-mc.us20_12345678.9876999-7bc02f9e11@mail13.mcdlv.example"}},
    {"Amazon SES",
     {"0102018f3c2e1b5a-4d9c8b7a-1234-4abc-9def-0123456789ab-000000@eu-west-1.amazonses.example",
      "0102019a77be02c1-face0123-dead-4bad-8ace-fedcba987654-000000@eu-west-1.amazonses.example"}},
    {"Amazon",
     {"202411260415305e1d2c3b4a5f6e7d8c9b0a1f2e3d@bounces.amazon.example",
      "20241127081112aa00bb11cc22dd33ee44ff55aa66@bounces.amazon.example"}},
    {"SendGrid",
     {"bounces+1234567-ab12-bob=example.org@em1234.shop.example",
      "bounces+1234567-cd34-bob=example.org@em1234.shop.example"}},
    {"Salesforce",
     {"sales=shop.example__37qz8h1nnkqj2x@d-1abc.bnc.salesforce.example",
      "sales=shop.example__5n02mx7y3wkq1z@d-1abc.bnc.salesforce.example"}},
    {"Exchange Online, forwarded",
     {"bounces+SRS=Ab1dE=T6@contoso.example", "bounces+SRS=x9Fq2=T7@contoso.example"}},
    {"SourceForge", {"project-devel-bounces@lists.sourceforge.example"}},
    {"GitHub",
     {"bounces+848413-a1b2-bob=example.org@sgmail.github.example",
      "bounces+848413-c3d4-bob=example.org@sgmail.github.example"}},
    {"GitHub, replies",
     {"reply+aaaabbbb2222cccc@reply.github.example", "reply+ddddeeee3333ffff@reply.github.example"}},
    {"GitLab",
     {"incoming+group-project-12345-abcdefghij-issue-1@incoming.gitlab.example",
      "incoming+group-project-12345-abcdefghij-issue-22@incoming.gitlab.example"}},
    {"LinkedIn",
     {"s-2c8x1k9q7z3m5v0b4n@bounce.linkedin.example", "s-9f7d3s1a5p8o2i6u4y@bounce.linkedin.example"}},
    {"a UUID",
     {"news-a1b2c3d4-aaaa-bbbb-cccc-ddddeeeeffff@example.net",
      "news-00000000-1111-4222-8333-444455556666@example.net"}},
    {"SRS0",
     {"SRS0=Xy7z=QT=example.com=alice@fwd.example", "SRS0=9aBc=QU=example.com=alice@fwd.example",
      "SRS0+9aBc=QU=example.com=alice@fwd.example", "SRS0-9aBc=QU=example.com=alice@fwd.example"}},
    {"SRS0 of a list",
     {"SRS0=Xy7z=QT=list.example=bounce-100-u@fwd.example",
      "SRS0=9aBc=QU=list.example=bounce-101-u@fwd.example"}},
    {"SRS1",
     {"SRS1=Kk3l=fwd.example==Xy7z=QT=example.com=alice@next.example",
      "SRS1=m4Nn=fwd.example==9aBc=QU=example.com=alice@next.example",
      "SRS1=m4Nn=fwd.example=+9aBc=QU=example.com=alice@next.example"}},
    {"BATV",
     {"prvs=1234abcdef=alice@example.com", "prvs=alice=5678abcdef@example.com",
      "prvs=alice/5678abcdef@example.com", "btv1==3971234abc==alice@example.com", "alice@example.com"}},
    {"msprvs1",
     {"msprvs1=18412hKdkPU1R=bounces-12345@bounces.shop.example",
      "msprvs1=18519abcdEfGhI=bounces-12345@bounces.shop.example"}},
    {"an extension of a person", {"alice+news@example.com", "alice+shop@example.com", "alice@example.com"}},
};

TEST_CASE("sender_form: a sender that changes with every message is one", "[sender_form]") {
  for (const Software& software : kSoftware) {
    for (const std::string& sender : software.senders) {
      CAPTURE(software.name, sender);
      CHECK(form(sender) == form(software.senders.front()));
    }
  }
}

TEST_CASE("sender_form: other senders stay others", "[sender_form]") {
  for (std::size_t i = 0; i < kSoftware.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      CAPTURE(kSoftware[i].name, kSoftware[j].name);
      const bool is_alice = kSoftware[i].name == std::string("an extension of a person");
      if (is_alice && kSoftware[j].name == std::string("BATV")) continue;  // alice@example.com is in both
      if (form(kSoftware[i].senders.front()) == form(kSoftware[j].senders.front()))
        CHECK(kSoftware[i].senders.front().starts_with("bounces+"));
    }
  }
  // A name is itself, whatever digits are in it.
  for (const std::string name : {"john1985",    "john1986",   "4you",
                                 "5you",        "sales2",     "sales3",
                                 "1985",        "12345678",   "12345679",
                                 "15551234567", "a1b2",       "c3po",
                                 "r2d2",        "decade2020", "facade1999",
                                 "no-reply",    "no-reply2",  "info.de",
                                 "team-a",      "team-b",     "u2fan4ever",
                                 "deadbeef",    "cafebabe",   "abcdef123456",
                                 "j.doe85",     "j.doe86",    "newsletterbestaetigung",
                                 "s24w7",       "2nd-hand",   "3rd-hand",
                                 "web1",        "web2",       "a",
                                 "1",           "",           "x--y",
                                 "-",           "+",          "+1",
                                 "+15551234567"}) {
    CAPTURE(name);
    CHECK(form(name + "@example.com") == name + "@example.com");
  }
  CHECK(form("john1985@example.com") != form("john1986@example.com"));
  CHECK(form("SRS0=a=b=example.com=alice@fwd.example") != form("SRS0=a=b=example.com=bob@fwd.example"));
  CHECK(form("SRS0=a=b=example.com=alice@fwd.example") != form("SRS0=a=b=example.net=alice@fwd.example"));
  CHECK(form("SRS0=a=b=example.com=alice@fwd.example") != form("SRS0=a=b=example.com=alice@fwd.example.net"));
  CHECK(form("bounce-100-u@list.example") != form("bounce-100-v@list.example"));
  CHECK(form("bounce-100-u@list.example") != form("bounce-100-u@list.example.net"));
  CHECK(form("") == "");
}

// What software makes of random bytes, in lower case as a sender's local part counts.
TEST_CASE("sender_form: of random tokens nearly all are signs", "[sender_form]") {
  constexpr std::string_view kBase36 = "0123456789abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
  constexpr std::string_view kHexadecimal = kBase36.substr(0, 16);
  constexpr int kTokens = 5000;
  constexpr int kMostUnfolded = kTokens * 3 / 100;
  struct Kind {
    std::string_view alphabet;
    std::size_t size;
  };
  std::mt19937 random(20261127);  // NOLINT(cert-msc51-cpp): the same tokens each time
  for (const Kind& kind :
       {Kind{kBase32, 16}, Kind{kBase32, 20}, Kind{kBase32, 26}, Kind{kBase32, 32}, Kind{kBase36, 12},
        Kind{kBase36, 14}, Kind{kBase36, 16}, Kind{kBase36, 20}, Kind{kBase36, 25}, Kind{kHexadecimal, 8},
        Kind{kHexadecimal, 9}, Kind{kHexadecimal, 10}, Kind{kHexadecimal, 12}, Kind{kHexadecimal, 16}}) {
    int unfolded = 0;
    int unfolded_whole = 0;
    for (int i = 0; i < kTokens; ++i) {
      std::string token;
      while (token.size() < kind.size) token += kind.alphabet[random() % kind.alphabet.size()];
      unfolded += form("bounce-" + token + "-u@list.example") != "bounce-#-u@list.example";
      unfolded_whole += form(token + "@list.example") != "#@list.example";
    }
    CAPTURE(kind.alphabet, kind.size);
    CHECK(unfolded <= kMostUnfolded);
    if (kind.size >= 16) CHECK(unfolded_whole <= kMostUnfolded);
  }
}

TEST_CASE("sender_form: a name stays, with one number or two in its words", "[sender_form]") {
  for (const std::string name : {"john1985",
                                 "4you",
                                 "sales2",
                                 "user99.smith",
                                 "a.b2",
                                 "christian1985mustermann",
                                 "anna2004schwarzenegger",
                                 "maria4you2beautiful",
                                 "web2print4you.news",
                                 "j2ee4all.team",
                                 "abc123def.smith",
                                 "mp3shop24.news",
                                 "area51news.team",
                                 "2fast4you.news",
                                 "info2024team.news",
                                 "christopherwilliamson85",
                                 "newsletterbestaetigung",
                                 "rindfleischetikettierung",
                                 "o365admin.team",
                                 "bjoern78.lindstroem",
                                 "krzysztof1990nowak",
                                 "giovannibattista2003",
                                 "jeanpierre1962dupont",
                                 "konstantinopoulos99",
                                 "mariadelcarmen55.garcia",
                                 "vandenberghe1977.jan",
                                 "musikschule24.berlin",
                                 "wolfgang1950schmidt",
                                 "newsletter2go.service",
                                 "b2bmarketing.team",
                                 "kundenservice24.info",
                                 "facade1999.team",
                                 "decade2020.team",
                                 "cafe2024.news",
                                 "deadbeef.team",
                                 "abcdef123456.team",
                                 "webmaster1.example",
                                 "helpdesk24.support",
                                 "anastasia2000petrova",
                                 "hiroshi1988yamamoto",
                                 "nguyenvan1995.anh",
                                 "oluwaseun1993.adeyemi",
                                 "muhammad2001abdullah",
                                 "lakshminarayanan77",
                                 "raghunathan1966.v",
                                 "fridtjof1861nansen",
                                 "hallgrimur1974.petursson",
                                 "agnieszka1985kowalska",
                                 "bundesverband.2024tagung",
                                 "weihnachtsfeier2026team",
                                 "sommerfest2026.einladung",
                                 "rechnungen2026.buchhaltung",
                                 "noreply2.notifications",
                                 "mailinglist4developers",
                                 "photography4everyone",
                                 "gardening4you2enjoy.club",
                                 "fussballverein1899.hoffenheim",
                                 "2ndhandclothing.shop",
                                 "m\xc3\xbcller1985.sch\xc3\xb6nhauser",
                                 "catering2go4business.berlin",
                                 "555-1234",
                                 "+49-30-1234567",
                                 "1.2.3",
                                 "030/12345678",
                                 "123456789012345"}) {
    CAPTURE(name);
    CHECK(form(name + "@example.com") == Address::sender(name + "@example.com").text());
  }
  // The longest telephone number has 15 digits.
  CHECK(form("1234567890123456@example.com") == "#@example.com");
  CHECK(form("12345678-90123456@example.com") == "#@example.com");
  CHECK(form("555-1234-u@example.com") == "#-u@example.com");
}

TEST_CASE("sender_form: what it makes of one", "[sender_form]") {
  CHECK(form("bounce-100-u@list.example") == "bounce-#-u@list.example");
  CHECK(form("bounce-100-200-u@m100.list.example") == "bounce-#-u@m100.list.example");
  CHECK(form("SRS0=h=TT=Example.com=Bounce-1@fwd.example") == "srs0=example.com=bounce-#@fwd.example");
  CHECK(form("a--1--2@x") == "a--#--#@x");
  CHECK(form("bob+SRS=AbCdE=GH=example.com=carol@fwd.example") == "srs0=example.com=carol@fwd.example");
  CHECK(form("bounce-mfrggzdfmztwq2lknb2hkltm@x") == "bounce-#@x");
  CHECK(form("list-return-warn-1732598312.ponmlkjihgfedcbaabcd-bob=example.org@x") ==
        "list-return-warn-#-bob=example.org@x");
  CHECK(form("christopherwilliamson85@x") == "christopherwilliamson85@x");
  CHECK(form("no-1-domain") == "no-1-domain");
  // What only looks like SRS is folded as anything else.
  CHECK(form("SRS0=h@fwd.example") == "srs0=h@fwd.example");
  CHECK(form("SRS0=h=TT=nodomain=a@fwd.example") == "srs0=h=tt=nodomain=a@fwd.example");
  CHECK(form("SRS1=h=f=a@fwd.example") == "srs1=h=f=a@fwd.example");
  const std::string longest(5000, '1');
  CHECK(form(longest + "@x") == longest + "@x");
}

TEST_CASE("original_sender: whose mail an SRS address carries", "[sender_form]") {
  const auto original = [](const std::string& sender) {
    const auto found = original_sender(Address::sender(sender));
    return found ? found->text() : "none";
  };
  CHECK(original("SRS0=Xy7z=QT=Example.com=Alice@fwd.example") == "alice@example.com");
  CHECK(original("SRS0+Xy7z=QT=example.com=prvs=1234abcdef=alice@fwd.example") == "alice@example.com");
  CHECK(original("SRS1=Kk3l=fwd.example==Xy7z=QT=example.com=alice@next.example") == "alice@example.com");
  CHECK(original("bob+SRS=AbCdE=GH=Example.com=Carol@fwd.example") == "carol@example.com");
  for (const std::string sender :
       {"", "alice@example.com", "+SRS=AbCdE=GH=example.com=carol@fwd.example", "bob+SRS=x@fwd.example",
        "SRS0=x@fwd.example", "srs0", "SRS1=a=b@fwd.example", "SRS0=h=toolong=example.com=a@fwd.example",
        "SRS0=h=TT=example.com=@fwd.example"})
    CHECK(original(sender) == "none");
}

TEST_CASE("Pattern: an entry for a sender matches its mail with any BATV tag", "[sender_form]") {
  for (const std::string text :
       {"btv1==3971234abc==alice@example.com", "btv1==3981234abc==Alice@Example.com",
        "msprvs1=18412hKdkPU1R=alice@example.com", "prvs=1234abcdef=alice@example.com"}) {
    CAPTURE(text);
    const Subjects subjects{*IpAddress::parse("192.0.2.1"),        "",   Address::sender(text),
                            Address::recipient("bob@example.org"), true, std::nullopt};
    CHECK(Pattern::parse("sender", "alice@example.com").matches(subjects));
    CHECK(Pattern::parse("sender", text).matches(subjects));
    CHECK_FALSE(Pattern::parse("sender", "bob@example.com").matches(subjects));
  }
}

TEST_CASE("Pattern: an entry for a sender matches its mail through SRS", "[sender_form]") {
  const Address sender = Address::sender("SRS0=Xy7z=QT=example.com=alice@fwd.example");
  const Subjects subjects{*IpAddress::parse("192.0.2.1"),        "",   sender,
                          Address::recipient("bob@example.org"), true, original_sender(sender)};
  const auto keys = keys_of(subjects);
  for (const std::string text : {"alice@example.com", "alice@", "example.com", "fwd.example", "/^alice@/"}) {
    CAPTURE(text);
    const Pattern pattern = Pattern::parse("sender", text);
    CHECK(pattern.matches(subjects));
    if (!pattern.is_regexp()) CHECK(std::ranges::count(keys, pattern.key()) == 1);
  }
  for (const std::string text : {"bob@example.com", "example.net", "<>"})
    CHECK_FALSE(Pattern::parse("sender", text).matches(subjects));
  CHECK_FALSE(Pattern::parse("recipient", "alice@example.com").matches(subjects));
}

}  // namespace
}  // namespace greylisting
