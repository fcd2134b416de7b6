// seen_in_logs: what logs of mail servers say of client networks, and of whom one's own users write to,
// added up.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

#include "mail/network.h"
#include "settings/settings.h"

namespace greylisting::ctl {

/// A client network in the time that counts. What it tried beside that was refused, or of one's own users.
struct SeenNetwork {
  Network network;
  std::uint64_t accepted = 0;
  std::uint64_t hung_up = 0;
  std::uint64_t other_attempts = 0;
  std::time_t last_accepted = 0;
};

/// Mail of one's own user, and to whom it has gone.
struct Correspondence {
  std::string sender;
  std::string recipient;
  std::time_t last = 0;
};

/// By what it is known that mail was accepted: by the best that there is in the logs.
enum class ToldBy { let_in, recipients, messages };

struct SeenInLogs {
  std::vector<SeenNetwork> networks;
  std::vector<Correspondence> outgoing{};
  std::uint64_t files = 0;
  std::uint64_t lines = 0;
  std::uint64_t understood = 0;         // that say something of a client, or of mail that goes out
  std::uint64_t broken_by_clients = 0;  // lines that a client has broken, see read_logs
  ToldBy told_by = ToldBy::let_in;
  std::vector<std::string> problems{};  // what could not be read, and the remedy
};

/// Reads `logs` (lines_of_logs.h). Counts lines since `since`. A line without a stamp is taken to be as old
/// as its file, and one of the future to be of `now`. The memory it takes grows with the number of networks
/// and correspondents, and of messages within a minute, without a stamp or on their way.
///
/// A client can have qmail-smtpd write lines of the client's own, by a user name with line ends in it
/// (qmail_log.h). So a message counts only after an accepted recipient of the same process and client;
/// nothing counts of what is between a `user=<` and its end; and where the server's next line about that name
/// shows that it had more to it than it seemed, nothing counts that was written within a minute of it, before
/// or after: when it was written is what no client can choose.
SeenInLogs read_logs(const std::vector<std::string>& logs, const Settings& settings, std::time_t since,
                     std::time_t now);

}  // namespace greylisting::ctl
