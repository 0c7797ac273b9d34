#include "runtime/module_loader.h"

#include <algorithm>
#include <cstring>
#include <format>
#include <utility>

#include "runtime/exceeded.h"
#include "runtime/exception.h"
#include "runtime/js_entry.h"
#include "runtime/source_text.h"
#include "runtime/worker_isolate.h"

namespace verge::runtime {
namespace {

// Import graphs deeper than this are somebody's attempt at our stack.
constexpr size_t kMaxModules = 10'000;

v8::Local<v8::String> Text(v8::Isolate* isolate, std::string_view utf8) {
  v8::Local<v8::String> string;
  if (!v8::String::NewFromUtf8(isolate, utf8.data(), v8::NewStringType::kNormal, static_cast<int>(utf8.size()))
           .ToLocal(&string)) {
    return v8::String::Empty(isolate);
  }
  return string;
}

std::string Utf8(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  v8::String::Utf8Value text(isolate, value);
  return *text ? std::string(*text, static_cast<size_t>(text.length())) : std::string();
}

void ThrowError(v8::Isolate* isolate, std::string_view message) {
  isolate->ThrowException(v8::Exception::Error(Text(isolate, message)));
}

v8::ScriptOrigin MakeOrigin(v8::Isolate* isolate, std::string_view name, bool is_module,
                            v8::Local<v8::Value> source_map_url = {}) {
  return v8::ScriptOrigin(Text(isolate, name), 0, 0, false, -1, source_map_url, false, false, is_module);
}

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

}  // namespace

ModuleLoader::ModuleLoader(WorkerIsolate& worker) : worker_(worker), isolate_(worker.v8()) {}
ModuleLoader::~ModuleLoader() = default;

void ModuleLoader::Install() {
  isolate_->SetHostImportModuleDynamicallyCallback(OnImport);
  isolate_->SetHostInitializeImportMetaObjectCallback(OnImportMeta);
  isolate_->SetAllowWasmCodeGenerationCallback(OnCompileWasm);
}

std::string ModuleLoader::Resolve(std::string_view specifier, std::string_view referrer) const {
  std::string path;
  if (specifier.starts_with("./") || specifier.starts_with("../") || specifier == "." || specifier == "..") {
    size_t slash = referrer.rfind('/');
    if (slash != std::string_view::npos) path = std::string(referrer.substr(0, slash + 1));
    path += specifier;
  } else if (specifier.starts_with("/")) {
    path = specifier.substr(1);
  } else {
    return {};
  }
  // Normalised segment by segment; ".." above the root stays at the root, as in URLs.
  std::vector<std::string_view> segments;
  std::string_view rest = path;
  while (!rest.empty()) {
    size_t slash = rest.find('/');
    std::string_view segment = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
      continue;
    }
    segments.push_back(segment);
  }
  std::string result;
  for (std::string_view segment : segments) {
    if (!result.empty()) result += '/';
    result += segment;
  }
  return result;
}

const ModuleLoader::Record* ModuleLoader::Find(v8::Local<v8::Module> module) const {
  auto [begin, end] = by_hash_.equal_range(module->GetIdentityHash());
  for (auto it = begin; it != end; ++it) {
    if (it->second->module == module) return it->second;
  }
  return nullptr;
}

std::string ModuleLoader::NameOf(v8::Local<v8::Module> module) const {
  const Record* record = Find(module);
  return record ? record->name : std::string();
}

