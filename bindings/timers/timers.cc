#include "bindings/timers/timers.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <unordered_map>
#include <vector>

#include "bindings/core/invocation_scope.h"
#include "bindings/core/report.h"
#include "bindings/timers/task_queue.h"
#include "runtime/async_context.h"
#include "runtime/exceeded.h"
#include "runtime/js_entry.h"
#include "runtime/shard.h"

namespace verge::bindings {
namespace {

enum class Repeat : uint8_t { kOnce, kInterval };

class Timer;

// The timers of an isolate, by the number that JavaScript knows them by.
class TimerTable final : public RealmPart {
 public:
  uint32_t next_id = 1;
  std::unordered_map<uint32_t, Timer*> timers;
};

class Timer final : public runtime::PendingIo, public runtime::TimerQueue::Timer {
 public:
  Timer(Cx& cx, runtime::Invocation* invocation, TimerTable& table, v8::Local<v8::Function> callback,
        const std::vector<v8::Local<v8::Value>>& arguments, uint64_t delay_ms, Repeat repeat)
      : isolate_(cx.isolate), table_(table), id_(NewId(table)), delay_ms_(delay_ms), repeat_(repeat) {
    callback_.Reset(cx.isolate, callback);
    // The invocation's number alone is what the entry sets anyway.
    v8::Local<v8::Value> async_context = runtime::AsyncContext::Current(cx.isolate);
    if (!async_context->IsInt32()) async_context_.Reset(cx.isolate, async_context);
    arguments_.reserve(arguments.size());
    for (v8::Local<v8::Value> argument : arguments) arguments_.emplace_back(cx.isolate, argument);
    table.timers.emplace(id_, this);
    List(invocation);
    invocation->CountTimer(1);
    queue().Set(this, delay_ms);
  }
  ~Timer() override {
    queue_cancel();
    table_.timers.erase(id_);
  }

  [[nodiscard]] uint32_t id() const { return id_; }
  using runtime::PendingIo::invocation;

  // clearTimeout
  void Clear() {
    if (invocation()) invocation()->CountTimer(-1);
    if (running_) {
      cleared_ = true;  // by its own callback: OnTimer deletes it
      queue_cancel();
      Unlist();
    } else {
      delete this;
    }
  }

  void OnInvocationEnd() override {
    // Stopped from within its own callback's turn: OnTimer is on the stack.
    if (running_) {
      cleared_ = true;
      queue_cancel();
    } else {
      delete this;
    }
  }

  void OnTimer() override {
    http::Ref<runtime::Invocation> owner(invocation());
    if (!owner) return;
    running_ = true;
    // While the callback runs an interval still counts as pending: it is set anew afterwards.
    if (repeat_ == Repeat::kOnce) {
      owner->CountTimer(-1);
      Unlist();
    }
    if (!owner->stopped()) {
      runtime::JsEntry entry(owner->isolate(), owner.get());
      if (!async_context_.IsEmpty()) runtime::AsyncContext::Restore(isolate_, async_context_.Get(isolate_));
      v8::TryCatch try_catch(isolate_);
      std::vector<v8::Local<v8::Value>> arguments;
      arguments.reserve(arguments_.size());
      for (const auto& argument : arguments_) arguments.push_back(argument.Get(isolate_));
      if (callback_.Get(isolate_)
              ->Call(entry.context(), entry.context()->Global(), static_cast<int>(arguments.size()), arguments.data())
              .IsEmpty()) {
        if (!try_catch.HasTerminated()) ReportException(isolate_, entry.context(), try_catch);
      }
    }
    running_ = false;
    if (repeat_ == Repeat::kOnce || cleared_ || !invocation()) {
      delete this;
    } else {
      queue().Set(this, std::max<uint64_t>(delay_ms_, 1));
    }
  }

 private:
  static uint32_t NewId(TimerTable& table) {
    while (table.timers.contains(table.next_id) || table.next_id == 0 ||
           table.next_id > static_cast<uint32_t>(std::numeric_limits<int32_t>::max())) {
      table.next_id =
          table.next_id >= static_cast<uint32_t>(std::numeric_limits<int32_t>::max()) ? 1 : table.next_id + 1;
    }
    return table.next_id++;
  }
  runtime::TimerQueue& queue() { return runtime::WorkerIsolate::From(isolate_).shard().timers(); }
  void queue_cancel() { queue().Cancel(this); }

