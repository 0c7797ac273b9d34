#include "http/websocket/frame.h"

#include <openssl/rand.h>

#include <cstring>

namespace verge::http {

bool IsValidCloseCode(uint16_t code) {
  // 7.4: below 3000 what the protocol and IANA's registry define; 1004 is reserved, 1005, 1006 and 1015 are only told
  // to programs. 3000 to 3999 belong to libraries, 4000 to 4999 to applications.
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

void ApplyMask(std::span<uint8_t> data, const WebSocketMask& mask, uint64_t offset) {
  std::array<uint8_t, 8> wide;
  for (size_t i = 0; i < wide.size(); ++i) wide[i] = mask[(offset + i) & 3];
  uint64_t word;
  std::memcpy(&word, wide.data(), sizeof word);
  size_t i = 0;
  for (; i + 8 <= data.size(); i += 8) {
    uint64_t piece;
    std::memcpy(&piece, data.data() + i, sizeof piece);
    piece ^= word;
    std::memcpy(data.data() + i, &piece, sizeof piece);
  }
  for (; i < data.size(); ++i) data[i] ^= wide[i & 7];
}

WebSocketMask NewMask() {
  WebSocketMask mask{};
  RAND_bytes(mask.data(), static_cast<int>(mask.size()));
  return mask;
}

void AppendFrameHeader(std::string& out, const FrameHeader& header, const WebSocketMask* mask) {
  std::array<uint8_t, 14> bytes;
  size_t size = 0;
  bytes[size++] = static_cast<uint8_t>((header.fin ? 0x80 : 0) | (header.compressed ? 0x40 : 0) |
                                       static_cast<uint8_t>(header.opcode));
  const uint8_t mask_bit = mask ? 0x80 : 0;
  int length_bytes = 0;
  if (header.length <= 125) {
    bytes[size++] = static_cast<uint8_t>(mask_bit | header.length);
  } else if (header.length <= 0xffff) {
    bytes[size++] = mask_bit | 126;
    length_bytes = 2;
  } else {
    bytes[size++] = mask_bit | 127;
    length_bytes = 8;
  }
  for (int shift = (length_bytes - 1) * 8; shift >= 0; shift -= 8) {
    bytes[size++] = static_cast<uint8_t>(header.length >> shift);
  }
  if (mask) {
    std::memcpy(bytes.data() + size, mask->data(), mask->size());
    size += mask->size();
  }
  out.append(reinterpret_cast<const char*>(bytes.data()), size);
}

void AppendControlFrame(std::string& out, WebSocketSide side, WebSocketOpcode opcode, std::string_view payload) {
  payload = payload.substr(0, kMaxControlPayload);
  const FrameHeader header{.opcode = opcode, .length = payload.size()};
  if (side == WebSocketSide::kServer) {
    AppendFrameHeader(out, header, nullptr);
    out.append(payload);
    return;
  }
  const WebSocketMask mask = NewMask();
  AppendFrameHeader(out, header, &mask);
  const size_t begin = out.size();
  out.append(payload);
  ApplyMask({reinterpret_cast<uint8_t*>(out.data()) + begin, payload.size()}, mask, 0);
}

std::string ClosePayload(uint16_t code, std::string_view reason) {
  std::string payload;
  if (code == websocket_code::kNoStatus) return payload;
  payload.push_back(static_cast<char>(code >> 8));
  payload.push_back(static_cast<char>(code & 0xff));
  if (reason.size() > kMaxCloseReason) {
    size_t size = kMaxCloseReason;
    while (size > 0 && (static_cast<uint8_t>(reason[size]) & 0xc0) == 0x80) --size;
    reason = reason.substr(0, size);
  }
  return payload.append(reason);
}

}  // namespace verge::http
