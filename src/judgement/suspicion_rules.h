// suspicion_rules: the administrator's own rules of what is suspicious, beside suspicion.h's.
//
// A file has a rule a line, as SQLgrey's discrimination.regexp has:
//     client_name =~ \.(dip|pool)\.      # holds when the expression is found
//     helo_name !~ \.[A-Za-z]{2,}$       # holds when it is not found
// The attribute is `sender`, `recipient`, `client_name`, `client_address` or `helo_name` (also `helo`), as
// the client gave it; a client without a reverse name has the client name `unknown`. The expression is
// PCRE2's, found anywhere, and minds case; `(?i)` in front of it makes it stop. A # begins a comment wherever
// it stands; an expression writes it \#. Blanks around each part are free.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "judgement/session.h"
#include "mail/network.h"

namespace greylisting {

class SuspicionRules {
 public:
  /// Reads the text of a file called `file`. A line that cannot be understood makes a problem, the others
  /// count. Expressions are not looked at before they are needed.
  static SuspicionRules parse(const std::string& file, std::string_view text);

  /// Reads the file; nothing when there is none. A file that cannot be used makes a problem and no rules.
  /// Never waits for a FIFO or a device.
  static std::optional<SuspicionRules> read(const std::string& file);

  /// For a person to read: `control/greylisting_suspicious:3: …`, with what is allowed.
  const std::vector<std::string>& problems() const { return problems_; }

  /// The problems, and those of the expressions. Compiles every one.
  std::vector<std::string> check() const;

  /// The line of the first rule that holds, 0 when none does. A rule whose expression cannot be understood,
  /// or hits a limit (regexp.h), does not hold.
  unsigned holds_for(const Session& session, const IpAddress& client) const;

 private:
  enum class Attribute { sender, recipient, client_name, client_address, helo_name };

  struct Rule {
    unsigned line;
    Attribute attribute;
    bool when_found;  // =~ rather than !~
    std::string expression;
  };

  explicit SuspicionRules(std::string file) : file_(std::move(file)) {}

  void add_line(unsigned number, std::string_view line);
  std::string where(unsigned line) const { return file_ + ':' + std::to_string(line) + ": "; }
  static std::optional<Attribute> attribute_of(std::string_view word);
  static std::string subject_of(Attribute attribute, const Session& session, const IpAddress& client);

  std::string file_;
  std::vector<Rule> rules_;
  std::vector<std::string> problems_;
};

}  // namespace greylisting
