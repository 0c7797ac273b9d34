#include "http/websocket/handshake.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace verge::http {

namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// As a server: windows of 4 KiB cost 32 KiB for sending (deflate.cc) and a client's at most 32 KiB for receiving, once
// a message is large enough to be compressed.
constexpr int kServerWindowBits = 12;
constexpr int kClientWindowBits = 12;

std::string Base64(std::span<const uint8_t> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<uint8_t*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The next piece up to `separator` outside of quotes, off the front of `rest`.
std::string_view NextPiece(std::string_view& rest, char separator) {
  bool quoted = false;
  size_t i = 0;
  for (; i < rest.size(); ++i) {
    if (quoted && rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && rest[i] == separator) {
      break;
    }
  }
  i = std::min(i, rest.size());
  const std::string_view piece = rest.substr(0, i);
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return Trim(piece);
}

// All values of a field, joined as one list.
std::string JoinValues(std::span<const HeaderField> headers, std::string_view name) {
  std::string all;
  for (const HeaderField& field : headers) {
    if (!EqualsIgnoreCase(field.name, name)) continue;
    if (!all.empty()) all += ", ";
    all += field.value;
  }
  return all;
}

// The only one of its name, or nothing.
std::optional<std::string_view> OnlyValue(std::span<const HeaderField> headers, std::string_view name) {
  std::optional<std::string_view> value;
  for (const HeaderField& field : headers) {
    if (!EqualsIgnoreCase(field.name, name)) continue;
    if (value) return std::nullopt;
    value = field.value;
  }
  return value;
}

bool ListHas(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    if (EqualsIgnoreCase(NextPiece(list, ','), token)) return true;
  }
  return false;
}

// 8 to 15, without leading zeros.
std::optional<int> WindowBits(std::string_view text) {
  int bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc() || end != text.data() + text.size() || bits < 8 || bits > 15 || text.starts_with('0')) {
    return std::nullopt;
  }
  return bits;
}

// The parameters of one permessage-deflate, as they were sent.
struct DeflateElement {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::optional<int> server_max_window_bits;
  std::optional<int> client_max_window_bits;
  bool client_max_window_bits_given = false;
};

// Nothing if a parameter is unknown, repeated or has an invalid value: such an element must be declined (7.1).
std::optional<DeflateElement> ParseDeflate(std::string_view parameters, bool is_offer) {
  DeflateElement element;
  bool server_bits_given = false;
  while (!parameters.empty()) {
    const std::string_view piece = NextPiece(parameters, ';');
    const size_t equals = piece.find('=');
    const std::string_view name = Trim(piece.substr(0, equals));
    std::optional<std::string_view> value;
    if (equals != std::string_view::npos) {
      value = Trim(piece.substr(equals + 1));
      if (value->size() >= 2 && value->front() == '"' && value->back() == '"')
        value = value->substr(1, value->size() - 2);
    }
    const auto flag = [&](bool& which) { return !value && !std::exchange(which, true); };
    if (EqualsIgnoreCase(name, "server_no_context_takeover")) {
      if (!flag(element.server_no_context_takeover)) return std::nullopt;
    } else if (EqualsIgnoreCase(name, "client_no_context_takeover")) {
      if (!flag(element.client_no_context_takeover)) return std::nullopt;
    } else if (EqualsIgnoreCase(name, "server_max_window_bits")) {
      if (std::exchange(server_bits_given, true) || !value) return std::nullopt;
      element.server_max_window_bits = WindowBits(*value);
      if (!element.server_max_window_bits) return std::nullopt;
    } else if (EqualsIgnoreCase(name, "client_max_window_bits")) {
      // Without a value in an offer only: "I could".
      if (std::exchange(element.client_max_window_bits_given, true) || (!value && !is_offer)) return std::nullopt;
      if (value) {
        element.client_max_window_bits = WindowBits(*value);
        if (!element.client_max_window_bits) return std::nullopt;
      }
    } else {
      return std::nullopt;
    }
  }
  return element;
}

// zlib cannot do 8, but its distances with 9 stay within 2^8.
int ForZlib(int bits) { return std::max(bits, 9); }

}  // namespace

std::string WebSocketAccept(std::string_view key) {
  const std::string text = std::string(key).append(kGuid);
  std::array<uint8_t, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const uint8_t*>(text.data()), text.size(), digest.data());
  return Base64(digest);
}

std::string NewWebSocketKey() {
  std::array<uint8_t, 16> nonce{};
  RAND_bytes(nonce.data(), static_cast<int>(nonce.size()));
  return Base64(nonce);
}

bool IsWebSocketRequest(const RequestHead& head) {
  const std::optional<std::string_view> upgrade = head.header("upgrade");
  return upgrade && ListHas(*upgrade, "websocket");
}

