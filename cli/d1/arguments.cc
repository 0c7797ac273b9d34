#include "cli/d1/arguments.h"

#include <cstdint>
#include <format>
#include <optional>
#include <string_view>

#include "config/problem.h"
#include "config/suggest.h"

namespace verge::cli {
namespace {

using Action = D1Arguments::Action;
using config::Quoted;

// Sets of actions.
constexpr uint32_t SetOf(Action action) { return 1U << static_cast<unsigned>(action); }
constexpr uint32_t kAll = ~0U;

struct Option {
  std::string_view name;
  std::string_view alias;
  std::string_view value;
  uint32_t actions;
  std::string_view help;  // "": not shown
  void (*apply)(D1Arguments* out, std::string_view value);
};

constexpr Option kOptions[] = {
    {"--command", "", "SQL", SetOf(Action::kExecute), "Statements to run, all of them or none.",
     [](D1Arguments* out, std::string_view value) {
       out->command = value;
       out->has_command = true;
     }},
    {"--file", "", "FILE", SetOf(Action::kExecute), "A file with statements; - is the standard input.",
     [](D1Arguments* out, std::string_view value) { out->file = value; }},
    {"--output", "", "FILE", SetOf(Action::kExport), "Where to write; the standard output by default.",
     [](D1Arguments* out, std::string_view value) { out->output = value; }},
    {"--table", "", "NAME", SetOf(Action::kExport), "Only this table. May be given more than once.",
     [](D1Arguments* out, std::string_view value) { out->tables.emplace_back(value); }},
    {"--no-schema", "", "", SetOf(Action::kExport), "Only the rows.",
     [](D1Arguments* out, std::string_view) { out->schema = false; }},
    {"--no-data", "", "", SetOf(Action::kExport), "Only the tables, indexes, views and triggers.",
     [](D1Arguments* out, std::string_view) { out->content = false; }},
    {"--force", "", "", SetOf(Action::kImport), "Replace what the database has.",
     [](D1Arguments* out, std::string_view) { out->force = true; }},
    {"--json", "", "", SetOf(Action::kExecute) | SetOf(Action::kInfo), "Print JSON.",
     [](D1Arguments* out, std::string_view) { out->json = true; }},
    {"--config", "-c", "FILE", kAll, "The configuration, or its folder. Default: the current folder.",
     [](D1Arguments* out, std::string_view value) { out->config = value; }},
    {"--env", "-e", "NAME", kAll, "Environment of the configuration: env.NAME.",
     [](D1Arguments* out, std::string_view value) { out->env = value; }},
    {"--worker", "", "NAME", kAll, "One of the workers of a verge.toml.",
     [](D1Arguments* out, std::string_view value) { out->worker = value; }},
    {"--data", "--persist-to", "DIR", kAll,
     "Folder with the databases, as given to verge serve. Default: .verge/state beside the configuration.",
     [](D1Arguments* out, std::string_view value) { out->data = value; }},
    // What scripts that were written for wrangler say; everything is local here, and nothing is asked.
    {"--local", "", "", kAll, "", [](D1Arguments*, std::string_view) {}},
    {"--yes", "-y", "", kAll, "", [](D1Arguments*, std::string_view) {}},
    {"--skip-confirmation", "", "", kAll, "", [](D1Arguments*, std::string_view) {}},
};

struct Command {
  std::string_view name;
  Action action;
  std::string_view operands;
  size_t min_words;
  size_t max_words;
  std::string_view summary;
};

constexpr Command kCommands[] = {
    {"execute", Action::kExecute, "DATABASE", 0, 0, "Run SQL and print what comes back"},
    {"migrations create", Action::kMigrationsCreate, "DATABASE NAME", 1, 20, "Make the file of a new migration"},
    {"migrations list", Action::kMigrationsList, "DATABASE", 0, 0, "Show the migrations that are still to be applied"},
    {"migrations apply", Action::kMigrationsApply, "DATABASE", 0, 0, "Apply them, each in a transaction of its own"},
    {"export", Action::kExport, "DATABASE", 0, 0, "Write the database as SQL"},
    {"import", Action::kImport, "DATABASE FILE", 1, 1, "Take over an SQLite database file"},
    {"info", Action::kInfo, "DATABASE", 0, 0, "Say where a database is and how large"},
};

std::unexpected<std::string> Fail(std::string_view message) {
  return std::unexpected(std::format("verge d1: {} (see verge d1 --help)", message));
}

const Option* FindOption(std::string_view name) {
  for (const Option& option : kOptions) {
    if (option.name == name || (!option.alias.empty() && option.alias == name)) return &option;
  }
  return nullptr;
}

}  // namespace

std::expected<D1Arguments, std::string> ParseD1Arguments(std::span<const char* const> args) {
  D1Arguments out;
  std::vector<std::string> words;
  std::vector<const Option*> given;
  bool help = false;
  bool only_words = false;
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string_view arg = args[i];
    if (only_words || arg.size() < 2 || arg[0] != '-') {
      words.emplace_back(arg);
      continue;
    }
    if (arg == "--") {
      only_words = true;
      continue;
    }
    if (arg == "--help" || arg == "-h") {
      help = true;
      continue;
    }
    if (arg == "--remote" || arg == "--preview") {
      return Fail(std::format("{} is not possible: databases are in the folder of --data, not elsewhere", arg));
    }
    const size_t sign = arg.starts_with("--") ? arg.find('=') : std::string_view::npos;
    const std::string_view name = arg.substr(0, sign);
    const Option* option = FindOption(name);
    if (!option) {
      std::vector<std::string_view> names;
      for (const Option& each : kOptions) names.push_back(each.name);
      return Fail(std::format("unknown option {}{}", Quoted(name), config::DidYouMean(name, names)));
    }
    std::string_view value;
    if (!option->value.empty()) {
      if (sign != std::string_view::npos) {
        value = arg.substr(sign + 1);
      } else if (i + 1 < args.size()) {
        value = args[++i];
      } else {
        return Fail(std::format("{} needs a value: {} {}", name, name, option->value));
      }
    } else if (sign != std::string_view::npos) {
      return Fail(std::format("{} takes no value", name));
    }
    option->apply(&out, value);
    given.push_back(option);
  }
  if (words.empty() || words[0] == "help") {
    out.topic = words.size() > 1 ? words[1] : "";
    return out;
  }
  std::string name = words[0];
  size_t next = 1;
  if (name == "migrations" && words.size() > 1) name += " " + words[next++];
  const Command* command = nullptr;
  for (const Command& each : kCommands) {
    if (each.name == name) command = &each;
  }
  if (help) {
    out.topic = words[0];
    return out;
  }
  if (!command) {
    std::vector<std::string_view> names;
    for (const Command& each : kCommands) names.push_back(each.name);
    return Fail(std::format("unknown command {}{}", Quoted(name), config::DidYouMean(name, names)));
  }
  out.action = command->action;
  for (const Option* option : given) {
    if ((option->actions & SetOf(command->action)) == 0) {
      return Fail(std::format("{} is not an option of {}", option->name, command->name));
    }
  }
  if (words.size() <= next) {
    return Fail(std::format("which database? verge d1 {} {}", command->name, command->operands));
  }
  out.database = words[next++];
  out.words.assign(words.begin() + static_cast<ptrdiff_t>(next), words.end());
  if (out.words.size() < command->min_words) {
    return Fail(std::format("something is missing: verge d1 {} {}", command->name, command->operands));
  }
  if (out.words.size() > command->max_words) {
    return Fail(std::format("unexpected argument {}", Quoted(out.words[command->max_words])));
  }
  if (out.action == Action::kExecute && out.has_command == !out.file.empty()) {
    return Fail("execute needs either --command or --file");
  }
  if (out.action == Action::kExport && !out.schema && !out.content) {
    return Fail("--no-schema and --no-data leave nothing to export");
  }
  return out;
}

