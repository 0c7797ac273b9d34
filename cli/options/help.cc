// The help pages, set from the tables.
#include <algorithm>
#include <format>
#include <string>
#include <string_view>

#include "cli/options/option_table.h"
#include "cli/options/options.h"

namespace verge::cli {
namespace {

constexpr size_t kWidth = 80;
constexpr size_t kIndent = 26;  // of what options do

// Appends `text` word by word. The first line begins at column `column`, the next ones at `indent`.
void AppendWrapped(std::string_view text, size_t column, size_t indent, std::string* out) {
  bool first = true;
  while (!text.empty()) {
    const size_t length = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    if (!first && column + 1 + length > kWidth) {
      *out += '\n';
      out->append(indent, ' ');
      column = indent;
    } else if (!first) {
      *out += ' ';
      ++column;
    }
    *out += word;
    column += length;
    first = false;
  }
  *out += '\n';
}

void AppendRow(std::string_view left, std::string_view right, size_t indent, std::string* out) {
  std::string line = "  " + std::string(left);
  if (line.size() + 2 > indent) {
    *out += line + "\n";
    line.clear();
  }
  line.resize(indent, ' ');
  *out += line;
  AppendWrapped(right, indent, indent, out);
}

void AppendOptions(Command command, std::string* out) {
  for (const OptionSpec& option : OptionSpecs()) {
    if ((option.commands & SetOf(command)) == 0 || option.help.empty()) continue;
    std::string left;
    if (option.alias.starts_with("--")) {
      left = std::format("{}, {}", option.name, option.alias);
    } else if (!option.alias.empty()) {
      left = std::format("{}, {}", option.alias, option.name);
    } else {
      left = option.name;
    }
    if (!option.value.empty()) left += " " + std::string(option.value);
    std::string right(option.help);
    if (option.default_text != nullptr) right += std::format(" Default: {}.", option.default_text(command));
    AppendRow(left, right, kIndent, out);
  }
}

void AppendExitCodes(std::string* out) {
  *out += "\nExit codes:\n";
  AppendRow("0", "it did what it was asked to, or was stopped by a signal and drained", 6, out);
  AppendRow(std::to_string(kUsageExitCode),
            "it could not start: a wrong command line, a configuration or a script with errors, a port in use, …", 6,
            out);
}

std::string Overview() {
  std::string out =
      "verge runs JavaScript workers: on a laptop while they are written, on a server\n"
      "once they are done.\n"
      "\n"
      "Usage: verge COMMAND [ARGUMENTS]\n"
      "\n"
      "Commands:\n";
  for (const CommandSpec& command : Commands()) AppendRow(command.name, command.summary, kIndent, &out);
  AppendRow("init", "Begin a project from a template", kIndent, &out);
  AppendRow("types", "Write the types of a worker's environment, for TypeScript", kIndent, &out);
  AppendRow("kv", "Read and write KV namespaces", kIndent, &out);
  AppendRow("d1", "Query, migrate, export and import D1 databases", kIndent, &out);
  AppendRow("cache", "Purge and look into the cache of a running server", kIndent, &out);
  AppendRow("help [COMMAND]", "Show this help, or a command's", kIndent, &out);
  out += "\nOptions:\n";
  AppendOptions(Command::kHelp, &out);
  out += "\nExamples:\n";
  for (const CommandSpec& command : Commands()) out += "  " + std::string(command.examples[1]) + "\n";
  out += "  verge help dev\n";
  AppendExitCodes(&out);
  return out;
}

}  // namespace

std::string HelpText(Command command) {
  const CommandSpec* spec = FindCommand(command);
  if (spec == nullptr) return Overview();
  std::string out;
  AppendWrapped(spec->purpose, 0, 0, &out);
  out += std::format("\nUsage: verge {} {}{}[OPTIONS]\n", spec->name, spec->operand, spec->operand.empty() ? "" : " ");
  if (!spec->operand.empty()) {
    out += "\n";
    AppendRow("FILE", "A script (.js, .mjs, .ts, .tsx), or a configuration (wrangler.toml, .json, .jsonc).", kIndent,
              &out);
    AppendRow("DIR",
              "A directory with wrangler.json, wrangler.jsonc or wrangler.toml, or else with index.js, worker.js or "
              "the like. Default: the current one.",
              kIndent, &out);
  }
  out += "\nOptions:\n";
  AppendOptions(command, &out);
  out += "\nExamples:\n";
  for (const std::string_view example : spec->examples) out += "  " + std::string(example) + "\n";
  AppendExitCodes(&out);
  return out;
}

}  // namespace verge::cli
