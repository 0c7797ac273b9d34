#include "assets/ignore.h"

#include <gtest/gtest.h>

namespace verge::assets {
namespace {

TEST(IgnoreTest, ByItself) {
  const IgnoreRules rules;
  EXPECT_TRUE(rules.Ignores("_headers"));
  EXPECT_TRUE(rules.Ignores("_redirects"));
  EXPECT_TRUE(rules.Ignores(".assetsignore"));
  EXPECT_FALSE(rules.Ignores("a/_headers"));
  EXPECT_FALSE(rules.Ignores(".well-known/x"));
}

TEST(IgnoreTest, Patterns) {
  const IgnoreRules rules(
      "# a comment\n\n*.map\n/only-here\nbuild/\ndocs/*.txt\na/**/z\n**/deep\n!keep.map\n\\#hash\r\ntrail  \n[xy]?\n");
  for (const char* path : {"a.map", "a/b/c.map", "only-here", "build/x", "x/build/y", "docs/a.txt", "a/z", "a/b/c/z",
                           "q/deep", "deep/x", "#hash", "trail", "x1", "d/y2"}) {
    EXPECT_TRUE(rules.Ignores(path)) << path;
  }
  for (const char* path : {"a.mapx", "keep.map", "x/keep.map", "x/only-here", "build", "docs/b/a.txt", "z1", "xyz",
                           "trail2", "a comment"}) {
    EXPECT_FALSE(rules.Ignores(path)) << path;
  }
}

TEST(IgnoreTest, WhatIsInAnIgnoredFolderStaysIgnored) {
  const IgnoreRules rules("node_modules\n!node_modules/keep\n*.js\n!app.js\n!_headers\n");
  EXPECT_TRUE(rules.Ignores("node_modules/keep"));
  EXPECT_TRUE(rules.Ignores("x.js"));
  EXPECT_FALSE(rules.Ignores("app.js"));
  EXPECT_FALSE(rules.Ignores("_headers"));
}

}  // namespace
}  // namespace verge::assets
