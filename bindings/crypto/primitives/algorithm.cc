#include "bindings/crypto/primitives/algorithm.h"

#include "bindings/crypto/primitives/text.h"

namespace verge::crypto {
namespace {

constexpr std::string_view kAlgorithms[kAlgorithmCount] = {
    "RSASSA-PKCS1-v1_5", "RSA-PSS", "RSA-OAEP", "ECDSA",  "ECDH", "Ed25519", "Ed448",  "NODE-ED25519", "X25519", "X448",
    "AES-CTR",           "AES-CBC", "AES-GCM",  "AES-KW", "HMAC", "HKDF",    "PBKDF2",
};
constexpr std::string_view kCurves[] = {"P-256", "P-384", "P-521"};
constexpr std::string_view kUsages[kUsageCount] = {"encrypt",   "decrypt",    "sign",    "verify",
                                                   "deriveKey", "deriveBits", "wrapKey", "unwrapKey"};
constexpr std::string_view kFormats[] = {"raw", "spki", "pkcs8", "jwk"};

template <typename T, size_t N>
std::optional<T> Find(const std::string_view (&names)[N], std::string_view name) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<T>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view AlgorithmName(AlgorithmId id) { return kAlgorithms[static_cast<size_t>(id)]; }

std::optional<AlgorithmId> FindAlgorithm(std::string_view name) {
  for (size_t i = 0; i < kAlgorithmCount; ++i) {
    if (EqualIgnoringCase(kAlgorithms[i], name)) return static_cast<AlgorithmId>(i);
  }
  return std::nullopt;
}

std::string_view CurveName(Curve curve) { return kCurves[static_cast<size_t>(curve)]; }
std::optional<Curve> FindCurve(std::string_view name) { return Find<Curve>(kCurves, name); }

std::string_view UsageName(size_t bit) { return kUsages[bit]; }
std::optional<Usage> FindUsage(std::string_view name) {
  std::optional<size_t> bit = Find<size_t>(kUsages, name);
  if (!bit) return std::nullopt;
  return static_cast<Usage>(1U << *bit);
}

std::optional<Format> FindFormat(std::string_view name) { return Find<Format>(kFormats, name); }

}  // namespace verge::crypto
