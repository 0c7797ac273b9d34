// What the bindings keep for each isolate: class templates, names, the JavaScript internals, living native objects.
#ifndef BINDINGS_CORE_REALM_H_
#define BINDINGS_CORE_REALM_H_

#include <v8.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "bindings/core/class_spec.h"
#include "bindings/core/names.h"
#include "bindings/core/object.h"
#include "runtime/worker_isolate.h"

namespace verge::bindings {

struct HostServices;

// Base of what a family keeps in the realm.
class RealmPart {
 public:
  virtual ~RealmPart() = default;
};

class Realm final : public runtime::ApiState {
 public:
  // Isolate data slot that points here.
  static constexpr uint32_t kIsolateSlot = 1;

  explicit Realm(v8::Isolate* isolate);
  ~Realm() override;

  static Realm& From(v8::Isolate* isolate) { return *static_cast<Realm*>(isolate->GetData(kIsolateSlot)); }

  v8::Isolate* isolate() const { return isolate_; }

  // Null while the snapshot is built.
  runtime::WorkerIsolate* worker() const { return worker_; }
  void set_worker(runtime::WorkerIsolate* worker) { worker_ = worker; }

  // What the worker's host offers (bindings/fetch/host_services.h); null while the snapshot is built.
  const HostServices* host_services() const { return host_services_; }
  void set_host_services(const HostServices* services) { host_services_ = services; }

  // Milliseconds since the epoch: when the isolate was made, before any of its code ran.
  [[nodiscard]] double time_origin() const { return time_origin_; }

  // --- Names
  v8::Local<v8::String> name(Name name) const { return names_[static_cast<size_t>(name)].Get(isolate_); }

  // --- Classes
  v8::Local<v8::FunctionTemplate> class_template(const ClassSpec& spec) const {
    return SlotOf(spec).function_template.Get(isolate_);
  }
  // What instances are made from.
  v8::Local<v8::ObjectTemplate> instance_template(const ClassSpec& spec) const {
    return SlotOf(spec).instance_template.Get(isolate_);
  }
  void SetClassTemplate(const ClassSpec& spec, v8::Local<v8::FunctionTemplate> function_template);

  // --- JavaScript internals: functions and classes that the scripts in the snapshot put on their `internal` object.
  v8::Local<v8::Object> internals(v8::Local<v8::Context> context) const;
  // The families' functions, the scripts' other parameter.
  static v8::Local<v8::Object> natives(v8::Local<v8::Context> context) {
    return context->GetEmbedderData(kNativesSlot).As<v8::Object>();
  }
  // Empty only on termination.
  v8::MaybeLocal<v8::Function> internal_function(v8::Local<v8::Context> context, Name name) const;
  v8::MaybeLocal<v8::Value> CallInternal(v8::Local<v8::Context> context, Name name,
                                         std::span<v8::Local<v8::Value>> arguments) const;

  // --- The worker's environment; undefined before it is there.
  v8::Local<v8::Value> env(v8::Local<v8::Context> context) const { return context->GetEmbedderData(kEnvSlot); }

  // --- Termination injection, for tests: the n-th call from JavaScript into C++ from now on terminates execution.
  void TerminateAtCall(uint64_t n) { calls_until_termination_ = n; }
  // Called by every trampoline; true when execution was just terminated.
  bool CountCall() {
    if (calls_until_termination_ == 0) [[likely]]
      return false;
    if (--calls_until_termination_ != 0) return false;
    if (worker_) worker_->Terminate();
    return true;
  }

  // --- State of single families.
  enum class Part : uint8_t {
    kTimers,
    kBlobs,
    kCrypto,
    kTasks,
    kClock,
    kBuiltinModules,
    kWebSocket,
    kD1,
    kCount,
  };
  template <typename T>
  T& part(Part part) {
    auto& slot = parts_[static_cast<size_t>(part)];
    if (!slot) slot = std::make_unique<T>();
    return static_cast<T&>(*slot);
  }

  // Embedder data slots of the context.
  static constexpr int kInternalsSlot = 1;
  static constexpr int kNativesSlot = 2;
  static constexpr int kEnvSlot = 3;

 private:
  friend class Native;
  friend void Attach(v8::Isolate*, v8::Local<v8::Object>, std::unique_ptr<Native>);

  v8::Isolate* isolate_;
  const double time_origin_;
  runtime::WorkerIsolate* worker_ = nullptr;
  const HostServices* host_services_ = nullptr;
  uint64_t calls_until_termination_ = 0;

  // A hash table from a spec's address to its template: what is hot is looked up for every object made.
  struct TemplateSlot {
    const ClassSpec* spec = nullptr;
    v8::Global<v8::FunctionTemplate> function_template;
    v8::Global<v8::ObjectTemplate> instance_template;
  };
  static constexpr size_t kTemplateSlots = 256;
  static size_t Hash(const ClassSpec& spec) { return (reinterpret_cast<uintptr_t>(&spec) >> 3) % kTemplateSlots; }
  const TemplateSlot& SlotOf(const ClassSpec& spec) const {
    size_t i = Hash(spec);
    while (templates_[i].spec != &spec) i = (i + 1) % kTemplateSlots;
    return templates_[i];
  }
  std::array<TemplateSlot, kTemplateSlots> templates_;
  std::vector<v8::Global<v8::String>> names_;
  std::array<std::unique_ptr<RealmPart>, static_cast<size_t>(Part::kCount)> parts_;
  Native* natives_ = nullptr;
};

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_REALM_H_
