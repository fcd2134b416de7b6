#include "scenario.h"

#include <algorithm>
#include <utility>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"

namespace greylisting::test {
namespace {

std::vector<std::vector<std::string>> sorted(const Rows& rows) {
  std::vector<std::vector<std::string>> texts;
  for (const Row& row : rows) {
    auto& text = texts.emplace_back();
    for (const auto& value : row) text.push_back(value.value_or("NULL"));
  }
  std::ranges::sort(texts);
  return texts;
}

// Carries out a step and checks what has to come of it.
struct Carrier {
  const Installation& installation;

  void operator()(const Attempt& step) const {
    const Result result = installation.attempt(step.rcpt);
    INFO(step.rcpt.client << ' ' << step.rcpt.sender << ' ' << step.rcpt.recipient << '\n' << result.errors);
    CHECK(result.status == 0);
    CHECK(answer(result) == step.expected.answer);
    CHECK(logged(result, "outcome") == step.expected.outcome);
    CHECK(logged(result, "reason") == step.expected.reason);
    if (!step.expected.entry.empty()) CHECK(logged(result, "entry") == step.expected.entry);
    CHECK(lines(result.errors) == (step.expected.outcome.empty() ? 0 : 1));
  }
  void operator()(const Pass& step) const { installation.pass_time(step.time); }
  void operator()(const Add& step) const { installation.add(step.entry); }
  void operator()(const Put& step) const { installation.put(step.entry); }
  void operator()(const Write& step) const { write_file(installation.home() / step.file, step.text, 0600); }
  void operator()(const Sql& step) const { installation.sql(step.statements); }
  void operator()(const Stored& step) const {
    INFO(step.query);
    auto expected = step.rows;
    std::ranges::sort(expected);
    CHECK(sorted(installation.sql(step.query)) == expected);
  }
};

}  // namespace

Expected deferred(std::string reason, std::string answer) {
  return {"deferred", std::move(reason), std::move(answer)};
}
Expected accepted(std::string reason, std::string entry) {
  return {"accepted", std::move(reason), "", std::move(entry)};
}
Expected rejected(std::string answer, std::string reason, std::string entry) {
  return {"rejected", std::move(reason), std::move(answer), std::move(entry)};
}
Expected ignored() { return {}; }

Step attempt(Rcpt rcpt, Expected expected) { return Attempt{std::move(rcpt), std::move(expected)}; }
Step attempt(Expected expected) { return Attempt{{}, std::move(expected)}; }
Step pass(std::chrono::seconds time) { return Pass{time}; }
Step add(ListEntry entry) { return Add{std::move(entry)}; }
Step put(Entry entry) { return Put{std::move(entry)}; }
Step write(std::string file, std::string text) { return Write{std::move(file), std::move(text)}; }

Step counts(std::vector<std::vector<std::string>> rows) {
  return Stored{"SELECT blocked_count, passed_count FROM greylisting_data", std::move(rows)};
}

void play(const std::vector<Scenario>& scenarios) {
  const Backend backend = any_backend();
  for (const Scenario& scenario : scenarios) {
    DYNAMIC_SECTION(name(backend) << ": " << scenario.name) {
      const Installation installation(backend, scenario.settings);
      for (const ListEntry& entry : scenario.entries) installation.add(entry);
      for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
        INFO("step " << i + 1);
        std::visit(Carrier{installation}, scenario.steps[i]);
      }
    }
  }
}

}  // namespace greylisting::test
