// From an operation on bytes and keys to a promise: in place when it is short, else on the thread pool.
#ifndef BINDINGS_CRYPTO_OPERATION_H_
#define BINDINGS_CRYPTO_OPERATION_H_

#include <v8.h>

#include <cstddef>
#include <expected>
#include <functional>
#include <utility>
#include <variant>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/crypto/primitives/budget.h"
#include "bindings/crypto/primitives/bytes.h"
#include "bindings/crypto/primitives/failure.h"
#include "bindings/crypto/primitives/jwk.h"
#include "bindings/crypto/primitives/key.h"

namespace verge::bindings {

// What an operation gives.
using OperationValue = std::variant<crypto::SecretBytes, bool, crypto::KeyRef, crypto::KeyPair, crypto::Jwk>;

// Runs on any thread: it owns all that it uses.
using Work = std::move_only_function<crypto::Outcome<OperationValue>(const crypto::Budget& budget)>;

struct Effort {
  bool is_long = false;  // takes about a millisecond or more
  size_t bytes = 0;      // of input that `work` holds
};

// What takes less than this is done in place: the way to the pool and back costs as much.
inline constexpr size_t kShortBytes = 64 * 1024;

// A promise for the result of `work`. Long work of an invocation goes to the pool and is charged to it; without an
// invocation (global scope, code that outlived its event) it is done in place and must be done soon.
Result<v8::Local<v8::Value>> Perform(Cx& cx, Effort effort, Work work);

// A promise for what is there already.
Result<v8::Local<v8::Value>> Settled(Cx& cx, crypto::Outcome<OperationValue> outcome);

// A promise that is fulfilled already.
Result<v8::Local<v8::Value>> Fulfilled(Cx& cx, v8::MaybeLocal<v8::Value> value);

// Empty: a RangeError is pending.
v8::MaybeLocal<v8::ArrayBuffer> NewArrayBuffer(v8::Isolate* isolate, crypto::Bytes bytes);

Error ToError(crypto::Failure failure);

// One kind of value, or a variant of them, as any.
template <typename T>
crypto::Outcome<OperationValue> Widen(crypto::Outcome<T> outcome) {
  if (!outcome) return std::unexpected(std::move(outcome).error());
  if constexpr (requires { OperationValue(*std::move(outcome)); }) {
    return OperationValue(*std::move(outcome));
  } else {
    return std::visit([](auto& value) { return OperationValue(std::move(value)); }, *outcome);
  }
}

}  // namespace verge::bindings

#endif  // BINDINGS_CRYPTO_OPERATION_H_
