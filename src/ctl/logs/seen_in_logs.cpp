#include "ctl/logs/seen_in_logs.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "ctl/logs/lines_of_logs.h"
#include "ctl/logs/log_line.h"
#include "ctl/logs/written_at.h"
#include "judgement/attempt.h"

namespace greylisting::ctl {
namespace {

class Counter final : public LogTaker {
 public:
  Counter(const Settings& settings, std::time_t since, std::time_t now)
      : settings_(settings), since_(since), now_(now) {}

  void add(std::string_view text, std::time_t without_stamp) override {
    ++lines_;
    const LogLine line = read_log_line(text);
    const std::time_t written = std::min(written_at(line.stamp, now_, without_stamp), now_);
    if (!inside_of_.empty()) return add_to_user(line.message);
    if (line.user) return begin_user(line);
    if (line.refused_user) end_user(line, written);
    if (line.is_cut) distrust(written);
    if (line.on_its_way != OnItsWay::nothing) follow(line, written);
    if (line.event == LogEvent::other) return;
    if (line.on_its_way == OnItsWay::nothing) ++understood_;
    if (line.event == LogEvent::message || line.event == LogEvent::message_accepted ||
        line.event == LogEvent::message_queued)
      told_by_ = ToldBy::messages;
    if (line.event == LogEvent::recipient_accepted) told_by_ = std::max(told_by_, ToldBy::recipients);
    if (line.event == LogEvent::message_queued) return add_queued(line, written);
    const bool has_envelope = follows_envelope(line);
    if (written < since_ || is_distrusted(written)) return;
    Tally& tally = tally_of(line);
    if (line.event == LogEvent::recipient_accepted && !line.process.empty())
      processes_[std::string(line.process)].tally = &tally;
    switch (line.event) {
      case LogEvent::message_accepted:
        if (has_envelope || !line.needs_envelope)
          hold({.written = written, .tally = &tally, .event = line.event});
        break;
      case LogEvent::recipient_accepted:
      case LogEvent::recipient_let_in:
      case LogEvent::hung_up:
        hold({.written = written, .tally = &tally, .event = line.event});
        break;
      default:
        ++tally.other_attempts;
    }
  }

  // It can be what qmail-smtpd says of a user's name.
  void add_too_long(std::string_view begin, std::time_t without_stamp) override {
    ++lines_;
    inside_of_.clear();
    distrust(std::min(written_at(read_log_line(begin).stamp, now_, without_stamp), now_));
  }

  void finish_log() override {
    for (const Held& held : held_) count(held);
    held_.clear();
    processes_.clear();
    own_messages_.clear();
    inside_of_.clear();
    distrusted_.reset();
  }

  SeenInLogs seen() const {
    SeenInLogs seen{.networks = {},
                    .outgoing = {},
                    .lines = lines_,
                    .understood = understood_,
                    .broken_by_clients = broken_,
                    .told_by = told_by_};
    for (const auto& [key, correspondence] : correspondences_) {
      if (correspondence.last != 0) seen.outgoing.push_back(correspondence);
    }
    for (const auto& [key, tally] : tallies_) {
      const std::array counts{&tally.let_in, &tally.recipients, &tally.messages};
      const Accepted& accepted = *counts.at(static_cast<std::size_t>(told_by_));
      // What is not counted is more than hanging up.
      std::uint64_t others = tally.other_attempts;
      for (const Accepted* const count : counts) others += count == &accepted ? 0 : count->count;
      seen.networks.push_back({.network = tally.network,
                               .accepted = accepted.count,
                               .hung_up = tally.hung_up,
                               .other_attempts = others,
                               .last_accepted = accepted.last});
    }
    return seen;
  }

 private:
  struct Accepted {
    std::uint64_t count = 0;
    std::time_t last = 0;

    void add(std::time_t when) {
      ++count;
      last = std::max(last, when);
    }
  };

  struct Tally {
    Network network;
    Accepted messages{};
    Accepted recipients{};
    Accepted let_in{};
    std::uint64_t hung_up = 0;
    std::uint64_t other_attempts = 0;
  };

  // What is not counted yet: a line soon after may show that it is not the server's.
  struct Held {
    std::time_t written;
    Tally* tally = nullptr;
    LogEvent event = LogEvent::other;
    Correspondence* correspondence = nullptr;
  };

  struct Process {
    Tally* tally = nullptr;           // of that recipient's client, where it counts
    std::string envelope;             // of the recipient that was accepted last: client and port
    bool names_users = false;         // it has logged an AUTH
    std::optional<std::string> user;  // of the last, as the server is going to say it once more
  };

  static constexpr std::time_t kSoon = 60;

  static bool is_soon(std::time_t one, std::time_t other) {
    return one - other <= kSoon && other - one <= kSoon;
  }

  bool is_distrusted(std::time_t written) const { return distrusted_ && is_soon(written, *distrusted_); }

  void distrust(std::time_t written) {
    ++broken_;
    distrusted_ = written;
    std::erase_if(held_, [&](const Held& held) { return is_soon(held.written, written); });
  }

  void hold(const Held& held) {
    while (!held_.empty() && !is_soon(held_.front().written, held.written)) {
      count(held_.front());
      held_.pop_front();
    }
    held_.push_back(held);
  }

