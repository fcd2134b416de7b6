// administration: the store as the administrator's tool sees it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "judgement/attempt.h"
#include "settings/settings.h"
#include "store/sql.h"
#include "store/store.h"
#include "store/table_fault.h"

namespace greylisting {

/// One thing that `greylistctl check` looked at.
struct Finding {
  enum class State { good, warning, bad };
  State state = State::good;
  std::string text;          // what was found
  std::string remedy{};      // what to do about it; empty when good
  bool is_pressing = false;  // a warning that is not to be kept from anybody
};

/// The findings that both stores can come to.
Finding unusable_entry(const std::string& id, const std::string& ipaddr);
Finding overdue_cleanup();

/// One for each fault. `how_to_mend` is what to do about a table all of whose faults can be mended,
/// `how_to_begin_anew` about another.
std::vector<Finding> findings_of(
    const std::vector<TableFault>& faults, const std::string& how_to_mend,
    const std::function<std::string(const std::string& table)>& how_to_begin_anew);

/// How long a server is waited for that does not answer. A statement over millions of records takes a minute,
/// one of `copy`, `cleanup` or `migrate` takes as long as it takes.
enum class Patience { for_long_statements, for_a_look };

/// Every function throws StoreError.
class Administration {
 public:
  virtual ~Administration() = default;

  /// Looks at server, schema, privileges, clock, list entries and clean-up; changes nothing.
  virtual std::vector<Finding> examine() = 0;

  /// The store as the plugin has it, under the plugin's own account.
  virtual Store& store() = 0;

  /// Brings the schema to this version. Returns what was done, a sentence a step; empty when nothing had to
  /// be.
  virtual std::vector<std::string> migrate() = 0;

  /// A row's columns as text, empty for NULL.
  using Row = std::vector<std::string>;

  /// Runs one statement that both stores understand; `:now` in it stands for the store's clock, UTC. Returns
  /// the first `columns` columns of its rows.
  virtual std::vector<Row> ask(std::string_view statement, std::size_t columns = 0) = 0;

  /// The same of a statement that may have very many rows, which are handed over one by one. What `take` does
  /// has to be quick, and may ask nothing: until the last row is taken an SQLite file keeps what is changed
  /// in it beside it.
  virtual void read(std::string_view statement, std::size_t columns,
                    const std::function<void(Row&)>& take) = 0;

  /// Has what `work` asks be one transaction; it can be run more than once. What it throws undoes it.
  virtual void transact(const std::function<void()>& work) = 0;

  /// The store's clock: `YYYY-MM-DD hh:mm:ss`, UTC.
  std::string now() { return ask("SELECT :now", 1).at(0).at(0); }

  /// How many rows there are in `what`, a table or what else can follow FROM.
  std::uint64_t count(const std::string& what);

  /// How many rows the last `ask` changed.
  virtual std::uint64_t changed_rows() = 0;

  /// In which values and the few words that differ are to be written.
  virtual sql::Dialect dialect() const = 0;

  /// Lets no second clean-up work on this store for as long as this object lives; false when one does
  /// already.
  virtual bool lock_cleanup() = 0;
};

/// Connects as mysql_admin_file says where it is given, or opens sqlite_file, from then on as its owner when
/// root runs this. Throws StoreError; where the file is another user's, the remedy is to be root.
std::unique_ptr<Administration> open_administration(const Settings& settings,
                                                    Patience patience = Patience::for_long_statements);

/// What `migrate` would do to the schema, a sentence a step; empty when it is that of this version. Changes
/// nothing, which opening an SQLite file would. Throws StoreError.
std::vector<std::string> migration_ahead(const Settings& settings);

}  // namespace greylisting
