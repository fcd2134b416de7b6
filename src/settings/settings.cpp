#include "settings/settings.h"

#include <ini.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "mail/reply.h"
#include "process/process.h"
#include "settings/control_file.h"
#include "settings/table.h"
#include "text/printable.h"

namespace greylisting {
namespace {

constexpr std::string_view kDefaultFile = "control/greylisting";
constexpr std::size_t kLeastPrivacyKey = 16;
constexpr std::size_t kLongestKey = 100;
constexpr std::size_t kLongestLine = 4096;  // far more than any value needs, and little enough for a log

// Collects settings, where they are from, and problems, from one source after the other.
class Reader {
 public:
  explicit Reader(LoadedSettings& loaded) : loaded_(loaded) {}

  // Returns what is wrong with the text, when it cannot be used.
  std::optional<std::string> assign(std::size_t index, std::string_view text, Origin origin) {
    const Setting& setting = setting_table()[index];
    const auto wrong = setting.assign(loaded_.settings, text);
    if (!wrong) {
      loaded_.origins[index] = origin;
      return std::nullopt;
    }
    const std::string kept = setting.value_in(loaded_.settings);
    return in_quotes(text) + ' ' + *wrong + "; using " + (kept.empty() ? "the default" : kept);
  }

  void problem(std::string text) { loaded_.problems.push_back(std::move(text)); }

 private:
  LoadedSettings& loaded_;
};

// Feeds a control file's text to inih line by line. It knows which line inih is at, and it keeps from inih
// what inih would take for something else: a line that begins with a blank (it would continue the line
// before), a comment that # begins after a value, a line without a key. Of a line that is longer than inih's
// buffer inih has the key, and the value is taken from the line itself.
class ControlFile {
 public:
  ControlFile(Reader& reader, const std::string& name, std::string_view text)
      : reader_(reader), name_(name), rest_(without_byte_order_mark(text)) {}

  void read() { ini_parse_stream(&ControlFile::next_line, this, &ControlFile::take, this); }

 private:
  static char* next_line(char* buffer, int size, void* self) {
    return static_cast<ControlFile*>(self)->next_line(buffer, static_cast<std::size_t>(size));
  }

  static int take(void* self, const char* /*section*/, const char* key, const char* value) {
    auto* const file = static_cast<ControlFile*>(self);
    file->take(key, file->long_value_.value_or(value));
    return 1;
  }

  char* next_line(char* buffer, std::size_t size) {
    if (rest_.empty()) return nullptr;
    ++line_;
    const std::string_view whole = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(rest_.size(), whole.size() + 1));
    std::string_view line = checked(trimmed(without_comment(trimmed(whole))));

    // inih's buffer has to hold the line, its end and a NUL.
    long_value_.reset();
    if (line.size() + 2 > size) {
      long_value_ = trimmed(line.substr(line.find('=') + 1));
      line = line.substr(0, std::min(line.find('=') + 1, size - 2));
    }
    std::ranges::copy(line, buffer);
    buffer[line.size()] = '\n';
    buffer[line.size() + 1] = '\0';
    return buffer;
  }

  // The line, or an empty one in place of what is no key=value.
  std::string_view checked(std::string_view line) {
    if (line.empty()) return line;
    if (line.size() > kLongestLine) {
      reader_.problem(where() + "this line is longer than " + std::to_string(kLongestLine) +
                      " characters; ignoring it. Make it shorter");
      return {};
    }
    if (line.find('\0') != std::string_view::npos) {
      reader_.problem(where() +
                      "this line has a NUL character; ignoring it. Write the file anew as plain text");
      return {};
    }
    if (line.starts_with('[')) {
      reader_.problem(where() + in_quotes(line) +
                      " begins a section, and this file has none; the keys below it count");
      return {};
    }
    const std::size_t sign = line.find_first_of("=:");
    if (sign == 0 || sign == std::string_view::npos || line[sign] == ':' || sign > kLongestKey) {
      reader_.problem(where() + in_quotes(line) + " is not key=value; ignoring it. A comment begins with #");
      return {};
    }
    return line;
  }

  static std::string_view without_comment(std::string_view line) {
    if (line.starts_with('#') || line.starts_with(';')) return {};
    for (std::size_t i = 1; i < line.size(); ++i) {
      if ((line[i] == '#' || line[i] == ';') && (line[i - 1] == ' ' || line[i - 1] == '\t'))
        return line.substr(0, i);
    }
    return line;
  }

  void take(std::string_view key, std::string_view value) {
    const auto table = setting_table();
    const auto setting = std::ranges::find(table, key, &Setting::key);
    if (setting == table.end()) {
      reader_.problem(where() + in_quotes(key) +
                      " is not a setting; ignoring it. greylistctl settings --all shows them all");
      return;
    }
    const auto index = static_cast<std::size_t>(setting - table.begin());
    if (const unsigned before = std::exchange(seen_at_[index], line_); before != 0) {
      reader_.problem(where() + std::string(key) + ": is set on line " + std::to_string(before) +
                      " already; the last one counts. Remove one of the two");
    }
    const Origin origin{.kind = Origin::Kind::file, .line = line_};
    if (const auto wrong = reader_.assign(index, value, origin)) {
      reader_.problem(where() + std::string(key) + ": " + *wrong);
    }
  }

  std::string where() const { return name_ + ':' + std::to_string(line_) + ": "; }

