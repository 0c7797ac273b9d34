// Memory of a C library's stream, counted: what a codec holds depends on what it has seen.
#ifndef HTTP_COUNTED_MEMORY_H_
#define HTTP_COUNTED_MEMORY_H_

#include <cstddef>
#include <cstdlib>

namespace verge::http {

// Handed to the library with `opaque` pointing to a CountedMemory, which has to outlive the stream.
class CountedMemory {
 public:
  static void* Allocate(void* opaque, size_t size) {
    auto* block = static_cast<Header*>(std::malloc(sizeof(Header) + size));
    if (!block) return nullptr;
    block->size = size;
    static_cast<CountedMemory*>(opaque)->bytes_ += size;
    return block + 1;
  }
  static void Free(void* opaque, void* address) {
    if (!address) return;
    Header* block = static_cast<Header*>(address) - 1;
    static_cast<CountedMemory*>(opaque)->bytes_ -= block->size;
    std::free(block);
  }

  [[nodiscard]] size_t bytes() const { return bytes_; }

 private:
  struct alignas(std::max_align_t) Header {
    size_t size;
  };

  size_t bytes_ = 0;
};

}  // namespace verge::http

#endif  // HTTP_COUNTED_MEMORY_H_
