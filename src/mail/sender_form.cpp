#include "mail/sender_form.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "text/ascii.h"

namespace greylisting {
namespace {

// Longer than any local part; what is beyond stays as it is.
constexpr std::size_t kMostLocalPart = 1024;

struct Srs {
  std::string_view forwarder;  // the first one, of SRS1
  std::string_view domain;
  std::string_view local_part;
};

// Takes `text` up to the separator.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

// HASH=TT=domain=local
std::optional<Srs> read_srs0(std::string_view rest) {
  const std::string_view hash = take(rest, '=');
  const std::string_view time = take(rest, '=');
  const std::string_view domain = take(rest, '=');
  if (hash.empty() || time.empty() || time.size() > 4 || domain.find('.') == std::string_view::npos ||
      rest.empty())
    return std::nullopt;
  return Srs{.forwarder = {}, .domain = domain, .local_part = rest};
}

bool is_srs_separator(char c) { return c == '=' || c == '+' || c == '-'; }

// SRS0=HASH=TT=domain=local, or SRS1=HASH=forwarder==HASH=TT=domain=local, where of two separators the second
// can be another one. Exchange Online writes mailbox+SRS=HASH=TT=domain=local.
std::optional<Srs> read_srs(std::string_view local_part) {
  constexpr std::size_t kName = 4;
  constexpr std::string_view kOfMailbox = "+srs=";
  if (const auto name = local_part.find(kOfMailbox); name != std::string_view::npos && name > 0)
    return read_srs0(local_part.substr(name + kOfMailbox.size()));
  if (local_part.size() <= kName || !is_srs_separator(local_part[kName])) return std::nullopt;
  std::string_view rest = local_part.substr(kName + 1);
  if (local_part.starts_with("srs0")) return read_srs0(rest);
  if (!local_part.starts_with("srs1")) return std::nullopt;
  take(rest, '=');
  const std::string_view forwarder = take(rest, '=');
  if (forwarder.empty() || rest.empty() || !is_srs_separator(rest.front())) return std::nullopt;
  auto srs = read_srs0(rest.substr(1));
  if (srs) srs->forwarder = forwarder;
  return srs;
}

bool is_part_of_token(char c) {
  return ascii::is_lower(c) || ascii::is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

enum Sort : std::uint8_t { vowel, consonant, digit };

Sort sort_of(char c) {
  if (ascii::is_digit(c)) return digit;
  return std::string_view("aeiouy").find(c) == std::string_view::npos ? consonant : vowel;
}

constexpr std::string_view kFigures = "0123456789";

// The number of which the digit at `at` is one.
std::string_view number_at(std::string_view token, std::size_t at) {
  const std::size_t begin = token.find_last_not_of(kFigures, at) + 1;  // 0 where there is no letter before it
  return token.substr(begin, token.find_first_not_of(kFigures, at) - begin);
}

// `2` and `4` stand for words, and a year is like one: web2print4you, anna2004smith.
bool is_like_word(std::string_view number) {
  return number == "2" || number == "4" ||
         (number.size() == 4 && (number.starts_with("19") || number.starts_with("20")));
}

// Whether letters and a number meet in front of `at`, and the number is not like a word.
bool is_turn(std::string_view token, std::size_t at) {
  const bool is_begin = ascii::is_digit(token[at]);
  return is_begin != ascii::is_digit(token[at - 1]) &&
         !is_like_word(number_at(token, is_begin ? at : at - 1));
}

// How much a token reads as words and numbers do. In words of European languages vowels and consonants
// alternate and some letters are rare; a number has several digits; and random letters and digits do none of
// this. Each pair has the points by which it is more frequent in names than in random tokens, or less.
int readability(std::string_view token) {
  constexpr std::string_view kRare = "jqvwxz";
  constexpr int kOfRare = -3;
  constexpr int kOfTurn = -3;
  constexpr std::array<std::array<int, 3>, 3> kOfPair{{
      {0, 1, 0},   // after a vowel: a vowel, a consonant, a digit
      {4, -1, 0},  // after a consonant
      {0, 0, 2},   // after a digit
  }};
  int points = 0;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (kRare.find(token[i]) != std::string_view::npos) points += kOfRare;
    if (i == 0) continue;
    points += kOfPair.at(sort_of(token[i - 1])).at(sort_of(token[i]));
    if (is_turn(token, i)) points += kOfTurn;
  }
  return points;
}

// How many numbers are in it: 2 in `2fast4you`.
std::size_t numbers_in(std::string_view token) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < token.size(); ++i)
    count += ascii::is_digit(token[i]) && (i == 0 || !ascii::is_digit(token[i - 1]));
  return count;
}

// Whether the letters between numbers could all be words, as in `abc123def`.
bool has_only_words(std::string_view token) {
  constexpr std::size_t kShortest = 3;
  while (!token.empty()) {
    const auto size = std::min(token.find_first_of(kFigures), token.size());
    if (size > 0 && (size < kShortest || readability(token.substr(0, size)) < 0)) return false;
    token.remove_prefix(size);
    token.remove_prefix(std::min(token.find_first_not_of(kFigures), token.size()));
  }
  return true;
}

