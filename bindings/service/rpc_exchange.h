// A call of another worker's method on its way there and back. No V8.
#ifndef BINDINGS_SERVICE_RPC_EXCHANGE_H_
#define BINDINGS_SERVICE_RPC_EXCHANGE_H_

#include <optional>
#include <string>
#include <utility>

#include "bindings/fetch/event_purpose.h"
#include "bindings/service/rpc_value.h"
#include "http/ref_counted.h"
#include "runtime/leave_task.h"
#include "runtime/shard.h"

namespace verge::bindings {

// The two sides hear of each other when no isolate is entered.
class RpcExchange final : public http::RefCounted, private runtime::LeaveTask {
 public:
  class Caller {
   public:
    // One of the two, once.
    virtual void OnResult(RpcValue value) = 0;
    virtual void OnFailed(EventFailure failure) = 0;

   protected:
    ~Caller() = default;
  };
  class Callee {
   public:
    // Nobody waits for the result any more.
    virtual void OnCallerGone() = 0;

   protected:
    ~Callee() = default;
  };

  RpcExchange(runtime::Shard& shard, std::string method, RpcValue arguments, Caller* caller)
      : shard_(shard), method_(std::move(method)), arguments_(std::move(arguments)), caller_(caller) {}

  [[nodiscard]] const std::string& method() const { return method_; }  // UTF-8
  [[nodiscard]] RpcValue TakeArguments() { return std::move(arguments_); }
  // The caller has gone, or has heard.
  [[nodiscard]] bool over() const { return caller_ == nullptr; }

  // --- The caller's; it hears no more.
  void Cancel() {
    caller_ = nullptr;
    Soon();
  }

  // --- The callee's. The first answer counts.
  void set_callee(Callee* callee) { callee_ = callee; }
  void Return(RpcValue value) {
    if (!value_ && !failure_) value_ = std::move(value);
    Soon();
  }
  void Fail(EventFailure failure) {
    if (!value_ && !failure_) failure_ = std::move(failure);
    Soon();
  }

 private:
  void Soon() {
    self_ = http::Ref<RpcExchange>(this);
    Schedule(shard_);
  }
  void OnIsolateLeft() override {
    http::Ref<RpcExchange> keep = std::move(self_);
    if (!caller_) {
      if (Callee* callee = std::exchange(callee_, nullptr)) callee->OnCallerGone();
    } else if (value_ || failure_) {
      callee_ = nullptr;
      Caller* caller = std::exchange(caller_, nullptr);
      if (value_) {
        caller->OnResult(*std::exchange(value_, std::nullopt));
      } else {
        caller->OnFailed(*std::exchange(failure_, std::nullopt));
      }
    }
  }

  runtime::Shard& shard_;
  const std::string method_;
  RpcValue arguments_;
  Caller* caller_;
  Callee* callee_ = nullptr;
  std::optional<RpcValue> value_;
  std::optional<EventFailure> failure_;
  http::Ref<RpcExchange> self_;  // while there is something to tell
};

}  // namespace verge::bindings

#endif  // BINDINGS_SERVICE_RPC_EXCHANGE_H_
