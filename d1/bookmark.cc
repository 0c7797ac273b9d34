#include "d1/bookmark.h"

#include <algorithm>
#include <chrono>
#include <format>

namespace verge::d1 {
namespace {

uint64_t Now() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

}  // namespace

std::string FormatBookmark(uint64_t microseconds) {
  return std::format("{:08x}-{:08x}-{:08x}-{:032x}", microseconds >> 32, microseconds & 0xffffffffU, 0, 0);
}

BookmarkClock::BookmarkClock() : last_(Now()) {}

void BookmarkClock::Advance() {
  uint64_t seen = last_.load(std::memory_order_relaxed);
  while (!last_.compare_exchange_weak(seen, std::max(seen + 1, Now()), std::memory_order_acq_rel)) {
  }
}

}  // namespace verge::d1
