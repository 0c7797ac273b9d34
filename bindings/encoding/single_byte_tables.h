// Code points of bytes 0x80 to 0xFF in the single-byte encodings (https://encoding.spec.whatwg.org/#indexes). No V8.
#ifndef BINDINGS_ENCODING_SINGLE_BYTE_TABLES_H_
#define BINDINGS_ENCODING_SINGLE_BYTE_TABLES_H_

#include <array>
#include <cstddef>

namespace verge::bindings {

// U+FFFD: the byte stands for nothing.
using SingleByteTable = std::array<char16_t, 128>;

// In the order of Encoding, from kIbm866 on, without kIso88598I, which has the table of the one before it.
inline constexpr size_t kSingleByteTableCount = 27;
extern const std::array<SingleByteTable, kSingleByteTableCount> kSingleByteTables;

}  // namespace verge::bindings

#endif  // BINDINGS_ENCODING_SINGLE_BYTE_TABLES_H_
