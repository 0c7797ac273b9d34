#include "http/bytes.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace verge::http {

namespace {

// A block and its bytes in one allocation.
class InlineBlock final : public Bytes::Block {
 public:
  static InlineBlock* Create(const uint8_t* data, size_t size) {
    void* memory = ::operator new(sizeof(InlineBlock) + size);
    auto* block = new (memory) InlineBlock;
    std::memcpy(block->data(), data, size);
    return block;
  }

  // The allocation is larger than the class: the size that the compiler would pass is wrong.
  static void operator delete(void* memory) { ::operator delete(memory); }

  uint8_t* data() { return reinterpret_cast<uint8_t*>(this + 1); }

 private:
  static void* operator new(size_t, void* memory) { return memory; }
  InlineBlock() = default;
};

class StringBlock final : public Bytes::Block {
 public:
  explicit StringBlock(std::string data) : data_(std::move(data)) {}
  [[nodiscard]] const std::string& data() const { return data_; }

 private:
  std::string data_;
};

const uint8_t* AsBytes(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

}  // namespace

Bytes::Bytes(Block* block, const uint8_t* data, size_t size) : block_(block), data_(data), size_(size) {
  if (block_) block_->references_.fetch_add(1, std::memory_order_relaxed);
}

Bytes::Bytes(const Bytes& other) : Bytes(other.block_, other.data_, other.size_) {}

Bytes::Bytes(Bytes&& other) noexcept
    : block_(std::exchange(other.block_, nullptr)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

Bytes& Bytes::operator=(Bytes other) noexcept {
  std::swap(block_, other.block_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Bytes::~Bytes() {
  // acq_rel: what other owners read happened before the memory is given back.
  if (block_ && block_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete block_;
}

Bytes Bytes::Copy(std::span<const uint8_t> data) {
  if (data.empty()) return {};
  InlineBlock* block = InlineBlock::Create(data.data(), data.size());
  return {block, block->data(), data.size()};
}

Bytes Bytes::Copy(std::string_view data) { return Copy(std::span(AsBytes(data), data.size())); }

Bytes Bytes::Take(std::string data) {
  if (data.empty()) return {};
  auto* block = new StringBlock(std::move(data));
  return {block, AsBytes(block->data()), block->data().size()};
}

Bytes Bytes::Static(std::string_view data) { return {nullptr, AsBytes(data), data.size()}; }

Bytes Bytes::FromBlock(std::unique_ptr<Block> block, std::span<const uint8_t> data) {
  return {block.release(), data.data(), data.size()};
}

Bytes Bytes::Slice(size_t offset, size_t count) const {
  offset = std::min(offset, size_);
  return {block_, data_ + offset, std::min(count, size_ - offset)};
}

}  // namespace verge::http
