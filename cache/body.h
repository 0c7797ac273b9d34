// The bytes of a stored object: pieces in memory, a file, or (while it is written) the beginning in a file and the rest
// in memory. One writer, any number of readers on other threads.
//
// A body that turns out not to be storable after all (too large, the disk is full) goes on for those who read it: then
// only what somebody still has to read is kept, and the writer waits for the slowest reader.
#ifndef CACHE_BODY_H_
#define CACHE_BODY_H_

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/executor.h"
#include "http/bytes.h"

namespace verge::cache {

// The part of a body that is in a file. Thread-safe.
class BodyFile {
 public:
  // Some of the bytes, at least one; or what went wrong, in words for whoever reads the body.
  using ReadDone = std::move_only_function<void(std::expected<http::Bytes, std::string>)>;

  virtual ~BodyFile() = default;

  // Reads from `position` on, not beyond `end`. `done` is posted to `executor`.
  virtual void Read(uint64_t position, uint64_t end, std::shared_ptr<Executor> executor, ReadDone done) = 0;
};

// Thread-safe.
class Body {
 public:
  // Where a reader stands; the body has a list of them while it is written. Unlinked (Body::Leave) before it is gone.
  struct Cursor {
    uint64_t position = 0;
    bool linked = false;
    Cursor* previous = nullptr;
    Cursor* next = nullptr;
  };

  // To be written.
  explicit Body(std::optional<uint64_t> announced) : announced_(announced) {}
  // All there.
  explicit Body(http::Bytes whole);
  Body(std::shared_ptr<BodyFile> file, uint64_t size);

  // Known when it is complete or was announced.
  [[nodiscard]] std::optional<uint64_t> size() const;
  [[nodiscard]] uint64_t written() const;
  [[nodiscard]] bool complete() const;
  [[nodiscard]] bool failed() const;
  // Whether somebody who begins now gets all of it (unless the writer fails).
  [[nodiscard]] bool replayable() const;
  // All of it, when that is one piece in memory.
  [[nodiscard]] std::optional<http::Bytes> Whole() const;

  // ---- The writer's part.

  enum class Demand : uint8_t {
    kMore,  // go on
    kWait,  // a reader is behind: WhenRead tells when it has caught up
    kNone,  // it is not kept, and nobody reads it
  };
  Demand Append(http::Bytes piece);
  void Complete();
  void Fail(std::string_view message);
  // [0, end) can be read from `file`: it leaves the memory.
  void MoveToFile(const std::shared_ptr<BodyFile>& file, uint64_t end);
  // It will not be stored.
  void StopKeeping();
  // After kWait, once.
  void WhenRead(std::shared_ptr<Executor> executor, Task task);

  // ---- The readers' part.

  struct Chunk {
    enum class Kind : uint8_t { kBytes, kLater, kFile, kEnd, kError } kind = Kind::kEnd;
    http::Bytes bytes;
    std::string message;             // of kError
    std::shared_ptr<BodyFile> file;  // of kFile: has what is next, up to `file_end`
    uint64_t file_end = 0;
  };
  // The next bytes of [cursor.position, end), or a note that `task` is posted when there are some.
  Chunk Read(const Cursor& cursor, uint64_t end, const std::shared_ptr<Executor>& executor, Task task);
  void Join(Cursor& cursor);
  void Move(Cursor& cursor, uint64_t position);
  void Leave(Cursor& cursor);

 private:
  static constexpr uint64_t kChunk = uint64_t{256} << 10;
  // Of a body that is not kept: how far the writer may be ahead of the slowest reader.
  static constexpr uint64_t kWindow = uint64_t{1} << 20;

  enum class State : uint8_t { kWriting, kComplete, kFailed };
  struct Piece {
    uint64_t begin = 0;
    http::Bytes bytes;
  };
  struct Waiter {
    std::shared_ptr<Executor> executor;
    Task task;
  };

  // All under the mutex.
  void Wake();
  void DropBefore(uint64_t position);
  void Trim();
  [[nodiscard]] uint64_t InMemory() const { return written_ - memory_begin_; }

  mutable std::mutex mutex_;
  std::optional<uint64_t> announced_;
  uint64_t written_ = 0;
  State state_ = State::kWriting;
  bool kept_ = true;
  std::deque<Piece> pieces_;   // [memory_begin_, written_)
  uint64_t memory_begin_ = 0;  // what is before is in the file up to `file_end_`, or gone
  std::shared_ptr<BodyFile> file_;
  uint64_t file_end_ = 0;
  Cursor* cursors_ = nullptr;
  std::vector<Waiter> waiters_;
  std::optional<Waiter> writer_;  // waits for the readers
  std::string message_;
};

}  // namespace verge::cache

#endif  // CACHE_BODY_H_
