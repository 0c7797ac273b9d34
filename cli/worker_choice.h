// Which worker of a verge.toml a command is about, and where what it stores is.
#ifndef CLI_WORKER_CHOICE_H_
#define CLI_WORKER_CHOICE_H_

#include <expected>
#include <optional>
#include <string>

#include "config/project.h"

namespace verge::cli {

struct WorkerChoice {
  config::WorkerConfig worker;  // with what verge.toml grants it
  std::string data;             // the node's folder
  std::string own_data;         // the worker's within it: of the ids that it names itself

  // The folder with a binding's data.
  template <typename Binding>
  [[nodiscard]] const std::string& DataOf(const Binding& binding) const {
    return binding.granted ? data : own_data;
  }
};

// The worker `name` (`--worker`) of the verge.toml that `path` means (as the operand of verge serve), with `data` as
// the node's folder unless it is "". Nothing: `path` means a single worker, and no name was given. An error is text
// for a terminal.
std::expected<std::optional<WorkerChoice>, std::string> ChooseWorker(const std::string& path, const std::string& name,
                                                                     const std::string& data);

}  // namespace verge::cli

#endif  // CLI_WORKER_CHOICE_H_
