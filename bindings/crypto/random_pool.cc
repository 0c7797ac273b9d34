#include "bindings/crypto/random_pool.h"

#include <string.h>
#include <sys/random.h>

#include <cerrno>

namespace verge::bindings {
namespace {

bool FromKernel(std::span<uint8_t> out) {
  while (!out.empty()) {
    // May be interrupted or return less when more than 256 bytes are asked for.
    ssize_t size = ::getrandom(out.data(), out.size(), 0);
    if (size < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    out = out.subspan(static_cast<size_t>(size));
  }
  return true;
}

}  // namespace

RandomPool::~RandomPool() { ::explicit_bzero(bytes_.data(), bytes_.size()); }

bool RandomPool::Fill(std::span<uint8_t> out) {
  if (out.empty()) return true;
  if (out.size() > kSize / 4) return FromKernel(out);
  if (out.size() > kSize - used_) {
    used_ = kSize;
    if (!FromKernel(bytes_)) return false;
    used_ = 0;
  }
  ::memcpy(out.data(), bytes_.data() + used_, out.size());
  ::explicit_bzero(bytes_.data() + used_, out.size());
  used_ += out.size();
  return true;
}

}  // namespace verge::bindings
