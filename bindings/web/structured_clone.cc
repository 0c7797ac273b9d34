#include "bindings/web/structured_clone.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bindings/core/realm.h"
#include "bindings/core/strings.h"

namespace verge::bindings {
namespace {

// What stands for a host object in the serialized form, followed by an index.
enum Tag : uint32_t { kCloned, kTransferred };

std::unexpected<Error> DataCloneError(Cx& cx, std::string what) {
  return DomError("DataCloneError", cx.Where() + ": " + what);
}

// The objects to transfer, found by identity.
class TransferList {
 public:
  explicit TransferList(const std::vector<v8::Local<v8::Object>>& objects) : objects_(objects) {}

  // The checks that come before anything is serialized.
  Result<> Check(Cx& cx) {
    for (size_t i = 0; i < objects_.size(); ++i) {
      v8::Local<v8::Object> object = objects_[i];
      std::string at = "Value at index " + std::to_string(i);
      if (Find(object)) return DataCloneError(cx, at + " is a duplicate of an earlier one.");
      if (!object->IsArrayBuffer()) {
        v8::Local<v8::Value> argument = object;
        v8::Local<v8::Value> is_transferable;
        if (!cx.realm().CallInternal(cx.context, Name::kIsTransferable, {&argument, 1}).ToLocal(&is_transferable)) {
          return Pending();
        }
        if (!is_transferable->IsTrue()) return DataCloneError(cx, at + " does not have a transferable type.");
        has_host_objects_ = true;
      } else if (!object.As<v8::ArrayBuffer>()->IsDetachable()) {
        return DataCloneError(cx, at + " is an ArrayBuffer that cannot be detached.");
      }
      by_hash_.emplace(object->GetIdentityHash(), static_cast<uint32_t>(i));
    }
    return {};
  }

  [[nodiscard]] bool has_host_objects() const { return has_host_objects_; }

  std::optional<uint32_t> Find(v8::Local<v8::Object> object) const {
    if (by_hash_.empty()) return std::nullopt;
    auto [first, last] = by_hash_.equal_range(object->GetIdentityHash());
    for (; first != last; ++first) {
      if (objects_[first->second] == object) return first->second;
    }
    return std::nullopt;
  }

 private:
  const std::vector<v8::Local<v8::Object>>& objects_;
  std::unordered_multimap<int, uint32_t> by_hash_;
  bool has_host_objects_ = false;
};

// StructuredSerializeInternal's part that V8 leaves to its embedder: host objects. They are cloned when they are
// written, because no JavaScript may run while V8 reads; the serialized form has only their numbers.
class SerializerDelegate final : public v8::ValueSerializer::Delegate {
 public:
  SerializerDelegate(Cx& cx, const TransferList& transfer, v8::Local<v8::Function> clone_function)
      : cx_(cx), transfer_(transfer), clone_function_(clone_function) {}

  void set_serializer(v8::ValueSerializer* serializer) { serializer_ = serializer; }
  const std::vector<v8::Global<v8::Object>>& clones() const { return clones_; }

  void ThrowDataCloneError(v8::Local<v8::String> message) override {
    Throw(cx_.isolate, DataCloneError(cx_, ToUtf8(cx_.isolate, message)).error());
  }

  // V8 takes the instances of classes that are written in JavaScript for plain objects.
  bool HasCustomHostObject(v8::Isolate*) override { return true; }

  v8::Maybe<bool> IsHostObject(v8::Isolate*, v8::Local<v8::Object> object) override {
    candidate_clone_.Reset();
    if (object->InternalFieldCount() > 0) return v8::Just(true);
    // Only what inherits from more than Object.prototype is worth a call into JavaScript.
    v8::Local<v8::Value> prototype = object->GetPrototypeV2();
    if (!prototype->IsObject() || prototype.As<v8::Object>()->GetPrototypeV2()->IsNull()) return v8::Just(false);
    if (transfer_.has_host_objects() && transfer_.Find(object)) return v8::Just(true);
    v8::Local<v8::Value> argument = object;
    v8::Local<v8::Value> clone;
    if (!clone_function_->Call(cx_.context, v8::Undefined(cx_.isolate), 1, &argument).ToLocal(&clone)) {
      return v8::Nothing<bool>();
    }
    if (clone->IsUndefined()) return v8::Just(false);
    if (clone->IsObject()) candidate_clone_.Reset(cx_.isolate, clone.As<v8::Object>());
    return v8::Just(true);
  }

