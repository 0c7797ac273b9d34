// Which addresses may be connected to.
#include "http/client/outbound_policy.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/socket_address.h"

namespace verge::http {
namespace {

bool Allows(const OutboundPolicy& policy, std::string_view text, uint16_t port = 80) {
  std::optional<SocketAddress> address = ParseAddress(text);
  EXPECT_TRUE(address) << text;
  address->set_port(port);
  return policy.Allows(address->any);
}

TEST(OutboundPolicyTest, EverythingByDefault) {
  const OutboundPolicy policy;
  for (const std::string_view text :
       {"127.0.0.1", "10.0.0.1", "8.8.8.8", "::1", "fe80::1", "2606:4700::1111", "ff02::1"}) {
    EXPECT_TRUE(Allows(policy, text)) << text;
  }
}

TEST(OutboundPolicyTest, PublicAddresses) {
  const OutboundPolicy policy = OutboundPolicy::PublicOnly();
  for (const std::string_view text : {
           "1.1.1.1",
           "8.8.8.8",
           "9.255.255.255",
           "11.0.0.0",
           "100.63.255.255",
           "100.128.0.0",
           "126.255.255.255",
           "128.0.0.0",
           "169.253.255.255",
           "169.255.0.0",
           "172.15.255.255",
           "172.32.0.0",
           "191.255.255.255",
           "192.0.1.0",
           "192.0.3.0",
           "192.167.255.255",
           "192.169.0.0",
           "198.17.255.255",
           "198.20.0.0",
           "198.51.99.255",
           "198.51.101.0",
           "203.0.112.255",
           "203.0.114.0",
           "223.255.255.255",
           "2606:4700:4700::1111",
           "2001:4860:4860::8888",
           "2001:200::",
           "2001:db7:ffff::",
           "2001:db9::",
           "2003::",
           "2a00::",
           "3ffe::",
           "3fff:1000::",
           "3fff:ffff::",
           // The same in disguise.
           "::ffff:8.8.8.8",
           "64:ff9b::8.8.8.8",
           "2002:808:808::1",
       }) {
    EXPECT_TRUE(Allows(policy, text)) << text;
  }
}

TEST(OutboundPolicyTest, AllElse) {
  const OutboundPolicy policy = OutboundPolicy::PublicOnly();
  for (const std::string_view text : {
           "0.0.0.0",
           "0.255.255.255",
           "10.0.0.0",
           "10.255.255.255",
           "100.64.0.0",
           "100.127.255.255",
           "127.0.0.1",
           "127.255.255.255",
           "169.254.0.0",
           "169.254.169.254",
           "169.254.255.255",
           "172.16.0.0",
           "172.31.255.255",
           "192.0.0.0",
           "192.0.0.9",
           "192.0.0.255",
           "192.0.2.1",
           "192.31.196.1",
           "192.52.193.1",
           "192.88.99.1",
           "192.168.0.0",
           "192.168.255.255",
           "192.175.48.1",
           "198.18.0.0",
           "198.19.255.255",
           "198.51.100.1",
           "203.0.113.255",
           "224.0.0.1",
           "239.255.255.255",
           "240.0.0.0",
           "255.255.255.255",
           "::",
           "::1",
           "::2",
           "::127.0.0.1",
           "::8.8.8.8",
           "100::",
           "100:0:0:1::",
           "2001::",
           "2001:0:4136:e378:8000:63bf:3fff:fdd2",
           "2001:1::1",
           "2001:2::",
           "2001:10::",
           "2001:20::",
           "2001:1ff:ffff::",
           "2001:db8::",
           "2001:db8:ffff::",
           "2620:4f:8000::1",
           "3fff::",
           "3fff:fff::",
           "4000::",
           "5f00::",
           "64:ff9b:1::1",
           "fc00::",
           "fd12:3456::1",
           "fdff::",
           "fe00::",
           "fe80::1",
           "febf::",
           "fec0::1",
           "ff00::",
           "ff02::1",
           "ffff::",
           "::ffff:127.0.0.1",
           "::ffff:10.1.2.3",
           "::ffff:169.254.169.254",
           "::ffff:0.0.0.0",
           "64:ff9b::127.0.0.1",
           "64:ff9b::10.0.0.1",
           "64:ff9b::169.254.169.254",
           "2002:7f00:1::",
           "2002:a00:1::1",
           "2002:a9fe:a9fe::1",
           "2002:c0a8:1::",
       }) {
    EXPECT_FALSE(Allows(policy, text)) << text;
  }
  sockaddr unix_socket{};
  unix_socket.sa_family = AF_UNIX;
  EXPECT_FALSE(policy.Allows(unix_socket));
}

TEST(OutboundPolicyTest, Exceptions) {
  OutboundPolicy policy = OutboundPolicy::PublicOnly();
  for (const std::string_view text :
       {"10.1.2.3", "172.16.0.0/12", "127.0.0.1:8080", "[::1]:8080", "fd00::/8", "[fe80::1]", "192.168.0.0/17"}) {
    EXPECT_TRUE(policy.Allow(text)) << text << policy.Allow(text).error();
  }
  EXPECT_TRUE(Allows(policy, "10.1.2.3"));
  EXPECT_TRUE(Allows(policy, "::ffff:10.1.2.3"));
  EXPECT_FALSE(Allows(policy, "10.1.2.4"));
  EXPECT_FALSE(Allows(policy, "64:ff9b::10.1.2.3"));
  EXPECT_TRUE(Allows(policy, "172.31.255.255"));
  EXPECT_TRUE(Allows(policy, "127.0.0.1", 8080));
  EXPECT_FALSE(Allows(policy, "127.0.0.1", 8081));
  EXPECT_FALSE(Allows(policy, "127.0.0.2", 8080));
  EXPECT_TRUE(Allows(policy, "::1", 8080));
  EXPECT_FALSE(Allows(policy, "::1", 80));
  EXPECT_TRUE(Allows(policy, "fdff::1"));
  EXPECT_FALSE(Allows(policy, "fc00::1"));
  EXPECT_TRUE(Allows(policy, "fe80::1"));
  EXPECT_TRUE(Allows(policy, "192.168.127.255"));
  EXPECT_FALSE(Allows(policy, "192.168.128.0"));
  EXPECT_TRUE(Allows(policy, "8.8.8.8"));

  OutboundPolicy all = OutboundPolicy::PublicOnly();
  EXPECT_TRUE(all.Allow("0.0.0.0/0"));
  EXPECT_TRUE(Allows(all, "127.0.0.1"));
  EXPECT_FALSE(Allows(all, "::1"));
  EXPECT_TRUE(all.Allow("::/0"));
  EXPECT_TRUE(Allows(all, "::1"));
}

TEST(OutboundPolicyTest, WhatIsNoException) {
  OutboundPolicy policy = OutboundPolicy::PublicOnly();
  for (const std::string_view text :
       {"",           "localhost",      "10.1.2",        "10.1.2.3.4",   "10.1.2.256", "010.1.2.3",     "0x7f.0.0.1",
        "10.1.2.3/",  "10.1.2.3/33",    "10.1.2.3/-1",   "10.1.2.3/x",   "10.1.2.3/8", "10.0.0.0/8:80", "10.1.2.3:",
        "10.1.2.3:0", "10.1.2.3:65536", "10.1.2.3:x",    "10.1.2.3:80x", "[::1",       "::1]",          "[::1]:",
        "[::1]x",     "[::1]:0",        "[10.1.2.3]:80", "[fd00::]/8",   "fd00::/129", "fd00::1/8",     "fe80::1%lo",
        "*",          "10.0.0.0/ 8",    " 10.1.2.3"}) {
    const auto result = policy.Allow(text);
    ASSERT_FALSE(result) << text;
    EXPECT_TRUE(result.error().starts_with("\"" + std::string(text) + "\" ")) << result.error();
  }
  EXPECT_EQ(policy.Allow("10.0.0.0/33").error(), "\"10.0.0.0/33\" has no valid prefix length; it goes from 0 to 32");
  EXPECT_EQ(policy.Allow("10.1.2.3:0").error(), "\"10.1.2.3:0\" has no valid port; ports go from 1 to 65535");
  EXPECT_FALSE(Allows(policy, "10.1.2.3"));
}

}  // namespace
}  // namespace verge::http
