#include "bindings/d1/database.h"

#include <string_view>
#include <utility>

#include "bindings/d1/errors.h"
#include "bindings/d1/execute.h"
#include "bindings/d1/prepared_statement.h"
#include "bindings/d1/session.h"
#include "d1/sql_text.h"

namespace verge::bindings {

v8::MaybeLocal<v8::Object> D1Database::New(v8::Isolate* isolate, std::shared_ptr<d1::Database> database) {
  return NewObject(isolate, std::make_unique<D1Database>(std::move(database)));
}

Result<v8::Local<v8::Value>> D1Database::Prepare(Cx& cx, DomString sql) {
  return D1PreparedStatement::New(cx, cx.self, v8::Undefined(cx.isolate), sql, v8::Undefined(cx.isolate));
}

Result<v8::Local<v8::Value>> D1Database::Batch(Cx& cx, AnyValue statements) {
  return D1PreparedStatement::Batch(cx, cx.self, v8::Undefined(cx.isolate), statements.value);
}

Result<v8::Local<v8::Value>> D1Database::Exec(Cx& cx, std::string sql) {
  D1Request request;
  request.kind = D1Request::Kind::kExec;
  for (const d1::ExecPiece& piece : d1::SplitLines(sql)) {
    request.queries.push_back({std::string(piece.text), {}});
    request.lines.push_back(piece.line);
  }
  return ExecuteD1(cx, Unwrap<D1Database>(cx.self)->database(), std::move(request));
}

Result<v8::Local<v8::Value>> D1Database::WithSession(Cx& cx, v8::Local<v8::Value> constraint) {
  return D1DatabaseSession::New(cx, cx.self, constraint);
}

// Long gone from the platform, where it ends like this.
Result<v8::Local<v8::Value>> D1Database::Dump(Cx& cx) {
  return D1Error(cx.isolate, "D1_DUMP_ERROR", "Status + 404", "Status 404");
}

}  // namespace verge::bindings