  // V8 asks IsHostObject right before.
  v8::Maybe<bool> WriteHostObject(v8::Isolate*, v8::Local<v8::Object> object) override {
    if (std::optional<uint32_t> index = transfer_.Find(object)) {
      serializer_->WriteUint32(kTransferred);
      serializer_->WriteUint32(*index);
      return v8::Just(true);
    }
    if (candidate_clone_.IsEmpty()) {
      const ClassSpec* spec = SpecOf(object);
      while (spec && !spec->clone) spec = spec->parent;
      v8::Local<v8::Object> clone;
      if (!spec || (!spec->slots_only && !NativeOf(object, *spec))) {
        Refuse(object);
        return v8::Nothing<bool>();
      }
      if (!spec->clone(cx_, object).ToLocal(&clone)) return v8::Nothing<bool>();
      candidate_clone_.Reset(cx_.isolate, clone);
    }
    serializer_->WriteUint32(kCloned);
    serializer_->WriteUint32(static_cast<uint32_t>(clones_.size()));
    clones_.push_back(std::move(candidate_clone_));
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
  const TransferList& transfer_;
  v8::ValueSerializer* serializer_ = nullptr;
  v8::Local<v8::Function> clone_function_;
  // V8 opens handle scopes of its own while it walks: what is to outlast a callback needs a global handle.
  v8::Global<v8::Object> candidate_clone_;  // what IsHostObject found last
  std::vector<v8::Global<v8::Object>> clones_;
};

class DeserializerDelegate final : public v8::ValueDeserializer::Delegate {
 public:
  DeserializerDelegate(const std::vector<v8::Global<v8::Object>>& clones,
                       const std::vector<v8::Local<v8::Value>>& transferred)
      : clones_(clones), transferred_(transferred) {}

  void set_deserializer(v8::ValueDeserializer* deserializer) { deserializer_ = deserializer; }

  v8::MaybeLocal<v8::Object> ReadHostObject(v8::Isolate* isolate) override {
    uint32_t tag = 0;
    uint32_t index = 0;
    if (!deserializer_->ReadUint32(&tag) || !deserializer_->ReadUint32(&index)) return {};
    if (tag == kCloned) {
      if (index >= clones_.size()) return {};
      return clones_[index].Get(isolate);
    }
    if (index >= transferred_.size() || !transferred_[index]->IsObject()) return {};
    return transferred_[index].As<v8::Object>();
  }

