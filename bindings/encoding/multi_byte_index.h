// The indexes of the multi-byte encodings (https://encoding.spec.whatwg.org/#indexes). No V8.
//
// They are made out of ICU's converters when they are first used: as tables of our own they would be three hundred
// kilobytes of source. Where ICU differs from the standard, it is put right here.
#ifndef BINDINGS_ENCODING_MULTI_BYTE_INDEX_H_
#define BINDINGS_ENCODING_MULTI_BYTE_INDEX_H_

#include <cstdint>

namespace verge::bindings {

// The code point at `pointer`; 0 when there is none.
char32_t Big5CodePoint(uint32_t pointer);
char32_t EucKrCodePoint(uint32_t pointer);
char32_t Gb18030CodePoint(uint32_t pointer);
char32_t Jis0208CodePoint(uint32_t pointer);
char32_t Jis0212CodePoint(uint32_t pointer);

// "Index gb18030 ranges code point", of a four-byte sequence.
char32_t Gb18030RangesCodePoint(uint32_t pointer);

}  // namespace verge::bindings

#endif  // BINDINGS_ENCODING_MULTI_BYTE_INDEX_H_
