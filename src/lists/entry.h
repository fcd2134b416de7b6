// entry: what an administrator says of clients, senders and recipients: a row of greylisting_entries.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lists/pattern.h"
#include "text/printable.h"

namespace greylisting {

/// allow and deny list; recipients that are traps; recipients that opt in, and those that opt out.
enum class Action { allow, deny, trap, greylist, skip };

inline constexpr std::array kActions{Action::allow, Action::deny, Action::trap, Action::greylist,
                                     Action::skip};

/// The words of the command line and of the column `action`.
std::string_view name(Action action);
std::optional<Action> action_of(std::string_view word);

/// The word of the column `kind`: `network`, `host`, `sender`, `recipient`.
std::string_view name(PatternKind kind);

/// The end of what has none.
inline constexpr std::string_view kForEver = "9999-12-31 23:59:59";

struct Entry {
  Action action = Action::allow;
  Pattern pattern;
  std::optional<std::chrono::minutes> block{};  // greylist: instead of block_expire
  std::string reply{};                          // deny: instead of reject_message; empty for that
  std::string expires{kForEver};                // YYYY-MM-DD hh:mm:ss, UTC; the entry counts until then
  std::string comment{};                        // as `one_line` leaves it

  friend bool operator==(const Entry&, const Entry&) = default;
};

/// `allow client 192.0.2.0/24`
std::string text(const Entry& entry);

/// Why there cannot be such an entry, and what there can be instead; nothing when there can.
std::optional<std::string> objection(const Entry& entry);

/// Whether one attempt can match both. Of two regular expressions, and of one and a domain, nobody knows; the
/// answer is then `false`, or what holds for the domain's own name.
bool can_meet(const Pattern& a, const Pattern& b);

/// The keys of what all patterns, but regular expressions, have that match an attempt which this one matches
/// and hardly another does: of itself, and of the networks or domains around it. Empty for a regular
/// expression.
std::vector<std::string> keys_around(const Pattern& pattern);

/// Which of two entries counts where both match an attempt.
enum class Precedence {
  neither,       // both have their say, or both say the same
  by_order,      // the first: what it says is asked before what the other says
  by_pattern,    // the first: it is more specific
  by_denial,     // the first: both are as specific as each other, and it denies or opts out
  is_the_other,  // the second
};
Precedence precedence(const Entry& a, const Entry& b);

/// The column's width, in bytes.
inline constexpr std::size_t kMaxComment = 255;

/// A comment as it is stored: `one_line`, no longer than the column.
std::string stored_comment(std::string_view text);

/// `30d`, `12h`, `90m`, `2w`, at most 100 years. Nothing when it is something else.
std::optional<std::chrono::seconds> duration_of(std::string_view text);

}  // namespace greylisting
