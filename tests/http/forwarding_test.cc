#include "http/forwarding.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "http/request_parser.h"

namespace verge::http {
namespace {

class ForwardingTest : public testing::Test {
 protected:
  static Forwarding Trusting(std::vector<std::string_view> proxies) {
    std::vector<AddressRange> ranges;
    for (const std::string_view each : proxies) ranges.push_back(AddressRange::Parse(each).value());
    return Forwarding(std::move(ranges));
  }

  Ref<RequestHead> Parse(std::string_view fields, std::string_view peer, bool secure = false) {
    RequestParser parser;
    parser.Init(&limits_, pool_.get(), peer, secure, &forwarding_);
    const std::string text = "GET /a HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n";
    const RequestParser::Result result = parser.Feed(text);
    EXPECT_EQ(result.status, RequestParser::Status::kComplete) << parser.refusal().text;
    return parser.TakeHead();
  }

  static std::vector<std::string> All(const RequestHead& head, std::string_view name) {
    std::vector<std::string> out;
    for (const HeaderField& field : head.headers()) {
      if (EqualsIgnoreCase(field.name, name)) out.emplace_back(field.value);
    }
    return out;
  }
  using Values = std::vector<std::string>;

  ServerLimits limits_;
  Ref<Pool<PooledRequestHead>> pool_ = MakeRef<Pool<PooledRequestHead>>();
  Forwarding forwarding_ = Trusting({"192.0.2.1", "10.0.0.0/8", "fd00::/8"});
};

TEST_F(ForwardingTest, TellsOfTheClient) {
  const auto head = Parse("Accept: */*\r\n", "198.51.100.7", true);
  EXPECT_EQ(head->client_address(), "198.51.100.7");
  EXPECT_EQ(All(*head, "accept"), Values{"*/*"});
  EXPECT_EQ(All(*head, "cf-connecting-ip"), Values{"198.51.100.7"});
  EXPECT_EQ(All(*head, "x-real-ip"), Values{"198.51.100.7"});
  EXPECT_EQ(All(*head, "x-forwarded-for"), Values{"198.51.100.7"});
  EXPECT_EQ(All(*head, "x-forwarded-proto"), Values{"https"});
  EXPECT_EQ(All(*head, "cf-visitor"), Values{R"({"scheme":"https"})"});
  ASSERT_EQ(All(*head, "cf-ray").size(), 1u);
  EXPECT_EQ(All(*head, "cf-ray")[0].find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(All(*head, "cf-ray")[0].size(), 16u);
}

TEST_F(ForwardingTest, AClientCannotSayWhoItIs) {
  const auto head = Parse(
      "CF-Connecting-IP: 127.0.0.1\r\nTRUE-CLIENT-IP: 127.0.0.1\r\ncf-ray: 0\r\nX-Real-IP: 127.0.0.1\r\n"
      "CF-Visitor: x\r\nCF-IPCountry: DE\r\nCF-Pseudo-IPv4: 1.2.3.4\r\nCF-Connecting-IPv6: ::1\r\n"
      "X-Forwarded-Proto: https\r\nX-Forwarded-For: 127.0.0.1\r\nX-Other: 1\r\nX-FORWARDED-FOR: a, b\r\n",
      "198.51.100.7");
  EXPECT_EQ(head->client_address(), "198.51.100.7");
  EXPECT_FALSE(head->secure());
  EXPECT_EQ(All(*head, "cf-connecting-ip"), Values{"198.51.100.7"});
  EXPECT_EQ(All(*head, "x-real-ip"), Values{"198.51.100.7"});
  EXPECT_EQ(All(*head, "x-forwarded-proto"), Values{"http"});
  EXPECT_EQ(All(*head, "x-forwarded-for"), Values{"127.0.0.1, a, b, 198.51.100.7"});
  EXPECT_EQ(All(*head, "x-other"), Values{"1"});
  EXPECT_NE(All(*head, "cf-ray"), Values{"0"});
  for (const char* name : {"true-client-ip", "cf-ipcountry", "cf-pseudo-ipv4", "cf-connecting-ipv6"}) {
    EXPECT_EQ(All(*head, name), Values{}) << name;
  }
}

TEST_F(ForwardingTest, ATrustedProxyIsBelieved) {
  const auto head =
      Parse("X-Forwarded-For: 127.0.0.1, 203.0.113.9\r\nX-Forwarded-For: 10.9.9.9\r\nX-Forwarded-Proto: https\r\n",
            "192.0.2.1");
  EXPECT_EQ(head->client_address(), "203.0.113.9");
  EXPECT_TRUE(head->secure());
  EXPECT_EQ(All(*head, "cf-connecting-ip"), Values{"203.0.113.9"});
  EXPECT_EQ(All(*head, "x-forwarded-for"), Values{"127.0.0.1, 203.0.113.9, 10.9.9.9, 192.0.2.1"});
  EXPECT_EQ(All(*head, "x-forwarded-proto"), Values{"https"});
}

TEST_F(ForwardingTest, WhatAProxyDoesNotSay) {
  EXPECT_EQ(Parse("", "192.0.2.1")->client_address(), "192.0.2.1");
  EXPECT_FALSE(Parse("", "192.0.2.1")->secure());
  EXPECT_TRUE(Parse("", "192.0.2.1", true)->secure());
  EXPECT_FALSE(Parse("X-Forwarded-Proto: http\r\n", "192.0.2.1", true)->secure());
}

TEST_F(ForwardingTest, TheLastOneThatIsNoProxyIsTheClient) {
  const struct {
    std::string_view list;
    std::string_view client;
  } kCases[] = {
      {"", "192.0.2.1"},
      {"203.0.113.9", "203.0.113.9"},
      {"203.0.113.8 ,\t203.0.113.9", "203.0.113.9"},
      {"2001:db8::1", "2001:db8::1"},
      {"203.0.113.9, fd00::5", "203.0.113.9"},
      {"10.0.0.1, 10.0.0.2", "10.0.0.1"},
      {"203.0.113.9, unknown, 10.0.0.2", "10.0.0.2"},
      {"203.0.113.9, _hidden", "192.0.2.1"},
      {"203.0.113.9:1234", "192.0.2.1"},
      {"[2001:db8::1]", "192.0.2.1"},
      {",,,", "192.0.2.1"},
      {"203.0.113.9,", "192.0.2.1"},
  };
  for (const auto& each : kCases) EXPECT_EQ(forwarding_.ClientOf(each.list, "192.0.2.1"), each.client) << each.list;
}

TEST_F(ForwardingTest, Trust) {
  EXPECT_TRUE(forwarding_.Trusts("10.255.0.1"));
  EXPECT_TRUE(forwarding_.Trusts("fd12::1"));
  EXPECT_FALSE(forwarding_.Trusts("11.0.0.1"));
  EXPECT_FALSE(forwarding_.Trusts(""));
  EXPECT_FALSE(Trusting({}).Trusts("10.0.0.1"));
}

TEST_F(ForwardingTest, NoRayTwice) {
  std::set<std::array<char, 16>> seen;
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.insert(forwarding_.NextRay()).second);
}

TEST_F(ForwardingTest, LongListsAndManyFields) {
  std::string fields;
  for (int i = 0; i < 900; ++i) fields += "X-Forwarded-For: 203.0.113.9, 10.0.0.1\r\n";
  const auto head = Parse(fields, "192.0.2.1");
  EXPECT_EQ(head->client_address(), "203.0.113.9");
  ASSERT_EQ(All(*head, "x-forwarded-for").size(), 1u);
  EXPECT_TRUE(All(*head, "x-forwarded-for")[0].ends_with(", 10.0.0.1, 192.0.2.1"));
}

}  // namespace
}  // namespace verge::http
