#include "host/header.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "text/ascii.h"

namespace greylisting {
namespace {

constexpr std::size_t kMaxLine = 78;       // RFC 5322, section 2.1.1
constexpr std::size_t kMaxHostName = 253;  // RFC 1035, section 2.3.4, as text

bool is_host_name_character(char c) {
  return ascii::is_letter_or_digit(c) || c == '-' || c == '.' || c == '_';
}

std::string host_name(std::string_view host) {
  const bool is_name =
      !host.empty() && host.size() <= kMaxHostName && std::ranges::all_of(host, is_host_name_character);
  return std::string(is_name ? host : "localhost");
}

// RFC 5322, section 3.3. The program runs in the C locale, so the names are English.
std::string date_time(std::time_t now) {
  std::array<char, 64> text{};
  std::tm utc{};
  static_cast<void>(
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&now, &utc)));
  return text.data();
}

// Joins phrases with a blank, or with a new line and a tab where the line would become too long.
std::string fold(std::initializer_list<std::string> phrases) {
  std::string text;
  std::size_t length = 0;
  for (const std::string& phrase : phrases) {
    if (text.empty()) {
      length = phrase.size();
    } else if (length + 1 + phrase.size() <= kMaxLine) {
      text += ' ';
      length += 1 + phrase.size();
    } else {
      text += "\n\t";
      length = 1 + phrase.size();
    }
    text += phrase;
  }
  return text;
}

}  // namespace

bool adds_header(const Decision& decision, const Settings& settings, const Transaction& transaction) {
  return decision.reason == Reason::retried && settings.header != Header::off && !settings.observe &&
         transaction.is_counted() && !transaction.has_header && !transaction.refused_at_data;
}

std::string delay_header(Header style, std::chrono::seconds waited, std::string_view host, std::time_t now) {
  const std::string delayed =
      "delayed " + std::to_string(std::max(waited, std::chrono::seconds(0)).count()) + " seconds";
  switch (style) {
    case Header::off:
      break;
    case Header::x_greylist:
      return fold({"X-Greylist: " + delayed, "by greylisting at " + host_name(host) + ';', date_time(now)});
    case Header::authentication_results:
      return fold({"Authentication-Results: " + host_name(host) + ';', "x-greylist=pass",
                   "reason=\"" + delayed + '"'});
  }
  return {};
}

}  // namespace greylisting
