#include "bindings/crypto/subtle_crypto.h"

#include <optional>
#include <string>
#include <utility>

#include "bindings/core/function.h"
#include "bindings/core/strings.h"
#include "bindings/crypto/arguments.h"
#include "bindings/crypto/operation.h"
#include "bindings/crypto/primitives/digest.h"

namespace verge::bindings {
namespace {

// The algorithm's name, by which everything starts. https://w3c.github.io/webcrypto/#algorithm-normalization
bool ReadName(Cx& cx, AlgorithmIdentifier algorithm, v8::Local<v8::String>* out) {
  if (algorithm.value->IsString()) {
    *out = algorithm.value.As<v8::String>();
    return true;
  }
  v8::Local<v8::Value> value;
  if (!algorithm.value.As<v8::Object>()->Get(cx.context, cx.realm().name(Name::kName)).ToLocal(&value)) return false;
  if (value->IsUndefined()) return cx.ThrowTypeError("The algorithm has no 'name'.");
  return Convert<DomString>::From(cx, value, out);
}

Result<crypto::Hash> NormalizeDigest(Cx& cx, AlgorithmIdentifier algorithm) {
  v8::Local<v8::String> name;
  if (!ReadName(cx, algorithm, &name)) return Pending();
  char text[16];
  if (name->Length() <= 16 && name->ContainsOnlyOneByte()) {
    auto length = static_cast<uint32_t>(name->Length());
    name->WriteOneByteV2(cx.isolate, 0, length, reinterpret_cast<uint8_t*>(text));
    if (auto hash = crypto::FindHash(std::string_view(text, length))) return *hash;
  }
  return DomError("NotSupportedError", cx.Where() + ": Unrecognized name.");
}

// https://w3c.github.io/webcrypto/#SubtleCrypto-method-digest
Result<v8::Local<v8::Value>> Digest(Cx& cx, AlgorithmIdentifier algorithm, BufferSource data) {
  Result<crypto::Hash> hash = NormalizeDigest(cx, algorithm);
  if (!hash) return std::unexpected(std::move(hash).error());
  // From here on no user code runs before the bytes are read.
  BufferBytes bytes(data);
  if (bytes.size() <= kShortBytes) [[likely]] {
    std::optional<crypto::DigestValue> value = crypto::Digest(*hash, bytes.get());
    if (!value) return DomError("OperationError", cx.Where() + ": The digest failed.");
    v8::Local<v8::ArrayBuffer> buffer;
    if (!NewArrayBuffer(cx.isolate, value->bytes()).ToLocal(&buffer)) return Pending();
    return Fulfilled(cx, buffer);
  }
  auto work = [hash = *hash, copy = bytes.Copy()](const crypto::Budget&) -> crypto::Outcome<OperationValue> {
    std::optional<crypto::DigestValue> value = crypto::Digest(hash, copy);
    if (!value) return crypto::OperationError("The digest failed.");
    return crypto::CopyOf(value->bytes());
  };
  return Perform(cx, {.is_long = true, .bytes = bytes.size()}, std::move(work));
}

// https://developers.cloudflare.com/workers/runtime-apis/web-crypto/#timingsafeequal
Result<bool> TimingSafeEqual(Cx& cx, BufferSource a, BufferSource b) {
  BufferBytes first(a);
  BufferBytes second(b);
  if (first.size() != second.size()) return TypeError("Input buffers must have the same byte length.");
  return crypto::ConstantTimeEqual(first.get(), second.get());
}

using T = Table<SubtleCrypto>;
constexpr Member kMembers[] = {
    T::AsyncMethod<"digest", &Digest>(),
    T::Method<"timingSafeEqual", &TimingSafeEqual>(),
};

}  // namespace

constinit const ClassSpec SubtleCrypto::kSpec = {.name = "SubtleCrypto", .members = kMembers, .slots_only = true};

}  // namespace verge::bindings
