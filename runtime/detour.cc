#include "runtime/detour.h"

#include <v8-internal.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace verge::runtime {
namespace {

constexpr std::array<std::string_view, 3> kStubs = {
    "Builtin:Call_ReceiverIsAny",
    "Builtin:Call_ReceiverIsNullOrUndefined",
    "Builtin:Call_ReceiverIsNotNullOrUndefined",
};

// Written once, before the first worker's code runs; read in signal handlers.
constinit std::array<uintptr_t, kStubs.size()> g_stubs{};
constinit v8::MemoryRange g_builtins{};

// Compiled by its first call; what calls it later never comes back.
constexpr char kSource[] = R"((() => {
  'use strict';
  let armed = false;
  const detour = () => { while (armed); };
  detour();
  armed = true;
  return detour;
})())";

}  // namespace

bool Detour::FindStubs(v8::Isolate* isolate) {
#if defined(__x86_64__)
  isolate->GetEmbeddedCodeRange(&g_builtins.start, &g_builtins.length_in_bytes);
  isolate->SetJitCodeEventHandler(v8::kJitCodeEventEnumExisting, [](const v8::JitCodeEvent* event) {
    if (event->type != v8::JitCodeEvent::CODE_ADDED) return;
    const auto found = std::ranges::find(kStubs, std::string_view(event->name.str, event->name.len));
    if (found == kStubs.end()) return;
    g_stubs[static_cast<size_t>(found - kStubs.begin())] = reinterpret_cast<uintptr_t>(event->code_start);
  });
  isolate->SetJitCodeEventHandler(v8::kJitCodeEventDefault, nullptr);
  return std::ranges::all_of(g_stubs, [](uintptr_t stub) { return IsBuiltin(stub); });
#else
  (void)isolate;
  return false;
#endif
}

bool Detour::Install(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  v8::TryCatch try_catch(isolate);
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> function;
  if (!v8::Script::Compile(context, v8::String::NewFromUtf8Literal(isolate, kSource)).ToLocal(&script) ||
      !script->Run(context).ToLocal(&function) || !function->IsFunction()) {
    return false;
  }
  isolate->SetData(kIsolateSlot, new v8::Global<v8::Function>(isolate, function.As<v8::Function>()));
  return true;
}

void Detour::Remove(v8::Isolate* isolate) {
  delete static_cast<v8::Global<v8::Function>*>(isolate->GetData(kIsolateSlot));
  isolate->SetData(kIsolateSlot, nullptr);
}

bool Detour::IsBuiltin(uintptr_t pc) {
  auto start = reinterpret_cast<uintptr_t>(g_builtins.start);
  return pc >= start && pc - start < g_builtins.length_in_bytes;
}

bool Detour::IsStub(uintptr_t pc) { return std::ranges::find(g_stubs, pc) != g_stubs.end(); }

uintptr_t Detour::Function(v8::Isolate* isolate) {
  auto* function = static_cast<v8::Global<v8::Function>*>(isolate->GetData(kIsolateSlot));
  if (!function || function->IsEmpty()) return 0;
  // A handle is the address of a slot with the tagged pointer.
  return v8::internal::ValueHelper::ValueAsAddress(v8::internal::ValueHelper::HandleAsValue(*function));
}

}  // namespace verge::runtime
