#include "runtime/file_url.h"

#include <cstdint>

namespace verge::runtime {

std::string FileUrl(std::string_view path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string url = "file://";
  for (const char c : path) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       std::string_view("/-._~!$&'()*+,;=:@").contains(c);
    if (plain) {
      url += c;
    } else {
      const auto byte = static_cast<uint8_t>(c);
      url += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return url;
}

}  // namespace verge::runtime
