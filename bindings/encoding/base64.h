// Base64 as atob and btoa have it (https://infra.spec.whatwg.org/#forgiving-base64). No V8.
#ifndef BINDINGS_ENCODING_BASE64_H_
#define BINDINGS_ENCODING_BASE64_H_

#include <optional>
#include <string>
#include <string_view>

namespace verge::bindings {

// Ignores ASCII whitespace and missing padding. Nothing: failure.
std::optional<std::string> ForgivingBase64Decode(std::string_view text);

std::string Base64Encode(std::string_view bytes);

}  // namespace verge::bindings

#endif  // BINDINGS_ENCODING_BASE64_H_
