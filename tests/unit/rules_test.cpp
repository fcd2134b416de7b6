#include "judgement/rules.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace greylisting {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// One attempt with what is known of it.
struct Known {
  Attempt attempt;
  Facts facts{};
  Evidence evidence{};

  Decision judged() const { return judge(attempt, facts, evidence); }
};

Known nothing_known() {
  const Session session{.client = "192.0.2.7", .sender = "alice@example.net", .recipient = "bob@example.org"};
  Known known{.attempt = Attempt::from(session, Settings())};
  known.evidence.has_entries = known.evidence.has_denials = known.evidence.has_allowances = true;
  return known;
}

void add(Known& known, Action action, PatternKind kind, unsigned specificity, const std::string& place) {
  known.evidence.matches.push_back(
      {.action = action, .kind = kind, .specificity = specificity, .place = place});
}

// In the order of judgement: what makes the rule fit, and nothing else.
struct Fitting {
  Reason reason;
  std::function<void(Known&)> make;
};
const std::vector<Fitting> kFitting{
    {Reason::opted_out, [](Known& k) { add(k, Action::skip, PatternKind::recipient, 500, "entries/1"); }},
    {Reason::denied, [](Known& k) { add(k, Action::deny, PatternKind::sender, 600, "entries/2"); }},
    {Reason::allowed, [](Known& k) { add(k, Action::allow, PatternKind::network, 300, "lists/3"); }},
    {Reason::not_listed, [](Known& k) { k.attempt.only_listed = true; }},
    {Reason::trusted, [](Known& k) { k.facts.client = Facts::Client{.passes = k.attempt.auto_allow_after}; }},
    {Reason::trap, [](Known& k) { add(k, Action::trap, PatternKind::recipient, 500, "entries/4"); }},
    {Reason::trapped,
     [](Known& k) {
       const auto passes = k.facts.client ? k.facts.client->passes : 0;
       k.facts.client = Facts::Client{.passes = passes, .trapped_for = seconds(60)};
     }},
    {Reason::retried,
     [](Known& k) { k.facts.record = Facts::Record{.id = 5, .blocked_for = seconds(-1), .blocked = 1}; }},
    {Reason::known,
     [](Known& k) {
       if (k.facts.record) return;
       k.facts.record = Facts::Record{.id = 5, .blocked_for = seconds(-1), .blocked = 1, .passed = 1};
     }},
    {Reason::expected, [](Known& k) { k.facts.expected = Facts::ExpectedFor{}; }},
    {Reason::null_sender, [](Known& k) { k.attempt.exempt = Reason::null_sender; }},
    {Reason::not_suspicious,
     [](Known& k) {
       if (!k.attempt.exempt) k.attempt.exempt = Reason::not_suspicious;
     }},
    {Reason::early,
     [](Known& k) {
       if (!k.facts.record) k.facts.record = Facts::Record{.id = 5, .blocked_for = seconds(9), .blocked = 1};
     }},
    {Reason::throttled,
     [](Known& k) {
       k.attempt.max_pending = 7;
       k.evidence.waiting = 7;
     }},
    {Reason::new_triplet, [](Known&) {}},
};

TEST_CASE("rules: every rule decides where it alone fits", "[rules]") {
  for (const auto& [reason, make] : kFitting) {
    Known known = nothing_known();
    make(known);
    CAPTURE(name(reason));
    CHECK(known.judged().reason == reason);
  }
}

TEST_CASE("rules: of any two that fit the first decides", "[rules]") {
  for (auto first = kFitting.begin(); first != kFitting.end(); ++first) {
    for (auto second = first + 1; second != kFitting.end(); ++second) {
      Known known = nothing_known();
      first->make(known);
      second->make(known);
      // Of an entry that denies and one that allows the more specific one counts: here it denies.
      CAPTURE(name(first->reason), name(second->reason));
      // Who has opted in by nothing is not listed, whatever else is known.
      CHECK(known.judged().reason == first->reason);
    }
  }
}

TEST_CASE("rules: the table is in the order of judgement, and its last rule fits always", "[rules]") {
  std::vector<Reason> reasons;
  for (const Rule& rule : rules()) {
    CHECK(rule.number >= 1);
    CHECK(rule.number <= 15);
    CHECK_FALSE(rule.when.empty());
    if (rule.reason != Reason::trap || rule.when.find("low_priority_mx") == std::string_view::npos) {
      CHECK(rule.number == reasons.size() + 1);
      reasons.push_back(rule.reason);
    }
  }
  REQUIRE(reasons.size() == kFitting.size());
  for (std::size_t i = 0; i < reasons.size(); ++i) CHECK(reasons[i] == kFitting[i].reason);
}

