// Native half of timers/tasks.js: what runs the tasks that JavaScript internals queue.
#ifndef BINDINGS_TIMERS_TASK_QUEUE_H_
#define BINDINGS_TIMERS_TASK_QUEUE_H_

#include <string>

#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/core/function.h"

namespace verge::bindings {

// The object in which the tasks of an invocation wait, for one more task to be put into it at once; undefined when
// there is none. Invocation 0 is the current one, which there must be; of another that is over this is null.
Result<v8::Local<v8::Value>> GetTasks(Cx& cx, uint32_t invocation);

// Begins to run the tasks in `queue`, which holds one: calls `run` with it from the loop, once for each task, until all
// have run or the invocation is over.
Result<> StartTasks(Cx& cx, uint32_t invocation, v8::Local<v8::Object> queue, Callback run);

// The number of the invocation that the running code belongs to; 0 in global scope.
uint32_t CurrentInvocation(Cx& cx);

bool IsInvocationOpen(Cx& cx, uint32_t invocation);

// Fails unless the running code belongs to that invocation (core/ownership.js).
Result<> RequireOwnerNative(Cx& cx, uint32_t owner, std::string type);

inline constexpr GlobalFunction kTaskFunctions[] = {
    Function<"getTasks", &GetTasks>(),
    Function<"startTasks", &StartTasks>(),
    Function<"currentInvocation", &CurrentInvocation>(),
    Function<"isInvocationOpen", &IsInvocationOpen>(),
    Function<"requireOwner", &RequireOwnerNative>(),
};

}  // namespace verge::bindings

#endif  // BINDINGS_TIMERS_TASK_QUEUE_H_
