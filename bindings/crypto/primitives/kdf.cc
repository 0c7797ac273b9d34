#include "bindings/crypto/primitives/kdf.h"

#include <algorithm>
#include <array>
#include <string>

#include "bindings/crypto/primitives/hmac.h"

namespace verge::crypto {
namespace {

std::unexpected<Failure> DerivationFailed() { return OperationError("The derivation failed."); }

Outcome<size_t> OutputSize(std::string_view name, std::optional<uint32_t> length) {
  if (!length || *length == 0 || *length % 8 != 0) {
    return OperationError(std::string(name) + " needs a length that is a multiple of 8 bits, and not zero.");
  }
  return *length / 8;
}

}  // namespace

Outcome<SecretBytes> Hkdf(const Params& params, const Key& key, std::optional<uint32_t> length) {
  ErrorScope errors;
  Outcome<size_t> size = OutputSize("HKDF", length);
  if (!size) return std::unexpected(size.error());
  const Hash hash = *params.hash;
  const size_t digest_size = DigestSize(hash);
  if (*size > 255 * digest_size) return OperationError("HKDF cannot derive that many bits.");

  // Extract. Without a salt: zeros, which is what HMAC pads an empty key with.
  HmacKey extract(hash, params.salt);
  std::array<uint8_t, kMaxDigestSize> secret;
  if (!extract.ok() || !extract.Compute(key.secret(), {}, secret.data())) return DerivationFailed();
  // Expand.
  HmacKey expand(hash, Bytes(secret).first(digest_size));
  OPENSSL_cleanse(secret.data(), secret.size());
  if (!expand.ok()) return DerivationFailed();
  SecretBytes out;
  out.reserve(*size + digest_size);
  SecretBytes message;
  for (uint8_t block = 1; out.size() < *size; ++block) {
    const size_t done = out.size();
    message.assign(out.end() - static_cast<ptrdiff_t>(done > 0 ? digest_size : 0), out.end());
    message.insert(message.end(), params.info.begin(), params.info.end());
    message.push_back(block);
    out.resize(done + digest_size);
    if (!expand.Compute(message, {}, out.data() + done)) return DerivationFailed();
  }
  out.resize(*size);
  return out;
}

uint64_t Pbkdf2Rounds(const Params& params, std::optional<uint32_t> length) {
  uint64_t digest_bits = DigestSize(*params.hash) * 8;
  return (length.value_or(0) + digest_bits - 1) / digest_bits * params.iterations;
}

Outcome<SecretBytes> Pbkdf2(const Params& params, const Key& key, std::optional<uint32_t> length,
                            uint32_t max_iterations, const Budget& budget) {
  ErrorScope errors;
  Outcome<size_t> size = OutputSize("PBKDF2", length);
  if (!size) return std::unexpected(size.error());
  if (params.iterations == 0) return OperationError("Pbkdf2 failed: iteration counts of 0 are not supported.");
  if (params.iterations > max_iterations) {
    return NotSupportedError("Pbkdf2 failed: iteration counts above " + std::to_string(max_iterations) +
                             " are not supported (requested " + std::to_string(params.iterations) + ").");
  }
  if (*size > kMaxPbkdf2Output) return OperationError("PBKDF2 cannot derive that many bits.");

  // Looked at every hundred microseconds, about.
  constexpr uint32_t kRoundsBetweenLooks = 256;
  const size_t digest_size = DigestSize(*params.hash);
  HmacKey hmac(*params.hash, key.secret());
  if (!hmac.ok()) return DerivationFailed();
  SecretBytes out;
  out.reserve(*size + digest_size);
  uint32_t rounds = 0;
  for (uint32_t block = 1; out.size() < *size; ++block) {
    const std::array<uint8_t, 4> number = {static_cast<uint8_t>(block >> 24), static_cast<uint8_t>(block >> 16),
                                           static_cast<uint8_t>(block >> 8), static_cast<uint8_t>(block)};
    std::array<uint8_t, kMaxDigestSize> u;
    if (!hmac.Compute(params.salt, number, u.data())) return DerivationFailed();
    const size_t start = out.size();
    out.insert(out.end(), u.begin(), u.begin() + static_cast<ptrdiff_t>(digest_size));
    for (uint32_t i = 1; i < params.iterations; ++i) {
      if (++rounds % kRoundsBetweenLooks == 0 && budget.exhausted())
        return OperationError("The derivation took too long.");
      if (!hmac.Compute(Bytes(u).first(digest_size), {}, u.data())) return DerivationFailed();
      for (size_t j = 0; j < digest_size; ++j) out[start + j] ^= u[j];
    }
    if (++rounds % kRoundsBetweenLooks == 0 && budget.exhausted())
      return OperationError("The derivation took too long.");
    OPENSSL_cleanse(u.data(), u.size());
  }
  out.resize(*size);
  return out;
}

}  // namespace verge::crypto
