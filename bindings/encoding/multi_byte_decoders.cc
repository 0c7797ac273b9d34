#include "bindings/encoding/multi_byte_decoders.h"

#include "bindings/encoding/multi_byte_index.h"

namespace verge::bindings {
namespace {

bool In(uint8_t byte, uint8_t first, uint8_t last) { return byte >= first && byte <= last; }
bool IsAscii(uint8_t byte) { return byte < 0x80; }

// The end of a decoder for two bytes: an ASCII byte that cannot be a trail byte is not swallowed by the error.
DecodeStep TwoBytes(char32_t code_point, uint8_t trail) {
  if (code_point != 0) return DecodeStep::Of(2, code_point);
  return DecodeStep::Error(IsAscii(trail) ? 1 : 2);
}

DecodeStep NeedMore(std::span<const uint8_t> input, bool flush) {
  // At the end everything that was waited with is one error.
  return flush ? DecodeStep::Error(input.size()) : DecodeStep::Incomplete();
}

}  // namespace

// https://encoding.spec.whatwg.org/#gb18030-decoder
DecodeStep StepGb18030(std::span<const uint8_t> input, bool flush, ShiftState*) {
  uint8_t first = input[0];
  if (IsAscii(first)) return DecodeStep::Of(1, first);
  if (first == 0x80) return DecodeStep::Of(1, 0x20AC);
  if (first == 0xFF) return DecodeStep::Error(1);
  if (input.size() < 2) return NeedMore(input, flush);
  uint8_t second = input[1];
  if (In(second, 0x30, 0x39)) {
    if (input.size() < 3) return NeedMore(input, flush);
    if (!In(input[2], 0x81, 0xFE)) return DecodeStep::Error(1);
    if (input.size() < 4) return NeedMore(input, flush);
    if (!In(input[3], 0x30, 0x39)) return DecodeStep::Error(1);
    uint32_t pointer = (first - 0x81) * 12600u + (second - 0x30) * 1260u + (input[2] - 0x81) * 10u + (input[3] - 0x30);
    char32_t code_point = Gb18030RangesCodePoint(pointer);
    return code_point != 0 ? DecodeStep::Of(4, code_point) : DecodeStep::Error(4);
  }
  char32_t code_point = 0;
  if (In(second, 0x40, 0x7E) || In(second, 0x80, 0xFE)) {
    code_point = Gb18030CodePoint((first - 0x81) * 190u + second - (second < 0x7F ? 0x40 : 0x41));
  }
  return TwoBytes(code_point, second);
}

// https://encoding.spec.whatwg.org/#big5-decoder
DecodeStep StepBig5(std::span<const uint8_t> input, bool flush, ShiftState*) {
  uint8_t lead = input[0];
  if (IsAscii(lead)) return DecodeStep::Of(1, lead);
  if (!In(lead, 0x81, 0xFE)) return DecodeStep::Error(1);
  if (input.size() < 2) return NeedMore(input, flush);
  uint8_t trail = input[1];
  char32_t code_point = 0;
  if (In(trail, 0x40, 0x7E) || In(trail, 0xA1, 0xFE)) {
    uint32_t pointer = (lead - 0x81) * 157u + trail - (trail < 0x7F ? 0x40 : 0x62);
    // Letters with two accents, for which Unicode has no single character.
    if (pointer == 1133) return DecodeStep::Of(2, 0x00CA, 0x0304);
    if (pointer == 1135) return DecodeStep::Of(2, 0x00CA, 0x030C);
    if (pointer == 1164) return DecodeStep::Of(2, 0x00EA, 0x0304);
    if (pointer == 1166) return DecodeStep::Of(2, 0x00EA, 0x030C);
    code_point = Big5CodePoint(pointer);
  }
  return TwoBytes(code_point, trail);
}

// https://encoding.spec.whatwg.org/#euc-jp-decoder
DecodeStep StepEucJp(std::span<const uint8_t> input, bool flush, ShiftState*) {
  uint8_t lead = input[0];
  if (IsAscii(lead)) return DecodeStep::Of(1, lead);
  if (lead != 0x8E && lead != 0x8F && !In(lead, 0xA1, 0xFE)) return DecodeStep::Error(1);
  if (input.size() < 2) return NeedMore(input, flush);
  uint8_t second = input[1];
  if (lead == 0x8E && In(second, 0xA1, 0xDF)) return DecodeStep::Of(2, 0xFF61u - 0xA1 + second);
  if (lead == 0x8F && In(second, 0xA1, 0xFE)) {
    if (input.size() < 3) return NeedMore(input, flush);
    uint8_t third = input[2];
    char32_t code_point = 0;
    if (In(third, 0xA1, 0xFE)) code_point = Jis0212CodePoint((second - 0xA1) * 94u + third - 0xA1);
    if (code_point != 0) return DecodeStep::Of(3, code_point);
    return DecodeStep::Error(IsAscii(third) ? 2 : 3);
  }
  char32_t code_point = 0;
  if (In(lead, 0xA1, 0xFE) && In(second, 0xA1, 0xFE)) {
    code_point = Jis0208CodePoint((lead - 0xA1) * 94u + second - 0xA1);
  }
  return TwoBytes(code_point, second);
}

// https://encoding.spec.whatwg.org/#iso-2022-jp-decoder. The standard's "lead byte" and "trail byte" states are one set
// of two-byte characters here, "escape start" and "escape" are a matter of looking ahead.
DecodeStep StepIso2022Jp(std::span<const uint8_t> input, bool flush, ShiftState* state) {
  enum Set : uint8_t { kAscii, kRoman, kKatakana, kTwoBytes };
  uint8_t byte = input[0];
  if (byte == 0x1B) {
    bool may_be_escape = input.size() < 2 || input[1] == 0x24 || input[1] == 0x28;
    if (may_be_escape && input.size() < 3 && !flush) return DecodeStep::Incomplete();
    if (input.size() >= 3) {
      int set = -1;
      if (input[1] == 0x28 && input[2] == 0x42) set = kAscii;
      if (input[1] == 0x28 && input[2] == 0x4A) set = kRoman;
      if (input[1] == 0x28 && input[2] == 0x49) set = kKatakana;
      if (input[1] == 0x24 && (input[2] == 0x40 || input[2] == 0x42)) set = kTwoBytes;
      if (set >= 0) {
        bool empty_run = state->output_flag;
        *state = {.set = static_cast<uint8_t>(set), .output_flag = true};
        return empty_run ? DecodeStep::Error(3) : DecodeStep::Nothing(3);
      }
    }
    state->output_flag = false;
    return DecodeStep::Error(1);
  }
  switch (state->set) {
    case kAscii:
    case kRoman:
      state->output_flag = false;
      if (!IsAscii(byte) || byte == 0x0E || byte == 0x0F) return DecodeStep::Error(1);
      if (state->set == kRoman && byte == 0x5C) return DecodeStep::Of(1, 0x00A5);
      if (state->set == kRoman && byte == 0x7E) return DecodeStep::Of(1, 0x203E);
      return DecodeStep::Of(1, byte);
    case kKatakana:
      state->output_flag = false;
      return In(byte, 0x21, 0x5F) ? DecodeStep::Of(1, 0xFF61u - 0x21 + byte) : DecodeStep::Error(1);
    default:
      break;
  }
  state->output_flag = false;
  if (!In(byte, 0x21, 0x7E)) return DecodeStep::Error(1);
  if (input.size() < 2) return NeedMore(input, flush);
  if (input[1] == 0x1B) return DecodeStep::Error(1);
  char32_t code_point = In(input[1], 0x21, 0x7E) ? Jis0208CodePoint((byte - 0x21) * 94u + input[1] - 0x21) : 0;
  return code_point != 0 ? DecodeStep::Of(2, code_point) : DecodeStep::Error(2);
}

// https://encoding.spec.whatwg.org/#shift_jis-decoder
DecodeStep StepShiftJis(std::span<const uint8_t> input, bool flush, ShiftState*) {
  uint8_t lead = input[0];
  if (lead <= 0x80) return DecodeStep::Of(1, lead);
  if (In(lead, 0xA1, 0xDF)) return DecodeStep::Of(1, 0xFF61u - 0xA1 + lead);
  if (!In(lead, 0x81, 0x9F) && !In(lead, 0xE0, 0xFC)) return DecodeStep::Error(1);
  if (input.size() < 2) return NeedMore(input, flush);
  uint8_t trail = input[1];
  char32_t code_point = 0;
  if (In(trail, 0x40, 0x7E) || In(trail, 0x80, 0xFC)) {
    uint32_t pointer = (lead - (lead < 0xA0 ? 0x81u : 0xC1u)) * 188 + trail - (trail < 0x7F ? 0x40 : 0x41);
    // End-user-defined characters.
    if (pointer >= 8836 && pointer <= 10715) return DecodeStep::Of(2, 0xE000 - 8836 + pointer);
    code_point = Jis0208CodePoint(pointer);
  }
  return TwoBytes(code_point, trail);
}

// https://encoding.spec.whatwg.org/#euc-kr-decoder
DecodeStep StepEucKr(std::span<const uint8_t> input, bool flush, ShiftState*) {
  uint8_t lead = input[0];
  if (IsAscii(lead)) return DecodeStep::Of(1, lead);
  if (!In(lead, 0x81, 0xFE)) return DecodeStep::Error(1);
  if (input.size() < 2) return NeedMore(input, flush);
  uint8_t trail = input[1];
  char32_t code_point = 0;
  if (In(trail, 0x41, 0xFE)) code_point = EucKrCodePoint((lead - 0x81) * 190u + trail - 0x41);
  return TwoBytes(code_point, trail);
}

}  // namespace verge::bindings
