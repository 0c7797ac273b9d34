#include "bindings/fetch/fetched_body.h"

#include <utility>

namespace verge::bindings {

FetchedBody::FetchedBody(runtime::Invocation* invocation, http::Ref<http::BodySource> source,
                         http::ContentCoding coding, http::Ref<http::ClientExchange> exchange,
                         http::Ref<StreamPump> pump)
    : source_(std::move(source)), coding_(coding), exchange_(std::move(exchange)), pump_(std::move(pump)) {
  ListHeld(invocation);
}

FetchedBody::~FetchedBody() { Cancel(); }

void FetchedBody::Pull(http::BodySink* sink) {
  if (aborted_ || !source_) {
    sink->OnError(http::BodyError::kCancelled, "The body was cancelled.");
    return;
  }
  if (!pulled_) {
    pulled_ = true;
    if (coding_ != http::ContentCoding::kIdentity) source_ = http::DecodeBody(std::move(source_), coding_);
  }
  sink_ = sink;
  source_->Pull(this);
}

std::optional<uint64_t> FetchedBody::length() const {
  return coding_ == http::ContentCoding::kIdentity && source_ ? source_->length() : std::nullopt;
}

std::optional<http::Bytes> FetchedBody::TakeWhole() {
  if (pulled_ || aborted_ || !source_ || pump_ || coding_ != http::ContentCoding::kIdentity) return std::nullopt;
  auto whole = source_->TakeWhole();
  if (whole) {
    http::Ref<FetchedBody> keep(this);
    source_.reset();
    End();
  }
  return whole;
}

bool FetchedBody::KeepCoded(http::ContentCoding coding) {
  if (pulled_ || coding != coding_) return false;
  coding_ = http::ContentCoding::kIdentity;
  return true;
}

void FetchedBody::OnChunk(http::Bytes chunk) {
  if (http::BodySink* sink = std::exchange(sink_, nullptr)) sink->OnChunk(std::move(chunk));
}

void FetchedBody::OnEnd() {
  http::Ref<FetchedBody> keep(this);
  // A request whose stream is still being sent has to end with the invocation.
  if (!pump_) Unlist();
  if (http::BodySink* sink = std::exchange(sink_, nullptr)) sink->OnEnd();
}

void FetchedBody::OnError(http::BodyError error, std::string_view message) {
  http::Ref<FetchedBody> keep(this);
  Unlist();
  if (http::BodySink* sink = std::exchange(sink_, nullptr)) sink->OnError(error, message);
}

void FetchedBody::Cancel() {
  sink_ = nullptr;
  End();
}

void FetchedBody::Abort(std::string_view message) {
  http::Ref<FetchedBody> keep(this);
  aborted_ = true;
  http::BodySink* sink = std::exchange(sink_, nullptr);
  End();
  if (sink) sink->OnError(http::BodyError::kCancelled, message);
}

void FetchedBody::OnInvocationEnd() { Abort("The event that this body belongs to is over."); }

void FetchedBody::End() {
  Unlist();
  if (http::Ref<http::BodySource> source = std::move(source_)) source->Cancel();
  if (http::Ref<http::ClientExchange> exchange = std::move(exchange_)) exchange->Cancel();
  pump_.reset();
}

}  // namespace verge::bindings
