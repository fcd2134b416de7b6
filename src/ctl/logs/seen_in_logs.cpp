#include "ctl/logs/seen_in_logs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <deque>
#include <filesystem>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <variant>

#include "ctl/logs/log_line.h"
#include "judgement/attempt.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReadAtOnce = 1U << 18U;
constexpr std::size_t kMaxLine = 1U << 16U;  // what is longer is not looked at
constexpr std::size_t kMaxStamp = 100;

std::string shown(const std::string& log) { return log == "-" ? "standard input" : one_line(log); }

// The moment at which this host's wall clock shows that; nothing when it never does.
std::optional<std::time_t> moment_of(const WallClock& clock, int year) {
  std::tm fields{};
  fields.tm_year = year - 1900;
  fields.tm_mon = static_cast<int>(clock.month) - 1;
  fields.tm_mday = static_cast<int>(clock.day);
  fields.tm_hour = clock.hour;
  fields.tm_min = clock.minute;
  fields.tm_sec = clock.second;
  fields.tm_isdst = -1;
  const std::time_t moment = std::mktime(&fields);
  // There is not a 29th of February in every year.
  if (fields.tm_mday != static_cast<int>(clock.day)) return std::nullopt;
  return moment;
}

// Where no year is said: the newest that is not in the future. Another host's clock may be ahead.
std::optional<std::time_t> moment_of(const WallClock& clock, std::time_t now) {
  if (clock.year != 0) return moment_of(clock, clock.year);
  constexpr int kYearsWithLeapYear = 8;
  const std::time_t latest = now + kDay;
  std::tm fields{};
  localtime_r(&latest, &fields);
  const int this_year = fields.tm_year + 1900;
  for (int year = this_year; year > this_year - kYearsWithLeapYear; --year) {
    const auto moment = moment_of(clock, year);
    if (moment && *moment <= latest) return moment;
  }
  return std::nullopt;
}

// By which program a file was packed, as its first bytes say; empty where it was by none, or by gzip.
std::string_view packer_of(std::string_view begin) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kPackers{
      {{"\xfd\x37zXZ", "xz"}, {"\x28\xb5\x2f\xfd", "zstd"}, {"BZh", "bzip2"}}};
  for (const auto& [magic, packer] : kPackers) {
    if (begin.starts_with(magic)) return packer;
  }
  return "";
}

class Counter {
 public:
  Counter(const Settings& settings, std::time_t since, std::time_t now)
      : settings_(settings), since_(since), now_(now) {}

  // `without_stamp`: when a line was written that does not say so.
  std::time_t time_of(const Stamp& stamp, std::time_t without_stamp) const {
    if (const auto* const moment = std::get_if<std::chrono::sys_seconds>(&stamp))
      return std::chrono::system_clock::to_time_t(*moment);
    if (const auto* const clock = std::get_if<WallClock>(&stamp))
      return moment_of(*clock, now_).value_or(without_stamp);
    return without_stamp;
  }

