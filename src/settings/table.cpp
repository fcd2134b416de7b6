#include "settings/table.h"

#include <algorithm>
#include <array>
#include <vector>

#include "mail/reply.h"
#include "text/number.h"

namespace greylisting {
namespace {

constexpr std::array kStores{Word{"mysql", StoreKind::mysql}, Word{"sqlite", StoreKind::sqlite}};
constexpr std::array kOnError{Word{"accept", OnError::accept}, Word{"defer", OnError::defer}};
constexpr std::array kMatches{
    Word<Match>{"triplet", Match::triplet, "client network, sender and recipient"},
    Word<Match>{"network", Match::network, "the client network alone"},
    Word<Match>{"sender", Match::sender, "the sender alone"},
    Word<Match>{"envelope", Match::envelope, "sender and recipient"},
    Word<Match>{"smart", Match::smart,
                "as `triplet`; but the address takes the place of the network for a client whose reverse "
                "name is missing or looks like a home line, and for one whose IPv6 address is not made "
                "from a MAC address (EUI-64; RFC 4291, appendix A)"}};
constexpr std::array kRemoteHosts{Word{"never", RemoteHost::never}, Word{"paranoid", RemoteHost::paranoid}};
constexpr std::array kGreylist{Word{"all", Greylist::all}, Word{"suspicious", Greylist::suspicious},
                               Word{"unvouched", Greylist::unvouched}};
constexpr std::array kNullSender{Word{"greylist", NullSender::greylist}, Word{"accept", NullSender::accept}};
constexpr std::array kSpf{
    Word<Spf>{"auto", Spf::automatic, "`check` in greylisting-policy, else `host`"},
    Word<Spf>{"host", Spf::host, "the mail server, which hands over a result, or none"},
    Word<Spf>{"check", Spf::check,
              "greylisting itself, where the mail server gives no result and mail with a sender would be "
              "deferred"}};
constexpr std::array kPrivacy{Word{"off", Privacy::off}, Word{"hash", Privacy::hash}};
constexpr std::array kStages{Word{"rcpt", Stage::rcpt}, Word{"data", Stage::data}};
constexpr std::array kHeaders{Word{"off", Header::off}, Word{"x-greylist", Header::x_greylist},
                              Word{"authentication-results", Header::authentication_results}};

constexpr long kYearOfMinutes = 365L * 24 * 60;

using Milliseconds = Time<std::chrono::milliseconds>;
using Minutes = Time<std::chrono::minutes>;
using Hours = Time<std::chrono::hours>;
using Days = Time<std::chrono::days>;
using enum SettingGroup;

constexpr std::array kSettings{
    Setting{"store", "GLSTORE", store, Choice<StoreKind>{&Settings::store, kStores},
            "Where records are kept.", "`mysql` when `mysql_default_file` is set, else `sqlite`"},
    Setting{"sqlite_file", "GLSQLITEFILE", store, Path{&Settings::sqlite_file, true},
            "The SQLite file. "
            "It is made at the first use. "
            "Its directory has to belong to the user that qmail-smtpd runs as, to be writable for nobody "
            "else, and to be on a local disk."},
    Setting{"mysql_default_file", "GLMYSQLDEFAULTFILE", store, Path{&Settings::mysql_default_file},
            "The option file of the MySQL client library for the plugin. "
            "Its group `[client]` has user, password, database, and socket or host, and whatever else the "
            "library knows: port, ssl-ca, and so on. "
            "The account needs SELECT, INSERT and UPDATE. "
            "The file should be readable for the user that qmail-smtpd runs as and for nobody else."},
    Setting{"mysql_admin_file", "GLMYSQLADMINFILE", store, Path{&Settings::mysql_admin_file},
            "The same for greylistctl, with an account that may DELETE as well. "
            "Without it `mysql_default_file` is used."},
    Setting{"timeout", "GLTIMEOUT", store, Milliseconds{&Settings::timeout, 10, 60000},
            "How long one decision may take."},
    Setting{"on_error", "GLONERROR", store, Choice<OnError>{&Settings::on_error, kOnError},
            "What becomes of mail when no decision can be made."},

    Setting{"block_expire", "GLBLOCKEXPIRE", triplets, Minutes{&Settings::block_expire, 0, kYearOfMinutes},
            "How long a new triplet is deferred."},
    Setting{"record_expire", "GLRECORDEXPIRE", triplets,
            Minutes{&Settings::record_expire, 1, 2 * kYearOfMinutes},
            "How long the record of a triplet that has never passed is kept. "
            "It has to be longer than `block_expire`."},
    Setting{"record_expire_good", "GLRECORDEXPIREGOOD", triplets,
            Days{&Settings::record_expire_good, 1, 3650}, "How long the record is kept after each pass."},
    Setting{"max_pending_per_client", "GLMAXPENDINGPERCLIENT", triplets,
            Number{&Settings::max_pending_per_client, 0, 1000000, "records"},
            "How many triplets of one client network may wait at a time. "
            "Further new ones are deferred without a record. "
            "0 is any number."},
    Setting{"ipv4_prefix", "GLIPV4PREFIX", triplets, Number{&Settings::ipv4_prefix, 1, 32, "bits"},
            "Size of an IPv4 client network."},
    Setting{"ipv6_prefix", "GLIPV6PREFIX", triplets, Number{&Settings::ipv6_prefix, 1, 128, "bits"},
            "Size of an IPv6 client network."},
    Setting{"match", "GLMATCH", triplets, Choice<Match>{&Settings::match, kMatches},
            "What has to be the same for two attempts to be of the same triplet."},
    Setting{"match_helo", "GLMATCHHELO", triplets, Flag{&Settings::match_helo},
            "1: the argument of HELO or EHLO has to be the same as well."},

    Setting{"explicit", "GLEXPLICIT", greylisted, Flag{&Settings::explicit_only},
            "1: only recipients that have opted in are greylisted: those of `greylistctl greylist`, and "
            "domains in the table greylisting_lists."},
    Setting{"greylist", "GLGREYLIST", greylisted, Choice<Greylist>{&Settings::greylist, kGreylist},
            "Who is greylisted. "
            "The section SUSPICION of greylisting.conf(5) says who is suspicious, and who is vouched for."},
    Setting{"suspicious_rules", "GLSUSPICIOUSRULES", greylisted, Path{&Settings::suspicious_rules},
            "Rules of what is suspicious beside the built-in ones."},
    Setting{"null_sender", "GLNULLSENDER", greylisted,
            Choice<NullSender>{&Settings::null_sender, kNullSender},
            "What becomes of the null sender: bounces, and servers that verify an address."},
    Setting{
        "spf", "GLSPF", greylisted, Choice<Spf>{&Settings::spf, kSpf},
        "Who checks SPF. "
        "A check takes at most half of the time that `timeout` leaves; without an answer by then the mail "
        "is judged as if SPF had not passed."},
    Setting{"dns_server", "GLDNSSERVER", greylisted,
            Text{&Settings::dns_server, "an address, with `:PORT` where it is not 53; several with commas"},
            "The DNS server to ask; without it those of /etc/resolv.conf."},
    Setting{"trust_remote_host", "GLTRUSTREMOTEHOST", greylisted,
            Choice<RemoteHost>{&Settings::trust_remote_host, kRemoteHosts},
            "Whether entries may allow a client by its reverse name. "
            "`paranoid` says that tcpserver runs with `-p`, so that it believes a name only when it leads "
            "back to the address. "
            "Without it whoever runs the reverse zone of an address can give it any name."},
    Setting{"allow_lists", "GLALLOWLISTS", greylisted,
            Text{&Settings::allow_lists, "`format:file`, several with blanks between them"},
            "More files of entries that allow, read as they are; for each, the file of the same name with "
            "`.local` added is read, too. "
            "The section LISTS OF OTHER PROGRAMS of greylisting.conf(5) has the formats."},
    Setting{"max_recipients", "GLMAXRECIPIENTS", greylisted,
            Number{&Settings::max_recipients, 0, 100000, "recipients"},
            "How many recipients a message may have; further ones are answered with 452. "
            "0 is any number."},

    Setting{"auto_allow_after", "GLAUTOALLOWAFTER", trust,
            Number{&Settings::auto_allow_after, 0, 10000, "passes"},
            "After how many passes, counted at most once an hour, a client is trusted and not greylisted any "
            "more. "
            "0 is never, unless `group_domain_level` says so."},
    Setting{"auto_allow_expire", "GLAUTOALLOWEXPIRE", trust, Days{&Settings::auto_allow_expire, 1, 3650},
            "How long trust lasts after the client was last seen."},
    Setting{"group_domain_level", "GLGROUPDOMAINLEVEL", trust,
            Number{&Settings::group_domain_level, 0, 1000, "senders"},
            "After how many senders of a domain have passed from one network the domain is trusted there; "
            "each by itself is trusted there after its first pass. "
            "0 is never."},
    Setting{
        "answers", "GLANSWERS", trust, Days{&Settings::answers, 0, 3650},
        "How long an answer is expected, and accepted, after an authenticated or relaying client has written "
        "to somebody: from the address, and from its domain unless many share that. "
        "0: nobody's mail is noted."},
    Setting{"trap_expire", "GLTRAPEXPIRE", trust, Hours{&Settings::trap_expire, 1, 24L * 365},
            "How long a client network that was in a trap is denied."},
    Setting{"low_priority_mx", "GLLOWPRIORITYMX", trust, Flag{&Settings::low_priority_mx},
            "1: this is an MX host of lower priority, and a client whose triplet is new and which comes here "
            "first is trapped. "
            "Use it only where the hosts share one store, and not while the first host is down."},

    Setting{
        "defer_message", "GLDEFERMESSAGE", answers, Reply{&Settings::defer_message, '4'},
        "Answer to a deferred recipient. "
        "After 450 and 451 clients try again as they should; after 421 they hang up, and some take others "
        "for permanent."},
    Setting{"reject_message", "GLREJECTMESSAGE", answers, Reply{&Settings::reject_message, '5'},
            "Answer to a recipient that is rejected."},
    Setting{"stage", "GLSTAGE", answers, Choice<Stage>{&Settings::stage, kStages},
            "When a deferral is answered. "
            "With `data` it is the answer to DATA, so that a server that verifies an address up to RCPT is "
            "not held up. "
            "The first recipient that is not refused decides: when it is deferred, the message is refused at "
            "DATA, and its other recipients have to wait as well: one that would pass is deferred with it, "
            "reason `shared`, and not counted. "
            "When one has been accepted, later ones that are deferred get their answer at RCPT."},
    Setting{"header", "GLHEADER", answers, Choice<Header>{&Settings::header, kHeaders},
            "The header field that tells how long a message was delayed; `authentication-results` is that of "
            "RFC 8601."},
    Setting{"observe", "GLOBSERVE", answers, Flag{&Settings::observe},
            "1: judge, record and log as ever, and refuse nothing."},
    Setting{"history_expire", "GLHISTORYEXPIRE", answers, Days{&Settings::history_expire, 0, 3650},
            "How long counted decisions are kept for `greylistctl status` and `greylistctl report`. "
            "The counters of `greylistctl metrics` go on. "
            "The plugin adds a line a decision, with client, sender and recipient, to "
            "`greylisting/YYYY-MM-DDThh.journal`, which the clean-up counts, and deletes after two to three "
            "days. "
            "0: nothing is counted."},
    Setting{"loglevel", "GLLOGLEVEL", answers, Number{&Settings::loglevel, 0, 5},
            "What is logged: with 0 and 1 nothing, with 2 what broke, with 3 also problems with settings and "
            "lists, with 4 and 5 also a line for each decision."},

    Setting{"privacy", "GLPRIVACY", privacy, Choice<Privacy>{&Settings::privacy, kPrivacy},
            "With `hash` store and journal have addresses of senders and recipients only as hashes. "
            "The log still has the addresses."},
    Setting{"privacy_key_file", "GLPRIVACYKEYFILE", privacy, Path{&Settings::privacy_key_file},
            "The secret for `privacy`: at least 16 characters, readable for the user that qmail-smtpd runs "
            "as and for nobody else."},
};

static_assert(kSettings.size() == kSettingCount);

constexpr std::string_view name_of(std::chrono::milliseconds /*unit*/) { return "milliseconds"; }
constexpr std::string_view name_of(std::chrono::minutes /*unit*/) { return "minutes"; }
constexpr std::string_view name_of(std::chrono::hours /*unit*/) { return "hours"; }
constexpr std::string_view name_of(std::chrono::days /*unit*/) { return "days"; }

std::string_view unit_of(const Number& number) { return number.unit; }
template <typename Unit>
std::string_view unit_of(const Time<Unit>& /*time*/) {
  return name_of(Unit());
}

// "from 0 to 5"
template <typename Bounds>
std::string range_of(const Bounds& bounds) {
  return "from " + std::to_string(bounds.least) + " to " + std::to_string(bounds.most);
}

template <typename Bounds>
std::optional<long> number_within(std::string_view text, const Bounds& bounds) {
  const auto value = number_of<long>(text);
  return value && *value >= bounds.least && *value <= bounds.most ? value : std::nullopt;
}

template <typename Bounds>
std::string not_a_number(const Bounds& bounds) {
  const std::string_view unit = unit_of(bounds);
  return std::string("is not a whole number ")
      .append(unit.empty() ? "" : "of ")
      .append(unit)
      .append(unit.empty() ? "" : " ")
      .append(range_of(bounds));
}

// Reads one value into its member. Returns what is wrong with it, without the value it leaves in place.
struct Assign {
  using Wrong = std::optional<std::string>;
  Settings& settings;
  std::string_view text;

