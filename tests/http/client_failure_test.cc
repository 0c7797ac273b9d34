// Origins that answer wrongly, late, or not at all.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/http/client_fixture.h"

namespace verge::http {
namespace {

using std::chrono::milliseconds;
using Kind = ClientError::Kind;

class ClientFailureTest : public ClientTest {
 protected:
  std::string Name() const { return "127.0.0.1:" + std::to_string(origin_->port()); }
};

TEST_F(ClientFailureTest, WhatIsNotClearlyHttpIsRefused) {
  using namespace std::string_literals;
  const std::vector<std::string> answers = {
      "SSH-2.0-OpenSSH_9.2\r\n",
      "\x16\x03\x01",
      "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      "\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      " HTTP/1.1 200 OK\r\n\r\n",
      "http/1.1 200 OK\r\n\r\n",
      "RTSP/1.0 200 OK\r\n\r\n",
      "ICE/1.0 200 OK\r\n\r\n",
      "HTTP/0.9 200 OK\r\n\r\n",
      "HTTP/2.0 200 OK\r\n\r\n",
      "HTTP/1.2 200 OK\r\n\r\n",
      "HTTP/1.10 200 OK\r\n\r\n",
      "HTTP/1.1  200 OK\r\n\r\n",
      "HTTP/1.1\t200 OK\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 099 OK\r\n\r\n",
      "HTTP/1.1 2x0 OK\r\n\r\n",
      "HTTP/1.1 +20 OK\r\n\r\n",
      "HTTP/1.1 OK\r\n\r\n",
      "HTTP/1.1 200 O\0K\r\n\r\n"s,
      "HTTP/1.1 200 OK\n\n",
      "HTTP/1.1 200 OK\r\r\n\r\n",
      "HTTP/1.1 200 OK\rA: b\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\r\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\r\n\n",
      "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
      "HTTP/1.1 200 OK\r\n A: b\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\r\n\tc\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA:\r\n c\r\n\r\n",
      "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA@: b\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n"s,
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nContent-Length: 2 2\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: \x0b"
      "chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
  };
  for (const std::string& answer : answers) {
    for (const bool dripped : {false, true}) {
      auto request = Send(To());
      TestClient& peer = Peer(origin_->peers.size());
      TakeHead(peer);
      if (dripped) {
        for (const char c : answer) {
          peer.Send({&c, 1});
          RunPending();
        }
      } else {
        peer.Send(answer);
      }
      Await(*request);
      ASSERT_TRUE(request->error) << testing::PrintToString(answer);
      EXPECT_EQ(request->error->kind, Kind::kMalformed) << testing::PrintToString(answer);
      EXPECT_TRUE(request->error->message.starts_with("invalid response from " + Name() + ": "))
          << request->error->message;
      RunUntil([&] { return peer.closed(); });
    }
  }
  EXPECT_EQ(client().counters().retries, 0u);
  EXPECT_EQ(client().counters().open_connections, 0u);
}

TEST_F(ClientFailureTest, EveryByteInAFieldValue) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    auto request =
        Exchange("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\nA: b" + std::string(1, c) + "c\r\n\r\n");
    const bool refused = c == '\0' || c == '\r' || c == '\n';
    EXPECT_EQ(request->error.has_value(), refused) << byte;
    if (!refused) {
      ASSERT_TRUE(request->response) << byte;
      EXPECT_EQ(request->response->header("a"), "b" + std::string(1, c) + "c") << byte;
    }
  }
}

