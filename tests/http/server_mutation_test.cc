// Valid traffic with bytes changed, dropped, doubled and cut at random (from a fixed seed). Whatever comes of it, the
// server answers in whole responses and closes, every exchange ends once, and nothing leaks.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/http/server_fixture.h"

namespace verge::http {
namespace {

class ServerMutationTest : public ServerTest {
 protected:
  // Owns itself until its exchange is done and its body read.
  class Reader final : public BodySink, public ExchangeObserver {
   public:
    Reader(ServerMutationTest* test, Ref<Exchange> exchange) : test_(test), exchange_(std::move(exchange)) {
      ++test_->open_exchanges;
      exchange_->set_observer(this);
      body_ = exchange_->body();
      if (body_) {
        body_->Pull(this);
      } else {
        OnEnd();
      }
    }
    void OnChunk(Bytes chunk) override {
      EXPECT_FALSE(chunk.empty());
      size_ += chunk.size();
      body_->Pull(this);
    }
    void OnEnd() override {
      const std::string text = std::to_string(size_);
      exchange_->Respond({}, std::string_view(text));
      EndOfBody();
    }
    void OnError(BodyError, std::string_view) override { EndOfBody(); }
    void OnExchangeDone(ExchangeOutcome) override {
      EXPECT_FALSE(done_);
      done_ = true;
      --test_->open_exchanges;
      DeleteIfOver();
    }

   private:
    void EndOfBody() {
      EXPECT_FALSE(read_);
      read_ = true;
      body_.reset();
      DeleteIfOver();
    }
    void DeleteIfOver() {
      if (done_ && read_) delete this;
    }
    ServerMutationTest* test_;
    Ref<Exchange> exchange_;
    Ref<BodySource> body_;
    size_t size_ = 0;
    bool read_ = false;
    bool done_ = false;
  };
  int open_exchanges = 0;
};

TEST_F(ServerMutationTest, MutatedRequestsNeverConfuseTheServer) {
  const std::vector<std::string> seeds = {
      Get("/a?b=c"),
      "POST /x HTTP/1.1\r\nHost: example.com:80\r\nContent-Length: 11\r\nConnection: keep-alive\r\n\r\nhello world",
      "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nT: "
      "v\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc",
      "GET http://host/p HTTP/1.1\r\nHost: [::1]:8080\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
      "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\nA:\r\nB: \t x \t\r\n\r\n",
  };
  using namespace std::string_literals;
  const std::string special = "\r\n\t :;,/0159af%#?*@[]\x7f\x80\xff\0"s;
  limits_.max_body_bytes = 64;
  limits_.max_target_bytes = 64;
  limits_.max_header_bytes = 512;
  on_request = [&](Ref<Exchange> exchange) { new Reader(this, std::move(exchange)); };
  Start();
  std::minstd_rand random(20);
  const auto below = [&](size_t bound) { return static_cast<size_t>(random()) % bound; };
  for (int round = 0; round < 4'000; ++round) {
    std::string text;
    for (size_t count = 1 + below(4); count > 0; --count) text += seeds[below(seeds.size())];
    for (size_t count = below(6); count > 0; --count) {
      const size_t at = below(text.size());
      switch (below(5)) {
        case 0:
          text[at] = special[below(special.size())];
          break;
        case 1:
          text.insert(at, 1, special[below(special.size())]);
          break;
        case 2:
          text.erase(at, 1 + below(4));
          break;
        case 3:
          text.insert(at, text.substr(below(text.size()), below(40)));
          break;
        case 4:
          text[at] = static_cast<char>(random());
          break;
      }
      if (text.empty()) text = "G";
    }
    TestClient& client = Connect();
    for (size_t at = 0; at < text.size();) {
      const size_t count = 1 + below(200);
      client.Send(std::string_view(text).substr(at, count));
      at += count;
      if (below(2) == 0) RunPending();
    }
    if (below(4) == 0) {
      client.Reset();
    } else {
      client.ShutdownWrite();
      RunUntil([&] { return client.closed(); });
      // Whole responses only; what HEAD gets has no body, so the sequence is only looked at from the front.
      EXPECT_TRUE(client.input.empty() || client.input.starts_with("HTTP/1.1 ")) << client.input;
    }
    clients_.clear();
    RunUntil([&] { return server_->counters().open_connections == 0; });
    ASSERT_EQ(open_exchanges, 0) << testing::PrintToString(text);
  }
  EXPECT_GT(server_->counters().refused, 1'000u);
  EXPECT_GT(server_->counters().requests, 1'000u);
}

}  // namespace
}  // namespace verge::http
