// Builds the startup snapshot: run once, when verge is built.
//
//   snapshot_builder OUT.blob
//
// Installs every family's classes and functions, runs the scripts, in order, each as a function of (internal, native),
// and writes V8's heap. What the scripts put on `internal` is reachable from C++ as the context's embedder data.

#include <libplatform/libplatform.h>
#include <v8.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

#include "bindings/core/class_builder.h"
#include "bindings/core/realm.h"
#include "bindings/core/snapshot_scripts.h"
#include "bindings/core/strings.h"
#include "bindings/registry.h"
#include "runtime/exception.h"
#include "runtime/platform.h"

namespace verge::bindings {
namespace {

bool RunScript(v8::Isolate* isolate, v8::Local<v8::Context> context, size_t index, v8::Local<v8::Object> internal,
               v8::Local<v8::Object> native) {
  const std::string name(kSnapshotScripts[index].path);
  v8::TryCatch try_catch(isolate);
  v8::ScriptOrigin origin(NewString(isolate, "verge:" + name).ToLocalChecked());
  v8::ScriptCompiler::Source source(v8::String::NewExternalOneByte(isolate, SnapshotScriptText(index)).ToLocalChecked(),
                                    origin);
  v8::Local<v8::String> parameters[] = {NewSymbolName(isolate, "internal"), NewSymbolName(isolate, "native")};
  v8::Local<v8::Value> arguments[] = {internal, native};
  v8::Local<v8::Function> function;
  if (!v8::ScriptCompiler::CompileFunction(context, &source, 2, parameters).ToLocal(&function) ||
      function->Call(context, v8::Undefined(isolate), 2, arguments).IsEmpty()) {
    std::fprintf(stderr, "%s\n", runtime::DescribeException(isolate, context, try_catch).Excerpt().c_str());
    return false;
  }
  return true;
}

int Build(const std::string& out) {
  runtime::Platform::Initialize();
  std::unique_ptr<v8::ArrayBuffer::Allocator> allocator(v8::ArrayBuffer::Allocator::NewDefaultAllocator());
  v8::Isolate::CreateParams params;
  params.external_references = ExternalReferences();
  params.array_buffer_allocator = allocator.get();
  v8::SnapshotCreator creator(params);
  v8::Isolate* isolate = creator.GetIsolate();
  {
    v8::HandleScope scope(isolate);
    Realm realm(isolate);
    v8::Local<v8::ObjectTemplate> global = v8::ObjectTemplate::New(isolate);
    for (const ClassSpec* spec : AllClasses()) {
      v8::Local<v8::FunctionTemplate> constructor = BuildClass(realm, *spec);
      creator.AddData(constructor);
      if (spec->exposed) global->Set(NewSymbolName(isolate, spec->name), constructor, v8::DontEnum);
    }
    for (const Family* family : AllFamilies()) {
      for (const GlobalFunction& function : family->globals) {
        global->Set(NewSymbolName(isolate, function.name),
                    BuildFunction(isolate, function.name, function.callback, function.length));
      }
      for (const LazyGlobal& lazy : family->lazy_globals) {
        global->SetLazyDataProperty(NewSymbolName(isolate, lazy.name), lazy.getter, {}, lazy.attributes);
      }
    }
    v8::Local<v8::Context> context = v8::Context::New(isolate, nullptr, global);
    v8::Context::Scope context_scope(context);
    v8::Local<v8::Object> internal = v8::Object::New(isolate);
    v8::Local<v8::Object> native = v8::Object::New(isolate);
    // What is looked up on them must not be found on Object.prototype, where the worker may put anything.
    internal->SetPrototypeV2(context, v8::Null(isolate)).Check();
    native->SetPrototypeV2(context, v8::Null(isolate)).Check();
    context->SetEmbedderData(Realm::kInternalsSlot, internal);
    context->SetEmbedderData(Realm::kNativesSlot, native);
    context->SetEmbedderData(Realm::kEnvSlot, v8::Undefined(isolate));
    for (const Family* family : AllFamilies()) {
      for (const GlobalFunction& function : family->natives) {
        v8::Local<v8::FunctionTemplate> native_template =
            BuildFunction(isolate, function.name, function.callback, function.length);
        native
            ->CreateDataProperty(context, NewSymbolName(isolate, function.name),
                                 native_template->GetFunction(context).ToLocalChecked())
            .Check();
      }
    }
    // Classes that C++ implements but that are not global, for scripts.
    v8::Local<v8::Object> classes = v8::Object::New(isolate);
    for (const ClassSpec* spec : AllClasses()) {
      classes
          ->CreateDataProperty(context, NewSymbolName(isolate, spec->name),
                               realm.class_template(*spec)->GetFunction(context).ToLocalChecked())
          .Check();
    }
    native->CreateDataProperty(context, NewSymbolName(isolate, "classes"), classes).Check();
    for (size_t i = 0; i < kSnapshotScriptCount; ++i) {
      if (!RunScript(isolate, context, i, internal, native)) return 1;
    }
    creator.SetDefaultContext(context);
  }
  v8::StartupData blob = creator.CreateBlob(v8::SnapshotCreator::FunctionCodeHandling::kKeep);
  if (!blob.data) {
    std::fprintf(stderr, "snapshot_builder: V8 could not serialise its heap\n");
    return 1;
  }
  std::ofstream file(out, std::ios::binary | std::ios::trunc);
  file.write(blob.data, blob.raw_size);
  delete[] blob.data;
  file.close();
  return file ? 0 : 1;
}

}  // namespace
}  // namespace verge::bindings

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: snapshot_builder OUT.blob\n");
    return 2;
  }
  return verge::bindings::Build(argv[1]);
}
