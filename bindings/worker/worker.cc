#include "bindings/worker/worker.h"

#include "bindings/core/realm.h"
#include "bindings/core/strings.h"
#include "bindings/worker/spare_isolates.h"
#include "runtime/exception.h"
#include "runtime/js_entry.h"
#include "runtime/module_loader.h"
#include "runtime/shard.h"

namespace verge::bindings {
namespace {

void TouchCurrent(const v8::FunctionCallbackInfo<v8::Value>& info) {
  runtime::Invocation* invocation = runtime::Invocation::Current(info.GetIsolate());
  if (!invocation) return;
  if (auto* entry = invocation->isolate().shard().current_entry()) entry->Touch(invocation);
}

// `env`, and for scripts in service-worker syntax the globals.
std::expected<v8::Local<v8::Object>, std::string> MakeEnv(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                                          const WorkerDefinition& definition) {
  v8::Local<v8::Object> env = v8::Object::New(isolate);
  for (const EnvVar& var : definition.vars) {
    v8::Local<v8::String> name;
    v8::Local<v8::String> text;
    v8::Local<v8::Value> value;
    if (!NewString(isolate, var.name).ToLocal(&name) || !NewString(isolate, var.value).ToLocal(&text)) {
      return std::unexpected("variable " + var.name + " is too long");
    }
    value = text;
    if (var.is_json && !v8::JSON::Parse(context, text).ToLocal(&value)) {
      return std::unexpected("variable " + var.name + " is not valid JSON");
    }
    if (!env->CreateDataProperty(context, name, value).FromMaybe(false)) {
      return std::unexpected("cannot set variable " + var.name);
    }
  }
  for (const EnvBinding& binding : definition.bindings) {
    v8::Local<v8::String> name;
    v8::Local<v8::Object> object;
    if (!NewString(isolate, binding.name).ToLocal(&name) || !binding.make(isolate).ToLocal(&object) ||
        !env->CreateDataProperty(context, name, object).FromMaybe(false)) {
      return std::unexpected("cannot set the binding " + binding.name);
    }
  }
  return env;
}

// What an exported function is.
struct Exported {
  enum class Kind : uint8_t { kFunction, kEntrypoint, kOtherClass } kind = Kind::kFunction;
  v8::Local<v8::Value> handler;  // of an entrypoint: a function, or null when it has no fetch()
};

// A function itself handles requests, as in `export default function handler(request)`; for a class that extends
// WorkerEntrypoint a function does that makes an instance for each request. False: terminated.
bool Examine(Realm& realm, v8::Local<v8::Context> context, v8::Local<v8::Function> exported, Exported* out) {
  v8::Isolate* isolate = realm.isolate();
  v8::Local<v8::String> text;
  if (!exported->FunctionProtoToString(context).ToLocal(&text)) return false;
  if (!ToUtf8(isolate, text).starts_with("class")) return true;
  out->kind = Exported::Kind::kOtherClass;
  // There since the module with the base class was loaded.
  v8::Local<v8::Function> make;
  if (!realm.internal_function(context, Name::kEntrypointHandler).ToLocal(&make)) return true;
  v8::Local<v8::Value> argument = exported;
  if (!make->Call(context, v8::Undefined(isolate), 1, &argument).ToLocal(&out->handler)) return false;
  if (!out->handler->IsUndefined()) out->kind = Exported::Kind::kEntrypoint;
  return true;
}

// Whether any export of a module is an entrypoint. Empty: terminated.
std::optional<bool> HasEntrypoint(Realm& realm, v8::Local<v8::Context> context, v8::Local<v8::Object> exports) {
  v8::Local<v8::Array> names;
  if (!exports->GetOwnPropertyNames(context).ToLocal(&names)) return std::nullopt;
  for (uint32_t i = 0; i < names->Length(); ++i) {
    v8::Local<v8::Value> name;
    v8::Local<v8::Value> value;
    if (!names->Get(context, i).ToLocal(&name) || !exports->Get(context, name).ToLocal(&value)) return std::nullopt;
    Exported exported;
    if (!value->IsFunction()) continue;
    if (!Examine(realm, context, value.As<v8::Function>(), &exported)) return std::nullopt;
    if (exported.kind == Exported::Kind::kEntrypoint) return true;
  }
  return false;
}

}  // namespace

std::expected<std::unique_ptr<Worker>, std::string> Worker::Load(runtime::Shard& shard,
                                                                 std::shared_ptr<const WorkerDefinition> definition,
                                                                 const HostServices* services, SpareIsolates* spares) {
  std::unique_ptr<Worker> worker(new Worker());
  worker->definition_ = std::move(definition);
  worker->services_ = services;
  runtime::WorkerIsolateOptions options;
  options.api = worker->definition_->api;
  options.worker_name = worker->definition_->name;
  options.limits = worker->definition_->limits;
  options.allow_code_from_strings = worker->definition_->allow_code_from_strings;
  options.inspector = worker->definition_->inspector;
  options.terminate_at_call = worker->definition_->terminate_at_call;
  worker->isolate_ =
      spares ? spares->Take(std::move(options)) : std::make_unique<runtime::WorkerIsolate>(shard, std::move(options));
  if (const auto& metering = worker->definition_->metering) {
    metering->Of(worker->definition_->name, static_cast<size_t>(shard.index())).Attach(worker->isolate_->v8());
  }
  if (auto done = worker->Initialize(); !done) return std::unexpected(done.error());
  return worker;
}

std::expected<void, std::string> Worker::Initialize() {
  const WorkerDefinition& definition = *definition_;
  runtime::JsEntry entry(*isolate_, nullptr, definition.limits.startup_cpu.count() * 1'000'000);
  v8::Isolate* isolate = entry.isolate();
  v8::Local<v8::Context> context = entry.context();
  v8::TryCatch try_catch(isolate);

  Realm::From(isolate).set_host_services(services_);
  auto env = MakeEnv(isolate, context, definition);
  if (!env) return std::unexpected(env.error());
  v8::Local<v8::Function> touch;
  if (!v8::Function::New(context, TouchCurrent).ToLocal(&touch)) return std::unexpected("out of memory");
  touch_.Reset(isolate, touch);
  env_.Reset(isolate, *env);
  context->SetEmbedderData(Realm::kEnvSlot, *env);

  auto loaded = isolate_->modules().Run(entry, definition.modules, definition.main);
  if (!loaded) return std::unexpected(loaded.error());
  auto terminated = [&]() -> std::unexpected<std::string> {
    return std::unexpected(runtime::ModuleLoader::StoppedAtStart(*isolate_, definition.main));
  };

  Realm& realm = Realm::From(isolate);
  if (loaded->exports.IsEmpty()) {
    // Service-worker syntax: bindings are globals, the handler is whatever listens to "fetch".
    v8::Local<v8::Array> names;
    if (!(*env)->GetOwnPropertyNames(context).ToLocal(&names)) return terminated();
    for (uint32_t i = 0; i < names->Length(); ++i) {
      v8::Local<v8::Value> name;
      v8::Local<v8::Value> value;
      if (!names->Get(context, i).ToLocal(&name) || !(*env)->Get(context, name).ToLocal(&value) ||
          !context->Global()->CreateDataProperty(context, name.As<v8::Name>(), value).FromMaybe(false)) {
        return terminated();
      }
    }
    v8::Local<v8::Value> type = realm.name(Name::kFetch);
    v8::Local<v8::Value> has_listener;
    if (!realm.CallInternal(context, Name::kHasGlobalListener, {&type, 1}).ToLocal(&has_listener)) return terminated();
    if (has_listener->IsTrue()) {
      v8::Local<v8::Function> dispatch;
      if (!realm.internal_function(context, Name::kDispatchFetch).ToLocal(&dispatch)) return terminated();
      fetch_.Reset(isolate, dispatch);
    } else if (auto scheduled = ScheduledHandler(isolate); !scheduled) {
      if (scheduled.error().empty()) return terminated();
      return std::unexpected(
          definition.main +
          ": the worker handles no events; export default { fetch(request, env, ctx) { … } }, or call "
          "addEventListener(\"fetch\", …)");
    }
    receiver_.Reset(isolate, v8::Undefined(isolate).As<v8::Value>());
  } else {
    exports_.Reset(isolate, loaded->exports);
    v8::Local<v8::Value> handlers;
    if (!loaded->exports->Get(context, NewSymbolName(isolate, "default")).ToLocal(&handlers)) return terminated();
    default_export_.Reset(isolate, handlers);
    if (auto done = InitializeHandlers(entry, try_catch, handlers); !done) {
      return done.error().empty() ? terminated() : std::unexpected(done.error());
    }
  }
  isolate_->FinishStartup(context);
  realm.TerminateAtCall(definition.terminate_at_call);
  return {};
}

std::expected<void, std::string> Worker::InitializeHandlers(runtime::JsEntry& entry, v8::TryCatch& try_catch,
                                                            v8::Local<v8::Value> handlers) {
  const std::string& main = definition_->main;
  v8::Isolate* isolate = entry.isolate();
  v8::Local<v8::Context> context = entry.context();
  Realm& realm = Realm::From(isolate);
  v8::Local<v8::Value> fetch;
  receiver_.Reset(isolate, v8::Undefined(isolate).As<v8::Value>());
  if (handlers->IsFunction()) {
    Exported exported;
    if (!Examine(realm, context, handlers.As<v8::Function>(), &exported)) return std::unexpected("");
    if (exported.kind == Exported::Kind::kOtherClass) {
      return std::unexpected(main +
                             ": the default export is a class that does not extend WorkerEntrypoint; import { "
                             "WorkerEntrypoint } from \"cloudflare:workers\"");
    }
    // An entrypoint without fetch() is there for its methods.
    fetch = exported.kind == Exported::Kind::kFunction ? handlers : exported.handler;
    if (fetch->IsFunction()) fetch_.Reset(isolate, fetch.As<v8::Function>());
    return {};
  }
  if (handlers->IsObject()) {
    if (!handlers.As<v8::Object>()->Get(context, realm.name(Name::kFetch)).ToLocal(&fetch)) {
      if (entry.terminated() || try_catch.HasTerminated()) return std::unexpected("");
      return std::unexpected(runtime::DescribeException(isolate, context, try_catch).Excerpt());
    }
    receiver_.Reset(isolate, handlers);
    if (fetch->IsFunction()) {
      fetch_.Reset(isolate, fetch.As<v8::Function>());
      return {};
    }
  }
  // A worker may be there for its schedule, or for its other exports, only.
  auto scheduled = ScheduledHandler(isolate);
  if (!scheduled && scheduled.error().empty()) return std::unexpected("");
  if (scheduled) return {};
  auto others = HasEntrypoint(realm, context, exports_.Get(isolate));
  if (!others) return std::unexpected("");
  if (*others) return {};
  return std::unexpected(
      main + (handlers->IsObject()
                  ? ": the default export has no fetch() handler; export default { fetch(request, env, ctx) { … } }"
                  : ": the worker has no default export; export default { fetch(request, env, ctx) { … } }"));
}

std::unexpected<std::string> Worker::NoEntrypoint(std::string_view name) const {
  return std::unexpected("The worker \"" + definition_->name + "\" has no entrypoint \"" + std::string(name) +
                         "\": export class " + std::string(name) + " extends WorkerEntrypoint { … }");
}

std::expected<Worker::Handler, std::string> Worker::FetchHandler(v8::Isolate* isolate, std::string_view entrypoint) {
  constexpr auto kNoFetch = "Handler does not export a fetch() function.";
  if (entrypoint.empty()) [[likely]] {
    if (fetch_.IsEmpty()) return std::unexpected(kNoFetch);
    return Handler{fetch_.Get(isolate), receiver_.Get(isolate)};
  }
  for (const NamedHandler& each : named_) {
    if (each.entrypoint == entrypoint) return Handler{each.function.Get(isolate), each.receiver.Get(isolate)};
  }
  if (exports_.IsEmpty()) return NoEntrypoint(entrypoint);
  v8::Local<v8::Context> context = isolate_->context();
  Realm& realm = Realm::From(isolate);
  v8::Local<v8::String> name;
  v8::Local<v8::Value> exported;
  if (!NewString(isolate, entrypoint).ToLocal(&name) || !exports_.Get(isolate)->Get(context, name).ToLocal(&exported)) {
    return std::unexpected("");
  }
  v8::Local<v8::Value> function;
  v8::Local<v8::Value> receiver = v8::Undefined(isolate);
  if (exported->IsFunction()) {
    Exported examined;
    if (!Examine(realm, context, exported.As<v8::Function>(), &examined)) return std::unexpected("");
    if (examined.kind != Exported::Kind::kEntrypoint) return NoEntrypoint(entrypoint);
    function = examined.handler;
  } else if (exported->IsObject()) {
    receiver = exported;
    if (!exported.As<v8::Object>()->Get(context, realm.name(Name::kFetch)).ToLocal(&function)) {
      return std::unexpected("");
    }
  } else {
    return NoEntrypoint(entrypoint);
  }
  if (!function->IsFunction()) return std::unexpected(kNoFetch);
  named_.push_back({std::string(entrypoint), v8::Global<v8::Function>(isolate, function.As<v8::Function>()),
                    v8::Global<v8::Value>(isolate, receiver)});
  return Handler{function.As<v8::Function>(), receiver};
}

std::expected<v8::Local<v8::Function>, std::string> Worker::EntrypointClass(v8::Isolate* isolate,
                                                                            std::string_view entrypoint) {
  const std::string_view wanted = entrypoint.empty() ? "default" : entrypoint;
  if (exports_.IsEmpty()) return NoEntrypoint(wanted);
  v8::Local<v8::Context> context = isolate_->context();
  v8::Local<v8::String> name;
  v8::Local<v8::Value> exported;
  if (!NewString(isolate, wanted).ToLocal(&name) || !exports_.Get(isolate)->Get(context, name).ToLocal(&exported)) {
    return std::unexpected("");
  }
  Exported examined;
  if (exported->IsFunction() && !Examine(Realm::From(isolate), context, exported.As<v8::Function>(), &examined)) {
    return std::unexpected("");
  }
  if (examined.kind != Exported::Kind::kEntrypoint) {
    if (!entrypoint.empty()) return NoEntrypoint(entrypoint);
    return std::unexpected("The worker \"" + definition_->name +
                           "\" has no methods to be called: its default export is not a class that extends "
                           "WorkerEntrypoint");
  }
  return exported.As<v8::Function>();
}

std::unique_ptr<runtime::WorkerIsolate> Worker::ReleaseIsolate() {
  exports_.Reset();
  named_.clear();
  fetch_.Reset();
  receiver_.Reset();
  default_export_.Reset();
  env_.Reset();
  touch_.Reset();
  return std::move(isolate_);
}

}  // namespace verge::bindings
