#include "lists/outside_lists.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <ctime>

#include "lists/list_file.h"
#include "text/utc.h"

namespace greylisting {
namespace {

// What tells a file from another, or from itself as it was. Empty where there is none, or nothing in it; one
// that cannot be looked at is something.
std::string state_of(const char* file) {
  struct stat status = {};
  if (stat(file, &status) != 0) return errno == ENOENT ? "" : std::to_string(errno);
  if (S_ISREG(status.st_mode) && status.st_size == 0) return {};
  std::string state;
  for (const auto number :
       {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino),
        static_cast<std::uint64_t>(status.st_size), static_cast<std::uint64_t>(status.st_mtim.tv_sec),
        static_cast<std::uint64_t>(status.st_mtim.tv_nsec), static_cast<std::uint64_t>(status.st_ctim.tv_sec),
        static_cast<std::uint64_t>(status.st_ctim.tv_nsec)})
    state.append(std::to_string(number)).append(" ");
  return state;
}

// Holds an attempt against one pattern after the other and keeps the one that counts.
class Strongest {
 public:
  Strongest(const Subjects& subjects, bool believes_client_name)
      : subjects_(subjects), nameless_(subjects), believes_client_name_(believes_client_name) {
    nameless_.client_name.clear();
  }

  void consider(const Pattern& pattern, bool denies, const std::string& entry, const std::string& reply) {
    const unsigned rank = pattern.specificity() * 2 + (denies ? 1 : 0);
    if (rank <= rank_ || !matches(pattern, denies)) return;
    rank_ = rank;
    best_ = {.specificity = pattern.specificity(), .denies = denies, .entry = entry, .reply = reply};
  }

  bool is_none() const { return rank_ == 0; }
  std::optional<OutsideMatch> best() const { return is_none() ? std::nullopt : std::optional(best_); }

 private:
  // A name that is not believed allows nothing; a regular expression may still be found in the address.
  bool matches(const Pattern& pattern, bool denies) const {
    if (denies || believes_client_name_ || pattern.kind() != PatternKind::host)
      return pattern.matches(subjects_);
    return pattern.is_regexp() && pattern.matches(nameless_);
  }

  const Subjects& subjects_;
  Subjects nameless_;
  bool believes_client_name_;
  unsigned rank_ = 0;
  OutsideMatch best_;
};

void consider_regexps(Strongest& strongest, const std::vector<StoredRegexp>& regexps, bool denying,
                      std::vector<std::string>& problems) {
  for (const StoredRegexp& regexp : regexps) {
    if (regexp.denies != denying) continue;
    try {
      strongest.consider(Pattern::parse(regexp.kind == "host" ? "client" : regexp.kind, regexp.pattern),
                         regexp.denies, regexp.entry, regexp.reply);
    } catch (const PatternError& error) {
      problems.push_back(regexp.entry + ": " + error.what());
    }
  }
}

enum class Found { nothing, unread, list };

Found consider_file(Strongest& strongest, ListFormat format, const std::string& file, bool denies,
                    std::vector<std::string>& problems) {
  const auto list = read_list(format, file);
  if (!list) return Found::nothing;
  problems.insert(problems.end(), list->problems.begin(), list->problems.end());
  const std::string now = stored_time(std::time(nullptr));
  for (const ListedPattern& entry : list->entries) {
    if (!is_over(entry, now))
      strongest.consider(entry.pattern, denies, file + ':' + std::to_string(entry.line), entry.reply);
  }
  return list->is_read ? Found::list : Found::unread;
}

void consider_named_lists(Strongest& strongest, const std::string& allow_lists,
                          std::vector<std::string>& problems) {
  for (const auto& [name, file, is_addition] : named_lists(allow_lists)) {
    if (const auto format = list_format(name)) {
      if (consider_file(strongest, *format, file, false, problems) == Found::nothing && !is_addition)
        problems.push_back("allow_lists: " + file + " does not exist; correct its name, or take it out");
    } else {
      std::string problem = "allow_lists: \"";
      problem.append(name).append("\" in \"").append(name).append(":").append(file);
      problems.push_back(problem.append(
          "\" is not plain, postgrey-clients, postgrey-recipients, sqlgrey-ip or sqlgrey-fqdn; ignoring it"));
    }
  }
}

}  // namespace

std::vector<NamedList> named_lists(const std::string& allow_lists) {
  std::vector<NamedList> lists;
  for (std::size_t begin = 0; begin < allow_lists.size();) {
    const auto end = std::min(allow_lists.find_first_of(" \t", begin), allow_lists.size());
    const std::string word = allow_lists.substr(begin, end - begin);
    begin = end + 1;
    if (word.empty()) continue;
    const auto colon = word.find(':');
    const std::string format = word.substr(0, colon);
    const std::string file = colon == std::string::npos ? "" : word.substr(colon + 1);
    lists.push_back({format, file});
    if (list_format(format)) lists.push_back({format, file + ".local", true});
  }
  return lists;
}

OutsideFiles outside_files(const std::string& allow_lists) {
  OutsideFiles files{.deny_state = state_of(kDenyFile)};
  files.deny = !files.deny_state.empty();
  files.any = files.deny || !allow_lists.empty() || has_content(kAllowFile);
  return files;
}

bool has_content(const char* file) { return !state_of(file).empty(); }

OutsideAnswer outside_match(const Subjects& subjects, bool believes_client_name, Asked asked,
                            const std::vector<StoredRegexp>& regexps, const std::string& allow_lists,
                            std::vector<std::string>& problems) {
  Strongest strongest(subjects, believes_client_name);
  consider_regexps(strongest, regexps, true, problems);
  const bool is_whole =
      consider_file(strongest, ListFormat::plain, kDenyFile, true, problems) != Found::unread;
  if (asked == Asked::denials && strongest.is_none()) return {.is_whole = is_whole};
  consider_regexps(strongest, regexps, false, problems);
  consider_file(strongest, ListFormat::plain, kAllowFile, false, problems);
  consider_named_lists(strongest, allow_lists, problems);
  return {.match = strongest.best(), .is_whole = is_whole};
}

}  // namespace greylisting
