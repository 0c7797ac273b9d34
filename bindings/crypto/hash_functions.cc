#include "bindings/crypto/hash_functions.h"

#include <array>
#include <cstdint>
#include <optional>

#include "bindings/crypto/arguments.h"
#include "bindings/crypto/operation.h"
#include "bindings/crypto/primitives/digest.h"
#include "bindings/crypto/primitives/hmac.h"

namespace verge::bindings {
namespace {

Result<v8::Local<v8::ArrayBuffer>> ToBuffer(Cx& cx, crypto::Bytes bytes) {
  v8::Local<v8::ArrayBuffer> buffer;
  if (!NewArrayBuffer(cx.isolate, bytes).ToLocal(&buffer)) return Pending();
  return buffer;
}

}  // namespace

Result<v8::Local<v8::ArrayBuffer>> HashInPlace(Cx& cx, std::string name, BufferSource data) {
  const std::optional<crypto::Hash> hash = crypto::FindHash(name);
  if (!hash) return TypeError("Digest method not supported: " + name);
  const BufferBytes bytes(data);
  const auto value = crypto::Digest(*hash, bytes.get());
  if (!value) return DomError("OperationError", "The digest failed.");
  return ToBuffer(cx, value->bytes());
}

Result<v8::Local<v8::ArrayBuffer>> HmacInPlace(Cx& cx, std::string name, BufferSource key, BufferSource data) {
  const std::optional<crypto::Hash> hash = crypto::FindHash(name);
  if (!hash) return TypeError("Digest method not supported: " + name);
  const BufferBytes key_bytes(key);
  const BufferBytes bytes(data);
  const crypto::HmacKey mac(*hash, key_bytes.get());
  std::array<uint8_t, crypto::kMaxDigestSize> out;
  if (!mac.ok() || !mac.Compute(bytes.get(), {}, out.data())) return DomError("OperationError", "The HMAC failed.");
  return ToBuffer(cx, crypto::Bytes(out).first(mac.size()));
}

}  // namespace verge::bindings
