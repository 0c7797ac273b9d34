// Memory of ArrayBuffers, counted: it lies outside V8's heap, whose limit does not see it.
#ifndef RUNTIME_BUFFER_ALLOCATOR_H_
#define RUNTIME_BUFFER_ALLOCATOR_H_

#include <v8.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace verge::runtime {

// Refuses what would go beyond its limit. V8 answers a refusal with a collection and another try, so that garbage does
// not count; when it has given up, JavaScript gets a RangeError. A buffer that no collection could make room for is the
// program's mistake and no more; that the buffers alive leave no room is what `on_exhausted` is told, with the bytes
// that were wanted.
class BufferAllocator final : public v8::ArrayBuffer::Allocator {
 public:
  BufferAllocator(size_t limit_bytes, std::function<void(size_t wanted)> on_exhausted);

  // On the isolate's thread.
  void* Allocate(size_t length) override;
  void* AllocateUninitialized(size_t length) override;
  // Any thread: V8 sweeps in the background.
  void Free(void* data, size_t length) override;

  // Counts memory that others hold for JavaScript. False: there is now more than the limit allows.
  bool Charge(int64_t change);

  [[nodiscard]] size_t allocated_bytes() const { return allocated_.load(std::memory_order_relaxed); }

 private:
  bool Reserve(size_t length);

  const size_t limit_bytes_;
  const std::function<void(size_t wanted)> on_exhausted_;
  const std::unique_ptr<v8::ArrayBuffer::Allocator> memory_;
  std::atomic<size_t> allocated_{0};
  // Refusals in a row of one and the same length.
  size_t refused_length_ = 0;
  int refusals_ = 0;
};

}  // namespace verge::runtime

#endif  // RUNTIME_BUFFER_ALLOCATOR_H_
