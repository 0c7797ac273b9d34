#include "http/request_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/http/refused_requests.h"

namespace verge::http {
namespace {

class RequestParserTest : public testing::Test {
 protected:
  struct Outcome {
    RequestParser::Status status = RequestParser::Status::kNeedMore;
    size_t consumed = 0;
    int refused_with = 0;
  };

  // Feeds pieces of `step` bytes each.
  Outcome Parse(std::string_view text, size_t step = SIZE_MAX) {
    parser_.Init(&limits_, pool_.get(), "192.0.2.1");
    return ParseOn(text, step);
  }
  Outcome ParseOn(std::string_view text, size_t step = SIZE_MAX) {
    Outcome outcome;
    while (outcome.consumed < text.size()) {
      // A buffer of its own for each piece: nothing may point into an earlier one.
      const std::string piece(text.substr(outcome.consumed, step));
      const RequestParser::Result result = parser_.Feed(piece);
      outcome.status = result.status;
      EXPECT_LE(result.consumed, piece.size());
      outcome.consumed += result.consumed;
      if (result.status == RequestParser::Status::kRefused) outcome.refused_with = parser_.refusal().status;
      if (result.status != RequestParser::Status::kNeedMore) break;
      EXPECT_EQ(result.consumed, piece.size());
    }
    if (outcome.status == RequestParser::Status::kComplete) head_ = parser_.TakeHead();
    return outcome;
  }

  ServerLimits limits_;
  Ref<Pool<PooledRequestHead>> pool_ = MakeRef<Pool<PooledRequestHead>>();
  RequestParser parser_;
  Ref<RequestHead> head_;
};

std::string Printable(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c >= 0x20 && c < 0x7f) {
      text += c;
    } else {
      char escape[8];
      snprintf(escape, sizeof escape, "\\x%02x", static_cast<uint8_t>(c));
      text += escape;
    }
  }
  return text;
}

TEST_F(RequestParserTest, RefusesWhateverIsAmbiguousHoweverItArrives) {
  for (const RefusedRequest& request : RefusedRequests()) {
    for (const size_t step : {SIZE_MAX, size_t{1}, size_t{2}, size_t{3}, size_t{7}}) {
      const Outcome outcome = Parse(request.bytes, step);
      EXPECT_EQ(outcome.status, RequestParser::Status::kRefused) << Printable(request.bytes) << " in steps of " << step;
      EXPECT_EQ(outcome.refused_with, request.status)
          << Printable(request.bytes) << " in steps of " << step << ": " << parser_.refusal().text;
    }
  }
}

TEST_F(RequestParserTest, AHeadIsTheSameHoweverItIsCut) {
  const std::string text =
      "\r\nPOST /a/b?c=%20d&e='f'|{} HTTP/1.1\r\nHost: Example.COM:8080\r\nEmpty:\r\nBlank:   \r\nX-Long: one  two "
      "\t\r\n"
      "Content-Length: 12\r\nConnection: x, Close\r\nAccept: */*\r\nutf8: \xc3\xa4\r\n\r\n";
  for (size_t step = 1; step <= text.size(); ++step) {
    const Outcome outcome = Parse(text + "next request's bytes", step);
    ASSERT_EQ(outcome.status, RequestParser::Status::kComplete) << step << parser_.refusal().text;
    EXPECT_EQ(outcome.consumed, text.size());
    EXPECT_FALSE(parser_.started());
    EXPECT_EQ(head_->method(), "POST");
    EXPECT_EQ(head_->target(), "/a/b?c=%20d&e='f'|{}");
    EXPECT_EQ(head_->authority(), "Example.COM:8080");
    EXPECT_EQ(head_->client_address(), "192.0.2.1");
    EXPECT_EQ(head_->version(), 11);
    EXPECT_EQ(head_->content_length(), 12u);
    EXPECT_TRUE(head_->has_body());
    EXPECT_FALSE(head_->secure());
    EXPECT_FALSE(parser_.keep_alive());
    ASSERT_EQ(head_->headers().size(), 8u);
    EXPECT_EQ(head_->headers()[1].name, "Empty");
    EXPECT_EQ(head_->headers()[1].value, "");
    EXPECT_EQ(head_->headers()[2].value, "");
    EXPECT_EQ(head_->header("x-long"), "one  two");
    EXPECT_EQ(head_->header("UTF8"), "\xc3\xa4");
    EXPECT_EQ(head_->header("nothing"), std::nullopt);
  }
}

