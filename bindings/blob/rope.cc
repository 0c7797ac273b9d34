#include "bindings/blob/rope.h"

#include <cstring>
#include <utility>

namespace verge::bindings {
namespace {

// Parts below this size are copied together.
constexpr size_t kSmall = 4096;
// The largest piece that small parts grow to.
constexpr size_t kTailLimit = 64 * 1024;
// Sizes beyond what JavaScript can count exactly are refused.
constexpr uint64_t kMaxSize = (uint64_t{1} << 53) - 1;

constexpr int64_t kPieceBytes = sizeof(http::Bytes) + sizeof(uint64_t);

class AccountedBlock final : public http::Bytes::Block {
 public:
  AccountedBlock(std::string data, std::shared_ptr<RopeAccount> account)
      : data_(std::move(data)), account_(std::move(account)) {
    account_->bytes.fetch_add(static_cast<int64_t>(data_.capacity()), std::memory_order_relaxed);
  }
  ~AccountedBlock() override {
    account_->bytes.fetch_sub(static_cast<int64_t>(data_.capacity()), std::memory_order_relaxed);
  }
  [[nodiscard]] std::span<const uint8_t> span() const {
    return {reinterpret_cast<const uint8_t*>(data_.data()), data_.size()};
  }

 private:
  const std::string data_;
  const std::shared_ptr<RopeAccount> account_;
};

http::Bytes MakeBytes(std::string data, const std::shared_ptr<RopeAccount>& account) {
  auto block = std::make_unique<AccountedBlock>(std::move(data), account);
  std::span<const uint8_t> span = block->span();
  return http::Bytes::FromBlock(std::move(block), span);
}

}  // namespace

Rope::Rope(std::vector<http::Bytes> pieces, std::vector<uint64_t> ends, std::shared_ptr<RopeAccount> account)
    : pieces_(std::move(pieces)), ends_(std::move(ends)), account_(std::move(account)) {
  account_->bytes.fetch_add(kPieceBytes * static_cast<int64_t>(pieces_.size()), std::memory_order_relaxed);
}

Rope::~Rope() {
  account_->bytes.fetch_sub(kPieceBytes * static_cast<int64_t>(pieces_.size()), std::memory_order_relaxed);
}

http::Bytes Rope::At(uint64_t offset, size_t limit) const {
  if (offset >= size()) return {};
  size_t piece = PieceAt(offset);
  return pieces_[piece].Slice(offset - (piece == 0 ? 0 : ends_[piece - 1]), limit);
}

void Rope::CopyTo(uint64_t offset, uint64_t count, uint8_t* out) const {
  ForEach(offset, count, [&out](const http::Bytes& bytes) {
    std::memcpy(out, bytes.data(), bytes.size());
    out += bytes.size();
  });
}

std::string RopeSlice::ToString() const {
  std::string text;
  if (size == 0) return text;
  text.resize_and_overwrite(size, [this](char* out, size_t count) {
    rope->CopyTo(offset, count, reinterpret_cast<uint8_t*>(out));
    return count;
  });
  return text;
}

void RopeBuilder::AddPiece(http::Bytes piece) {
  if (piece.empty() || overflow_) return;
  uint64_t end = (ends_.empty() ? 0 : ends_.back()) + piece.size();
  if (pieces_.size() >= kMaxPieces || end > kMaxSize) {
    overflow_ = true;
    return;
  }
  pieces_.push_back(std::move(piece));
  ends_.push_back(end);
}

void RopeBuilder::FlushTail() {
  if (tail_.empty()) return;
  tail_.shrink_to_fit();
  AddPiece(MakeBytes(std::exchange(tail_, {}), account_));
}

void RopeBuilder::Append(std::string_view text) {
  if (overflow_ || text.empty()) return;
  copied_ += text.size();
  if (text.size() < kSmall || tail_.size() + text.size() <= kSmall) {
    if (tail_.size() + text.size() > kTailLimit) FlushTail();
    tail_ += text;
    return;
  }
  FlushTail();
  AddPiece(MakeBytes(std::string(text), account_));
}

void RopeBuilder::Take(std::string text) {
  if (text.size() < kSmall) {
    Append(text);
    return;
  }
  if (overflow_) return;
  copied_ += text.size();
  FlushTail();
  if (text.capacity() > text.size() + text.size() / 4) text.shrink_to_fit();
  AddPiece(MakeBytes(std::move(text), account_));
}

void RopeBuilder::Append(const RopeSlice& slice) {
  if (slice.size == 0) return;
  slice.rope->ForEach(slice.offset, slice.size, [this](http::Bytes bytes) {
    if (overflow_) return;
    if (bytes.size() < kSmall) {
      Append(bytes.view());
      return;
    }
    FlushTail();
    AddPiece(std::move(bytes));
  });
}

RopeSlice RopeBuilder::Finish() {
  FlushTail();
  RopeSlice slice;
  if (!pieces_.empty()) {
    pieces_.shrink_to_fit();
    ends_.shrink_to_fit();
    slice.size = ends_.back();
    slice.rope = http::Ref<Rope>(new Rope(std::exchange(pieces_, {}), std::exchange(ends_, {}), account_));
  }
  copied_ = 0;
  overflow_ = false;
  return slice;
}

void RopeSource::Pull(http::BodySink* sink) {
  // A sink may let go of its source when it is told something.
  http::Ref<RopeSource> keep(this);
  if (slice_.size == 0) {
    slice_ = {};
    sink->OnEnd();
    return;
  }
  http::Bytes chunk = slice_.rope->At(slice_.offset, slice_.size);
  slice_.offset += chunk.size();
  slice_.size -= chunk.size();
  sink->OnChunk(std::move(chunk));
}

}  // namespace verge::bindings
