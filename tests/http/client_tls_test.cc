// TLS: which origins are trusted, and what the connection does with a stream that has an end of its own.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "tests/http/client_fixture.h"
#include "tests/http/tls_origin.h"

namespace verge::http {
namespace {

using std::chrono::milliseconds;
using Kind = ClientError::Kind;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class ClientTlsTest : public ClientTest {
 protected:
  ClientTlsTest() {
    authority_ = MakeCertificate({.name = "Test Authority", .alternatives = {}, .authority = true});
    options_.ca_file = authority_.WriteToFile();
    Serve({.name = "origin", .alternatives = "DNS:localhost,IP:127.0.0.1,IP:::1", .issuer = &authority_});
  }
  ~ClientTlsTest() override { unlink(options_.ca_file.c_str()); }

  void Serve(CertificateOptions options) {
    certificate_ = MakeCertificate(options);
    context_ = MakeServerContext(certificate_);
  }
  ClientRequest Secure(std::string_view host = "localhost") {
    ClientRequest request = To();
    request.host = host;
    request.secure = true;
    return request;
  }
  void Pump() {
    for (const auto& peer : origin_->peers) {
      std::unique_ptr<TlsPeer>& tls = tls_[peer.get()];
      if (!tls) tls = std::make_unique<TlsPeer>(context_.get(), *peer);
      tls->Pump();
    }
  }
  bool RunTls(const std::function<bool()>& condition) {
    return RunUntil([&] {
      Pump();
      return condition();
    });
  }
  // The n-th connection's server side, when a request's head is there, which is taken off.
  TlsPeer& Head(size_t n = 0) {
    RunTls([&] { return origin_->peers.size() > n && tls_[origin_->peers[n].get()]->input.contains("\r\n\r\n"); });
    TlsPeer& peer = *tls_.at(origin_->peers.at(n).get());
    peer.input.erase(0, peer.input.find("\r\n\r\n") + 4);
    return peer;
  }
  // Sends a request and answers it.
  std::string Fetch(std::string_view host = "localhost") {
    auto request = Send(Secure(host));
    RunTls([&] {
      for (const auto& [peer, tls] : tls_) {
        if (tls->input.contains("\r\n\r\n")) {
          tls->input.clear();
          tls->Send(kOk);
        }
      }
      return request->done();
    });
    kind_ = request->error ? request->error->kind : Kind::kBody;
    return Outcome(*request);
  }
  std::string Name(std::string_view host = "localhost") {
    return std::string(host) + ":" + std::to_string(origin_->port());
  }

  TestCertificate authority_;
  TestCertificate certificate_;
  std::shared_ptr<SSL_CTX> context_;
  std::map<TestClient*, std::unique_ptr<TlsPeer>> tls_;
  Kind kind_ = Kind::kBody;
};

TEST_F(ClientTlsTest, AnOriginThatIsTrusted) {
  EXPECT_EQ(Fetch(), "200 ok");
  EXPECT_EQ(client().counters().idle_connections, 1u);
  EXPECT_EQ(Fetch(), "200 ok");
  EXPECT_EQ(client().counters().connections, 1u);
  SSL* ssl = tls_.begin()->second->ssl();
  EXPECT_STREQ(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name), "localhost");
  EXPECT_STREQ(SSL_get_version(ssl), "TLSv1.3");
  const unsigned char* protocol = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl, &protocol, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(protocol), size), "http/1.1");
}

TEST_F(ClientTlsTest, Addresses) {
  EXPECT_EQ(Fetch("127.0.0.1"), "200 ok");
  EXPECT_EQ(SSL_get_servername(tls_.begin()->second->ssl(), TLSEXT_NAMETYPE_host_name), nullptr);
  Serve({.name = "127.0.0.1", .alternatives = "DNS:localhost,DNS:127.0.0.1,IP:127.0.0.2", .issuer = &authority_});
  client_.reset();
  EXPECT_EQ(Fetch("127.0.0.1"), "error: certificate of " + Name("127.0.0.1") + " is for another name");
  EXPECT_EQ(kind_, Kind::kTls);
}

