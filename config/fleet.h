// verge.toml: many workers behind one address, each with its routes. What is read at start is this one file; a worker's
// own files are looked into when it is first needed, so that thousands of them cost nothing before.
#ifndef CONFIG_FLEET_H_
#define CONFIG_FLEET_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/problem.h"
#include "config/project.h"
#include "config/routes.h"

namespace verge::config {

// One of [[workers]].
struct FleetWorker {
  std::string name;
  Position at;                     // of its table
  std::string main;                // path to a script, a configuration or a folder, as the user would write it
  uint32_t min_instances = 0;      // isolates kept on each shard from the start; 0 or 1
  std::vector<Var> vars;           // win over those of the worker's own configuration
  std::vector<ModuleRule> rules;   // empty: those of the worker's own configuration
  std::vector<std::string> crons;  // when it is woken; those of its own configuration do not count
  Limits limits;                   // each of them, if given, wins likewise
  // Those with the same one trust each other: they share what they store by the ids in their own configurations, and
  // may name each other in their `services`. "": it trusts nobody.
  std::string owner;
  // Granted to it; they win over its own of the same name. Ids are the node's: whoever else is granted one, shares it.
  std::vector<ServiceBinding> services;
  std::vector<KvNamespace> kv_namespaces;
  std::vector<D1Database> d1_databases;

  // Where in the state folder the ids of its own configuration are (sqlite/state_directory.h): "workers/shop" or
  // "owners/acme".
  [[nodiscard]] std::string Space() const;
};

struct Fleet {
  std::string file;  // as the user would name it
  std::vector<FleetWorker> workers;
  RouteTable routes;                                 // to indices of `workers`
  std::optional<uint64_t> memory_bytes;              // for the isolates of all shards together
  std::optional<std::chrono::seconds> idle_timeout;  // of an isolate that nobody uses
  std::optional<size_t> max_isolates;                // of all shards together
  std::optional<uint32_t> max_concurrent;            // events of a worker at a time, on one shard
  std::vector<Problem> warnings;

  [[nodiscard]] std::optional<uint32_t> Find(std::string_view name) const;
  std::unordered_map<std::string, uint32_t> by_name;
};

// The file of a fleet that a path of the command line means: a verge.toml, verge.json or verge.jsonc, or a folder that
// has one and no wrangler file; "" when it means a single worker.
std::string FindFleet(const std::string& path);

// The errors, never none of them, in the order of the file.
std::expected<Fleet, std::vector<Problem>> LoadFleet(const std::string& file);

// Reads what a worker of a fleet is, now. Any thread.
std::expected<LoadResult, std::vector<Problem>> LoadFleetWorker(const FleetWorker& worker);

}  // namespace verge::config

#endif  // CONFIG_FLEET_H_
