// control_file: any text makes settings within their bounds and problems that can be printed, and nothing is
// thrown; what the settings are written as is read as the same settings.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "settings/settings.h"

using namespace greylisting;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

bool is_within(long value, long least, long most) { return value >= least && value <= most; }

// RFC 5321, section 4.5.3.1.5: 512 octets with CR LF.
bool is_reply_of(std::string_view text, char first) {
  return text.size() > 4 && text.size() <= 510 && text[0] == first && text[3] == ' ' && is_printable(text) &&
         text.substr(0, 3).find_first_not_of("0123456789") == std::string_view::npos;
}

// The bounds as the README gives them.
void check(const Settings& settings) {
  expect(is_within(settings.block_expire.count(), 0, 525600));
  expect(is_within(settings.record_expire.count(), 1, 1051200));
  expect(settings.record_expire > settings.block_expire);
  expect(is_within(settings.record_expire_good.count(), 1, 3650));
  expect(is_within(settings.loglevel, 0, 5));
  expect(is_within(settings.timeout.count(), 10, 60000));
  expect(is_within(settings.max_pending_per_client, 0, 1000000));
  expect(is_within(settings.ipv4_prefix, 1, 32));
  expect(is_within(settings.ipv6_prefix, 1, 128));
  expect(settings.store_kind() == StoreKind::mysql || settings.store_kind() == StoreKind::sqlite);
  expect(settings.on_error == OnError::accept || settings.on_error == OnError::defer);
  expect(is_reply_of(settings.defer_message, '4'));
  expect(is_reply_of(settings.reject_message, '5'));
}

std::string control_file_of(const Settings& settings) {
  std::string text;
  for (const auto& [key, value] : settings.rows()) text.append(key).append("=").append(value).append("\n");
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto no_variables = [](const char*) -> const char* { return nullptr; };
  const std::string file = "control/greylisting";
  try {
    const LoadedSettings loaded =
        parse_settings(file, {reinterpret_cast<const char*>(data), size}, no_variables);
    check(loaded.settings);
    expect(loaded.file == file && loaded.unusable.empty());
    for (const Problem& warning : loaded.warnings) expect(is_printable(warning));
    for (const Problem& problem : loaded.problems) {
      expect(is_printable(problem));
      expect(problem.starts_with(file + ':'));
    }

    const LoadedSettings again = parse_settings(file, control_file_of(loaded.settings), no_variables);
    expect(again.settings.rows() == loaded.settings.rows());
  } catch (const std::exception&) {
    expect(false);
  }
  return 0;
}
