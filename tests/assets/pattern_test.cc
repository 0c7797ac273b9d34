#include "assets/pattern.h"

#include <gtest/gtest.h>

namespace verge::assets {
namespace {

// "name=value …" of what matched; "-" when it did not.
std::string Matched(std::string_view pattern, std::string_view path, std::string_view host = "example.com") {
  const auto parsed = Pattern::Parse(pattern);
  if (!parsed) return "invalid";
  Captures captures;
  if (!parsed->Match(host, path, &captures)) return "-";
  std::string out;
  for (const auto& [name, value] : captures) {
    if (!out.empty()) out += ' ';
    out.append(name).append("=").append(value);
  }
  return out;
}

TEST(PatternTest, Paths) {
  EXPECT_EQ(Matched("/a", "/a"), "");
  EXPECT_EQ(Matched("/a", "/a/"), "-");
  EXPECT_EQ(Matched("/a", "/ab"), "-");
  EXPECT_EQ(Matched("/*", "/"), "splat=");
  EXPECT_EQ(Matched("/*", "/a/b"), "splat=a/b");
  EXPECT_EQ(Matched("/img/*.png", "/img/a.png/b.png"), "splat=a.png/b");
  EXPECT_EQ(Matched("/img/*.png", "/img/a.jpg"), "-");
  EXPECT_EQ(Matched("/blog/:year/:post", "/blog/2024/x-y"), "year=2024 post=x-y");
  EXPECT_EQ(Matched("/blog/:year", "/blog/"), "-");
  EXPECT_EQ(Matched("/blog/:year", "/blog/2024/x"), "-");
  EXPECT_EQ(Matched("/:a-:b", "/1-2-3"), "a=1-2 b=3");
  EXPECT_EQ(Matched("/:a_1/*", "/x/y/z"), "a_1=x splat=y/z");
  EXPECT_EQ(Matched("/a:1", "/a:1"), "");  // no name begins with a digit
}

TEST(PatternTest, Hosts) {
  EXPECT_EQ(Matched("https://example.com/*", "/a"), "splat=a");
  EXPECT_EQ(Matched("https://example.com/*", "/a", "example.org"), "-");
  EXPECT_EQ(Matched("https://:sub.example.com/:file", "/x.html", "www.example.com"), "sub=www file=x.html");
  EXPECT_EQ(Matched("https://:sub.example.com/", "/", "a.b.example.com"), "-");
}

TEST(PatternTest, OneNameTwice) {
  EXPECT_EQ(Matched("/*/*", "/a/b"), "invalid");
  EXPECT_EQ(Matched("/:a/:a", "/a/b"), "invalid");
  EXPECT_EQ(Matched("/:splat/*", "/a/b"), "invalid");
}

TEST(PatternTest, NoPatternTakesForEver) {
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "/:n" + std::to_string(i) + "-:m" + std::to_string(i);
  EXPECT_FALSE(Pattern::Parse(pattern));  // too many
  pattern.clear();
  for (int i = 0; i < 16; ++i) pattern += ":n" + std::to_string(i) + "-a";
  EXPECT_EQ(Matched("/" + pattern, "/" + std::string(8000, 'a')), "-");
}

TEST(PatternTest, Replaces) {
  const Captures captures = {{"splat", "a/b"}, {"id", "7"}};
  EXPECT_EQ(Replace("/x/:splat?i=:id", captures), "/x/a/b?i=7");
  EXPECT_EQ(Replace("/:other/:id_2/:", captures), "/:other/7_2/:");
  EXPECT_EQ(Replace("https://e.com/:idx", captures), "https://e.com/7x");
  const Captures large = {{"a", std::string_view()}, {"b", "0123456789"}};
  std::string many;
  for (int i = 0; i < 50'000; ++i) many += ":b";
  EXPECT_EQ(Replace(many, large).size(), kMaxReplaced);
}

TEST(PatternTest, Globs) {
  EXPECT_TRUE(GlobMatches("/api/*", "/api/"));
  EXPECT_TRUE(GlobMatches("/api/*", "/api/a/b"));
  EXPECT_FALSE(GlobMatches("/api/*", "/api"));
  EXPECT_TRUE(GlobMatches("/*.json", "/a/b.json"));
  EXPECT_FALSE(GlobMatches("/*.json", "/a/b.jsonx"));
  EXPECT_TRUE(GlobMatches("/a*b*c", "/a-b-b-c"));
  EXPECT_FALSE(GlobMatches("/a.c", "/abc"));
}

}  // namespace
}  // namespace verge::assets
