#include "bindings/web/structured_clone.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bindings/blob/blob.h"
#include "bindings/core/realm.h"
#include "bindings/core/strings.h"
#include "bindings/crypto/crypto_key.h"

namespace verge::bindings {
namespace {

std::unexpected<Error> DataCloneError(Cx& cx, std::string what) {
  return DomError("DataCloneError", cx.Where() + ": " + what);
}

// StructuredSerializeInternal's part that V8 leaves to its embedder: host objects. They are cloned when they are
// written, because no JavaScript may run while V8 reads (DOMException is JavaScript); the serialized form has only
// their numbers.
class SerializerDelegate final : public v8::ValueSerializer::Delegate {
 public:
  // `clone_function`: web/structured_clone.js's cloneDOMException.
  SerializerDelegate(Cx& cx, v8::Local<v8::Function> clone_function) : cx_(cx), clone_function_(clone_function) {}

  void set_serializer(v8::ValueSerializer* serializer) { serializer_ = serializer; }
  const std::vector<v8::Global<v8::Object>>& clones() const { return clones_; }

  void ThrowDataCloneError(v8::Local<v8::String> message) override {
    Throw(cx_.isolate, DataCloneError(cx_, ToUtf8(cx_.isolate, message)).error());
  }

  // DOMException is a class written in JavaScript: V8 takes its instances for plain objects.
  bool HasCustomHostObject(v8::Isolate*) override { return true; }

  v8::Maybe<bool> IsHostObject(v8::Isolate*, v8::Local<v8::Object> object) override {
    candidate_.Reset();
    if (object->InternalFieldCount() > 0) return v8::Just(true);
    // Only what inherits from more than Object.prototype is worth a call into JavaScript.
    v8::Local<v8::Value> prototype = object->GetPrototypeV2();
    if (!prototype->IsObject() || prototype.As<v8::Object>()->GetPrototypeV2()->IsNull()) return v8::Just(false);
    v8::Local<v8::Value> argument = object;
    v8::Local<v8::Value> clone;
    if (!clone_function_->Call(cx_.context, v8::Undefined(cx_.isolate), 1, &argument).ToLocal(&clone)) {
      return v8::Nothing<bool>();
    }
    if (!clone->IsObject()) return v8::Just(false);
    candidate_.Reset(cx_.isolate, object);
    candidate_clone_.Reset(cx_.isolate, clone.As<v8::Object>());
    return v8::Just(true);
  }

  v8::Maybe<bool> WriteHostObject(v8::Isolate*, v8::Local<v8::Object> object) override {
    if (auto* blob = Unwrap<Blob>(object)) {
      v8::Local<v8::Object> clone;
      if (!blob->Duplicate(cx_.isolate).ToLocal(&clone)) return v8::Nothing<bool>();
      candidate_clone_.Reset(cx_.isolate, clone);
    } else if (auto* key = Unwrap<CryptoKey>(object)) {
      // https://w3c.github.io/webcrypto/#cryptokey-interface, "serialization steps": the key itself is shared.
      v8::Local<v8::Object> clone;
      if (!NewCryptoKey(cx_.isolate, key->key()).ToLocal(&clone)) return v8::Nothing<bool>();
      candidate_clone_.Reset(cx_.isolate, clone);
    } else if (candidate_.IsEmpty() || candidate_ != object) {
      Refuse(object);
      return v8::Nothing<bool>();
    }
    serializer_->WriteUint32(static_cast<uint32_t>(clones_.size()));
    clones_.push_back(std::move(candidate_clone_));
    candidate_.Reset();
    return v8::Just(true);
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
    Throw(cx_.isolate, DataCloneError(cx_, "Shared values could not be cloned.").error());
    return false;
  }

 private:
  void Refuse(v8::Local<v8::Object> object) {
    std::string name = ToUtf8(cx_.isolate, object->GetConstructorName());
    Throw(cx_.isolate, DataCloneError(cx_, "#<" + name + "> could not be cloned.").error());
  }

  Cx& cx_;
  v8::ValueSerializer* serializer_ = nullptr;
  v8::Local<v8::Function> clone_function_;
  // V8 opens handle scopes of its own while it walks: what is to outlast a callback needs a global handle.
  // What IsHostObject found last: V8 asks it right before WriteHostObject.
  v8::Global<v8::Object> candidate_;
  v8::Global<v8::Object> candidate_clone_;
  std::vector<v8::Global<v8::Object>> clones_;
};

class DeserializerDelegate final : public v8::ValueDeserializer::Delegate {
 public:
  explicit DeserializerDelegate(const std::vector<v8::Global<v8::Object>>& clones) : clones_(clones) {}

  void set_deserializer(v8::ValueDeserializer* deserializer) { deserializer_ = deserializer; }

  v8::MaybeLocal<v8::Object> ReadHostObject(v8::Isolate* isolate) override {
    uint32_t number = 0;
    if (!deserializer_->ReadUint32(&number) || number >= clones_.size()) return {};
    return clones_[number].Get(isolate);
  }

 private:
  const std::vector<v8::Global<v8::Object>>& clones_;
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

  v8::Local<v8::Value> clone_function;
  if (!cx.realm()
           .internals(cx.context)
           ->Get(cx.context, NewSymbolName(cx.isolate, "cloneDOMException"))
           .ToLocal(&clone_function) ||
      !clone_function->IsFunction()) {
    return Pending();
  }
  SerializerDelegate serializer_delegate(cx, clone_function.As<v8::Function>());
  std::unique_ptr<uint8_t, decltype(&std::free)> data(nullptr, &std::free);
  size_t size = 0;
  {
    v8::ValueSerializer serializer(cx.isolate, &serializer_delegate);
    serializer_delegate.set_serializer(&serializer);
    for (size_t i = 0; i < options.transfer.size(); ++i) {
      serializer.TransferArrayBuffer(static_cast<uint32_t>(i), options.transfer[i].As<v8::ArrayBuffer>());
    }
    serializer.WriteHeader();
    if (serializer.WriteValue(cx.context, value).IsNothing()) return Pending();
    auto [bytes, length] = serializer.Release();
    data.reset(bytes);
    size = length;
  }

  DeserializerDelegate deserializer_delegate(serializer_delegate.clones());
  v8::ValueDeserializer deserializer(cx.isolate, data.get(), size, &deserializer_delegate);
  deserializer_delegate.set_deserializer(&deserializer);
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
