#include "bindings/encoding/utf8.h"

#include <simdutf.h>

#include <algorithm>
#include <cstdint>

namespace verge::bindings {
namespace {

// How a character goes on after its first byte.
struct Lead {
  uint8_t length = 0;  // of the character; 0: no first byte
  uint8_t lower = 0x80;
  uint8_t upper = 0xBF;  // bounds of the second byte, which keep out overlong forms and surrogates
};

Lead LeadOf(uint8_t byte) {
  if (byte < 0x80) return {.length = 1};
  if (byte < 0xC2 || byte > 0xF4) return {};
  if (byte < 0xE0) return {.length = 2};
  if (byte < 0xF0) {
    return {.length = 3,
            .lower = static_cast<uint8_t>(byte == 0xE0 ? 0xA0 : 0x80),
            .upper = static_cast<uint8_t>(byte == 0xED ? 0x9F : 0xBF)};
  }
  return {.length = 4,
          .lower = static_cast<uint8_t>(byte == 0xF0 ? 0x90 : 0x80),
          .upper = static_cast<uint8_t>(byte == 0xF4 ? 0x8F : 0xBF)};
}

// How many bytes at the start of `bytes`, which is not empty, belong together: a character or the beginning of one.
// `*complete` says which. 0: not even the first byte can start one.
size_t Subpart(std::string_view bytes, bool* complete) {
  Lead lead = LeadOf(static_cast<uint8_t>(bytes[0]));
  *complete = lead.length == 1;
  if (lead.length <= 1) return lead.length;
  size_t length = 1;
  uint8_t lower = lead.lower;
  uint8_t upper = lead.upper;
  while (length < lead.length && length < bytes.size()) {
    auto byte = static_cast<uint8_t>(bytes[length]);
    if (byte < lower || byte > upper) break;
    lower = 0x80;
    upper = 0xBF;
    ++length;
  }
  *complete = length == lead.length;
  return length;
}

}  // namespace

std::string RepairUtf8(std::string text) {
  simdutf::result valid = simdutf::validate_utf8_with_errors(text.data(), text.size());
  if (valid.error == simdutf::SUCCESS) return text;
  std::string out;
  out.reserve(text.size() + 16);
  std::string_view rest = text;
  while (!rest.empty()) {
    // `count` is where the first error starts; everything before it is in order.
    valid = simdutf::validate_utf8_with_errors(rest.data(), rest.size());
    if (valid.error == simdutf::SUCCESS) {
      out.append(rest);
      break;
    }
    out.append(rest.substr(0, valid.count));
    rest.remove_prefix(valid.count);
    // A run of errors is dealt with in place: starting the vectorised check for each byte of it would be slow.
    while (!rest.empty()) {
      bool complete = false;
      size_t length = Subpart(rest, &complete);
      if (complete) break;
      out.append("\xEF\xBF\xBD");
      rest.remove_prefix(std::max<size_t>(length, 1));
    }
  }
  return out;
}

size_t IncompleteUtf8Suffix(std::string_view bytes) {
  size_t longest = std::min<size_t>(bytes.size(), 3);
  for (size_t length = longest; length > 0; --length) {
    bool complete = false;
    std::string_view suffix = bytes.substr(bytes.size() - length);
    if (Subpart(suffix, &complete) == length && !complete) return length;
  }
  return 0;
}

}  // namespace verge::bindings
