// sql: whatever client, sender and recipient are, the statements that decide are the same but for
// numbers, the hexadecimal digits of their literals and the number of these in a list; and a template without
// literals stays as it is. The input is client, sender and recipient, with NUL between them.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "attempt.h"
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

// As the stores fill them in.
std::string statements(std::string_view client, std::string_view sender, std::string_view recipient) {
  Session session;
  session.client = IpAddress::parse(client) ? client : "192.0.2.1";
  session.client_name = sender;
  session.helo = recipient;
  session.sender = sender;
  session.recipient = recipient;
  const Attempt attempt = Attempt::from(session, Settings());
  return sql::with_literals(sql::mysql_known, sql::literals_of(attempt, sql::Dialect::mysql)) +
         sql::with_literals(sql::mysql_lists, sql::literals_of(attempt, sql::Dialect::mysql)) +
         sql::with_literals(sql::mysql_judge, sql::literals_of(attempt, sql::Dialect::mysql)) +
         sql::with_literals(sql::mysql_record, sql::literals_of(attempt, sql::Dialect::mysql)) +
         sql::with_literals(sql::sqlite_known, sql::literals_of(attempt, sql::Dialect::sqlite)) +
         sql::with_literals(sql::sqlite_judge, sql::literals_of(attempt, sql::Dialect::sqlite)) +
         sql::with_literals(sql::sqlite_record, sql::literals_of(attempt, sql::Dialect::sqlite));
}

// `text` with one ? for each literal, or for several with commas between them, and 0 for each number.
std::string without_literals(std::string_view text) {
  std::string rest;
  while (!text.empty()) {
    if (const auto end = text.find_first_not_of("0123456789"); end > 0) {
      rest += '0';
      text.remove_prefix(std::min(end, text.size()));
      continue;
    }
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
