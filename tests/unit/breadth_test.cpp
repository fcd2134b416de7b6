#include "ctl/lists/breadth.h"

#include <optional>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace greylisting::ctl {
namespace {

struct Width {
  std::string word;
  std::string pattern;
};

TEST_CASE("breadth_of: what matches more than anybody can mean", "[breadth]") {
  for (const auto& [word, pattern] : std::vector<Width>{
           {"client", "0.0.0.0/0"},
           {"client", "::/0"},
           {"client", "0.0.0.0/1"},
           {"client", "64.0.0.0/7"},
           {"client", "2000::/3"},
           {"client", "2001::/16"},
           {"client", "com"},
           {"client", "*.net"},
           {"sender", "*.com"},
           {"sender", "xyz"},
           {"sender", "*.co.uk"},
           {"sender", "com.br"},
           {"recipient", "org"},
           {"client", "/./"},
           {"client", "/.*/"},
           {"client", "/[0-9]/"},
           {"client", "/^/"},
           {"client", "/\\./"},
           {"client", "/\\.com$/"},
           {"client", "/^[0-9.]+$/"},
           {"client", "/:/"},
           {"client", "/^([0-9]+\\.){3}[0-9]+$/"},
           {"client", "/^2/"},
           {"sender", "/@/"},
           {"sender", "/^[^@]+@.+$/"},
           {"sender", "/\\.ru$/"},
           {"sender", "/.*@.*\\.(top|xyz)$/"},
           {"recipient", "/./"},
       }) {
    CAPTURE(word, pattern);
    CHECK(breadth_of(Pattern::parse(word, pattern)).has_value());
  }
}

TEST_CASE("breadth_of: narrow patterns, and wide ones that somebody can mean", "[breadth]") {
  for (const auto& [word, pattern] : std::vector<Width>{
           {"client", "192.0.2.7"},
           {"client", "10.0.0.0/8"},
           {"client", "127.0.0.0/8"},
           {"client", "224.0.0.0/3"},
           {"client", "fe80::/10"},
           {"client", "fc00::/7"},
           {"client", "2a00:1450::/19"},
           {"client", "2001:db8::/32"},
           {"client", "<>"},
           {"client", "localhost"},
           {"client", "*.lan"},
           {"client", "example.net"},
           {"client", "*.example.net"},
           {"client", "co.example"},
           {"client", "/^mx[0-9]+\\.example\\.com$/"},
           {"client", "/dyn(amic)?[.-]/"},
           {"client", "/^192\\.0\\.2\\./"},
           {"client", "/^2001:db8:/"},
           {"client", "/\\.google\\.com$/"},
           {"sender", "<>"},
           {"sender", "=com"},
           {"sender", "user@"},
           {"sender", "bbc.co.uk"},
           {"sender", "x.com"},
           {"sender", "[192.0.2.1]"},
           {"sender", "/^bounces?[+-]/"},
           {"sender", "/@example\\.(com|net)$/"},
           {"recipient", "example.org"},
           {"recipient", "postmaster@"},
           {"recipient", "/^abuse@/"},
       }) {
    CAPTURE(word, pattern);
    CHECK(breadth_of(Pattern::parse(word, pattern)) == std::nullopt);
  }
}

TEST_CASE("breadth_of: says what is matched", "[breadth]") {
  CHECK(breadth_of(Pattern::parse("client", "0.0.0.0/0")) == "every IPv4 client");
  CHECK(breadth_of(Pattern::parse("client", "/./")) == "every client");
  CHECK(breadth_of(Pattern::parse("client", "/^[0-9.]+$/")) == "every IPv4 client");
  CHECK(breadth_of(Pattern::parse("client", "/:/")) == "every IPv6 client");
  CHECK(breadth_of(Pattern::parse("client", "/^[0-9a-f:.]+$/")) == "every client");
  CHECK(breadth_of(Pattern::parse("client", "2000::/3")) ==
        "a network wider than any that one holder has (/19)");
  CHECK(breadth_of(Pattern::parse("sender", "*.com")) == "a whole top-level domain, .com");
  CHECK(breadth_of(Pattern::parse("sender", "/\\.ru$/")) == "a whole top-level domain, .ru");
  CHECK(breadth_of(Pattern::parse("sender", "co.uk")) == "a whole domain of a country, .co.uk");
}

TEST_CASE("breadth_of: networks in all", "[breadth]") {
  const auto in_all = [](const std::vector<std::string>& texts) {
    std::vector<Network> networks;
    for (const std::string& text : texts) networks.push_back(Network::parse(text).value());
    return breadth_of(networks);
  };
  CHECK(in_all({"1.0.0.0/8", "2.0.0.0/8"}) ==
        "networks that are wider in all than any that one holder has (/8)");
  CHECK(in_all({"2a00::/20", "2600::/20", "2001:db8::/32"}) ==
        "networks that are wider in all than any that one holder has (/19)");
  CHECK(in_all({"8.0.0.0/9", "192.0.2.7", "4.0.0.0/9"}).has_value());
  for (const std::vector<std::string>& narrow : std::vector<std::vector<std::string>>{
           {},
           {"4.0.0.0/8"},
           {"8.1.0.0/16", "8.0.0.0/8", "8.0.0.0/8", "8.1.2.3"},
           {"8.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "0.0.0.0/8", "224.0.0.0/4", "192.168.0.0/16"},
           {"2a00::/20", "2600::/20", "fc00::/7", "8.0.0.0/8"}}) {
    CAPTURE(narrow);
    CHECK(in_all(narrow) == std::nullopt);
  }
}

TEST_CASE("is_all_of: a domain, by whatever pattern", "[breadth]") {
  const auto is_all = [](const std::string& pattern) {
    return is_all_of(Pattern::parse("recipient", pattern), "example.org");
  };
  for (const std::string pattern : {"example.org", "=example.org", "org", "/@example\\.org$/", "/./"}) {
    CAPTURE(pattern);
    CHECK(is_all(pattern));
  }
  for (const std::string pattern :
       {"bob@example.org", "postmaster@", "*.example.org", "example.com", "/^x@example\\.org$/"}) {
    CAPTURE(pattern);
    CHECK_FALSE(is_all(pattern));
  }
  CHECK_FALSE(is_all_of(Pattern::parse("sender", "example.org"), "example.org"));
}

}  // namespace
}  // namespace greylisting::ctl
