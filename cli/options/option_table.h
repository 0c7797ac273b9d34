// The commands and their options: one row each. A new command is a row of Commands() and its bit in the options that
// it shares; a new option is a row of OptionSpecs() and a member of Options.
#ifndef CLI_OPTIONS_OPTION_TABLE_H_
#define CLI_OPTIONS_OPTION_TABLE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/options/options.h"

namespace verge::cli {

// A set of commands.
using CommandSet = uint32_t;
constexpr CommandSet SetOf(Command command) { return CommandSet{1} << static_cast<unsigned>(command); }

struct CommandSpec {
  Command command;
  std::string_view name;
  std::string_view operand;  // "[FILE|DIR]": its one positional argument; empty when it takes none
  std::string_view summary;  // a line
  std::string_view purpose;  // a paragraph
  std::string_view examples[3];
};

struct OptionSpec {
  std::string_view name;   // "--port"
  std::string_view alias;  // "-p" or "--ip"; empty when there is none
  std::string_view value;  // "N" as in the help text; empty for a switch
  CommandSet commands;     // where it is allowed; kAnywhere is also before the command
  std::string_view help;   // what it does, without the default; empty: not shown

  // The default as the help text shows it; null when there is none to show.
  std::string (*default_text)(Command command);

  // Takes the value over ("" for a switch). Not: what it should have been, to follow "must be".
  std::optional<std::string_view> (*apply)(std::string_view value, Options* options);
};

inline constexpr CommandSet kAnywhere = ~CommandSet{0};

std::span<const CommandSpec> Commands();
const CommandSpec* FindCommand(std::string_view name);
const CommandSpec* FindCommand(Command command);

std::span<const OptionSpec> OptionSpecs();

// By name or alias, among those that the command has. `command` is kHelp while none has been read.
const OptionSpec* FindOption(std::string_view name, Command command);

// The values that options have for a command when the command line does not mention them.
void SetDefaults(Command command, Options* options);

}  // namespace verge::cli

#endif  // CLI_OPTIONS_OPTION_TABLE_H_
