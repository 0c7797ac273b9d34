// The opening handshake's fields (RFC 6455, section 4; RFC 7692, section 7.1): what a client asks for, what a server
// may answer. Sending and receiving the heads is the business of http::Client and http::Server.
#ifndef HTTP_WEBSOCKET_HANDSHAKE_H_
#define HTTP_WEBSOCKET_HANDSHAKE_H_

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/websocket/deflate.h"

namespace verge::http {

// --- Server

struct WebSocketRequest {
  std::string accept;                       // the value of Sec-WebSocket-Accept
  std::vector<std::string_view> protocols;  // offered, in the client's order; views into the request's head
  std::string_view extensions;              // all of them, unparsed
};

// Whether the request asks for an upgrade to WebSocket at all (it may still be wrong).
bool IsWebSocketRequest(const RequestHead& head);

// Checks 4.2.1. An error says what is wrong.
std::expected<WebSocketRequest, std::string> ReadWebSocketRequest(const RequestHead& head);

// What a server agrees to of an offer: the first permessage-deflate that it can do. Memory is bounded by asking for
// small windows.
std::optional<DeflateParameters> ChooseDeflate(std::string_view offered_extensions);

// The value of Sec-WebSocket-Extensions for it.
std::string DeflateResponse(const DeflateParameters& parameters);

// --- Client

// A fresh Sec-WebSocket-Key.
std::string NewWebSocketKey();

// What the client offers in Sec-WebSocket-Extensions.
inline constexpr std::string_view kDeflateOffer = "permessage-deflate; client_max_window_bits";

struct WebSocketAgreement {
  std::string protocol;    // "" for none
  std::string extensions;  // as the server wrote them
  std::optional<DeflateParameters> deflate;
};

// Checks a 101 response (4.1) to a request with `key`, `protocols` and, if `offered_deflate`, kDeflateOffer. An error
// says what is wrong. That a server chooses none of the protocols is allowed here, and not on the Web.
std::expected<WebSocketAgreement, std::string> ReadWebSocketResponse(std::span<const HeaderField> headers,
                                                                     std::string_view key,
                                                                     std::span<const std::string> protocols,
                                                                     bool offered_deflate);

// --- Both

// Sec-WebSocket-Accept for a key.
std::string WebSocketAccept(std::string_view key);

}  // namespace verge::http

#endif  // HTTP_WEBSOCKET_HANDSHAKE_H_
