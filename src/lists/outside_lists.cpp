#include "lists/outside_lists.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "lists/list_file.h"
#include "text/utc.h"

namespace greylisting {
namespace {

// Whether a match counts: a name that is not believed allows nothing, but a regular expression may still be
// found in the address.
bool counts(const Pattern& pattern, const Subjects& subjects, bool believes_name) {
  if (believes_name || pattern.kind() != PatternKind::host) return true;
  if (!pattern.is_regexp()) return false;
  Subjects nameless = subjects;
  nameless.client_name.clear();
  return pattern.matches(nameless);
}

MatchingEntry match_of(Action action, const Pattern& pattern, std::string place, std::string reply) {
  return {.action = action,
          .kind = pattern.kind(),
          .specificity = pattern.specificity(),
          .place = std::move(place),
          .reply = std::move(reply)};
}

void add_regexps(std::vector<MatchingEntry>& found, Action action, const Subjects& subjects,
                 bool believes_name, const std::vector<StoredRegexp>& regexps,
                 std::vector<std::string>& problems) {
  for (const StoredRegexp& regexp : regexps) {
    if (regexp.denies != (action == Action::deny)) continue;
    try {
      const Pattern pattern = Pattern::parse(word(regexp.kind), regexp.pattern);
      if (!pattern.matches(subjects)) continue;
      found.push_back(match_of(action, pattern, regexp.place, regexp.reply));
      found.back().counts = counts(pattern, subjects, believes_name);
    } catch (const PatternError& error) {
      problems.push_back(regexp.place + ": " + error.what());
    }
  }
}

// False when there is no such file.
bool add_file(std::vector<MatchingEntry>& found, Action action, const Subjects& subjects, bool believes_name,
              ListFormat format, const std::string& file, std::vector<std::string>& problems) {
  const auto list = read_list(format, file);
  if (!list) return false;
  problems.insert(problems.end(), list->problems.begin(), list->problems.end());
  const std::string now = stored_time(std::time(nullptr));
  for (const ListedPattern& entry : list->entries) {
    if (is_over(entry, now) || !entry.pattern.matches(subjects)) continue;
    found.push_back(match_of(action, entry.pattern, file + ':' + std::to_string(entry.line), entry.reply));
    found.back().counts = counts(entry.pattern, subjects, believes_name);
  }
  return true;
}

void add_named_lists(std::vector<MatchingEntry>& found, const Subjects& subjects, bool believes_name,
                     const std::string& allow_lists, std::vector<std::string>& problems) {
  for (const auto& [name, file, is_addition] : named_lists(allow_lists)) {
    if (const auto format = list_format(name)) {
      if (!add_file(found, Action::allow, subjects, believes_name, *format, file, problems) && !is_addition)
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

bool has_content(const char* file) {
  struct stat status = {};
  if (stat(file, &status) != 0) return errno != ENOENT;  // one that cannot be looked at is something
  return !S_ISREG(status.st_mode) || status.st_size > 0;
}

std::vector<MatchingEntry> outside_denials(const Subjects& subjects, const std::vector<StoredRegexp>& regexps,
                                           std::vector<std::string>& problems) {
  std::vector<MatchingEntry> found;
  add_regexps(found, Action::deny, subjects, true, regexps, problems);
  add_file(found, Action::deny, subjects, true, ListFormat::plain, kDenyFile, problems);
  return found;
}

std::vector<MatchingEntry> outside_allowances(const Subjects& subjects, bool believes_client_name,
                                              const std::vector<StoredRegexp>& regexps,
                                              const std::string& allow_lists,
                                              std::vector<std::string>& problems) {
  std::vector<MatchingEntry> found;
  add_regexps(found, Action::allow, subjects, believes_client_name, regexps, problems);
  add_file(found, Action::allow, subjects, believes_client_name, ListFormat::plain, kAllowFile, problems);
  add_named_lists(found, subjects, believes_client_name, allow_lists, problems);
  return found;
}

}  // namespace greylisting
