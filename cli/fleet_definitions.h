// The workers of a verge.toml, as shards ask for them.
#ifndef CLI_FLEET_DEFINITIONS_H_
#define CLI_FLEET_DEFINITIONS_H_

#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "bindings/worker/fleet.h"
#include "cli/bundle/worker_modules.h"
#include "config/fleet.h"

namespace verge::cli {

class ConfiguredFleet final : public bindings::FleetDefinitions {
 public:
  using MakeDefinition = std::function<std::expected<std::shared_ptr<const bindings::WorkerDefinition>, std::string>(
      const config::Fleet&, const config::FleetWorker&, const config::WorkerConfig&, const WorkerModules&)>;
  // `define` makes a definition of what was read; called from any thread. `builder` compiles what needs it; null: there
  // is no esbuild.
  ConfiguredFleet(config::Fleet fleet, Esbuild* builder, MakeDefinition define)
      : fleet_(std::move(fleet)), builder_(builder), define_(std::move(define)) {}

  [[nodiscard]] std::optional<uint32_t> Route(bool secure, std::string_view authority,
                                              std::string_view target) const override {
    return fleet_.routes.Find(secure, authority, target);
  }
  [[nodiscard]] std::string_view NameOf(uint32_t worker) const override { return fleet_.workers[worker].name; }
  [[nodiscard]] std::optional<uint32_t> Find(std::string_view name) const override { return fleet_.Find(name); }
  [[nodiscard]] std::vector<uint32_t> Prewarmed() const override;
  std::expected<std::shared_ptr<const bindings::WorkerDefinition>, std::string> Define(uint32_t worker) override;
  [[nodiscard]] std::shared_ptr<const bindings::WorkerDefinition> Known(uint32_t worker) override;

  [[nodiscard]] const config::Fleet& fleet() const { return fleet_; }

  // What became of the definitions of an earlier one that are in use.
  struct Adopted {
    size_t same = 0;
    // Made anew of what has changed: to be held until somebody uses them.
    std::vector<std::shared_ptr<const bindings::WorkerDefinition>> changed;
    std::vector<std::string> errors;  // of those that cannot be made, lines for the log
  };
  // Takes over those that are still right: what is said of the worker, in verge.toml and in its own configuration, and
  // its modules are as they were. Reads them all. Before anybody else uses it.
  Adopted Adopt(ConfiguredFleet& earlier);

 private:
  // What a definition was made of.
  struct Made {
    std::weak_ptr<const bindings::WorkerDefinition> definition;
    config::WorkerConfig worker;
    std::string surroundings;
  };
  // Whether it would be made of the same today.
  [[nodiscard]] bool IsSame(uint32_t worker, const Made& made, const bindings::WorkerDefinition& definition) const;
  // What of a definition follows from the other workers.
  [[nodiscard]] std::string SurroundingsOf(uint32_t worker, const config::WorkerConfig& config) const;

  const config::Fleet fleet_;
  Esbuild* const builder_;
  const MakeDefinition define_;
  std::mutex mutex_;
  // Shards share what one of them has made, as long as any has use for it.
  std::unordered_map<uint32_t, Made> made_;
};

}  // namespace verge::cli

#endif  // CLI_FLEET_DEFINITIONS_H_
