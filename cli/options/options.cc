#include "cli/options/options.h"

#include <format>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/options/option_table.h"
#include "config/problem.h"
#include "config/suggest.h"

namespace verge::cli {
namespace {

using config::Quoted;

class Parser {
 public:
  explicit Parser(std::span<const char* const> args) : args_(args) {}

  std::expected<Options, std::string> Run() {
    while (next_ < args_.size()) {
      const std::string_view arg = args_[next_++];
      const bool is_option = !only_operands_ && arg.size() > 1 && arg[0] == '-';
      if (is_option && arg == "--") {
        only_operands_ = true;
        continue;
      }
      const bool good = is_option ? TakeOption(arg) : TakeOperand(arg);
      if (!good) return std::unexpected(std::move(error_));
      // Help and the version are answers in themselves: nothing behind them can be wrong any more.
      if (done_) break;
    }
    return std::move(options_);
  }

 private:
  bool Fail(std::string_view message) {
    const std::string about = command_ == nullptr ? "" : std::string(command_->name) + " ";
    error_ = std::format("verge: {} (see verge {}--help)", message, about);
    return false;
  }

  [[nodiscard]] Command current() const { return command_ == nullptr ? Command::kHelp : command_->command; }

  bool TakeOption(std::string_view arg) {
    const size_t sign = arg.starts_with("--") ? arg.find('=') : std::string_view::npos;
    const std::string_view name = arg.substr(0, sign);
    const OptionSpec* option = FindOption(name, current());
    if (option == nullptr) return FailUnknownOption(name);

    std::string_view value;
    if (option->value.empty()) {
      if (sign != std::string_view::npos) return Fail(std::format("{} takes no value", name));
    } else if (sign != std::string_view::npos) {
      value = arg.substr(sign + 1);
    } else if (next_ < args_.size() && !std::string_view(args_[next_]).starts_with("--")) {
      value = args_[next_++];
    } else {
      return Fail(std::format("{} needs a value: {} {}", name, name, option->value));
    }
    if (const auto right = option->apply(value, &options_)) {
      return Fail(std::format("{} must be {}; found {}", name, *right, Quoted(value)));
    }
    done_ = options_.command != current() || option->name == "--help";
    return true;
  }

  bool FailUnknownOption(std::string_view name) {
    std::vector<std::string_view> names;
    for (const OptionSpec& option : OptionSpecs()) {
      if (command_ == nullptr && FindOption(name, Command::kHelp) == nullptr) {
        // Right, but in the wrong place.
        if (option.name == name || (!option.alias.empty() && option.alias == name)) {
          return Fail(std::format("{} belongs behind a command, as in verge {} {}", name, Commands()[0].name, name));
        }
      }
      if ((option.commands & SetOf(current())) == 0) continue;
      names.push_back(option.name);
      if (option.alias.starts_with("--")) names.push_back(option.alias);
    }
    // "-port" and "port" are as near as they look.
    const std::string spelt = name.starts_with("--") ? std::string(name) : "-" + std::string(name);
    return Fail(std::format("unknown option {}{}", Quoted(name), config::DidYouMean(spelt, names)));
  }

  bool TakeOperand(std::string_view arg) {
    if (command_ == nullptr && !about_help_) {
      if (arg == "help") {
        about_help_ = true;
        return true;
      }
      command_ = FindCommand(arg);
      if (command_ == nullptr) return FailUnknownCommand(arg);
      const bool color = options_.color;
      SetDefaults(command_->command, &options_);
      options_.color = color;
      return true;
    }
    if (about_help_) {
      const CommandSpec* topic = FindCommand(arg);
      if (topic == nullptr) return FailUnknownCommand(arg);
      options_.help_about = topic->command;
      done_ = true;
      return true;
    }
    if (command_->operand.empty() || has_path_) return Fail(std::format("unexpected argument {}", Quoted(arg)));
    if (arg.empty()) return Fail("the path is empty");
    options_.path = arg;
    has_path_ = true;
    return true;
  }

  bool FailUnknownCommand(std::string_view arg) {
    // "verge worker.js" is what one tries first.
    const bool path = arg.find_first_of("./") != std::string_view::npos;
    if (path)
      return Fail(
          std::format("unknown command {}; to run a worker: verge dev {}", Quoted(arg), config::Printable(arg)));
    std::vector<std::string_view> names;
    for (const CommandSpec& command : Commands()) names.push_back(command.name);
    names.push_back("help");
    return Fail(std::format("unknown command {}{}", Quoted(arg), config::DidYouMean(arg, names)));
  }

  std::span<const char* const> args_;
  size_t next_ = 0;
  const CommandSpec* command_ = nullptr;
  bool about_help_ = false;
  bool has_path_ = false;
  bool only_operands_ = false;
  bool done_ = false;
  Options options_;
  std::string error_;
};

}  // namespace

std::expected<Options, std::string> Parse(std::span<const char* const> args) { return Parser(args).Run(); }

}  // namespace verge::cli
