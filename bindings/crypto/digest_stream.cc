#include "bindings/crypto/digest_stream.h"

#include <optional>
#include <string>
#include <utility>

#include "bindings/core/function.h"
#include "bindings/core/strings.h"
#include "bindings/crypto/normalize.h"
#include "bindings/crypto/operation.h"

namespace verge::bindings {

Result<std::unique_ptr<Native>> DigestStreamHasher::Construct(Cx& cx, AlgorithmIdentifier algorithm) {
  Result<crypto::Hash> hash = NormalizeDigest(cx, algorithm);
  if (!hash) return std::unexpected(std::move(hash).error());
  return std::make_unique<DigestStreamHasher>(*hash);
}

Result<v8::Local<v8::Value>> DigestStreamHasher::UpdateWith(Cx& cx, crypto::Bytes bytes) {
  size_ += bytes.size();
  if (bytes.size() > kShortBytes) {
    return Perform(
        cx, {.is_long = true, .bytes = bytes.size()},
        [hasher = hasher_, copy = crypto::CopyOf(bytes)](const crypto::Budget&) -> crypto::Outcome<OperationValue> {
          if (!hasher->Update(copy)) return crypto::OperationError("The digest failed.");
          return true;
        });
  }
  if (!hasher_->Update(bytes)) return DomError("OperationError", "The digest failed.");
  return v8::Undefined(cx.isolate).As<v8::Value>();
}

Result<v8::Local<v8::Value>> DigestStreamHasher::Update(Cx& cx, v8::Local<v8::Value> chunk) {
  if (chunk->IsString()) return UpdateWith(cx, crypto::AsBytes(ToUtf8(cx.isolate, chunk.As<v8::String>())));
  if (!Convert<BufferSource>::Accepts(chunk)) {
    return TypeError(
        "DigestStream is a byte stream but received an object of non-ArrayBuffer/ArrayBufferView/string type on its "
        "writable side.");
  }
  BufferSource source;
  if (!Convert<BufferSource>::From(cx, chunk, &source)) return Pending();
  BufferBytes bytes(source);
  return UpdateWith(cx, bytes.get());
}

Result<v8::Local<v8::ArrayBuffer>> DigestStreamHasher::Finish(Cx& cx) {
  std::optional<crypto::DigestValue> value = hasher_->Finish();
  if (!value) return DomError("OperationError", "The digest failed.");
  v8::Local<v8::ArrayBuffer> buffer;
  if (!NewArrayBuffer(cx.isolate, value->bytes()).ToLocal(&buffer)) return Pending();
  return buffer;
}

Result<v8::Local<v8::BigInt>> DigestStreamHasher::GetSize(Cx& cx) {
  return v8::BigInt::NewFromUnsigned(cx.isolate, size_);
}

struct DigestStreamHasher::Members {
  using T = Table<DigestStreamHasher>;
  static constexpr Member kMembers[] = {
      T::Method<"update", &DigestStreamHasher::Update>(),
      T::Method<"finish", &DigestStreamHasher::Finish>(),
      T::Getter<"size", &DigestStreamHasher::GetSize>(),
  };
};

constinit const ClassSpec DigestStreamHasher::kSpec = {
    .name = "DigestStream",
    .constructor = Table<DigestStreamHasher>::Constructor<&DigestStreamHasher::Construct>(),
    .constructor_length = 1,
    .members = Members::kMembers,
    .exposed = false,
};

}  // namespace verge::bindings
