// The names of the Encoding Standard (https://encoding.spec.whatwg.org/#names-and-labels). No V8.
#ifndef BINDINGS_ENCODING_ENCODING_LABELS_H_
#define BINDINGS_ENCODING_ENCODING_LABELS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace verge::bindings {

// The single-byte ones with tables are a range, kIbm866 to kXMacCyrillic.
enum class Encoding : uint8_t {
  kUtf8,
  kUtf16le,
  kUtf16be,
  kIbm866,
  kIso88592,
  kIso88593,
  kIso88594,
  kIso88595,
  kIso88596,
  kIso88597,
  kIso88598,
  kIso88598I,
  kIso885910,
  kIso885913,
  kIso885914,
  kIso885915,
  kIso885916,
  kKoi8R,
  kKoi8U,
  kMacintosh,
  kWindows874,
  kWindows1250,
  kWindows1251,
  kWindows1252,
  kWindows1253,
  kWindows1254,
  kWindows1255,
  kWindows1256,
  kWindows1257,
  kWindows1258,
  kXMacCyrillic,
  kXUserDefined,
  kGbk,
  kGb18030,
  kBig5,
  kEucJp,
  kIso2022Jp,
  kShiftJis,
  kEucKr,
  kReplacement,
};
inline constexpr size_t kEncodingCount = static_cast<size_t>(Encoding::kReplacement) + 1;

// In lower case, as TextDecoder.encoding shows it.
std::string_view EncodingName(Encoding encoding);

// "Get an encoding": ignores case and ASCII whitespace around the label.
std::optional<Encoding> EncodingFromLabel(std::string_view label);

}  // namespace verge::bindings

#endif  // BINDINGS_ENCODING_ENCODING_LABELS_H_