v8::MaybeLocal<v8::Module> ModuleLoader::Get(v8::Local<v8::Context> context, std::string_view specifier,
                                             std::string_view referrer, v8::Local<v8::FixedArray> attributes,
                                             bool attributes_have_offsets) {
  // [key, value, offset, …] in static imports, [key, value, …] in dynamic ones.
  std::string type;
  int stride = attributes_have_offsets ? 3 : 2;
  for (int i = 0; i + 1 < attributes->Length(); i += stride) {
    std::string key = Utf8(isolate_, attributes->Get(context, i).As<v8::Value>());
    std::string value = Utf8(isolate_, attributes->Get(context, i + 1).As<v8::Value>());
    if (key != "type") {
      isolate_->ThrowException(
          v8::Exception::TypeError(Text(isolate_, "Unsupported import attribute " + Quoted(key) + " in the import of " +
                                                      Quoted(specifier) + " from " + Quoted(referrer))));
      return {};
    }
    if (value != "json" && value != "text" && value != "bytes") {
      isolate_->ThrowException(v8::Exception::TypeError(
          Text(isolate_, "Unsupported import type " + Quoted(value) + " in the import of " + Quoted(specifier) +
                             " from " + Quoted(referrer) + "; supported are \"json\", \"text\" and \"bytes\"")));
      return {};
    }
    type = value;
  }

  std::string name = Resolve(specifier, referrer);
  if (name.empty()) {
    Api* api = worker_.options().api;
    if (std::string_view builtin = api->FindBuiltinModule(specifier); !builtin.empty()) {
      if (type.empty()) return GetBuiltin(context, builtin);
      isolate_->ThrowException(v8::Exception::TypeError(
          Text(isolate_, "The built-in module " + Quoted(specifier) + " cannot be imported as " + type)));
      return {};
    }
    std::string message = "No such module " + Quoted(specifier) + ", imported from " + Quoted(referrer) + ". ";
    if (specifier.starts_with("node:") || specifier.starts_with("cloudflare:")) {
      message += "verge has no built-in module of that name; it has ";
      for (const char* separator = ""; std::string_view each : api->BuiltinModules()) {
        message += std::exchange(separator, ", ") + Quoted(each);
      }
      message += ".";
    } else {
      message += "Specifiers start with \"./\", \"../\" or \"/\"; packages have to be bundled into the worker first.";
    }
    ThrowError(isolate_, message);
    return {};
  }
  // The same file as text and as JSON is two modules.
  std::string key = type.empty() ? name : name + "\n" + type;
  if (auto found = by_name_.find(key); found != by_name_.end()) return found->second->module.Get(isolate_);

  auto file = source_->Load(name.ends_with(".wasm?module") ? name.substr(0, name.size() - 7) : name);
  if (!file) {
    ThrowError(isolate_,
               "No such module " + Quoted(name) + ", imported from " + Quoted(referrer) + ": " + file.error());
    return {};
  }
  std::shared_ptr<const ModuleFile> loaded = *file;
  if (type == "json" && loaded->type != ModuleType::kJson) {
    isolate_->ThrowException(v8::Exception::TypeError(
        Text(isolate_, "Module " + Quoted(name) + " is not JSON, but is imported with type \"json\"")));
    return {};
  }
  if (!type.empty() && type != "json") {
    auto copy = std::make_shared<ModuleFile>(*loaded);
    copy->type = type == "text" ? ModuleType::kText : ModuleType::kData;
    loaded = copy;
  }
  v8::Local<v8::Module> module;
  if (!Compile(context, key, loaded).ToLocal(&module)) return {};
  return module;
}

v8::MaybeLocal<v8::Module> ModuleLoader::Compile(v8::Local<v8::Context> context, const std::string& key,
                                                 std::shared_ptr<const ModuleFile> file) {
  std::string name = key.substr(0, key.find('\n'));
  loaded_bytes_ += file->content.size();
  if (loaded_bytes_ > worker_.limits().module_bytes || by_name_.size() >= kMaxModules) {
    ThrowError(isolate_, std::format("The worker's modules exceed their limit at {}: {} modules with {} bytes, {} "
                                     "modules and {} bytes allowed",
                                     Quoted(name), by_name_.size() + 1, loaded_bytes_, kMaxModules,
                                     worker_.limits().module_bytes));
    return {};
  }
  auto record = std::make_unique<Record>();
  record->name = name;
  if (file->source_map) maps_.emplace(name, file->source_map);
  v8::Local<v8::Module> module;
  if (file->type == ModuleType::kEsModule) {
    v8::Local<v8::String> text;
    if (!SourceText(isolate_, file).ToLocal(&text)) return {};
    v8::Local<v8::Value> map_url;
    if (worker_.options().inspector && file->source_map) map_url = Text(isolate_, file->source_map->url());
    if (!CompileSource(name, text, map_url).ToLocal(&module)) return {};
  } else {
    v8::Local<v8::Value> value;
    if (!MakeValue(context, name, *file).ToLocal(&value)) return {};
    v8::Local<v8::String> names[] = {v8::String::NewFromUtf8Literal(isolate_, "default")};
    module = v8::Module::CreateSyntheticModule(isolate_, Text(isolate_, name),
                                               v8::MemorySpan<const v8::Local<v8::String>>(names, 1), OnEvaluateValue);
    record->value.Reset(isolate_, value);
  }
  return Add(key, std::move(record), module);
}