TEST_CASE("rules: the most specific entry counts, and of equals the one that denies", "[rules]") {
  Known known = nothing_known();
  add(known, Action::deny, PatternKind::network, 724, "lists/1");
  add(known, Action::allow, PatternKind::sender, 800, "entries/2");
  CHECK(known.judged().entry == "entries/2");
  CHECK(known.judged().reason == Reason::allowed);
  add(known, Action::deny, PatternKind::sender, 800, "entries/3");
  known.evidence.matches.back().reply = "550 no";
  CHECK(known.judged().reason == Reason::denied);
  CHECK(known.judged().entry == "entries/3");
  CHECK(known.judged().reply == "550 no");
  // Of equals that say the same the first counts.
  add(known, Action::deny, PatternKind::sender, 800, "entries/4");
  CHECK(known.judged().entry == "entries/3");
}

TEST_CASE("rules: an entry that allows by a name that is not believed does not count", "[rules]") {
  Known known = nothing_known();
  add(known, Action::allow, PatternKind::host, 350, "entries/1");
  known.evidence.matches.back().counts = false;
  CHECK(known.judged().reason == Reason::new_triplet);
}

TEST_CASE("rules: opting in and out", "[rules]") {
  Known known = nothing_known();
  known.attempt.only_listed = true;
  add(known, Action::greylist, PatternKind::recipient, 500, "entries/1");
  CHECK(known.judged().reason == Reason::new_triplet);
  add(known, Action::skip, PatternKind::recipient, 500, "entries/2");
  CHECK(known.judged().reason == Reason::opted_out);
  add(known, Action::greylist, PatternKind::recipient, 600, "entries/3");
  CHECK(known.judged().reason == Reason::new_triplet);
  // Only recipients opt.
  Known client = nothing_known();
  add(client, Action::skip, PatternKind::network, 700, "entries/1");
  CHECK(client.judged().reason == Reason::new_triplet);
}

TEST_CASE("rules: trust by network, vouching domain, sender or group", "[rules]") {
  const auto trusted = [](const auto& change) {
    Known known = nothing_known();
    change(known);
    return known.judged().reason == Reason::trusted;
  };
  CHECK(trusted([](Known& k) { k.facts.client = Facts::Client{.passes = 5}; }));
  CHECK_FALSE(trusted([](Known& k) { k.facts.client = Facts::Client{.passes = 4}; }));
  CHECK(trusted([](Known& k) { k.facts.pool = Facts::Client{.passes = 5}; }));
  CHECK_FALSE(trusted([](Known& k) {
    k.facts.client = Facts::Client{.passes = 5};
    k.attempt.auto_allow_after = 0;
  }));
  CHECK(trusted([](Known& k) {
    k.facts.sender = Facts::Client{.passes = 1};
    k.attempt.group_domain_level = 2;
  }));
  CHECK(trusted([](Known& k) {
    k.facts.group = 2;
    k.attempt.group_domain_level = 2;
  }));
  CHECK_FALSE(trusted([](Known& k) {
    k.facts.group = 1;
    k.attempt.group_domain_level = 2;
  }));
}

TEST_CASE("rules: the last second of a block is deferred", "[rules]") {
  Known known = nothing_known();
  known.facts.record = Facts::Record{.id = 5, .blocked_for = seconds(0), .blocked = 1};
  CHECK(known.judged().reason == Reason::early);
  CHECK(known.judged().left == seconds(1));
  known.facts.record->blocked_for = seconds(-1);
  CHECK(known.judged().reason == Reason::retried);
  CHECK(known.judged().left == seconds(0));
}

TEST_CASE("rules: what is reached under one identity holds for the other", "[rules]") {
  Known known = nothing_known();
  known.facts.record = Facts::Record{.id = 5, .age = seconds(10), .blocked_for = seconds(60), .blocked = 1};
  known.facts.pool_record =
      Facts::Record{.id = 6, .age = seconds(99), .blocked_for = seconds(-5), .blocked = 2};
  const Decision decision = known.judged();
  CHECK(decision.reason == Reason::retried);
  CHECK(decision.record == 5);
  CHECK(decision.age == seconds(99));
  CHECK_FALSE(decision.is_first_retry);
  known.facts.pool_record->passed = 1;
  CHECK(known.judged().reason == Reason::known);
}

TEST_CASE("rules: a record of greylistctl pass has not waited", "[rules]") {
  Known known = nothing_known();
  known.facts.record = Facts::Record{.id = 5, .blocked_for = seconds(-1)};
  CHECK(known.judged().reason == Reason::known);
}

