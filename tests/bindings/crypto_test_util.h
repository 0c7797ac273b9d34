// Bytes from and to hexadecimal text, for the tests of bindings/crypto/primitives.
#ifndef TESTS_BINDINGS_CRYPTO_TEST_UTIL_H_
#define TESTS_BINDINGS_CRYPTO_TEST_UTIL_H_

#include <string>
#include <string_view>

#include "bindings/crypto/primitives/bytes.h"
#include "bindings/crypto/primitives/failure.h"

namespace verge::crypto {

inline SecretBytes FromHex(std::string_view hex) {
  SecretBytes bytes;
  auto digit = [](char c) { return static_cast<uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  }
  return bytes;
}

inline std::string ToHex(Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (uint8_t byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

// The bytes, or the failure's message.
inline std::string HexOf(const Outcome<SecretBytes>& outcome) {
  return outcome ? ToHex(*outcome) : "failed: " + outcome.error().message;
}

template <typename T>
bool FailsWith(const Outcome<T>& outcome, FailureKind kind) {
  return !outcome && outcome.error().kind == kind && !outcome.error().message.empty();
}

}  // namespace verge::crypto

#endif  // TESTS_BINDINGS_CRYPTO_TEST_UTIL_H_