TEST_F(ClientTlsTest, CertificatesThatAreNotTrusted) {
  const auto outcome = [&](CertificateOptions options) {
    Serve(std::move(options));
    client_.reset();
    const std::string text = Fetch();
    EXPECT_EQ(kind_, Kind::kTls);
    EXPECT_EQ(client().counters().open_connections, 0u);
    return text;
  };
  const std::string certificate = "error: certificate of " + Name();
  EXPECT_EQ(outcome({.alternatives = "DNS:example.com", .issuer = &authority_}), certificate + " is for another name");
  EXPECT_EQ(outcome({.name = "localhost", .alternatives = "DNS:local*", .issuer = &authority_}),
            certificate + " is for another name");
  EXPECT_EQ(outcome({.alternatives = "DNS:localhost", .from = -7200, .to = -3600, .issuer = &authority_}),
            certificate + " has expired");
  EXPECT_EQ(outcome({.alternatives = "DNS:localhost", .from = 3600, .to = 7200, .issuer = &authority_}),
            certificate + " is not valid yet");
  EXPECT_EQ(outcome({.alternatives = "DNS:localhost"}), certificate + " is not trusted: self-signed certificate");
  const TestCertificate other = MakeCertificate({.name = "Other Authority", .alternatives = {}, .authority = true});
  EXPECT_EQ(outcome({.alternatives = "DNS:localhost", .issuer = &other}),
            certificate + " is not trusted: unable to get local issuer certificate");
  // It may not sign others.
  const TestCertificate leaf = MakeCertificate({.name = "leaf", .alternatives = {}, .issuer = &authority_});
  EXPECT_TRUE(
      outcome({.alternatives = "DNS:localhost", .issuer = &leaf}).starts_with(certificate + " is not trusted: "));
}

TEST_F(ClientTlsTest, SessionsAreResumed) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(context_.get(), version);
    client_.reset();
    tls_.clear();
    origin_->peers.clear();
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(Fetch(), "200 ok");
      TlsPeer& peer = *tls_.at(origin_->peers.back().get());
      EXPECT_EQ(SSL_session_reused(peer.ssl()), i == 0 ? 0 : 1) << version << " " << i;
      peer.Shutdown();
      peer.peer().Close();
      RunTls([&] { return client().counters().open_connections == 0; });
    }
  }
}

