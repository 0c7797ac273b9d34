// From the rows of a query to JavaScript objects and arrays.
#ifndef BINDINGS_D1_RESULTS_H_
#define BINDINGS_D1_RESULTS_H_

#include <v8.h>

#include <string_view>

#include "d1/connection.h"

namespace verge::bindings {

// What a promise resolves with. All are empty on termination, or when V8 has an exception pending (a string too long).

// { success: true, meta: { … }, results: [{ … }, …] }
v8::MaybeLocal<v8::Value> ToResult(v8::Isolate* isolate, v8::Local<v8::Context> context, const d1::ResultSet& result);

// The first row as an object, or null.
v8::MaybeLocal<v8::Value> ToFirstRow(v8::Isolate* isolate, v8::Local<v8::Context> context, const d1::ResultSet& result);
// The value of a column in the first row; null without a row; throws D1_COLUMN_NOTFOUND.
v8::MaybeLocal<v8::Value> ToFirstValue(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                       const d1::ResultSet& result, std::string_view column);

// [[…], …], with the columns' names as its first row if wanted.
v8::MaybeLocal<v8::Value> ToRawRows(v8::Isolate* isolate, v8::Local<v8::Context> context, const d1::ResultSet& result,
                                    bool column_names);

// { count, duration }
v8::MaybeLocal<v8::Value> ToExecResult(v8::Isolate* isolate, v8::Local<v8::Context> context, size_t count,
                                       double duration_ms);

// [1, 2, 255]
v8::MaybeLocal<v8::Value> BlobToArray(v8::Isolate* isolate, v8::Local<v8::Context> context, std::string_view bytes);

}  // namespace verge::bindings

#endif  // BINDINGS_D1_RESULTS_H_
