// What a connection sends after the head: bodies that are pulled as the origin takes them.
#include <charconv>
#include <utility>

#include "http/client/connection.h"

namespace verge::http {

void OutboundConnection::Flush() {
  WriteQueue& queue = socket_->queue();
  if (queue.empty()) return;
  const uint64_t before = queue.sent();
  const WriteQueue::Result result = socket_->Flush();
  if (queue.sent() != before) progress_ = true;
  if (result != WriteQueue::Result::kBroken) return;
  // The origin may have answered before it stopped reading: that is found out by reading.
  write_failed_ = true;
  StopSending();
}

void OutboundConnection::StopSending() {
  keep_alive_ = false;
  write_failed_ = true;
  socket_->queue().Clear();
  if (source_) {
    has_news_ = true;
    news_.cancelled = std::move(source_);
  }
}

void OutboundConnection::StopRequestBody() {
  if (state_ == State::kClosed || !source_) return;
  const Ref<OutboundConnection> self(this);
  StopSending();
  Conclude();
}

bool OutboundConnection::CanPull() const {
  return source_ && !pulling_ && !yielding_ && !source_error_ && state_ != State::kClosed &&
         socket_->queue().size() < kHighWater;
}

void OutboundConnection::PullSource() {
  while (CanPull()) {
    if (turn_output_ > kMaxTurn) {
      yielding_ = true;
      return;
    }
    pulling_ = true;
    const Ref<BodySource> source = source_;
    source->Pull(this);
    if (state_ == State::kClosed || pulling_) return;
    if (socket_->queue().size() >= kHighWater) Flush();
  }
}

void OutboundConnection::OnChunk(Bytes chunk) {
  pulling_ = false;
  if (!source_ || state_ == State::kClosed) return;
  turn_output_ += chunk.size();
  WriteQueue& queue = socket_->queue();
  if (!source_chunked_) {
    if (chunk.size() > source_remaining_) {
      source_error_ = "the request's body is longer than its length";
    } else {
      source_remaining_ -= chunk.size();
      queue.Append(std::move(chunk));
    }
  } else if (!chunk.empty()) {
    char digits[16];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, chunk.size(), 16);
    queue.Append({digits, static_cast<size_t>(end - digits)});
    queue.Append("\r\n");
    queue.Append(std::move(chunk));
    queue.Append("\r\n");
  }
  core_->Schedule(this);
}

void OutboundConnection::OnEnd() {
  pulling_ = false;
  if (!source_ || state_ == State::kClosed) return;
  if (source_chunked_) {
    socket_->queue().Append("0\r\n\r\n");
  } else if (source_remaining_ != 0) {
    source_error_ = "the request's body is shorter than its length";
  }
  if (!source_error_) retired_ = std::move(source_);
  core_->Schedule(this);
}

void OutboundConnection::OnError(BodyError, std::string_view message) {
  pulling_ = false;
  if (!source_ || state_ == State::kClosed) return;
  source_error_ = std::string(message);
  core_->Schedule(this);
}

void OutboundConnection::SourceFailed(std::string message) {
  retired_ = source_;
  Detach(ClientError::Kind::kBody, BodyError::kDisconnected, std::move(message));
}

}  // namespace verge::http
