// pattern: what is read, of a range each network, comes back from its text, and has a key that a database can
// hold; a pattern that is no regular expression matches exactly when its key is one of the attempt's and its
// network holds the client; an address matches the pattern that is made of it. The input is a line each of:
// the word, the pattern, the client's address and name, the sender, the recipient.

#include "lists/pattern.h"
#include "lists/pattern_key.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "text/printable.h"

using namespace greylisting;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line.substr(0, line.find('\0'));  // there is none in a variable
}

void check_keys(std::vector<std::string> keys) {
  for (const std::string& key : keys) {
    expect(!key.empty() && key.size() <= 250);
    if (key[0] == 'n') {
      expect(key.size() == 5 || key.size() == 17);
    } else {
      expect(is_printable(key) && key.find(' ') == std::string::npos);
    }
  }
  std::ranges::sort(keys);
  expect(std::ranges::adjacent_find(keys) == keys.end());
}

bool has(const std::vector<std::string>& keys, const std::string& key) {
  return std::ranges::find(keys, key) != keys.end();
}

void check(const Pattern& pattern, Subjects attempt) {
  const Pattern again = Pattern::parse(word(pattern.kind()), pattern.text());
  expect(again == pattern && again.key() == pattern.key() && again.network() == pattern.network() &&
         again.specificity() == pattern.specificity());
  expect(pattern.specificity() >= 100 && pattern.specificity() <= 999);
  expect(pattern.network().has_value() == (pattern.kind() == PatternKind::network));
  expect(again.matches(attempt) == pattern.matches(attempt));
  expect(patterns_of(word(pattern.kind()), pattern.text()) == std::vector{pattern});
  if (pattern.is_regexp()) return;

  check_keys({pattern.key()});
  const auto is_found = [&] {
    return has(keys_of(attempt), pattern.key()) &&
           (!pattern.network() || pattern.network()->contains(attempt.client));
  };
  expect(pattern.matches(attempt) == is_found());

  // What the pattern itself says.
  const std::string& text = pattern.text();
  const std::string inside = text.substr(text.find_first_not_of("=*."));
  switch (pattern.kind()) {
    case PatternKind::network:
      attempt.client = pattern.network()->last();
      break;
    case PatternKind::host:
      attempt.client_name = text == "<>" ? "" : text.starts_with('*') ? "a." + inside : inside;
      break;
    case PatternKind::sender:
    case PatternKind::recipient: {
      const bool has_at = text.find('@') != std::string::npos;
      const std::string address = text == "<>"            ? ""
                                  : has_at                ? unescaped(text)
                                  : text.starts_with('*') ? "x@a." + inside
                                                          : "x@" + inside;
      (pattern.kind() == PatternKind::sender ? attempt.sender : attempt.recipient) =
          pattern.kind() == PatternKind::sender ? Address::sender(address) : Address::recipient(address);
    }
  }
  expect(pattern.matches(attempt));
  expect(is_found());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view word = take_line(input);
  const std::string_view text = take_line(input);
  const auto client = IpAddress::parse(take_line(input));
  const std::string name = normal_client_name(take_line(input));
  const std::string_view sender = take_line(input);
  const Subjects attempt{client.value_or(*IpAddress::parse("192.0.2.1")), name, Address::sender(sender),
                         Address::recipient(take_line(input))};
  check_keys(keys_of(attempt));
  try {
    for (const Pattern& pattern : patterns_of(word, text)) check(pattern, attempt);
  } catch (const PatternError& error) {
    const std::string what = error.what();
    expect(what.starts_with('"') && what.size() < 2000 && is_printable(what));
  }
  return 0;
}
