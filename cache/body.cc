#include "cache/body.h"

#include <algorithm>
#include <utility>

namespace verge::cache {

namespace {

// One piece is what a hit is fastest with. Below the second bound also because a small piece is often a slice of a
// large block that it would keep alive.
constexpr uint64_t kJoined = uint64_t{1} << 20;
constexpr uint64_t kCopied = uint64_t{64} << 10;

}  // namespace

Body::Body(http::Bytes whole) : written_(whole.size()), state_(State::kComplete) {
  if (!whole.empty()) pieces_.push_back({0, std::move(whole)});
}

Body::Body(std::shared_ptr<BodyFile> file, uint64_t size)
    : written_(size), state_(State::kComplete), memory_begin_(size), file_(std::move(file)), file_end_(size) {}

std::optional<uint64_t> Body::size() const {
  const std::lock_guard lock(mutex_);
  if (state_ == State::kComplete) return written_;
  return announced_;
}

uint64_t Body::written() const {
  const std::lock_guard lock(mutex_);
  return written_;
}

bool Body::complete() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::kComplete;
}

bool Body::failed() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::kFailed;
}

bool Body::replayable() const {
  const std::lock_guard lock(mutex_);
  return state_ != State::kFailed && kept_;
}

std::optional<http::Bytes> Body::Whole() const {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kComplete || memory_begin_ != 0 || pieces_.size() > 1) return std::nullopt;
  return pieces_.empty() ? http::Bytes() : pieces_.front().bytes;
}

Body::Demand Body::Append(http::Bytes piece) {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kWriting) return Demand::kNone;
  if (!kept_ && !cursors_) return Demand::kNone;
  if (!piece.empty()) {
    const uint64_t begin = written_;
    written_ += piece.size();
    pieces_.push_back({begin, std::move(piece)});
    Wake();
  }
  return kept_ || InMemory() <= kWindow ? Demand::kMore : Demand::kWait;
}

void Body::Complete() {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kWriting) return;
  state_ = State::kComplete;
  const bool split = pieces_.size() > 1 && written_ <= kJoined;
  const bool slice = pieces_.size() == 1 && written_ <= kCopied;
  if (kept_ && memory_begin_ == 0 && (split || slice)) {
    if (slice) {
      pieces_.front().bytes = http::Bytes::Copy(pieces_.front().bytes.span());
    } else {
      std::string all;
      all.reserve(written_);
      for (const Piece& piece : pieces_) all.append(piece.bytes.view());
      pieces_.clear();
      pieces_.push_back({0, http::Bytes::Take(std::move(all))});
    }
  }
  Wake();
}

void Body::Fail(std::string_view message) {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kWriting) return;
  state_ = State::kFailed;
  message_ = message;
  Wake();
}

void Body::MoveToFile(const std::shared_ptr<BodyFile>& file, uint64_t end) {
  const std::lock_guard lock(mutex_);
  file_ = file;
  file_end_ = std::max(file_end_, end);
  DropBefore(file_end_);
}

void Body::StopKeeping() {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kWriting) return;
  kept_ = false;
  Trim();
}

void Body::WhenRead(std::shared_ptr<Executor> executor, Task task) {
  const std::lock_guard lock(mutex_);
  writer_ = Waiter{std::move(executor), std::move(task)};
  if (kept_ || state_ != State::kWriting) {
    writer_->executor->Post(std::move(writer_->task));
    writer_.reset();
    return;
  }
  Trim();
}

Body::Chunk Body::Read(const Cursor& cursor, uint64_t end, const std::shared_ptr<Executor>& executor, Task task) {
  const std::lock_guard lock(mutex_);
  const uint64_t position = cursor.position;
  const uint64_t stop = std::min(end, written_);
  if (position < stop && position >= memory_begin_) {
    // The last piece that begins at or before the position.
    auto piece = std::ranges::upper_bound(pieces_, position, {}, &Piece::begin);
    --piece;
    const uint64_t offset = position - piece->begin;
    return {.kind = Chunk::Kind::kBytes,
            .bytes = piece->bytes.Slice(offset, std::min(stop - position, kChunk)),
            .message = {},
            .file = nullptr};
  }
  if (position < stop) {
    if (position < file_end_) {
      return {.kind = Chunk::Kind::kFile,
              .bytes = {},
              .message = {},
              .file = file_,
              .file_end = std::min({file_end_, stop, position + kChunk})};
    }
    return {.kind = Chunk::Kind::kError,
            .bytes = {},
            .message = "The beginning of the response is not kept.",
            .file = nullptr};
  }
  if (position >= end || state_ == State::kComplete) return {};
  if (state_ == State::kFailed) return {.kind = Chunk::Kind::kError, .bytes = {}, .message = message_, .file = nullptr};
  waiters_.push_back({executor, std::move(task)});
  return {.kind = Chunk::Kind::kLater, .bytes = {}, .message = {}, .file = nullptr};
}

void Body::Join(Cursor& cursor) {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kWriting || cursor.linked) return;
  cursor.linked = true;
  cursor.next = cursors_;
  if (cursors_) cursors_->previous = &cursor;
  cursors_ = &cursor;
}

void Body::Move(Cursor& cursor, uint64_t position) {
  // Linked and unlinked by its reader only: nobody else looks at one that is not.
  if (!cursor.linked) {
    cursor.position = position;
    return;
  }
  const std::lock_guard lock(mutex_);
  cursor.position = position;
  if (!kept_) Trim();
}

void Body::Leave(Cursor& cursor) {
  if (!cursor.linked) return;
  const std::lock_guard lock(mutex_);
  cursor.linked = false;
  (cursor.previous ? cursor.previous->next : cursors_) = cursor.next;
  if (cursor.next) cursor.next->previous = cursor.previous;
  cursor.previous = cursor.next = nullptr;
  if (!kept_) Trim();
}

void Body::Wake() {
  for (Waiter& waiter : waiters_) waiter.executor->Post(std::move(waiter.task));
  waiters_.clear();
}

void Body::DropBefore(uint64_t position) {
  while (!pieces_.empty() && pieces_.front().begin + pieces_.front().bytes.size() <= position) {
    memory_begin_ = pieces_.front().begin + pieces_.front().bytes.size();
    pieces_.pop_front();
  }
}

void Body::Trim() {
  uint64_t slowest = written_;
  for (const Cursor* cursor = cursors_; cursor; cursor = cursor->next) slowest = std::min(slowest, cursor->position);
  DropBefore(slowest);
  if (writer_ && (InMemory() <= kWindow / 2 || state_ != State::kWriting)) {
    writer_->executor->Post(std::move(writer_->task));
    writer_.reset();
  }
}

}  // namespace verge::cache