TEST_F(ClientTlsTest, OldVersionsAreRefused) {
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context_.get(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(context_.get(), 0);
  EXPECT_TRUE(Fetch().starts_with("error: TLS handshake with " + Name() + " failed: ")) << Fetch();
  EXPECT_EQ(kind_, Kind::kTls);
}

TEST_F(ClientTlsTest, WhatIsNotTls) {
  auto request = Send(Secure());
  RunUntil([&] { return !Peer().input.empty(); });
  Peer().Send("HTTP/1.1 400 Bad Request\r\n\r\n");
  Await(*request);
  EXPECT_EQ(request->error->kind, Kind::kTls);
  EXPECT_TRUE(Outcome(*request).starts_with("error: TLS handshake with " + Name() + " failed: ")) << Outcome(*request);

  request = Send(Secure());
  RunUntil([&] { return !Peer(1).input.empty(); });
  Peer(1).ShutdownWrite();
  Await(*request);
  EXPECT_EQ(Outcome(*request), "error: connection to " + Name() + " was closed during the TLS handshake");

  request = Send(Secure());
  RunUntil([&] { return !Peer(2).input.empty(); });
  Peer(2).Reset();
  Await(*request);
  EXPECT_EQ(request->error->kind, Kind::kTls);
}

TEST_F(ClientTlsTest, AHandshakeThatStalls) {
  options_.connect_timeout = milliseconds(50);
  auto request = Send(Secure());
  Await(*request);
  EXPECT_EQ(Outcome(*request), "error: connection to " + Name() + " timed out");
  EXPECT_EQ(request->error->kind, Kind::kConnect);
  RunUntil([&] { return Peer().closed(); });
}

TEST_F(ClientTlsTest, CancelledDuringTheHandshake) {
  auto request = Send(Secure());
  RunUntil([&] { return !Peer().input.empty(); });
  request->exchange->Cancel();
  RunUntil([&] { return Peer().closed(); });
  EXPECT_EQ(request->calls, 0);
}

TEST_F(ClientTlsTest, TheEndOfABodyHasToBeSaid) {
  for (const bool said : {true, false}) {
    const size_t n = origin_->peers.size();
    auto request = Send(Secure());
    TlsPeer& peer = Head(n);
    peer.Send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
    if (said) peer.Shutdown();
    peer.peer().ShutdownWrite();
    RunTls([&] { return request->done(); });
    EXPECT_EQ(Outcome(*request), said ? "200 until the end" : "200 until the end broken");
    if (!said) {
      EXPECT_EQ(request->body.error, BodyError::kDisconnected);
    }
  }
  // With a length it does not matter.
  auto request = Send(Secure());
  TlsPeer& peer = Head(2);
  peer.Send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody");
  peer.peer().ShutdownWrite();
  RunTls([&] { return request->done(); });
  EXPECT_EQ(Outcome(*request), "200 body");
}

TEST_F(ClientTlsTest, LargeBodiesBothWays) {
  std::string body(5 * 1024 * 1024, 'x');
  for (size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i / 1000 % 26);
  ClientRequest post = Secure();
  post.method = "POST";
  post.body = Bytes::Copy(body);
  auto request = Send(std::move(post));
  TlsPeer& peer = Head();
  RunTls([&] { return peer.input.size() >= body.size(); });
  EXPECT_TRUE(peer.input == body);
  peer.Send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  RunTls([&] { return request->done(); });
  EXPECT_TRUE(request->body.data == body);
  EXPECT_EQ(client().counters().idle_connections, 1u);
}

TEST_F(ClientTlsTest, ABodyIsReadOnlyAsFastAsItIsPulled) {
  const std::string body(20 * 1024 * 1024, 'x');
  auto request = std::make_unique<TestRequest>();
  request->read_body = false;
  request->exchange = client().Send(Secure(), request.get());
  TlsPeer& peer = Head();
  peer.Send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  RunTls([&] { return request->answered(); });
  size_t before = 0;
  do {
    before = peer.unsent() + peer.peer().unsent();
    for (int i = 0; i < 10; ++i) {
      RunPending();
      Pump();
    }
  } while (before != peer.unsent() + peer.peer().unsent());
  EXPECT_GT(before, 0u);
  request->body.PullAll(request->response->body());
  RunTls([&] { return request->done(); });
  EXPECT_EQ(request->body.data.size(), body.size());
}

TEST_F(ClientTlsTest, BytesBehindAResponseCloseTheConnection) {
  auto request = Send(Secure());
  TlsPeer& peer = Head();
  // In records of their own that arrive together.
  SSL_write(peer.ssl(), kOk.data(), kOk.size());
  SSL_write(peer.ssl(), kOk.data(), kOk.size());
  peer.Pump();
  RunTls([&] { return request->done(); });
  EXPECT_EQ(Outcome(*request), "200 ok");
  EXPECT_EQ(client().counters().open_connections, 0u);
}

TEST_F(ClientTlsTest, ARequestIsSentAgainWhenItsConnectionIsClosed) {
  EXPECT_EQ(Fetch(), "200 ok");
  tls_.begin()->second->Shutdown();
  origin_->peers[0]->Close();
  EXPECT_EQ(Fetch(), "200 ok");
  EXPECT_EQ(client().counters().retries, 1u);
}

TEST_F(ClientTlsTest, AnUpgrade) {
  class Observer final : public TransportObserver {
   public:
    void OnRead(std::span<const uint8_t> data) override {
      input.append(reinterpret_cast<const char*>(data.data()), data.size());
    }
    void OnDrained() override {}
    void OnClosed(std::string_view why) override {
      closed = true;
      error = why;
    }
    std::string input;
    std::string error;
    bool closed = false;
  } observer;
  ClientRequest get = Secure();
  get.upgrade = "websocket";
  auto request = Send(std::move(get));
  TlsPeer& peer = Head();
  peer.Send("HTTP/1.1 101 Switching Protocols\r\n\r\nearly");
  RunTls([&] { return request->transport != nullptr; });
  request->transport->Start(&observer);
  peer.Send(std::string(300'000, 'x'));
  RunTls([&] { return observer.input.size() == 300'005; });
  const std::string big(2'000'000, 'y');
  request->transport->Write({reinterpret_cast<const uint8_t*>(big.data()), big.size()});
  request->transport->Shutdown();
  RunTls([&] { return peer.input.size() == big.size() && peer.ended; });
  peer.Shutdown();
  peer.peer().ShutdownWrite();
  RunTls([&] { return observer.closed; });
  EXPECT_EQ(observer.error, "");
}

TEST_F(ClientTlsTest, AFileWithoutCertificates) {
  const std::string kept = options_.ca_file;
  options_.ca_file = "/nonexistent/file.pem";
  EXPECT_EQ(Fetch(),
            "error: TLS with " + Name() + " cannot be set up: no certificates can be read from /nonexistent/file.pem");
  EXPECT_EQ(kind_, Kind::kTls);
  options_.ca_file = kept;
}

TEST_F(ClientTlsTest, TheSystemsRootsDoNotKnowTheTest) {
  const std::string kept = std::exchange(options_.ca_file, {});
  EXPECT_TRUE(Fetch().starts_with("error: certificate of " + Name() + " is not trusted: "));
  options_.ca_file = kept;
}

}  // namespace
}  // namespace verge::http
