// Long immutable byte sequences made of shared pieces: what a Blob holds, and a multipart body. No V8.
#ifndef BINDINGS_BLOB_ROPE_H_
#define BINDINGS_BLOB_ROPE_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/body.h"
#include "http/bytes.h"
#include "http/ref_counted.h"

namespace verge::bindings {

// Counts the memory behind ropes, exactly once however often it is shared. Pieces may outlive whoever made them (on
// their way to a socket), so they share the account.
struct RopeAccount {
  std::atomic<int64_t> bytes{0};
};

class RopeBuilder;

// The pieces of one sequence. Immutable; on one thread, though the pieces may go to others.
class Rope final : public http::RefCounted {
 public:
  ~Rope() override;

  [[nodiscard]] uint64_t size() const { return ends_.empty() ? 0 : ends_.back(); }
  [[nodiscard]] size_t piece_count() const { return pieces_.size(); }

  // What is at `offset`, as long as it is in one piece and at most `limit` bytes; empty at the end. Shares the memory.
  [[nodiscard]] http::Bytes At(uint64_t offset, size_t limit = SIZE_MAX) const;

  // Calls `each(http::Bytes)` with [offset, offset + count), piece by piece. The range is inside the rope.
  template <typename F>
  void ForEach(uint64_t offset, uint64_t count, F each) const {
    if (count == 0) return;
    size_t piece = PieceAt(offset);
    uint64_t begin = piece == 0 ? 0 : ends_[piece - 1];
    for (; count > 0; ++piece) {
      http::Bytes bytes = pieces_[piece].Slice(offset - begin, count);
      offset += bytes.size();
      count -= bytes.size();
      begin = ends_[piece];
      each(std::move(bytes));
    }
  }

  // Copies [offset, offset + count) to `out`.
  void CopyTo(uint64_t offset, uint64_t count, uint8_t* out) const;

 private:
  friend class RopeBuilder;
  Rope(std::vector<http::Bytes> pieces, std::vector<uint64_t> ends, std::shared_ptr<RopeAccount> account);

  // The piece that has the byte at `offset`.
  [[nodiscard]] size_t PieceAt(uint64_t offset) const {
    return static_cast<size_t>(std::upper_bound(ends_.begin(), ends_.end(), offset) - ends_.begin());
  }

  std::vector<http::Bytes> pieces_;
  std::vector<uint64_t> ends_;  // offset behind each piece
  std::shared_ptr<RopeAccount> account_;
};

// A part of a rope, in constant space. Cheap to copy.
struct RopeSlice {
  http::Ref<Rope> rope;  // null: empty
  uint64_t offset = 0;
  uint64_t size = 0;

  // The part [begin, end) of this one, begin <= end <= size.
  [[nodiscard]] RopeSlice Slice(uint64_t begin, uint64_t end) const { return {rope, offset + begin, end - begin}; }
  // As one string. The caller sees to it that there is memory for it.
  [[nodiscard]] std::string ToString() const;
};

class RopeBuilder {
 public:
  // More pieces than real content can have: smaller ones are copied together. What shares the same pieces again and
  // again would grow without using memory for bytes.
  static constexpr size_t kMaxPieces = 1 << 16;

  explicit RopeBuilder(std::shared_ptr<RopeAccount> account) : account_(std::move(account)) {}

  // Copies.
  void Append(std::string_view text);
  void Append(std::span<const uint8_t> bytes) { Append({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); }
  // Takes the string's memory over if it is worth that.
  void Take(std::string text);
  // Shares what is long, copies what is short.
  void Append(const RopeSlice& slice);

  // Bytes so far.
  [[nodiscard]] uint64_t size() const { return (ends_.empty() ? 0 : ends_.back()) + tail_.size(); }
  // Of these, in memory that is new.
  [[nodiscard]] uint64_t copied() const { return copied_; }
  // False: it has too many pieces, or more bytes than can be counted.
  [[nodiscard]] bool ok() const { return !overflow_; }

  // The builder is empty afterwards.
  RopeSlice Finish();

 private:
  void AddPiece(http::Bytes piece);
  void FlushTail();

  std::shared_ptr<RopeAccount> account_;
  std::vector<http::Bytes> pieces_;
  std::vector<uint64_t> ends_;
  std::string tail_;  // small parts, copied together
  uint64_t copied_ = 0;
  bool overflow_ = false;
};

// A rope as a body: chunks share its memory.
class RopeSource final : public http::BodySource {
 public:
  explicit RopeSource(RopeSlice slice) : slice_(std::move(slice)), size_(slice_.size) {}

  void Pull(http::BodySink* sink) override;
  void Cancel() override { slice_ = {}; }
  [[nodiscard]] std::optional<uint64_t> length() const override { return size_; }

 private:
  RopeSlice slice_;  // what is left
  const uint64_t size_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_BLOB_ROPE_H_
