// clients: what qmail-smtpd may know of one besides its address, a name and what SPF says.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "installation.h"

namespace greylisting::test {

/// What `rcpt` has in its environment wins.
inline Rcpt with(std::map<std::string, std::string> environment, Rcpt rcpt = {}) {
  rcpt.environment.merge(environment);
  return rcpt;
}

/// A client whose name tcpserver has verified.
inline Rcpt named(std::string client, std::string name) {
  return {.client = std::move(client), .environment = {{"TCPREMOTEHOST", std::move(name)}}};
}

/// An attempt that SPF has confirmed.
inline Rcpt vouched(std::string client, std::string sender = "alice@example.net") {
  return {.client = std::move(client), .sender = std::move(sender), .environment = {{"SPFRESULT", "pass"}}};
}

}  // namespace greylisting::test