// Whether a person or a list has no such name: letters and digits mixed, in lower case. A name is words, with
// one number or two (john1985, 4you, web2print4you). `is_whole` when it is all of the local part, which has
// to be longer.
bool is_random(std::string_view token, bool is_whole) {
  constexpr std::size_t kShort = 8;
  constexpr std::size_t kReadable = 12;  // in a shorter one nothing can be told by its letters
  constexpr int kPerPoint = 3;           // so many characters of a name have a point at least
  constexpr std::size_t kLong = 16;
  constexpr std::size_t kOfEzmlm = 20;
  const std::size_t size = token.size();
  if (is_whole && size < kLong) return false;
  if (ascii::is_digits(token)) return true;
  if (size < kShort || !std::ranges::all_of(token, ascii::is_letter_or_digit)) return false;
  const std::size_t numbers = numbers_in(token);
  if (ascii::is_hexadecimal(token)) return size >= kLong || numbers > 1 || !has_only_words(token);
  // ezmlm's: twenty letters, of which each is half a byte.
  if (size == kOfEzmlm && std::ranges::all_of(token, [](char c) { return c >= 'a' && c <= 'p'; }))
    return true;
  return numbers > 2 || (size >= kReadable && readability(token) < static_cast<int>(size) / kPerPoint);
}

// 8-4-4-4-12 hexadecimal digits at the beginning.
std::size_t uuid_at(std::string_view text) {
  constexpr std::string_view kShape = "00000000-0000-0000-0000-000000000000";
  if (text.size() < kShape.size() || (text.size() > kShape.size() && is_part_of_token(text[kShape.size()])))
    return 0;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if ((kShape[i] == '-') != (text[i] == '-') ||
        (kShape[i] == '0' && !ascii::is_hexadecimal(text.substr(i, 1))))
      return 0;
  }
  return kShape.size();
}

std::size_t token_at(std::string_view text) {
  const auto* const end = std::ranges::find_if_not(text, is_part_of_token);
  return static_cast<std::size_t>(end - text.begin());
}

// Whether there is no other token: `+15551234567` is somebody's.
bool is_one_token(std::string_view text) {
  const auto* const begin = std::ranges::find_if(text, is_part_of_token);
  return std::all_of(std::find_if_not(begin, text.end(), is_part_of_token), text.end(),
                     [](char c) { return !is_part_of_token(c); });
}

// With whatever between its digits, of which it has 15 at most (E.164): `555-1234`, and `1.2.3` as well.
bool is_telephone_number(std::string_view text) {
  constexpr std::ptrdiff_t kMostDigits = 15;
  return std::ranges::count_if(text, is_part_of_token) <= kMostDigits &&
         std::ranges::all_of(text, [](char c) { return ascii::is_digit(c) || !is_part_of_token(c); });
}

std::string folded(std::string_view text) {
  if (is_telephone_number(text)) return std::string(text);
  const bool is_whole = is_one_token(text);
  std::string form;
  bool is_after_sign = false;  // and a separator
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const std::size_t uuid = uuid_at(rest);
    const std::size_t size = uuid > 0 ? uuid : token_at(rest);
    const bool is_sign = uuid > 0 || (size > 0 && is_random(rest.substr(0, size), is_whole));
    if (is_sign && is_after_sign) {
      form.pop_back();  // the separator
    } else if (is_sign) {
      form += '#';
    } else {
      form += rest.substr(0, size);
    }
    at += size;
    if (at < text.size()) form += text[at++];
    is_after_sign = is_sign;
  }
  return form;
}

// What is in front of `+` or, where nothing is, all.
std::string_view without_extension(std::string_view local_part) {
  const std::size_t plus = local_part.find('+');
  return plus == 0 ? local_part : local_part.substr(0, plus);
}

std::string form_of(std::string_view local_part) {
  if (local_part.size() > kMostLocalPart) return std::string(local_part);
  if (const auto srs = read_srs(local_part)) {
    std::string form = srs->forwarder.empty() ? "srs0=" : "srs1=" + std::string(srs->forwarder) + '=';
    return form.append(srs->domain).append("=").append(folded(without_extension(srs->local_part)));
  }
  return folded(without_extension(local_part));
}

}  // namespace

std::string sender_form(const Address& sender) {
  const std::string_view text = sender.text();
  const auto at = text.rfind('@');
  if (at == std::string_view::npos) return std::string(text);
  return form_of(text.substr(0, at)).append(text.substr(at));
}

std::optional<Address> original_sender(const Address& sender) {
  const std::string_view text = sender.text();
  const auto srs = read_srs(text.substr(0, std::min(text.rfind('@'), text.size())));
  if (!srs) return std::nullopt;
  return Address::sender(std::string(srs->local_part).append("@").append(srs->domain));
}

}  // namespace greylisting
