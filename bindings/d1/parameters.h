// What bind() accepts, and how it gets into a query.
#ifndef BINDINGS_D1_PARAMETERS_H_
#define BINDINGS_D1_PARAMETERS_H_

#include <v8.h>

#include <vector>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "d1/value.h"

namespace verge::bindings {

// Checks and copies the arguments of bind() into an array that user code never sees: numbers, strings and null as they
// are, booleans as 1 and 0, bytes (ArrayBuffer, views, arrays of numbers from 0 to 255) as an ArrayBuffer of their own.
Result<v8::Local<v8::Array>> BindParameters(Cx& cx, const std::vector<v8::Local<v8::Value>>& values);

// From such an array.
Result<std::vector<d1::Value>> ReadParameters(Cx& cx, v8::Local<v8::Value> bound);

// For the property `params`: a copy, with bytes as arrays of numbers.
Result<v8::Local<v8::Value>> ShowParameters(Cx& cx, v8::Local<v8::Value> bound);

}  // namespace verge::bindings

#endif  // BINDINGS_D1_PARAMETERS_H_