TEST_CASE("rules: a new triplet's block and life", "[rules]") {
  Known known = nothing_known();
  CHECK(known.judged().blocked_for == known.attempt.block_expire);
  CHECK(known.judged().record_expire == known.attempt.record_expire);
  add(known, Action::greylist, PatternKind::network, 724, "entries/1");
  known.evidence.matches.back().block = minutes(3);
  add(known, Action::greylist, PatternKind::recipient, 500, "entries/2");
  known.evidence.matches.back().block = minutes(30);
  CHECK(known.judged().blocked_for == minutes(3));
  CHECK(known.judged().record_expire == known.attempt.record_expire + minutes(3));
  CHECK(known.judged().left == minutes(3) + seconds(1));
}

TEST_CASE("rules: no record is blocked for longer than the longest block that applies", "[rules]") {
  Known known = nothing_known();
  known.attempt.block_expire = minutes(5);
  known.facts.record = Facts::Record{.id = 5, .blocked_for = std::chrono::days(400), .blocked = 1};
  CHECK(known.judged().reason == Reason::early);
  CHECK(known.judged().blocked_for == minutes(5));
  CHECK(known.judged().left == minutes(5) + seconds(1));
  known.facts.record->blocked_for = minutes(5) - seconds(1);
  CHECK(known.judged().blocked_for == minutes(5) - seconds(1));
  add(known, Action::greylist, PatternKind::recipient, 500, "entries/2");
  known.evidence.matches.back().block = minutes(30);
  known.facts.record->blocked_for = minutes(29);
  CHECK(known.judged().blocked_for == minutes(29));
  known.facts.record->blocked_for = minutes(31);
  CHECK(known.judged().blocked_for == minutes(30));
}

TEST_CASE("rules: how many wait is said from one less than may", "[rules]") {
  Known known = nothing_known();
  known.attempt.max_pending = 3;
  const auto at = [&known](std::uint64_t waiting) {
    known.evidence.waiting = waiting;
    return known.judged();
  };
  CHECK(at(1).pending == 0);
  CHECK(at(2).reason == Reason::new_triplet);
  CHECK(at(2).pending == 2);
  CHECK(at(3).reason == Reason::throttled);
  CHECK(at(3).pending == 3);
  known.attempt.max_pending = 0;
  CHECK(at(9).reason == Reason::new_triplet);
}

TEST_CASE("rules: low_priority_mx traps who comes here first", "[rules]") {
  Known known = nothing_known();
  known.attempt.springs_trap_if_new = true;
  CHECK(known.judged().reason == Reason::trap);
  CHECK(known.judged().entry == "low_priority_mx");
  known.attempt.exempt = Reason::null_sender;
  CHECK(known.judged().reason == Reason::null_sender);
  known.attempt.exempt.reset();
  known.facts.record = Facts::Record{.id = 5, .blocked_for = seconds(9)};
  CHECK(known.judged().reason == Reason::early);
}

TEST_CASE("rules: a broken rule of suspicion ends the exemption", "[rules]") {
  Known known = nothing_known();
  known.attempt.exempt = Reason::not_suspicious;
  known.evidence.breaks_a_rule = true;
  CHECK(known.judged().reason == Reason::new_triplet);
}

TEST_CASE("rules: what the client earns", "[rules]") {
  Known known = nothing_known();
  CHECK(known.judged().earns == Earns::nothing);
  known.facts.record = Facts::Record{.id = 5, .blocked_for = seconds(-1), .blocked = 1};
  CHECK(known.judged().earns == Earns::pass);
  known.facts.client = Facts::Client{.passes = 1, .is_counted = true};
  CHECK(known.judged().earns == Earns::nothing);
  known.facts.client = Facts::Client{.passes = 9};
  CHECK(known.judged().earns == Earns::seen);
  add(known, Action::trap, PatternKind::recipient, 500, "entries/1");
  CHECK(known.judged().reason == Reason::trusted);
  CHECK(known.judged().earns == Earns::fall);
  add(known, Action::deny, PatternKind::sender, 500, "entries/2");
  CHECK(known.judged().earns == Earns::fall);
  known.facts.client.reset();
  CHECK(known.judged().earns == Earns::nothing);
  known.evidence.matches.pop_back();
  known.facts.record.reset();
  CHECK(known.judged().earns == Earns::trap);
  known.attempt.auto_allow_after = 0;
  known.evidence.matches.clear();
  known.facts.record = Facts::Record{.id = 5, .blocked_for = seconds(-1), .blocked = 1};
  CHECK(known.judged().earns == Earns::nothing);
}

