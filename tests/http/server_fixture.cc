#include "tests/http/server_fixture.h"

#include <cstdlib>
#include <utility>

namespace verge::http {

std::optional<std::string> ParsedResponse::header(std::string_view name) const {
  size_t at = 0;
  while ((at = head.find("\r\n", at)) != std::string::npos) {
    at += 2;
    const size_t colon = head.find(": ", at);
    if (colon == std::string::npos) return std::nullopt;
    if (EqualsIgnoreCase(std::string_view(head).substr(at, colon - at), name)) {
      return head.substr(colon + 2, head.find("\r\n", colon) - colon - 2);
    }
  }
  return std::nullopt;
}

std::optional<ParsedResponse> TakeResponse(std::string& input, bool head_request) {
  const size_t end = input.find("\r\n\r\n");
  if (end == std::string::npos || !input.starts_with("HTTP/1.1 ")) return std::nullopt;
  ParsedResponse response;
  response.head = input.substr(0, end + 2);
  response.status = std::atoi(input.c_str() + 9);
  size_t at = end + 4;
  if (!head_request && response.status != 204 && response.status != 304 && response.status >= 200) {
    if (const auto length = response.header("Content-Length")) {
      const size_t size = std::strtoull(length->c_str(), nullptr, 10);
      if (input.size() - at < size) return std::nullopt;
      response.body = input.substr(at, size);
      at += size;
    } else if (response.header("Transfer-Encoding") == "chunked") {
      for (;;) {
        const size_t line = input.find("\r\n", at);
        if (line == std::string::npos) return std::nullopt;
        const size_t size = std::strtoull(input.c_str() + at, nullptr, 16);
        if (input.size() < line + 4 + size) return std::nullopt;
        EXPECT_EQ(input.substr(line + 2 + size, 2), "\r\n");
        response.body.append(input, line + 2, size);
        at = line + 4 + size;
        if (size == 0) break;
      }
    }
  }
  input.erase(0, at);
  return response;
}

void ServerTest::TearDown() {
  clients_.clear();
  server_.reset();
  on_request = nullptr;
  CloseLoop();
}

void ServerTest::Start() {
  server_ = Server::Create(&loop_, this, limits_);
  const auto port = server_->Listen("127.0.0.1", 0);
  ASSERT_TRUE(port.has_value()) << port.error();
  port_ = *port;
}

TestClient& ServerTest::Connect(int receive_buffer) {
  clients_.push_back(std::make_unique<TestClient>(&loop_, port_, receive_buffer));
  return *clients_.back();
}

ParsedResponse ServerTest::Fetch(TestClient& client, std::string_view request, bool head_request) {
  client.Send(request);
  std::optional<ParsedResponse> response;
  RunUntil([&] {
    response = TakeResponse(client.input, head_request);
    return response.has_value() || client.closed();
  });
  EXPECT_TRUE(response.has_value()) << "closed without a response: " << client.input;
  return response.value_or(ParsedResponse());
}

std::string ServerTest::Exchange1(std::string_view request) {
  TestClient& client = Connect();
  client.Send(request);
  RunUntil([&] { return client.closed(); });
  EXPECT_TRUE(client.ended);
  std::string input = client.input;
  client.Close();
  return input;
}

std::string Get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: example.com\r\n\r\n";
}

}  // namespace verge::http