v8::MaybeLocal<v8::Module> ModuleLoader::CompileSource(const std::string& name, v8::Local<v8::String> text,
                                                       v8::Local<v8::Value> map_url) {
  // Debuggers want functions that V8 has compiled with their positions.
  const std::shared_ptr<const std::string> code = worker_.options().inspector ? nullptr : source_->TakeCode(name);
  if (!code) {
    v8::ScriptCompiler::Source source(text, MakeOrigin(isolate_, name, true, map_url));
    return v8::ScriptCompiler::CompileModule(isolate_, &source);
  }
  // The source owns the description, not the bytes.
  auto* cached =
      new v8::ScriptCompiler::CachedData(reinterpret_cast<const uint8_t*>(code->data()), static_cast<int>(code->size()),
                                         v8::ScriptCompiler::CachedData::BufferNotOwned);
  v8::ScriptCompiler::Source source(text, MakeOrigin(isolate_, name, true, map_url), cached);
  v8::MaybeLocal<v8::Module> module =
      v8::ScriptCompiler::CompileModule(isolate_, &source, v8::ScriptCompiler::kConsumeCodeCache);
  if (cached->rejected) source_->RefuseCode(name);
  return module;
}

std::vector<std::function<void()>> ModuleLoader::OfferCode() {
  std::vector<std::function<void()>> keep;
  if (!source_ || worker_.options().inspector) return keep;
  for (const auto& [key, record] : by_name_) {
    if (record->builtin || !record->value.IsEmpty() || !source_->WantsCode(record->name)) continue;
    v8::Local<v8::Module> module = record->module.Get(isolate_);
    if (!module->IsSourceTextModule() || module->GetStatus() != v8::Module::kEvaluated) continue;
    const std::unique_ptr<v8::ScriptCompiler::CachedData> code(
        v8::ScriptCompiler::CreateCodeCache(module->GetUnboundModuleScript()));
    if (!code || code->length <= 0) continue;
    std::string bytes(reinterpret_cast<const char*>(code->data), static_cast<size_t>(code->length));
    if (auto task = source_->OfferCode(record->name, std::move(bytes))) keep.push_back(std::move(task));
  }
  return keep;
}

v8::MaybeLocal<v8::Module> ModuleLoader::GetBuiltin(v8::Local<v8::Context> context, std::string_view name) {
  if (auto found = by_name_.find(std::string(name)); found != by_name_.end()) {
    return found->second->module.Get(isolate_);
  }
  v8::Local<v8::Object> exports;
  v8::Local<v8::Array> keys;
  if (!worker_.options().api->LoadBuiltinModule(isolate_, context, name).ToLocal(&exports) ||
      !exports->GetOwnPropertyNames(context).ToLocal(&keys)) {
    return {};
  }
  std::vector<v8::Local<v8::String>> names;
  for (uint32_t i = 0; i < keys->Length(); ++i) {
    v8::Local<v8::Value> key;
    if (!keys->Get(context, i).ToLocal(&key)) return {};
    names.push_back(key.As<v8::String>());
  }
  auto record = std::make_unique<Record>();
  record->name = name;
  record->builtin = true;
  record->value.Reset(isolate_, exports);
  return Add(name, std::move(record),
             v8::Module::CreateSyntheticModule(isolate_, Text(isolate_, name),
                                               v8::MemorySpan<const v8::Local<v8::String>>(names.data(), names.size()),
                                               OnEvaluateValue));
}

v8::MaybeLocal<v8::Module> ModuleLoader::Add(std::string_view key, std::unique_ptr<Record> record,
                                             v8::Local<v8::Module> module) {
  record->module.Reset(isolate_, module);
  by_hash_.emplace(module->GetIdentityHash(), record.get());
  by_name_.emplace(key, std::move(record));
  return module;
}

