// The sections of a configuration that put something into the worker's env: d1_databases, kv_namespaces, services. From
// the tree to WorkerConfig, without the file system.
#ifndef CONFIG_BINDING_KEYS_H_
#define CONFIG_BINDING_KEYS_H_

#include <string>
#include <unordered_set>

#include "config/project.h"
#include "config/reporting.h"
#include "config/value.h"

namespace verge::config {

// Variables and bindings share the worker's env.
class EnvNames {
 public:
  // `worker` outlives it; its variables are looked at when the first binding asks.
  explicit EnvNames(const WorkerConfig& worker) : worker_(worker) {}

  // False, and told: there is a variable or binding of that name.
  bool Take(const Value& name, const Reporting& reporting);

 private:
  const WorkerConfig& worker_;
  std::unordered_set<std::string> names_;
};

// Each takes the value of its key, and the key's path in the file.
void CheckD1Databases(const Value& value, const std::string& path, const Reporting& reporting, EnvNames* names,
                      WorkerConfig* worker);
void CheckKvNamespaces(const Value& value, const std::string& path, const Reporting& reporting, EnvNames* names,
                       WorkerConfig* worker);
void CheckServices(const Value& value, const std::string& path, const Reporting& reporting, EnvNames* names,
                   WorkerConfig* worker);

}  // namespace verge::config

#endif  // CONFIG_BINDING_KEYS_H_
