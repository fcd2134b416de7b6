#include "ctl/records/journal_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "text/utc.h"

namespace greylisting::ctl {
namespace {

constexpr std::size_t kHours = 2;

}  // namespace

// Held open, so that no other file gets its number while it is looked at.
class JournalTail::File {
 public:
  explicit File(const std::string& name)
      : descriptor_(open(name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) {
    if (descriptor_ < 0 && errno != ENOENT)
      throw std::runtime_error(name + " cannot be read (" + std::strerror(errno) +
                               "): run this as root, or as the user that qmail-smtpd runs as");
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  bool is_same(const File& other) const { return number() == other.number(); }

  off_t size() const { return status().st_size; }

  // Empty at its end.
  std::string_view read_at(off_t offset, std::span<char> buffer) const {
    const ssize_t got = descriptor_ < 0 ? 0 : pread(descriptor_, buffer.data(), buffer.size(), offset);
    return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  }

 private:
  ino_t number() const { return status().st_ino; }

  struct stat status() const {
    struct stat status = {};
    if (descriptor_ < 0 || fstat(descriptor_, &status) != 0) status = {};
    return status;
  }

  int descriptor_;
};

JournalTail::JournalTail(const Journal& journal) : journal_(journal) {
  auto hours = journal.hours();
  if (hours.size() > kHours) hours.erase(hours.begin(), hours.end() - kHours);
  for (const std::time_t hour : hours) places_.try_emplace(hour);
}

void JournalTail::read(const Take& take) {
  const std::time_t first = places_.empty() ? 0 : places_.begin()->first;
  for (const std::time_t hour : journal_.hours()) {
    if (hour >= first) read_file(journal_.file(hour), places_[hour], take);
  }
  // Of an hour that is over a line may still come that was written late.
  while (places_.size() > kHours) places_.erase(places_.begin());
}

void JournalTail::read_file(const std::string& file, Place& place, const Take& take) {
  auto opened = std::make_shared<const File>(file);
  if (!place.file || !opened->is_same(*place.file) || opened->size() < place.offset)
    place = {.file = std::move(opened), .offset = 0};
  for (;;) {
    const std::string_view text = place.file->read_at(place.offset, buffer_);
    const auto end = text.rfind('\n');
    if (end == std::string_view::npos) {
      if (text.size() < kLongestLine) return;
      place.offset += kLongestLine;  // no line of ours
      continue;
    }
    for (std::string_view rest = text.substr(0, end + 1); !rest.empty();) {
      const auto line_end = rest.find('\n');
      if (const auto line = read_journal_line(rest.substr(0, line_end))) take(*line);
      rest.remove_prefix(line_end + 1);
    }
    place.offset += static_cast<off_t>(end) + 1;
  }
}

}  // namespace greylisting::ctl
