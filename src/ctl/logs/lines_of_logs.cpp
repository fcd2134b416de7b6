#include "ctl/logs/lines_of_logs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <new>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "ctl/logs/log_line.h"
#include "ctl/logs/written_at.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReadAtOnce = 1U << 18U;
constexpr std::size_t kMaxStamp = 100;

std::string shown(const std::string& log) { return log == "-" ? "standard input" : one_line(log); }

// By which program a file was packed, as its first bytes say; empty where it was by none, or by gzip.
std::string_view packer_of(std::string_view begin) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kPackers{
      {{"\xfd\x37zXZ", "xz"}, {"\x28\xb5\x2f\xfd", "zstd"}, {"BZh", "bzip2"}}};
  for (const auto& [magic, packer] : kPackers) {
    if (begin.starts_with(magic)) return packer;
  }
  return "";
}

class LogReader {
 public:
  LogReader(LogTaker& taker, std::time_t now) : taker_(taker), now_(now) {}

  LogFiles read(const std::vector<std::string>& logs) {
    for (const auto& files : files_of(logs)) {
      for (const std::string& file : files) read_file(file);
      taker_.finish_log();
    }
    return std::move(read_);
  }

 private:
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
    return written_at(read_log_line(text.substr(0, text.find('\n'))).stamp, now_, status.st_mtime);
  }

  void complain(const std::string& log, const std::string& why) {
    read_.problems.push_back(shown(log) + ": " + why);
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
    ++read_.count;
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
            taker_.add_too_long(begin, written);
          } else {
            taker_.add(rest, written);
          }
          rest.clear();
          is_too_long = false;
        } else {
          taker_.add(text.substr(0, end), written);
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
      taker_.add_too_long(begin, written);
    } else if (!rest.empty()) {
      taker_.add(rest, written);
    }
    int error = Z_OK;
    gzerror(&file, &error);
    if (error == Z_OK || error == Z_STREAM_END) return;
    const std::string why = error == Z_ERRNO       ? std::strerror(errno)
                            : error == Z_BUF_ERROR ? "its gzip data ends too early"
                                                   : "its gzip data is damaged";
    complain(log, "cannot be read to its end (" + why + "), so only what comes before counts");
  }

  LogTaker& taker_;
  std::time_t now_;
  LogFiles read_{};
  std::vector<char> buffer_ = std::vector<char>(kReadAtOnce);
};

}  // namespace

LogFiles read_lines_of(const std::vector<std::string>& logs, std::time_t now, LogTaker& taker) {
  return LogReader(taker, now).read(logs);
}

}  // namespace greylisting::ctl
