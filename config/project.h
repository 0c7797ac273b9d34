// A worker project, read from disk into one checked struct: what to run, with which variables, rules and limits.
// Everything that a user can get wrong in a configuration comes back as a Problem with its place in the file.
#ifndef CONFIG_PROJECT_H_
#define CONFIG_PROJECT_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/module_rules.h"
#include "config/problem.h"

namespace verge::config {

// A variable of the worker's `env`.
struct Var {
  std::string name;
  std::string json;      // the value as JSON text, also when it is a string
  bool is_text = false;  // a string
  std::string text;      // that string
  friend bool operator==(const Var&, const Var&) = default;
};

// A D1 database of the worker's `env`.
struct D1Database {
  std::string binding;           // its name there
  std::string name;              // database_name, or "" when not given
  std::string id;                // database_id, or else the name or the binding; fit for a file's name
  std::string migrations_dir;    // as written, or "migrations"
  std::string migrations_table;  // or "d1_migrations"
  bool granted = false;          // by the operator's file (fleet.h), not by the worker's own
  friend bool operator==(const D1Database&, const D1Database&) = default;
};

// A KV namespace of the worker's `env`.
struct KvNamespace {
  std::string binding;     // its name there
  std::string id;          // of the namespace: fit for a file's name. Without one in the file it is the binding
  std::string preview_id;  // as `id`, or "" when not given
  bool has_id = false;     // whether the file gives one
  bool granted = false;    // by the operator's file (fleet.h), not by the worker's own
  friend bool operator==(const KvNamespace&, const KvNamespace&) = default;
};

// Another worker in the worker's `env`.
struct ServiceBinding {
  std::string binding;     // its name there
  std::string service;     // the other worker's name, or its own
  std::string entrypoint;  // a named export of it, or "" for the default one
  std::string props;       // JSON: what the other worker finds in ctx.props; "" when not given
  bool granted = false;    // by the operator's file (fleet.h), not by the worker's own
  friend bool operator==(const ServiceBinding&, const ServiceBinding&) = default;
};

struct Limits {
  std::optional<int64_t> cpu_ms;       // CPU time for each invocation
  std::optional<int64_t> subrequests;  // fetches for each invocation
  friend bool operator==(const Limits&, const Limits&) = default;
};

// The worker's caches. The first two are wrangler's, the others verge's own.
struct CacheConfig {
  bool enabled = false;                // what the worker answers is cached in front of it
  bool cross_version = false;          // also for the next version of the worker
  bool fetch = true;                   // fetch() goes through an HTTP cache
  bool stale_while_revalidate = true;  // caches.default and its kin honour it
  friend bool operator==(const CacheConfig&, const CacheConfig&) = default;
};

struct WorkerConfig {
  std::string name;                // fit for a host name's label
  std::string root;                // the directory that modules are confined to: absolute, without symbolic links
  std::string main;                // the entry module: absolute, below root, an ES or CommonJS module by the rules
  std::string compatibility_date;  // YYYY-MM-DD, or "" when not given
  std::vector<std::string> compatibility_flags;
  std::vector<Var> vars;  // in order, names unique
  std::vector<KvNamespace> kv_namespaces;
  std::vector<D1Database> d1_databases;
  std::vector<ServiceBinding> services;
  std::vector<ModuleRule> rules;  // the user's, then the defaults; for ClassifyModule
  Limits limits;
  CacheConfig cache;
  std::string source;  // the configuration file, absolute, or "" when there is none
  friend bool operator==(const WorkerConfig&, const WorkerConfig&) = default;
};

struct LoadOptions {
  // A script, a configuration file, or a directory; "" is the current one.
  //  - A file *.toml, *.json or *.jsonc is the configuration.
  //  - A script runs with defaults, its directory being the root, unless a configuration beside it names it as `main`.
  //  - A directory has wrangler.json, wrangler.jsonc or wrangler.toml (the first of them counts) or else a script with
  //    one of the usual names.
  std::string path;

  // The environment: env.NAME of the file. "" is the top level.
  std::string env;

  // Also read .dev.vars or .env beside the configuration (or beside the script).
  bool development = false;

  // Text variables that win over everything in files.
  std::vector<std::pair<std::string, std::string>> vars;
};

struct LoadResult {
  WorkerConfig worker;
  std::vector<Problem> warnings;
};

// The errors, never none of them, in the order of the file.
std::expected<LoadResult, std::vector<Problem>> Load(const LoadOptions& options);

// The folder of the worker's configuration, or else of its script; "" (the current one) when there is neither.
std::string HomeFolder(const WorkerConfig& worker);
// Where what it stores is kept when nothing else is said: .verge/state in there.
std::string DefaultStateFolder(const WorkerConfig& worker);

}  // namespace verge::config

#endif  // CONFIG_PROJECT_H_
