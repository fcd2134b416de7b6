// list_line: an entry as a line of a list file: what list_file.h reads, written.
#pragma once

#include <string>

#include "lists/entry.h"
#include "lists/list_file.h"

namespace greylisting::ctl {

struct ListLine {
  std::string text{};     // with its line end; two lines where the format needs two for one domain
  std::string why_not{};  // what of the entry the format cannot say; then there is no text
};

/// The entry in that form, so that it is read back to what it was, but for its action, which stands in no
/// list, and blanks around its comment. Two of SQLgrey's lines for a domain and its subdomains match what one
/// entry did.
ListLine list_line(ListFormat format, const Entry& entry);

}  // namespace greylisting::ctl