  void add(std::string_view text, std::time_t without_stamp) {
    ++lines_;
    const LogLine line = read_log_line(text);
    const std::time_t written = std::min(time_of(line.stamp, without_stamp), now_);
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

  // A line that is too long to be looked at, of which `begin` has its stamp. It can be what qmail-smtpd says
  // of a user's name.
  void add_too_long(std::string_view begin, std::time_t without_stamp) {
    ++lines_;
    inside_of_.clear();
    distrust(std::min(time_of(read_log_line(begin).stamp, without_stamp), now_));
  }

  // All of a log has been read; the next is of another server.
  void finish_log() {
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

class LogReader {
 public:
  LogReader(Counter& counter, SeenInLogs& seen, std::time_t now)
      : counter_(counter), seen_(seen), now_(now) {}

  // All files of one log, which is added up as one.
  void read(const std::vector<std::string>& files) {
    for (const std::string& file : files) read_file(file);
    counter_.finish_log();
  }

  // The files of each log, in the order in which they were written. Those of one directory that are named one
  // by one are one log, as the directory is: what a client has written can go on in the next of them.
  std::vector<std::vector<std::string>> files_of(const std::vector<std::string>& logs) {
    std::vector<std::vector<std::string>> files;
    std::unordered_map<std::string, std::size_t> of_directory;  // the place in `files`
    for (const std::string& log : logs) {
      std::error_code error;
      if (log == "-") {
        files.push_back({log});
      } else if (fs::is_directory(log, error)) {
        files.push_back(files_in(log));
      } else {
        const fs::path directory = fs::weakly_canonical(fs::absolute(log).parent_path(), error);
        const auto [found, is_new] = of_directory.try_emplace(directory.string(), files.size());
        if (is_new) files.emplace_back();
        files[found->second].push_back(log);
      }
    }
    for (const auto& [directory, place] : of_directory) sort(files[place]);
    return files;
  }

 private:
  static bool is_of_multilog(const std::string& file) {
    const std::string name = fs::path(file).filename();
    return name == "current" || name.starts_with('@');
  }

  std::vector<std::string> files_in(const std::string& directory) {
    std::error_code error;
    std::vector<std::string> files;
    for (fs::directory_iterator file(directory, error), end; !error && file != end; file.increment(error)) {
      if (is_of_multilog(file->path())) files.push_back(file->path());
    }
    if (error) {
      complain(directory, error.message());
    } else if (files.empty()) {
      complain(directory, "there is no log of multilog in this directory (current, @…); name the files");
    }
    std::ranges::sort(files);
    return files;
  }

  // multilog's by name, in which they have a time; others by what they begin with.
  void sort(std::vector<std::string>& files) const {
    std::ranges::sort(files, {}, [](const std::string& file) { return fs::path(file).filename(); });
    if (std::ranges::all_of(files, is_of_multilog)) return;
    std::vector<std::pair<std::time_t, std::string>> with_begin;
    with_begin.reserve(files.size());
    for (const std::string& file : files) with_begin.emplace_back(begin_of(file), file);
    std::ranges::stable_sort(with_begin, {}, &std::pair<std::time_t, std::string>::first);
    std::ranges::transform(with_begin, files.begin(), &std::pair<std::time_t, std::string>::second);
  }

  // When the first line was written.
  std::time_t begin_of(const std::string& log) const {
    struct stat status = {};
    if (stat(log.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return now_;
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(log.c_str(), "rbe"), gzclose_r);
    std::array<char, kMaxStamp> begin{};
    const int size = file ? gzread(file.get(), begin.data(), begin.size()) : 0;
    const std::string_view text(begin.data(), static_cast<std::size_t>(std::max(size, 0)));
    return counter_.time_of(read_log_line(text.substr(0, text.find('\n'))).stamp, status.st_mtime);
  }

  void complain(const std::string& log, const std::string& why) {
    seen_.problems.push_back(shown(log) + ": " + why);
  }

  void read_file(const std::string& log) {
    const int descriptor = log == "-" ? dup(STDIN_FILENO) : open(log.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
      complain(log, std::string("cannot be read (") + std::strerror(errno) + "), so nothing in it counts");
      return;
    }
    struct stat status = {};
    const bool is_file = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    // Reads what is not of gzip as it is.
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzdopen(descriptor, "rb"), gzclose_r);
    if (!file) {
      close(descriptor);
      throw std::bad_alloc();
    }
    gzbuffer(file.get(), kReadAtOnce / 2);
    ++seen_.files;
    read_lines(*file, log, is_file ? status.st_mtime : now_);
  }

  void read_lines(gzFile_s& file, const std::string& log, std::time_t written) {
    std::string rest;   // of a line that has not ended yet
    std::string begin;  // of one that is too long
    bool is_too_long = false;
    bool is_begin = true;
    int size = 0;
    while ((size = gzread(&file, buffer_.data(), static_cast<unsigned>(buffer_.size()))) > 0) {
      std::string_view text(buffer_.data(), static_cast<std::size_t>(size));
      if (const auto packer = is_begin ? packer_of(text) : ""; !packer.empty()) {
        complain(log, "is packed, so nothing in it counts; unpack it: " + std::string(packer) +
                          " -dc FILE | greylistctl learn -");
        return;
      }
      is_begin = false;
      for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        if (!rest.empty() || is_too_long) {
          rest += text.substr(0, end);
          if (is_too_long) {
            counter_.add_too_long(begin, written);
          } else {
            counter_.add(rest, written);
          }
          rest.clear();
          is_too_long = false;
        } else {
          counter_.add(text.substr(0, end), written);
        }
        text.remove_prefix(end + 1);
      }
      rest += text;
      if (rest.size() > kMaxLine) {
        if (!is_too_long) begin = rest.substr(0, kMaxStamp);
        is_too_long = true;
        rest.clear();
      }
    }
    if (is_too_long) {
      counter_.add_too_long(begin, written);
    } else if (!rest.empty()) {
      counter_.add(rest, written);
    }
    int error = Z_OK;
    gzerror(&file, &error);
    if (error == Z_OK || error == Z_STREAM_END) return;
    const std::string why = error == Z_ERRNO       ? std::strerror(errno)
                            : error == Z_BUF_ERROR ? "its gzip data ends too early"
                                                   : "its gzip data is damaged";
    complain(log, "cannot be read to its end (" + why + "), so only what comes before counts");
  }

  Counter& counter_;
  SeenInLogs& seen_;
  std::time_t now_;
  std::vector<char> buffer_ = std::vector<char>(kReadAtOnce);
};

}  // namespace

SeenInLogs read_logs(const std::vector<std::string>& logs, const Settings& settings, std::time_t since,
                     std::time_t now) {
  Counter counter(settings, since, now);
  SeenInLogs read;
  LogReader reader(counter, read, now);
  for (const auto& files : reader.files_of(logs)) reader.read(files);
  SeenInLogs seen = counter.seen();
  seen.files = read.files;
  seen.problems = std::move(read.problems);
  return seen;
}

}  // namespace greylisting::ctl
