// words: what a program is executed with, as the system wants it.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "program.h"

namespace greylisting::bench {

class Words {
 public:
  explicit Words(const Program& program) : file_(program.file), argument_(program.argument) {
    for (const auto& [name, value] : program.environment) variables_.push_back(name + '=' + value);
    for (std::string& variable : variables_) environment_.push_back(variable.data());
    environment_.push_back(nullptr);
    arguments_ = {file_.data(), argument_.empty() ? nullptr : argument_.data(), nullptr};
  }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;

  char* const* arguments() const { return arguments_.data(); }
  char* const* environment() const { return environment_.data(); }

 private:
  std::string file_;
  std::string argument_;
  std::vector<std::string> variables_{};
  std::array<char*, 3> arguments_{};
  std::vector<char*> environment_{};
};

}  // namespace greylisting::bench
