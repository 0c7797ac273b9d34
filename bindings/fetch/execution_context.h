// ExecutionContext, the third argument of handlers: waitUntil and passThroughOnException.
#ifndef BINDINGS_FETCH_EXECUTION_CONTEXT_H_
#define BINDINGS_FETCH_EXECUTION_CONTEXT_H_

#include <string_view>

#include "bindings/core/convert.h"
#include "bindings/core/function.h"

namespace verge::bindings {

// Knows no event: it acts for the one whose code calls, as Cloudflare's does.
class ExecutionContext {
 public:
  static const ClassSpec kSpec;
  static constexpr int kPropsSlot = 0;
  static constexpr int kCacheSlot = 1;
  static constexpr int kSlots = 2;

  static Result<> WaitUntil(Cx& cx, v8::Local<v8::Value> promise);
  static void PassThroughOnException(Cx& cx);
  static Result<v8::Local<v8::Value>> GetProps(Cx& cx);

  static Result<v8::Local<v8::Value>> GetCache(Cx& cx);

  // `props`: JSON, or "".
  static v8::MaybeLocal<v8::Object> New(v8::Isolate* isolate, std::string_view props = {});
};

inline constexpr Member kExecutionContextMembers[] = {
    Table<ExecutionContext>::Method<"waitUntil", &ExecutionContext::WaitUntil>(),
    Table<ExecutionContext>::Method<"passThroughOnException", &ExecutionContext::PassThroughOnException>(),
    Table<ExecutionContext>::Getter<"cache", &ExecutionContext::GetCache>(),
    Table<ExecutionContext>::Getter<"props", &ExecutionContext::GetProps>(),
};

inline constexpr ClassSpec ExecutionContext::kSpec = {
    .name = "ExecutionContext",
    .members = kExecutionContextMembers,
    .slots = ExecutionContext::kSlots,
    .slots_only = true,
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_EXECUTION_CONTEXT_H_
