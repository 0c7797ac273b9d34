#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "bindings/crypto/primitives/symmetric.h"

namespace verge::crypto {
namespace {

constexpr size_t kBlock = 16;
// OpenSSL's, in bytes.
constexpr size_t kMaxGcmIv = 128;
constexpr size_t kMaxInput = std::numeric_limits<int>::max() - 64;

enum class Mode : uint8_t { kCtr, kCbc, kGcm, kWrap };

// Fetched once for the process, never freed.
const EVP_CIPHER* Cipher(Mode mode, size_t key_size) {
  static constexpr const char* kNames[4][3] = {{"AES-128-CTR", "AES-192-CTR", "AES-256-CTR"},
                                               {"AES-128-CBC", "AES-192-CBC", "AES-256-CBC"},
                                               {"AES-128-GCM", "AES-192-GCM", "AES-256-GCM"},
                                               {"AES-128-WRAP", "AES-192-WRAP", "AES-256-WRAP"}};
  using Table = std::array<std::array<EVP_CIPHER*, 3>, 4>;
  static const Table* fetched = [] {
    auto* all = new Table();
    for (size_t i = 0; i < 4; ++i) {
      for (size_t j = 0; j < 3; ++j) (*all)[i][j] = EVP_CIPHER_fetch(nullptr, kNames[i][j], nullptr);
    }
    return all;
  }();
  return (*fetched)[static_cast<size_t>(mode)][key_size / 8 - 2];
}

std::unexpected<Failure> EncryptionFailed() { return OperationError("Encryption failed."); }
std::unexpected<Failure> DecryptionFailed() { return OperationError("Decryption failed."); }

Outcome<SecretBytes> Cbc(const Params& params, const Key& key, Bytes data, bool encrypt) {
  if (params.iv.size() != kBlock) return OperationError("The \"iv\" of AES-CBC must have 16 bytes.");
  if (data.size() > kMaxInput) return OperationError("The data is too long.");
  CipherCtxPtr context(EVP_CIPHER_CTX_new());
  SecretBytes out(data.size() + kBlock);
  int size = 0;
  int rest = 0;
  if (!context ||
      EVP_CipherInit_ex2(context.get(), Cipher(Mode::kCbc, key.secret().size()), key.secret().data(), params.iv.data(),
                         encrypt ? 1 : 0, nullptr) != 1 ||
      EVP_CipherUpdate(context.get(), out.data(), &size, data.data(), static_cast<int>(data.size())) != 1 ||
      EVP_CipherFinal_ex(context.get(), out.data() + size, &rest) != 1) {
    return encrypt ? EncryptionFailed() : DecryptionFailed();
  }
  out.resize(static_cast<size_t>(size + rest));
  return out;
}

// The last `bits` bits of the block count, the others stay: OpenSSL counts in the whole block, so that the data is done
// in two parts when the counter comes around.
Outcome<SecretBytes> Ctr(const Params& params, const Key& key, Bytes data) {
  if (params.iv.size() != kBlock) return OperationError("The \"counter\" of AES-CTR must have 16 bytes.");
  uint32_t bits = params.length.value_or(0);
  if (bits == 0 || bits > 128) return OperationError("The \"length\" of AES-CTR must be from 1 to 128.");
  if (data.size() > kMaxInput) return OperationError("The data is too long.");
  uint64_t blocks = (data.size() + kBlock - 1) / kBlock;
  if (bits < 64 && blocks > uint64_t{1} << bits) {
    return OperationError("The data is longer than AES-CTR's counter can count.");
  }
  // How many blocks there are before the counter is zero again; no more than 2^31 matter.
  uint64_t until_zero = std::numeric_limits<uint64_t>::max();
  uint64_t high_ones = 0;  // whether all counting bits above the lowest 32 are ones
  uint32_t low = 0;
  for (size_t i = 12; i < kBlock; ++i) low = low << 8 | params.iv[i];
  if (bits <= 32) {
    uint64_t range = uint64_t{1} << bits;
    until_zero = range - (low & (range - 1));
  } else {
    high_ones = 1;
    for (uint32_t bit = 32; bit < bits; ++bit) high_ones &= params.iv[kBlock - 1 - bit / 8] >> (bit % 8) & 1;
    if (high_ones) until_zero = (uint64_t{1} << 32) - low;
  }

  CipherCtxPtr context(EVP_CIPHER_CTX_new());
  SecretBytes out(data.size());
  std::array<uint8_t, kBlock> counter;
  std::memcpy(counter.data(), params.iv.data(), kBlock);
  size_t done = 0;
  while (done < data.size() || done == 0) {
    size_t part = data.size() - done;
    if (done == 0 && blocks > until_zero) part = static_cast<size_t>(until_zero) * kBlock;
    int size = 0;
    if (!context ||
        EVP_EncryptInit_ex2(context.get(), Cipher(Mode::kCtr, key.secret().size()), key.secret().data(), counter.data(),
                            nullptr) != 1 ||
        (part > 0 &&
         EVP_EncryptUpdate(context.get(), out.data() + done, &size, data.data() + done, static_cast<int>(part)) != 1)) {
      return EncryptionFailed();
    }
    if (part == 0) break;
    done += part;
    for (uint32_t bit = 0; bit < bits; ++bit) {
      counter[kBlock - 1 - bit / 8] &= static_cast<uint8_t>(~(1U << (bit % 8)));
    }
  }
  return out;
}

bool IsGcmTagLength(uint32_t bits) {
  return bits == 32 || bits == 64 || bits == 96 || bits == 104 || bits == 112 || bits == 120 || bits == 128;
}

Outcome<SecretBytes> Gcm(const Params& params, const Key& key, Bytes data, bool encrypt) {
  uint32_t tag_bits = params.tag_length.value_or(128);
  if (!IsGcmTagLength(tag_bits)) {
    return OperationError("The \"tagLength\" of AES-GCM must be 32, 64, 96, 104, 112, 120 or 128.");
  }
  if (params.iv.empty() || params.iv.size() > kMaxGcmIv) {
    return OperationError("The \"iv\" of AES-GCM must have from 1 to 128 bytes.");
  }
  if (data.size() > kMaxInput || params.additional_data.size() > kMaxInput) {
    return OperationError("The data is too long.");
  }
  const size_t tag_size = tag_bits / 8;
  if (!encrypt && data.size() < tag_size) return OperationError("The data is shorter than AES-GCM's tag.");
  const size_t text_size = encrypt ? data.size() : data.size() - tag_size;
  SecretBytes out(encrypt ? text_size + tag_size : text_size);
  CipherCtxPtr context(EVP_CIPHER_CTX_new());
  int size = 0;
  bool ok =
      context &&
      EVP_CipherInit_ex2(context.get(), Cipher(Mode::kGcm, key.secret().size()), nullptr, nullptr, encrypt ? 1 : 0,
                         nullptr) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(params.iv.size()), nullptr) == 1 &&
      EVP_CipherInit_ex2(context.get(), nullptr, key.secret().data(), params.iv.data(), encrypt ? 1 : 0, nullptr) == 1;
  if (ok && !encrypt) {
    std::array<uint8_t, kBlock> tag;
    std::memcpy(tag.data(), data.data() + text_size, tag_size);
    ok = EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag_size), tag.data()) == 1;
  }
  if (ok && !params.additional_data.empty()) {
    ok = EVP_CipherUpdate(context.get(), nullptr, &size, params.additional_data.data(),
                          static_cast<int>(params.additional_data.size())) == 1;
  }
  if (ok && text_size > 0) {
    ok = EVP_CipherUpdate(context.get(), out.data(), &size, data.data(), static_cast<int>(text_size)) == 1;
  }
  std::array<uint8_t, kBlock> nothing;
  ok = ok && EVP_CipherFinal_ex(context.get(), nothing.data(), &size) == 1;
  if (ok && encrypt) {
    ok = EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag_size),
                             out.data() + text_size) == 1;
  }
  if (!ok) return encrypt ? EncryptionFailed() : DecryptionFailed();
  return out;
}

