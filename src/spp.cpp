#include "spp.h"

#include <unistd.h>

#include "reply.h"

namespace greylisting::spp {
namespace {

constexpr std::string_view kErrorReply = "451 greylisting is out of order, please try again later (#4.3.0)";

// A command is one line, ended by LF alone: the host adds CR.
std::string refuse(std::string_view reply) { return std::string("E").append(reply).append("\n"); }

}  // namespace

std::string commands(const Decision& decision, const Settings& settings, std::string_view recipient_domain) {
  switch (decision.outcome()) {
    case Outcome::accepted:
      break;
    case Outcome::deferred:
      return refuse(expand_reply(settings.defer_message, decision.left, recipient_domain));
    case Outcome::rejected:
      return refuse(expand_reply(settings.reject_message, decision.left, recipient_domain));
  }
  return {};
}

std::string commands_on_error(const Settings& settings) {
  return settings.on_error == OnError::defer ? refuse(kErrorReply) : std::string();
}

void write(std::string_view commands) {
  // Nobody reads any more when this fails, so there is nobody to tell.
  if (!commands.empty()) [[maybe_unused]]
    const auto written = ::write(STDOUT_FILENO, commands.data(), commands.size());
}

}  // namespace greylisting::spp
