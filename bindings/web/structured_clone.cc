#include "bindings/web/structured_clone.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "bindings/core/object.h"
#include "bindings/core/realm.h"
#include "bindings/core/strings.h"

namespace verge::bindings {
namespace {

std::unexpected<Error> DataCloneError(Cx& cx, std::string what) {
  return DomError("DataCloneError", cx.Where() + ": " + what);
}

// StructuredSerializeInternal's part that V8 leaves to its embedder.
class SerializerDelegate final : public v8::ValueSerializer::Delegate {
 public:
  explicit SerializerDelegate(Cx& cx) : cx_(cx) {}

  void set_serializer(v8::ValueSerializer* serializer) { serializer_ = serializer; }

  void ThrowDataCloneError(v8::Local<v8::String> message) override {
    Throw(cx_.isolate, DataCloneError(cx_, ToUtf8(cx_.isolate, message)).error());
  }

  // DOMException is a class written in JavaScript: V8 takes its instances for plain objects.
  bool HasCustomHostObject(v8::Isolate*) override { return true; }

  v8::Maybe<bool> IsHostObject(v8::Isolate* isolate, v8::Local<v8::Object> object) override {
    if (SpecOf(object)) return v8::Just(true);
    // Only what inherits from more than Object.prototype is worth a call into JavaScript.
    v8::Local<v8::Value> prototype = object->GetPrototypeV2();
    if (!prototype->IsObject()) return v8::Just(false);
    if (prototype.As<v8::Object>()->GetPrototypeV2()->IsNull()) return v8::Just(false);
    v8::Local<v8::Value> parts;
    if (!Describe(object).ToLocal(&parts)) return v8::Nothing<bool>();
    return v8::Just(parts->IsArray());
  }

  v8::Maybe<bool> WriteHostObject(v8::Isolate* isolate, v8::Local<v8::Object> object) override {
    v8::Local<v8::Value> parts = v8::Undefined(isolate);
    if (!SpecOf(object) && !Describe(object).ToLocal(&parts)) return v8::Nothing<bool>();
    if (!parts->IsArray()) {
      std::string name = ToUtf8(isolate, object->GetConstructorName());
      Throw(isolate, DataCloneError(cx_, "#<" + name + "> could not be cloned.").error());
      return v8::Nothing<bool>();
    }
    // name, message, stack
    for (uint32_t i = 0; i < 3; ++i) {
      v8::Local<v8::Value> part;
      if (!parts.As<v8::Array>()->Get(cx_.context, i).ToLocal(&part)) return v8::Nothing<bool>();
      if (serializer_->WriteValue(cx_.context, part).IsNothing()) return v8::Nothing<bool>();
    }
    return v8::Just(true);
  }

 private:
  // What web/structured_clone.js says about `object`: [name, message, stack] of a DOMException, else undefined.
  v8::MaybeLocal<v8::Value> Describe(v8::Local<v8::Object> object) {
    if (describe_.IsEmpty()) {
      v8::Local<v8::Value> function;
      v8::Local<v8::String> name = NewSymbolName(cx_.isolate, "describeDOMException");
      if (!cx_.realm().internals(cx_.context)->Get(cx_.context, name).ToLocal(&function)) return {};
      if (!function->IsFunction()) return v8::Undefined(cx_.isolate).As<v8::Value>();
      describe_ = function.As<v8::Function>();
    }
    v8::Local<v8::Value> argument = object;
    return describe_->Call(cx_.context, v8::Undefined(cx_.isolate), 1, &argument);
  }

  Cx& cx_;
  v8::ValueSerializer* serializer_ = nullptr;
  v8::Local<v8::Function> describe_;
};

class DeserializerDelegate final : public v8::ValueDeserializer::Delegate {
 public:
  explicit DeserializerDelegate(Cx& cx) : cx_(cx) {}

  void set_deserializer(v8::ValueDeserializer* deserializer) { deserializer_ = deserializer; }

