// key_list: binary keys as they stand after IN.
#pragma once

#include <functional>
#include <string>

namespace greylisting::ctl {

/// `x'…', x'…'` of the hexadecimal digits that `digits` has of each row. Empty for no row.
template <typename Rows, typename Digits = std::identity>
std::string key_list(const Rows& rows, Digits digits = {}) {
  std::string list;
  for (const auto& row : rows)
    list.append(list.empty() ? "x'" : ", x'").append(std::invoke(digits, row)).append("'");
  return list;
}

}  // namespace greylisting::ctl