  Wrong operator()(const Flag& flag) const {
    if (text != "0" && text != "1") return "is not 0 or 1";
    settings.*flag.member = text == "1";
    return std::nullopt;
  }

  Wrong operator()(const Number& number) const {
    const auto value = number_within(text, number);
    if (!value) return not_a_number(number);
    settings.*number.member = *value;
    return std::nullopt;
  }

  template <typename Unit>
  Wrong operator()(const Time<Unit>& time) const {
    const auto value = number_within(text, time);
    if (!value) return not_a_number(time);
    settings.*time.member = Unit(*value);
    return std::nullopt;
  }

  Wrong operator()(const Path& path) const {
    if (path.is_needed && (text.empty() || text.ends_with('/'))) return "is not the path of a file";
    settings.*path.member = text;
    return std::nullopt;
  }

  Wrong operator()(const Text& value) const {
    settings.*value.member = text;
    return std::nullopt;
  }

  Wrong operator()(const Reply& reply) const {
    if (is_reply(text, reply.first)) {
      settings.*reply.member = text;
      return std::nullopt;
    }
    return std::string("is not an SMTP reply: it has to be ") + reply.first +
           "NN, a blank and printable ASCII, at most " + std::to_string(kMaxReply) + " characters";
  }

  template <typename Value>
  Wrong operator()(const Choice<Value>& choice) const {
    std::string words;
    for (const auto& word : choice.words) {
      if (word.word == text) {
        settings.*choice.member = word.value;
        return std::nullopt;
      }
      words.append(words.empty() ? "" : " or ").append(word.word);
    }
    return "is not " + words;
  }
};

struct Show {
  const Settings& settings;

