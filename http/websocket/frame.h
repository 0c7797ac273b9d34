// The framing of the WebSocket protocol (RFC 6455, section 5): headers, masks, close codes.
#ifndef HTTP_WEBSOCKET_FRAME_H_
#define HTTP_WEBSOCKET_FRAME_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace verge::http {

// Which end of a connection this process is: clients mask what they send, servers do not.
enum class WebSocketSide : uint8_t { kClient, kServer };

enum class WebSocketOpcode : uint8_t {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xa,
};

// Status codes that the protocol itself uses (7.4.1).
namespace websocket_code {
inline constexpr uint16_t kNormal = 1000;
inline constexpr uint16_t kGoingAway = 1001;
inline constexpr uint16_t kProtocolError = 1002;
inline constexpr uint16_t kNoStatus = 1005;  // never on the wire: a close frame without a code
inline constexpr uint16_t kAbnormal = 1006;  // never on the wire: no close frame at all
inline constexpr uint16_t kInvalidData = 1007;
inline constexpr uint16_t kTooBig = 1009;
inline constexpr uint16_t kInternalError = 1011;
}  // namespace websocket_code

inline constexpr size_t kMaxControlPayload = 125;
inline constexpr size_t kMaxCloseReason = kMaxControlPayload - 2;

using WebSocketMask = std::array<uint8_t, 4>;

// Whether a close frame may carry `code`.
bool IsValidCloseCode(uint16_t code);

// XORs `data` with `mask`, as the bytes from `offset` on of a payload. Masking twice gives the original.
void ApplyMask(std::span<uint8_t> data, const WebSocketMask& mask, uint64_t offset);

// A mask that nobody can predict (5.3).
WebSocketMask NewMask();

struct FrameHeader {
  bool fin = true;
  bool compressed = false;  // RSV1, RFC 7692
  WebSocketOpcode opcode = WebSocketOpcode::kBinary;
  uint64_t length = 0;
};

// Appends a header, with `mask` if not null.
void AppendFrameHeader(std::string& out, const FrameHeader& header, const WebSocketMask* mask);

// Appends a whole control frame; `payload` has at most kMaxControlPayload bytes.
void AppendControlFrame(std::string& out, WebSocketSide side, WebSocketOpcode opcode, std::string_view payload);

// The payload of a close frame; empty for kNoStatus. `reason` is cut to what fits, between characters.
std::string ClosePayload(uint16_t code, std::string_view reason);

}  // namespace verge::http

#endif  // HTTP_WEBSOCKET_FRAME_H_