  v8::Isolate* const isolate_;
  TimerTable& table_;
  const uint32_t id_;
  const uint64_t delay_ms_;
  const Repeat repeat_;
  bool running_ = false;
  bool cleared_ = false;
  v8::Global<v8::Function> callback_;
  v8::Global<v8::Value> async_context_;
  std::vector<v8::Global<v8::Value>> arguments_;
};

TimerTable& TableOf(Cx& cx) { return cx.realm().part<TimerTable>(Realm::Part::kTimers); }

Result<uint32_t> Start(Cx& cx, v8::Local<v8::Value> callback, v8::Local<v8::Value> timeout,
                       std::vector<v8::Local<v8::Value>> arguments, Repeat repeat) {
  if (!callback->IsFunction()) {
    return std::unexpected(cx.MakeTypeError("parameter 1 is not of type 'Function'."));
  }
  int32_t delay = 0;
  if (!timeout.IsEmpty() && !Convert<int32_t>::From(cx, timeout, &delay)) return Pending();
  auto invocation = RequireInvocation(cx);
  if (!invocation) return std::unexpected(invocation.error());
  uint32_t limit = (*invocation)->isolate().limits().timers;
  if ((*invocation)->pending_timers() >= limit) {
    return PlainError(runtime::Exceeded((*invocation)->isolate(), runtime::Limit::kTimers,
                                        uint64_t{(*invocation)->pending_timers()} + 1, limit));
  }
  auto* timer = new Timer(cx, *invocation, TableOf(cx), callback.As<v8::Function>(), arguments,
                          static_cast<uint64_t>(std::max(delay, 0)), repeat);
  return timer->id();
}

Result<uint32_t> SetTimeout(Cx& cx, v8::Local<v8::Value> callback, v8::Local<v8::Value> timeout,
                            Variadic<v8::Local<v8::Value>> arguments) {
  return Start(cx, callback, timeout, std::move(arguments.values), Repeat::kOnce);
}

Result<uint32_t> SetInterval(Cx& cx, v8::Local<v8::Value> callback, v8::Local<v8::Value> timeout,
                             Variadic<v8::Local<v8::Value>> arguments) {
  return Start(cx, callback, timeout, std::move(arguments.values), Repeat::kInterval);
}

// Like setTimeout without a delay, as Node.js has it.
Result<uint32_t> SetImmediate(Cx& cx, v8::Local<v8::Value> callback, Variadic<v8::Local<v8::Value>> arguments) {
  return Start(cx, callback, {}, std::move(arguments.values), Repeat::kOnce);
}

// A timer of another invocation is as good as none: it is not this code's to clear.
Result<> Clear(Cx& cx, v8::Local<v8::Value> id) {
  if (!id->IsNumber()) return {};
  double number = id.As<v8::Number>()->Value();
  if (!(number >= 1) || number > std::numeric_limits<int32_t>::max()) return {};
  auto& timers = TableOf(cx).timers;
  auto found = timers.find(static_cast<uint32_t>(number));
  if (found == timers.end()) return {};
  const runtime::Invocation* owner = found->second->invocation();
  if (!owner || owner == runtime::Invocation::Current(cx.isolate)) found->second->Clear();
  return {};
}

constexpr GlobalFunction kGlobals[] = {
    Function<"setTimeout", &SetTimeout>(),     Function<"clearTimeout", &Clear>(),
    Function<"setInterval", &SetInterval>(),   Function<"clearInterval", &Clear>(),
    Function<"setImmediate", &SetImmediate>(), Function<"clearImmediate", &Clear>(),
};
constexpr auto kNatives = [] {
  std::array<GlobalFunction, std::size(kTaskFunctions) + 2> all{Function<"setTimeout", &SetTimeout>(),
                                                                Function<"clearTimeout", &Clear>()};
  std::ranges::copy(kTaskFunctions, all.begin() + 2);
  return all;
}();

}  // namespace

constinit const Family kTimersFamily = {.classes = {}, .globals = kGlobals, .natives = kNatives, .lazy_globals = {}};

}  // namespace verge::bindings