TEST_CASE("rules: what the client has earned for a recipient that the host then refused", "[rules]") {
  Known known = nothing_known();
  known.attempt.earns_nothing = known.attempt.takes_back = true;
  CHECK(known.judged().reason == Reason::new_triplet);
  CHECK(known.judged().earns == Earns::take_back);
  known.facts.record = Facts::Record{.id = 5, .blocked_for = seconds(-1), .blocked = 1};
  CHECK(known.judged().reason == Reason::retried);
  CHECK(known.judged().earns == Earns::take_back);
  known.facts.client = Facts::Client{.passes = 9};
  CHECK(known.judged().reason == Reason::trusted);
  CHECK(known.judged().earns == Earns::take_back);
  add(known, Action::trap, PatternKind::recipient, 500, "entries/1");
  CHECK(known.judged().earns == Earns::fall);

  // It does not make the client trusted either.
  known.evidence.matches.clear();
  known.facts.client = Facts::Client{.passes = known.attempt.auto_allow_after, .is_counted = true};
  CHECK(known.judged().reason == Reason::retried);
  known.facts.client->passes += 1;
  CHECK(known.judged().reason == Reason::trusted);
  known.facts.client.reset();
  known.attempt.group_domain_level = 3;
  known.facts.group = 3;
  CHECK(known.judged().reason == Reason::retried);
  known.facts.group = 4;
  CHECK(known.judged().reason == Reason::trusted);
  known.attempt.group_domain_level = 0;

  // It has been taken back already.
  known.attempt.takes_back = false;
  known.facts.client = Facts::Client{.passes = 9};
  CHECK(known.judged().earns == Earns::nothing);
  known.facts.client.reset();
  CHECK(known.judged().reason == Reason::retried);
  CHECK(known.judged().earns == Earns::nothing);
  known.attempt.earns_nothing = false;
  CHECK(known.judged().earns == Earns::pass);
}

// Asks in the order of the program, with the answers given.
std::vector<Question> asked(Known known, bool has_deny_file = false) {
  known.evidence = {};
  std::vector<Question> questions;
  for (;;) {
    const Decision decision = known.judged();
    const Question question =
        next_question(decision, Case(known.attempt, known.facts, known.evidence), has_deny_file);
    if (question == Question::nothing) return questions;
    REQUIRE(std::ranges::find(questions, question) == questions.end());
    questions.push_back(question);
    if (question == Question::entries) known.evidence.has_entries = true;
    if (question == Question::denials) known.evidence.has_denials = true;
    if (question == Question::allowances) known.evidence.has_allowances = true;
    if (question == Question::rules) known.evidence.has_rules = true;
  }
}

TEST_CASE("next_question: what passes needs only what denies, and what does not pass needs all", "[rules]") {
  using enum Question;
  using Questions = std::vector<Question>;
  Known known = nothing_known();
  CHECK(asked(known) == Questions{entries, allowances});
  CHECK(asked(known, true) == Questions{entries, denials, allowances});
  known.facts.record = Facts::Record{.id = 5, .blocked_for = seconds(-1), .blocked = 1};
  CHECK(asked(known).empty());
  CHECK(asked(known, true) == Questions{denials});
  known.facts.has_denials = true;
  CHECK(asked(known) == Questions{entries});
  known.facts = {.has_lists = true};
  known.attempt.exempt = Reason::not_suspicious;
  CHECK(asked(known) == Questions{entries, rules});
}

TEST_CASE("settled: what the record had become by then", "[rules]") {
  Known known = nothing_known();
  const Decision unseen = known.judged();
  const auto became = [&](const Decision& decision, RecordState state) {
    return settled(decision, known.facts, {state, 17});
  };
  CHECK(became(unseen, RecordState::created).reason == Reason::new_triplet);
  CHECK(became(unseen, RecordState::created).record == 17);
  CHECK(became(unseen, RecordState::early_first).reason == Reason::early);
  CHECK(became(unseen, RecordState::early_first).is_first_retry);
  CHECK_FALSE(became(unseen, RecordState::early_again).is_first_retry);
  CHECK(became(unseen, RecordState::known).reason == Reason::known);
  CHECK(became(unseen, RecordState::known).left == seconds(0));
  CHECK(became(unseen, RecordState::retried_first).reason == Reason::retried);

  known.facts.record = Facts::Record{.id = 17, .blocked_for = seconds(-1), .blocked = 1};
  const Decision retried = known.judged();
  CHECK(became(retried, RecordState::retried_first).reason == Reason::retried);
  CHECK(became(retried, RecordState::retried_first).is_first_retry);
  // Another process was first.
  CHECK(became(retried, RecordState::known).reason == Reason::known);
  known.facts.record->blocked = 0;
  CHECK(became(known.judged(), RecordState::retried_first).reason == Reason::known);
}

}  // namespace
}  // namespace greylisting
