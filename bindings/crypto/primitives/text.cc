#include "bindings/crypto/primitives/text.h"

#include <simdutf.h>

namespace verge::crypto {

std::string ToBase64Url(Bytes bytes) {
  std::string text(simdutf::base64_length_from_binary(bytes.size(), simdutf::base64_url), '\0');
  text.resize(simdutf::binary_to_base64(reinterpret_cast<const char*>(bytes.data()), bytes.size(), text.data(),
                                        simdutf::base64_url));
  return text;
}

std::optional<SecretBytes> FromBase64Url(std::string_view text) {
  // The decoder would skip white space and accept padding.
  auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (!std::ranges::all_of(text, fits)) return std::nullopt;
  SecretBytes bytes(simdutf::maximal_binary_length_from_base64(text.data(), text.size()));
  simdutf::result result =
      simdutf::base64_to_binary(text.data(), text.size(), reinterpret_cast<char*>(bytes.data()), simdutf::base64_url);
  if (result.error != simdutf::error_code::SUCCESS) return std::nullopt;
  bytes.resize(result.count);
  return bytes;
}

}  // namespace verge::crypto
