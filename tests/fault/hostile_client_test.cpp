// A client that puts what it likes into all that it controls: sender, recipient, HELO and reverse name. It is
// judged like any other, its bytes stay bytes in the store and in the log, and it hears one reply of a lawful
// length.

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/fault.h"
#include "text/printable.h"

namespace greylisting::test {
namespace {

constexpr std::size_t kMostOctets = 512;  // of a reply, with CR LF (RFC 5321, section 4.5.3.1.5)

std::string every_byte() {
  std::string bytes;
  for (unsigned byte = 1; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

std::string repeated(const std::string& text, std::size_t length) {
  std::string all;
  while (all.size() < length) all += text;
  return all.substr(0, length);
}

// The words of the one line of the log, each of which is there once.
std::map<std::string, std::string> words(const Result& result) {
  CHECK(lines(result.errors) == 1);
  CHECK(result.errors.starts_with("greylisting: outcome="));
  std::istringstream line(result.errors.substr(result.errors.find(' ') + 1));
  std::map<std::string, std::string> words;
  for (std::string word; line >> word;) {
    const std::size_t sign = word.find('=');
    CHECK(words.emplace(word.substr(0, sign), word.substr(sign + 1)).second);
  }
  return words;
}

// One command, to refuse, with a reply that says nothing of what the client has made up.
void is_one_reply(const std::string& output) {
  CHECK(lines(output) == 1);
  CHECK(output.starts_with("E451 "));
  CHECK(output.size() <= 1 + kMostOctets - 1);  // "E", and LF alone
  CHECK(std::ranges::all_of(output, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
}

struct Hostile {
  std::string sender, recipient, helo, host;
};

void is_judged(const Installation& installation, const Hostile& client, std::string_view reason) {
  const Result result = run(guarded(
      installation, {.sender = client.sender,
                     .recipient = client.recipient,
                     .environment = {{"SMTPHELOHOST", client.helo}, {"TCPREMOTEHOST", client.host}}}));
  CHECK(result.status == 0);
  is_one_reply(result.output);
  const auto logged = words(result);
  CHECK(logged.at("reason") == reason);
  // Compared here, so that a failure does not print all of it.
  const auto is_back = [&](const char* key, const std::string& value) {
    return unescaped(logged.at(key)) == value;
  };
  CHECK(is_back("sender", client.sender));
  CHECK(is_back("recipient", client.recipient));
  CHECK(is_back("helo", client.helo));
  CHECK(is_back("host", client.host));
}

}  // namespace

TEST_CASE("whatever a client sends is judged, and stays what it is", "[fault]") {
  const Installation installation(any_backend(), "defer_message=451 wait %s seconds, %r\n");
  CAPTURE(name(installation.backend()));
  // So that all statements are run.
  installation.put({.action = "deny", .word = "sender", .pattern = "mallory@example.net"});
  installation.put({.action = "deny", .word = "client", .pattern = "/^nobody[.]of[.]this[.]name$/"});
  const std::vector<std::string> values{
      "'; DROP TABLE greylisting_data; -- ",
      "\\'; UPDATE greylisting_lists SET ipaddr = '' /* ",
      "\" OR 1=1 # `greylisting_data` :triplet :sender @verdict ?",
      "x\n\nE250 come in\nSGREYLISTING_TRANSACTION=3:1:data\nLD250 yes\n",
      "x\r\n250 come in\r\n",
      " reason=known outcome=accepted\ngreylisting: outcome=accepted reason=known client=192.0.2.1 ",
      "%s%n%x%r%%",
      "\\x41\\x0a",
      "\x1b[2J\x9b\xc3\x28\xf0\x9f\xff\xfe\xc0\x80",
      every_byte(),
      repeated(every_byte(), 32000),
      repeated("a.", 32000),
      repeated("\xc3\xbc", 32000),
      repeated("'", 32000),
  };
  for (const std::string& value : values) {
    INFO(printable(value.substr(0, 80)) << ", " << value.size() << " bytes");
    Hostile client{.sender = value + "a@" + value,
                   .recipient = value + "a@" + value,
                   .helo = value + value,
                   .host = value + value};
    is_judged(installation, client, "new");
    is_judged(installation, client, "early");
    // Another address, however much of it is the same.
    client.recipient = value + "b@" + value;
    is_judged(installation, client, "new");
    client.sender = "b" + value + "a@" + value;
    is_judged(installation, client, "new");
  }
  CHECK(text(installation.sql("SELECT COUNT(*), SUM(blocked_count) FROM greylisting_data")) ==
        std::to_string(3 * values.size()) + ' ' + std::to_string(4 * values.size()) + '\n');
  CHECK(text(installation.sql("SELECT COUNT(*) FROM greylisting_lists")) == "0\n");
  CHECK(text(installation.sql("SELECT COUNT(*) FROM greylisting_entries")) == "2\n");
}

}  // namespace greylisting::test
