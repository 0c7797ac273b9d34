// One HTTP request that a worker handles.
#ifndef BINDINGS_FETCH_FETCH_INVOCATION_H_
#define BINDINGS_FETCH_FETCH_INVOCATION_H_

#include <v8.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/core/convert.h"
#include "bindings/core/handler_result.h"
#include "bindings/fetch/event_purpose.h"
#include "bindings/fetch/pass_through.h"
#include "bindings/fetch/stream_pump.h"
#include "bindings/websocket/socket.h"
#include "http/server.h"
#include "runtime/exception.h"
#include "runtime/invocation.h"
#include "runtime/js_entry.h"
#include "runtime/meter.h"

namespace verge::bindings {

class Headers;
class InvocationPool;
class Worker;

class FetchInvocation final : public runtime::Invocation, public http::ExchangeObserver {
 public:
  // Handles `exchange` with `worker`. Everything else follows from the loop.
  // `purpose`: why the runtime dispatches it by itself; null for a client's request.
  static void Start(InvocationPool& pool, Worker& worker, http::Ref<http::Exchange> exchange,
                    std::unique_ptr<EventPurpose> purpose = nullptr);
  [[nodiscard]] EventPurpose* purpose() const { return purpose_.get(); }
  [[nodiscard]] bool is_refresh() const { return purpose_ && purpose_->is_refresh(); }

  // The invocation, if it is a request's; else null.
  static FetchInvocation* From(runtime::Invocation* invocation) {
    return invocation && invocation->request_head() ? static_cast<FetchInvocation*>(invocation) : nullptr;
  }

  // The request's `signal` was asked for: it is aborted when the client goes away.
  void SetSignal(v8::Isolate* isolate, v8::Local<v8::Value> signal) { signal_.Reset(isolate, signal); }

  [[nodiscard]] const http::RequestHead* request_head() const override {
    return exchange_ ? exchange_->head().get() : nullptr;
  }

  void set_pass_through_on_exception() { pass_through_ = true; }

 protected:
  void OnTurn(runtime::JsEntry& entry) override;
  void OnLeft() override;
  [[nodiscard]] bool settled() const override;
  void OnStopped(runtime::Outcome outcome, std::string_view message) override;
  void OnClosed() override;
  void OnZeroReferences() override;

  // http::ExchangeObserver
  void OnExchangeDone(http::ExchangeOutcome outcome) override;

 private:
  friend class InvocationPool;

  enum class State : uint8_t {
    kRunning,   // the handler's promise is not settled
    kPassing,   // it failed, and the request is to go to the origin once the isolate is left
    kPrepared,  // there is a response, to be sent after the isolate is left
    kAborting,  // there is none, which whoever called the worker is to be told then
    kSending,   // the exchange has it
    kDone,      // the exchange is over
  };

  explicit FetchInvocation(InvocationPool* pool) : pool_(pool) {}

  void Run(Worker& worker);
  // Calls the handler. Empty: it threw, or execution was terminated, or `error` says why there is nothing to call.
  v8::MaybeLocal<v8::Value> CallHandler(runtime::JsEntry& entry, Worker& worker, std::string* error);
  // The handler returned or its promise was fulfilled with `value`.
  void Prepare(runtime::JsEntry& entry, v8::Local<v8::Value> value);
  // The response's WebSocket, if it has one. False: it cannot be used, and an error is prepared (or execution
  // terminated).
  bool PrepareWebSocket(Cx& cx, v8::Local<v8::Object> response);
  // `report`: of an exception; null when it was something else.
  void PrepareError(int status, int code, std::string_view reason, const runtime::ExceptionReport* report = nullptr);
  // Whether whoever caused the event takes the error as it is: the exchange is aborted then.
  bool TellCaller(std::string_view reason, const runtime::ExceptionReport* report);
  void Fail(const runtime::ExceptionReport& report);
  void Send();
  // Adds the body to what is counted; a source is counted as it is pulled.
  void CountBody();
  void Log(std::string_view text) const;
  void AddHeader(std::string_view name, std::string_view value);
  // `has_source`: the body is not plain data.
  void AddHeaders(const Headers& headers, bool has_source);
  // Brings the body into the coding that Content-Encoding names, or takes the field away from a client that does not
  // accept it.
  void ApplyCoding();

  InvocationPool* const pool_;
  Worker* worker_ = nullptr;
  http::Ref<http::Exchange> exchange_;
  State state_ = State::kRunning;
  bool pass_through_ = false;
  std::unique_ptr<EventPurpose> purpose_;
  http::Ref<http::BodySource> request_body_;  // null when it has none
  std::unique_ptr<PassThrough> passing_;
  int64_t started_ns_ = 0;  // where requests are logged
  runtime::EventMeter metered_;
  HandlerResult result_;
  v8::Global<v8::Value> signal_;
  http::Ref<StreamPump> pump_;

  // The response, copied out of the isolate. Buffers keep their capacity from one request to the next.
  struct Span {
    uint32_t name_offset, name_size, value_offset, value_size;
  };
  int status_ = 0;
  std::string text_;  // status text and header fields
  uint32_t status_text_size_ = 0;
  std::optional<size_t> content_coding_field_;  // where it is in fields_, while the response is prepared
  std::vector<Span> fields_;
  std::vector<http::HeaderField> field_views_;
  std::string body_text_;
  http::ResponseBody body_;
  http::Ref<Socket> web_socket_;  // of a response with status 101
};

// Keeps invocations and their buffers from one request to the next. One for each shard.
class InvocationPool {
 public:
  InvocationPool() = default;
  ~InvocationPool();
  http::Ref<FetchInvocation> Get();

 private:
  friend class FetchInvocation;
  std::vector<FetchInvocation*> free_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_FETCH_INVOCATION_H_
