// suspicion_rules: any text makes rules and problems that can be printed; the rule that holds is the first
// that holds alone, never together with its opposite. Whatever a client calls itself has an answer, the same
// in any case and with a final dot.
// The input is the client's address, its name, HELO, sender and recipient, a line each, and the rules.

#include "judgement/suspicion_rules.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "judgement/suspicion.h"
#include "mail/client_name.h"

using namespace greylisting;

namespace {

const std::string kFile = "control/greylisting_suspicious";

void expect(bool holds) {
  if (!holds) std::abort();
}

std::string next_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return std::string(line);
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

void check_problems(const std::vector<std::string>& problems) {
  for (const std::string& problem : problems) {
    expect(problem.starts_with(kFile + ':'));
    expect(std::ranges::all_of(problem, [](char c) { return c >= 0x20 && c <= 0x7e; }));
  }
}

void check_rules(std::string_view text, const Session& session, const IpAddress& client) {
  const SuspicionRules rules = SuspicionRules::parse(kFile, text);
  const std::vector<std::string> problems = rules.check();
  check_problems(problems);
  expect(problems.size() >= rules.problems().size());
  expect(std::equal(rules.problems().begin(), rules.problems().end(), problems.begin()));

  const unsigned held = rules.holds_for(session, client);
  unsigned number = 0;
  while (!text.empty()) {
    const std::string line = next_line(text);
    ++number;
    const bool holds = SuspicionRules::parse(kFile, line).holds_for(session, client) == 1;
    // A byte order mark is one at the file's start alone.
    if (line.starts_with('\xEF')) return;
    if (held == 0 || number < held) expect(!holds);
    if (number == held) {
      expect(holds);
      if (!line.ends_with('\\')) {
        expect(SuspicionRules::parse(kFile, " " + line + "\t# why\r\n").holds_for(session, client) == 1);
      }
      std::string opposite = line;
      const auto operation = opposite.find('~') - 1;
      expect(opposite[operation] == '=' || opposite[operation] == '!');
      opposite[operation] = opposite[operation] == '=' ? '!' : '=';
      expect(SuspicionRules::parse(kFile, opposite).holds_for(session, client) == 0);
      return;
    }
  }
  expect(held == 0);
}

void check_name(const std::string& name, const IpAddress& client) {
  const bool dynamic = looks_dynamic(name, client);
  expect(looks_dynamic(upper(name), client) == dynamic);
  expect(looks_dynamic(name + '.', client) == dynamic);
  if (name.find_first_not_of('.') == std::string::npos) return;
  expect(!looks_dynamic("mx.example." + name, client));
}

void check_session(const Session& session, const IpAddress& client) {
  static constexpr std::array<std::string_view, 5> kWords{"no-name", "dynamic-name", "helo-ours",
                                                          "helo-address", "spf"};
  const auto word = suspicion_of(session, client, session.recipient);
  expect(!word || std::ranges::find(kWords, *word) != kWords.end());
  if (word == "dynamic-name") expect(looks_dynamic(session.client_name, client));

  Session good = session;
  good.client_name = "mx.example.org";
  const auto helo = suspicion_of(good, client, session.helo);
  const bool is_nothing = session.helo.find_first_not_of('.') == std::string::npos;
  expect(helo.has_value() == !is_nothing && (is_nothing || helo == "helo-ours"));
  good.helo = '[' + client.text() + ']';
  expect(suspicion_of(good, client, "") == "helo-address");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  Session session;
  session.client = next_line(input);
  session.client_name = next_line(input);
  session.helo = next_line(input);
  session.sender = next_line(input);
  session.recipient = next_line(input);
  const auto client = IpAddress::parse(session.client);
  if (!client) return 0;
  check_rules(input, session, *client);
  check_name(session.client_name, *client);
  check_session(session, *client);
  return 0;
}
