// From what is stored to what JavaScript gets.
#ifndef BINDINGS_KV_KV_RESULTS_H_
#define BINDINGS_KV_KV_RESULTS_H_

#include <v8.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "kv/value.h"

namespace verge::bindings {

enum class KvType : uint8_t { kText, kJson, kArrayBuffer, kStream, kUnknown };

// "text" when there is none.
KvType ParseKvType(const std::optional<std::string>& type);

// All in the isolate. A failure can be pending: user code runs where objects become the results of promises, and values
// can be too large.

// null when nothing is stored; an unknown type is an error only when something is. Takes the value's memory over if it
// can.
Result<v8::Local<v8::Value>> KvValueToJs(Cx& cx, kv::ValuePtr value, KvType type);

// { value, metadata, cacheStatus }.
Result<v8::Local<v8::Value>> KvValueWithMetadataToJs(Cx& cx, kv::ValuePtr value, KvType type);

// A Map from `keys` to values, or to { value, metadata }; null where nothing is stored. `type` is text or JSON.
Result<v8::Local<v8::Value>> KvValuesToJs(Cx& cx, std::span<const std::string> keys,
                                          std::span<const kv::ValuePtr> values, KvType type, bool with_metadata);

// { keys, list_complete, cursor?, cacheStatus }.
Result<v8::Local<v8::Value>> KvListToJs(Cx& cx, const kv::ListPage& page);

}  // namespace verge::bindings

#endif  // BINDINGS_KV_KV_RESULTS_H_
