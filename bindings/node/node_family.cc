#include "bindings/node/node_family.h"

#include <string>
#include <string_view>
#include <vector>

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

// A module that comes with the runtime, by its specifier; undefined: there is none of that name.
Result<v8::Local<v8::Value>> BuiltinModule(Cx& cx, std::string specifier) {
  const std::string_view name = FindBuiltinModule(specifier);
  if (name.empty()) return v8::Undefined(cx.isolate).As<v8::Value>();
  v8::Local<v8::Object> exports;
  if (!LoadBuiltinModule(cx.isolate, cx.context, name).ToLocal(&exports)) return Pending();
  return exports.As<v8::Value>();
}

v8::Local<v8::Value> BuiltinModuleNames(Cx& cx) {
  std::vector<v8::Local<v8::Value>> names;
  for (const BuiltinModuleSource& source : BuiltinModuleSources()) {
    names.push_back(NewSymbolName(cx.isolate, source.specifier));
  }
  return v8::Array::New(cx.isolate, names.data(), names.size());
}

// A global: a member of a module, which is loaded when somebody first asks for it.
void GetMember(const v8::PropertyCallbackInfo<v8::Value>& info, std::string_view specifier, std::string_view member) {
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::Local<v8::Object> module;
  v8::Local<v8::Value> value;
  if (LoadBuiltinModule(isolate, context, specifier).ToLocal(&module) &&
      module->Get(context, NewSymbolName(isolate, member)).ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}
void GetProcess(v8::Local<v8::Name>, const v8::PropertyCallbackInfo<v8::Value>& info) {
  GetMember(info, "node:process", "default");
}
void GetBuffer(v8::Local<v8::Name>, const v8::PropertyCallbackInfo<v8::Value>& info) {
  GetMember(info, "node:buffer", "Buffer");
}

constexpr GlobalFunction kNatives[] = {
    Function<"asyncStorages", &AsyncStorages>(),
    Function<"enterAsyncStorages", &EnterAsyncStorages>(),
    Function<"restoreAsyncContext", &RestoreAsyncContext>(),
    Function<"builtinModule", &BuiltinModule>(),
    Function<"builtinModuleNames", &BuiltinModuleNames>(),
};
constexpr LazyGlobal kLazyGlobals[] = {{"process", &GetProcess}, {"Buffer", &GetBuffer}};

}  // namespace

constinit const Family kNodeFamily = {.classes = {}, .globals = {}, .natives = kNatives, .lazy_globals = kLazyGlobals};

}  // namespace verge::bindings
