// A worker project, read from disk into one checked struct: what to run, with which variables, rules and limits.
// Everything that a user can get wrong in a configuration comes back as a Problem with its place in the file.
#ifndef CONFIG_PROJECT_H_
#define CONFIG_PROJECT_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
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

// What the file says; what it does not say is the profile's (--limits). The first two are wrangler's.
struct Limits {
  std::optional<int64_t> cpu_ms;         // CPU time for each invocation
  std::optional<int64_t> subrequests;    // fetches for each invocation
  std::optional<int64_t> startup_ms;     // CPU time for loading the worker
  std::optional<int64_t> wait_until_ms;  // time after the response
  std::optional<int64_t> memory_mb;      // of each isolate
  std::optional<int64_t> timers;         // pending at a time, of each invocation
  std::optional<int64_t> connections;    // waiting for an answer at a time, of each invocation
  friend bool operator==(const Limits&, const Limits&) = default;
};

// A member of Limits as the file names it.
struct LimitKey {
  std::string_view name;
  std::optional<int64_t> Limits::* member;
  int64_t max;
  std::string_view what;  // "of milliseconds"
};

inline constexpr LimitKey kLimitKeys[] = {
    {"cpu_ms", &Limits::cpu_ms, 300'000, "of milliseconds"},
    {"subrequests", &Limits::subrequests, 10'000'000, "of requests"},
    {"startup_ms", &Limits::startup_ms, 300'000, "of milliseconds"},
    {"wait_until_ms", &Limits::wait_until_ms, 86'400'000, "of milliseconds"},
    {"memory_mb", &Limits::memory_mb, 1024, "of megabytes"},
    {"timers", &Limits::timers, 1'000'000, "of timers"},
    {"connections", &Limits::connections, 10'000, "of connections"},
};

// The worker's caches. The first two are wrangler's, the others verge's own.
struct CacheConfig {
  bool enabled = false;                // what the worker answers is cached in front of it
  bool cross_version = false;          // also for the next version of the worker
  bool fetch = true;                   // fetch() goes through an HTTP cache
  bool stale_while_revalidate = true;  // caches.default and its kin honour it
  friend bool operator==(const CacheConfig&, const CacheConfig&) = default;
};

// Static assets (https://developers.cloudflare.com/workers/static-assets/). The names are wrangler's.
struct AssetsConfig {
  std::string directory;  // absolute when loaded
  std::string binding;    // its name in env, or ""
  std::string html_handling = "auto-trailing-slash";
  std::string not_found_handling = "none";
  bool run_worker_first = false;
  std::vector<std::string> worker_first_paths;  // globs
  std::vector<std::string> assets_first_paths;
  Position at;
  friend bool operator==(const AssetsConfig&, const AssetsConfig&) = default;
};

// A command that makes what `main` names.
struct BuildConfig {
  std::string command;                  // for the shell, or ""
  std::string cwd;                      // relative to the configuration, or ""
  std::vector<std::string> watch_dirs;  // empty: src
  friend bool operator==(const BuildConfig&, const BuildConfig&) = default;
};

// What stands for something else in the code: a name or an expression, a module.
struct Replacement {
  std::string from;
  std::string to;
  friend bool operator==(const Replacement&, const Replacement&) = default;
};

// What is asked of the bundler.
struct BundleConfig {
  std::vector<Replacement> define;
  std::vector<Replacement> alias;
  std::string tsconfig;  // absolute when loaded, or ""
  std::string jsx_factory;
  std::string jsx_fragment;
  std::string base_dir;
  bool minify = false;
  bool keep_names = true;
  bool no_bundle = false;
  bool find_additional_modules = false;
  friend bool operator==(const BundleConfig&, const BundleConfig&) = default;
};

// What `verge dev` listens on, unless its command line says something else.
struct DevConfig {
  std::string ip;
  std::optional<int> port;
  std::optional<int> inspector_port;
  bool https = false;
  friend bool operator==(const DevConfig&, const DevConfig&) = default;
};

struct WorkerConfig {
  std::string name;  // fit for a host name's label
  std::string root;  // the directory that modules are confined to: absolute, without symbolic links
  // The entry module: absolute, below root, an ES or CommonJS module by the rules. "": there are only assets.
  std::string main;
  std::string compatibility_date;  // YYYY-MM-DD, or "" when not given
  std::vector<std::string> compatibility_flags;
  std::vector<Var> vars;  // in order, names unique
  std::vector<KvNamespace> kv_namespaces;
  std::vector<D1Database> d1_databases;
  std::vector<ServiceBinding> services;
  std::vector<ModuleRule> rules;  // the user's, then the defaults; for ClassifyModule
  Limits limits;
  CacheConfig cache;
  std::optional<AssetsConfig> assets;
  std::vector<std::string> crons;  // valid, in order
  BuildConfig build;
  BundleConfig bundle;
  DevConfig dev;
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

  // The configuration is not by who runs the program: what it names lies in its own folder.
  bool confined = false;

  // Makes what `main` names, before it is looked for: called when there is a build.command, with the folder of the
  // configuration. Gives what went wrong. Null: nobody does.
  std::function<std::optional<std::string>(const BuildConfig& build, const std::string& folder)> build = nullptr;

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
