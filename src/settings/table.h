// table: every setting once, with its name, variable, range, unit and meaning; its default is in Settings.
// Whatever reads, shows or documents settings takes them from here (docs/settings.md and the section SETTINGS
// of greylisting.conf(5): `make docs`).
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "settings/settings.h"

namespace greylisting {

// The kinds of value a setting can have. Each names the member it sets and knows its bounds.

template <typename Value>
using Member = Value Settings::*;

/// 0 or 1.
struct Flag {
  Member<bool> member;
};

struct Number {
  Member<long> member;
  long least, most;
  std::string_view unit{};  // "records", …; empty for a bare number
};

/// A whole number of the unit that the member counts in.
template <typename Unit>
struct Time {
  Member<Unit> member;
  long least, most;
};

struct Path {
  Member<std::string> member;
  bool is_needed = false;  // it cannot be empty
};

/// Any text; `form` says what is expected, marked up like a meaning.
struct Text {
  Member<std::string> member;
  std::string_view form;
};

/// One SMTP reply of the class `first`, '4' or '5'.
struct Reply {
  Member<std::string> member;
  char first;
};

template <typename Value>
struct Word {
  std::string_view word;
  Value value;
  std::string_view meaning{};  // where the setting's own does not say it
};
template <typename Value>
Word(std::string_view, Value) -> Word<Value>;  // which clang 14 does not deduce
template <typename Value>
Word(std::string_view, Value, std::string_view) -> Word<Value>;

template <typename Value>
struct Choice {
  Member<Value> member;
  std::span<const Word<Value>> words;
};

using SettingValue =
    std::variant<Flag, Number, Time<std::chrono::milliseconds>, Time<std::chrono::minutes>,
                 Time<std::chrono::hours>, Time<std::chrono::days>, Path, Text, Reply, Choice<StoreKind>,
                 Choice<OnError>, Choice<Match>, Choice<RemoteHost>, Choice<Greylist>, Choice<NullSender>,
                 Choice<Spf>, Choice<Privacy>, Choice<Stage>, Choice<Header>>;

enum class SettingGroup { store, triplets, greylisted, trust, answers, privacy };

struct Setting {
  std::string_view key;
  const char* variable;  // wins over the file
  SettingGroup group;
  SettingValue value;
  /// Sentences, with literal words in backquotes.
  std::string_view meaning;
  /// What the default depends on, marked up likewise; empty where it is the value that Settings has.
  std::string_view computed_default{};

  /// Reads `text` into its member. Returns what is wrong with it; then the value before it stays.
  std::optional<std::string> assign(Settings& settings, std::string_view text) const;

  /// The value as a control file would have it.
  std::string value_in(const Settings& settings) const;

  /// What can be set, marked up: "minutes from 0 to 525600", "0 or 1", "`accept` or `defer`", "a path".
  std::string allowed() const;
};

/// In the order in which they are shown: by group.
std::span<const Setting> setting_table();

struct SettingGroupText {
  std::string_view title;
  std::string_view note;  // what is to be said of several of them; marked up
};

SettingGroupText text_of(SettingGroup group);

/// The words of the setting's choice that have a meaning of their own, each with it.
std::vector<std::pair<std::string_view, std::string_view>> explained_words(const Setting& setting);

}  // namespace greylisting
