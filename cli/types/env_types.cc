#include "cli/types/env_types.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <format>
#include <string_view>
#include <vector>

#include "cli/types/declarations.h"
#include "config/value.h"

namespace verge::cli {
namespace {

// As it stands in an interface.
std::string PropertyName(std::string_view name) {
  const auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; };
  const bool identifier =
      !name.empty() && std::ranges::all_of(name, fits) && std::isdigit(static_cast<unsigned char>(name[0])) == 0;
  return identifier ? std::string(name) : config::JsonString(name);
}

struct Property {
  std::string name;
  std::vector<std::string> types;  // of the union
  bool optional = false;
};

class Properties {
 public:
  // `first`: of the top level.
  void Add(const std::string& name, std::string type, bool first) {
    auto found = std::ranges::find(properties_, name, &Property::name);
    if (found == properties_.end()) {
      properties_.push_back({name, {std::move(type)}, !first});
    } else if (std::ranges::find(found->types, type) == found->types.end()) {
      found->types.push_back(std::move(type));
    }
  }

  [[nodiscard]] std::string Text() const {
    std::string out;
    for (const Property& property : properties_) {
      std::string types;
      for (const std::string& type : property.types) types += (types.empty() ? "" : " | ") + type;
      out += std::format("    {}{}: {};\n", PropertyName(property.name), property.optional ? "?" : "", types);
    }
    return out;
  }

 private:
  std::vector<Property> properties_;
};

// A worker's own exports have types that can be named; of another worker it is known that it takes requests.
std::string ServiceType(const config::WorkerConfig& worker, const config::ServiceBinding& service) {
  if (service.service != worker.name || worker.main.empty()) return "Fetcher";
  const std::filesystem::path home = config::HomeFolder(worker);
  const std::filesystem::path main = std::filesystem::path(worker.main).lexically_relative(home);
  if (main.empty() || main.begin()->string() == "..") return "Fetcher";
  const std::string module = "./" + std::filesystem::path(main).replace_extension().generic_string();
  const std::string exported = service.entrypoint.empty() ? "default" : service.entrypoint;
  return std::format("Service<(typeof import({}))[{}]>", config::JsonString(module), config::JsonString(exported));
}

}  // namespace

std::string EnvTypes(std::span<const config::WorkerConfig> environments, const std::set<std::string>& secrets) {
  Properties properties;
  bool first = true;
  for (const config::WorkerConfig& worker : environments) {
    for (const config::KvNamespace& each : worker.kv_namespaces) properties.Add(each.binding, "KVNamespace", first);
    for (const config::D1Database& each : worker.d1_databases) properties.Add(each.binding, "D1Database", first);
    for (const config::ServiceBinding& each : worker.services) {
      properties.Add(each.binding, ServiceType(worker, each), first);
    }
    if (worker.assets && !worker.assets->binding.empty()) properties.Add(worker.assets->binding, "Fetcher", first);
    for (const config::Var& each : worker.vars) {
      // What JSON says is a type as well: of that value alone.
      properties.Add(each.name, secrets.contains(each.name) ? "string" : each.json, first);
    }
    for (const std::string& name : secrets) properties.Add(name, "string", first);
    first = false;
  }
  return "declare namespace Cloudflare {\n  interface Env {\n" + properties.Text() +
         "  }\n}\ninterface Env extends Cloudflare.Env {}\n";
}

std::string RuntimeReferences(const RuntimeTypes& runtime) {
  if (runtime.workers_types) return "/// <reference types=\"@cloudflare/workers-types\" />\n";
  std::string out;
  for (std::string_view lib : {"webworker", "webworker.iterable", "webworker.asynciterable"}) {
    out += std::format("/// <reference lib=\"{}\" />\n", lib);
  }
  if (runtime.node_types) out += "/// <reference types=\"node\" />\n";
  return out;
}

std::string RuntimeDeclarations(const RuntimeTypes& runtime) {
  if (runtime.workers_types) return {};
  std::string out = "\n" + std::string(kRuntimeTypes);
  if (!runtime.node_types) out += "\n" + std::string(kNodeTypes);
  return out;
}

}  // namespace verge::cli
