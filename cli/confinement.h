// What `verge serve` is confined to: its policy, derived from what it was told to run.
#ifndef CLI_CONFINEMENT_H_
#define CLI_CONFINEMENT_H_

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "cli/bundle/build_process.h"
#include "cli/options/options.h"
#include "config/fleet.h"
#include "config/project.h"

namespace verge::cli {

// Made from the configuration, and then taken step by step on the way to serving, all of it by the only thread:
// BecomeUser behind the last socket that root has to open, StartBuildProcess, Enforce before the first thread.
class Confinement {
 public:
  // For a worker, or for those of a fleet.
  Confinement(const Options& options, const config::WorkerConfig& worker, const std::string& state_folder);
  Confinement(const Options& options, const config::Fleet& fleet, const std::string& state_folder);

  // Makes the folder for what workers store, if that is possible, and becomes the user that was asked for. The error is
  // for a terminal.
  std::expected<void, std::string> BecomeUser() const;

  // For workers that are compiled when they are first asked for. Null: there is no esbuild.
  std::expected<std::unique_ptr<BuildProcess>, std::string> StartBuildProcess() const;

  // Gives everything else up. What it could not is what the warnings say, or the error if it was required.
  std::expected<std::vector<std::string>, std::string> Enforce() const;

  // The policy as text, for --show-confinement.
  [[nodiscard]] std::string Describe() const;

 private:
  // What a bundler reads beside a worker's folder: the packages and settings of the folders above.
  [[nodiscard]] std::vector<std::string> FoldersAbove() const;

  const Options& options_;
  const std::string state_folder_;
  bool stores_ = true;                       // something may be
  std::vector<std::string> worker_folders_;  // absolute
};

}  // namespace verge::cli

#endif  // CLI_CONFINEMENT_H_
