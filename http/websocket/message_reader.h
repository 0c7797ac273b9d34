// From bytes to messages: the receiving half of the WebSocket protocol (RFC 6455, sections 5 and 8.1).
//
// Strict: what the RFC calls a protocol error is one. Text is checked to be UTF-8 while it arrives, piece by piece.
#ifndef HTTP_WEBSOCKET_MESSAGE_READER_H_
#define HTTP_WEBSOCKET_MESSAGE_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/websocket/deflate.h"
#include "http/websocket/frame.h"

namespace verge::http {

class MessageReader {
 public:
  enum class Event : uint8_t {
    kNeedMore,  // all input is consumed
    kYield,     // a large message was being expanded: others' turn, then go on
    kMessage,   // see text() and message()
    kPing,      // see control()
    kPong,
    kClose,   // see close_code() and control(), the reason. Nothing may follow
    kFailed,  // see close_code() and failure(). Nothing may follow
  };

  // `side` is this process's. `inflater` is null when compression was not negotiated.
  MessageReader(WebSocketSide side, std::unique_ptr<MessageInflater> inflater, size_t max_message_size)
      : side_(side), inflater_(std::move(inflater)), max_size_(max_message_size) {}

  // Consumes from the front of `input` up to the next event.
  Event Next(std::span<const uint8_t>& input);

  // After kMessage. The caller may take the string's memory.
  [[nodiscard]] bool text() const { return opcode_ == WebSocketOpcode::kText; }
  [[nodiscard]] std::string& message() { return message_; }

  [[nodiscard]] std::string_view control() const { return control_; }
  // After kClose: what the peer said, kNoStatus for nothing. After kFailed: what the peer is to be told.
  [[nodiscard]] uint16_t close_code() const { return close_code_; }
  [[nodiscard]] std::string_view failure() const { return failure_; }

 private:
  Event Fail(uint16_t code, std::string_view text);
  bool ReadHeader(std::span<const uint8_t>& input, Event* event);
  bool CheckHeader(Event* event);
  Event ReadPayload(std::span<const uint8_t>& input);
  Event ReadCompressed(std::span<const uint8_t>& input);
  Event EndFrame();
  Event EndControl();
  Event TakeResult(MessageInflater::Result result);
  bool CheckText(bool last);

  const WebSocketSide side_;
  const std::unique_ptr<MessageInflater> inflater_;
  const size_t max_size_;

  // The current frame.
  std::array<uint8_t, 14> header_{};
  size_t header_size_ = 0;
  bool in_payload_ = false;
  FrameHeader frame_;
  WebSocketMask mask_{};
  uint64_t payload_read_ = 0;

  // The current message.
  bool message_done_ = false;  // it was handed out; the next byte begins a new one
  bool in_message_ = false;    // between its first and its last frame
  bool compressed_ = false;
  WebSocketOpcode opcode_ = WebSocketOpcode::kBinary;
  std::string message_;
  size_t checked_ = 0;     // so much of it is valid UTF-8
  size_t turn_begin_ = 0;  // its size when Next was called

  std::string control_;
  uint16_t close_code_ = 0;
  std::string_view failure_;
};

}  // namespace verge::http

#endif  // HTTP_WEBSOCKET_MESSAGE_READER_H_
