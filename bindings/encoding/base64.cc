#include "bindings/encoding/base64.h"

#include <simdutf.h>

namespace verge::bindings {

std::optional<std::string> ForgivingBase64Decode(std::string_view text) {
  std::string out;
  simdutf::result result;
  out.resize_and_overwrite(
      simdutf::maximal_binary_length_from_base64(text.data(), text.size()), [&](char* buffer, size_t) {
        result = simdutf::base64_to_binary(text.data(), text.size(), buffer, simdutf::base64_default, simdutf::loose);
        return result.error == simdutf::SUCCESS ? result.count : 0;
      });
  if (result.error != simdutf::SUCCESS) return std::nullopt;
  return out;
}

std::string Base64Encode(std::string_view bytes) {
  std::string out;
  out.resize_and_overwrite(simdutf::base64_length_from_binary(bytes.size()), [&](char* buffer, size_t) {
    return simdutf::binary_to_base64(bytes.data(), bytes.size(), buffer);
  });
  return out;
}

}  // namespace verge::bindings
