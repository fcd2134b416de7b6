#include "lists/regexp.h"

// pcre2.h asks for the width of its characters.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>

#include "text/printable.h"

namespace greylisting {
namespace {

// Steps of matching at one place of the subject, steps that wait to be tried anew, and KiB for them. Useful
// expressions stay well below; what is above is an expression that a subject makes explode.
constexpr std::uint32_t kMaxSteps = 20000;
constexpr std::uint32_t kMaxDepth = 5000;
constexpr std::uint32_t kMaxHeap = 2048;

struct FreeContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

struct FreeMatch {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};

std::string message_of(int error) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(error, buffer.data(), buffer.size());
  return {buffer.begin(), std::find(buffer.begin(), buffer.end(), PCRE2_UCHAR{0})};
}

}  // namespace

RegexpError::RegexpError(const std::string& reason, std::size_t offset)
    : std::runtime_error(reason + " at octet " + std::to_string(offset)), offset_(offset) {}

void Regexp::Free::operator()(pcre2_real_code_8* code) const { pcre2_code_free(code); }

Regexp::Regexp(std::string_view expression, LetterCase letter_case) {
  // An expression could otherwise turn on UTF-8 by itself, and bytes that are none would end every match.
  std::uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
  if (letter_case == LetterCase::ignored) options |= PCRE2_CASELESS;
  int error = 0;
  PCRE2_SIZE offset = 0;
  const auto* const bytes = reinterpret_cast<PCRE2_SPTR>(expression.empty() ? "" : expression.data());
  code_.reset(pcre2_compile(bytes, expression.size(), options, &error, &offset, nullptr));
  if (code_ == nullptr) throw RegexpError(message_of(error), offset);
}

// What is longer than any address cannot be meant well: nobody is to get around an expression by it.
std::optional<bool> Regexp::try_match(std::string_view subject) const {
  if (subject.size() <= kMaxSubject) return match(subject);
  const auto first = match(subject.substr(0, kMaxSubject));
  return first == true ? first : match(subject.substr(subject.size() - kMaxSubject));
}

std::optional<bool> Regexp::match(std::string_view subject) const {
  const std::unique_ptr<pcre2_match_context, FreeContext> context(pcre2_match_context_create(nullptr));
  const std::unique_ptr<pcre2_match_data, FreeMatch> match(pcre2_match_data_create(1, nullptr));
  if (context == nullptr || match == nullptr) throw std::bad_alloc();
  pcre2_set_match_limit(context.get(), kMaxSteps);
  pcre2_set_depth_limit(context.get(), kMaxDepth);
  pcre2_set_heap_limit(context.get(), kMaxHeap);
  const auto* const bytes = reinterpret_cast<PCRE2_SPTR>(subject.empty() ? "" : subject.data());
  const int result = pcre2_match(code_.get(), bytes, subject.size(), 0, 0, match.get(), context.get());
  if (result >= 0) return true;
  if (result == PCRE2_ERROR_NOMATCH) return false;
  return std::nullopt;
}

std::string printable_expression(std::string_view expression) {
  std::string shown;
  bool is_escaped = false;
  for (const char c : expression) {
    const bool is_graphic = c > 0x20 && c < 0x7f;
    if (!is_graphic && is_escaped) shown.pop_back();
    shown += is_graphic ? std::string(1, c) : printable({&c, 1});
    is_escaped = c == '\\' && !is_escaped;
  }
  return shown;
}

}  // namespace greylisting
