#include "store/table_fault.h"

#include <cstddef>

namespace greylisting {

std::string in_place_of(const std::string& column, const std::string& is, const std::string& should) {
  return std::string("a column ")
      .append(column)
      .append(" that is ")
      .append(is)
      .append(", not ")
      .append(should);
}

std::vector<std::string> sentences_of(const std::vector<TableFault>& faults, const std::string& begin,
                                      const std::string& has) {
  std::vector<std::string> sentences;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const bool is_first = i == 0 || faults[i].table != faults[i - 1].table;
    if (is_first && i > 0) sentences.back() += '.';
    if (is_first) {
      sentences.push_back(begin);
      sentences.back().append(" ").append(faults[i].table).append(", which ").append(has).append(" ");
    }
    sentences.back() += (is_first ? "" : ", ") + faults[i].text;
  }
  if (!sentences.empty()) sentences.back() += '.';
  return sentences;
}

}  // namespace greylisting
