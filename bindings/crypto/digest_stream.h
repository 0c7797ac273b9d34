// What crypto.DigestStream (digest_stream.js) is made of: a hash function that takes its data piece by piece.
#ifndef BINDINGS_CRYPTO_DIGEST_STREAM_H_
#define BINDINGS_CRYPTO_DIGEST_STREAM_H_

#include <v8.h>

#include <memory>

#include "bindings/core/class_spec.h"
#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/core/object.h"
#include "bindings/crypto/arguments.h"
#include "bindings/crypto/primitives/digest.h"

namespace verge::bindings {

// Not for workers: the script keeps it to itself. Named after the class whose errors it makes.
class DigestStreamHasher final : public Native {
 public:
  static const ClassSpec kSpec;
  explicit DigestStreamHasher(crypto::Hash hash) : hasher_(std::make_shared<crypto::Hasher>(hash)) {}

  static Result<std::unique_ptr<Native>> Construct(Cx& cx, AlgorithmIdentifier algorithm);

 private:
  struct Members;

  // An ArrayBuffer, a view or a string, which is taken as UTF-8. Returns undefined, or for much data a promise, before
  // which there must be no other call.
  Result<v8::Local<v8::Value>> Update(Cx& cx, v8::Local<v8::Value> chunk);
  Result<v8::Local<v8::ArrayBuffer>> Finish(Cx& cx);
  // Bytes so far.
  Result<v8::Local<v8::BigInt>> GetSize(Cx& cx);

  Result<v8::Local<v8::Value>> UpdateWith(Cx& cx, crypto::Bytes bytes);

  // Shared with the thread that is at work on much data.
  std::shared_ptr<crypto::Hasher> hasher_;
  uint64_t size_ = 0;
};

}  // namespace verge::bindings

#endif  // BINDINGS_CRYPTO_DIGEST_STREAM_H_
