#include "bindings/d1/session.h"

#include <string>

#include "bindings/d1/prepared_statement.h"

namespace verge::bindings {
namespace {

// What String.prototype.trim would leave, for text that is a bookmark or a constraint.
std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\n\v\f\r";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

}  // namespace

Result<v8::Local<v8::Value>> D1DatabaseSession::New(Cx& cx, v8::Local<v8::Value> database,
                                                    v8::Local<v8::Value> constraint) {
  v8::Local<v8::Value> bookmark = v8::Null(cx.isolate);
  if (!constraint->IsNullOrUndefined()) {
    if (!constraint->IsString()) {
      return TypeError(cx.Where() + ": The argument must be \"first-primary\", \"first-unconstrained\" or a bookmark.");
    }
    const std::string text = ToUtf8(cx.isolate, constraint.As<v8::String>());
    const std::string_view trimmed = Trim(text);
    if (!trimmed.empty() && trimmed != "first-primary" && trimmed != "first-unconstrained") {
      v8::Local<v8::String> string;
      if (!NewString(cx.isolate, trimmed).ToLocal(&string)) return Pending();
      bookmark = string;
    }
  }
  v8::Local<v8::Object> session;
  if (!NewObject(cx.isolate, kSpec).ToLocal(&session)) return Pending();
  SetSlot(session, kDatabaseSlot, database);
  SetSlot(session, kBookmarkSlot, bookmark);
  return session.As<v8::Value>();
}

void D1DatabaseSession::Advance(v8::Isolate* isolate, v8::Local<v8::Object> session, std::string_view bookmark) {
  if (bookmark.empty()) return;
  v8::Local<v8::Value> seen = GetSlot(session, kBookmarkSlot);
  if (seen->IsString() && ToUtf8(isolate, seen.As<v8::String>()) >= bookmark) return;
  v8::Local<v8::String> text;
  if (NewOneByteString(isolate, bookmark).ToLocal(&text)) SetSlot(session, kBookmarkSlot, text);
}

Result<v8::Local<v8::Value>> D1DatabaseSession::Prepare(Cx& cx, DomString sql) {
  return D1PreparedStatement::New(cx, GetSlot(cx.self, kDatabaseSlot), cx.self, sql, v8::Undefined(cx.isolate));
}

Result<v8::Local<v8::Value>> D1DatabaseSession::Batch(Cx& cx, AnyValue statements) {
  return D1PreparedStatement::Batch(cx, GetSlot(cx.self, kDatabaseSlot), cx.self, statements.value);
}

}  // namespace verge::bindings
