// The bytes of a stored object: pieces in memory, growing until they are complete. One writer, any number of readers on
// other threads.
#ifndef CACHE_BODY_H_
#define CACHE_BODY_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cache/executor.h"
#include "http/bytes.h"

namespace verge::cache {

class Body {
 public:
  explicit Body(std::optional<uint64_t> announced) : announced_(announced) {}
  explicit Body(http::Bytes whole) : written_(whole.size()), state_(State::kComplete) {
    if (!whole.empty()) pieces_.push_back(std::move(whole));
  }

  [[nodiscard]] std::optional<uint64_t> size() const {
    const std::lock_guard lock(mutex_);
    if (state_ == State::kComplete) return written_;
    return announced_;
  }
  [[nodiscard]] bool complete() const {
    const std::lock_guard lock(mutex_);
    return state_ == State::kComplete;
  }
  [[nodiscard]] bool failed() const {
    const std::lock_guard lock(mutex_);
    return state_ == State::kFailed;
  }
  [[nodiscard]] std::optional<http::Bytes> Whole() const {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kComplete || pieces_.size() > 1) return std::nullopt;
    return pieces_.empty() ? http::Bytes() : pieces_[0];
  }
  [[nodiscard]] uint64_t written() const {
    const std::lock_guard lock(mutex_);
    return written_;
  }

  void Append(http::Bytes piece) {
    const std::lock_guard lock(mutex_);
    written_ += piece.size();
    if (!piece.empty()) pieces_.push_back(std::move(piece));
    Wake();
  }
  void Complete() {
    const std::lock_guard lock(mutex_);
    state_ = State::kComplete;
    constexpr uint64_t kJoined = uint64_t{1} << 20;  // one piece is what a hit is fastest with
    if (pieces_.size() > 1 && written_ <= kJoined) {
      std::string all;
      all.reserve(written_);
      for (const http::Bytes& piece : pieces_) all.append(piece.view());
      pieces_.assign(1, http::Bytes::Take(std::move(all)));
    }
    Wake();
  }
  void Fail(std::string_view message) {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kWriting) return;
    state_ = State::kFailed;
    message_ = message;
    Wake();
  }

  struct Chunk {
    enum class Kind : uint8_t { kBytes, kLater, kEnd, kError } kind = Kind::kEnd;
    http::Bytes bytes;
    std::string message;
  };
  // The next bytes of [position, end), or a note that `task` is posted when there are some.
  Chunk Read(uint64_t position, uint64_t end, const std::shared_ptr<Executor>& executor,
             std::move_only_function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (position >= end) return {};
    uint64_t begin = 0;
    for (const http::Bytes& piece : pieces_) {
      if (position < begin + piece.size()) {
        return {Chunk::Kind::kBytes, piece.Slice(position - begin, std::min(end - position, kChunk)), {}};
      }
      begin += piece.size();
    }
    if (state_ == State::kComplete) return {};
    if (state_ == State::kFailed) return {Chunk::Kind::kError, {}, message_};
    waiters_.push_back({executor, std::move(task)});
    return {Chunk::Kind::kLater, {}, {}};
  }

 private:
  static constexpr uint64_t kChunk = uint64_t{256} << 10;
  enum class State : uint8_t { kWriting, kComplete, kFailed };
  struct Waiter {
    std::shared_ptr<Executor> executor;
    Task task;
  };
  void Wake() {
    for (Waiter& waiter : waiters_) waiter.executor->Post(std::move(waiter.task));
    waiters_.clear();
  }

  mutable std::mutex mutex_;
  std::optional<uint64_t> announced_;
  uint64_t written_ = 0;
  State state_ = State::kWriting;
  std::vector<http::Bytes> pieces_;
  std::vector<Waiter> waiters_;
  std::string message_;
};

}  // namespace verge::cache

#endif  // CACHE_BODY_H_
