#include "fault.h"

#include <catch2/catch.hpp>

namespace greylisting::test {

Command guarded(const Installation& installation, const Rcpt& rcpt, const Strings& before) {
  Command command = installation.command(rcpt);
  command.arguments = {"timeout", "20"};
  command.arguments.insert(command.arguments.end(), before.begin(), before.end());
  command.arguments.push_back(built("greylisting"));
  return command;
}

void fails_safely(const Installation& installation, const Strings& said, const Surroundings& surroundings) {
  for (const std::string on_error : {"accept", "defer"}) {
    const Rcpt rcpt{.environment = {{"GLONERROR", on_error}, {"GLTIMEOUT", surroundings.timeout}}};
    Command command = guarded(installation, rcpt, surroundings.before);
    if (!surroundings.directory.empty()) command.directory = surroundings.directory;
    const Result result = run(command);
    CAPTURE(on_error, result.output, result.errors);
    CHECK(result.status == 0);
    CHECK(result.output == (on_error == "defer" ? kAnswerOnError : ""));
    CHECK(lines(result.errors) == 1);
    CHECK_THAT(result.errors, Catch::StartsWith("greylisting: "));
    for (const std::string& words : said) CHECK_THAT(result.errors, Catch::Contains(words));
  }
}

void decides(const Installation& installation, std::string_view reason, const Strings& before) {
  const Result result = run(guarded(installation, {}, before));
  CAPTURE(before, result.errors);
  CHECK(result.status == 0);
  CHECK(result.output == kAnswer);
  CHECK(logged(result, "reason") == reason);
  CHECK(lines(result.errors) == 1);
}

}  // namespace greylisting::test
