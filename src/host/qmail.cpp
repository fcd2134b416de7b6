#include "host/qmail.h"

#include <ctime>
#include <string>
#include <utility>

#include "host/header.h"
#include "host/rcptcheck.h"
#include "host/spp.h"
#include "mail/address.h"
#include "settings/control_file.h"

namespace greylisting {

Qmail::Qmail(Environment environment)
    : environment_(std::move(environment)),
      is_rcptcheck_(rcptcheck::is_asked(environment_)),
      transaction_(Transaction::from(environment_)) {}

Session Qmail::session() const {
  return Session::from(is_rcptcheck_ ? rcptcheck::as_of_spp(environment_) : environment_);
}

Answer Qmail::answer(const Decision& decision, const Session& session, const Settings& settings) const {
  const Address recipient = Address::recipient(session.recipient);
  if (is_rcptcheck_) return rcptcheck::answer(decision, settings, recipient.domain(), environment_);
  const std::string header = adds_header(decision, settings, transaction_)
                                 ? delay_header(settings.header, decision.age, own_name(), std::time(nullptr))
                                 : std::string();
  return {.text = spp::commands(decision, settings, recipient.domain(), transaction_, header)};
}

Answer Qmail::answer_on_error(const Settings& settings) const {
  if (is_rcptcheck_) return rcptcheck::answer_on_error(settings, environment_);
  return {.text = spp::commands_on_error(settings)};
}

}  // namespace greylisting