std::string D1HelpText(const std::string& topic) {
  std::string out =
      "Looks into D1 databases and changes them, also while a server works with them.\n"
      "DATABASE is a binding's name, a database_name or a database_id of the\n"
      "configuration's d1_databases; with --data also the name of a file there.\n\n";
  uint32_t actions = 0;
  std::string commands;
  for (const Command& command : kCommands) {
    const bool about = topic.empty() || command.name == topic || command.name.starts_with(topic + " ");
    if (!about) continue;
    actions |= SetOf(command.action);
    commands += std::format("  verge d1 {} {} [OPTIONS]\n      {}.\n", command.name, command.operands, command.summary);
  }
  if (actions == 0) return D1HelpText("");
  out += "Usage:\n" + commands + "\nOptions:\n";
  for (const Option& option : kOptions) {
    if (option.help.empty() || (option.actions & actions) == 0) continue;
    std::string left(option.name);
    if (!option.alias.empty()) left += ", " + std::string(option.alias);
    if (!option.value.empty()) left += " " + std::string(option.value);
    out += std::format("  {}\n      {}\n", left, option.help);
  }
  out +=
      "\nExamples:\n"
      "  verge d1 execute DB --command \"SELECT * FROM users LIMIT 10\"\n"
      "  verge d1 migrations create DB add_users\n"
      "  verge d1 migrations apply DB\n"
      "  verge d1 export DB --output backup.sql\n"
      "  verge d1 execute DB --file backup.sql\n"
      "  verge d1 import DB old.sqlite\n"
      "\nExit codes:\n"
      "  0   it did what it was asked to\n"
      "  1   the database refused it: an error in the SQL, a constraint, a full disk\n"
      "  2   it could not start: a wrong command line, no such database or file\n";
  return out;
}

}  // namespace verge::cli
