#include "store/table_fault.h"

#include <cstddef>

namespace greylisting {

std::vector<std::string> sentences_of(const std::vector<TableFault>& faults, const std::string& begin,
                                      const std::string& has) {
  std::vector<std::string> sentences;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const bool is_first = i == 0 || faults[i].table != faults[i - 1].table;
    if (is_first && i > 0) sentences.back() += '.';
    if (is_first) sentences.push_back(begin + ' ' + faults[i].table + ", which " + has + ' ');
    sentences.back() += (is_first ? "" : ", ") + faults[i].text;
  }
  if (!sentences.empty()) sentences.back() += '.';
  return sentences;
}

}  // namespace greylisting
