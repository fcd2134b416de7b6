// sql: whatever client, sender and recipient are, the statements that decide are the same but for
// numbers, the hexadecimal digits of their literals and the number of these in a list; and a template without
// literals stays as it is. The input is client, sender and recipient, with NUL between them.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "judgement/attempt.h"
#include "store/statements.h"

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

// As the stores fill them in.
std::string statements(std::string_view client, std::string_view sender, std::string_view recipient) {
  Session session;
  session.client = IpAddress::parse(client) ? client : "192.0.2.1";
  session.client_name = sender;
  session.helo = recipient;
  session.sender = sender;
  session.recipient = recipient;
  const Attempt attempt = Attempt::from(session, Settings());
  std::string all;
  for (const sql::Dialect dialect : {sql::Dialect::mysql, sql::Dialect::sqlite}) {
    const sql::Literals keys = sql::keys_of(attempt, dialect);
    all += sql::look_for(attempt, keys) + sql::entries_for(attempt, {}, keys, dialect) +
           sql::earn_for(attempt, {}, Earns::pass, keys, dialect) +
           sql::record_for(attempt, {.reason = Reason::new_triplet}, keys, dialect);
  }
  return all;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Where the first digit or literal may begin. All else is most of the text, and passed over at once.
const char* next_literal(const char* begin, const char* end) {
  while (begin != end && *begin != 'x' && !is_digit(*begin)) ++begin;
  return begin;
}

// `text` with one ? for each literal, or for several with commas between them, and 0 for each number.
std::string without_literals(std::string_view text) {
  std::string rest;
  while (!text.empty()) {
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    if (const char* const next = next_literal(begin, end); next != begin) {
      rest.append(begin, next);
      text.remove_prefix(static_cast<std::size_t>(next - begin));
    } else if (is_digit(*begin)) {
      rest += '0';
      text.remove_prefix(static_cast<std::size_t>(std::find_if_not(begin, end, is_digit) - begin));
    } else if (!text.starts_with("x'")) {
      rest += 'x';
      text.remove_prefix(1);
    } else {
      text.remove_prefix(2);
      const auto size = text.find_first_not_of("0123456789abcdef");
      expect(size != std::string_view::npos && size % 2 == 0 && text[size] == '\'');
      text.remove_prefix(size + 1);
      if (rest.ends_with("?,")) {
        rest.pop_back();
      } else {
        rest += '?';
      }
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
  expect(without_literals(statements(client, sender, input)) == kExpected);
  return 0;
}