  Reader& reader_;
  const std::string& name_;
  std::string_view rest_;
  std::optional<std::string> long_value_;  // of the line that inih is at, where that is long
  unsigned line_ = 0;
  std::array<unsigned, kSettingCount> seen_at_{};  // line on which each was last seen, 0 for not yet
};

void read_variables(Reader& reader, const Environment& environment) {
  for (std::size_t i = 0; i < kSettingCount; ++i) {
    const char* const variable = setting_table()[i].variable;
    if (const char* const value = environment(variable)) {
      const Origin origin{.kind = Origin::Kind::variable};
      if (const auto wrong = reader.assign(i, trimmed(value), origin)) {
        reader.problem(std::string(variable) + ": " + *wrong);
      }
    }
  }
}

// Values that are good each by itself and make no sense together.
void reconcile(LoadedSettings& loaded) {
  Settings& settings = loaded.settings;
  if (settings.record_expire <= settings.block_expire) {
    const auto longer = settings.block_expire + Settings().record_expire;
    loaded.problems.push_back(
        loaded.file + ": record_expire: " + std::to_string(settings.record_expire.count()) +
        " minutes is not longer than block_expire (" + std::to_string(settings.block_expire.count()) +
        "), so that no retry could ever pass; using " + std::to_string(longer.count()));
    settings.record_expire = longer;
    const auto index =
        std::ranges::find(setting_table(), "record_expire", &Setting::key) - setting_table().begin();
    loaded.origins[static_cast<std::size_t>(index)] = {.kind = Origin::Kind::block_expire};
  }
  if (settings.store == StoreKind::mysql && settings.mysql_default_file.empty()) {
    loaded.problems.push_back(
        loaded.file +
        ": store: mysql needs mysql_default_file, the option file with user, password and "
        "database; without it the client library's defaults are used");
  }
}

// A deferral after which clients do not come back as they should.
void warn_of_deferral(LoadedSettings& loaded) {
  const std::string doubt = doubt_about_deferral(loaded.settings.defer_message);
  if (doubt.empty()) return;
  const auto setting = std::ranges::find(setting_table(), "defer_message", &Setting::key);
  const Origin origin = loaded.origins.at(static_cast<std::size_t>(setting - setting_table().begin()));
  loaded.warnings.push_back(
      (origin.kind == Origin::Kind::variable
           ? std::string(setting->variable)
           : loaded.file + ':' + std::to_string(origin.line) + ": " + std::string(setting->key)) +
      ": " + doubt);
}

// The secret of privacy=hash. Without it nothing that is stored would be found again, or everybody could
// guess it.
void read_privacy_key(LoadedSettings& loaded) {
  Settings& settings = loaded.settings;
  if (settings.privacy != Privacy::hash) return;
  const std::string& file = settings.privacy_key_file;
  ControlFileText content = read_control_file(file);
  settings.privacy_key = trimmed(content.text);
  struct stat status = {};
  if (content.why.empty() && settings.privacy_key.size() < kLeastPrivacyKey) {
    content.why = "has less than " + std::to_string(kLeastPrivacyKey) + " characters";
  } else if (content.why.empty() && stat(file.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
    loaded.warnings.push_back(file + ": everybody can read this file and the secret in it; chmod 600 it");
  }
  if (!content.why.empty()) {
    loaded.unusable = file + ": " + content.why +
                      ", so nothing is greylisted; privacy=hash wants a secret in it for " +
                      effective_user() + " alone: head -c 32 /dev/urandom | base64";
  }
}

// The passwords in option files are nobody else's business.
void warn_of_open_option_files(LoadedSettings& loaded) {
  if (loaded.settings.store_kind() != StoreKind::mysql) return;
  for (const std::string& name : {loaded.settings.mysql_default_file, loaded.settings.mysql_admin_file}) {
    struct stat status = {};
    if (!name.empty() && stat(name.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
        (status.st_mode & S_IROTH) != 0) {
      loaded.warnings.push_back(name + ": everybody can read this file and the password in it; chmod 600 it");
    }
  }
}

}  // namespace

StoreKind Settings::store_kind() const {
  if (store != StoreKind::by_default) return store;
  return mysql_default_file.empty() ? StoreKind::sqlite : StoreKind::mysql;
}

std::vector<std::pair<std::string, std::string>> Settings::rows() const {
  Settings effective = *this;
  effective.store = store_kind();
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Setting& setting : setting_table()) rows.emplace_back(setting.key, setting.value_in(effective));
  return rows;
}

LoadedSettings parse_settings(const std::string& file, std::string_view text,
                              const Environment& environment) {
  LoadedSettings loaded;
  loaded.file = file;
  Reader reader(loaded);
  ControlFile(reader, loaded.file, text).read();
  read_variables(reader, environment);
  reconcile(loaded);
  warn_of_deferral(loaded);
  return loaded;
}

LoadedSettings load_settings(const Environment& environment) {
  const char* const variable = environment("GLCONFIGFILE");
  const bool is_named = variable != nullptr && *variable != '\0';
  const std::string file(is_named ? std::string_view(variable) : kDefaultFile);
  const ControlFileText content = read_control_file(file);
  LoadedSettings loaded = parse_settings(file, content.text, environment);
  warn_of_open_option_files(loaded);
  read_privacy_key(loaded);
  if (loaded.settings.greylist == Greylist::suspicious) loaded.settings.own_name = own_name();
  if (!content.why.empty() && (is_named || !content.is_missing))
    loaded.unusable = problem_with(file, content, "nothing is greylisted");
  return loaded;
}

}  // namespace greylisting
