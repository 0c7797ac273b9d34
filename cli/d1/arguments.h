// The command line of `verge d1`.
#ifndef CLI_D1_ARGUMENTS_H_
#define CLI_D1_ARGUMENTS_H_

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

namespace verge::cli {

struct D1Arguments {
  enum class Action : uint8_t {
    kHelp,
    kExecute,
    kMigrationsCreate,
    kMigrationsList,
    kMigrationsApply,
    kExport,
    kImport,
    kInfo
  };
  Action action = Action::kHelp;
  std::string topic;               // kHelp: the command it is about, "" for all
  std::string database;            // a binding, a database_name or a database_id
  std::vector<std::string> words;  // behind the database: a migration's name, a file

  std::string config;  // file or folder; "" is the current folder
  std::string env;
  std::string worker;  // of a verge.toml
  std::string data;
  std::string command;
  bool has_command = false;
  std::string file;
  std::string output;
  std::vector<std::string> tables;
  bool json = false;
  bool schema = true;
  bool content = true;
  bool force = false;
};

// An error is a line to print.
std::expected<D1Arguments, std::string> ParseD1Arguments(std::span<const char* const> args);

// Of `verge d1 --help`, or of one command ("execute").
std::string D1HelpText(const std::string& topic);

}  // namespace verge::cli

#endif  // CLI_D1_ARGUMENTS_H_
