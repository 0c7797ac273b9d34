// Frames as a test writes them, right or wrong.
#ifndef TESTS_HTTP_WEBSOCKET_BYTES_H_
#define TESTS_HTTP_WEBSOCKET_BYTES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/websocket/frame.h"

namespace verge::http {

inline std::span<const uint8_t> AsSpan(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// `first` is the whole first byte: FIN, reserved bits, opcode.
inline std::string RawFrame(uint8_t first, std::string_view payload, bool masked) {
  std::string out;
  const WebSocketMask mask = {0x12, 0x34, 0x56, 0x78};
  AppendFrameHeader(out, {.length = payload.size()}, masked ? &mask : nullptr);
  out[0] = static_cast<char>(first);
  std::string data(payload);
  if (masked) ApplyMask({reinterpret_cast<uint8_t*>(data.data()), data.size()}, mask, 0);
  return out + data;
}

inline std::string ClientFrame(uint8_t first, std::string_view payload) { return RawFrame(first, payload, true); }
inline std::string ServerFrame(uint8_t first, std::string_view payload) { return RawFrame(first, payload, false); }

inline constexpr uint8_t kFinText = 0x81;
inline constexpr uint8_t kFinBinary = 0x82;
inline constexpr uint8_t kText = 0x01;
inline constexpr uint8_t kContinuation = 0x00;
inline constexpr uint8_t kFinContinuation = 0x80;
inline constexpr uint8_t kFinClose = 0x88;
inline constexpr uint8_t kFinPing = 0x89;
inline constexpr uint8_t kFinPong = 0x8a;
inline constexpr uint8_t kCompressed = 0x40;

}  // namespace verge::http

#endif  // TESTS_HTTP_WEBSOCKET_BYTES_H_
