#include "bindings/service/rpc_value.h"

#include <string>
#include <utility>

#include "bindings/core/realm.h"
#include "bindings/core/strings.h"

namespace verge::bindings {
namespace {

class Delegate final : public v8::ValueSerializer::Delegate {
 public:
  explicit Delegate(Cx& cx) : cx_(cx) {}

  void ThrowDataCloneError(v8::Local<v8::String> message) override { Refuse(ToUtf8(cx_.isolate, message)); }

  // V8 takes the instances of classes that are written in JavaScript for plain objects, and would lose what they are.
  bool HasCustomHostObject(v8::Isolate*) override { return true; }
  v8::Maybe<bool> IsHostObject(v8::Isolate*, v8::Local<v8::Object> object) override {
    if (object->InternalFieldCount() > 0) return v8::Just(true);
    if (object->IsNativeError()) return v8::Just(false);
    v8::Local<v8::Value> prototype = object->GetPrototypeV2();
    return v8::Just(prototype->IsObject() && !prototype.As<v8::Object>()->GetPrototypeV2()->IsNull());
  }
  v8::Maybe<bool> WriteHostObject(v8::Isolate*, v8::Local<v8::Object> object) override {
    Refuse(object);
    return v8::Nothing<bool>();
  }
  v8::Maybe<uint32_t> GetSharedArrayBufferId(v8::Isolate*, v8::Local<v8::SharedArrayBuffer> buffer) override {
    Refuse(buffer);
    return v8::Nothing<uint32_t>();
  }
  v8::Maybe<uint32_t> GetWasmModuleTransferId(v8::Isolate*, v8::Local<v8::WasmModuleObject> module) override {
    Refuse(module);
    return v8::Nothing<uint32_t>();
  }
  bool AdoptSharedValueConveyor(v8::Isolate*, v8::SharedValueConveyor&&) override {
    Refuse("Shared values do not go to another worker.");
    return false;
  }

  // What has grown too large ends here, and not when all memory is gone.
  void* ReallocateBufferMemory(void* old, size_t size, size_t* actual) override {
    if (size > 2 * kMaxRpcBytes) return nullptr;
    *actual = size;
    return std::realloc(old, size);
  }
  void FreeBufferMemory(void* buffer) override { std::free(buffer); }

  // Why something was refused, "" when nothing was.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

 private:
  void Refuse(v8::Local<v8::Object> object) {
    Refuse("Could not serialize object of type \"" + ToUtf8(cx_.isolate, object->GetConstructorName()) +
           "\": workers give each other copies of what structuredClone() copies, and of plain objects.");
  }
  // V8 wants an exception; what it says is kept here.
  void Refuse(std::string why) {
    refusal_ = std::move(why);
    cx_.isolate->ThrowException(v8::Null(cx_.isolate));
  }

  Cx& cx_;
  std::string refusal_;
};

}  // namespace

Result<RpcValue> ToRpcValue(Cx& cx, v8::Local<v8::Value> value) {
  v8::TryCatch try_catch(cx.isolate);
  Delegate delegate(cx);
  v8::ValueSerializer serializer(cx.isolate, &delegate);
  serializer.WriteHeader();
  if (serializer.WriteValue(cx.context, value).IsNothing()) {
    if (try_catch.HasTerminated() || delegate.refusal().empty()) {
      try_catch.ReThrow();
      return Pending();
    }
    return DomError("DataCloneError", delegate.refusal());
  }
  auto [data, size] = serializer.Release();
  RpcValue out;
  out.data.reset(data);
  out.size = size;
  if (size > kMaxRpcBytes) {
    return DomError("DataCloneError", "What a call of another worker takes or gives may have " +
                                          std::to_string(kMaxRpcBytes >> 20) + " MiB.");
  }
  return out;
}

v8::MaybeLocal<v8::Value> FromRpcValue(v8::Isolate* isolate, v8::Local<v8::Context> context, const RpcValue& value) {
  v8::ValueDeserializer deserializer(isolate, value.data.get(), value.size);
  if (deserializer.ReadHeader(context).IsNothing()) return {};
  return deserializer.ReadValue(context);
}

}  // namespace verge::bindings
