#include <chrono>
#include <iostream>
#include <string>

#include "ctl/command_line/argument.h"
#include "ctl/commands.h"
#include "ctl/print/json.h"
#include "ctl/print/take_back.h"
#include "ctl/print/typed_command.h"
#include "ctl/records/expected.h"
#include "lists/entry.h"
#include "mail/expectation.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting::ctl {

int expect(const LoadedSettings& loaded, const ExpectOptions& options) {
  constexpr std::chrono::hours kLongest{24};
  const auto time = duration_of(options.duration);
  if (!time || *time > kLongest) {
    throw UsageError("--for: \"" + one_line(options.duration) +
                     "\" is not a duration of a day at most: 10m, 2h, 1d; for longer: " +
                     TypedCommand("skip").with({printable(address_meant_by(options.recipient))}));
  }
  const Address recipient = Address::recipient(address_meant_by(options.recipient));
  const auto at = recipient.text().rfind('@');
  const bool has_more = recipient.text().find_first_of(" <>[]\t") != std::string::npos;
  if (at == std::string::npos || at == 0 || recipient.domain().empty() || has_more)
    throw UsageError("\"" + one_line(options.recipient) +
                     "\" is not an address; name one as bob@example.org");
  const bool is_quoted = address_meant_by(options.recipient).starts_with('"');
  if (recipient.text().find('@') != at && !is_quoted)
    throw UsageError("\"" + one_line(options.recipient) +
                     "\" has more than one @; name one address, and the next with a command of its own");

  const auto administration = open_administration(loaded.settings);
  const Expectation expected = expected_by(recipient, Fingerprinter(loaded.settings.privacy_key));
  const std::string now = administration->now();
  const std::string before = expected_until(*administration, expected);
  expect_all(*administration, {{expected, time->count()}});
  const std::string until = expected_until(*administration, expected);
  const std::string undo = TypedCommand("remove").with({"expected", printable(recipient.text())});
  // What was expected before does not come back by it.
  const std::string note =
      before <= now ? ""
                    : "it was expected until " + before + " UTC already, and taking it back ends that, too";
  if (options.json) {
    Json json{
        {"recipient", one_line(recipient.text())}, {"until", rfc_3339(until)}, {"undo", json_texts({undo})}};
    if (!note.empty()) json.set("notes", json_texts({note}));
    std::cout << json.text() << '\n';
  } else {
    std::cout << "expected: all mail to " << one_line(recipient.text()) << ", until " << until << " UTC\n";
    if (!note.empty()) std::cout << "note: " << note << '\n';
    print_take_back({undo});
  }
  return kDone;
}

}  // namespace greylisting::ctl
