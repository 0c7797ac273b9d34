// The opening handshake's fields.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/websocket/handshake.h"

namespace verge::http {
namespace {

std::string Chosen(std::string_view offer) {
  const auto chosen = ChooseDeflate(offer);
  return chosen ? DeflateResponse(*chosen) : "none";
}

TEST(WebSocketHandshake, Accept) {
  // RFC 6455, 1.3.
  EXPECT_EQ(WebSocketAccept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(NewWebSocketKey().size(), 24u);
  EXPECT_NE(NewWebSocketKey(), NewWebSocketKey());
}

TEST(WebSocketHandshake, ServerChoosesDeflate) {
  EXPECT_EQ(Chosen(""), "none");
  EXPECT_EQ(Chosen("x-webkit-deflate-frame"), "none");
  EXPECT_EQ(Chosen("permessage-deflate"), "permessage-deflate; server_max_window_bits=12");
  EXPECT_EQ(Chosen("permessage-deflate; client_max_window_bits"),
            "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12");
  EXPECT_EQ(Chosen("permessage-deflate; client_max_window_bits=10; server_max_window_bits=\"9\""),
            "permessage-deflate; server_max_window_bits=9; client_max_window_bits=10");
  EXPECT_EQ(Chosen("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12");
  // What is not understood is declined, and the next offer looked at.
  EXPECT_EQ(Chosen("permessage-deflate; unknown"), "none");
  EXPECT_EQ(Chosen("permessage-deflate; server_max_window_bits=16"), "none");
  EXPECT_EQ(Chosen("permessage-deflate; server_max_window_bits=08"), "none");
  EXPECT_EQ(Chosen("permessage-deflate; server_max_window_bits"), "none");
  EXPECT_EQ(Chosen("permessage-deflate; server_no_context_takeover=1"), "none");
  EXPECT_EQ(Chosen("permessage-deflate; server_no_context_takeover; server_no_context_takeover"), "none");
  EXPECT_EQ(Chosen("foo; a=\"x, permessage-deflate; y\", permessage-deflate; nonsense, permessage-deflate"),
            "permessage-deflate; server_max_window_bits=12");
  EXPECT_EQ(Chosen("permessage-deflate; a=\"unterminated"), "none");
  EXPECT_EQ(Chosen("permessage-deflate; a=\"\\"), "none");
}

class Response {
 public:
  Response& Add(std::string_view name, std::string_view value) {
    fields_.push_back({name, value});
    return *this;
  }
  std::string Read(std::vector<std::string> protocols = {}, bool offered = true) {
    const auto agreement = ReadWebSocketResponse(fields_, "dGhlIHNhbXBsZSBub25jZQ==", protocols, offered);
    if (!agreement) return "error: " + agreement.error();
    return agreement->protocol + "|" + agreement->extensions + "|" + (agreement->deflate ? "deflate" : "");
  }

 private:
  std::vector<HeaderField> fields_;
};

Response Good() {
  return Response()
      .Add("Upgrade", "WebSocket")
      .Add("Connection", "keep-alive, Upgrade")
      .Add("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocketHandshake, ClientChecksTheResponse) {
  EXPECT_EQ(Good().Read(), "||");
  EXPECT_EQ(Good().Add("Sec-WebSocket-Protocol", "b").Read({"a", "b"}), "b||");
  EXPECT_EQ(Good().Add("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits=8").Read(),
            "|permessage-deflate; client_max_window_bits=8|deflate");

  EXPECT_TRUE(Response().Read().starts_with("error"));
  EXPECT_TRUE(Response().Add("Upgrade", "websocket").Add("Connection", "upgrade").Read().starts_with("error"));
  EXPECT_TRUE(Good().Add("Sec-WebSocket-Accept", "x").Read().starts_with("error"));
  EXPECT_TRUE(Good().Add("Sec-WebSocket-Protocol", "c").Read({"a", "b"}).starts_with("error"));
  EXPECT_TRUE(Good().Add("Sec-WebSocket-Protocol", "a").Read().starts_with("error"));
  EXPECT_EQ(Good().Read({"a"}), "||");
  EXPECT_TRUE(Good().Add("Sec-WebSocket-Extensions", "permessage-deflate").Read({}, false).starts_with("error"));
  EXPECT_TRUE(Good().Add("Sec-WebSocket-Extensions", "foo").Read().starts_with("error"));
  EXPECT_TRUE(
      Good().Add("Sec-WebSocket-Extensions", "permessage-deflate, permessage-deflate").Read().starts_with("error"));
  EXPECT_TRUE(
      Good().Add("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits").Read().starts_with("error"));
}

}  // namespace
}  // namespace verge::http
