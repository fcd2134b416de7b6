#include "ctl/report_page/sections.h"

#include <string>

#include "ctl/report_page/html.h"

namespace greylisting::ctl {

Section glossary_section() {
  const auto word = [](const char* term, const char* meaning) {
    return element("dt", escaped(term)) + element("dd", escaped(meaning));
  };
  return {
      "words", "What the words mean",
      element(
          "dl",
          word("accepted",
               "The recipient was accepted: mail from known senders at once, other mail at a "
               "later attempt.") +
              word("deferred",
                   "The sending server was asked to try again later. Servers do so by themselves, and no "
                   "mail is lost by it.") +
              word("rejected",
                   "Refused, because an entry denies it or the client has written to a trap. The "
                   "sending server does not try again, unless the reply of the entry is temporary (4NN).") +
              word("errors", "No decision was made: the store could not be used. The log says why.") +
              word("first attempt",
                   "A network, a sender and a recipient that had not been seen together "
                   "before.") +
              word("block",
                   "For how long a first attempt is deferred: the setting block_expire, where no "
                   "entry says otherwise."),
          " class=\"words\"")};
}

}  // namespace greylisting::ctl
