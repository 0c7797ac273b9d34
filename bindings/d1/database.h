// D1Database (https://developers.cloudflare.com/d1/worker-api/d1-database/): what a binding is, `env.DB`.
#ifndef BINDINGS_D1_DATABASE_H_
#define BINDINGS_D1_DATABASE_H_

#include <v8.h>

#include <memory>
#include <string>

#include "bindings/core/convert.h"
#include "bindings/core/function.h"
#include "d1/database.h"

namespace verge::bindings {

class D1Database final : public Native {
 public:
  static const ClassSpec kSpec;

  explicit D1Database(std::shared_ptr<d1::Database> database) : database_(std::move(database)) {}
  const std::shared_ptr<d1::Database>& database() const { return database_; }

  static v8::MaybeLocal<v8::Object> New(v8::Isolate* isolate, std::shared_ptr<d1::Database> database);

  static Result<v8::Local<v8::Value>> Prepare(Cx& cx, DomString sql);
  static Result<v8::Local<v8::Value>> Batch(Cx& cx, AnyValue statements);
  static Result<v8::Local<v8::Value>> Exec(Cx& cx, std::string sql);
  static Result<v8::Local<v8::Value>> WithSession(Cx& cx, v8::Local<v8::Value> constraint);
  static Result<v8::Local<v8::Value>> Dump(Cx& cx);

 private:
  std::shared_ptr<d1::Database> database_;
};

inline constexpr Member kD1DatabaseMembers[] = {
    Table<D1Database>::Method<"prepare", &D1Database::Prepare>(),
    Table<D1Database>::AsyncMethod<"batch", &D1Database::Batch>(),
    Table<D1Database>::AsyncMethod<"exec", &D1Database::Exec>(),
    Table<D1Database>::Method<"withSession", &D1Database::WithSession>(),
    Table<D1Database>::AsyncMethod<"dump", &D1Database::Dump>(),
};

inline constexpr ClassSpec D1Database::kSpec = {
    .name = "D1Database",
    .members = kD1DatabaseMembers,
    .exposed = false,
};

}  // namespace verge::bindings

#endif  // BINDINGS_D1_DATABASE_H_
