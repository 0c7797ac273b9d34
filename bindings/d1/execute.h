// From statements to a promise: in place when it is a look-up, else by way of the database's threads.
#ifndef BINDINGS_D1_EXECUTE_H_
#define BINDINGS_D1_EXECUTE_H_

#include <v8.h>

#include <memory>
#include <string>
#include <vector>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "d1/database.h"
#include "d1/value.h"

namespace verge::bindings {

// What the promise is for.
struct D1Request {
  enum class Kind : uint8_t {
    kResult,  // all() and run()
    kFirst,
    kFirstValue,
    kRaw,
    kBatch,
    kExec,
  };
  Kind kind = Kind::kResult;
  std::vector<d1::Query> queries;
  std::vector<size_t> lines;  // kExec: of each query, from 1
  std::string column;         // kFirstValue
  bool column_names = false;  // kRaw
  // The D1DatabaseSession that learns the bookmark; empty: none.
  v8::Local<v8::Object> session;
};

// The promise. An Error is pending otherwise.
Result<v8::Local<v8::Value>> ExecuteD1(Cx& cx, const std::shared_ptr<d1::Database>& database, D1Request request);

}  // namespace verge::bindings

#endif  // BINDINGS_D1_EXECUTE_H_
