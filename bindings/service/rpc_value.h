// Values on their way from one worker to another: copies, as structuredClone makes them.
#ifndef BINDINGS_SERVICE_RPC_VALUE_H_
#define BINDINGS_SERVICE_RPC_VALUE_H_

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"

namespace verge::bindings {

// A value in V8's serialized form, made and read in this process only.
struct RpcValue {
  std::unique_ptr<uint8_t, decltype(&std::free)> data{nullptr, &std::free};
  size_t size = 0;
};

// The arguments of a call, or what it gives, may take so much.
inline constexpr size_t kMaxRpcBytes = size_t{32} << 20;

// An exception for what cannot be copied (functions, objects of the platform, instances of RpcTarget), or is too large.
Result<RpcValue> ToRpcValue(Cx& cx, v8::Local<v8::Value> value);

// Runs no user code. Empty: no memory, or termination.
v8::MaybeLocal<v8::Value> FromRpcValue(v8::Isolate* isolate, v8::Local<v8::Context> context, const RpcValue& value);

}  // namespace verge::bindings

#endif  // BINDINGS_SERVICE_RPC_VALUE_H_
