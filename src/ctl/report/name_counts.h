// name_counts: how often each of very many names came, in bounded memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace greylisting::ctl {

struct NameCount {
  std::string name;
  std::uint64_t count = 0;

  friend bool operator==(const NameCount&, const NameCount&) = default;
};

class NameCounts {
 public:
  /// As many different names are remembered: some 30 MB. Of more the rarest are forgotten, so that a count
  /// can then be too small, by less than one in a hundred thousand of all that was added.
  explicit NameCounts(std::size_t most = 200000) : most_(most) {}

  void add(std::string_view name, std::uint64_t count = 1);

  /// Those that came most often, the most frequent first, and by name where two came as often.
  std::vector<NameCount> top(std::size_t number) const;

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void forget_rare();

  std::size_t most_;
  std::uint64_t rare_ = 0;  // whoever came more often is remembered
  std::unordered_map<std::string, std::uint64_t, Hash, std::equal_to<>> counts_{};
};

}  // namespace greylisting::ctl
