#include "http/read_buffer.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace verge::http {
namespace {

constexpr size_t kBlockSize = 64 * 1024;
// A block with less room than this is left to those who hold parts of it.
constexpr size_t kMinRead = 32 * 1024;
constexpr size_t kMinShared = 16 * 1024;

class ReadBlock final : public Bytes::Block {
 public:
  std::array<uint8_t, kBlockSize> data;
};

}  // namespace

std::span<uint8_t> ReadBuffer::Next() {
  if (block_.unique()) {
    offset_ = 0;
  } else if (block_.size() - offset_ < kMinRead) {
    auto block = std::make_unique_for_overwrite<ReadBlock>();
    const std::span<uint8_t> data(block->data);
    block_ = Bytes::FromBlock(std::move(block), data);
    offset_ = 0;
  }
  // The only writer: nobody else holds this part.
  return {const_cast<uint8_t*>(block_.data()) + offset_, block_.size() - offset_};
}

Bytes ReadBuffer::Share(std::span<const uint8_t> part) {
  const bool is_ours = part.data() >= block_.data() && part.data() + part.size() <= block_.data() + block_.size();
  if (part.size() < kMinShared || !is_ours) return Bytes::Copy(part);
  const auto offset = static_cast<size_t>(part.data() - block_.data());
  offset_ = std::max(offset_, offset + part.size());
  return block_.Slice(offset, part.size());
}

}  // namespace verge::http