v8::MaybeLocal<v8::Value> ModuleLoader::MakeValue(v8::Local<v8::Context> context, const std::string& name,
                                                  const ModuleFile& file) {
  std::string_view content = file.content;
  switch (file.type) {
    case ModuleType::kText:
    case ModuleType::kJson: {
      v8::Local<v8::String> text;
      if (!v8::String::NewFromUtf8(isolate_, content.data(), v8::NewStringType::kNormal,
                                   static_cast<int>(content.size()))
               .ToLocal(&text)) {
        return {};
      }
      if (file.type == ModuleType::kText) return text.As<v8::Value>();
      v8::TryCatch try_catch(isolate_);
      v8::Local<v8::Value> value;
      if (v8::JSON::Parse(context, text).ToLocal(&value)) return value;
      if (try_catch.HasTerminated()) {
        try_catch.ReThrow();
        return {};
      }
      std::string reason = DescribeException(isolate_, context, try_catch).message;
      try_catch.Reset();
      isolate_->ThrowException(v8::Exception::SyntaxError(Text(isolate_, "In " + Quoted(name) + ": " + reason)));
      try_catch.ReThrow();
      return {};
    }
    case ModuleType::kData: {
      std::unique_ptr<v8::BackingStore> store =
          v8::ArrayBuffer::NewBackingStore(isolate_, content.size(), v8::BackingStoreInitializationMode::kUninitialized,
                                           v8::BackingStoreOnFailureMode::kReturnNull);
      if (!store) {
        ThrowError(isolate_, "No memory for " + Quoted(name));
        return {};
      }
      if (!content.empty()) std::memcpy(store->Data(), content.data(), content.size());
      return v8::ArrayBuffer::New(isolate_, std::move(store)).As<v8::Value>();
    }
    case ModuleType::kWasm: {
      v8::MemorySpan<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(content.data()), content.size());
      v8::Local<v8::WasmModuleObject> module;
      compiling_wasm_ = true;
      bool compiled = v8::WasmModuleObject::Compile(isolate_, bytes).ToLocal(&module);
      compiling_wasm_ = false;
      if (!compiled) return {};
      return module.As<v8::Value>();
    }
    case ModuleType::kCommonJs:
      ThrowError(isolate_, Quoted(name) + " is a CommonJS module; convert it to an ES module or bundle the worker");
      return {};
    case ModuleType::kEsModule:
      break;
  }
  return {};
}

bool ModuleLoader::LoadGraph(v8::Local<v8::Context> context, v8::Local<v8::Module> root) {
  std::vector<v8::Local<v8::Module>> pending = {root};
  while (!pending.empty()) {
    v8::Local<v8::Module> module = pending.back();
    pending.pop_back();
    if (!module->IsSourceTextModule() || module->GetStatus() != v8::Module::kUninstantiated) continue;
    v8::Local<v8::FixedArray> requests = module->GetModuleRequests();
    std::string referrer = NameOf(module);
    for (int i = 0; i < requests->Length(); ++i) {
      v8::Local<v8::ModuleRequest> request = requests->Get(context, i).As<v8::ModuleRequest>();
      size_t before = by_name_.size();
      v8::TryCatch try_catch(isolate_);
      v8::Local<v8::Module> imported;
      if (Get(context, Utf8(isolate_, request->GetSpecifier()), referrer, request->GetImportAttributes(), true)
              .ToLocal(&imported)) {
        if (by_name_.size() != before) pending.push_back(imported);
        continue;
      }
      // An error of the imported file has its own place; that it is not there is an error of this line.
      v8::Location at = module->SourceOffsetToLocation(request->GetSourceOffset());
      failed_import_ = {referrer, at.GetLineNumber() + 1, at.GetColumnNumber() + 1};
      try_catch.ReThrow();
      return false;
    }
  }
  return true;
}

std::string ModuleLoader::StoppedAtStart(const WorkerIsolate& worker, const std::string& main) {
  if (worker.exceeded_memory()) {
    return main + ": the worker ran out of memory while it started: " + ExceededMemory(worker);
  }
  return main + ": the worker's global scope used more than " + std::to_string(worker.limits().startup_cpu.count()) +
         " ms of CPU time (limits.startup_ms); move the work into a handler";
}