  std::string operator()(const Flag& flag) const { return settings.*flag.member ? "1" : "0"; }
  std::string operator()(const Number& number) const { return std::to_string(settings.*number.member); }
  template <typename Unit>
  std::string operator()(const Time<Unit>& time) const {
    return std::to_string((settings.*time.member).count());
  }
  std::string operator()(const Path& path) const { return settings.*path.member; }
  std::string operator()(const Text& text) const { return settings.*text.member; }
  std::string operator()(const Reply& reply) const { return settings.*reply.member; }
  template <typename Value>
  std::string operator()(const Choice<Value>& choice) const {
    for (const auto& word : choice.words) {
      if (word.value == settings.*choice.member) return std::string(word.word);
    }
    return "";
  }
};

struct Allowed {
  std::string operator()(const Flag& /*flag*/) const { return "0 or 1"; }
  std::string operator()(const Path& /*path*/) const { return "a path"; }
  std::string operator()(const Text& text) const { return std::string(text.form); }
  std::string operator()(const Reply& reply) const {
    return std::string("`") + reply.first + "NN` and a text";
  }
  std::string operator()(const Number& number) const {
    // A bare number has no unit to stand in front of "from".
    if (number.unit.empty()) return range_of(number).substr(std::string_view("from ").size());
    return std::string(number.unit) + ' ' + range_of(number);
  }
  template <typename Unit>
  std::string operator()(const Time<Unit>& time) const {
    return std::string(unit_of(time)) + ' ' + range_of(time);
  }
  template <typename Value>
  std::string operator()(const Choice<Value>& choice) const {
    std::string words;
    for (std::size_t i = 0; i < choice.words.size(); ++i) {
      const std::string_view separator = i == 0 ? "" : i + 1 == choice.words.size() ? " or " : ", ";
      words.append(separator).append("`").append(choice.words[i].word).append("`");
    }
    return words;
  }
};

struct Explained {
  std::vector<std::pair<std::string_view, std::string_view>>& words;