  static void count(const Held& held) {
    if (held.correspondence != nullptr) {
      held.correspondence->last = std::max(held.correspondence->last, held.written);
      return;
    }
    switch (held.event) {
      case LogEvent::message_accepted:
        return held.tally->messages.add(held.written);
      case LogEvent::recipient_accepted:
        return held.tally->recipients.add(held.written);
      case LogEvent::recipient_let_in:
        return held.tally->let_in.add(held.written);
      default:
        ++held.tally->hung_up;
    }
  }

  // A message of one's own on its way, from the line that says that it is to its last.
  void follow(const LogLine& line, std::time_t written) {
    ++understood_;
    const std::string id(line.message_id);
    if (line.on_its_way == OnItsWay::begins) {
      own_messages_[id] = line.address;
      return;
    }
    const auto found = own_messages_.find(id);
    if (found == own_messages_.end()) return;
    std::string& sender = found->second;
    if (line.on_its_way == OnItsWay::ends) {
      own_messages_.erase(found);
    } else if (line.on_its_way == OnItsWay::has_sender) {
      sender = line.address;
    } else if (!sender.empty() && line.address.find('@') != std::string_view::npos && written >= since_ &&
               !is_distrusted(written)) {
      const std::string recipient(line.address);
      Correspondence& correspondence =
          correspondences_.try_emplace(sender + '\n' + recipient, Correspondence{sender, recipient})
              .first->second;
      hold({.written = written, .correspondence = &correspondence});
    }
  }

  // A message that waits in the queue is told again at each try to deliver it.
  void add_queued(const LogLine& line, std::time_t written) {
    const auto found = processes_.find(std::string(line.process));
    if (found == processes_.end()) return;
    if (found->second.tally != nullptr && !is_distrusted(written))
      hold({.written = written, .tally = found->second.tally, .event = LogEvent::message_accepted});
    processes_.erase(found);
  }

  // Whether the process has accepted a recipient of this client for the message; and remembers what comes
  // next.
  bool follows_envelope(const LogLine& line) {
    if (line.process.empty()) return false;
    const std::string client = line.client->text() + ' ' + std::string(line.port);
    std::string& envelope = processes_[std::string(line.process)].envelope;
    const bool follows = envelope == client;
    if (line.event == LogEvent::recipient_accepted) {
      envelope = client;
    } else if (line.event != LogEvent::attempt) {
      envelope.clear();
    }
    return follows;
  }

  // As outqlog of qmail-smtpd writes it.
  static std::string as_logged(std::string_view user) {
    std::string text(user);
    const auto is_hidden = [](char c) { return c <= ' ' || c > '~'; };
    std::ranges::replace_if(text, is_hidden, '_');
    return text;
  }

  void begin_user(const LogLine& line) {
    std::string_view user = *line.user;
    const bool is_whole = user.ends_with('>');
    if (is_whole) user.remove_suffix(1);
    Process& process = processes_[std::string(line.process)];
    process.names_users = true;
    process.user = as_logged(user);
    if (!is_whole) inside_of_ = line.process;
  }

  void add_to_user(std::string_view message) {
    std::string& user = *processes_[inside_of_].user;
    if (user.size() < kMaxLine) user += '_' + as_logged(message);
    if (!message.ends_with('>')) return;
    user.pop_back();
    inside_of_.clear();
  }

  // A name that is not the one that was read had an end of its own making.
  void end_user(const LogLine& line, std::time_t written) {
    const auto found = processes_.find(std::string(line.process));
    if (found == processes_.end() || !found->second.names_users) {
      // Where it began may be in a file that is not read. No line that counts is shorter.
      constexpr std::size_t kLeastForged = 32;
      const std::string_view user = *line.refused_user;
      if (user.size() > kLeastForged && user.find('_') != std::string_view::npos) distrust(written);
      return;
    }
    if (found->second.user != as_logged(*line.refused_user)) distrust(written);
    found->second.user.reset();
  }

  // By the network that counts for the plugin.
  Tally& tally_of(const LogLine& line) {
    const Session session{.client = line.client->text(), .client_name = std::string(line.client_name)};
    const Network network = Attempt::from(session, settings_).triplet.network;
    return tallies_.try_emplace(network.text(), Tally{network}).first->second;
  }

  const Settings& settings_;
  std::time_t since_;
  std::time_t now_;
  ToldBy told_by_ = ToldBy::let_in;
  std::uint64_t lines_ = 0;
  std::uint64_t understood_ = 0;
  std::unordered_map<std::string, Tally> tallies_;
  std::unordered_map<std::string, Process> processes_;
  std::unordered_map<std::string, std::string>
      own_messages_;  // on their way: id, and sender once it is known
  std::unordered_map<std::string, Correspondence> correspondences_;
  std::deque<Held> held_;
  std::string inside_of_;  // the process whose user's name has not ended; empty for none
  std::uint64_t broken_ = 0;
  std::optional<std::time_t> distrusted_;  // when the last line was written that showed a client's own
};

}  // namespace

SeenInLogs read_logs(const std::vector<std::string>& logs, const Settings& settings, std::time_t since,
                     std::time_t now) {
  Counter counter(settings, since, now);
  LogFiles files = read_lines_of(logs, now, counter);
  SeenInLogs seen = counter.seen();
  seen.files = files.count;
  seen.problems = std::move(files.problems);
  return seen;
}

}  // namespace greylisting::ctl
