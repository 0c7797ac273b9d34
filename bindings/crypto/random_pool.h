// Random bytes from the kernel, a system call for many small requests.
#ifndef BINDINGS_CRYPTO_RANDOM_POOL_H_
#define BINDINGS_CRYPTO_RANDOM_POOL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace verge::bindings {

// Bytes are handed out once and wiped. Not thread-safe. The process must not fork while one is in use.
class RandomPool {
 public:
  RandomPool() = default;
  ~RandomPool();
  RandomPool(const RandomPool&) = delete;
  RandomPool& operator=(const RandomPool&) = delete;

  // Fills `out` with bytes fit for keys. False: the kernel gives none.
  [[nodiscard]] bool Fill(std::span<uint8_t> out);

 private:
  static constexpr size_t kSize = 1024;

  std::array<uint8_t, kSize> bytes_;
  size_t used_ = kSize;
};

}  // namespace verge::bindings

#endif  // BINDINGS_CRYPTO_RANDOM_POOL_H_