  // DOMExceptions are the only host objects that are written.
  v8::MaybeLocal<v8::Object> ReadHostObject(v8::Isolate* isolate) override {
    v8::Local<v8::Value> name;
    v8::Local<v8::Value> message;
    v8::Local<v8::Value> stack;
    v8::Local<v8::Function> constructor;
    v8::Local<v8::Object> exception;
    if (!deserializer_->ReadValue(cx_.context).ToLocal(&name) ||
        !deserializer_->ReadValue(cx_.context).ToLocal(&message) ||
        !deserializer_->ReadValue(cx_.context).ToLocal(&stack) ||
        !cx_.realm().internal_function(cx_.context, Name::kDomException).ToLocal(&constructor)) {
      return {};
    }
    v8::Local<v8::Value> arguments[] = {message, name};
    if (!constructor->NewInstance(cx_.context, 2, arguments).ToLocal(&exception)) return {};
    if (stack->IsString() &&
        exception->DefineOwnProperty(cx_.context, cx_.realm().name(Name::kStack), stack, v8::DontEnum).IsNothing()) {
      return {};
    }
    return exception;
  }

 private:
  Cx& cx_;
  v8::ValueDeserializer* deserializer_ = nullptr;
};

// The checks of StructuredSerializeWithTransfer that come before anything is serialized. What passes is an ArrayBuffer.
Result<> CheckTransferList(Cx& cx, const std::vector<v8::Local<v8::Object>>& transfer) {
  std::unordered_multimap<int, v8::Local<v8::Object>> seen;
  for (size_t i = 0; i < transfer.size(); ++i) {
    v8::Local<v8::Object> object = transfer[i];
    std::string at = "Value at index " + std::to_string(i);
    if (!object->IsArrayBuffer()) return DataCloneError(cx, at + " does not have a transferable type.");
    if (!object.As<v8::ArrayBuffer>()->IsDetachable()) {
      return DataCloneError(cx, at + " is an ArrayBuffer that cannot be detached.");
    }
    int hash = object->GetIdentityHash();
    auto [first, last] = seen.equal_range(hash);
    for (auto it = first; it != last; ++it) {
      if (it->second == object) return DataCloneError(cx, at + " is a duplicate of an earlier one.");
    }
    seen.emplace(hash, object);
  }
  return {};
}

}  // namespace

Result<v8::Local<v8::Value>> StructuredClone(Cx& cx, RequiredAny argument, StructuredSerializeOptions options) {
  v8::Local<v8::Value> value = argument.value;
  if (options.transfer.empty() && !value->IsObject() && !value->IsSymbol()) return value;
  if (Result<> checked = CheckTransferList(cx, options.transfer); !checked) {
    return std::unexpected(std::move(checked).error());
  }

  std::unique_ptr<uint8_t, decltype(&std::free)> data(nullptr, &std::free);
  size_t size = 0;
  {
    SerializerDelegate delegate(cx);
    v8::ValueSerializer serializer(cx.isolate, &delegate);
    delegate.set_serializer(&serializer);
    for (size_t i = 0; i < options.transfer.size(); ++i) {
      serializer.TransferArrayBuffer(static_cast<uint32_t>(i), options.transfer[i].As<v8::ArrayBuffer>());
    }
    serializer.WriteHeader();
    if (serializer.WriteValue(cx.context, value).IsNothing()) return Pending();
    auto [bytes, length] = serializer.Release();
    data.reset(bytes);
    size = length;
  }

  DeserializerDelegate delegate(cx);
  v8::ValueDeserializer deserializer(cx.isolate, data.get(), size, &delegate);
  delegate.set_deserializer(&deserializer);
  for (size_t i = 0; i < options.transfer.size(); ++i) {
    v8::Local<v8::ArrayBuffer> buffer = options.transfer[i].As<v8::ArrayBuffer>();
    // Getters that ran meanwhile may have detached it.
    if (buffer->WasDetached()) return DataCloneError(cx, "An ArrayBuffer is detached and could not be cloned.");
    std::shared_ptr<v8::BackingStore> store = buffer->GetBackingStore();
    // Fails for buffers with a detach key, which no script can set.
    if (buffer->Detach(v8::Local<v8::Value>()).IsNothing()) return Pending();
    deserializer.TransferArrayBuffer(static_cast<uint32_t>(i), v8::ArrayBuffer::New(cx.isolate, std::move(store)));
  }
  v8::Local<v8::Value> clone;
  if (deserializer.ReadHeader(cx.context).IsNothing() || !deserializer.ReadValue(cx.context).ToLocal(&clone)) {
    return Pending();
  }
  return clone;
}

}  // namespace verge::bindings
