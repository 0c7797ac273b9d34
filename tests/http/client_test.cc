// Requests and responses of the client over plain connections that behave.
#include <gtest/gtest.h>

#include <string>

#include "tests/http/client_fixture.h"

namespace verge::http {
namespace {

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_F(ClientTest, AGetAndItsAnswer) {
  const HeaderField fields[] = {
      {"Accept", "*/*"}, {"X-Two", " padded "}, {"Connection", "close"}, {"content-length", "7"}};
  ClientRequest get = To("/path?query");
  get.headers = fields;
  auto request = Send(std::move(get));
  EXPECT_EQ(TakeHead(Peer()), "GET /path?query HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(origin_->port()) +
                                  "\r\nAccept: */*\r\nX-Two: padded\r\n\r\n");
  Peer().Send("HTTP/1.1 404 Not here\r\nContent-Length: 4\r\nA: b\r\na:  c \r\n\r\nbody");
  Await(*request);
  ASSERT_TRUE(request->response);
  EXPECT_EQ(request->response->status(), 404);
  EXPECT_EQ(request->response->status_text(), "Not here");
  EXPECT_EQ(request->response->headers().size(), 3u);
  EXPECT_EQ(request->response->header("A"), "b");
  EXPECT_EQ(request->response->headers()[2].value, "c");
  EXPECT_EQ(request->response->body()->length(), 4u);
  EXPECT_EQ(request->body.data, "body");
  EXPECT_EQ(request->calls, 1);
}

TEST_F(ClientTest, AConnectionIsKeptAndUsedAgain) {
  for (int i = 0; i < 5; ++i) {
    auto request = Send(To("/" + std::to_string(i)));
    TakeHead(Peer());
    Peer().Send(kOk);
    Await(*request);
    EXPECT_EQ(Outcome(*request), "200 ok");
    EXPECT_EQ(client().counters().idle_connections, 1u);
  }
  EXPECT_EQ(origin_->peers.size(), 1u);
  EXPECT_EQ(client().counters().requests, 5u);
  EXPECT_EQ(client().counters().connections, 1u);
  EXPECT_EQ(client().counters().reused, 4u);
  EXPECT_EQ(client().counters().lookups, 0u);
}

TEST_F(ClientTest, Framings) {
  EXPECT_EQ(Outcome(*Exchange(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nT: v\r\n\r\n")),
            "200 abcdefg");
  client_.reset();
  EXPECT_EQ(Outcome(*ExchangeAndClose("HTTP/1.1 200 OK\r\n\r\nuntil the end")), "200 until the end");
  EXPECT_EQ(client().counters().open_connections, 0u);
  EXPECT_EQ(Outcome(*ExchangeAndClose("HTTP/1.0 200 OK\r\n\r\nuntil the end")), "200 until the end");
  auto none = Exchange("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_FALSE(none->response->body());
  client_.reset();
  EXPECT_EQ(Outcome(*Exchange("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", "HEAD")), "200 ");
  EXPECT_EQ(client().counters().idle_connections, 1u);
  client_.reset();
  EXPECT_EQ(Outcome(*Exchange("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n")), "304 ");
  EXPECT_EQ(client().counters().idle_connections, 1u);
  client_.reset();
  EXPECT_EQ(Outcome(*Exchange("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n")), "200 ");
}

TEST_F(ClientTest, BodiesAreSent) {
  ClientRequest post = To("/", "POST");
  post.body = Bytes::Copy(std::string_view("hello"));
  auto request = Send(std::move(post));
  EXPECT_TRUE(TakeHead(Peer()).ends_with("Content-Length: 5\r\n\r\n"));
  RunUntil([&] { return Peer().input == "hello"; });
  Peer().Send(kOk);
  Await(*request);

  const auto source = MakeRef<TestSource>();
  source->chunks = {"one", "three"};
  post = To("/", "POST");
  post.body = Ref<BodySource>(source);
  Peer().input.clear();
  request = Send(std::move(post));
  EXPECT_EQ(source->pulls, 0) << "not from within Send";
  EXPECT_TRUE(TakeHead(Peer()).ends_with("Transfer-Encoding: chunked\r\n\r\n"));
  RunUntil([&] { return Peer().input == "3\r\none\r\n5\r\nthree\r\n"; });
  source->End();
  RunUntil([&] { return Peer().input.ends_with("0\r\n\r\n"); });
  Peer().Send(kOk);
  Await(*request);
  EXPECT_EQ(Outcome(*request), "200 ok");
  EXPECT_EQ(client().counters().reused, 1u);

  Peer().input.clear();
  request = Send(To("/", "POST"));
  EXPECT_TRUE(TakeHead(Peer()).ends_with("Content-Length: 0\r\n\r\n"));
  Peer().Send(kOk);
  Await(*request);
}

// What a source gives late, from outside a pull, may fill the queue and be taken by the socket at once: the next pull
// follows all the same.
TEST_F(ClientTest, ASourceIsPulledOnAfterALargeChunk) {
  constexpr size_t kChunk = 130 * 1024;
  constexpr int kChunks = 20;
  const auto source = MakeRef<TestSource>();
  ClientRequest post = To("/", "POST");
  post.body = Ref<BodySource>(source);
  auto request = Send(std::move(post));
  TakeHead(Peer());
  for (int i = 0; i < kChunks; ++i) {
    RunUntil([&] { return source->asked(); });
    ASSERT_TRUE(source->asked()) << i;
    source->Add(std::string(kChunk, 'x'));
  }
  RunUntil([&] { return source->asked(); });
  source->End();
  RunUntil([&] { return Peer().input.ends_with("0\r\n\r\n"); });
  EXPECT_GT(Peer().input.size(), kChunk * kChunks);
  Peer().Send(kOk);
  Await(*request);
  EXPECT_EQ(Outcome(*request), "200 ok");
}

TEST_F(ClientTest, ALargeBodyIsReadOnlyAsFastAsItIsPulled) {
  const std::string body(20 * 1024 * 1024, 'x');
  auto request = std::make_unique<TestRequest>();
  request->read_body = false;
  request->exchange = client().Send(To(), request.get());
  TakeHead(Peer());
  Peer().Send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  RunUntil([&] { return request->answered(); });
  size_t unsent = 0;
  do {
    unsent = Peer().unsent();
    RunPending();
  } while (unsent != Peer().unsent());
  EXPECT_GT(unsent, 0u);
  request->body.PullAll(request->response->body());
  Await(*request);
  EXPECT_EQ(request->body.data.size(), body.size());
  EXPECT_EQ(client().counters().idle_connections, 1u);
}

}  // namespace
}  // namespace verge::http
