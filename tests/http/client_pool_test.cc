// Connections between requests: kept, used again, given up.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/http/client_fixture.h"

namespace verge::http {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class ClientPoolTest : public ClientTest {
 protected:
  // Leaves `count` idle connections.
  void Warm(size_t count = 1) {
    std::vector<std::unique_ptr<TestRequest>> requests;
    for (size_t i = 0; i < count; ++i) requests.push_back(Send(To("/" + std::to_string(i))));
    for (size_t i = 0; i < count; ++i) {
      TakeHead(Peer(i));
      Peer(i).Send(kOk);
    }
    for (const auto& request : requests) Await(*request);
    EXPECT_EQ(client().counters().idle_connections, count);
  }
};

TEST_F(ClientPoolTest, TheLastOneUsedIsUsedFirst) {
  Warm(3);
  auto request = Send(To("/last"));
  RunUntil([&] {
    return Peer(2).input.contains("/last") || Peer(0).input.contains("/last") || Peer(1).input.contains("/last");
  });
  EXPECT_EQ(client().counters().idle_connections, 2u);
  EXPECT_EQ(client().counters().reused, 1u);
}

TEST_F(ClientPoolTest, IdleConnectionsAreClosedInTime) {
  options_.idle_timeout = milliseconds(20);
  Warm(2);
  RunUntil([&] { return client().counters().open_connections == 0; });
  EXPECT_EQ(client().counters().idle_connections, 0u);
  RunUntil([&] { return Peer(0).ended && Peer(1).ended; });
}

TEST_F(ClientPoolTest, NoneIsKeptWithoutTimeOrRoom) {
  for (const bool time : {false, true}) {
    if (time) {
      options_.idle_timeout = milliseconds(0);
    } else {
      options_.max_idle_connections = 0;
    }
    client_.reset();
    EXPECT_EQ(Outcome(*Exchange(kOk)), "200 ok");
    EXPECT_EQ(client().counters().open_connections, 0u);
    options_ = {};
  }
}

TEST_F(ClientPoolTest, TheOldestIdleConnectionMakesRoom) {
  options_.max_idle_connections = 2;
  std::vector<std::unique_ptr<TestRequest>> requests;
  for (size_t i = 0; i < 3; ++i) requests.push_back(Send(To()));
  for (size_t i = 0; i < 3; ++i) {
    TakeHead(Peer(i));
    Peer(i).Send(kOk);
    RunUntil([&] { return client().counters().idle_connections + (origin_->peers[0]->closed() ? 1 : 0) >= i; });
  }
  for (const auto& request : requests) Await(*request);
  EXPECT_EQ(client().counters().idle_connections, 2u);
  EXPECT_EQ(client().counters().open_connections, 2u);
}

TEST_F(ClientPoolTest, WhatTheOriginClosesIsNotUsedAgain) {
  Warm();
  Peer().Close();
  RunUntil([&] { return client().counters().open_connections == 0; });
  EXPECT_EQ(client().counters().idle_connections, 0u);
  EXPECT_EQ(Outcome(*Exchange(kOk)), "200 ok");
  EXPECT_EQ(client().counters().retries, 0u);
}

TEST_F(ClientPoolTest, UnexpectedBytesCloseAnIdleConnection) {
  Warm();
  Peer().Send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nforeign");
  RunUntil([&] { return client().counters().open_connections == 0; });
  EXPECT_EQ(Outcome(*Exchange(kOk)), "200 ok");
}

TEST_F(ClientPoolTest, BytesBehindAResponseCloseTheConnection) {
  for (const std::string& junk :
       std::vector<std::string>{"\r\n", "x", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nforeign"}) {
    EXPECT_EQ(Outcome(*Exchange(std::string(kOk) + junk)), "200 ok");
    EXPECT_EQ(client().counters().open_connections, 0u);
    EXPECT_EQ(Outcome(*Exchange("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + junk)),
              "200 ok");
    EXPECT_EQ(client().counters().open_connections, 0u);
    auto none = Exchange("HTTP/1.1 204 No\r\n\r\n" + junk);
    EXPECT_EQ(Outcome(*none), "204 ");
    EXPECT_EQ(client().counters().open_connections, 0u);
  }
}

TEST_F(ClientPoolTest, WhatTheResponseSaysDecides) {
  const auto kept = [&](std::string_view answer) {
    client_.reset();
    EXPECT_EQ(Outcome(*Exchange(answer)), "200 ok");
    return client().counters().idle_connections == 1;
  };
  EXPECT_TRUE(kept(kOk));
  EXPECT_TRUE(kept("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"));
  EXPECT_FALSE(kept("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"));
  EXPECT_FALSE(kept("HTTP/1.1 200 OK\r\nConnection: x, CLOSE\r\nContent-Length: 2\r\n\r\nok"));
  EXPECT_FALSE(kept("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  EXPECT_TRUE(kept("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok"));
  EXPECT_FALSE(kept("HTTP/1.0 200 OK\r\nConnection: Keep-Alive, close\r\nContent-Length: 2\r\n\r\nok"));
}

// The origin closes a kept connection at the very moment at which the next request is sent on it.
class ClientRetryTest : public ClientPoolTest {
 protected:
  std::unique_ptr<TestRequest> SendIntoAClosingConnection(ClientRequest request, bool reset = false) {
    Warm();
    // Nothing has turned the loop: the client does not know.
    if (reset) {
      Peer().Reset();
    } else {
      Peer().Close();
    }
    return Send(std::move(request));
  }
};

TEST_F(ClientRetryTest, AnIdempotentRequestIsSentAgain) {
  for (const bool reset : {false, true}) {
    for (const std::string_view method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}) {
      client_.reset();
      origin_->peers.clear();
      ClientRequest again = To("/again", method);
      if (method == "PUT") again.body = Bytes::Copy(std::string_view("body"));
      auto request = SendIntoAClosingConnection(std::move(again), reset);
      const std::string head = TakeHead(Peer(1));
      EXPECT_TRUE(head.starts_with(std::string(method) + " /again ")) << head;
      if (method == "PUT") RunUntil([&] { return Peer(1).input == "body"; });
      Peer(1).Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      Await(*request);
      EXPECT_EQ(Outcome(*request), "200 ");
      EXPECT_EQ(client().counters().retries, 1u);
      EXPECT_EQ(request->calls, 1);
    }
  }
}

TEST_F(ClientRetryTest, OnceOnly) {
  auto request = SendIntoAClosingConnection(To("/again"));
  TakeHead(Peer(1));
  Peer(1).Close();
  Await(*request);
  EXPECT_EQ(request->error->kind, ClientError::Kind::kReset);
  EXPECT_EQ(client().counters().retries, 1u);
}

TEST_F(ClientRetryTest, NotOnceAByteOfTheAnswerCame) {
  Warm();
  auto request = Send(To("/again"));
  TakeHead(Peer());
  Peer().Send("H");
  Peer().ShutdownWrite();
  Await(*request);
  EXPECT_EQ(request->error->kind, ClientError::Kind::kReset);
  EXPECT_EQ(client().counters().retries, 0u);
}

TEST_F(ClientRetryTest, NotOthers) {
  // The origin has taken the request, and closes.
  for (const bool source : {false, true}) {
    client_.reset();
    origin_->peers.clear();
    Warm();
    ClientRequest request = To("/once", source ? "PUT" : "POST");
    if (source) {
      const auto body = MakeRef<TestSource>();
      body->end = true;
      request.body = Ref<BodySource>(body);
    }
    auto sent = Send(std::move(request));
    TakeHead(Peer());
    Peer().Close();
    Await(*sent);
    EXPECT_EQ(sent->error->kind, ClientError::Kind::kReset);
    EXPECT_EQ(client().counters().retries, 0u);
    EXPECT_EQ(origin_->peers.size(), 1u);
  }
}

TEST_F(ClientRetryTest, WhatCannotBeSentAgainIsNotSentIntoAnEnd) {
  ClientRequest post = To("/once", "POST");
  auto request = SendIntoAClosingConnection(std::move(post));
  EXPECT_TRUE(TakeHead(Peer(1)).starts_with("POST /once "));
  Peer(1).Send(kOk);
  Await(*request);
  EXPECT_EQ(Outcome(*request), "200 ok");
  EXPECT_EQ(client().counters().retries, 0u);
}

TEST_F(ClientPoolTest, EndpointsAreTakenApart) {
  Warm();
  ClientRequest other = To();
  other.host = "localhost";
  auto request = Send(std::move(other));
  EXPECT_TRUE(TakeHead(Peer(1)).contains("Host: localhost:"));
  Peer(1).Send(kOk);
  Await(*request);
  EXPECT_EQ(client().counters().reused, 0u);
  EXPECT_EQ(client().counters().idle_connections, 2u);
}

TEST_F(ClientPoolTest, AHundredAtOnceThenOneAfterTheOther) {
  Warm(100);
  for (int i = 0; i < 100; ++i) {
    auto request = Send(To("/x"));
    RunUntil([&] {
      for (const auto& peer : origin_->peers) {
        if (peer->input.contains("/x")) {
          peer->input.clear();
          peer->Send(kOk);
        }
      }
      return request->done();
    });
  }
  EXPECT_EQ(client().counters().connections, 100u);
}

}  // namespace
}  // namespace verge::http
