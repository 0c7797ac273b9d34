#include "cli/kv/kv_target.h"

#include <algorithm>
#include <format>
#include <utility>

#include "cli/worker_choice.h"
#include "config/suggest.h"
#include "sqlite/state_directory.h"

namespace verge::cli {
namespace {

using config::Quoted;

std::unexpected<std::vector<std::string>> Fail(std::string message) {
  return std::unexpected(std::vector<std::string>{std::move(message)});
}

// As wrangler chooses between the two ids that a binding can have.
std::expected<std::string, std::string> ChooseId(const config::KvNamespace& found, const KvOptions& options) {
  const bool both = found.has_id && !found.preview_id.empty();
  if (options.preview.value_or(false)) {
    if (!found.preview_id.empty()) return found.preview_id;
    return std::unexpected(std::format("the binding {} has no preview_id", Quoted(found.binding)));
  }
  if (both && !options.preview) {
    return std::unexpected(std::format(
        "the binding {} has both an id and a preview_id: add --preview or --preview false", Quoted(found.binding)));
  }
  if (!found.has_id && !found.preview_id.empty() && !options.preview) return found.preview_id;
  return found.id;
}

std::expected<void, std::vector<std::string>> Choose(const KvOptions& options, KvTarget* target) {
  if (options.command == KvCommand::kNamespaceList) return {};
  if (!options.namespace_id.empty()) {
    target->id = options.namespace_id;
    target->shown = std::format("id: \"{}\"", config::Printable(target->id));
  } else {
    if (target->configured.empty()) {
      return Fail("the configuration has no kv_namespaces; --namespace-id needs none");
    }
    auto found = std::ranges::find(target->configured, options.binding, &config::KvNamespace::binding);
    if (found == target->configured.end()) {
      std::vector<std::string_view> names;
      for (const config::KvNamespace& each : target->configured) names.push_back(each.binding);
      std::string all;
      for (std::string_view name : names) all += (all.empty() ? "" : ", ") + Quoted(name);
      return Fail(std::format("there is no KV binding {} in the configuration, which has {}{}", Quoted(options.binding),
                              all, config::DidYouMean(options.binding, names)));
    }
    auto id = ChooseId(*found, options);
    if (!id) return Fail(id.error());
    target->id = *id;
    target->shown = std::format("binding: \"{}\" (id: \"{}\")", config::Printable(options.binding), target->id);
  }
  if (std::string problem = sqlite::StateDirectory::CheckId(target->id); !problem.empty()) return Fail(problem);
  return {};
}

// Of a worker among many.
std::expected<KvTarget, std::vector<std::string>> FindOf(const WorkerChoice& chosen, const KvOptions& options) {
  KvTarget target;
  target.data = chosen.own_data;
  target.configured = chosen.worker.kv_namespaces;
  if (auto done = Choose(options, &target); !done) return std::unexpected(std::move(done).error());
  auto found = std::ranges::find(target.configured, options.binding, &config::KvNamespace::binding);
  if (options.namespace_id.empty() && found != target.configured.end()) target.data = chosen.DataOf(*found);
  return target;
}

}  // namespace

std::expected<KvTarget, std::vector<std::string>> FindKvTarget(const KvOptions& options) {
  KvTarget target;
  // A namespace's id alone means one of the node, beside any worker.
  if (!options.worker.empty() || !options.binding.empty()) {
    auto chosen = ChooseWorker(options.config, options.worker, options.data);
    if (!chosen) return Fail(chosen.error());
    if (*chosen) return FindOf(**chosen, options);
  }
  auto loaded = config::Load({.path = options.config, .env = options.env, .development = false, .vars = {}});
  if (!loaded) {
    // Without a worker around there are still data folders.
    const bool needed = !options.binding.empty() || !options.config.empty() || !options.env.empty();
    if (needed) {
      std::vector<std::string> lines;
      for (const config::Problem& problem : loaded.error()) lines.push_back(problem.ToString());
      if (!options.binding.empty()) {
        lines.emplace_back("--binding is a name in a configuration; --namespace-id needs none");
      }
      return std::unexpected(std::move(lines));
    }
  } else {
    target.configured = loaded->worker.kv_namespaces;
  }
  target.data = options.data;
  if (target.data.empty()) target.data = config::DefaultStateFolder(loaded ? loaded->worker : config::WorkerConfig{});
  if (auto done = Choose(options, &target); !done) return std::unexpected(std::move(done).error());
  return target;
}

}  // namespace verge::cli
