// Names: a name server in the test that answers what it is told, and connections to what it says.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "http/socket_address.h"
#include "tests/http/client_fixture.h"

namespace verge::http {
namespace {

using std::chrono::milliseconds;
using Kind = ClientError::Kind;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

constexpr uint16_t kA = 1;
constexpr uint16_t kAaaa = 28;

std::string Number16(uint32_t number) { return {static_cast<char>(number >> 8), static_cast<char>(number)}; }
std::string Number32(uint32_t number) { return Number16(number >> 16) + Number16(number & 0xffff); }

// Answers over UDP, and over TCP on the same port.
class NameServer {
 public:
  struct Name {
    std::vector<std::string> addresses;
    uint32_t ttl = 300;
    int code = 0;  // RCODE: 2 SERVFAIL, 3 NXDOMAIN
    bool silent = false;
    bool truncated = false;  // over UDP
  };

  explicit NameServer(uv_loop_t* loop) : tcp_(loop), loop_(loop), poll_(new uv_poll_t) {
    fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(tcp_.port());
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    uv_poll_init(loop_, poll_, fd_);
    poll_->data = this;
    uv_poll_start(poll_, UV_READABLE,
                  [](uv_poll_t* poll, int, int) { static_cast<NameServer*>(poll->data)->OnQuery(); });
  }
  ~NameServer() {
    uv_close(reinterpret_cast<uv_handle_t*>(poll_),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
    close(fd_);
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(tcp_.port()); }

  // Over TCP. To be called now and then.
  void ServeTcp() {
    for (const auto& peer : tcp_.peers) {
      while (peer->input.size() >= 2) {
        const size_t size = static_cast<uint8_t>(peer->input[0]) * 256u + static_cast<uint8_t>(peer->input[1]);
        if (peer->input.size() < 2 + size) break;
        const std::string answer = Answer(peer->input.substr(2, size), true);
        peer->input.erase(0, 2 + size);
        ++tcp_queries;
        if (!answer.empty()) peer->Send(Number16(static_cast<uint32_t>(answer.size())) + answer);
      }
    }
  }

  std::map<std::string, Name> names;  // lower case
  int queries = 0;
  int tcp_queries = 0;

 private:
  void OnQuery() {
    std::array<char, 4096> buffer;
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const ssize_t count = recvfrom(fd_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (count < 12) return;
    ++queries;
    const std::string answer = Answer({buffer.data(), static_cast<size_t>(count)}, false);
    if (!answer.empty()) sendto(fd_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }

  std::string Answer(const std::string& query, bool tcp) {
    std::string name;
    size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<uint8_t>(query[at]);
      if (!name.empty()) name += '.';
      for (size_t i = 1; i <= length; ++i) name += static_cast<char>(std::tolower(query[at + i]));
      at += length + 1u;
    }
    const std::string question = query.substr(12, at + 5 - 12);
    const uint16_t type = static_cast<uint8_t>(query[at + 2]);
    Name known{.addresses = {}, .code = 3};
    if (const auto found = names.find(name); found != names.end()) known = found->second;
    if (known.silent) return {};
    std::string records;
    uint16_t count = 0;
    for (const std::string& text : known.addresses) {
      const SocketAddress address = *ParseAddress(text);
      if (address.is_v6() != (type == kAaaa) || (type != kA && type != kAaaa)) continue;
      records += Number16(0xc00c) + Number16(type) + Number16(1) + Number32(known.ttl);
      if (address.is_v6()) {
        records += Number16(16) + std::string(reinterpret_cast<const char*>(&address.v6.sin6_addr), 16);
      } else {
        records += Number16(4) + std::string(reinterpret_cast<const char*>(&address.v4.sin_addr), 4);
      }
      ++count;
    }
    const bool truncated = known.truncated && !tcp;
    if (truncated) {
      records.clear();
      count = 0;
    }
    return query.substr(0, 2) + Number16(static_cast<uint32_t>(0x8180 | known.code | (truncated ? 0x200 : 0))) +
           Number16(1) + Number16(count) + Number32(0) + question + records;
  }

  TestOrigin tcp_;
  uv_loop_t* loop_;
  uv_poll_t* poll_;
  int fd_;
};

class ClientDnsTest : public ClientTest {
 protected:
  ClientDnsTest() : server_(std::make_unique<NameServer>(&loop_)) { options_.dns_servers = server_->address(); }
  void TearDown() override {
    server_.reset();
    ClientTest::TearDown();
  }
  ClientRequest ToName(std::string_view name) {
    ClientRequest request = To();
    request.host = name;
    return request;
  }
  // Sends a request there and answers it.
  std::string Fetch(std::string_view name) {
    auto request = Send(ToName(name));
    RunUntil([&] {
      server_->ServeTcp();
      for (const auto& peer : origin_->peers) {
        if (peer->input.contains("\r\n\r\n")) {
          peer->input.clear();
          peer->Send(kOk);
        }
      }
      return request->done();
    });
    kind_ = request->error ? request->error->kind : Kind::kBody;
    return Outcome(*request);
  }
  std::unique_ptr<NameServer> server_;
  Kind kind_ = Kind::kBody;
};

TEST_F(ClientDnsTest, ANameIsResolvedOnceForItsTime) {
  server_->names["api.example"] = {.addresses = {"127.0.0.1"}};
  EXPECT_EQ(Fetch("api.example"), "200 ok");
  EXPECT_EQ(client().counters().lookups, 1u);
  origin_->peers.clear();
  RunUntil([&] { return client().counters().open_connections == 0; });
  const int queries = server_->queries;
  EXPECT_EQ(Fetch("API.example"), "200 ok");
  EXPECT_EQ(server_->queries, queries);
  EXPECT_EQ(client().counters().lookups, 1u);
  EXPECT_EQ(client().counters().connections, 2u);
}

TEST_F(ClientDnsTest, RecordsExpire) {
  server_->names["api.example"] = {.addresses = {"127.0.0.1"}, .ttl = 0};
  EXPECT_EQ(Fetch("api.example"), "200 ok");
  origin_->peers.clear();
  RunUntil([&] { return client().counters().open_connections == 0; });
  // Zero counts as a second.
  const uint64_t until = uv_now(&loop_) + 1'001;
  RunUntil([&] { return uv_now(&loop_) >= until; });
  EXPECT_EQ(Fetch("api.example"), "200 ok");
  EXPECT_EQ(client().counters().lookups, 2u);
}

TEST_F(ClientDnsTest, LookupsOfOneNameAreOne) {
  server_->names["api.example"] = {.addresses = {"127.0.0.1"}};
  std::vector<std::unique_ptr<TestRequest>> requests;
  for (int i = 0; i < 10; ++i) requests.push_back(Send(ToName("api.example")));
  requests[3]->exchange->Cancel();
  RunUntil([&] { return origin_->peers.size() == 9; });
  EXPECT_EQ(client().counters().lookups, 1u);
  EXPECT_LE(server_->queries, 2);
}

TEST_F(ClientDnsTest, NamesThatDoNotExist) {
  EXPECT_EQ(Fetch("no.example"), "error: no.example cannot be resolved: the name does not exist");
  EXPECT_EQ(kind_, Kind::kResolve);
  const int queries = server_->queries;
  EXPECT_EQ(Fetch("no.example"), "error: no.example cannot be resolved: the name does not exist");
  EXPECT_EQ(server_->queries, queries);
  EXPECT_EQ(client().counters().lookups, 1u);
  server_->names["empty.example"] = {};
  EXPECT_EQ(Fetch("empty.example"), "error: empty.example cannot be resolved: the name has no address");
  server_->names["broken.example"] = {.addresses = {}, .code = 2};
  EXPECT_TRUE(Fetch("broken.example").starts_with("error: broken.example cannot be resolved: "));
  EXPECT_EQ(kind_, Kind::kResolve);
}

TEST_F(ClientDnsTest, AServerThatDoesNotAnswer) {
  options_.connect_timeout = milliseconds(50);
  server_->names["silent.example"] = {.addresses = {}, .silent = true};
  EXPECT_EQ(Fetch("silent.example"), "error: silent.example cannot be resolved: no name server answered in time");
  EXPECT_EQ(kind_, Kind::kResolve);
  // Destroyed with the lookup under way.
}

TEST_F(ClientDnsTest, CancelledWhileResolving) {
  server_->names["silent.example"] = {.addresses = {}, .silent = true};
  auto request = Send(ToName("silent.example"));
  RunUntil([&] { return server_->queries > 0; });
  request->exchange->Cancel();
  auto other = Send(ToName("silent.example"));
  client_.reset();
  EXPECT_EQ(Outcome(*other), "error: the HTTP client is shut down");
  EXPECT_EQ(request->calls, 0);
}

TEST_F(ClientDnsTest, TheClientMayGoWhenANameIsResolved) {
  auto first = Send(ToName("no.example"));
  auto second = Send(ToName("no.example"));
  first->on_error = [&] { client_.reset(); };
  second->on_error = [&] { client_.reset(); };
  Await(*first);
  Await(*second);
}

TEST_F(ClientDnsTest, LongAnswersComeOverTcp) {
  server_->names["long.example"] = {.addresses = {"127.0.0.1"}, .truncated = true};
  EXPECT_EQ(Fetch("long.example"), "200 ok");
  EXPECT_GT(server_->tcp_queries, 0);
}

TEST_F(ClientDnsTest, AddressesAndLocalhostAreNotAskedFor) {
  EXPECT_EQ(Fetch("127.0.0.1"), "200 ok");
  EXPECT_EQ(Fetch("localhost"), "200 ok");
  EXPECT_EQ(Fetch("LOCALHOST"), "200 ok");
  EXPECT_EQ(Fetch("localhost."), "200 ok");
  EXPECT_EQ(Fetch("a.localhost"), "200 ok");
  EXPECT_EQ(server_->queries, 0);
  EXPECT_EQ(client().counters().lookups, 0u);
}

TEST_F(ClientDnsTest, OtherFormsOfAddressesAreNothing) {
  for (const std::string_view text :
       {"127.1", "0x7f000001", "2130706433", "0177.0.0.1", "a.1", "1.2.3.4.5", "127.0.0.1."}) {
    EXPECT_EQ(Fetch(text), "error: " + std::string(text) + " cannot be resolved: this is not a valid name");
  }
}

TEST_F(ClientDnsTest, TheNextAddressIsTriedWhenOneFails) {
  // Nobody listens on these.
  server_->names["many.example"] = {.addresses = {"127.0.0.3", "127.0.0.2", "::1", "127.0.0.1"}};
  for (int i = 0; i < 3; ++i) {
    client_.reset();
    EXPECT_EQ(Fetch("many.example"), "200 ok");
  }
  server_->names["none.example"] = {.addresses = {"127.0.0.3", "127.0.0.2"}};
  EXPECT_EQ(Fetch("none.example"), "error: connection to none.example:" + std::to_string(origin_->port()) + " refused");
  EXPECT_EQ(kind_, Kind::kConnect);
}

TEST_F(ClientDnsTest, TheNextAddressIsTriedWhenOneIsSlow) {
  // A backlog that is full answers nobody.
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  SocketAddress full = *ParseAddress("127.0.0.2");
  full.set_port(origin_->port());
  ASSERT_EQ(bind(fd, &full.any, full.size()), 0);
  ASSERT_EQ(listen(fd, 0), 0);
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    connect(fillers.back(), &full.any, full.size());
  }
  server_->names["slow.example"] = {.addresses = {"127.0.0.2", "127.0.0.1"}};
  EXPECT_EQ(Fetch("slow.example"), "200 ok");
  for (const int filler : fillers) close(filler);
  close(fd);
}

TEST_F(ClientDnsTest, ThePolicyIsAskedForEachAddress) {
  options_.policy = OutboundPolicy::PublicOnly();
  server_->names["rebound.example"] = {.addresses = {"10.0.0.1", "127.0.0.1", "::1"}};
  const std::string outcome = Fetch("rebound.example");
  EXPECT_TRUE(outcome.starts_with("error: connection to rebound.example:" + std::to_string(origin_->port()) +
                                  " is not allowed: "))
      << outcome;
  EXPECT_EQ(kind_, Kind::kForbidden);
  EXPECT_EQ(origin_->peers.size(), 0u);
  EXPECT_TRUE(Fetch("127.0.0.1").ends_with(" is not allowed: 127.0.0.1 is not a public address"));
  EXPECT_TRUE(Fetch("localhost").contains(" is not allowed: "));

  client_.reset();
  ASSERT_TRUE(options_.policy.Allow("127.0.0.1:" + std::to_string(origin_->port())));
  EXPECT_EQ(Fetch("rebound.example"), "200 ok");
}

TEST_F(ClientDnsTest, ManyNames) {
  for (int i = 0; i < 1'200; ++i) {
    server_->names["n" + std::to_string(i) + ".example"] = {.addresses = {"127.0.0.1"}};
  }
  std::vector<std::unique_ptr<TestRequest>> requests;
  for (int i = 0; i < 1'200; ++i) {
    requests.push_back(Send(ToName("n" + std::to_string(i) + ".example")));
    if (i % 50 == 49) {
      RunUntil([&] { return origin_->peers.size() == static_cast<size_t>(i + 1); });
      requests.clear();
      origin_->peers.clear();
      origin_->peers.resize(static_cast<size_t>(i + 1));
    }
  }
  EXPECT_EQ(client().counters().lookups, 1'200u);
  origin_->peers.clear();
}

}  // namespace
}  // namespace verge::http
