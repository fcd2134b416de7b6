#include "ctl/check/reach.h"

#include <exception>

#include "ctl/administration/mysql_administration.h"
#include "ctl/check/files.h"
#include "ctl/check/run_script.h"
#include "ctl/check/user.h"
#include "judgement/attempt.h"
#include "store/mysql_store.h"

namespace greylisting::ctl {
namespace {

// Nobody's (RFC 2606, RFC 3849); nothing of it is stored.
Attempt some_attempt(const Settings& settings) {
  return Attempt::from({.client = "2001:db8::1",
                        .sender = "metrics@greylisting.invalid",
                        .recipient = "metrics@greylisting.invalid"},
                       settings);
}

std::string problem_as(const SmtpdUser& user, const LoadedSettings& loaded) {
  for (const Finding& finding : examine_files_of(user, loaded)) {
    if (finding.state == Finding::State::bad) return finding.text;
  }
  if (loaded.settings.store_kind() == StoreKind::sqlite) return "";
  const ActingAs smtpd(user);
  try {
    MysqlStore(loaded.settings.mysql_default_file, mysql_patience(Patience::for_a_look))
        .look(some_attempt(loaded.settings));
  } catch (const StoreError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

std::string why_out_of_reach(const LoadedSettings& loaded) {
  const SmtpdUser user = find_user("", find_run_script(), loaded.settings);
  if (!user.is_within_reach()) return "";
  const std::string problem = problem_as(user, loaded);
  return problem.empty() ? "" : "as " + user.name + ": " + problem;
}

}  // namespace greylisting::ctl