TEST_F(ClientFailureTest, HeadsHaveLimits) {
  options_.max_header_bytes = 4096;
  options_.max_header_fields = 20;
  auto request = Exchange("HTTP/1.1 200 OK\r\nA: " + std::string(4096, 'x') + "\r\n\r\n");
  EXPECT_EQ(Outcome(*request), "error: invalid response from " + Name() + ": the response's head is too large");
  request = Exchange("HTTP/1.1 200 " + std::string(4097, 'x'));
  EXPECT_EQ(request->error->kind, Kind::kMalformed);
  request = Exchange("HTTP/1.1 200 OK\r\nA: " + std::string(100'000, ' '));
  EXPECT_EQ(request->error->kind, Kind::kMalformed);
  std::string many = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
  for (int i = 0; i < 19; ++i) many += "A: b\r\n";
  EXPECT_EQ(Outcome(*Exchange(many + "\r\n")), "200 ");
  client_.reset();
  EXPECT_EQ(Outcome(*Exchange(many + "A: b\r\n\r\n")),
            "error: invalid response from " + Name() + ": the response has too many header fields");
}

TEST_F(ClientFailureTest, InformationalResponsesAreSkippedButNotForever) {
  EXPECT_EQ(Outcome(*Exchange("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 "
                              "OK\r\nContent-Length: 2\r\n\r\nok")),
            "200 ok");
  client_.reset();
  std::string flood;
  for (int i = 0; i < 1000; ++i) flood += "HTTP/1.1 102 Processing\r\n\r\n";
  EXPECT_EQ(Outcome(*Exchange(flood)),
            "error: invalid response from " + Name() + ": it sends informational responses without end");
}

TEST_F(ClientFailureTest, ChunkedBodiesAreStrict) {
  for (const std::string& body : std::vector<std::string>{
           "x\r\n", "\r\n", "5\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhelloworld\r\n0\r\n\r\n",
           "-5\r\nhello\r\n", "0x5\r\nhello\r\n", "5 \r\nhello\r\n", " 5\r\nhello\r\n", "11111111111111111\r\nx",
           "0\r\nbad\r\n\r\n", "0\r\n: x\r\n\r\n", "0\r\n\n", "5;\x01\r\nhello\r\n",
           "0\r\nT: " + std::string(20'000, 'x') + "\r\n\r\n"}) {
    auto request = Exchange("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
    ASSERT_TRUE(request->response) << Outcome(*request);
    EXPECT_EQ(request->body.error, BodyError::kMalformed) << testing::PrintToString(body);
    EXPECT_EQ(client().counters().open_connections, 0u);
  }
}

TEST_F(ClientFailureTest, APrematureEndIsAnError) {
  const auto broken = [&](std::string_view answer) {
    auto request = ExchangeAndClose(answer);
    EXPECT_TRUE(request->response) << Outcome(*request);
    EXPECT_EQ(request->body.error, BodyError::kDisconnected) << answer;
    EXPECT_EQ(request->body.message, "connection to " + Name() + " was closed before the response's body was complete");
    return request->body.data;
  };
  EXPECT_EQ(broken("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"), "hell");
  EXPECT_EQ(broken("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), "");
  EXPECT_EQ(broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), "hello");
  EXPECT_EQ(broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"), "hello");
  EXPECT_EQ(broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"), "he");
  EXPECT_EQ(Outcome(*ExchangeAndClose("")), "error: connection to " + Name() + " was closed without a response");
  auto request = ExchangeAndClose("HTTP/1.1 200 OK\r\nA: b\r\n");
  EXPECT_EQ(request->error->kind, Kind::kReset);
  EXPECT_EQ(request->error->message, "connection to " + Name() + " was closed before the response's head was complete");
}

TEST_F(ClientFailureTest, Resets) {
  auto request = Send(To());
  TakeHead(Peer());
  Peer().Reset();
  Await(*request);
  EXPECT_EQ(Outcome(*request), "error: connection to " + Name() + " was reset without a response");
  EXPECT_EQ(request->error->kind, Kind::kReset);

  request = Send(To());
  TakeHead(Peer(1));
  Peer(1).Send("HTTP/1.1 200 OK\r\n\r\nuntil the ");
  RunUntil([&] { return request->body.data == "until the "; });
  Peer(1).Reset();
  Await(*request);
  EXPECT_EQ(Outcome(*request), "200 until the  broken");
  EXPECT_EQ(client().counters().retries, 0u);
}

TEST_F(ClientFailureTest, RefusedConnections) {
  const std::string name = Name();
  ClientRequest get = To();
  origin_->Close();
  auto request = Send(std::move(get));
  Await(*request);
  EXPECT_EQ(Outcome(*request), "error: connection to " + name + " refused");
  EXPECT_EQ(request->error->kind, Kind::kConnect);
}

TEST_F(ClientFailureTest, Stalls) {
  options_.stall_timeout = milliseconds(30);
  auto request = Send(To());
  Await(*request);
  EXPECT_EQ(Outcome(*request), "error: " + Name() + " sent nothing for too long");
  EXPECT_EQ(request->error->kind, Kind::kTimeout);

  request = Send(To());
  TakeHead(Peer(1));
  Peer(1).Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell");
  Await(*request);
  EXPECT_EQ(request->body.error, BodyError::kTimeout);
  EXPECT_EQ(request->body.data, "hell");

  // Nobody waits: nothing is late.
  request = std::make_unique<TestRequest>();
  request->read_body = false;
  request->exchange = client().Send(To(), request.get());
  TakeHead(Peer(2));
  Peer(2).Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell");
  RunUntil([&] { return request->answered(); });
  auto other = Send(To());
  Await(*other);
  EXPECT_EQ(other->error->kind, Kind::kTimeout);
  Peer(2).Send("o");
  request->body.PullAll(request->response->body());
  Await(*request);
  EXPECT_EQ(Outcome(*request), "200 hello");
}

TEST_F(ClientFailureTest, ASlowDripIsNotAStall) {
  options_.stall_timeout = milliseconds(2000);
  auto request = Send(To());
  TakeHead(Peer());
  const std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (const char c : answer) {
    Peer().Send({&c, 1});
    RunPending();
  }
  Await(*request);
  EXPECT_EQ(Outcome(*request), "200 hello");
  EXPECT_EQ(client().counters().idle_connections, 1u);
}

TEST_F(ClientFailureTest, ConnectingHasItsTime) {
  // Listens, and never accepts more than its backlog holds.
  options_.connect_timeout = milliseconds(50);
  ClientRequest get = To();
  get.host = "192.0.2.1";
  auto request = Send(std::move(get));
  Await(*request);
  EXPECT_EQ(request->error->kind, Kind::kConnect) << Outcome(*request);
}

TEST_F(ClientFailureTest, RequestsThatCannotBeSent) {
  const auto refused = [&](ClientRequest bad) {
    auto request = Send(std::move(bad));
    Await(*request);
    EXPECT_TRUE(request->error);
    EXPECT_EQ(request->error->kind, Kind::kMalformed);
    EXPECT_TRUE(request->error->message.starts_with("the request cannot be sent: ")) << request->error->message;
  };
  refused(To("/a b"));
  refused(To("/\r\nX: y"));
  refused(To("x"));
  refused(To(""));
  refused(To("*"));
  refused(To("/", "G T"));
  refused(To("/", ""));
  refused(To("/", "CONNECT"));
  ClientRequest bad = To();
  bad.host = "a\r\nb";
  refused(bad);
  bad.host = "";
  refused(bad);
  for (const HeaderField field : {HeaderField{"A", "b\r\nC: d"}, HeaderField{"A:", "b"}, HeaderField{"", "b"},
                                  HeaderField{"A", std::string_view("\0", 1)}, HeaderField{"Host", "a b"}}) {
    bad = To();
    bad.headers = {&field, 1};
    refused(bad);
  }
  bad = To();
  bad.upgrade = "a\r\nb";
  refused(bad);
  EXPECT_EQ(origin_->peers.size(), 0u);
}

TEST_F(ClientFailureTest, RequestBodiesThatFail) {
  const auto source = MakeRef<TestSource>();
  ClientRequest post = To("/", "POST");
  post.body = Ref<BodySource>(source);
  auto request = Send(std::move(post));
  RunUntil([&] { return source->asked(); });
  source->Add("some");
  source->Fail();
  RunUntil([&] { return source->pulls == 2; });
  Await(*request);
  EXPECT_EQ(Outcome(*request), "error: no more");
  EXPECT_EQ(request->error->kind, Kind::kBody);
  RunUntil([&] { return Peer().closed(); });

  for (const std::string_view sent : {"toolong", "short", ""}) {
    const auto wrong = MakeRef<TestSource>();
    wrong->told_length = 6;
    if (!sent.empty()) wrong->chunks = {std::string(sent)};
    wrong->end = true;
    post = To("/", "POST");
    post.body = Ref<BodySource>(wrong);
    request = Send(std::move(post));
    Await(*request);
    EXPECT_EQ(request->error->kind, Kind::kBody);
    EXPECT_EQ(request->error->message,
              std::string("the request's body is ") + (sent.size() > 6 ? "longer" : "shorter") + " than its length");
  }
}

TEST_F(ClientFailureTest, AnEarlyAnswerDoesNotEndTheRequest) {
  const auto source = MakeRef<TestSource>();
  ClientRequest post = To("/", "POST");
  post.body = Ref<BodySource>(source);
  auto request = Send(std::move(post));
  TakeHead(Peer());
  Peer().Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly");
  Await(*request);
  EXPECT_EQ(Outcome(*request), "200 early");
  EXPECT_EQ(client().counters().idle_connections, 0u);
  source->Add("late");
  RunUntil([&] { return Peer().input == "4\r\nlate\r\n"; });
  source->End();
  RunUntil([&] { return client().counters().idle_connections == 1; });
  EXPECT_TRUE(Peer().input.ends_with("0\r\n\r\n"));
  EXPECT_EQ(source->cancels, 0);
}

TEST_F(ClientFailureTest, AnEarlyErrorThatClosesEndsTheRequest) {
  const auto source = MakeRef<TestSource>();
  ClientRequest post = To("/", "POST");
  post.body = Ref<BodySource>(source);
  auto request = Send(std::move(post));
  TakeHead(Peer());
  Peer().Send("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 100\r\n\r\n");
  RunUntil([&] { return request->answered(); });
  EXPECT_EQ(source->cancels, 1);
  Peer().Send(std::string(100, 'x'));
  Await(*request);
  EXPECT_EQ(Outcome(*request), "413 " + std::string(100, 'x'));
  RunUntil([&] { return Peer().closed(); });
}

TEST_F(ClientFailureTest, AnAnswerBeforeAResetIsStillRead) {
  ClientRequest post = To("/", "POST");
  post.body = Bytes::Take(std::string(64 * 1024 * 1024, 'x'));
  auto request = std::make_unique<TestRequest>();
  request->exchange = client().Send(std::move(post), request.get());
  Peer().set_reading(false);
  Peer().Send("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
  Peer().Close();
  Await(*request);
  EXPECT_EQ(Outcome(*request), "413 no");
}

}  // namespace
}  // namespace verge::http
