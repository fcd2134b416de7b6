// journal_tail: the lines that come to this host's journal, as they come. Nothing is asked of who writes it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/journal.h"

namespace greylisting::ctl {

class JournalTail {
 public:
  using Take = std::function<void(const JournalLine&)>;

  /// Begins with the latest two hours of which there is anything.
  explicit JournalTail(const Journal& journal);

  /// Hands over all that there is, and the next time what has been added since. A file that the clean-up has
  /// deleted is gone; one that has become shorter, or another one, is read from its beginning. Throws
  /// std::runtime_error, with the remedy, where one cannot be read.
  void read(const Take& take);

 private:
  static constexpr std::size_t kLongestLine = 65536;

  class File;
  struct Place {
    std::shared_ptr<const File> file{};
    off_t offset = 0;
  };

  void read_file(const std::string& file, Place& place, const Take& take);

  const Journal& journal_;
  std::map<std::time_t, Place> places_{};  // by hour: the latest two, and later ones
  std::vector<char> buffer_ = std::vector<char>(kLongestLine);
};

}  // namespace greylisting::ctl
