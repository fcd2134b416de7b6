// list_file: files of patterns, in the program's own format and in those of Postgrey and SQLgrey.
//
// The plain format has one pattern a line:
//     [client|sender|recipient] PATTERN [until=DATE] [reply="550 text"]  # comment
// PATTERN is as in pattern.h, or a range of addresses, of a client when nothing else is said; DATE is
// YYYY-MM-DD, to the end of that day, or "YYYY-MM-DD hh:mm:ss", both in UTC; the reply is one line of the
// class 4 or 5 (reply.h). A comment begins with # at the line's start or after a blank. Empty lines and a
// byte order mark are skipped.
//
// The others are read as their programs read them (postgrey 1.37, sqlgrey 1.8.0): a # anywhere begins a
// comment, and the rest of the line is one entry.
//     postgrey-clients     domain and subdomains, address, CIDR network, first two or three octets, /regexp/
//     postgrey-recipients  user@, user@domain (also with +extension), domain and subdomains, /regexp/
//     sqlgrey-ip           address, CIDR network, first one to three octets
//     sqlgrey-fqdn         name alone, *.domain for its subdomains (a domain with a regular expression's
//                          characters is one), /regexp/
// SQLgrey minds the case of names and regular expressions; here they match in any case, as a name's case
// says nothing (RFC 4343). Both programs know a client without a name as "unknown", which is <> here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lists/pattern.h"

namespace greylisting {

enum class ListFormat { plain, postgrey_clients, postgrey_recipients, sqlgrey_ip, sqlgrey_fqdn };

/// The format of that name: `plain`, `postgrey-clients`, `postgrey-recipients`, `sqlgrey-ip`, `sqlgrey-fqdn`.
std::optional<ListFormat> list_format(std::string_view name);
std::string_view name(ListFormat format);

struct ListedPattern {
  Pattern pattern;
  unsigned line = 0;      // from 1
  std::string until{};    // `YYYY-MM-DD` or `YYYY-MM-DD hh:mm:ss`, UTC; empty for ever
  std::string reply{};    // empty for the setting's
  std::string comment{};  // without its #; any bytes
};

/// Whether the entry's time is over at `now`, `YYYY-MM-DD hh:mm:ss` in UTC.
bool is_over(const ListedPattern& entry, std::string_view now);

struct ListFile {
  std::vector<ListedPattern> entries;  // those whose time is over among them
  /// The lines that were ignored, and why, each `file:line: …`; or why there is nothing of the file,
  /// `file: …`. Printable ASCII, as far as `file` is.
  std::vector<std::string> problems;
  bool is_read = true;  // there is something in it that can be read
};

/// The list in `text`, which is called `file` in problems. Never throws for what is in it.
ListFile parse_list(ListFormat format, const std::string& file, std::string_view text);

/// The list in that file; nothing when there is no such file. One that cannot be read, is no regular file,
/// can be written by everybody or is larger than 16 MiB makes a problem. Never waits for a FIFO or a device.
std::optional<ListFile> read_list(ListFormat format, const std::string& file);

}  // namespace greylisting
