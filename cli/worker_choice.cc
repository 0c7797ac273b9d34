#include "cli/worker_choice.h"

#include <algorithm>
#include <format>
#include <string_view>
#include <utility>
#include <vector>

#include "config/fleet.h"
#include "config/problem.h"
#include "config/suggest.h"

namespace verge::cli {
namespace {

std::string Lines(const std::vector<config::Problem>& problems) {
  std::string text;
  for (const config::Problem& problem : problems) text += (text.empty() ? "" : "\n") + problem.ToString();
  return text;
}

}  // namespace

std::expected<std::optional<WorkerChoice>, std::string> ChooseWorker(const std::string& path, const std::string& name,
                                                                     const std::string& data) {
  const std::string file = config::FindFleet(path);
  if (file.empty()) {
    if (name.empty()) return std::nullopt;
    return std::unexpected("--worker names one of the workers of a verge.toml, and there is none " +
                           (path.empty() ? "here" : "at " + config::Quoted(path)));
  }
  auto fleet = config::LoadFleet(file);
  if (!fleet) return std::unexpected(Lines(fleet.error()));
  std::vector<std::string_view> names;
  for (const config::FleetWorker& each : fleet->workers) names.push_back(each.name);
  if (name.empty()) return std::unexpected(file + " has many workers: say which one with --worker NAME");
  const auto found = fleet->Find(name);
  if (!found) {
    return std::unexpected(
        std::format("there is no worker {} in {}{}", config::Quoted(name), file, config::DidYouMean(name, names)));
  }
  const config::FleetWorker& chosen = fleet->workers[*found];
  auto loaded = config::LoadFleetWorker(chosen);
  if (!loaded) return std::unexpected(Lines(loaded.error()));
  WorkerChoice choice;
  choice.data = data;
  if (data.empty()) {
    config::WorkerConfig beside;
    beside.source = file;
    choice.data = config::DefaultStateFolder(beside);
  }
  choice.own_data = choice.data + "/" + chosen.Space();
  choice.worker = std::move(loaded->worker);
  return choice;
}

}  // namespace verge::cli
