#include "ctl/check/program_steps.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

namespace greylisting::ctl {
namespace {

using What = Step::What;

struct Option {
  std::string_view name;  // `u`, or a long one
  What what;
};

struct Program {
  std::string_view name;
  std::string_view with_value{};  // the letters of all options that take one
  std::array<Option, 5> options{};
  std::optional<What> argument{};  // what the first argument is
};

constexpr std::string_view kLimits = "acdflmoprstvn";

constexpr std::array kPrograms{
    Program{"tcpserver",
            "xtuglbBc",
            {{{"u", What::user}, {"g", What::group}, {"x", What::rules}, {"X", What::may_lack_rules}}}},
    Program{"sslserver",
            "xtTuglbBcw",
            {{{"u", What::user}, {"g", What::group}, {"x", What::rules}, {"X", What::may_lack_rules}}}},
    Program{"tcpsvd", "cCixultbpE", {{{"u", What::user}}}},
    Program{"sslsvd", "cCixultbpEUZK", {{{"u", What::user}}}},
    Program{"chpst", "uUbemdopfcrt/CnlL", {{{"u", What::user}, {"e", What::directory}}}},
    Program{"softlimit", kLimits},
    Program{"s6-softlimit", kLimits},
    Program{"ulimit", "bcdefiklmnpqrstuvxPRT"},
    Program{"env",
            "uCS",
            {{{"i", What::clears},
              {"u", What::unsets},
              {"ignore-environment", What::clears},
              {"unset", What::unsets}}}},
    Program{"setpriv", "", {{{"reuid", What::user}, {"regid", What::group}, {"reset-env", What::clears}}}},
    Program{"s6-applyuidgid", "ugG", {{{"u", What::user}, {"g", What::group}}}},
    Program{"sudo", "ugCDhpRrTtU", {{{"u", What::user}, {"g", What::group}}}},
    Program{"runuser", "ugG", {{{"u", What::user}, {"g", What::group}}}},
    Program{"setuidgid", "", {}, What::user},
    Program{"s6-setuidgid", "", {}, What::user},
    Program{"envuidgid", "", {}, What::user},
    Program{"s6-envuidgid", "", {}, What::user},
    Program{"envdir", "", {}, What::directory},
    Program{"s6-envdir", "", {}, What::directory},
    Program{"greylisting-front"},
};

bool has_limits(std::string_view program) {
  return program == "softlimit" || program == "s6-softlimit" || program == "chpst" || program == "ulimit";
}

class StepReader {
 public:
  explicit StepReader(const std::vector<ShellWord>& words) : words_(words) {}

  std::vector<Step> read() {
    for (; at_ < words_.size(); ++at_) {
      const std::string& text = words_[at_].text;
      if (program_ == nullptr || !text.starts_with('-')) {
        take_argument(words_[at_]);
      } else if (text.starts_with("--")) {
        take_long(words_[at_]);
      } else if (text == "-") {
        if (program_->name == "env") add(What::clears, text, {});
      } else {
        take_letters(words_[at_]);
      }
    }
    return std::move(steps_);
  }

 private:
  // `-vHRu USER`, `-uUSER`
  void take_letters(const ShellWord& word) {
    for (std::size_t i = 1; i < word.text.size(); ++i) {
      const std::string option{'-', word.text[i]};
      if (program_->with_value.find(word.text[i]) == std::string_view::npos) {
        take(option, {});
        continue;
      }
      const std::string rest = word.text.substr(i + 1);
      take(option, rest.empty() ? following() : ShellWord{rest, word.is_known});
      return;
    }
  }

  // `--reuid=USER`, `--reuid USER`
  void take_long(const ShellWord& word) {
    const std::size_t sign = word.text.find('=');
    const std::string name = word.text.substr(0, sign);
    const Option* const option = option_of(name.substr(2));
    if (option == nullptr) return;
    take(name, sign != std::string::npos      ? ShellWord{word.text.substr(sign + 1), word.is_known}
               : option->what == What::clears ? ShellWord{}
                                              : following());
  }

  void take(const std::string& option, const ShellWord& value) {
    if (const Option* const known = option_of(option.substr(option.starts_with("--") ? 2 : 1))) {
      add(known->what, option, value);
    } else if (has_limits(program_->name) && !value.text.empty()) {
      add(What::limits, option, value);
    }
  }

  // A server's options may be others than are known here, so it is left only at the next program.
  void take_argument(const ShellWord& word) {
    const std::string name = std::filesystem::path(word.text).filename();
    const auto* const known = std::ranges::find(kPrograms, name, &Program::name);
    if (awaited_) {
      add(*std::exchange(awaited_, std::nullopt), "", word);
      program_ = nullptr;
    } else if (known != kPrograms.end()) {
      program_ = known;
      awaited_ = known->argument;
      add(What::starts, "", {});
    } else if (program_ != nullptr && program_->name == "env" && word.text.find('=') != std::string::npos) {
      add(What::sets, "", word);
    } else if (program_ != nullptr &&
               (!is_server(std::string(program_->name)) || word.text.find('/') != std::string::npos ||
                word.text.find("smtpd") != std::string::npos)) {
      program_ = nullptr;
    }
  }

  const Option* option_of(const std::string& name) const {
    const auto* const found = std::ranges::find(program_->options, name, &Option::name);
    return found == program_->options.end() || name.empty() ? nullptr : found;
  }

  ShellWord following() { return ++at_ < words_.size() ? words_[at_] : ShellWord{"", false}; }

  void add(What what, const std::string& option, const ShellWord& value) {
    steps_.push_back({what, std::string(program_->name), option, value});
  }

  const std::vector<ShellWord>& words_;
  std::size_t at_ = 0;
  const Program* program_ = nullptr;
  std::optional<What> awaited_{};
  std::vector<Step> steps_;
};

}  // namespace

std::vector<Step> steps_of(const std::vector<ShellWord>& words) { return StepReader(words).read(); }

bool is_server(const std::string& program) { return program == "tcpserver" || program == "sslserver"; }

}  // namespace greylisting::ctl
