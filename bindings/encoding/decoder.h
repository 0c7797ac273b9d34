// The decoders of the Encoding Standard but UTF-8's, to UTF-16. No V8.
#ifndef BINDINGS_ENCODING_DECODER_H_
#define BINDINGS_ENCODING_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "bindings/encoding/encoding_labels.h"

namespace verge::bindings {

// Where a stream of bytes stands between two chunks. Small on purpose: a TextDecoder is nothing but this and its
// options.
struct DecoderState {
  uint8_t pending[3] = {};  // the beginning of a character
  uint8_t pending_count = 0;
  uint8_t shift_set = 0;  // of encodings with shift states
  bool output_flag = false;
  bool bom_seen = false;
  bool do_not_flush = false;
};

// Appends what `bytes` say to `out`. `flush`: nothing follows. Errors become U+FFFD or, if `fatal`, make it return
// false.
[[nodiscard]] bool DecodeToUtf16(Encoding encoding, DecoderState* state, std::span<const uint8_t> bytes, bool flush,
                                 bool fatal, std::u16string* out);

}  // namespace verge::bindings

#endif  // BINDINGS_ENCODING_DECODER_H_
