#include "bindings/d1/prepared_statement.h"

#include <utility>
#include <vector>

#include "bindings/d1/database.h"
#include "bindings/d1/parameters.h"
#include "d1/sql_text.h"

namespace verge::bindings {
namespace {

Result<d1::Query> ReadQuery(Cx& cx, v8::Local<v8::Object> statement) {
  d1::Query query;
  v8::Local<v8::Value> sql = GetSlot(statement, D1PreparedStatement::kSqlSlot);
  if (sql->IsString()) AppendUtf8(cx.isolate, sql.As<v8::String>(), &query.sql);
  auto params = ReadParameters(cx, GetSlot(statement, D1PreparedStatement::kParametersSlot));
  if (!params) return std::unexpected(params.error());
  query.params = *std::move(params);
  return query;
}

Result<v8::Local<v8::Value>> Execute(Cx& cx, D1Request request) {
  auto query = ReadQuery(cx, cx.self);
  if (!query) return std::unexpected(query.error());
  request.queries.push_back(*std::move(query));
  v8::Local<v8::Value> session = GetSlot(cx.self, D1PreparedStatement::kSessionSlot);
  if (session->IsObject()) request.session = session.As<v8::Object>();
  auto* database = Unwrap<D1Database>(GetSlot(cx.self, D1PreparedStatement::kDatabaseSlot));
  if (!database) return TypeError("Illegal invocation");
  return ExecuteD1(cx, database->database(), std::move(request));
}

}  // namespace

Result<v8::Local<v8::Value>> D1PreparedStatement::New(Cx& cx, v8::Local<v8::Value> database,
                                                      v8::Local<v8::Value> session, v8::Local<v8::String> sql,
                                                      v8::Local<v8::Value> parameters) {
  v8::Local<v8::Object> statement;
  if (!NewObject(cx.isolate, kSpec).ToLocal(&statement)) return Pending();
  SetSlot(statement, kDatabaseSlot, database);
  SetSlot(statement, kSessionSlot, session);
  SetSlot(statement, kSqlSlot, sql);
  SetSlot(statement, kParametersSlot, parameters);
  return statement.As<v8::Value>();
}

Result<v8::Local<v8::Value>> D1PreparedStatement::Batch(Cx& cx, v8::Local<v8::Value> database,
                                                        v8::Local<v8::Value> session, v8::Local<v8::Value> statements) {
  std::vector<v8::Local<v8::Value>> items;
  if (!Convert<std::vector<v8::Local<v8::Value>>>::From(cx, statements, &items)) return Pending();
  D1Request request;
  request.kind = D1Request::Kind::kBatch;
  request.queries.reserve(items.size());
  for (v8::Local<v8::Value> item : items) {
    if (!IsInstance(item, kSpec)) {
      return TypeError(cx.Where() + ": The statements must be D1PreparedStatement objects, as prepare() makes them.");
    }
    auto query = ReadQuery(cx, item.As<v8::Object>());
    if (!query) return std::unexpected(query.error());
    // What is only a comment has no result.
    if (!d1::IsBlank(query->sql)) request.queries.push_back(*std::move(query));
  }
  if (session->IsObject()) request.session = session.As<v8::Object>();
  auto* native = Unwrap<D1Database>(database);
  if (!native) return TypeError("Illegal invocation");
  return ExecuteD1(cx, native->database(), std::move(request));
}

Result<v8::Local<v8::Value>> D1PreparedStatement::Bind(Cx& cx, Variadic<v8::Local<v8::Value>> values) {
  v8::Local<v8::Object> self = cx.self;
  auto bound = BindParameters(cx, values.values);
  if (!bound) return std::unexpected(bound.error());
  return New(cx, GetSlot(self, kDatabaseSlot), GetSlot(self, kSessionSlot), GetSlot(self, kSqlSlot).As<v8::String>(),
             *bound);
}

Result<v8::Local<v8::Value>> D1PreparedStatement::First(Cx& cx, v8::Local<v8::Value> column) {
  D1Request request;
  request.kind = D1Request::Kind::kFirst;
  if (!column->IsUndefined()) {
    request.kind = D1Request::Kind::kFirstValue;
    if (!Convert<std::string>::From(cx, column, &request.column)) return Pending();
  }
  return Execute(cx, std::move(request));
}

Result<v8::Local<v8::Value>> D1PreparedStatement::All(Cx& cx) { return Execute(cx, {}); }

Result<v8::Local<v8::Value>> D1PreparedStatement::Raw(Cx& cx, v8::Local<v8::Value> options) {
  D1Request request;
  request.kind = D1Request::Kind::kRaw;
  if (options->IsObject()) {
    v8::Local<v8::Value> names;
    if (!options.As<v8::Object>()->Get(cx.context, NewSymbolName(cx.isolate, "columnNames")).ToLocal(&names)) {
      return Pending();
    }
    request.column_names = names->BooleanValue(cx.isolate);
  }
  return Execute(cx, std::move(request));
}

Result<v8::Local<v8::Value>> D1PreparedStatement::GetParams(Cx& cx) {
  return ShowParameters(cx, GetSlot(cx.self, kParametersSlot));
}

}  // namespace verge::bindings