 private:
  const std::vector<v8::Global<v8::Object>>& clones_;
  const std::vector<v8::Local<v8::Value>>& transferred_;
  v8::ValueDeserializer* deserializer_ = nullptr;
};

// The transfer steps: what takes the object's place. Getters that ran while the value was serialized may have detached
// it.
Result<v8::Local<v8::Value>> Transfer(Cx& cx, v8::Local<v8::Object> object) {
  if (!object->IsArrayBuffer()) {
    v8::Local<v8::Value> argument = object;
    v8::Local<v8::Value> moved;
    if (!cx.realm().CallInternal(cx.context, Name::kTransferObject, {&argument, 1}).ToLocal(&moved)) return Pending();
    return moved;
  }
  v8::Local<v8::ArrayBuffer> buffer = object.As<v8::ArrayBuffer>();
  if (buffer->WasDetached()) return DataCloneError(cx, "An ArrayBuffer is detached and could not be cloned.");
  std::shared_ptr<v8::BackingStore> store = buffer->GetBackingStore();
  // Fails for buffers with a detach key, which no script can set.
  if (buffer->Detach(v8::Local<v8::Value>()).IsNothing()) return Pending();
  return v8::ArrayBuffer::New(cx.isolate, std::move(store)).As<v8::Value>();
}

}  // namespace

Result<v8::Local<v8::Value>> CloneWithTransfer(Cx& cx, v8::Local<v8::Value> value,
                                               const std::vector<v8::Local<v8::Object>>& transfer,
                                               std::vector<v8::Local<v8::Value>>* transferred) {
  if (transfer.empty() && !value->IsObject() && !value->IsSymbol()) return value;
  TransferList list(transfer);
  if (Result<> checked = list.Check(cx); !checked) return std::unexpected(std::move(checked).error());

  v8::Local<v8::Function> clone_function;
  if (!cx.realm().internal_function(cx.context, Name::kCloneHostObject).ToLocal(&clone_function)) return Pending();
  SerializerDelegate serializer_delegate(cx, list, clone_function);
  std::unique_ptr<uint8_t, decltype(&std::free)> data(nullptr, &std::free);
  size_t size = 0;
  {
    v8::ValueSerializer serializer(cx.isolate, &serializer_delegate);
    serializer_delegate.set_serializer(&serializer);
    for (size_t i = 0; i < transfer.size(); ++i) {
      if (!transfer[i]->IsArrayBuffer()) continue;
      serializer.TransferArrayBuffer(static_cast<uint32_t>(i), transfer[i].As<v8::ArrayBuffer>());
    }
    serializer.WriteHeader();
    if (serializer.WriteValue(cx.context, value).IsNothing()) return Pending();
    auto [bytes, length] = serializer.Release();
    data.reset(bytes);
    size = length;
  }

  DeserializerDelegate deserializer_delegate(serializer_delegate.clones(), *transferred);
  v8::ValueDeserializer deserializer(cx.isolate, data.get(), size, &deserializer_delegate);
  deserializer_delegate.set_deserializer(&deserializer);
  for (size_t i = 0; i < transfer.size(); ++i) {
    Result<v8::Local<v8::Value>> moved = Transfer(cx, transfer[i]);
    if (!moved) return moved;
    transferred->push_back(*moved);
    if (!(*moved)->IsArrayBuffer()) continue;
    deserializer.TransferArrayBuffer(static_cast<uint32_t>(i), moved->As<v8::ArrayBuffer>());
  }
  v8::Local<v8::Value> clone;
  if (deserializer.ReadHeader(cx.context).IsNothing() || !deserializer.ReadValue(cx.context).ToLocal(&clone)) {
    return Pending();
  }
  return clone;
}

Result<v8::Local<v8::Value>> StructuredClone(Cx& cx, AnyValue value, StructuredSerializeOptions options) {
  std::vector<v8::Local<v8::Value>> transferred;
  return CloneWithTransfer(cx, value.value, options.transfer, &transferred);
}

Result<v8::Local<v8::Value>> CloneMessage(Cx& cx, v8::Local<v8::Value> value, v8::Local<v8::Object> list) {
  std::vector<v8::Local<v8::Object>> transfer;
  uint32_t count = list->IsArray() ? list.As<v8::Array>()->Length() : 0;
  for (uint32_t i = 0; i < count; ++i) {
    v8::Local<v8::Value> item;
    if (!list->Get(cx.context, i).ToLocal(&item) || !item->IsObject()) return Pending();
    transfer.push_back(item.As<v8::Object>());
  }
  std::vector<v8::Local<v8::Value>> transferred;
  Result<v8::Local<v8::Value>> clone = CloneWithTransfer(cx, value, transfer, &transferred);
  if (!clone) return clone;
  v8::Local<v8::Value> pair[] = {*clone, v8::Array::New(cx.isolate, transferred.data(), transferred.size())};
  return v8::Array::New(cx.isolate, pair, 2).As<v8::Value>();
}

}  // namespace verge::bindings
