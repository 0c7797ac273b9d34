#include "bindings/api.h"

#include <memory>

#include "bindings/core/realm.h"
#include "bindings/core/report.h"
#include "bindings/core/strings.h"
#include "bindings/modules/builtin_modules.h"
#include "bindings/registry.h"

namespace verge::bindings {
namespace {

class BindingsApi final : public runtime::Api {
 public:
  const intptr_t* external_references() const override { return ExternalReferences(); }

  std::unique_ptr<runtime::ApiState> CreateState(v8::Isolate* isolate) override {
    auto realm = std::make_unique<Realm>(isolate);
    const auto& classes = AllClasses();
    for (size_t i = 0; i < classes.size(); ++i) {
      v8::Local<v8::FunctionTemplate> constructor;
      // Start-up, before any user code: a failure means that binary and snapshot do not belong together.
      if (!isolate->GetDataFromSnapshotOnce<v8::FunctionTemplate>(i).ToLocal(&constructor)) std::abort();
      realm->SetClassTemplate(*classes[i], constructor);
    }
    return realm;
  }

  void OnContextCreated(runtime::WorkerIsolate& worker, v8::Local<v8::Context>) override {
    Realm::From(worker.v8()).set_worker(&worker);
  }

  [[nodiscard]] std::string_view FindBuiltinModule(std::string_view specifier) const override {
    return bindings::FindBuiltinModule(specifier);
  }
  [[nodiscard]] std::vector<std::string_view> BuiltinModules() const override {
    std::vector<std::string_view> names;
    for (const BuiltinModuleSource& source : BuiltinModuleSources()) names.push_back(source.specifier);
    return names;
  }
  v8::MaybeLocal<v8::Object> LoadBuiltinModule(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                               std::string_view name) override {
    return bindings::LoadBuiltinModule(isolate, context, name);
  }

  void OnUncaughtException(runtime::WorkerIsolate& worker, v8::Local<v8::Context> context,
                           v8::Local<v8::Value> exception) override {
    ReportException(worker.v8(), context, exception);
  }

  void OnUnhandledRejection(runtime::WorkerIsolate& worker, v8::Local<v8::Context> context,
                            v8::Local<v8::Promise> promise, v8::Local<v8::Value> reason) override {
    v8::Isolate* isolate = worker.v8();
    v8::TryCatch try_catch(isolate);
    v8::Local<v8::Value> arguments[] = {NewSymbolName(isolate, "unhandledrejection"), promise, reason};
    v8::Local<v8::Value> unhandled;
    if (!Realm::From(isolate).CallInternal(context, Name::kReportRejection, arguments).ToLocal(&unhandled)) return;
    if (unhandled->IsTrue()) LogException(isolate, context, reason, "Uncaught (in promise) ");
  }

  void OnRejectionHandled(runtime::WorkerIsolate& worker, v8::Local<v8::Context> context,
                          v8::Local<v8::Promise> promise) override {
    v8::Isolate* isolate = worker.v8();
    v8::TryCatch try_catch(isolate);
    v8::Local<v8::Value> arguments[] = {NewSymbolName(isolate, "rejectionhandled"), promise, promise->Result()};
    (void)Realm::From(isolate).CallInternal(context, Name::kReportRejection, arguments);
  }
};

}  // namespace

runtime::Api* GetApi() {
  static auto* api = new BindingsApi();
  return api;
}

}  // namespace verge::bindings
