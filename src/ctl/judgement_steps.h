// judgement_steps: the order of judgement (README, "How it decides"), row by row, with what each row finds of
// one attempt, in words.
#pragma once

#include <string>
#include <vector>

#include "ctl/administration/administration.h"
#include "host/decide.h"
#include "judgement/decision.h"
#include "judgement/session.h"
#include "settings/settings.h"

namespace greylisting::ctl {

struct JudgementStep {
  std::size_t number = 0;  // of the row; 0 for what is asked before the store
  Reason reason = Reason::new_triplet;
  std::string found;     // one line
  bool decides = false;  // it is the row of the decision
};

/// All rows, in order, over the same facts by which the attempt was judged; of lists and files, also those
/// that could not change the decision. Throws StoreError.
std::vector<JudgementStep> judgement_steps(Administration& administration, const Session& session,
                                           const Settings& settings, const Decided& decided);

}  // namespace greylisting::ctl
