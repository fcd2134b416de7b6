#include "host/rcptcheck.h"

#include <string>

#include "host/refusal.h"

namespace greylisting::rcptcheck {
namespace {

constexpr int kRefuse = 100;
constexpr int kTryLater = 111;

Answer refuse(std::string_view reply, const Environment& environment) {
  if (environment("USE_FD4") != nullptr)
    return {.text = std::string(reply) + '\n', .stream = kReplyStream, .status = kRefuse};
  return {.status = reply.starts_with('5') ? kRefuse : kTryLater};
}

}  // namespace

bool is_asked(const Environment& environment) {
  return environment("RECIPIENT") != nullptr && environment("SMTPRCPTTO") == nullptr;
}

Environment as_of_spp(const Environment& environment) {
  return [environment](const char* name) {
    const std::string_view wanted(name);
    return environment(wanted == "SMTPRCPTTO"     ? "RECIPIENT"
                       : wanted == "SMTPMAILFROM" ? "SENDER"
                       : wanted == "SMTPHELOHOST" ? "HELO"
                                                  : name);
  };
}

Answer answer(const Decision& decision, const Settings& settings, std::string_view recipient_domain,
              const Environment& environment) {
  if (settings.observe || decision.outcome() == Outcome::accepted) return {};
  return refuse(refusal(decision, settings, recipient_domain), environment);
}

Answer answer_on_error(const Settings& settings, const Environment& environment) {
  const std::string reply = refusal_on_error(settings);
  return reply.empty() ? Answer{} : refuse(reply, environment);
}

}  // namespace greylisting::rcptcheck
