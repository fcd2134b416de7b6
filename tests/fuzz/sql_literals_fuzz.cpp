// sql: whatever client, sender and recipient are, the statements that decide are the same but for the
// hexadecimal digits of their literals and the number of networks; and a template without literals stays as
// it is. The input is client, sender and recipient, with NUL between them.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "address.h"
#include "printable.h"
#include "sql.h"

using namespace greylisting;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

std::string_view take(std::string_view& input) {
  const std::string_view value = input.substr(0, input.find('\0'));
  input.remove_prefix(std::min(input.size(), value.size() + 1));
  return value;
}

// As src/mysql_store.cpp fills it in, but that the bytes are not cut and not made printable before.
std::string statements(std::string_view client, std::string_view sender, std::string_view recipient) {
  const auto address = IpAddress::parse(client).value_or(*IpAddress::parse("192.0.2.1"));
  return sql::with_literals(sql::mysql_decide,
                            {
                                {"explicit", "0"},
                                {"networks", sql::network_literals(address)},
                                {"client", sql::literal(client)},
                                {"network", sql::literal(address.bytes())},
                                {"max_pending", "5000"},
                                {"domain", sql::literal(Address::recipient(recipient).domain())},
                                {"triplet", sql::literal(recipient)},
                                {"id", "17"},
                                {"sender", "_latin1 " + sql::literal(Address::sender(sender).text())},
                                {"recipient", "_latin1 " + sql::literal(printable(recipient))},
                                {"block_expire", "55"},
                                {"record_expire", "500"},
                                {"record_expire_good", "36"},
                            });
}

// `text` with one ? for each literal, or for several with commas between them.
std::string without_literals(std::string_view text) {
  std::string rest;
  while (!text.empty()) {
    if (!text.starts_with("x'")) {
      rest += text.front();
      text.remove_prefix(1);
      continue;
    }
    text.remove_prefix(2);
    const auto end = text.find_first_not_of("0123456789abcdef");
    expect(end != std::string_view::npos && end % 2 == 0 && text[end] == '\'');
    text.remove_prefix(end + 1);
    if (rest.ends_with("?,")) {
      rest.pop_back();
    } else {
      rest += '?';
    }
  }
  return rest;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string kExpected = without_literals(statements("192.0.2.1", "a@b.org", "c@d.org"));
  std::string_view input(reinterpret_cast<const char*>(data), size);

  expect(sql::with_literals(input, {}) == input);

  const std::string_view client = take(input);
  const std::string_view sender = take(input);
  const std::string text = statements(client, sender, input);
  expect(std::ranges::count(text, '\'') % 2 == 0);
  expect(without_literals(text) == kExpected);
  return 0;
}
