// One step of each multi-byte decoder of the Encoding Standard. No V8.
#ifndef BINDINGS_ENCODING_MULTI_BYTE_DECODERS_H_
#define BINDINGS_ENCODING_MULTI_BYTE_DECODERS_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace verge::bindings {

// What the first bytes of the input are.
struct DecodeStep {
  uint8_t consumed = 0;  // 0: more bytes are needed to tell
  bool error = false;
  char32_t code_point = 0;  // 0 with `consumed` > 0 and no error: nothing, or U+0000 when `is_nul`
  char32_t second = 0;      // another one, if not 0
  bool is_nul = false;

  static DecodeStep Incomplete() { return {}; }
  static DecodeStep Error(size_t consumed) { return {.consumed = static_cast<uint8_t>(consumed), .error = true}; }
  static DecodeStep Nothing(size_t consumed) { return {.consumed = static_cast<uint8_t>(consumed)}; }
  static DecodeStep Of(size_t consumed, char32_t code_point, char32_t second = 0) {
    return {.consumed = static_cast<uint8_t>(consumed),
            .code_point = code_point,
            .second = second,
            .is_nul = code_point == 0};
  }
};

// Where a decoder with shift states is. Zero at the start.
struct ShiftState {
  uint8_t set = 0;
  bool output_flag = false;
};

// `input` is not empty. With `flush` nothing follows it, and a step consumes something for sure. The standard's
// decoders keep lead bytes as state; these ask for input that begins with the lead byte, which comes to the same.
using DecodeStepFunction = DecodeStep (*)(std::span<const uint8_t> input, bool flush, ShiftState* state);

DecodeStep StepGb18030(std::span<const uint8_t> input, bool flush, ShiftState* state);
DecodeStep StepBig5(std::span<const uint8_t> input, bool flush, ShiftState* state);
DecodeStep StepEucJp(std::span<const uint8_t> input, bool flush, ShiftState* state);
DecodeStep StepIso2022Jp(std::span<const uint8_t> input, bool flush, ShiftState* state);
DecodeStep StepShiftJis(std::span<const uint8_t> input, bool flush, ShiftState* state);
DecodeStep StepEucKr(std::span<const uint8_t> input, bool flush, ShiftState* state);

}  // namespace verge::bindings

#endif  // BINDINGS_ENCODING_MULTI_BYTE_DECODERS_H_
