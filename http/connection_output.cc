// What a connection sends: responses of the handler and its own, and bodies that are pulled as the client reads.
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "http/connection.h"
#include "http/server_core.h"

namespace verge::http {

void Connection::Respond(ServerExchange* exchange, const ResponseHead& head, ResponseBody body) {
  exchange->responded_ = true;
  if (core_->draining()) close_ = true;
  if (reading_ == Reading::kBody) {
    if (awaits_continue_) {
      // It is up to the client now whether it still sends the body (RFC 9110, 10.1.1): what comes next could be read
      // both ways. (Nobody has pulled the body, or the client would not wait.)
      if (body_) {
        body_->Disown();
        std::exchange(body_, nullptr)->Fail(BodyError::kCancelled, "the request is answered already");
      }
      StopReading();
    } else if (body_ && !exchange->body_taken_ && !chunked_ && body_remaining_ > kMaxDiscarded) {
      close_ = true;
    }
  }

  const RequestHead& request = *exchange->head_;
  const bool http_1_0 = request.version() == 10;
  const bool bodiless_status = head.status == 204 || head.status == 304;
  const bool send_body = !bodiless_status && request.method() != "HEAD";

  Ref<BodySource> source;
  std::optional<uint64_t> length = 0;
  if (auto* text = std::get_if<std::string_view>(&body)) {
    length = text->size();
  } else if (auto* bytes = std::get_if<Bytes>(&body)) {
    length = bytes->size();
  } else if (auto* given = std::get_if<Ref<BodySource>>(&body); given && *given) {
    source = std::move(*given);
    length = source->length();
    if (!length) length = GivenContentLength(head);
  } else if (!send_body) {
    if (const std::optional<uint64_t> told = GivenContentLength(head)) length = told;
  }

  ResponseFraming framing;
  if (head.status == 204) {
    framing.kind = ResponseFraming::Kind::kNone;
  } else if (head.status == 304) {
    // RFC 9110, 8.6: what a 200 would have; not known unless the handler says so.
    if (const std::optional<uint64_t> told = GivenContentLength(head)) {
      framing = {.kind = ResponseFraming::Kind::kLength, .length = *told};
    }
  } else if (length) {
    framing = {.kind = ResponseFraming::Kind::kLength, .length = *length};
  } else if (!send_body) {
    framing.kind = ResponseFraming::Kind::kNone;
  } else if (!http_1_0) {
    framing.kind = ResponseFraming::Kind::kChunked;
  } else {
    close_ = true;
  }

  if (!AppendResponseHead(queue_.buffer(), head, framing, ConnectionOptionFor(request), core_->date.Now())) {
    if (source) source->Cancel();
    source.reset();
    AppendOwnResponse(500, "the handler's response has an invalid status or header field", &request);
  } else if (source && send_body) {
    source_ = std::move(source);
    source_framing_ = framing.kind == ResponseFraming::Kind::kLength    ? SourceFraming::kLength
                      : framing.kind == ResponseFraming::Kind::kChunked ? SourceFraming::kChunked
                                                                        : SourceFraming::kUntilClose;
    source_remaining_ = framing.length;
  } else if (source) {
    source->Cancel();
  } else if (send_body) {
    if (auto* text = std::get_if<std::string_view>(&body)) queue_.Append(*text);
    if (auto* bytes = std::get_if<Bytes>(&body)) queue_.Append(std::move(*bytes));
  }
  if (!source_) ResponseProduced();

  if (!pumping_) {
    // Not to wait for what else happens in this turn of the loop. What follows from it waits: the observer and the next
    // request's handler must not be called from here.
    if (!source_ && !Send()) broken_ = true;
    Schedule();
  }
}

ConnectionOption Connection::ConnectionOptionFor(const RequestHead& request) const {
  if (close_) return ConnectionOption::kClose;
  return request.version() == 10 ? ConnectionOption::kKeepAlive : ConnectionOption::kDefault;
}

void Connection::AppendOwnResponse(int status, std::string_view text, const RequestHead* request) {
  std::string body = std::to_string(status);
  body.append(" ").append(ReasonPhrase(status)).append(": ").append(text).append("\n");
  const HeaderField type{.name = "Content-Type", .value = "text/plain; charset=utf-8"};
  const ResponseHead head{.status = status, .status_text = {}, .headers = {&type, 1}};
  AppendResponseHead(queue_.buffer(), head, {.kind = ResponseFraming::Kind::kLength, .length = body.size()},
                     request ? ConnectionOptionFor(*request) : ConnectionOption::kClose, core_->date.Now());
  if (!request || request->method() != "HEAD") queue_.Append(body);
}

void Connection::Refuse(int status, std::string_view text) {
  ++core_->counters.refused;
  close_ = true;
  linger_ = true;
  reading_ = Reading::kIgnore;
  AppendOwnResponse(status, text, exchange_ ? exchange_->head_.get() : nullptr);
  parser_.Reset();
  if (const Ref<ServerExchange> exchange = std::exchange(exchange_, nullptr)) {
    exchange->responded_ = true;
    exchange->Finish(ExchangeOutcome::kDisconnected);
  }
}

bool Connection::CanPull() const {
  return source_ && !pulling_ && !failed_ && !aborted_ && open_ && queue_.size() < kHighWater;
}

void Connection::PullSource() {
  while (CanPull()) {
    if (turn_bytes_ > kMaxTurn) {
      yielding_ = true;
      return;
    }
    pulling_ = true;
    const Ref<BodySource> source = source_;
    source->Pull(this);
    if (pulling_) return;
  }
}

void Connection::OnChunk(Bytes chunk) {
  pulling_ = false;
  if (!source_ || failed_ || chunk.empty()) {
    Schedule();
    return;
  }
  turn_bytes_ += chunk.size();
  switch (source_framing_) {
    case SourceFraming::kLength:
      if (chunk.size() > source_remaining_) {
        failed_ = true;
        break;
      }
      source_remaining_ -= chunk.size();
      queue_.Append(std::move(chunk));
      break;
    case SourceFraming::kChunked:
      AppendChunkSize(queue_.buffer(), chunk.size());
      queue_.Append(std::move(chunk));
      queue_.Append("\r\n");
      break;
    case SourceFraming::kUntilClose:
      queue_.Append(std::move(chunk));
      break;
  }
  Schedule();
}

void Connection::OnEnd() {
  pulling_ = false;
  if (!source_ || failed_) return;
  if (source_framing_ == SourceFraming::kLength && source_remaining_ != 0) {
    failed_ = true;
  } else {
    if (source_framing_ == SourceFraming::kChunked) queue_.Append("0\r\n\r\n");
    // Not released here: it may be the source's own call.
    retired_ = std::exchange(source_, nullptr);
    ResponseProduced();
  }
  Schedule();
}

void Connection::OnError(BodyError /*error*/, std::string_view /*message*/) {
  pulling_ = false;
  if (!source_) return;
  failed_ = true;
  Schedule();
}

void Connection::EndFailedResponse() {
  failed_ = false;
  if (const Ref<BodySource> source = std::exchange(source_, nullptr)) source->Cancel();
  if (source_framing_ == SourceFraming::kUntilClose) reset_ = true;
  const Ref<RequestBody> body(std::exchange(body_, nullptr));
  if (body) body->Disown();
  const Ref<ServerExchange> exchange = std::exchange(exchange_, nullptr);
  reading_ = Reading::kIgnore;
  close_ = true;
  if (exchange) exchange->Finish(ExchangeOutcome::kBodyFailed);
  if (body) body->Fail(BodyError::kDisconnected, "the connection is being closed");
}

void Connection::ResponseProduced() {
  produced_ = true;
  ServerExchange* exchange = Ref<ServerExchange>(exchange_).Leak();
  exchange->end_offset_ = queue_.end();
  if (unsent_last_) {
    unsent_last_->next_ = exchange;
  } else {
    unsent_first_ = exchange;
  }
  unsent_last_ = exchange;
  // If nobody else holds it, the rest of it is discarded.
  exchange->body_.reset();
  FinishIfBothSidesAre();
}

void Connection::FinishIfBothSidesAre() {
  if (!exchange_ || !produced_ || reading_ == Reading::kBody) return;
  exchange_.reset();
  if (reading_ == Reading::kWait) reading_ = close_ ? Reading::kIgnore : Reading::kHead;
}

bool Connection::Send() {
  const uint64_t before = queue_.sent();
  const WriteQueue::Result result = tls_ ? tls_->Send(queue_) : queue_.Send(fd_);
  if (const uint64_t count = queue_.sent() - before) {
    core_->counters.bytes_written += count;
    wrote_ = true;
  }
  return result != WriteQueue::Result::kBroken;
}

bool Connection::Flush() {
  if (!queue_.empty() && !Send()) return false;
  NotifySent();
  return true;
}

void Connection::NotifySent() {
  while (unsent_first_ && unsent_first_->end_offset_ <= queue_.sent()) {
    const Ref<ServerExchange> exchange = Ref<ServerExchange>::Adopt(unsent_first_);
    unsent_first_ = std::exchange(exchange->next_, nullptr);
    if (!unsent_first_) unsent_last_ = nullptr;
    exchange->Finish(ExchangeOutcome::kSent);
  }
}

}  // namespace verge::http
