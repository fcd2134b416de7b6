// decide: from an attempt to what becomes of it. What a rule needs is asked when it can change something, and
// each thing once: the store's facts, its entries that match, the files and rules of this host.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "judgement/attempt.h"
#include "judgement/decision.h"
#include "judgement/facts.h"
#include "judgement/rules.h"
#include "judgement/session.h"
#include "judgement/transaction.h"
#include "settings/settings.h"
#include "store/store.h"

namespace greylisting {

struct Decided {
  Decision decision{};
  std::vector<std::string> problems{};  // of files and expressions: lines for the log
  Facts facts{};
  Evidence evidence{};
};

/// What is decided before any store is asked: by a text in the tcprule (GREYLISTING="553 …"), or by
/// max_recipients.
std::optional<Decision> decide_without_store(const Session& session, const Settings& settings);

/// What becomes of the attempt; nothing is written. Throws StoreError.
Decided decide(Store& store, const Attempt& attempt, const Session& session, const Settings& settings);

/// What is written of a decision: with `accepted` only one that accepts, where a client that is refused is
/// going to be asked about again.
enum class Recording { always, accepted };

/// Records it: the decision is what the record had become by then. Throws StoreError.
void record(Store& store, const Attempt& attempt, Decided& decided, Recording recording = Recording::always);

/// Adds what is asked by `question` to the evidence.
void ask(Question question, Decided& decided, Store& store, const Attempt& attempt, const Session& session,
         const Settings& settings);

}  // namespace greylisting
