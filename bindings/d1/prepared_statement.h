// D1PreparedStatement (https://developers.cloudflare.com/d1/worker-api/prepared-statements/): SQL and its parameters.
// All of it is in slots; what is compiled is kept by the database.
#ifndef BINDINGS_D1_PREPARED_STATEMENT_H_
#define BINDINGS_D1_PREPARED_STATEMENT_H_

#include <v8.h>

#include <optional>
#include <string>

#include "bindings/core/convert.h"
#include "bindings/core/function.h"
#include "bindings/d1/execute.h"

namespace verge::bindings {

class D1PreparedStatement {
 public:
  static const ClassSpec kSpec;
  static constexpr int kDatabaseSlot = 0;  // the D1Database
  static constexpr int kSessionSlot = 1;   // the D1DatabaseSession, or undefined
  static constexpr int kSqlSlot = 2;
  static constexpr int kParametersSlot = 3;  // BindParameters' array, or undefined
  static constexpr int kSlots = 4;

  static Result<v8::Local<v8::Value>> New(Cx& cx, v8::Local<v8::Value> database, v8::Local<v8::Value> session,
                                          v8::Local<v8::String> sql, v8::Local<v8::Value> parameters);
  // Of D1Database and D1DatabaseSession: an iterable of statements.
  static Result<v8::Local<v8::Value>> Batch(Cx& cx, v8::Local<v8::Value> database, v8::Local<v8::Value> session,
                                            v8::Local<v8::Value> statements);

  static Result<v8::Local<v8::Value>> Bind(Cx& cx, Variadic<v8::Local<v8::Value>> values);
  static Result<v8::Local<v8::Value>> First(Cx& cx, v8::Local<v8::Value> column);
  static Result<v8::Local<v8::Value>> All(Cx& cx);
  static Result<v8::Local<v8::Value>> Raw(Cx& cx, v8::Local<v8::Value> options);
  static v8::Local<v8::Value> GetStatement(Cx& cx) { return GetSlot(cx.self, kSqlSlot); }
  static Result<v8::Local<v8::Value>> GetParams(Cx& cx);
};

inline constexpr Member kD1PreparedStatementMembers[] = {
    Table<D1PreparedStatement>::Method<"bind", &D1PreparedStatement::Bind>(),
    Table<D1PreparedStatement>::AsyncMethod<"first", &D1PreparedStatement::First>(),
    Table<D1PreparedStatement>::AsyncMethod<"run", &D1PreparedStatement::All>(),
    Table<D1PreparedStatement>::AsyncMethod<"all", &D1PreparedStatement::All>(),
    Table<D1PreparedStatement>::AsyncMethod<"raw", &D1PreparedStatement::Raw>(),
    Table<D1PreparedStatement>::Getter<"statement", &D1PreparedStatement::GetStatement>(),
    Table<D1PreparedStatement>::Getter<"params", &D1PreparedStatement::GetParams>(),
};

inline constexpr ClassSpec D1PreparedStatement::kSpec = {
    .name = "D1PreparedStatement",
    .members = kD1PreparedStatementMembers,
    .slots = D1PreparedStatement::kSlots,
    .slots_only = true,
    .exposed = false,
};

}  // namespace verge::bindings

#endif  // BINDINGS_D1_PREPARED_STATEMENT_H_
