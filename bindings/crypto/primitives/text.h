// Names of algorithms, and base64url (RFC 4648, section 5) as JSON Web Keys have it.
#ifndef BINDINGS_CRYPTO_PRIMITIVES_TEXT_H_
#define BINDINGS_CRYPTO_PRIMITIVES_TEXT_H_

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "bindings/crypto/primitives/bytes.h"

namespace verge::crypto {

// ASCII case only.
constexpr char UpperCase(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
constexpr bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return UpperCase(x) == UpperCase(y); });
}

// Without padding.
std::string ToBase64Url(Bytes bytes);
// Nothing: the text is not base64url without padding.
std::optional<SecretBytes> FromBase64Url(std::string_view text);

}  // namespace verge::crypto

#endif  // BINDINGS_CRYPTO_PRIMITIVES_TEXT_H_
