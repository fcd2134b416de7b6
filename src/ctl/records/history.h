// history: greylisting_history, what has happened, counted, so that it can be told long after the records are
// deleted. A row is of a period, an hour or a day, a kind and a name:
//
//     decision       a reason, or `error`                hour  what a host has decided
//     wait           seconds (tally.h, stepped)          hour  mail that passed after waiting so long
//     first-retry    seconds, likewise                   hour  first retries, so long after the attempt
//     record         passed, retried, never-retried      day   records first seen then, deleted since
//     client         a network                           day   of the never-retried, but for pool-messages'
//     sender-domain  a domain, `<>` for the null sender  day   likewise
//     recipient      an address                          day   likewise
//     pool-messages  a domain                            day   messages that came from several networks
//     pool           a domain                            day   of these, never-retried records elsewhere
//     pool-networks  a domain                            day   the most networks of one message
//     pool-wait      a domain                            day   the longest wait of one, in seconds
//     to-…           a domain, a blank, a name           day   of each of the first four, mail to that domain
//
// Of names only those that come most often are kept. What is too old to be kept of the first three is
// added up, by host, kind and name, in rows of a period of their own: a host's counters never fall.
#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/records/recipient_domain.h"
#include "ctl/records/tally.h"
#include "host/journal.h"

namespace greylisting::ctl {

struct HistoryRow {
  std::string period;  // as the stores have times
  std::string kind;
  std::string name;
  std::string host{};  // whose journal it is from; empty for what was made of records
  std::uint64_t total = 0;

  friend bool operator==(const HistoryRow&, const HistoryRow&) = default;
};

/// The rows that say what a host's tally of that hour says.
std::vector<HistoryRow> rows_of(const Tally& tally, const std::string& hour, const std::string& host);

/// Those that say the same of the mail to a domain, as it is stored.
std::vector<HistoryRow> rows_to(std::string_view domain, std::vector<HistoryRow> rows);

/// Whether a line of the journal is of mail to that domain.
bool is_of(const JournalLine& line, const RecipientDomain& domain);

/// Adds what a row of one of the first three kinds says.
void add(Tally& tally, const HistoryRow& row);

/// The name under which this host counts: what `greylisting/host` says, so that what is in its journal stays
/// its own when it is renamed; where it says nothing, the host's name.
std::string host_name();

/// Writes that name there unless it says something. Fails silently: the host's name does for one that keeps
/// it.
void keep_host_name();

/// Every function throws StoreError.
class History {
 public:
  explicit History(Administration& administration) : administration_(administration) {}

  /// What is in it of these kinds, from the one period on to before the other.
  std::vector<HistoryRow> read(const std::string& since, const std::string& until,
                               const std::vector<std::string_view>& kinds);

  /// The same of the mail to a domain alone, of the first four kinds; a period is a day then.
  std::vector<HistoryRow> read_of(const RecipientDomain& domain, const std::string& since,
                                  const std::string& until, const std::vector<std::string_view>& kinds);

  /// The same of what hosts have decided, the first three kinds.
  std::vector<HistoryRow> read_tallies(const RecipientDomain& domain, const std::string& since,
                                       const std::string& until);

  /// The first period from that one on of which it has anything, where a domain is named anything of the mail
  /// to domains; empty when there is none.
  std::string first_period(const RecipientDomain& domain, const std::string& since);

  /// All that a host has ever decided, but for these periods.
  Tally tally_of(const std::string& host, const std::vector<std::string>& except);

  /// Puts rows in, in place of those of the same period, kind, name and host.
  void set(const std::vector<HistoryRow>& rows) { write(rows, false); }

  /// Puts rows in, and adds to those that are there; of the last two kinds the greater number counts.
  void add(const std::vector<HistoryRow>& rows) { write(rows, true); }

  /// Deletes what is older, once decisions are added up, and the rarest names of a day. Another host's
  /// decisions are left to its own clean-up, which may yet read them from its journal, unless that has not
  /// been at work for a month.
  void shorten(const std::string& oldest);

  /// Of a name of these kinds how many there are, and from which day to which, one row a kind that has any.
  struct Span {
    std::string kind;
    std::uint64_t total = 0;
    std::string first{};  // as the stores have times
    std::string last{};
  };
  std::vector<Span> spans_of(const std::string& name, const std::vector<std::string_view>& kinds);

  /// Deletes all of it.
  void clear();

 private:
  std::vector<HistoryRow> ask(const std::string& condition);
  void write(const std::vector<HistoryRow>& rows, bool adds);
  void keep_most_frequent(const std::string& period, std::string_view kind, std::size_t most);
  std::string literal(std::string_view text) const;
  std::string from(const std::string& since) const;
  template <typename Texts>
  std::string list(const Texts& texts) const;

  Administration& administration_;
};

/// Folds this host's journal into the history: every hour that is over. It can be done again at any time.
/// Hours that began before `keep` are deleted from the journal: at midnight, because what it counts of a
/// day's domains is of all hours that are there, or when the history begins, because it would count anew what
/// it is not to keep. Returns how many hours there were. Throws StoreError.
std::size_t fold(const Journal& journal, History& history, std::time_t now, std::time_t keep);

/// Has `read` read these hours of the journal, and then the history: again when the clean-up has deleted one
/// of them meanwhile, which may then have been in neither, or in both.
void read_before_history(const Journal& journal,
                         const std::function<void(const std::vector<std::time_t>& hours)>& read);

/// What all hosts have decided, by the hours that begin from `since` on and before `until` (as the stores
/// have times), of a domain by the days: of other hosts what they have folded, of this one also what it has
/// not. Throws StoreError.
std::map<std::string, Tally> tallies(const Journal& journal, History& history, const RecipientDomain& domain,
                                     const std::string& since, const std::string& until);

}  // namespace greylisting::ctl
