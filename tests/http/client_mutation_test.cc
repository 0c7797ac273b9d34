// Valid answers with bytes changed, dropped, doubled and cut at random (from a fixed seed), in pieces of any size.
// Whatever comes of it, each request hears once, each body ends, nothing leaks, and no connection is used again that
// might carry what belongs to another answer.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "http/client/response_parser.h"
#include "tests/http/client_fixture.h"

namespace verge::http {
namespace {

const std::vector<std::string>& Seeds() {
  static const std::vector<std::string> seeds = {
      "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA:\r\nB: \t x "
      "\t\r\n\r\n5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n",
      "HTTP/1.1 204 No Content\r\nConnection: keep-alive, x\r\n\r\n",
      "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nuntil the end",
      "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: "
      "7\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nbytes",
      "HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n",
  };
  return seeds;
}

class Mutator {
 public:
  size_t Below(size_t bound) { return static_cast<size_t>(random_()) % bound; }
  std::string Next() {
    using namespace std::string_literals;
    const std::string special = "\r\n\t :;,/0159af%#?*@[]\x7f\x80\xff\0"s;
    std::string text;
    for (size_t count = 1 + Below(2); count > 0; --count) text += Seeds()[Below(Seeds().size())];
    for (size_t count = Below(6); count > 0; --count) {
      const size_t at = Below(text.size());
      switch (Below(5)) {
        case 0:
          text[at] = special[Below(special.size())];
          break;
        case 1:
          text.insert(at, 1, special[Below(special.size())]);
          break;
        case 2:
          text.erase(at, 1 + Below(4));
          break;
        case 3:
          text.insert(at, text.substr(Below(text.size()), Below(40)));
          break;
        case 4:
          text[at] = static_cast<char>(random_());
          break;
      }
      if (text.empty()) text = "H";
    }
    return text;
  }

 private:
  std::minstd_rand random_{20};
};

class ClientMutationTest : public ClientTest {};

TEST_F(ClientMutationTest, MutatedAnswersNeverConfuseTheClient) {
  options_.max_header_bytes = 512;
  Mutator mutator;
  int answered = 0;
  int failed = 0;
  for (int round = 0; round < 4'000; ++round) {
    const std::string text = mutator.Next();
    ClientRequest get = To("/", mutator.Below(4) == 0 ? "HEAD" : "GET");
    const bool upgrade = mutator.Below(4) == 0;
    if (upgrade) get.upgrade = "x";
    const size_t before = client().counters().idle_connections;
    auto request = Send(std::move(get));
    // On a connection that an earlier one left, or on a new one.
    TestClient* asked = nullptr;
    RunUntil([&] {
      for (const auto& each : origin_->peers) {
        if (each->input.contains("\r\n\r\n")) asked = each.get();
      }
      return asked != nullptr;
    });
    ASSERT_NE(asked, nullptr);
    if (upgrade) {
      ASSERT_EQ(client().counters().idle_connections, before);
    }
    TestClient& peer = *asked;
    peer.input.clear();
    for (size_t at = 0; at < text.size();) {
      const size_t count = 1 + mutator.Below(100);
      peer.Send(std::string_view(text).substr(at, count));
      at += count;
      if (mutator.Below(2) == 0) RunPending();
    }
    const bool whole = text == Seeds()[0];
    if (!request->done() || mutator.Below(2) == 0) {
      if (mutator.Below(4) == 0) {
        peer.Reset();
      } else {
        peer.ShutdownWrite();
      }
    }
    Await(*request);
    ASSERT_EQ(request->calls, 1) << testing::PrintToString(text);
    (request->error ? failed : answered) += 1;
    if (whole && !upgrade && request->response && !request->body.error) {
      EXPECT_TRUE(request->body.data == "hello world" || request->body.data.empty());
    }
    request.reset();
    RunPending();
    ASSERT_EQ(client().counters().open_connections, client().counters().idle_connections)
        << testing::PrintToString(text);
    if (client().counters().idle_connections == 0) origin_->peers.clear();
  }
  EXPECT_GT(answered, 500);
  EXPECT_GT(failed, 500);
  EXPECT_GT(client().counters().reused, 10u);
}

TEST(ResponseParserTest, HowBytesArriveMakesNoDifference) {
  const auto pool = MakeRef<Pool<PooledResponse>>();
  Mutator mutator;
  const auto parse = [&](std::string_view text, bool pieces) {
    ResponseParser parser;
    parser.Init(512, 20, pool.get());
    parser.Begin(false);
    size_t at = 0;
    while (at < text.size()) {
      const size_t count = pieces ? std::min(text.size() - at, 1 + mutator.Below(7)) : text.size() - at;
      const ResponseParser::Result result = parser.Feed(text.substr(at, count));
      if (result.status == ResponseParser::Status::kRefused) return "refused: " + std::string(parser.refusal());
      at += result.consumed;
      if (result.status == ResponseParser::Status::kNeedMore) continue;
      const Ref<PooledResponse> head = parser.TakeHead();
      std::string summary = std::to_string(head->status()) + " " + std::string(head->status_text());
      for (const HeaderField& field : head->headers()) {
        EXPECT_TRUE(IsToken(field.name)) << testing::PrintToString(text);
        EXPECT_TRUE(IsFieldValue(field.value)) << testing::PrintToString(text);
        summary.append("|").append(field.name).append(":").append(field.value);
      }
      return summary + " " + std::to_string(static_cast<int>(parser.framing())) + " " +
             std::to_string(parser.content_length()) + " " + std::to_string(parser.keep_alive()) + " @" +
             std::to_string(at);
    }
    return std::string("more");
  };
  int complete = 0;
  for (int round = 0; round < 50'000; ++round) {
    const std::string text = mutator.Next();
    const std::string whole = parse(text, false);
    ASSERT_EQ(parse(text, true), whole) << testing::PrintToString(text);
    if (!whole.starts_with("refused") && whole != "more") ++complete;
  }
  EXPECT_GT(complete, 5'000);
}

}  // namespace
}  // namespace verge::http
