// Immutable, reference-counted bytes: what bodies are made of, from a socket's read to a cache to a socket's write.
#ifndef HTTP_BYTES_H_
#define HTTP_BYTES_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace verge::http {

// A slice of a shared block. Copying one copies a pointer and counts up; any thread may hold one, nobody may write to
// what is behind it once a second owner exists.
class Bytes {
 public:
  // What keeps the memory alive; derived classes own it in their way (a vector, a V8 backing store, a mapped file).
  class Block {
   public:
    virtual ~Block() = default;

   private:
    friend class Bytes;
    std::atomic<uint32_t> references_{0};
  };

  Bytes() = default;
  Bytes(const Bytes& other);
  Bytes(Bytes&& other) noexcept;
  Bytes& operator=(Bytes other) noexcept;
  ~Bytes();

  // A copy of `data` in a block of its own.
  static Bytes Copy(std::string_view data);
  static Bytes Copy(std::span<const uint8_t> data);

  // Takes the string's memory over.
  static Bytes Take(std::string data);

  // For data that outlives every owner, such as literals.
  static Bytes Static(std::string_view data);

  // `data` points into what `block` owns.
  static Bytes FromBlock(std::unique_ptr<Block> block, std::span<const uint8_t> data);

  // The part [offset, offset + count), clipped to what there is; shares the block.
  [[nodiscard]] Bytes Slice(size_t offset, size_t count = SIZE_MAX) const;

  // Whether no other Bytes shares the block. Static data has no owner at all: false.
  [[nodiscard]] bool unique() const { return block_ && block_->references_.load(std::memory_order_acquire) == 1; }

  [[nodiscard]] const uint8_t* data() const { return data_; }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::span<const uint8_t> span() const { return {data_, size_}; }
  [[nodiscard]] std::string_view view() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  Bytes(Block* block, const uint8_t* data, size_t size);

  Block* block_ = nullptr;  // null: static data
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace verge::http

#endif  // HTTP_BYTES_H_
