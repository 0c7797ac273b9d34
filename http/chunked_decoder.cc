#include "http/chunked_decoder.h"

#include <algorithm>

#include "http/field_syntax.h"

namespace verge::http {

namespace {

constexpr int kMaxSizeDigits = 16;

// Extensions may not outweigh the body by more than this: they would be a way to keep the server reading for free.
constexpr size_t kMaxExtensionBytes = 16 * 1024;
constexpr size_t kMaxTrailerBytes = 16 * 1024;

bool IsTextChar(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

}  // namespace

void ChunkedDecoder::Init(uint64_t limit) {
  *this = ChunkedDecoder();
  budget_ = limit;
}

ChunkedDecoder::Status ChunkedDecoder::Next(std::string_view& data, std::string_view& payload) {
  while (!data.empty()) {
    if (state_ == State::kData) {
      payload = data.substr(0, static_cast<size_t>(std::min<uint64_t>(remaining_, data.size())));
      data.remove_prefix(payload.size());
      remaining_ -= payload.size();
      extension_bytes_ -= std::min(extension_bytes_, payload.size());
      if (remaining_ == 0) state_ = State::kDataCr;
      return Status::kPayload;
    }
    const Status status = Step(data.front());
    if (status != Status::kNeedMore && status != Status::kEnd) return status;
    data.remove_prefix(1);
    if (status == Status::kEnd) return status;
  }
  return Status::kNeedMore;
}

ChunkedDecoder::Status ChunkedDecoder::Step(char c) {
  switch (state_) {
    case State::kSizeBegin:
      remaining_ = 0;
      digits_ = 0;
      [[fallthrough]];
    case State::kSize:
      if (const int digit = HexDigit(c); digit >= 0) {
        if (++digits_ > kMaxSizeDigits) return Status::kMalformed;
        remaining_ = remaining_ << 4 | static_cast<uint64_t>(digit);
        state_ = State::kSize;
        return Status::kNeedMore;
      }
      if (state_ == State::kSizeBegin) return Status::kMalformed;
      if (c != '\r' && c != ';') return Status::kMalformed;
      if (remaining_ > budget_) return Status::kTooLarge;
      state_ = c == '\r' ? State::kSizeLf : State::kExtension;
      return Status::kNeedMore;
    case State::kExtension:
      if (c == '\r') {
        state_ = State::kSizeLf;
        return Status::kNeedMore;
      }
      if (!IsTextChar(c) || ++extension_bytes_ > kMaxExtensionBytes) return Status::kMalformed;
      return Status::kNeedMore;
    case State::kSizeLf:
      if (c != '\n') return Status::kMalformed;
      budget_ -= remaining_;
      state_ = remaining_ == 0 ? State::kTrailerBegin : State::kData;
      return Status::kNeedMore;
    case State::kDataCr:
      if (c != '\r') return Status::kMalformed;
      state_ = State::kDataLf;
      return Status::kNeedMore;
    case State::kDataLf:
      if (c != '\n') return Status::kMalformed;
      state_ = State::kSizeBegin;
      return Status::kNeedMore;
    case State::kTrailerBegin:
      if (c == '\r') {
        state_ = State::kEndLf;
        return Status::kNeedMore;
      }
      if (!IsTokenChar(c)) return Status::kMalformed;
      state_ = State::kTrailerName;
      break;
    case State::kTrailerName:
      if (c == ':') {
        state_ = State::kTrailerValue;
      } else if (!IsTokenChar(c)) {
        return Status::kMalformed;
      }
      break;
    case State::kTrailerValue:
      if (c == '\r') {
        state_ = State::kTrailerLf;
      } else if (!IsTextChar(c)) {
        return Status::kMalformed;
      }
      break;
    case State::kTrailerLf:
      if (c != '\n') return Status::kMalformed;
      state_ = State::kTrailerBegin;
      return Status::kNeedMore;
    case State::kEndLf:
      if (c != '\n') return Status::kMalformed;
      state_ = State::kEnd;
      return Status::kEnd;
    case State::kData:
    case State::kEnd:
      return Status::kMalformed;
  }
  return ++trailer_bytes_ > kMaxTrailerBytes ? Status::kTrailersTooLarge : Status::kNeedMore;
}

}  // namespace verge::http
