// What the methods of a KV namespace take, converted as Workers convert it.
#ifndef BINDINGS_KV_KV_ARGUMENTS_H_
#define BINDINGS_KV_KV_ARGUMENTS_H_

#include <v8.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "kv/rules.h"

namespace verge::bindings {

// A whole number of 32 bits: fractions are cut off, what is no number is 0, and what does not fit is a TypeError.
struct KvInt {
  int32_t value = 0;
};
template <>
struct Convert<KvInt> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, KvInt* out);
};

// A key, or an array of keys.
struct KvKeys {
  bool many = false;
  std::vector<std::string> keys;  // none of them when there are more than an operation takes
  size_t count = 0;
};
template <>
struct Convert<KvKeys> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, KvKeys* out);
};

struct KvGetOptions {
  std::optional<std::string> type;
  std::optional<KvInt> cache_ttl;
  static bool Read(Cx& cx, v8::Local<v8::Object> object, KvGetOptions* out);
};
// The type by itself, or the options.
using KvGetArgument = std::optional<std::variant<std::string, KvGetOptions>>;

struct KvPutOptions {
  std::optional<KvInt> expiration;
  std::optional<KvInt> expiration_ttl;
  v8::Local<v8::Value> metadata;  // empty: none
  static bool Read(Cx& cx, v8::Local<v8::Object> object, KvPutOptions* out);
};

struct KvListOptions {
  std::optional<KvInt> limit;
  std::optional<std::string> prefix;
  std::optional<std::string> cursor;
  static bool Read(Cx& cx, v8::Local<v8::Object> object, KvListOptions* out);
};

// A value to put: a string, or an object that has still to be looked at. What is neither becomes a string.
struct KvBody {
  v8::Local<v8::Value> value;
};
template <>
struct Convert<KvBody> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, KvBody* out);
};

inline Error ToError(kv::Refusal refusal) {
  return refusal.type_error ? TypeError(std::move(refusal.message)).error()
                            : PlainError(std::move(refusal.message)).error();
}

}  // namespace verge::bindings

#endif  // BINDINGS_KV_KV_ARGUMENTS_H_
