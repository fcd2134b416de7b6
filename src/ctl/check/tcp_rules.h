// tcp_rules: the rules of tcpserver, as tcprules(1) has made a cdb of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace greylisting::ctl {

struct TcpRule {
  std::string address;  // `192.0.2.`, `=mail.example.net`; empty for clients that no other rule names
  bool denies = false;
  std::vector<std::pair<std::string, std::string>> variables{};

  bool sets(std::string_view name) const;
};

/// The records of a cdb (https://cr.yp.to/cdb/cdb.txt), in the order of the file but for that of clients that
/// no other names, which is the last, and sets nothing where the file has none. Nothing of a file that is no
/// cdb.
std::optional<std::vector<TcpRule>> parse_tcp_rules(std::string_view cdb);

}  // namespace greylisting::ctl
