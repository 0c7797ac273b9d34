// What simdutf does not have: UTF-8 with errors, as the Encoding Standard decodes it. No V8.
#ifndef BINDINGS_ENCODING_UTF8_H_
#define BINDINGS_ENCODING_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace verge::bindings {

// Replaces what is not UTF-8 by U+FFFD, one for each maximal subpart
// (https://encoding.spec.whatwg.org/#utf-8-decoder). Text without errors is returned as it came.
std::string RepairUtf8(std::string text);

// The length of the beginning of a character at the end of `bytes` that more bytes may complete: 0 to 3.
size_t IncompleteUtf8Suffix(std::string_view bytes);

}  // namespace verge::bindings

#endif  // BINDINGS_ENCODING_UTF8_H_
