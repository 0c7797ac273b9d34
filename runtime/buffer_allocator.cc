#include "runtime/buffer_allocator.h"

#include <utility>

namespace verge::runtime {
namespace {

// V8's Heap::AllocateExternalBackingStore tries once, twice more after a collection of the old generation, and for the
// last time after one of everything.
constexpr int kTries = 4;

}  // namespace

BufferAllocator::BufferAllocator(size_t limit_bytes, std::function<void(size_t wanted)> on_exhausted)
    : limit_bytes_(limit_bytes),
      on_exhausted_(std::move(on_exhausted)),
      memory_(v8::ArrayBuffer::Allocator::NewDefaultAllocator()) {}

bool BufferAllocator::Reserve(size_t length) {
  if (length > limit_bytes_) return false;
  size_t before = allocated_.fetch_add(length, std::memory_order_relaxed);
  if (before <= limit_bytes_ - length) [[likely]] {
    refusals_ = 0;
    return true;
  }
  allocated_.fetch_sub(length, std::memory_order_relaxed);
  refusals_ = length == refused_length_ ? refusals_ + 1 : 1;
  refused_length_ = length;
  if (refusals_ >= kTries) {
    refusals_ = 0;
    on_exhausted_(length);
  }
  return false;
}

bool BufferAllocator::Charge(int64_t change) {
  const size_t total =
      allocated_.fetch_add(static_cast<size_t>(change), std::memory_order_relaxed) + static_cast<size_t>(change);
  return total <= limit_bytes_;
}

void* BufferAllocator::Allocate(size_t length) {
  if (!Reserve(length)) return nullptr;
  void* data = memory_->Allocate(length);
  if (!data) allocated_.fetch_sub(length, std::memory_order_relaxed);
  return data;
}

void* BufferAllocator::AllocateUninitialized(size_t length) {
  if (!Reserve(length)) return nullptr;
  void* data = memory_->AllocateUninitialized(length);
  if (!data) allocated_.fetch_sub(length, std::memory_order_relaxed);
  return data;
}

void BufferAllocator::Free(void* data, size_t length) {
  memory_->Free(data, length);
  allocated_.fetch_sub(length, std::memory_order_relaxed);
}

}  // namespace verge::runtime
