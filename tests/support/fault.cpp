#include "fault.h"

#include <sys/mount.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <utility>

#include "tests/support/catch.h"

namespace greylisting::test {
namespace {

constexpr std::chrono::milliseconds kAfterBudget{100};

}  // namespace

SmallDisk::SmallDisk(std::filesystem::path directory, int kibibytes) : directory_(std::move(directory)) {
  std::filesystem::create_directories(directory_);
  const std::string size = "size=" + std::to_string(kibibytes) + 'k';
  is_mounted_ = mount("tmpfs", directory_.c_str(), "tmpfs", 0, size.c_str()) == 0;
}

SmallDisk::~SmallDisk() {
  if (is_mounted_) umount2(directory_.c_str(), MNT_DETACH);
}

void SmallDisk::fill() const {
  std::ofstream file(directory_ / "other", std::ios::binary);
  while (file.write("x", 1).flush()) {
  }
}

void SmallDisk::make_room() const { std::filesystem::remove(directory_ / "other"); }

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
    const auto start = std::chrono::steady_clock::now();
    const Result result = run(command);
    const auto took = std::chrono::steady_clock::now() - start;
    CAPTURE(on_error, result.output, result.errors);
    // A short budget is for ends_in_time.
    if (surroundings.timeout == kAtOnce)
      CHECK(took <= kAfterBudget + std::chrono::milliseconds(std::stoi(kAtOnce)));
    CHECK(result.status == 0);
    CHECK(result.output == (on_error == "defer" ? kAnswerOnError : ""));
    CHECK(lines(result.errors) == 1);
    CHECK_THAT(result.errors, Catch::StartsWith("greylisting: "));
    for (const std::string& words : said) CHECK_THAT(result.errors, Catch::Contains(words));
  }
}

void ends_in_time(const Installation& installation) {
  const auto most = kAfterBudget + std::chrono::milliseconds(std::stoi(kWhenOver));
  auto fastest = std::chrono::steady_clock::duration::max();
  for (int attempt = 0; attempt < 20 && fastest > most; ++attempt) {
    const auto start = std::chrono::steady_clock::now();
    const Result result =
        run(guarded(installation, {.environment = {{"GLONERROR", "defer"}, {"GLTIMEOUT", kWhenOver}}}));
    fastest = std::min(fastest, std::chrono::steady_clock::now() - start);
    CHECK(result.status == 0);
    CHECK(result.output == kAnswerOnError);
  }
  CHECK(fastest <= most);
}

void decides(const Installation& installation, std::string_view reason, const Strings& before) {
  const Result result = run(guarded(installation, {}, before));
  CAPTURE(before, result.errors);
  CHECK(result.status == 0);
  CHECK(result.output == kAnswer);
  CHECK(logged(result, "reason") == reason);
  CHECK(lines(result.errors) == 1);
}

std::string blocked_count(const Installation& installation) {
  return text(installation.sql("SELECT blocked_count FROM greylisting_data"));
}

}  // namespace greylisting::test
