#include "assets/url_path.h"

#include <gtest/gtest.h>

namespace verge::assets {
namespace {

std::string Parsed(std::string_view target) {
  UrlPath out;
  ParseUrlPath(target, &out);
  return std::string(out.path) + "|" + std::string(out.search) + (out.plain ? "" : " *");
}

TEST(UrlPathTest, AsUrlsHaveThem) {
  EXPECT_EQ(Parsed("/"), "/|");
  EXPECT_EQ(Parsed("/a/b-c_d.e~f?x=1"), "/a/b-c_d.e~f|?x=1");
  EXPECT_EQ(Parsed("/a?"), "/a|");
  EXPECT_EQ(Parsed("/a/../b"), "/b| *");
  EXPECT_EQ(Parsed("/a/%2e%2E/b"), "/b| *");
  EXPECT_EQ(Parsed("/../../etc/passwd"), "/etc/passwd| *");
  EXPECT_EQ(Parsed("/a\\b"), "/a/b| *");
  EXPECT_EQ(Parsed("//evil/x"), "//evil/x| *");
  EXPECT_EQ(Parsed("/.well-known/x"), "/.well-known/x| *");
  EXPECT_EQ(Parsed("/a b"), "/a%20b| *");
  EXPECT_EQ(Parsed("*"), "/*| *");
}

TEST(UrlPathTest, Decoded) {
  EXPECT_EQ(DecodePath("/a%20b/%C3%BC"), "/a b/ü");
  EXPECT_EQ(DecodePath("/a%2Fb"), "/a/b");
  EXPECT_EQ(DecodePath("/a//b///"), "/a/b/");
  EXPECT_EQ(DecodePath("/%zz/%41"), "/%zz/A");
  EXPECT_EQ(DecodePath("/%ff"), "/%ff");  // no UTF-8
  EXPECT_EQ(DecodePath("/%"), "/%");
  EXPECT_EQ(DecodePath("/%00"), std::string_view("/\0", 2));
}

TEST(UrlPathTest, Encoded) {
  EXPECT_EQ(EncodePath("/a b/[ü].html"), "/a%20b/%5B%C3%BC%5D.html");
  EXPECT_EQ(EncodePath("/a!~*'()-_.z"), "/a!~*'()-_.z");
  EXPECT_EQ(EncodePath("/%5B"), "/%255B");
}

}  // namespace
}  // namespace verge::assets