  template <typename Value>
  void operator()(const Choice<Value>& choice) const {
    for (const auto& word : choice.words) {
      if (!word.meaning.empty()) words.emplace_back(word.word, word.meaning);
    }
  }
  template <typename Other>
  void operator()(const Other& /*value*/) const {}
};

}  // namespace

std::optional<std::string> Setting::assign(Settings& settings, std::string_view text) const {
  return std::visit(Assign{settings, text}, value);
}

std::string Setting::value_in(const Settings& settings) const { return std::visit(Show{settings}, value); }

std::string Setting::allowed() const { return std::visit(Allowed(), value); }

std::span<const Setting> setting_table() { return kSettings; }

SettingGroupText text_of(SettingGroup group) {
  switch (group) {
    case store:
      return {"Store", ""};
    case triplets:
      return {"Triplets",
              "A change of `ipv4_prefix`, `ipv6_prefix`, `match`, `match_helo` or `privacy` makes every "
              "triplet new: each is deferred once more."};
    case greylisted:
      return {"Who is greylisted", ""};
    case trust:
      return {"Trust and traps", ""};
    case answers:
      return {"Answers and log",
              "In the two messages, and in the reply of an entry, `%s` stands for the seconds left, `%r` for "
              "the recipient's domain, `%%` for a percent sign."};
    case privacy:
      break;
  }
  return {"Privacy", ""};
}

std::vector<std::pair<std::string_view, std::string_view>> explained_words(const Setting& setting) {
  std::vector<std::pair<std::string_view, std::string_view>> words;
  std::visit(Explained{words}, setting.value);
  return words;
}

}  // namespace greylisting
