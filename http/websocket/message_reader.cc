#include "http/websocket/message_reader.h"

#include <simdutf.h>

#include <algorithm>

namespace verge::http {

namespace {

// Compressed bytes are expanded in pieces of this size, which give a megabyte each at the very most.
constexpr size_t kPiece = 1024;

// How much a call of Next may expand.
constexpr size_t kExpandedTurn = 512 * 1024;

// Memory of a message that the next one need not keep.
constexpr size_t kKeptCapacity = 64 * 1024;

bool IsControl(WebSocketOpcode opcode) { return (static_cast<uint8_t>(opcode) & 0x8) != 0; }

}  // namespace

MessageReader::Event MessageReader::Fail(uint16_t code, std::string_view text) {
  close_code_ = code;
  failure_ = text;
  return Event::kFailed;
}

MessageReader::Event MessageReader::Next(std::span<const uint8_t>& input) {
  if (message_done_) {
    message_done_ = false;
    if (message_.capacity() > kKeptCapacity) std::string().swap(message_);
    message_.clear();
    checked_ = 0;
  }
  turn_begin_ = message_.size();
  for (;;) {
    if (!in_payload_) {
      Event event = Event::kNeedMore;
      if (!ReadHeader(input, &event)) return event;
    }
    const bool data = !IsControl(frame_.opcode);
    const Event event = data && compressed_ ? ReadCompressed(input) : ReadPayload(input);
    if (event != Event::kNeedMore) return event;
    if (payload_read_ < frame_.length) return Event::kNeedMore;
    in_payload_ = false;
    const Event end = data ? EndFrame() : EndControl();
    if (end != Event::kNeedMore) return end;
    if (input.empty()) return Event::kNeedMore;
  }
}

// True: the header is complete and allowed.
bool MessageReader::ReadHeader(std::span<const uint8_t>& input, Event* event) {
  for (;;) {
    size_t wanted = 2;
    if (header_size_ >= 2) {
      const int length = header_[1] & 0x7f;
      wanted += length == 126 ? 2 : length == 127 ? 8 : 0;
      wanted += header_[1] & 0x80 ? 4 : 0;
      if (header_size_ == wanted) break;
    }
    const size_t count = std::min(wanted - header_size_, input.size());
    if (count == 0) return false;
    std::copy_n(input.begin(), count, header_.begin() + static_cast<ptrdiff_t>(header_size_));
    header_size_ += count;
    input = input.subspan(count);
  }
  return CheckHeader(event);
}

bool MessageReader::CheckHeader(Event* event) {
  const auto refuse = [&](std::string_view text, uint16_t code = websocket_code::kProtocolError) {
    *event = Fail(code, text);
    return false;
  };
  const bool masked = (header_[1] & 0x80) != 0;
  const int length_bytes = (header_[1] & 0x7f) == 126 ? 2 : (header_[1] & 0x7f) == 127 ? 8 : 0;
  uint64_t length = header_[1] & 0x7f;
  if (length_bytes != 0) {
    length = 0;
    for (int i = 0; i < length_bytes; ++i) length = length << 8 | header_[static_cast<size_t>(2 + i)];
    if (length <= (length_bytes == 2 ? 125u : 0xffffu)) return refuse("a frame's length is not in its shortest form");
    if (length >> 63) return refuse("a frame's length is invalid");
  }
  if (masked) std::copy_n(header_.begin() + 2 + length_bytes, 4, mask_.begin());
  header_size_ = 0;
  in_payload_ = true;
  payload_read_ = 0;
  frame_ = {.fin = (header_[0] & 0x80) != 0,
            .compressed = (header_[0] & 0x40) != 0,
            .opcode = static_cast<WebSocketOpcode>(header_[0] & 0x0f),
            .length = length};

  if ((header_[0] & 0x30) != 0) return refuse("reserved bits are set");
  if (masked != (side_ == WebSocketSide::kServer)) {
    return refuse(masked ? "a server's frame is masked" : "a client's frame is not masked");
  }
  switch (frame_.opcode) {
    case WebSocketOpcode::kClose:
    case WebSocketOpcode::kPing:
    case WebSocketOpcode::kPong:
      if (frame_.compressed) return refuse("a control frame is compressed");
      if (!frame_.fin) return refuse("a control frame is fragmented");
      if (length > kMaxControlPayload) return refuse("a control frame is too long");
      control_.clear();
      return true;
    case WebSocketOpcode::kContinuation:
      if (!in_message_) return refuse("a continuation without a message");
      if (frame_.compressed) return refuse("reserved bits are set");
      break;
    case WebSocketOpcode::kText:
    case WebSocketOpcode::kBinary:
      if (in_message_) return refuse("a message begins within another one");
      if (frame_.compressed && !inflater_) return refuse("reserved bits are set");
      in_message_ = true;
      opcode_ = frame_.opcode;
      compressed_ = frame_.compressed;
      break;
    default:
      return refuse("an unknown kind of frame");
  }
  // Compressed ones are measured when they are expanded, but nobody needs more bytes than the text itself.
  if (length > max_size_ - (compressed_ ? 0 : message_.size())) {
    return refuse("a message is too big", websocket_code::kTooBig);
  }
  return true;
}

MessageReader::Event MessageReader::ReadPayload(std::span<const uint8_t>& input) {
  const auto count = static_cast<size_t>(std::min<uint64_t>(frame_.length - payload_read_, input.size()));
  if (count == 0) return Event::kNeedMore;
  std::string& out = IsControl(frame_.opcode) ? control_ : message_;
  const size_t size = out.size();
  out.append(reinterpret_cast<const char*>(input.data()), count);
  if (side_ == WebSocketSide::kServer) {
    ApplyMask({reinterpret_cast<uint8_t*>(out.data()) + size, count}, mask_, payload_read_);
  }
  payload_read_ += count;
  input = input.subspan(count);
  if (!IsControl(frame_.opcode) && !CheckText(false)) {
    return Fail(websocket_code::kInvalidData, "a text message is not valid UTF-8");
  }
  return Event::kNeedMore;
}

MessageReader::Event MessageReader::TakeResult(MessageInflater::Result result) {
  switch (result) {
    case MessageInflater::Result::kInvalid:
      return Fail(websocket_code::kInvalidData, "a message's compression is invalid");
    case MessageInflater::Result::kTooBig:
      return Fail(websocket_code::kTooBig, "a message is too big");
    case MessageInflater::Result::kOk:
      break;
  }
  return Event::kNeedMore;
}

MessageReader::Event MessageReader::ReadCompressed(std::span<const uint8_t>& input) {
  std::array<uint8_t, kPiece> piece;
  while (!input.empty() && payload_read_ < frame_.length) {
    if (message_.size() - turn_begin_ > kExpandedTurn) return Event::kYield;
    const auto count = static_cast<size_t>(
        std::min<uint64_t>(std::min<uint64_t>(frame_.length - payload_read_, input.size()), kPiece));
    std::copy_n(input.begin(), count, piece.begin());
    if (side_ == WebSocketSide::kServer) ApplyMask({piece.data(), count}, mask_, payload_read_);
    payload_read_ += count;
    input = input.subspan(count);
    const Event event = TakeResult(inflater_->Expand({piece.data(), count}, message_, max_size_));
    if (event != Event::kNeedMore) return event;
    if (!CheckText(false)) return Fail(websocket_code::kInvalidData, "a text message is not valid UTF-8");
  }
  return Event::kNeedMore;
}

MessageReader::Event MessageReader::EndFrame() {
  if (!frame_.fin) return Event::kNeedMore;
  in_message_ = false;
  if (compressed_) {
    const Event event = TakeResult(inflater_->Finish(message_, max_size_));
    if (event != Event::kNeedMore) return event;
  }
  if (!CheckText(true)) return Fail(websocket_code::kInvalidData, "a text message is not valid UTF-8");
  message_done_ = true;
  return Event::kMessage;
}

// Whether the message can still become valid, or is, if that was the last of it.
bool MessageReader::CheckText(bool last) {
  if (opcode_ != WebSocketOpcode::kText) return true;
  const char* begin = message_.data() + checked_;
  size_t size = message_.size() - checked_;
  if (!last) size = simdutf::trim_partial_utf8(begin, size);
  if (!simdutf::validate_utf8(begin, size)) return false;
  checked_ += size;
  return true;
}

MessageReader::Event MessageReader::EndControl() {
  switch (frame_.opcode) {
    case WebSocketOpcode::kPing:
      return Event::kPing;
    case WebSocketOpcode::kPong:
      return Event::kPong;
    default:
      break;
  }
  if (control_.empty()) {
    close_code_ = websocket_code::kNoStatus;
    return Event::kClose;
  }
  if (control_.size() == 1) return Fail(websocket_code::kProtocolError, "a close frame has half a code");
  close_code_ = static_cast<uint16_t>(static_cast<uint8_t>(control_[0]) << 8 | static_cast<uint8_t>(control_[1]));
  control_.erase(0, 2);
  if (!IsValidCloseCode(close_code_)) return Fail(websocket_code::kProtocolError, "a close frame has an invalid code");
  if (!simdutf::validate_utf8(control_.data(), control_.size())) {
    return Fail(websocket_code::kInvalidData, "a close frame's reason is not valid UTF-8");
  }
  return Event::kClose;
}

}  // namespace verge::http