std::expected<EntryPoint, std::string> ModuleLoader::Run(JsEntry& entry, std::shared_ptr<ModuleSource> source,
                                                         std::string_view main) {
  v8::EscapableHandleScope scope(isolate_);
  v8::Local<v8::Context> context = entry.context();
  v8::TryCatch try_catch(isolate_);
  try_catch.SetVerbose(false);
  source_ = std::move(source);
  main_ = main;

  auto failure = [&]() -> std::unexpected<std::string> {
    if (entry.terminated() || try_catch.HasTerminated()) {
      return std::unexpected(StoppedAtStart(worker_, main_));
    }
    ExceptionReport report = DescribeException(isolate_, context, try_catch);
    if (report.file.empty() && failed_import_.line != 0) {
      report.file = failed_import_.file;
      report.line = failed_import_.line;
      report.column = failed_import_.column;
      report.source_line = SourceLine(report.file, report.line);
      MapPlaces(&report);
    }
    std::string text = report.Excerpt();
    // The stack adds something where the error happened while modules ran, beyond its first frame.
    size_t frames = report.stack.find("\n    at ");
    if (frames != std::string::npos && report.stack.find("\n    at ", frames + 1) != std::string::npos) {
      text += report.stack.substr(frames);
    }
    return std::unexpected(text);
  };

  auto file = source_->Load(main_);
  if (!file) return std::unexpected(main_ + ": cannot load the worker's entry: " + file.error());
  if ((*file)->type != ModuleType::kEsModule) {
    return std::unexpected(main_ + ": the worker's entry has to be JavaScript (.js or .mjs)");
  }
  v8::Local<v8::Module> module;
  if (!Compile(context, main_, *file).ToLocal(&module)) {
    // Sloppy code that is no module may still be a script in service-worker syntax.
    if (!try_catch.HasTerminated()) {
      v8::TryCatch script_try(isolate_);
      v8::ScriptCompiler::Source text(Text(isolate_, (*file)->content), MakeOrigin(isolate_, main_, false));
      v8::Local<v8::Script> script;
      if (v8::ScriptCompiler::Compile(context, &text).ToLocal(&script)) {
        try_catch.Reset();
        return RunScript(context, main_, **file);
      }
    }
    return failure();
  }
  if (!LoadGraph(context, module) || !module->InstantiateModule(context, OnResolve).FromMaybe(false)) return failure();

  v8::Local<v8::Object> exports = module->GetModuleNamespace().As<v8::Object>();
  if (module->GetModuleRequests()->Length() == 0 && !module->IsGraphAsync()) {
    v8::Local<v8::Array> names;
    if (exports->GetPropertyNames(context).ToLocal(&names) && names->Length() == 0) {
      return RunScript(context, main_, **file);
    }
  }
  v8::Local<v8::Value> result;
  if (!module->Evaluate(context).ToLocal(&result)) return failure();
  v8::Local<v8::Promise> promise = result.As<v8::Promise>();
  promise->MarkAsHandled();  // by what follows
  entry.RunMicrotasks();
  if (entry.terminated()) return failure();
  if (promise->State() == v8::Promise::kRejected) {
    ExceptionReport report = DescribeException(isolate_, context, promise->Result(),
                                               v8::Exception::CreateMessage(isolate_, promise->Result()));
    // Only errors know where they were thrown.
    std::string text = (report.file.empty() ? main_ + ": uncaught exception: " : "") + report.Excerpt();
    size_t frames = report.stack.find("\n    at ");
    if (frames != std::string::npos) text += report.stack.substr(frames);
    return std::unexpected(text);
  }
  if (promise->State() == v8::Promise::kPending) {
    return std::unexpected(main_ +
                           ": a top-level await never finishes: what it waits for cannot happen before the first "
                           "request (there is no I/O and there are no timers in global scope)");
  }
  return EntryPoint{scope.Escape(exports)};
}

std::expected<EntryPoint, std::string> ModuleLoader::RunScript(v8::Local<v8::Context> context, const std::string& name,
                                                               const ModuleFile& file) {
  v8::TryCatch try_catch(isolate_);
  v8::ScriptCompiler::Source text(Text(isolate_, file.content), MakeOrigin(isolate_, name, false));
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> result;
  if (v8::ScriptCompiler::Compile(context, &text).ToLocal(&script) && script->Run(context).ToLocal(&result)) {
    return EntryPoint{};
  }
  if (try_catch.HasTerminated()) {
    return std::unexpected(StoppedAtStart(worker_, name));
  }
  return std::unexpected(DescribeException(isolate_, context, try_catch).Excerpt());
}

// https://webassembly.github.io/spec/js-api: compiling bytes at run time is code from strings in another guise. Modules
// come with the worker.
bool ModuleLoader::OnCompileWasm(v8::Local<v8::Context>, v8::Local<v8::String>) {
  WorkerIsolate& worker = WorkerIsolate::From(v8::Isolate::GetCurrent());
  return worker.modules().compiling_wasm_ || worker.options().allow_code_from_strings;
}

