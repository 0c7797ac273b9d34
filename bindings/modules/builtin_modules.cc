#include "bindings/modules/builtin_modules.h"

#include <algorithm>
#include <unordered_map>

#include "bindings/core/realm.h"
#include "bindings/core/static_text.h"
#include "bindings/core/strings.h"

namespace verge::bindings {
namespace {

constexpr std::string_view kNodePrefix = "node:";

StaticText* TextOf(const BuiltinModuleSource& module) {
  static auto* texts = MakeStaticTexts(BuiltinModuleSources());
  return &(*texts)[static_cast<size_t>(&module - BuiltinModuleSources().data())];
}

// The modules that an isolate has loaded.
class LoadedModules final : public RealmPart {
 public:
  std::unordered_map<const BuiltinModuleSource*, v8::Global<v8::Object>> exports;
};

const BuiltinModuleSource* Find(std::string_view specifier) {
  auto sources = BuiltinModuleSources();
  auto found = std::ranges::find(sources, specifier, &BuiltinModuleSource::specifier);
  return found == sources.end() ? nullptr : &*found;
}

}  // namespace

std::string_view FindBuiltinModule(std::string_view specifier) {
  for (const BuiltinModuleSource& source : BuiltinModuleSources()) {
    std::string_view name = source.specifier;
    if (name == specifier || (name.starts_with(kNodePrefix) && name.substr(kNodePrefix.size()) == specifier)) {
      return name;
    }
  }
  return {};
}

v8::MaybeLocal<v8::Object> LoadBuiltinModule(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                             std::string_view specifier) {
  const BuiltinModuleSource* module = Find(specifier);
  if (!module) return {};
  Realm& realm = Realm::From(isolate);
  auto& loaded = realm.part<LoadedModules>(Realm::Part::kBuiltinModules).exports;
  if (auto found = loaded.find(module); found != loaded.end()) return found->second.Get(isolate);

  v8::EscapableHandleScope scope(isolate);
  v8::Local<v8::String> text;
  v8::Local<v8::String> name;
  if (!v8::String::NewExternalOneByte(isolate, TextOf(*module)).ToLocal(&text) ||
      !NewString(isolate, module->script_name).ToLocal(&name)) {
    return {};
  }
  v8::ScriptOrigin origin(name);
  v8::ScriptCompiler::Source source(text, origin);
  v8::Local<v8::String> parameters[] = {NewSymbolName(isolate, "internal"), NewSymbolName(isolate, "native")};
  v8::Local<v8::Value> arguments[] = {realm.internals(context), realm.natives(context)};
  v8::Local<v8::Function> function;
  v8::Local<v8::Value> exports;
  if (!v8::ScriptCompiler::CompileFunction(context, &source, 2, parameters).ToLocal(&function) ||
      !function->Call(context, v8::Undefined(isolate), 2, arguments).ToLocal(&exports) || !exports->IsObject()) {
    return {};
  }
  loaded.emplace(module, v8::Global<v8::Object>(isolate, exports.As<v8::Object>()));
  return scope.Escape(exports.As<v8::Object>());
}

}  // namespace verge::bindings
