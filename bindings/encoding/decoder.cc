#include "bindings/encoding/decoder.h"

#include <simdutf.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "bindings/encoding/multi_byte_decoders.h"
#include "bindings/encoding/single_byte_tables.h"

namespace verge::bindings {
namespace {

constexpr char16_t kReplacement = 0xFFFD;

void KeepPending(std::span<const uint8_t> rest, DecoderState* state) {
  state->pending_count = static_cast<uint8_t>(rest.size());
  std::ranges::copy(rest, state->pending);
}

// https://encoding.spec.whatwg.org/#shared-utf-16-decoder
bool DecodeUtf16(bool big_endian, DecoderState* state, std::span<const uint8_t> bytes, bool flush, bool fatal,
                 std::u16string* out) {
  size_t start = out->size();
  out->resize(start + bytes.size() / 2);
  char16_t* units = out->data() + start;
  size_t count = bytes.size() / 2;
  if (count > 0) std::memcpy(units, bytes.data(), count * 2);
  if (big_endian != (std::endian::native == std::endian::big)) simdutf::change_endianness_utf16(units, count, units);

  bool odd = bytes.size() % 2 != 0;
  bool open_pair = count > 0 && units[count - 1] >= 0xD800 && units[count - 1] <= 0xDBFF;
  if (!flush) {
    size_t keep = (open_pair ? 2 : 0) + (odd ? 1 : 0);
    KeepPending(bytes.last(keep), state);
    if (open_pair) out->resize(start + --count);
  } else if (odd) {
    if (fatal) return false;
    // A half unit and the lone surrogate before it are one error.
    if (open_pair) {
      units[count - 1] = kReplacement;
    } else {
      out->push_back(kReplacement);
      ++count;
    }
    units = out->data() + start;
  }
  if (!simdutf::validate_utf16(units, count)) {
    if (fatal) return false;
    simdutf::to_well_formed_utf16(units, count, units);
  }
  return true;
}

bool DecodeSingleByte(const SingleByteTable& table, std::span<const uint8_t> bytes, bool fatal, std::u16string* out) {
  size_t start = out->size();
  out->resize(start + bytes.size());
  char16_t* to = out->data() + start;
  bool error = false;
  for (uint8_t byte : bytes) {
    char16_t unit = byte < 0x80 ? byte : table[byte - 0x80];
    error |= unit == kReplacement;
    *to++ = unit;
  }
  return !fatal || !error;
}

void DecodeUserDefined(std::span<const uint8_t> bytes, std::u16string* out) {
  out->reserve(out->size() + bytes.size());
  for (uint8_t byte : bytes) out->push_back(static_cast<char16_t>(byte < 0x80 ? byte : 0xF780 + byte - 0x80));
}

void AppendCodePoint(char32_t code_point, std::u16string* out) {
  if (code_point < 0x10000) {
    out->push_back(static_cast<char16_t>(code_point));
  } else {
    out->push_back(static_cast<char16_t>(0xD7C0 + (code_point >> 10)));
    out->push_back(static_cast<char16_t>(0xDC00 + (code_point & 0x3FF)));
  }
}

bool DecodeMultiByte(DecodeStepFunction step, DecoderState* state, std::span<const uint8_t> bytes, bool flush,
                     bool fatal, std::u16string* out) {
  ShiftState shift = {.set = state->shift_set, .output_flag = state->output_flag};
  out->reserve(out->size() + bytes.size() / 2 + 8);
  while (!bytes.empty()) {
    DecodeStep result = step(bytes, flush, &shift);
    if (result.consumed == 0) break;
    bytes = bytes.subspan(result.consumed);
    if (result.error) {
      if (fatal) return false;
      out->push_back(kReplacement);
    } else if (result.code_point != 0 || result.is_nul) {
      AppendCodePoint(result.code_point, out);
      if (result.second != 0) AppendCodePoint(result.second, out);
    }
  }
  state->shift_set = shift.set;
  state->output_flag = shift.output_flag;
  KeepPending(bytes, state);
  return true;
}

}  // namespace

bool DecodeToUtf16(Encoding encoding, DecoderState* state, std::span<const uint8_t> bytes, bool flush, bool fatal,
                   std::u16string* out) {
  std::basic_string<char> joined;
  if (state->pending_count > 0) {
    joined.reserve(state->pending_count + bytes.size());
    joined.append(reinterpret_cast<const char*>(state->pending), state->pending_count);
    joined.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    bytes = {reinterpret_cast<const uint8_t*>(joined.data()), joined.size()};
    state->pending_count = 0;
  }
  switch (encoding) {
    case Encoding::kUtf16le:
    case Encoding::kUtf16be:
      return DecodeUtf16(encoding == Encoding::kUtf16be, state, bytes, flush, fatal, out);
    case Encoding::kXUserDefined:
      DecodeUserDefined(bytes, out);
      return true;
    case Encoding::kGbk:
    case Encoding::kGb18030:
      return DecodeMultiByte(&StepGb18030, state, bytes, flush, fatal, out);
    case Encoding::kBig5:
      return DecodeMultiByte(&StepBig5, state, bytes, flush, fatal, out);
    case Encoding::kEucJp:
      return DecodeMultiByte(&StepEucJp, state, bytes, flush, fatal, out);
    case Encoding::kIso2022Jp:
      return DecodeMultiByte(&StepIso2022Jp, state, bytes, flush, fatal, out);
    case Encoding::kShiftJis:
      return DecodeMultiByte(&StepShiftJis, state, bytes, flush, fatal, out);
    case Encoding::kEucKr:
      return DecodeMultiByte(&StepEucKr, state, bytes, flush, fatal, out);
    case Encoding::kUtf8:
    case Encoding::kReplacement:
      return false;
    default:
      break;
  }
  auto index = static_cast<size_t>(encoding) - static_cast<size_t>(Encoding::kIbm866);
  if (encoding >= Encoding::kIso88598I) --index;
  return DecodeSingleByte(kSingleByteTables[index], bytes, fatal, out);
}

}  // namespace verge::bindings
