// A loaded worker in an isolate: its handlers and its environment.
#ifndef BINDINGS_WORKER_WORKER_H_
#define BINDINGS_WORKER_WORKER_H_

#include <v8.h>

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/cache/cache_host.h"
#include "bindings/fetch/host_services.h"
#include "bindings/fetch/origin.h"
#include "runtime/event_recorder.h"
#include "runtime/inspector.h"
#include "runtime/js_entry.h"
#include "runtime/log.h"
#include "runtime/meter.h"
#include "runtime/module_source.h"
#include "runtime/worker_isolate.h"

namespace verge::assets {
class Site;
}

namespace verge::bindings {

class SpareIsolates;
class VersionedModules;

// A plain variable of the environment.
struct EnvVar {
  std::string name;
  bool is_json = false;  // value is JSON text, else the string itself
  std::string value;
};

// An object of the environment: made anew for every isolate, before any of its code runs.
struct EnvBinding {
  std::string name;
  std::function<v8::MaybeLocal<v8::Object>(v8::Isolate*)> make;
};

// What a worker is made of, the same for every isolate that runs it. Shared by the shards; never changes.
struct WorkerDefinition {
  std::string name;
  std::string main;  // the entry module's name within `modules`; "": there are only assets
  std::shared_ptr<runtime::ModuleSource> modules;
  std::shared_ptr<VersionedModules> versioned_modules;  // the same, when the version is asked for; else null
  std::vector<EnvVar> vars;
  std::vector<EnvBinding> bindings;
  runtime::Limits limits;
  std::chrono::milliseconds scheduled_cpu{30'000};  // of a scheduled event, instead of limits.cpu
  bool development = false;
  std::shared_ptr<runtime::Metering> metering;  // null: nothing is counted
  runtime::EventRecorder* recorder = nullptr;   // null: nobody wants to know
  bool allow_code_from_strings = false;
  std::shared_ptr<const assets::Site> assets;  // before the worker; null: none
  std::optional<Origin> origin;                // behind the worker
  std::shared_ptr<cache::Service> cache;       // null: nothing is cached
  CacheSettings cache_settings;
  std::shared_ptr<runtime::InspectorTarget> inspector;  // may be null
  uint64_t terminate_at_call = 0;                       // for tests
  runtime::Api* api = nullptr;                          // what the isolate offers: GetApi() of bindings/api.h
};

class Worker {
 public:
  // Creates an isolate on `shard` and loads the worker. The error is text for a terminal.
  // `services` must outlive it. `spares` may be null.
  static std::expected<std::unique_ptr<Worker>, std::string> Load(runtime::Shard& shard,
                                                                  std::shared_ptr<const WorkerDefinition> definition,
                                                                  const HostServices* services,
                                                                  SpareIsolates* spares = nullptr);

  runtime::WorkerIsolate& isolate() const { return *isolate_; }
  [[nodiscard]] bool development() const { return definition_->development; }
  [[nodiscard]] const HostServices& services() const { return *services_; }

  [[nodiscard]] runtime::EventRecorder* recorder() const { return definition_->recorder; }

  // Takes the isolate out, to be disposed of from the loop.
  std::unique_ptr<runtime::WorkerIsolate> ReleaseIsolate();

  struct Handler {
    v8::Local<v8::Function> function;
    v8::Local<v8::Value> receiver;
  };
  // What handles requests to the export of that name, "" for the default one. The error says why nothing does; it is
  // empty when an exception or a termination is pending.
  std::expected<Handler, std::string> FetchHandler(v8::Isolate* isolate, std::string_view entrypoint);
  // The class that extends WorkerEntrypoint under that name. Likewise.
  std::expected<v8::Local<v8::Function>, std::string> EntrypointClass(v8::Isolate* isolate,
                                                                      std::string_view entrypoint);
  // Of scheduled events. The error says why there is none; it is empty when an exception or a termination is pending.
  std::expected<Handler, std::string> ScheduledHandler(v8::Isolate* isolate);
  [[nodiscard]] std::chrono::milliseconds scheduled_cpu() const { return definition_->scheduled_cpu; }

  v8::Local<v8::Value> env(v8::Isolate* isolate) const { return env_.Get(isolate); }
  // A function that, as a promise's reaction, gives the current invocation its OnTurn.
  v8::Local<v8::Function> touch_function(v8::Isolate* isolate) const { return touch_.Get(isolate); }

 private:
  Worker() = default;

  std::expected<void, std::string> Initialize();
  std::expected<void, std::string> InitializeHandlers(runtime::JsEntry& entry, v8::TryCatch& try_catch,
                                                      v8::Local<v8::Value> handlers);
  [[nodiscard]] std::unexpected<std::string> NoEntrypoint(std::string_view name) const;

  std::shared_ptr<const WorkerDefinition> definition_;
  const HostServices* services_ = nullptr;
  std::unique_ptr<runtime::WorkerIsolate> isolate_;
  v8::Global<v8::Object> exports_;  // of the entry module; empty for a script in service-worker syntax
  v8::Global<v8::Function> fetch_;  // of the default export; empty: it has none
  v8::Global<v8::Value> receiver_;
  // Of other exports, as far as they were asked for.
  struct NamedHandler {
    std::string entrypoint;
    v8::Global<v8::Function> function;
    v8::Global<v8::Value> receiver;
  };
  std::vector<NamedHandler> named_;
  v8::Global<v8::Value> default_export_;  // empty for a script in service-worker syntax
  v8::Global<v8::Value> env_;
  v8::Global<v8::Function> touch_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_WORKER_WORKER_H_
