// client_name: what a client's reverse name says about the line it is on.
//
// Providers name the addresses of home lines after a pattern: the address itself, or a word such as `dsl` or
// `pool`. A host whose name says that it is a mail server is one, whatever else the name has. The words and
// the decision are those of SQLgrey's `smart` method, but for these:
//   - the words of a server do not count in the registered domain (static.….your-server.de), and mailgw,
//     mailrelay and mout are among them;
//   - the address counts in any place when it is in hexadecimal, one number, or three octets in a row;
//   - a single octet counts at the start of the name, after a word for it or beside another: srv14, node-04
//   and
//     linux4 are not named after the address …4;
//   - who is registered as something with mail sends it, and so do some others that name their hosts by the
//     address (m42-4.mailgun.net);
//   - words of newer kinds of line count (bbcust, cpe, dynip, ftth, gpon, gprs, pppoe, vdsl);
//   - a final dot makes no part of the name out of the top-level domain (….com.mx.);
//   - IPv6 clients' names are looked at, too.
#pragma once

#include <string>
#include <string_view>

#include "mail/network.h"

namespace greylisting {

/// `name` in lower case and without final dots: the form in which names are compared.
std::string normal_client_name(std::string_view name);

/// Whether the name looks like that of a home or dial-up line. In any case, with or without a final dot; an
/// empty name looks like nothing. Takes time linear in the name's length.
bool looks_dynamic(std::string_view client_name, const IpAddress& client);

}  // namespace greylisting
