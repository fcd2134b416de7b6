#include "table.h"

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

namespace greylisting::bench {

void Table::add(Figure figure) {
  if (figures_.empty())
    std::printf("| what | beside | measured | goal | | detail |\n| --- | --- | --- | --- | --- | --- |\n");
  std::printf("| %s | %s | %.2f%s | ", figure.what.c_str(), figure.beside.c_str(), figure.value,
              figure.unit.empty() ? "×" : (' ' + figure.unit).c_str());
  if (figure.goal > 0) {
    std::printf("%s %.2f× | %s", figure.at_least ? "≥" : "≤", figure.goal,
                figure.is_met() ? "met" : "missed");
  } else {
    std::printf("– | ");
  }
  std::printf(" | %s |\n", figure.detail.c_str());
  std::fflush(stdout);
  figures_.push_back(std::move(figure));
}

void Table::write_json(const std::filesystem::path& file) const {
  auto list = nlohmann::json::array();
  for (const Figure& figure : figures_) {
    list.push_back({{"what", figure.what},
                    {"beside", figure.beside},
                    {"value", figure.value},
                    {"unit", figure.unit.empty() ? "ratio" : figure.unit},
                    {"goal", figure.goal > 0 ? nlohmann::json(figure.goal) : nlohmann::json()},
                    {"at_least", figure.at_least},
                    {"met", figure.is_met()},
                    {"detail", figure.detail}});
  }
  std::ofstream(file) << list.dump(2) << '\n';
}

}  // namespace greylisting::bench
