// JSON Web Keys (RFC 7517) as the Web Cryptography API has them.
#ifndef BINDINGS_CRYPTO_PRIMITIVES_JWK_H_
#define BINDINGS_CRYPTO_PRIMITIVES_JWK_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/crypto/primitives/algorithm.h"
#include "bindings/crypto/primitives/bytes.h"
#include "bindings/crypto/primitives/failure.h"

namespace verge::crypto {

using SecretText = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;

struct Jwk {
  std::optional<SecretText> alg, crv, d, dp, dq, e, k, kty, n, p, q, qi, use, x, y;
  std::optional<bool> ext;
  std::optional<std::vector<std::string>> key_ops;
  bool has_oth = false;
};

// The members that are strings, in lexicographical order.
struct JwkMember {
  std::string_view name;
  std::optional<SecretText> Jwk::* value;
};
inline constexpr JwkMember kJwkMembers[] = {
    {"alg", &Jwk::alg}, {"crv", &Jwk::crv}, {"d", &Jwk::d},     {"dp", &Jwk::dp}, {"dq", &Jwk::dq},
    {"e", &Jwk::e},     {"k", &Jwk::k},     {"kty", &Jwk::kty}, {"n", &Jwk::n},   {"p", &Jwk::p},
    {"q", &Jwk::q},     {"qi", &Jwk::qi},   {"use", &Jwk::use}, {"x", &Jwk::x},   {"y", &Jwk::y},
};

// The checks that all kinds of keys have in common: kty, use, key_ops, ext.
// `use` is what the key's use must be, if it says one ("" : nothing to check).
Outcome<> CheckJwk(const Jwk& jwk, std::string_view kty, std::string_view use, bool extractable, Usages usages);

// The bytes of a member that must be there. `size` 0: any.
Outcome<SecretBytes> JwkBytes(const std::optional<SecretText>& member, std::string_view name, size_t size = 0);

inline SecretText JwkText(std::string_view text) { return SecretText(text); }
SecretText JwkText(Bytes bytes);

// What JSON.stringify would say.
SecretBytes JwkToJson(const Jwk& jwk);
// "Parse a JWK". Members with a meaning must have the right type; others are passed over.
Outcome<Jwk> JwkFromJson(std::string_view json);

}  // namespace verge::crypto

#endif  // BINDINGS_CRYPTO_PRIMITIVES_JWK_H_
