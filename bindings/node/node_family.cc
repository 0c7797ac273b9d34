#include "bindings/node/node_family.h"

#include "bindings/core/convert.h"
#include "bindings/core/function.h"
#include "bindings/core/strings.h"
#include "bindings/modules/builtin_modules.h"
#include "runtime/async_context.h"

namespace verge::bindings {
namespace {

using runtime::AsyncContext;

v8::Local<v8::Value> AsyncStorages(Cx& cx) {
  return AsyncContext::Storages(cx.isolate, AsyncContext::Current(cx.isolate));
}

// Gives what was in force, for restoreAsyncContext: not a value for any other use.
Result<v8::Local<v8::Value>> EnterAsyncStorages(Cx& cx, v8::Local<v8::Value> storages) {
  v8::Local<v8::Value> outer = AsyncContext::Current(cx.isolate);
  if (!AsyncContext::Enter(cx.isolate, storages)) return Pending();
  return outer;
}

void RestoreAsyncContext(Cx& cx, v8::Local<v8::Value> outer) { AsyncContext::Restore(cx.isolate, outer); }

// The global: the module's default export, made when somebody first asks for it.
void GetProcess(v8::Local<v8::Name>, const v8::PropertyCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::Local<v8::Object> module;
  v8::Local<v8::Value> process;
  if (LoadBuiltinModule(isolate, context, "node:process").ToLocal(&module) &&
      module->Get(context, NewSymbolName(isolate, "default")).ToLocal(&process)) {
    info.GetReturnValue().Set(process);
  }
}

constexpr GlobalFunction kNatives[] = {
    Function<"asyncStorages", &AsyncStorages>(),
    Function<"enterAsyncStorages", &EnterAsyncStorages>(),
    Function<"restoreAsyncContext", &RestoreAsyncContext>(),
};
constexpr LazyGlobal kLazyGlobals[] = {{"process", &GetProcess}};

}  // namespace

constinit const Family kNodeFamily = {.classes = {}, .globals = {}, .natives = kNatives, .lazy_globals = kLazyGlobals};

}  // namespace verge::bindings
