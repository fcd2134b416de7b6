#include "ctl/imports/jgreylist.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "text/ascii.h"
#include "text/number.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

constexpr std::size_t kDigits = 3;
constexpr std::size_t kNetwork = 3;  // octets
constexpr std::size_t kAddress = 4;
constexpr unsigned kBitsPerOctet = 8;
constexpr std::time_t kHoldTime = 120;  // seconds, unless JGREYLIST_HOLDTIME says otherwise

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(directory.c_str()), closedir);
  if (!open)
    throw std::runtime_error(one_line(directory) + ": cannot be read (" + std::strerror(errno) +
                             "); name the directory of JGREYLIST_DIR, as root");
  while (const dirent* const entry = readdir(open.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

std::optional<unsigned> octet_of(const std::string& name) {
  const auto octet = number_of<unsigned>(name);
  return name.size() == kDigits && ascii::is_digits(name) && octet && *octet <= 255 ? octet : std::nullopt;
}

class DirectoryReader {
 public:
  explicit DirectoryReader(Known& known) : known_(known) {}

  // `octets` are those that the directory stands for.
  void read(const std::string& directory, const std::vector<unsigned>& octets) {
    for (const std::string& name : names_in(directory)) {
      const std::string file = std::string(directory).append("/").append(name);
      struct stat status = {};
      const auto octet = octet_of(name);
      std::vector<unsigned> more = octets;
      more.push_back(octet.value_or(0));
      if (lstat(file.c_str(), &status) != 0) {
        problem(file, std::string("cannot be read (") + std::strerror(errno) + ')');
      } else if (octet && S_ISDIR(status.st_mode) && more.size() < kAddress) {
        try {
          read(file, more);
        } catch (const std::runtime_error& error) {
          known_.problems.emplace_back(error.what());
        }
      } else if (octet && S_ISREG(status.st_mode) && more.size() >= kNetwork) {
        add(more, status);
      } else {
        problem(file, "is no file of a client (192/000/002 or 192/000/002/007)");
      }
    }
  }

 private:
  void add(std::vector<unsigned> octets, const struct stat& status) {
    const auto prefix = static_cast<unsigned>(octets.size()) * kBitsPerOctet;
    octets.resize(kAddress);
    std::string client;
    for (const unsigned octet : octets)
      client.append(client.empty() ? "" : ".").append(std::to_string(octet));
    known_.triplets.push_back({.client = client,
                               .first = status.st_mtime,
                               .last = std::max(status.st_atime, status.st_mtime),
                               .has_passed = status.st_atime - status.st_mtime >= kHoldTime,
                               .hold = kHoldTime,
                               .ipv4_prefix = prefix});
  }

  void problem(const std::string& file, const std::string& what) {
    known_.problems.push_back(one_line(file) + ": " + what);
  }

  Known& known_;
};

}  // namespace

Known read_jgreylist(const std::string& directory) {
  Known known;
  DirectoryReader(known).read(directory, {});
  const bool has_visits = std::ranges::any_of(
      known.triplets, [](const KnownTriplet& client) { return client.last > client.first; });
  if (!has_visits && !known.triplets.empty()) {
    for (KnownTriplet& client : known.triplets) client.has_passed = true;
    known.notes.push_back("no file in " + one_line(directory) +
                          " has a time of access after that of its making, as on a file system without "
                          "these (noatime), so that every client is taken for one that has passed");
  }
  return known;
}

}  // namespace greylisting::ctl