v8::MaybeLocal<v8::Module> ModuleLoader::OnResolve(v8::Local<v8::Context> context, v8::Local<v8::String> specifier,
                                                   v8::Local<v8::FixedArray> attributes,
                                                   v8::Local<v8::Module> referrer) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  ModuleLoader& self = WorkerIsolate::From(isolate).modules();
  return self.Get(context, Utf8(isolate, specifier), self.NameOf(referrer), attributes, true);
}

v8::MaybeLocal<v8::Promise> ModuleLoader::OnImport(v8::Local<v8::Context> context, v8::Local<v8::Data>,
                                                   v8::Local<v8::Value> resource_name, v8::Local<v8::String> specifier,
                                                   v8::Local<v8::FixedArray> attributes) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  v8::EscapableHandleScope scope(isolate);
  ModuleLoader& self = WorkerIsolate::From(isolate).modules();
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return {};
  v8::TryCatch try_catch(isolate);

  auto load = [&]() -> v8::MaybeLocal<v8::Promise> {
    v8::Local<v8::Module> module;
    if (!self.Get(context, Utf8(isolate, specifier), Utf8(isolate, resource_name), attributes, false)
             .ToLocal(&module)) {
      return {};
    }
    if (module->GetStatus() == v8::Module::kUninstantiated) {
      if (!self.LoadGraph(context, module) || !module->InstantiateModule(context, OnResolve).FromMaybe(false))
        return {};
    }
    v8::Local<v8::Value> evaluated;
    if (!module->Evaluate(context).ToLocal(&evaluated)) return {};
    // The namespace is the result once the evaluation, which may await, is over.
    v8::Local<v8::Function> then;
    if (!v8::Function::New(
             context, [](const v8::FunctionCallbackInfo<v8::Value>& info) { info.GetReturnValue().Set(info.Data()); },
             module->GetModuleNamespace())
             .ToLocal(&then)) {
      return {};
    }
    if (!evaluated->IsPromise()) return {};
    return evaluated.As<v8::Promise>()->Then(context, then);
  };
  v8::Local<v8::Promise> promise;
  if (load().ToLocal(&promise)) return scope.Escape(promise);
  if (try_catch.HasTerminated() || !try_catch.HasCaught()) {
    try_catch.ReThrow();
    return {};
  }
  v8::Local<v8::Value> exception = try_catch.Exception();
  try_catch.Reset();
  if (resolver->Reject(context, exception).IsNothing()) return {};
  return scope.Escape(resolver->GetPromise());
}

void ModuleLoader::OnImportMeta(v8::Local<v8::Context> context, v8::Local<v8::Module> module,
                                v8::Local<v8::Object> meta) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  ModuleLoader& self = WorkerIsolate::From(isolate).modules();
  std::string name = self.NameOf(module);
  // Failing is no disaster (termination): the property is missing then.
  (void)meta->CreateDataProperty(context, v8::String::NewFromUtf8Literal(isolate, "url"),
                                 Text(isolate, "file:///" + name));
  (void)meta->CreateDataProperty(context, v8::String::NewFromUtf8Literal(isolate, "main"),
                                 v8::Boolean::New(isolate, name == self.main_));
}

v8::MaybeLocal<v8::Value> ModuleLoader::OnEvaluateValue(v8::Local<v8::Context> context, v8::Local<v8::Module> module) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  ModuleLoader& self = WorkerIsolate::From(isolate).modules();
  const Record* record = self.Find(module);
  if (!record) return {};
  v8::Local<v8::Value> value = record->value.Get(isolate);
  if (record->builtin) {
    v8::Local<v8::Object> exports = value.As<v8::Object>();
    v8::Local<v8::Array> names;
    if (!exports->GetOwnPropertyNames(context).ToLocal(&names)) return {};
    for (uint32_t i = 0; i < names->Length(); ++i) {
      v8::Local<v8::Value> name;
      v8::Local<v8::Value> exported;
      if (!names->Get(context, i).ToLocal(&name) || !exports->Get(context, name).ToLocal(&exported) ||
          !module->SetSyntheticModuleExport(isolate, name.As<v8::String>(), exported).FromMaybe(false)) {
        return {};
      }
    }
  } else if (!module->SetSyntheticModuleExport(isolate, v8::String::NewFromUtf8Literal(isolate, "default"), value)
                  .FromMaybe(false)) {
    return {};
  }
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return {};
  if (resolver->Resolve(context, v8::Undefined(isolate)).IsNothing()) return {};
  return resolver->GetPromise().As<v8::Value>();
}

}  // namespace verge::runtime