Outcome<SecretBytes> Wrap(const Key& key, Bytes data, bool wrap) {
  const size_t least = wrap ? 16 : 24;
  if (data.size() % 8 != 0 || data.size() < least || data.size() > kMaxInput) {
    return OperationError("What AES-KW wraps must have a multiple of 8 bytes, and at least 16.");
  }
  CipherCtxPtr context(EVP_CIPHER_CTX_new());
  SecretBytes out(data.size() + kBlock);
  int size = 0;
  if (context) EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  if (!context ||
      EVP_CipherInit_ex2(context.get(), Cipher(Mode::kWrap, key.secret().size()), key.secret().data(), nullptr,
                         wrap ? 1 : 0, nullptr) != 1 ||
      EVP_CipherUpdate(context.get(), out.data(), &size, data.data(), static_cast<int>(data.size())) != 1 ||
      size <= 0) {
    return OperationError(wrap ? "The key could not be wrapped." : "The key could not be unwrapped.");
  }
  out.resize(static_cast<size_t>(size));
  return out;
}

}  // namespace

Outcome<SecretBytes> AesEncrypt(const Params& params, const Key& key, Bytes data) {
  ErrorScope errors;
  if (key.id() == AlgorithmId::kAesCbc) return Cbc(params, key, data, true);
  if (key.id() == AlgorithmId::kAesCtr) return Ctr(params, key, data);
  return Gcm(params, key, data, true);
}

Outcome<SecretBytes> AesDecrypt(const Params& params, const Key& key, Bytes data) {
  ErrorScope errors;
  if (key.id() == AlgorithmId::kAesCbc) return Cbc(params, key, data, false);
  if (key.id() == AlgorithmId::kAesCtr) return Ctr(params, key, data);
  return Gcm(params, key, data, false);
}

Outcome<SecretBytes> AesWrap(const Key& key, Bytes data) {
  ErrorScope errors;
  return Wrap(key, data, true);
}

Outcome<SecretBytes> AesUnwrap(const Key& key, Bytes data) {
  ErrorScope errors;
  return Wrap(key, data, false);
}

}  // namespace verge::crypto
