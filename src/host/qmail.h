// qmail: how qmail-smtpd has started the plugin, and so what it says and how it is answered: at every RCPT by
// qmail-spp (spp.h), or as the program named in RCPTCHECK (rcptcheck.h).
#pragma once

#include "judgement/decision.h"
#include "judgement/session.h"
#include "judgement/transaction.h"
#include "process/deadline.h"
#include "settings/settings.h"

namespace greylisting {

class Qmail {
 public:
  /// `environment` is what qmail-smtpd has given.
  explicit Qmail(Environment environment);

  /// Throws std::runtime_error, with the remedy, when a variable is missing.
  Session session() const;
  const Transaction& transaction() const { return transaction_; }

  /// What carries the decision out.
  Answer answer(const Decision& decision, const Session& session, const Settings& settings) const;

  /// For when no decision could be made.
  Answer answer_on_error(const Settings& settings) const;

 private:
  Environment environment_;
  bool is_rcptcheck_;
  Transaction transaction_;
};

}  // namespace greylisting
