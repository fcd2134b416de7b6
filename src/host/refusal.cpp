#include "host/refusal.h"

#include "mail/reply.h"

namespace greylisting {

std::string refusal(const Decision& decision, const Settings& settings, std::string_view recipient_domain) {
  const bool is_safe = is_reply(decision.reply, '4') || is_reply(decision.reply, '5');
  const std::string& of_setting =
      decision.outcome() == Outcome::rejected ? settings.reject_message : settings.defer_message;
  return expand_reply(is_safe ? decision.reply : of_setting, decision.left, recipient_domain);
}

std::string refusal_on_error(const Settings& settings) {
  if (settings.on_error != OnError::defer || settings.observe) return {};
  return std::string(kOutOfOrder);
}

}  // namespace greylisting
