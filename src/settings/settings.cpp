#include "settings/settings.h"

#include <ini.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <variant>

#include "mail/reply.h"
#include "process/process.h"
#include "settings/control_file.h"
#include "text/number.h"
#include "text/printable.h"

namespace greylisting {
namespace {

constexpr std::string_view kDefaultFile = "control/greylisting";
constexpr std::size_t kLeastPrivacyKey = 16;

template <typename Value>
using Member = Value Settings::*;

// The kinds of value a setting can have. Each names the member it sets and knows its bounds.

// 0 or 1.
struct Flag {
  bool Settings::*member;
};

struct Number {
  Member<long> member;
  long least, most;
  std::string_view unit;  // "records", …; empty for a bare number
};

// A whole number of the unit that the member counts in.
template <typename Unit>
struct Time {
  Unit Settings::*member;
  long least, most;
};

constexpr std::string_view name_of(std::chrono::milliseconds /*unit*/) { return "milliseconds"; }
constexpr std::string_view name_of(std::chrono::minutes /*unit*/) { return "minutes"; }
constexpr std::string_view name_of(std::chrono::hours /*unit*/) { return "hours"; }
constexpr std::string_view name_of(std::chrono::days /*unit*/) { return "days"; }

struct Text {
  Member<std::string> member;
};

// One SMTP reply of the class `first`, '4' or '5'.
struct Reply {
  Member<std::string> member;
  char first;
};

template <typename Value>
struct Choice {
  Member<Value> member;
  std::span<const std::pair<std::string_view, Value>> words;
};

constexpr std::array<std::pair<std::string_view, StoreKind>, 2> kStores{
    {{"mysql", StoreKind::mysql}, {"sqlite", StoreKind::sqlite}}};
constexpr std::array<std::pair<std::string_view, OnError>, 2> kOnError{
    {{"accept", OnError::accept}, {"defer", OnError::defer}}};
constexpr std::array<std::pair<std::string_view, Match>, 5> kMatches{{{"triplet", Match::triplet},
                                                                      {"network", Match::network},
                                                                      {"sender", Match::sender},
                                                                      {"envelope", Match::envelope},
                                                                      {"smart", Match::smart}}};
constexpr std::array<std::pair<std::string_view, RemoteHost>, 2> kRemoteHosts{
    {{"never", RemoteHost::never}, {"paranoid", RemoteHost::paranoid}}};
constexpr std::array<std::pair<std::string_view, Greylist>, 3> kGreylist{
    {{"all", Greylist::all}, {"suspicious", Greylist::suspicious}, {"unvouched", Greylist::unvouched}}};
constexpr std::array<std::pair<std::string_view, NullSender>, 2> kNullSender{
    {{"greylist", NullSender::greylist}, {"accept", NullSender::accept}}};
constexpr std::array<std::pair<std::string_view, Privacy>, 2> kPrivacy{
    {{"off", Privacy::off}, {"hash", Privacy::hash}}};
constexpr std::array<std::pair<std::string_view, Stage>, 2> kStages{
    {{"rcpt", Stage::rcpt}, {"data", Stage::data}}};
constexpr std::array<std::pair<std::string_view, Header>, 3> kHeaders{
    {{"off", Header::off},
     {"x-greylist", Header::x_greylist},
     {"authentication-results", Header::authentication_results}}};

struct Setting {
  std::string_view key;
  std::variant<Flag, Number, Time<std::chrono::milliseconds>, Time<std::chrono::minutes>,
               Time<std::chrono::hours>, Time<std::chrono::days>, Text, Reply, Choice<StoreKind>,
               Choice<OnError>, Choice<Match>, Choice<RemoteHost>, Choice<Greylist>, Choice<NullSender>,
               Choice<Privacy>, Choice<Stage>, Choice<Header>>
      value;
};

constexpr long kYearOfMinutes = 365L * 24 * 60;

const std::array kSettings{
    Setting{"mysql_default_file", Text{&Settings::mysql_default_file}},
    Setting{"mysql_admin_file", Text{&Settings::mysql_admin_file}},
    Setting{"block_expire", Time<std::chrono::minutes>{&Settings::block_expire, 0, kYearOfMinutes}},
    Setting{"record_expire", Time<std::chrono::minutes>{&Settings::record_expire, 1, 2 * kYearOfMinutes}},
    Setting{"record_expire_good", Time<std::chrono::days>{&Settings::record_expire_good, 1, 3650}},
    Setting{"loglevel", Number{&Settings::loglevel, 0, 5, ""}},
    Setting{"explicit", Flag{&Settings::explicit_only}},
    Setting{"store", Choice<StoreKind>{&Settings::store, kStores}},
    Setting{"sqlite_file", Text{&Settings::sqlite_file}},
    Setting{"timeout", Time<std::chrono::milliseconds>{&Settings::timeout, 10, 60000}},
    Setting{"on_error", Choice<OnError>{&Settings::on_error, kOnError}},
    Setting{"max_pending_per_client", Number{&Settings::max_pending_per_client, 0, 1000000, "records"}},
    Setting{"ipv4_prefix", Number{&Settings::ipv4_prefix, 1, 32, "bits"}},
    Setting{"ipv6_prefix", Number{&Settings::ipv6_prefix, 1, 128, "bits"}},
    Setting{"match", Choice<Match>{&Settings::match, kMatches}},
    Setting{"match_helo", Flag{&Settings::match_helo}},
    Setting{"trust_remote_host", Choice<RemoteHost>{&Settings::trust_remote_host, kRemoteHosts}},
    Setting{"allow_lists", Text{&Settings::allow_lists}},
    Setting{"greylist", Choice<Greylist>{&Settings::greylist, kGreylist}},
    Setting{"suspicious_rules", Text{&Settings::suspicious_rules}},
    Setting{"null_sender", Choice<NullSender>{&Settings::null_sender, kNullSender}},
    Setting{"auto_allow_after", Number{&Settings::auto_allow_after, 0, 10000, "passes"}},
    Setting{"auto_allow_expire", Time<std::chrono::days>{&Settings::auto_allow_expire, 1, 3650}},
    Setting{"group_domain_level", Number{&Settings::group_domain_level, 0, 1000, "senders"}},
    Setting{"trap_expire", Time<std::chrono::hours>{&Settings::trap_expire, 1, 24L * 365}},
    Setting{"low_priority_mx", Flag{&Settings::low_priority_mx}},
    Setting{"max_recipients", Number{&Settings::max_recipients, 0, 100000, "recipients"}},
    Setting{"privacy", Choice<Privacy>{&Settings::privacy, kPrivacy}},
    Setting{"privacy_key_file", Text{&Settings::privacy_key_file}},
    Setting{"history_expire", Time<std::chrono::days>{&Settings::history_expire, 0, 3650}},
    Setting{"observe", Flag{&Settings::observe}},
    Setting{"stage", Choice<Stage>{&Settings::stage, kStages}},
    Setting{"header", Choice<Header>{&Settings::header, kHeaders}},
    Setting{"defer_message", Reply{&Settings::defer_message, '4'}},
    Setting{"reject_message", Reply{&Settings::reject_message, '5'}},
};

// block_expire → GLBLOCKEXPIRE
std::string variable_of(std::string_view key) {
  std::string name = "GL";
  for (const char c : key) {
    if (c != '_') name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

template <typename Bounds>
bool is_within(std::optional<long> value, const Bounds& bounds) {
  return value && *value >= bounds.least && *value <= bounds.most;
}

template <typename Bounds>
std::string not_a_number(const Bounds& bounds, std::string_view unit) {
  std::string wrong = "is not a whole number ";
  if (!unit.empty()) wrong.append("of ").append(unit).append(" ");
  return wrong + "from " + std::to_string(bounds.least) + " to " + std::to_string(bounds.most);
}

// Reads one value into its member. Returns what is wrong with it, without the value it leaves in place.
struct Assign {
  Settings& settings;
  std::string_view text;

  std::optional<std::string> operator()(const Flag& flag) const {
    if (text != "0" && text != "1") return "is not 0 or 1";
    settings.*flag.member = text == "1";
    return std::nullopt;
  }

  std::optional<std::string> operator()(const Number& number) const {
    const auto value = number_of<long>(text);
    if (!is_within(value, number)) return not_a_number(number, number.unit);
    settings.*number.member = *value;
    return std::nullopt;
  }

  template <typename Unit>
  std::optional<std::string> operator()(const Time<Unit>& time) const {
    const auto value = number_of<long>(text);
    if (!is_within(value, time)) return not_a_number(time, name_of(Unit()));
    settings.*time.member = Unit(*value);
    return std::nullopt;
  }

  std::optional<std::string> operator()(const Text& value) const {
    settings.*value.member = text;
    return std::nullopt;
  }

  std::optional<std::string> operator()(const Reply& reply) const {
    if (is_reply(text, reply.first)) {
      settings.*reply.member = text;
      return std::nullopt;
    }
    return std::string("is not an SMTP reply: it has to be ") + reply.first +
           "NN, a blank and printable ASCII, at most " + std::to_string(kMaxReply) + " characters";
  }

  template <typename Value>
  std::optional<std::string> operator()(const Choice<Value>& choice) const {
    std::string words;
    for (const auto& [word, value] : choice.words) {
      if (word == text) {
        settings.*choice.member = value;
        return std::nullopt;
      }
      words.append(words.empty() ? "" : " or ").append(word);
    }
    return "is not " + words;
  }
};

// The value of a setting as it would be written.
struct Show {
  const Settings& settings;

  std::string operator()(const Flag& flag) const { return settings.*flag.member ? "1" : "0"; }
  std::string operator()(const Number& number) const { return std::to_string(settings.*number.member); }
  template <typename Unit>
  std::string operator()(const Time<Unit>& time) const {
    return std::to_string((settings.*time.member).count());
  }
  std::string operator()(const Text& text) const { return settings.*text.member; }
  std::string operator()(const Reply& reply) const { return settings.*reply.member; }
  template <typename Value>
  std::string operator()(const Choice<Value>& choice) const {
    for (const auto& [word, value] : choice.words) {
      if (value == settings.*choice.member) return std::string(word);
    }
    return "";
  }
};

// Collects settings and problems from one source after the other.
class Reader {
 public:
  explicit Reader(LoadedSettings& loaded) : loaded_(loaded) {}

  void assign(const std::string& where, const Setting& setting, std::string_view text) {
    if (const auto wrong = std::visit(Assign{loaded_.settings, text}, setting.value)) {
      const std::string kept = std::visit(Show{loaded_.settings}, setting.value);
      problem(where + quoted(text) + ' ' + *wrong + "; using " + (kept.empty() ? "the default" : kept));
    }
  }

  void problem(std::string text) { loaded_.problems.push_back(std::move(text)); }

 private:
  LoadedSettings& loaded_;
};

// Feeds a control file's text to inih line by line. It knows which line inih is at, and it keeps from inih
// what inih would take for something else: a line longer than its buffer (it would be split), a line that
// begins with a blank (it would continue the line before), a comment that # begins behind a value, a line
// without a key.
class ControlFile {
 public:
  ControlFile(Reader& reader, const std::string& name, std::string_view text)
      : reader_(reader), name_(name), rest_(without_byte_order_mark(text)) {}

  void read() { ini_parse_stream(&ControlFile::next_line, this, &ControlFile::take, this); }

 private:
  static char* next_line(char* buffer, int size, void* self) {
    return static_cast<ControlFile*>(self)->next_line(buffer, static_cast<std::size_t>(size));
  }

  static int take(void* self, const char* section, const char* key, const char* value) {
    static_cast<ControlFile*>(self)->take(section, key, value);
    return 1;
  }

  char* next_line(char* buffer, std::size_t size) {
    if (rest_.empty()) return nullptr;
    ++line_;
    std::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(rest_.size(), line.size() + 1));
    line = trimmed(without_comment(trimmed(line)));

    // inih's buffer has to hold the line, its end and a NUL.
    if (line.size() + 2 > size) {
      reader_.problem(where() + "this line is longer than " + std::to_string(size - 2) +
                      " characters; ignoring it. Make it shorter");
      line = {};
    } else if (line.find('\0') != std::string_view::npos) {
      reader_.problem(where() +
                      "this line has a NUL character; ignoring it. Write the file anew as plain text");
      line = {};
    } else if (line.starts_with('[')) {
      reader_.problem(where() + quoted(line) +
                      " begins a section, and this file has none; the keys below it count");
      line = {};
    } else if (!line.empty() && (line.find_first_of("=:") == std::string_view::npos ||
                                 line[line.find_first_of("=:")] == ':' || line.starts_with('='))) {
      reader_.problem(where() + quoted(line) + " is not key=value; ignoring it. A comment begins with #");
      line = {};
    }
    std::ranges::copy(line, buffer);
    buffer[line.size()] = '\n';
    buffer[line.size() + 1] = '\0';
    return buffer;
  }

  static std::string_view without_comment(std::string_view line) {
    if (line.starts_with('#') || line.starts_with(';')) return {};
    for (std::size_t i = 1; i < line.size(); ++i) {
      if ((line[i] == '#' || line[i] == ';') && (line[i - 1] == ' ' || line[i - 1] == '\t'))
        return line.substr(0, i);
    }
    return line;
  }

  void take(std::string_view /*section*/, std::string_view key, std::string_view value) {
    const auto* const setting = std::ranges::find(kSettings, key, &Setting::key);
    if (setting == kSettings.end()) {
      reader_.problem(where() + quoted(key) +
                      " is not a setting; ignoring it. greylisting.conf(5) lists them all");
      return;
    }
    const auto index = static_cast<std::size_t>(setting - kSettings.begin());
    if (const unsigned before = std::exchange(seen_at_[index], line_); before != 0) {
      reader_.problem(where() + std::string(key) + ": is set on line " + std::to_string(before) +
                      " already; the last one counts. Remove one of the two");
    }
    reader_.assign(where() + std::string(key) + ": ", *setting, value);
  }

  std::string where() const { return name_ + ':' + std::to_string(line_) + ": "; }

  Reader& reader_;
  const std::string& name_;
  std::string_view rest_;
  unsigned line_ = 0;
  std::array<unsigned, kSettings.size()>
      seen_at_{};  // line on which each setting was last seen, 0 for not yet
};

void read_variables(Reader& reader, const Environment& environment) {
  for (const Setting& setting : kSettings) {
    const std::string variable = variable_of(setting.key);
    if (const char* const value = environment(variable.c_str()))
      reader.assign(variable + ": ", setting, trimmed(value));
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
  }
  if (settings.store == StoreKind::mysql && settings.mysql_default_file.empty()) {
    loaded.problems.push_back(
        loaded.file +
        ": store: mysql needs mysql_default_file, the option file with user, password and "
        "database; without it the client library's defaults are used");
  }
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
  rows.reserve(kSettings.size());
  for (const Setting& setting : kSettings)
    rows.emplace_back(setting.key, std::visit(Show{effective}, setting.value));
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
