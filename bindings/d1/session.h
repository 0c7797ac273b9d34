// D1DatabaseSession (https://developers.cloudflare.com/d1/worker-api/d1-database/#withsession): statements that see
// what earlier ones of the same session have seen. Every query here sees every commit before it, so a session only has
// to remember the bookmark. All of it is in slots.
#ifndef BINDINGS_D1_SESSION_H_
#define BINDINGS_D1_SESSION_H_

#include <v8.h>

#include <string_view>

#include "bindings/core/convert.h"
#include "bindings/core/function.h"

namespace verge::bindings {

class D1DatabaseSession {
 public:
  static const ClassSpec kSpec;
  static constexpr int kDatabaseSlot = 0;
  static constexpr int kBookmarkSlot = 1;  // a string, or null
  static constexpr int kSlots = 2;

  // `constraint`: undefined, null or blank, "first-primary", "first-unconstrained", or a bookmark.
  static Result<v8::Local<v8::Value>> New(Cx& cx, v8::Local<v8::Value> database, v8::Local<v8::Value> constraint);
  // The greater one of the session's bookmark and `bookmark` is kept.
  static void Advance(v8::Isolate* isolate, v8::Local<v8::Object> session, std::string_view bookmark);

  static Result<v8::Local<v8::Value>> Prepare(Cx& cx, DomString sql);
  static Result<v8::Local<v8::Value>> Batch(Cx& cx, AnyValue statements);
  static v8::Local<v8::Value> GetBookmark(Cx& cx) { return GetSlot(cx.self, kBookmarkSlot); }
};

inline constexpr Member kD1DatabaseSessionMembers[] = {
    Table<D1DatabaseSession>::Method<"prepare", &D1DatabaseSession::Prepare>(),
    Table<D1DatabaseSession>::AsyncMethod<"batch", &D1DatabaseSession::Batch>(),
    Table<D1DatabaseSession>::Method<"getBookmark", &D1DatabaseSession::GetBookmark>(),
};

inline constexpr ClassSpec D1DatabaseSession::kSpec = {
    .name = "D1DatabaseSession",
    .members = kD1DatabaseSessionMembers,
    .slots = D1DatabaseSession::kSlots,
    .slots_only = true,
    .exposed = false,
};

}  // namespace verge::bindings

#endif  // BINDINGS_D1_SESSION_H_
