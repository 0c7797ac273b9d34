// Response bodies: framing, back-pressure, and sources that misbehave.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/http/server_fixture.h"

namespace verge::http {
namespace {

class ServerResponseTest : public ServerTest {
 protected:
  // Every request is answered with `source`.
  void RespondWithSource(std::vector<HeaderField> fields = {}) {
    on_request = [this, fields](Ref<Exchange> exchange) {
      exchange->set_observer(&observer);
      exchange->Respond({.status = 200, .status_text = {}, .headers = fields}, Ref<BodySource>(source));
    };
  }
  TestObserver observer;
  Ref<TestSource> source = MakeRef<TestSource>();
};

TEST_F(ServerResponseTest, ASourceOfUnknownLengthIsChunked) {
  RespondWithSource();
  Start();
  TestClient& client = Connect();
  client.Send(Get());
  RunUntil([&] { return source->asked(); });
  RunUntil([&] { return client.input.ends_with("\r\n\r\n"); });
  client.input.clear();
  source->Add("hello");
  RunUntil([&] { return !client.input.empty(); });
  EXPECT_EQ(client.input, "5\r\nhello\r\n");
  client.input.clear();
  source->Add(std::string(20'000, 'x'));
  source->End();
  RunUntil([&] { return client.input.ends_with("0\r\n\r\n"); });
  EXPECT_EQ(client.input, "4e20\r\n" + std::string(20'000, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kSent});
  EXPECT_EQ(source->cancels, 0);
  EXPECT_EQ(source->references(), 1u);
}

TEST_F(ServerResponseTest, ASourcesOwnLengthIsUsed) {
  source->told_length = 5;
  source->chunks = {"he", "llo"};
  source->end = true;
  RespondWithSource({{"Content-Length", "77"}});
  Start();
  const ParsedResponse response = Fetch(Connect(), Get());
  EXPECT_EQ(response.header("Content-Length"), "5");
  EXPECT_EQ(response.header("Transfer-Encoding"), std::nullopt);
  EXPECT_EQ(response.body, "hello");
}

TEST_F(ServerResponseTest, AGivenContentLengthIsTakenOver) {
  source->chunks = {"hello"};
  source->end = true;
  RespondWithSource({{"content-length", "5"}});
  Start();
  TestClient& client = Connect();
  const ParsedResponse response = Fetch(client, Get());
  EXPECT_EQ(response.header("Content-Length"), "5");
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kSent});
}

TEST_F(ServerResponseTest, AnInvalidContentLengthIsNotTakenOver) {
  source->chunks = {"hello"};
  source->end = true;
  RespondWithSource({{"content-length", "5, 5"}});
  Start();
  const ParsedResponse response = Fetch(Connect(), Get());
  EXPECT_EQ(response.header("Content-Length"), std::nullopt);
  EXPECT_EQ(response.header("Transfer-Encoding"), "chunked");
}

TEST_F(ServerResponseTest, AnotherCountThanAnnouncedEndsTheConnection) {
  for (const std::string_view length : {"4", "6"}) {
    source = MakeRef<TestSource>();
    source->chunks = {"hello"};
    source->end = true;
    RespondWithSource({{"Content-Length", length}});
    if (!server_) Start();
    const std::string answer = Exchange1(Get() + Get());
    EXPECT_NE(answer.find("Content-Length: " + std::string(length) + "\r\n"), std::string::npos);
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos);
    EXPECT_EQ(source->cancels, 1);
  }
  EXPECT_EQ(observer.outcomes, (std::vector{ExchangeOutcome::kBodyFailed, ExchangeOutcome::kBodyFailed}));
}

TEST_F(ServerResponseTest, AFailingSourceEndsTheConnectionWithoutTheLastChunk) {
  RespondWithSource();
  Start();
  TestClient& client = Connect();
  client.Send(Get());
  RunUntil([&] { return source->asked(); });
  source->Add("hello");
  RunUntil([&] { return source->asked(); });
  source->Fail();
  RunUntil([&] { return client.closed(); });
  EXPECT_TRUE(client.input.ends_with("5\r\nhello\r\n")) << client.input;
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kBodyFailed});
}

TEST_F(ServerResponseTest, ForHttp10TheEndOfTheConnectionEndsTheBody) {
  source->chunks = {"hello", " ", "world"};
  source->end = true;
  RespondWithSource();
  Start();
  const std::string answer = Exchange1("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(answer.find("chunked"), std::string::npos);
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\nhello world"));
}

TEST_F(ServerResponseTest, AFailureThatHttp10CouldTakeForTheEndIsAReset) {
  RespondWithSource();
  Start();
  TestClient& client = Connect();
  client.Send("GET / HTTP/1.0\r\n\r\n");
  RunUntil([&] { return source->asked(); });
  source->Add("hello");
  RunUntil([&] { return client.input.ends_with("hello"); });
  source->Fail();
  RunUntil([&] { return client.closed(); });
  EXPECT_TRUE(client.failed);
}

TEST_F(ServerResponseTest, NoBodyWhereNoneBelongs) {
  const struct {
    std::string_view request;
    int status;
    std::string_view given_length;
    std::optional<std::string> length;
  } kCases[] = {
      {"HEAD", 200, "", std::nullopt}, {"HEAD", 200, "12", "12"},      {"GET", 204, "12", std::nullopt},
      {"GET", 304, "12", "12"},        {"GET", 304, "", std::nullopt}, {"GET", 304, "x", std::nullopt},
  };
  Start();
  TestClient& client = Connect();
  for (const auto& test : kCases) {
    source = MakeRef<TestSource>();
    source->chunks = {"body"};
    source->end = true;
    on_request = [&](Ref<Exchange> exchange) {
      const HeaderField field{"Content-Length", test.given_length};
      const bool given = !test.given_length.empty();
      exchange->Respond({.status = test.status, .status_text = {}, .headers = {&field, given ? 1u : 0u}},
                        Ref<BodySource>(source));
    };
    const ParsedResponse response = Fetch(client, std::string(test.request) + " / HTTP/1.1\r\nHost: a\r\n\r\n", true);
    EXPECT_EQ(response.status, test.status);
    EXPECT_EQ(response.header("Content-Length"), test.length) << test.request << test.status;
    EXPECT_EQ(response.header("Transfer-Encoding"), std::nullopt);
    EXPECT_EQ(source->cancels, 1);
    EXPECT_EQ(source->pulls, 0);
    EXPECT_EQ(client.input, "");
  }
}

TEST_F(ServerResponseTest, EmptyBodiesHaveALength) {
  on_request = [&](Ref<Exchange> exchange) {
    exchange->Respond({.status = exchange->head()->target() == "/204" ? 204 : 200, .status_text = {}, .headers = {}},
                      {});
  };
  Start();
  TestClient& client = Connect();
  EXPECT_EQ(Fetch(client, Get()).header("Content-Length"), "0");
  EXPECT_EQ(Fetch(client, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", true).header("Content-Length"), "0");
  EXPECT_EQ(Fetch(client, Get("/204")).header("Content-Length"), std::nullopt);
}

TEST_F(ServerResponseTest, InvalidHeadsBecome500) {
  HeaderField field;
  int status = 200;
  source->chunks = {"x"};
  on_request = [&](Ref<Exchange> exchange) {
    exchange->Respond({.status = status, .status_text = {}, .headers = {&field, 1}}, Ref<BodySource>(source));
  };
  Start();
  TestClient& client = Connect();
  for (const HeaderField& bad :
       std::vector<HeaderField>{{"A", "b\r\nSet-Cookie: evil=1"}, {"A\r\nB", "c"}, {"", "x"}}) {
    field = bad;
    const ParsedResponse response = Fetch(client, Get());
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.header("Set-Cookie"), std::nullopt);
    EXPECT_EQ(response.header("B"), std::nullopt);
  }
  field = {"A", "b"};
  status = 101;
  EXPECT_EQ(Fetch(client, Get()).status, 500);
  EXPECT_EQ(source->cancels, 4);
  EXPECT_EQ(source->pulls, 0);
}

TEST_F(ServerResponseTest, OnlyTheFirstAnswerCounts) {
  on_request = [&](Ref<Exchange> exchange) {
    EXPECT_FALSE(exchange->responded());
    exchange->Respond({}, std::string_view("first"));
    EXPECT_TRUE(exchange->responded());
    exchange->Respond({}, std::string_view("second"));
    exchange->Respond({}, Ref<BodySource>(source));
  };
  Start();
  TestClient& client = Connect();
  EXPECT_EQ(Fetch(client, Get()).body, "first");
  EXPECT_EQ(Fetch(client, Get()).body, "first");
  EXPECT_EQ(source->cancels, 2);
}

TEST_F(ServerResponseTest, LargeSharedBytesArriveWhole) {
  std::string text;
  for (int i = 0; i < 3'000'000; ++i) text += static_cast<char>('a' + i * 7 % 26);
  const Bytes bytes = Bytes::Copy(text);
  on_request = [&](Ref<Exchange> exchange) { exchange->Respond({}, bytes); };
  Start();
  TestClient& client = Connect();
  EXPECT_TRUE(Fetch(client, Get()).body == text);
  EXPECT_TRUE(Fetch(client, Get()).body == text);
}

// Gives chunks of one block at once, as many as are asked for, and counts.
class EndlessSource final : public BodySource {
 public:
  explicit EndlessSource(uint64_t total, size_t chunk) : left(total), chunk_(Bytes::Take(std::string(chunk, 'z'))) {}
  void Pull(BodySink* sink) override {
    EXPECT_EQ(depth_, 0) << "recursion";
    ++depth_;
    if (left == 0) {
      sink->OnEnd();
    } else {
      const Bytes chunk = chunk_.Slice(0, static_cast<size_t>(std::min<uint64_t>(left, chunk_.size())));
      left -= chunk.size();
      produced += chunk.size();
      sink->OnChunk(chunk);
    }
    --depth_;
  }
  void Cancel() override {}
  uint64_t left;
  uint64_t produced = 0;

 private:
  Bytes chunk_;
  int depth_ = 0;
};

TEST_F(ServerResponseTest, ASourceIsPulledNoFasterThanTheClientReads) {
  constexpr uint64_t kTotal = 256ull * 1024 * 1024;
  const auto endless = MakeRef<EndlessSource>(kTotal, 40'000);
  on_request = [&](Ref<Exchange> exchange) {
    exchange->set_observer(&observer);
    exchange->Respond({}, Ref<BodySource>(endless));
  };
  Start();
  TestClient& client = Connect(64 * 1024);
  client.discard_input = true;
  client.set_reading(false);
  client.Send(Get());
  uint64_t before = UINT64_MAX;
  while (before != endless->produced) {
    before = endless->produced;
    RunPending();
  }
  EXPECT_GT(endless->produced, 0u);
  EXPECT_LT(endless->produced, 16u * 1024 * 1024) << "more than the kernel's buffers can take";
  client.set_reading(true);
  uint64_t furthest = 0;
  RunUntil([&] {
    furthest = std::max(furthest, endless->produced - std::min(endless->produced, server_->counters().bytes_written));
    return !observer.outcomes.empty();
  });
  RunUntil([&] { return client.received > kTotal; });
  // The high-water mark and the chunk that goes beyond it.
  EXPECT_LT(furthest, 256u * 1024);
  EXPECT_EQ(observer.outcomes, std::vector{ExchangeOutcome::kSent});
}

TEST_F(ServerResponseTest, ManySmallSynchronousChunksDoNotRecurse) {
  const auto endless = MakeRef<EndlessSource>(3'000'000, 1);
  on_request = [&](Ref<Exchange> exchange) { exchange->Respond({}, Ref<BodySource>(endless)); };
  Start();
  TestClient& client = Connect();
  client.discard_input = true;
  client.Send(Get());
  RunUntil([&] { return client.received > 3'000'000 * 6; });
  EXPECT_EQ(endless->left, 0u);
}

TEST_F(ServerResponseTest, OneEndlessResponseDoesNotStarveOthers) {
  const auto endless = MakeRef<EndlessSource>(UINT64_MAX, 60'000);
  on_request = [&](Ref<Exchange> exchange) {
    if (exchange->head()->target() == "/endless") {
      exchange->Respond({}, Ref<BodySource>(endless));
    } else {
      exchange->Respond({}, std::string_view("ok"));
    }
  };
  Start();
  TestClient& greedy = Connect();
  greedy.discard_input = true;
  greedy.Send(Get("/endless"));
  RunUntil([&] { return greedy.received > 10'000'000; });
  EXPECT_EQ(Fetch(Connect(), Get()).body, "ok");
}

}  // namespace
}  // namespace verge::http
