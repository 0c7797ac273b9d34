// Route patterns and the table that finds the most specific one.
#include "config/routes.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace verge::config {
namespace {

RouteTable Table(std::initializer_list<std::string_view> patterns) {
  RouteTable table;
  uint32_t worker = 0;
  for (std::string_view text : patterns) {
    auto pattern = RoutePattern::Parse(text);
    EXPECT_TRUE(pattern) << text;
    if (pattern) EXPECT_FALSE(table.Add(*pattern, worker++)) << text;
  }
  table.Build();
  return table;
}

std::optional<uint32_t> Find(const RouteTable& table, std::string_view host, std::string_view target) {
  return table.Find(false, host, target);
}

TEST(RoutePatternTest, TakesApart) {
  auto pattern = RoutePattern::Parse("https://*.Example.com/api/*");
  ASSERT_TRUE(pattern);
  EXPECT_EQ(pattern->scheme, RoutePattern::Scheme::kHttps);
  EXPECT_EQ(pattern->host_kind, RoutePattern::Host::kBelow);
  EXPECT_EQ(pattern->host, "example.com");
  EXPECT_EQ(pattern->path, "/api/");
  EXPECT_TRUE(pattern->path_prefix);
  pattern = RoutePattern::Parse("example.com");
  ASSERT_TRUE(pattern);
  EXPECT_EQ(pattern->path, "/");
  EXPECT_FALSE(pattern->path_prefix);
}

TEST(RoutePatternTest, SaysWhatIsWrong) {
  const std::pair<std::string_view, std::string_view> kWrong[] = {
      {"", "is empty"},
      {"ftp://a/*", "neither http:// nor https://"},
      {"/api/*", "has no host"},
      {"a.*.com/*", "inside the host"},
      {"example.com/*/x", "inside the path"},
      {"example.com/*?x=1", "a query"},
      {"example.com:8080/*", "names a port"},
      {"bücher.example/*", "xn--"},
      {"a..b/*", "empty label"},
      {"*./x", "behind '*.'"},
  };
  for (const auto& [text, part] : kWrong) {
    auto pattern = RoutePattern::Parse(text);
    ASSERT_FALSE(pattern) << text;
    EXPECT_NE(pattern.error().find(part), std::string::npos) << pattern.error();
  }
}

TEST(RouteTableTest, TheMostSpecificHostWins) {
  RouteTable table = Table({"*/*", "*example.com/*", "*.example.com/*", "*.eu.example.com/*", "www.example.com/*"});
  EXPECT_EQ(Find(table, "other.test", "/"), 0);
  EXPECT_EQ(Find(table, "example.com", "/"), 1);
  EXPECT_EQ(Find(table, "a.example.com", "/"), 2);
  EXPECT_EQ(Find(table, "eu.example.com", "/"), 2);
  EXPECT_EQ(Find(table, "a.b.eu.example.com", "/"), 3);
  EXPECT_EQ(Find(table, "www.example.com", "/x?y"), 4);
  // A wildcard covers whole labels: somebody else's domain may end with the same letters.
  EXPECT_EQ(Find(table, "notexample.com", "/"), 0);
}

TEST(RouteTableTest, TheMostSpecificPathWins) {
  RouteTable table = Table({"a.test/*", "a.test/api*", "a.test/api/v1/*", "a.test/api/v1/users", "*.test/login"});
  EXPECT_EQ(Find(table, "a.test", "/"), 0);
  EXPECT_EQ(Find(table, "a.test", "/ap"), 0);
  EXPECT_EQ(Find(table, "a.test", "/apix"), 1);
  EXPECT_EQ(Find(table, "a.test", "/api/v0"), 1);
  EXPECT_EQ(Find(table, "a.test", "/api/v1/x"), 2);
  EXPECT_EQ(Find(table, "a.test", "/api/v1/users"), 3);
  EXPECT_EQ(Find(table, "a.test", "/api/v1/users?all"), 2);
  EXPECT_EQ(Find(table, "a.test", "/login"), 0);
  EXPECT_EQ(Find(table, "b.test", "/login"), 4);
  EXPECT_EQ(Find(table, "b.test", "/logout"), std::nullopt);
}

TEST(RouteTableTest, FallsBackToALessSpecificHost) {
  RouteTable table = Table({"a.b.test/only", "*.b.test/wild*", "*/*"});
  EXPECT_EQ(Find(table, "a.b.test", "/only"), 0);
  EXPECT_EQ(Find(table, "a.b.test", "/wilder"), 1);
  EXPECT_EQ(Find(table, "a.b.test", "/else"), 2);
}

TEST(RouteTableTest, PortsAndCaseDoNotCount) {
  RouteTable table = Table({"a.test/*", "[::1]/*", "127.0.0.1/"});
  EXPECT_EQ(Find(table, "A.Test:8787", "/"), 0);
  EXPECT_EQ(Find(table, "a.test.", "/"), 0);
  EXPECT_EQ(Find(table, "[::1]:80", "/"), 1);
  EXPECT_EQ(Find(table, "127.0.0.1:1", "/"), 2);
  EXPECT_EQ(Find(table, "", "/"), std::nullopt);
}

TEST(RouteTableTest, ASchemeIsMoreSpecific) {
  RouteTable table = Table({"a.test/*", "https://a.test/*", "http://b.test/*"});
  EXPECT_EQ(table.Find(false, "a.test", "/"), 0);
  EXPECT_EQ(table.Find(true, "a.test", "/"), 1);
  EXPECT_EQ(table.Find(true, "b.test", "/"), std::nullopt);
}

TEST(RouteTableTest, TheSamePatternTwiceIsToldOfItsOwner) {
  RouteTable table;
  EXPECT_FALSE(table.Add(*RoutePattern::Parse("a.test/*"), 7));
  EXPECT_EQ(table.Add(*RoutePattern::Parse("A.TEST/*"), 8), 7);
  EXPECT_FALSE(table.Add(*RoutePattern::Parse("a.test/"), 8));
  EXPECT_EQ(table.size(), 2);
}

TEST(RouteTableTest, ThousandsOfWorkers) {
  RouteTable table;
  for (uint32_t i = 0; i < 10'000; ++i) {
    ASSERT_FALSE(table.Add(*RoutePattern::Parse("w" + std::to_string(i) + ".example.com/*"), i));
    ASSERT_FALSE(table.Add(*RoutePattern::Parse("shared.example.com/t" + std::to_string(i) + "/*"), i));
  }
  table.Build();
  for (uint32_t i = 0; i < 10'000; ++i) {
    ASSERT_EQ(Find(table, "w" + std::to_string(i) + ".example.com", "/x"), i);
    ASSERT_EQ(Find(table, "shared.example.com", "/t" + std::to_string(i) + "/x"), i);
  }
  EXPECT_EQ(Find(table, "shared.example.com", "/t10000/"), std::nullopt);
}

}  // namespace
}  // namespace verge::config
