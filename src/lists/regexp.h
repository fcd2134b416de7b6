// regexp: a regular expression of the administrator's (PCRE2's syntax), held against bytes that a client
// chose.
//
// Subjects and expressions are bytes, not UTF-8: any subject can be matched, and `\w` means ASCII. No
// expression can take long or much memory: a match that goes beyond fixed limits is given up.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

struct pcre2_real_code_8;  // <pcre2.h>: pcre2_code

namespace greylisting {

/// An expression that cannot be understood; what() is PCRE2's reason and where it stands:
/// `missing closing parenthesis at octet 5`.
class RegexpError : public std::runtime_error {
 public:
  RegexpError(const std::string& reason, std::size_t offset);

  /// The number of octets of the expression before the place.
  std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_;
};

enum class LetterCase { ignored, kept };

/// Can be moved, not copied.
class Regexp {
 public:
  /// Compiles it at once, which costs about ten microseconds. Throws RegexpError.
  explicit Regexp(std::string_view expression, LetterCase letter_case = LetterCase::ignored);

  /// Whether the expression is found anywhere in `subject`. Not found when a limit is hit.
  bool matches(std::string_view subject) const { return try_match(subject).value_or(false); }

  /// The same; nothing when a limit is hit. Of a longer subject the first `kMaxSubject` octets are looked at,
  /// and then the last.
  std::optional<bool> try_match(std::string_view subject) const;

  /// Octets. An address or a name of RFC 5321 has 256 at most.
  static constexpr std::size_t kMaxSubject = 1024;

 private:
  std::optional<bool> match(std::string_view subject) const;

  struct Free {
    void operator()(pcre2_real_code_8* code) const;
  };

  std::unique_ptr<pcre2_real_code_8, Free> code_;
};

/// The expression with each byte that is not printable as `\xNN`, which matches the same but after `\Q`.
std::string printable_expression(std::string_view expression);

}  // namespace greylisting