TEST_F(RequestParserTest, TargetForms) {
  const struct {
    std::string_view method, target, path, authority;
  } kCases[] = {
      {"GET", "/", "/", "h"},
      {"GET", "//a//b", "//a//b", "h"},
      {"GET", "/\\a", "/\\a", "h"},
      {"GET", "/?", "/?", "h"},
      {"OPTIONS", "*", "*", "h"},
      {"GET", "http://a/b?c", "/b?c", "a"},
      {"GET", "HTTPS://a:8443/b", "/b", "a:8443"},
      {"GET", "http://a", "/", "a"},
      {"GET", "http://a?b=/c", "/?b=/c", "a"},
      {"OPTIONS", "http://a:80", "*", "a:80"},
      {"OPTIONS", "http://a/", "/", "a"},
      {"GET", "http://[::1]:80/x", "/x", "[::1]:80"},
  };
  for (const auto& test : kCases) {
    const std::string text =
        std::string(test.method) + " " + std::string(test.target) + " HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n";
    ASSERT_EQ(Parse(text, 5).status, RequestParser::Status::kComplete) << test.target << parser_.refusal().text;
    EXPECT_EQ(head_->target(), test.path) << test.target;
    EXPECT_EQ(head_->authority(), test.authority) << test.target;
    EXPECT_EQ(head_->header("a"), "b");
  }
}

TEST_F(RequestParserTest, HostForms) {
  for (const std::string_view host : {"a", "a.b-c_d~", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::ffff:1.2.3.4]:1",
                                      "a:", "a:65535", "xn--mller-kva.example", "a%20b", "a!$&'()*+,;="}) {
    ASSERT_EQ(Parse("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n").status,
              RequestParser::Status::kComplete)
        << host;
    EXPECT_EQ(head_->authority(), host);
  }
}

TEST_F(RequestParserTest, KeepAliveFollowsVersionAndConnection) {
  const struct {
    std::string_view version, connection;
    bool keep_alive;
  } kCases[] = {{"1.1", "", true},
                {"1.1", "Connection: close\r\n", false},
                {"1.0", "", false},
                {"1.0", "Connection: Keep-Alive\r\n", true},
                {"1.1", "Connection: upgrade , CLOSE\r\n", false},
                {"1.1", "Connection: keep-alive\r\nConnection: close\r\n", false},
                {"1.0", "Connection: keep-alive, close\r\n", false}};
  for (const auto& test : kCases) {
    ASSERT_EQ(
        Parse("GET / HTTP/" + std::string(test.version) + "\r\nHost: a\r\n" + std::string(test.connection) + "\r\n")
            .status,
        RequestParser::Status::kComplete);
    EXPECT_EQ(parser_.keep_alive(), test.keep_alive) << test.version << test.connection;
    EXPECT_EQ(head_->version(), test.version == "1.1" ? 11 : 10);
  }
}

TEST_F(RequestParserTest, Expectations) {
  ASSERT_EQ(Parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n").status,
            RequestParser::Status::kComplete);
  EXPECT_TRUE(parser_.expects_continue());
  ASSERT_EQ(Parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n").status,
            RequestParser::Status::kComplete);
  EXPECT_FALSE(parser_.expects_continue());
  EXPECT_FALSE(head_->has_body());
  ASSERT_EQ(Parse("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: anything\r\n\r\n").status,
            RequestParser::Status::kComplete);
  EXPECT_FALSE(parser_.expects_continue());
}

