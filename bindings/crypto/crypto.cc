#include "bindings/crypto/crypto.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "bindings/core/function.h"
#include "bindings/core/invocation_scope.h"
#include "bindings/core/strings.h"
#include "bindings/crypto/subtle_crypto.h"

namespace verge::bindings {
namespace {

std::unexpected<Error> NoRandomness(Cx& cx) {
  return DomError("OperationError", cx.Where() + ": The system has no random values to give.");
}

}  // namespace

bool Convert<ArrayBufferViewArgument>::From(Cx& cx, v8::Local<v8::Value> value, ArrayBufferViewArgument* out) {
  if (!value->IsArrayBufferView()) return ThrowNotOfType(cx, "ArrayBufferView");
  if (value.As<v8::ArrayBufferView>()->Buffer().As<v8::Value>()->IsSharedArrayBuffer()) {
    return ThrowNotOfType(cx, "ArrayBufferView (not shared)");
  }
  out->view = value.As<v8::ArrayBufferView>();
  return true;
}

// https://w3c.github.io/webcrypto/#Crypto-method-getRandomValues
Result<v8::Local<v8::ArrayBufferView>> Crypto::GetRandomValues(Cx& cx, ArrayBufferViewArgument array) {
  constexpr size_t kMaxBytes = 65536;
  v8::Local<v8::ArrayBufferView> view = array.view;
  bool is_integer =
      view->IsTypedArray() && !view->IsFloat16Array() && !view->IsFloat32Array() && !view->IsFloat64Array();
  if (!is_integer) {
    return DomError("TypeMismatchError", cx.Where() + ": The provided ArrayBufferView is not an integer array type.");
  }
  BufferSource source = {view};
  std::span<uint8_t> bytes = source.bytes();
  if (bytes.size() > kMaxBytes) {
    return DomError("QuotaExceededError", cx.Where() + ": The ArrayBufferView's byte length (" +
                                              std::to_string(bytes.size()) +
                                              ") exceeds the number of bytes of entropy available via this API (" +
                                              std::to_string(kMaxBytes) + ").");
  }
  if (auto invocation = RequireInvocation(cx); !invocation) return std::unexpected(std::move(invocation).error());
  if (!pool_.Fill(bytes)) return NoRandomness(cx);
  return view;
}

// https://w3c.github.io/webcrypto/#Crypto-method-randomUUID
Result<v8::MaybeLocal<v8::String>> Crypto::RandomUuid(Cx& cx) {
  if (auto invocation = RequireInvocation(cx); !invocation) return std::unexpected(std::move(invocation).error());
  std::array<uint8_t, 16> bytes;
  if (!pool_.Fill(bytes)) return NoRandomness(cx);
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3F) | 0x80);
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 36> text;
  char* to = text.data();
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    *to++ = kDigits[bytes[i] >> 4];
    *to++ = kDigits[bytes[i] & 15];
  }
  return NewOneByteString(cx.isolate, std::string_view(text.data(), text.size()));
}

// https://w3c.github.io/webcrypto/#dfn-Crypto-subtle
Result<v8::Local<v8::Value>> Crypto::GetSubtle(Cx& cx) {
  v8::Local<v8::Value> known = GetSlot(cx.self, kSubtleSlot);
  if (!known->IsUndefined()) return known;
  v8::Local<v8::Object> subtle;
  if (!NewObject(cx.isolate, SubtleCrypto::kSpec).ToLocal(&subtle)) return Pending();
  SetSlot(cx.self, kSubtleSlot, subtle);
  return subtle.As<v8::Value>();
}

// The class of Workers, which has its place here.
Result<v8::Local<v8::Value>> Crypto::GetDigestStream(Cx& cx) {
  v8::Local<v8::Value> value;
  v8::Local<v8::String> name = NewSymbolName(cx.isolate, "DigestStream");
  if (!cx.realm().internals(cx.context)->Get(cx.context, name).ToLocal(&value)) return Pending();
  return value;
}

struct Crypto::Members {
  using T = Table<Crypto>;
  static constexpr Member kMembers[] = {
      T::Method<"getRandomValues", &Crypto::GetRandomValues>(),
      T::Method<"randomUUID", &Crypto::RandomUuid>(),
      T::Getter<"subtle", &Crypto::GetSubtle>(),
      T::Getter<"DigestStream", &Crypto::GetDigestStream>(),
  };
};

constinit const ClassSpec Crypto::kSpec = {.name = "Crypto", .members = Members::kMembers, .slots = 1};

}  // namespace verge::bindings