std::expected<WebSocketRequest, std::string> ReadWebSocketRequest(const RequestHead& head) {
  if (head.method() != "GET") return std::unexpected("a WebSocket handshake is a GET request");
  if (head.version() < 11) return std::unexpected("a WebSocket handshake needs HTTP/1.1");
  if (!IsWebSocketRequest(head)) return std::unexpected("the request has no \"Upgrade: websocket\"");
  if (!ListHas(JoinValues(head.headers(), "connection"), "upgrade")) {
    return std::unexpected("the request has no \"Connection: Upgrade\"");
  }
  if (OnlyValue(head.headers(), "sec-websocket-version") != "13") {
    return std::unexpected("Sec-WebSocket-Version is not 13");
  }
  const std::optional<std::string_view> key = OnlyValue(head.headers(), "sec-websocket-key");
  // 16 bytes in base64.
  if (!key || key->size() != 24 || !key->ends_with("==")) return std::unexpected("Sec-WebSocket-Key is not valid");
  WebSocketRequest request{.accept = WebSocketAccept(*key), .protocols = {}, .extensions = {}};
  for (const HeaderField& field : head.headers()) {
    if (EqualsIgnoreCase(field.name, "sec-websocket-protocol")) {
      std::string_view rest = field.value;
      while (!rest.empty()) {
        if (const std::string_view protocol = NextPiece(rest, ','); IsToken(protocol))
          request.protocols.push_back(protocol);
      }
    } else if (EqualsIgnoreCase(field.name, "sec-websocket-extensions") && request.extensions.empty()) {
      request.extensions = field.value;
    }
  }
  return request;
}

std::optional<DeflateParameters> ChooseDeflate(std::string_view offered_extensions) {
  while (!offered_extensions.empty()) {
    std::string_view extension = NextPiece(offered_extensions, ',');
    if (!EqualsIgnoreCase(NextPiece(extension, ';'), "permessage-deflate")) continue;
    const std::optional<DeflateElement> offer = ParseDeflate(extension, true);
    if (!offer) continue;
    DeflateParameters chosen;
    chosen.server_no_context_takeover = offer->server_no_context_takeover;
    chosen.client_no_context_takeover = offer->client_no_context_takeover;
    chosen.server_max_window_bits = std::min(offer->server_max_window_bits.value_or(15), kServerWindowBits);
    if (offer->client_max_window_bits_given) {
      chosen.client_max_window_bits = std::min(offer->client_max_window_bits.value_or(15), kClientWindowBits);
    }
    return chosen;
  }
  return std::nullopt;
}

std::string DeflateResponse(const DeflateParameters& parameters) {
  std::string text = "permessage-deflate";
  if (parameters.server_no_context_takeover) text += "; server_no_context_takeover";
  if (parameters.client_no_context_takeover) text += "; client_no_context_takeover";
  if (parameters.server_max_window_bits < 15) {
    text += "; server_max_window_bits=" + std::to_string(parameters.server_max_window_bits);
  }
  if (parameters.client_max_window_bits < 15) {
    text += "; client_max_window_bits=" + std::to_string(parameters.client_max_window_bits);
  }
  return text;
}

std::expected<WebSocketAgreement, std::string> ReadWebSocketResponse(std::span<const HeaderField> headers,
                                                                     std::string_view key,
                                                                     std::span<const std::string> protocols,
                                                                     bool offered_deflate) {
  const std::optional<std::string_view> upgrade = OnlyValue(headers, "upgrade");
  if (!upgrade || !EqualsIgnoreCase(*upgrade, "websocket")) {
    return std::unexpected("the server's answer has no \"Upgrade: websocket\"");
  }
  if (!ListHas(JoinValues(headers, "connection"), "upgrade")) {
    return std::unexpected("the server's answer has no \"Connection: Upgrade\"");
  }
  const std::optional<std::string_view> accept = OnlyValue(headers, "sec-websocket-accept");
  if (!accept || Trim(*accept) != WebSocketAccept(key)) {
    return std::unexpected("the server's Sec-WebSocket-Accept does not belong to the request's key");
  }
  WebSocketAgreement agreement;
  bool protocol_given = false;
  for (const HeaderField& field : headers) {
    if (!EqualsIgnoreCase(field.name, "sec-websocket-protocol")) continue;
    if (std::exchange(protocol_given, true)) return std::unexpected("the server chose more than one protocol");
    agreement.protocol = field.value;
  }
  if (protocol_given && std::ranges::find(protocols, agreement.protocol) == protocols.end()) {
    return std::unexpected("the server chose a protocol that was not offered");
  }

  agreement.extensions = JoinValues(headers, "sec-websocket-extensions");
  std::string_view rest = agreement.extensions;
  while (!rest.empty()) {
    std::string_view extension = NextPiece(rest, ',');
    const std::string_view name = NextPiece(extension, ';');
    if (!EqualsIgnoreCase(name, "permessage-deflate") || !offered_deflate || agreement.deflate) {
      return std::unexpected("the server chose an extension that was not offered");
    }
    const std::optional<DeflateElement> element = ParseDeflate(extension, false);
    if (!element) return std::unexpected("the server's parameters of permessage-deflate are invalid");
    agreement.deflate = DeflateParameters{
        .client_max_window_bits = ForZlib(element->client_max_window_bits.value_or(15)),
        .server_max_window_bits = ForZlib(element->server_max_window_bits.value_or(15)),
        .client_no_context_takeover = element->client_no_context_takeover,
        .server_no_context_takeover = element->server_no_context_takeover,
    };
  }
  return agreement;
}

}  // namespace verge::http
