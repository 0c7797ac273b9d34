#include "bindings/core/lazy_script.h"

#include <algorithm>
#include <span>
#include <string>

#include "bindings/core/realm.h"
#include "bindings/core/static_text.h"
#include "bindings/core/strings.h"

namespace verge::bindings {
namespace {

StaticText* TextOf(size_t index) {
  static auto* texts = MakeStaticTexts(std::span(kLazyScripts, kLazyScriptCount));
  return &(*texts)[index];
}

bool Run(v8::Isolate* isolate, v8::Local<v8::Context> context, size_t index) {
  std::string name = "verge:" + std::string(kLazyScripts[index].path);
  v8::Local<v8::String> text;
  if (!v8::String::NewExternalOneByte(isolate, TextOf(index)).ToLocal(&text)) return false;
  v8::ScriptOrigin origin(NewSymbolName(isolate, name));
  v8::ScriptCompiler::Source source(text, origin);
  v8::Local<v8::String> parameters[] = {NewSymbolName(isolate, "internal"), NewSymbolName(isolate, "native")};
  v8::Local<v8::Value> arguments[] = {Realm::From(isolate).internals(context), Realm::natives(context)};
  v8::Local<v8::Function> function;
  return v8::ScriptCompiler::CompileFunction(context, &source, 2, parameters).ToLocal(&function) &&
         !function->Call(context, v8::Undefined(isolate), 2, arguments).IsEmpty();
}

}  // namespace

v8::MaybeLocal<v8::Value> GetFromLazyScript(v8::Local<v8::Context> context, std::string_view path,
                                            v8::Local<v8::Name> name) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  v8::Local<v8::Object> internals = Realm::From(isolate).internals(context);
  bool made = false;
  if (!internals->HasOwnProperty(context, name).To(&made)) return {};
  if (!made) {
    std::span scripts(kLazyScripts, kLazyScriptCount);
    auto found = std::ranges::find(scripts, path, &LazyScript::path);
    if (found == scripts.end() || !Run(isolate, context, static_cast<size_t>(found - scripts.begin()))) return {};
  }
  return internals->Get(context, name);
}

}  // namespace verge::bindings
