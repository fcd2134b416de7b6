#include <algorithm>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "ctl/commands.h"
#include "ctl/print/json.h"
#include "settings/table.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

struct Shown {
  const Setting& setting;
  std::string value;
  std::string by_default;
  std::string source;  // `control/greylisting:3`, `GLBLOCKEXPIRE`, `default`
};

std::string source_of(const Setting& setting, const Origin& origin, const std::string& file) {
  switch (origin.kind) {
    case Origin::Kind::file:
      return file + ':' + std::to_string(origin.line);
    case Origin::Kind::variable:
      return setting.variable;
    case Origin::Kind::block_expire:
      return "has to be longer than block_expire";
    case Origin::Kind::by_default:
      break;
  }
  return "default";
}

// The settings with the store that they come to where none is named.
Settings effective(Settings settings) {
  settings.store = settings.store_kind();
  return settings;
}

std::vector<Shown> shown(const LoadedSettings& loaded, SettingsOptions::Which which) {
  using Which = SettingsOptions::Which;
  const Settings defaults = effective(Settings());
  const Settings current = which == Which::defaults ? defaults : effective(loaded.settings);
  std::vector<Shown> all;
  for (std::size_t i = 0; i < kSettingCount; ++i) {
    const Setting& setting = setting_table()[i];
    const Origin origin = which == Which::defaults ? Origin() : loaded.origins[i];
    Shown row{.setting = setting,
              .value = setting.value_in(current),
              .by_default = setting.value_in(defaults),
              .source = source_of(setting, origin, loaded.file)};
    // A store that only follows from mysql_default_file is said by that.
    const bool differs = row.value != row.by_default && origin.kind != Origin::Kind::by_default;
    if (differs || which != Which::changed) all.push_back(std::move(row));
  }
  return all;
}

std::string line_of(const Shown& row) { return one_line(std::string(row.setting.key) + '=' + row.value); }

void print_lines(const std::vector<Shown>& all, bool has_sources) {
  constexpr std::size_t kWidest = 50;
  std::size_t width = 0;
  for (const Shown& row : all) {
    if (const std::size_t size = line_of(row).size(); size <= kWidest) width = std::max(width, size);
  }
  for (const Shown& row : all) {
    std::string line = line_of(row);
    if (has_sources) {
      line.resize(std::max(line.size(), width), ' ');
      line += "  # " + one_line(row.source);
    }
    std::cout << line << '\n';
  }
}

void print_json(const std::vector<Shown>& all) {
  Json array = Json::array();
  for (const Shown& row : all) {
    array.push_back({{"name", row.setting.key},
                     {"variable", row.setting.variable},
                     {"value", one_line(row.value)},
                     {"default", row.by_default},
                     {"source", one_line(row.source)},
                     {"meaning", row.setting.meaning}});
  }
  std::cout << array.text() << '\n';
}

}  // namespace

int show_settings(const LoadedSettings& loaded, const SettingsOptions& options) {
  const auto all = shown(loaded, options.which);
  if (options.json) {
    print_json(all);
  } else if (all.empty()) {
    std::cout << "All settings have their defaults.\n";
  } else {
    print_lines(all, options.which != SettingsOptions::Which::defaults);
  }
  return kDone;
}

}  // namespace greylisting::ctl