TEST_F(RequestParserTest, StopsBehindTheHeadWhateverUpgradeSays) {
  const std::string head =
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nContent-Length: 4\r\n\r\n";
  EXPECT_EQ(Parse(head + "bodyGET /").consumed, head.size());
  EXPECT_EQ(head_->content_length(), 4u);
}

TEST_F(RequestParserTest, TheTargetsLimitIsExact) {
  limits_.max_target_bytes = 10;
  for (const size_t step : {size_t{1}, size_t{4}, SIZE_MAX}) {
    EXPECT_EQ(Parse("GET /123456789 HTTP/1.1\r\nHost: a\r\n\r\n", step).status, RequestParser::Status::kComplete);
    EXPECT_EQ(Parse("GET /1234567890 HTTP/1.1\r\nHost: a\r\n\r\n", step).refused_with, 414);
  }
}

TEST_F(RequestParserTest, TheHeadersLimitsAreExact) {
  limits_.max_header_fields = 3;
  limits_.max_header_bytes = 40;
  // "Host" + "a" + 4 is 9; "A" + 4 is 5: 26 are left.
  for (const size_t step : {size_t{1}, size_t{4}, SIZE_MAX}) {
    const std::string fits(26, 'x');
    EXPECT_EQ(Parse("GET / HTTP/1.1\r\nHost: a\r\nA: " + fits + "\r\n\r\n", step).status,
              RequestParser::Status::kComplete);
    EXPECT_EQ(Parse("GET / HTTP/1.1\r\nHost: a\r\nA: " + fits + "x\r\n\r\n", step).refused_with, 431);
    EXPECT_EQ(Parse("GET / HTTP/1.1\r\nHost: a\r\nA:\r\nB:\r\n\r\n", step).status, RequestParser::Status::kComplete);
    EXPECT_EQ(Parse("GET / HTTP/1.1\r\nHost: a\r\nA:\r\nB:\r\nC:\r\n\r\n", step).refused_with, 431);
  }
}

TEST_F(RequestParserTest, BlanksThatBelongToNothingAreBounded) {
  parser_.Init(&limits_, pool_.get(), "");
  ParseOn("GET / HTTP/1.1\r\nHost: a\r\nA:");
  const std::string blanks(64 * 1024, ' ');
  int pieces = 0;
  Outcome outcome;
  while (outcome.status == RequestParser::Status::kNeedMore && ++pieces < 100) outcome = ParseOn(blanks);
  EXPECT_EQ(outcome.refused_with, 431);
  EXPECT_LE(pieces, 4);
}

TEST_F(RequestParserTest, HeadsOutliveTheParserAndThePool) {
  {
    auto parser = std::make_unique<RequestParser>();
    Ref<Pool<PooledRequestHead>> pool = MakeRef<Pool<PooledRequestHead>>();
    parser->Init(&limits_, pool.get(), "::1");
    ASSERT_EQ(parser->Feed("GET /x HTTP/1.1\r\nHost: a\r\n\r\n").status, RequestParser::Status::kComplete);
    head_ = parser->TakeHead();
  }
  EXPECT_EQ(head_->target(), "/x");
  EXPECT_EQ(head_->client_address(), "::1");
}

TEST_F(RequestParserTest, PooledHeadsStartEmpty) {
  Parse("POST http://x/long HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nA: b\r\n\r\n");
  const RequestHead* first = head_.get();
  head_.reset();
  Parse("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(head_.get(), first);
  EXPECT_TRUE(head_->headers().empty());
  EXPECT_EQ(head_->authority(), "");
  EXPECT_EQ(head_->content_length(), std::nullopt);
  EXPECT_FALSE(head_->has_body());
}

}  // namespace
}  // namespace verge::http
