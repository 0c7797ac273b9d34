#include "cli/dev/explorer/json_text.h"

#include <simdutf.h>

#include "config/value.h"

namespace verge::cli {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace

std::string JsonText(std::string_view bytes) {
  if (simdutf::validate_utf8(bytes.data(), bytes.size())) return config::JsonString(bytes);
  std::string text;
  while (!bytes.empty()) {
    const simdutf::result valid = simdutf::validate_utf8_with_errors(bytes.data(), bytes.size());
    text += bytes.substr(0, valid.count);
    if (valid.error == simdutf::SUCCESS) break;
    text += kReplacement;
    bytes.remove_prefix(valid.count + 1);
  }
  return config::JsonString(text);
}

std::string JsonBytesMember(std::string_view bytes) {
  if (simdutf::validate_utf8(bytes.data(), bytes.size())) return ",\"text\":" + config::JsonString(bytes);
  std::string text(simdutf::base64_length_from_binary(bytes.size()), '\0');
  simdutf::binary_to_base64(bytes.data(), bytes.size(), text.data());
  return ",\"base64\":\"" + text + "\"";
}

bool FromBase64(std::string_view text, std::string* bytes) {
  bytes->resize(simdutf::maximal_binary_length_from_base64(text.data(), text.size()));
  const simdutf::result read = simdutf::base64_to_binary(text.data(), text.size(), bytes->data());
  if (read.error != simdutf::SUCCESS) return false;
  bytes->resize(read.count);
  return true;
}

}  // namespace verge::cli
