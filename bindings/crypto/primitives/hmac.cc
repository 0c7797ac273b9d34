#include "bindings/crypto/primitives/hmac.h"

#include <algorithm>
#include <array>

namespace verge::crypto {

HmacKey::HmacKey(Hash hash, Bytes key) : hash_(hash) {
  std::array<uint8_t, 128> pad{};
  const size_t block = BlockSize(hash);
  if (key.size() > block) {
    std::optional<DigestValue> digest = Digest(hash, key);
    if (!digest) return;
    std::ranges::copy(digest->bytes(), pad.begin());
  } else {
    std::ranges::copy(key, pad.begin());
  }
  auto start = [&](uint8_t with) {
    for (size_t i = 0; i < block; ++i) pad[i] ^= with;
    MdCtxPtr context(EVP_MD_CTX_new());
    if (!context || EVP_DigestInit_ex2(context.get(), Md(hash), nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), pad.data(), block) != 1) {
      context.reset();
    }
    return context;
  };
  inner_ = start(0x36);
  outer_ = start(0x36 ^ 0x5c);
  OPENSSL_cleanse(pad.data(), pad.size());
}

bool HmacKey::Compute(Bytes message, Bytes more, uint8_t* out) const {
  EVP_MD_CTX* work = ThreadContext(hash_);
  unsigned size = 0;
  return work && EVP_MD_CTX_copy_ex(work, inner_.get()) == 1 &&
         EVP_DigestUpdate(work, message.data(), message.size()) == 1 &&
         (more.empty() || EVP_DigestUpdate(work, more.data(), more.size()) == 1) &&
         EVP_DigestFinal_ex(work, out, &size) == 1 && EVP_MD_CTX_copy_ex(work, outer_.get()) == 1 &&
         EVP_DigestUpdate(work, out, size) == 1 && EVP_DigestFinal_ex(work, out, &size) == 1;
}

}  // namespace verge::crypto
