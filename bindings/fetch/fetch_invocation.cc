#include "bindings/fetch/fetch_invocation.h"

#include <simdutf.h>
#include <uv.h>

#include <algorithm>
#include <utility>

#include "bindings/core/realm.h"
#include "bindings/fetch/body.h"
#include "bindings/fetch/cdn_loop.h"
#include "bindings/fetch/counted_body.h"
#include "bindings/fetch/error_page.h"
#include "bindings/fetch/execution_context.h"
#include "bindings/fetch/headers.h"
#include "bindings/fetch/request.h"
#include "bindings/fetch/response.h"
#include "bindings/fetch/response_coding.h"
#include "bindings/service/call_chains.h"
#include "bindings/service/remote_error.h"
#include "bindings/service/service_router.h"
#include "bindings/websocket/socket_handle.h"
#include "bindings/websocket/upgrade.h"
#include "bindings/worker/worker.h"
#include "http/websocket/handshake.h"
#include "runtime/async_context.h"
#include "runtime/module_loader.h"
#include "runtime/shard.h"

namespace verge::bindings {
namespace {

// Bodies up to this size are copied into the invocation's own buffer, larger ones get a block that the socket shares.
constexpr size_t kCopyLimit = 64 * 1024;

constexpr size_t kPoolLimit = 1024;
constexpr size_t kKeepCapacity = 64 * 1024;

// For the worker's author: development only.
ErrorDetails Details(runtime::WorkerIsolate& isolate, int code, std::string_view reason,
                     const runtime::ExceptionReport* report) {
  ErrorDetails details;
  details.title = ErrorTitle(code);
  details.code = code;
  details.message = report ? report->message : reason;
  if (!report) return details;
  details.stack = report->stack;
  details.file = report->file;
  details.line = report->line;
  details.column = report->column;
  constexpr int kAround = 4;
  if (details.file.empty()) return details;
  details.first_line = std::max(report->line - kAround, 1);
  details.source = isolate.modules().SourceLines(report->file, details.first_line, report->line + kAround);
  return details;
}

Cx MakeCx(runtime::JsEntry& entry) {
  return Cx{entry.isolate(), entry.context(), "", "", {}, v8::Undefined(entry.isolate())};
}

}  // namespace

InvocationPool::~InvocationPool() {
  for (FetchInvocation* each : free_) delete each;
}

http::Ref<FetchInvocation> InvocationPool::Get() {
  if (free_.empty()) return http::Ref<FetchInvocation>(new FetchInvocation(this));
  FetchInvocation* invocation = free_.back();
  free_.pop_back();
  return http::Ref<FetchInvocation>(invocation);
}

void FetchInvocation::OnZeroReferences() {
  if (pool_->free_.size() >= kPoolLimit) {
    delete this;
    return;
  }
  if (text_.capacity() > kKeepCapacity) std::string().swap(text_);
  if (body_text_.capacity() > kKeepCapacity) std::string().swap(body_text_);
  pool_->free_.push_back(this);
}

void FetchInvocation::Start(InvocationPool& pool, Worker& worker, http::Ref<http::Exchange> exchange,
                            std::unique_ptr<EventPurpose> purpose) {
  http::Ref<FetchInvocation> self = pool.Get();
  self->state_ = State::kRunning;
  self->pass_through_ = false;
  self->status_ = 0;
  self->purpose_ = std::move(purpose);
  self->exchange_ = std::move(exchange);
  self->exchange_->set_observer(self.get());
  self->Run(worker);
}

void FetchInvocation::Run(Worker& worker) {
  worker_ = &worker;
  status_ = 0;
  if (IsInLoop(*exchange_->head())) {
    // Nothing is opened for it: this is the whole answer.
    exchange_->set_observer(nullptr);
    exchange_->Respond({.status = 508, .status_text = {}, .headers = {}},
                       std::string_view("error code: 1019\nThe worker called itself too often\n"));
    exchange_.reset();
    purpose_.reset();
    return;
  }
  const runtime::Limits& limits = worker.isolate().limits();
  Open(&worker.isolate(), limits.cpu, limits.wall);
  metered_.Begin(worker.isolate().v8(), uv_now(worker.isolate().shard().loop()));
  if (const auto* chain = purpose_ ? purpose_->call_chain() : nullptr) {
    worker.services().services->call_chains().Put(*this, *chain);
  }
  if (runtime::EventRecorder* recorder = worker.recorder()) {
    started_ns_ = static_cast<int64_t>(uv_hrtime());
    recorder->OnBegin(id(), exchange_->head()->method(), exchange_->head()->target());
  }
  runtime::JsEntry entry(worker.isolate(), this);
  v8::Isolate* isolate = entry.isolate();
  v8::TryCatch try_catch(isolate);
  v8::Local<v8::Value> result;
  std::string error;
  if (!CallHandler(entry, worker, &error).ToLocal(&result)) {
    // Terminated: the entry's end deals with it.
    if (entry.terminated() || try_catch.HasTerminated()) return;
    runtime::ExceptionReport report;
    report.message = error;
    Fail(error.empty() ? runtime::DescribeException(isolate, entry.context(), try_catch) : report);
    return;
  }
  // False is a termination, which the entry's end deals with.
  (void)result_.Set(entry.context(), result, IsInstance(result, Response::kSpec));
}

v8::MaybeLocal<v8::Value> FetchInvocation::CallHandler(runtime::JsEntry& entry, Worker& worker, std::string* error) {
  v8::Isolate* isolate = entry.isolate();
  const http::Ref<http::RequestHead>& head = exchange_->head();
  auto handler = worker.FetchHandler(isolate, purpose_ ? purpose_->entrypoint() : std::string_view());
  if (!handler) {
    *error = std::move(handler).error();
    return {};
  }
  v8::Local<v8::Object> request;
  v8::Local<v8::Object> context;
  if (head->has_body()) request_body_ = exchange_->body();
  if (!Request::NewIncoming(isolate, head, request_body_, id()).ToLocal(&request) ||
      !ExecutionContext::New(isolate, purpose_ ? purpose_->props() : std::string_view()).ToLocal(&context)) {
    return {};
  }
  v8::Local<v8::Value> arguments[] = {request, worker.env(isolate), context};
  return handler->function->Call(entry.context(), handler->receiver, 3, arguments);
}

void FetchInvocation::OnTurn(runtime::JsEntry& entry) {
  if (state_ != State::kRunning) return;
  v8::Isolate* isolate = entry.isolate();
  v8::Local<v8::Value> value;
  switch (result_.Take(entry.context(), &value, [&] { return worker_->touch_function(isolate); })) {
    case HandlerResult::State::kNone:
    case HandlerResult::State::kPending:
      break;
    case HandlerResult::State::kFulfilled: {
      // The turn may be another event's, which settled a promise of this one; what is taken out is this one's.
      const v8::Local<v8::Value> outer = runtime::AsyncContext::Current(isolate);
      runtime::AsyncContext::Restore(isolate, v8::Integer::New(isolate, static_cast<int32_t>(id())));
      Prepare(entry, value);
      runtime::AsyncContext::Restore(isolate, outer);
      break;
    }
    case HandlerResult::State::kRejected:
      Fail(runtime::DescribeException(isolate, entry.context(), value, {}));
      break;
  }
}

void FetchInvocation::AddHeader(std::string_view name, std::string_view value) {
  auto offset = static_cast<uint32_t>(text_.size());
  text_.append(name).append(value);
  fields_.push_back({offset, static_cast<uint32_t>(name.size()), offset + static_cast<uint32_t>(name.size()),
                     static_cast<uint32_t>(value.size())});
}

void FetchInvocation::Prepare(runtime::JsEntry& entry, v8::Local<v8::Value> value) {
  v8::Isolate* isolate = entry.isolate();
  if (!IsInstance(value, Response::kSpec)) {
    runtime::ExceptionReport report;
    report.message = "TypeError: Incorrect type for Promise: the Promise did not resolve to 'Response'.";
    Fail(report);
    return;
  }
  v8::TryCatch try_catch(isolate);
  Cx cx = MakeCx(entry);
  v8::Local<v8::Object> response = value.As<v8::Object>();
  int status = Response::StatusOf(response);
  if (!PrepareWebSocket(cx, response)) return;
  if (!web_socket_ && (status < 200 || status > 599)) {
    runtime::ExceptionReport report;
    report.message = status == 0 ? "TypeError: A response made by Response.error() cannot be sent to a client."
                                 : "TypeError: Responses with status " + std::to_string(status) + " cannot be sent.";
    Fail(report);
    return;
  }
  auto body = TakeBody(cx, response);
  if (!body) {
    if (body.error().kind == ErrorKind::kPending) {
      if (try_catch.HasTerminated() || entry.terminated()) return;
      Fail(runtime::DescribeException(isolate, entry.context(), try_catch));
      return;
    }
    runtime::ExceptionReport report;
    report.message = "TypeError: " + body.error().message;
    Fail(report);
    return;
  }

  status_ = status;
  text_.clear();
  fields_.clear();
  v8::Local<v8::Value> status_text = GetSlot(response, Response::kStatusTextSlot);
  if (status_text->IsString()) AppendLatin1(isolate, status_text.As<v8::String>(), &text_);
  status_text_size_ = static_cast<uint32_t>(text_.size());
  Headers* headers = Response::HeadersOf(response);
  if (headers) {
    AddHeaders(*headers, body->kind == OutgoingBody::Kind::kStream || body->kind == OutgoingBody::Kind::kSource);
  } else if (body->kind != OutgoingBody::Kind::kNone) {
    if (BodyType type = BodyTypeOf(response); type != BodyType::kNone) AddHeader("Content-Type", ContentTypeOf(type));
  }

  switch (body->kind) {
    case OutgoingBody::Kind::kNone:
      body_ = std::monostate();
      break;
    case OutgoingBody::Kind::kString: {
      body_text_.clear();
      AppendUtf8(isolate, body->string, &body_text_);
      if (body_text_.size() > kCopyLimit) {
        body_ = http::Bytes::Take(std::exchange(body_text_, {}));
      } else {
        body_ = std::string_view(body_text_);
      }
      break;
    }
    case OutgoingBody::Kind::kBytes: {
      std::span<uint8_t> bytes = BufferSource{body->bytes}.bytes();
      if (bytes.size() > kCopyLimit) {
        body_ = http::Bytes::Copy(std::span<const uint8_t>(bytes));
      } else {
        body_text_.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        body_ = std::string_view(body_text_);
      }
      break;
    }
    case OutgoingBody::Kind::kSource:
      body_ = std::move(body->source);
      break;
    case OutgoingBody::Kind::kStream:
      pump_ = StreamPump::Create(cx, this, body->stream);
      if (!pump_) return;  // termination
      body_ = http::Ref<http::BodySource>(pump_);
      break;
  }
  if (content_coding_field_ && !Response::IsEncoded(response)) ApplyCoding();
  if (auto* source = std::get_if<http::Ref<http::BodySource>>(&body_); source && *source) {
    // One send less for what a cache has in one piece.
    if (auto whole = (*source)->TakeWhole()) body_ = *std::move(whole);
  }
  state_ = State::kPrepared;
}

void FetchInvocation::AddHeaders(const Headers& headers, bool has_source) {
  content_coding_field_.reset();
  headers.ForEach([&](std::string_view name, std::string_view value) {
    // A source that knows its length says so itself; what the field of a proxied response says is the length before
    // the worker changed the body.
    if (has_source && name.size() == 14 && http::EqualsIgnoreCase(name, "content-length")) return;
    if (name.size() == 16 && http::EqualsIgnoreCase(name, "content-encoding")) content_coding_field_ = fields_.size();
    AddHeader(name, value);
  });
}

void FetchInvocation::ApplyCoding() {
  size_t field = *std::exchange(content_coding_field_, std::nullopt);
  const http::RequestHead& request = *exchange_->head();
  if (std::holds_alternative<std::monostate>(body_) || request.method() == "HEAD") return;
  auto coding =
      http::ParseContentCoding(std::string_view(text_).substr(fields_[field].value_offset, fields_[field].value_size));
  if (!coding || *coding == http::ContentCoding::kIdentity) return;
  if (!AcceptsCoding(request.header("accept-encoding"), *coding)) {
    fields_.erase(fields_.begin() + static_cast<ptrdiff_t>(field));
    return;
  }
  auto* source = std::get_if<http::Ref<http::BodySource>>(&body_);
  if (source && (*source)->KeepCoded(*coding)) return;
  EncodeResponseBody(&body_, *coding);
}

bool FetchInvocation::PrepareWebSocket(Cx& cx, v8::Local<v8::Object> response) {
  v8::Local<v8::Value> web_socket = Response::WebSocketOf(response);
  if (!web_socket->IsObject()) return true;
  v8::Local<v8::Value> arguments[] = {web_socket};
  v8::Local<v8::Value> value;
  if (!cx.realm().CallInternal(cx.context, Name::kWebSocketHandle, arguments).ToLocal(&value)) return false;
  auto* handle = Unwrap<SocketHandle>(value);
  runtime::ExceptionReport report;
  if (!handle || !http::IsWebSocketRequest(*exchange_->head())) {
    report.message =
        "TypeError: Worker tried to return WebSocket in a response to a request which did not contain the header "
        "\"Upgrade: websocket\".";
  } else if (auto taken = handle->socket()->TakeForResponse(*this); !taken) {
    report.message = (taken.error().kind == ErrorKind::kTypeError ? "TypeError: " : "Error: ") + taken.error().message;
  } else {
    web_socket_ = handle->socket();
    return true;
  }
  Fail(report);
  return false;
}

void FetchInvocation::OnLeft() {
  if (state_ == State::kPrepared) Send();
  if (state_ == State::kAborting) {
    state_ = State::kSending;
    exchange_->Abort();
  }
  if (state_ == State::kPassing) {
    state_ = State::kSending;
    passing_ = std::make_unique<PassThrough>(isolate().shard().client(), *worker_->services().origin, exchange_,
                                             std::exchange(request_body_, nullptr));
  }
}

void FetchInvocation::Send() {
  state_ = State::kSending;
  field_views_.clear();
  std::string_view text = text_;
  for (const Span& span : fields_) {
    field_views_.push_back(
        {text.substr(span.name_offset, span.name_size), text.substr(span.value_offset, span.value_size)});
  }
  http::Ref<FetchInvocation> keep(this);
  if (const http::Ref<Socket> socket = std::exchange(web_socket_, nullptr)) {
    RespondWithWebSocket(isolate().shard().loop(), *exchange_, field_views_, *socket);
    return;
  }
  if (metered_.meter() && exchange_->head()->method() != "HEAD") CountBody();
  exchange_->Respond({.status = status_, .status_text = text.substr(0, status_text_size_), .headers = field_views_},
                     std::exchange(body_, std::monostate()));
}

bool FetchInvocation::settled() const { return state_ != State::kRunning && !(pump_ && pump_->waiting()); }

void FetchInvocation::Log(std::string_view text) const {
  const http::RequestHead& head = *exchange_->head();
  const runtime::EventRecorder::Subject subject(worker_->recorder(), id());
  isolate().shard().log().Write(runtime::LogLevel::kError, isolate().options().worker_name,
                                std::string(purpose_ ? purpose_->name() : std::string_view()) +
                                    std::string(head.method()) + " " + std::string(head.target()) + ": " +
                                    std::string(text));
}

void FetchInvocation::CountBody() {
  if (const auto* text = std::get_if<std::string_view>(&body_)) {
    metered_.meter()->response_bytes.Add(text->size());
  } else if (const auto* bytes = std::get_if<http::Bytes>(&body_)) {
    metered_.meter()->response_bytes.Add(bytes->size());
  } else if (auto* source = std::get_if<http::Ref<http::BodySource>>(&body_); source && *source) {
    body_ =
        http::Ref<http::BodySource>(http::MakeRef<CountedBody>(std::move(*source), &metered_.meter()->response_bytes));
  }
}

void FetchInvocation::Fail(const runtime::ExceptionReport& report) {
  metered_.Note(runtime::EventOutcome::kException);
  result_.Clear();
  std::string text = "Uncaught " + report.Text();
  const Origin* origin = pass_through_ ? worker_->services().origin : nullptr;
  if (origin && request_body_ && request_body_->touched()) {
    origin = nullptr;
    text += "\n(the request cannot be passed through: its body has been read)";
  } else if (pass_through_ && !origin) {
    text += "\n(passThroughOnException was called, but there is no origin: see --origin)";
  }
  Log(text);
  if (origin) {
    web_socket_.reset();
    state_ = State::kPassing;
    return;
  }
  PrepareError(500, 1101, report.Text(), &report);
}

void FetchInvocation::PrepareError(int status, int code, std::string_view reason,
                                   const runtime::ExceptionReport* report) {
  web_socket_.reset();
  if (TellCaller(reason, report)) return;
  ErrorPage page = worker_->development()
                       ? MakeDetailedErrorPage(*exchange_->head(), status, Details(isolate(), code, reason, report))
                       : MakeErrorPage(*exchange_->head(), status, code);
  status_ = status;
  text_.clear();
  fields_.clear();
  status_text_size_ = 0;
  AddHeader("Content-Type", page.content_type);
  AddHeader("Cache-Control", "no-store");
  body_text_ = std::move(page.body);
  body_ = std::string_view(body_text_);
  state_ = State::kPrepared;
}

bool FetchInvocation::TellCaller(std::string_view reason, const runtime::ExceptionReport* report) {
  if (!purpose_) return false;
  EventFailure failure{.name = "Error", .message = std::string(reason)};
  if (report) failure = FailureOf(report->message);
  if (!purpose_->OnFailed(std::move(failure))) return false;
  state_ = State::kAborting;
  return true;
}

void FetchInvocation::OnStopped(runtime::Outcome outcome, std::string_view message) {
  result_.Clear();
  metered_.Note(runtime::EventOutcomeOf(outcome));
  if (outcome == runtime::Outcome::kCanceled) return;
  std::string reason = ExceededText(outcome);
  int status = 503;
  int code = 1102;
  if (reason.empty()) {
    reason =
        "The Workers runtime canceled this request because it detected that your Worker's code had hung and would "
        "never generate a response.";
    status = 500;
    code = 1101;
  }
  if (!message.empty()) reason = message;
  Log(reason);
  if (state_ == State::kDone) return;  // in waitUntil
  if (exchange_->responded()) {
    // The head is out: cutting the connection is the only way left to say that the body is not whole. What a stream
    // gave before is sent first.
    if (pump_) {
      pump_->OnInvocationOver();
    } else {
      exchange_->Abort();
    }
    return;
  }
  PrepareError(status, code, reason);
  OnLeft();
}

void FetchInvocation::OnExchangeDone(http::ExchangeOutcome outcome) {
  http::Ref<FetchInvocation> keep(this);
  if (outcome == http::ExchangeOutcome::kDisconnected) {
    metered_.Note(exchange_->responded() ? runtime::EventOutcome::kDisconnected : runtime::EventOutcome::kCanceled);
  } else if (outcome == http::ExchangeOutcome::kBodyFailed) {
    metered_.Note(runtime::EventOutcome::kException);
  }
  if (metered_.meter()) metered_.Done(uv_now(isolate().shard().loop()));
  state_ = State::kDone;
  if (runtime::EventRecorder* recorder = worker_ ? worker_->recorder() : nullptr) {
    const http::RequestHead& head = *exchange_->head();
    const runtime::EventRecorder::Subject subject(recorder, id());
    recorder->OnRequest(head.method(), head.target(), status_, cpu_used_ns(),
                        static_cast<int64_t>(uv_hrtime()) - started_ns_);
  }
  if (outcome == http::ExchangeOutcome::kDisconnected && !stopped() && !signal_.IsEmpty()) {
    runtime::JsEntry entry(isolate(), this);
    v8::TryCatch try_catch(entry.isolate());
    v8::Local<v8::Value> arguments[] = {signal_.Get(entry.isolate())};
    (void)Realm::From(entry.isolate()).CallInternal(entry.context(), Name::kSignalAbort, arguments);
  }
  // With waitUntil work it goes on until that is done; without, everything it still has in flight ends here.
  Finish();
}

void FetchInvocation::OnClosed() {
  if (metered_.meter()) metered_.End(cpu_used_ns(), subrequests(), uv_now(isolate().shard().loop()));
  if (pump_) pump_->OnInvocationOver();
  pump_.reset();
  result_.Clear();
  signal_.Reset();
  body_ = std::monostate();
  web_socket_.reset();
  passing_.reset();
  if (std::unique_ptr<EventPurpose> purpose = std::move(purpose_)) purpose->OnOver(status_);
  request_body_.reset();
  if (exchange_) exchange_->set_observer(nullptr);
  exchange_.reset();
  worker_ = nullptr;
}

}  // namespace verge::bindings
