// A server, its handler and its clients on one loop in the test's thread: every step is deterministic, and what the
// server holds can be looked at between two turns of the loop.
#ifndef TESTS_HTTP_SERVER_FIXTURE_H_
#define TESTS_HTTP_SERVER_FIXTURE_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"
#include "tests/http/loop_fixture.h"

namespace verge::http {

struct ParsedResponse {
  int status = 0;
  std::string head;  // with the last CRLF
  std::string body;
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

// Takes a complete response (Content-Length, chunked, or none) off the front of `input`.
std::optional<ParsedResponse> TakeResponse(std::string& input, bool head_request = false);

// Records outcomes.
class TestObserver final : public ExchangeObserver {
 public:
  void OnExchangeDone(ExchangeOutcome outcome) override { outcomes.push_back(outcome); }
  std::vector<ExchangeOutcome> outcomes;
};

class ServerTest : public LoopTest, public RequestHandler {
 protected:
  // Not the destructor: derived fixtures' members are still there when the server goes.
  void TearDown() override;

  void Start();
  TestClient& Connect(int receive_buffer = 0);

  // Sends and waits for a whole response.
  ParsedResponse Fetch(TestClient& client, std::string_view request, bool head_request = false);

  // A connection of its own for a request that closes it: everything that comes until the end.
  std::string Exchange1(std::string_view request);

  void OnRequest(Ref<Exchange> exchange) override {
    ++requests;
    if (on_request) {
      on_request(std::move(exchange));
    } else {
      exchange->Respond({}, std::string_view(std::string(exchange->head()->target())));
    }
  }

  ServerLimits limits_;
  std::unique_ptr<Server> server_;
  int port_ = 0;
  int requests = 0;
  std::function<void(Ref<Exchange>)> on_request;
  std::vector<std::unique_ptr<TestClient>> clients_;
};

std::string Get(std::string_view target = "/");

}  // namespace verge::http

#endif  // TESTS_HTTP_SERVER_FIXTURE_H_
