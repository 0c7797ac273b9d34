// A client and the origins it talks to on one loop in the test's thread. Origins are raw sockets: they send exactly
// what the test says, right or wrong.
#ifndef TESTS_HTTP_CLIENT_FIXTURE_H_
#define TESTS_HTTP_CLIENT_FIXTURE_H_

#include <uv.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/client/client.h"
#include "http/client/transport.h"
#include "tests/http/loop_fixture.h"

namespace verge::http {

// Records what comes of a request.
class TestRequest final : public ClientObserver {
 public:
  ~TestRequest() {
    if (exchange) exchange->Cancel();
  }
  void OnResponse(Ref<ClientResponse> got) override {
    ++calls;
    response = std::move(got);
    if (on_response) on_response();
    if (read_body && response) {
      if (response->body()) {
        body.PullAll(response->body());
      } else {
        body.ended = true;
      }
    }
  }
  void OnError(ClientError got) override {
    ++calls;
    error = std::move(got);
    if (on_error) on_error();
  }
  void OnUpgrade(Ref<ClientResponse> got, std::unique_ptr<Transport> connection) override {
    ++calls;
    response = std::move(got);
    transport = std::move(connection);
    if (on_response) on_response();
  }
  [[nodiscard]] bool answered() const { return calls != 0; }
  [[nodiscard]] bool done() const { return error.has_value() || (response && (body.ended || transport)); }

  Ref<ClientExchange> exchange;
  Ref<ClientResponse> response;
  std::optional<ClientError> error;
  std::unique_ptr<Transport> transport;
  TestSink body;
  bool read_body = true;
  int calls = 0;
  std::function<void()> on_response;
  std::function<void()> on_error;
};

// Listens, and keeps what connects.
class TestOrigin {
 public:
  explicit TestOrigin(uv_loop_t* loop, std::string_view address = "127.0.0.1");
  ~TestOrigin();
  TestOrigin(const TestOrigin&) = delete;
  TestOrigin& operator=(const TestOrigin&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }
  // Of all connections, in the order in which they were made.
  std::vector<std::unique_ptr<TestClient>> peers;
  // Stops listening: connections are refused.
  void Close();

 private:
  void OnConnection();
  uv_loop_t* loop_;
  uv_poll_t* poll_;
  int fd_;
  uint16_t port_ = 0;
};

class ClientTest : public LoopTest {
 protected:
  ClientTest() : origin_(std::make_unique<TestOrigin>(&loop_)) {}
  // Not the destructor: derived fixtures' members are still there when the client goes.
  void TearDown() override;

  Client& client() {
    if (!client_) client_ = Client::Create(&loop_, options_);
    return *client_;
  }

  // To the origin, by its address.
  ClientRequest To(std::string_view target = "/", std::string_view method = "GET") {
    return {.method = method,
            .host = "127.0.0.1",
            .port = origin_->port(),
            .target = target,
            .headers = {},
            .body = {},
            .upgrade = {}};
  }
  std::unique_ptr<TestRequest> Send(ClientRequest request) {
    auto made = std::make_unique<TestRequest>();
    made->exchange = client().Send(std::move(request), made.get());
    EXPECT_FALSE(made->answered()) << "not from within Send";
    return made;
  }

  // The n-th connection to the origin, once it is there.
  TestClient& Peer(size_t n = 0);
  // Takes a request's head off the peer's input, once it is complete.
  std::string TakeHead(TestClient& peer);
  // Sends a GET, has the origin answer with these bytes, and waits for what comes of it.
  std::unique_ptr<TestRequest> Exchange(std::string_view answer, std::string_view method = "GET");
  // The same, with the connection closed after the bytes.
  std::unique_ptr<TestRequest> ExchangeAndClose(std::string_view answer, std::string_view method = "GET");
  bool Await(TestRequest& request) {
    return RunUntil([&] { return request.done(); });
  }

  ClientOptions options_;
  std::unique_ptr<TestOrigin> origin_;
  std::unique_ptr<Client> client_;
};

// "error: ..." or "200 body".
std::string Outcome(const TestRequest& request);

}  // namespace verge::http

#endif  // TESTS_HTTP_CLIENT_FIXTURE_H_
