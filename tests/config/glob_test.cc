#include "config/glob.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/module_rules.h"

namespace verge::config {
namespace {

using Globs = std::vector<std::string>;

struct Case {
  const char* glob;
  const char* path;
  bool matches;
};

TEST(Glob, Matches) {
  const Case cases[] = {
      {"a.txt", "a.txt", true},
      {"a.txt", "b/a.txt", false},
      {"*.txt", "a.txt", true},
      {"*.txt", ".txt", true},
      {"*.txt", "a/b.txt", false},
      {"*.txt", "a.txt.js", false},
      {"**/*.txt", "a.txt", true},
      {"**/*.txt", "a/b.txt", true},
      {"**/*.txt", "a/b/c/d.txt", true},
      {"**/*.txt", "a/.hidden/d.txt", true},
      {"**/*.txt", "a/b.txt/c", false},
      {"a/**/z.js", "a/z.js", true},
      {"a/**/z.js", "a/b/c/z.js", true},
      {"a/**/z.js", "b/z.js", false},
      {"a/**", "a/b/c", true},
      {"a/**", "a", true},
      {"a/**", "ab", false},
      {"**", "anything/at/all", true},
      {"**", "", true},
      {"**/**/x", "x", true},
      {"**/a/**/b", "q/a/r/a/s/b", true},
      {"**/a/b/**/c", "a/a/b/x/c", true},
      {"**/a/b/**/c", "a/x/b/x/c", false},
      {"a**b", "axxb", true},  // not a segment of its own: an ordinary star
      {"a**b", "ax/xb", false},
      {"?.js", "a.js", true},
      {"?.js", "ü.js", true},
      {"?.js", "ab.js", false},
      {"a?b", "a/b", false},
      {"**/*.wasm?module", "lib/x.wasm?module", true},
      {"**/*.wasm?module", "lib/x.wasm", false},
      {"*ü*", "xüx", true},
      {"*a*b*c*", "1a2b3c4", true},
      {"*a*b*c*", "1a2c3b4", false},
      {"*aab", "aaaab", true},
      {"[a].js", "[a].js", true},
      {"[a].js", "a.js", false},
      {"a+(b).js", "a+(b).js", true},
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"a", "", false},
      {"a", "a/", false},
      {"a/", "a/", true},
  };
  for (const Case& c : cases) EXPECT_EQ(GlobMatches(c.glob, c.path), c.matches) << c.glob << " against " << c.path;
}

// Exponential matchers do not come back from these.
TEST(Glob, IsNotExponential) {
  std::string stars;
  std::string deep_stars;
  for (int i = 0; i < 200; ++i) {
    stars += "*a";
    deep_stars += "**/a/";
  }
  EXPECT_FALSE(GlobMatches(stars + "b", std::string(4000, 'a')));
  std::string path;
  for (int i = 0; i < 2000; ++i) path += "a/";
  EXPECT_FALSE(GlobMatches(deep_stars + "b", path + "c"));
  EXPECT_TRUE(GlobMatches(deep_stars + "b", path + "b"));
}

TEST(Braces, Expand) {
  const auto expand = [](std::string_view glob) { return ExpandBraces(glob).value_or(Globs{"error"}); };
  EXPECT_EQ(expand("**/*.txt"), Globs{"**/*.txt"});
  EXPECT_EQ(expand("./a/*.txt"), Globs{"a/*.txt"});
  EXPECT_EQ(expand("*.{txt,md}"), (Globs{"*.txt", "*.md"}));
  EXPECT_EQ(expand("{a,b}/{c,d}"), (Globs{"a/c", "a/d", "b/c", "b/d"}));
  EXPECT_EQ(expand("{a,{b,c}x}"), (Globs{"a", "bx", "cx"}));
  EXPECT_EQ(expand("a{,.min}.js"), (Globs{"a.js", "a.min.js"}));
  EXPECT_EQ(expand("{a}"), Globs{"{a}"});
  EXPECT_EQ(expand("{a,b"), Globs{"{a,b"});
  EXPECT_EQ(expand("{{a,b}"), (Globs{"{a", "{b"}));
  EXPECT_EQ(expand("a,b}"), Globs{"a,b}"});
}

TEST(Braces, AreBounded) {
  EXPECT_EQ(ExpandBraces("").error(), "a glob must not be empty");
  EXPECT_EQ(ExpandBraces("./").error(), "a glob must not be empty");
  EXPECT_EQ(ExpandBraces(std::string(1025, 'a')).error(), "a glob longer than 1024 bytes");
  std::string bomb;
  for (int i = 0; i < 100; ++i) bomb += "{a,b}";
  EXPECT_EQ(ExpandBraces(bomb).error(), "a glob that stands for more than 64 alternatives");
  EXPECT_EQ(ExpandBraces("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}").value().size(), 64u);
  EXPECT_EQ(ExpandBraces(std::string(1024, '{')).value().size(), 1u);
}

TEST(ModuleRules, DefaultsClassify) {
  const auto defaults = DefaultModuleRules();
  const std::vector<ModuleRule> rules(defaults.begin(), defaults.end());
  EXPECT_EQ(ClassifyModule(rules, "a.js"), ModuleType::kEsModule);
  EXPECT_EQ(ClassifyModule(rules, "lib/a.mjs"), ModuleType::kEsModule);
  EXPECT_EQ(ClassifyModule(rules, "a.cjs"), ModuleType::kCommonJs);
  EXPECT_EQ(ClassifyModule(rules, "a.wasm"), ModuleType::kCompiledWasm);
  EXPECT_EQ(ClassifyModule(rules, "x/a.wasm?module"), ModuleType::kCompiledWasm);
  EXPECT_EQ(ClassifyModule(rules, "a.txt"), ModuleType::kText);
  EXPECT_EQ(ClassifyModule(rules, "a.html"), ModuleType::kText);
  EXPECT_EQ(ClassifyModule(rules, "migrations/a.sql"), ModuleType::kText);
  EXPECT_EQ(ClassifyModule(rules, "a.bin"), ModuleType::kData);
  EXPECT_EQ(ClassifyModule(rules, "a.json"), ModuleType::kJson);
  EXPECT_EQ(ClassifyModule(rules, "a.png"), std::nullopt);
  EXPECT_EQ(ClassifyModule(rules, "js"), std::nullopt);
  EXPECT_EQ(ClassifyModule({}, "a.js"), std::nullopt);
}

TEST(ModuleRules, FirstMatchWins) {
  const std::vector<ModuleRule> rules = {{ModuleType::kText, {"raw/**"}, false},
                                         {ModuleType::kEsModule, {"**/*.js"}, false}};
  EXPECT_EQ(ClassifyModule(rules, "raw/a.js"), ModuleType::kText);
  EXPECT_EQ(ClassifyModule(rules, "a.js"), ModuleType::kEsModule);
}

TEST(ModuleRules, NamesGoBothWays) {
  for (const std::string_view name : ModuleTypeNames()) EXPECT_EQ(ModuleTypeName(*ParseModuleType(name)), name);
  EXPECT_EQ(ParseModuleType("text"), std::nullopt);
  EXPECT_EQ(ParseModuleType(""), std::nullopt);
}

}  // namespace
}  // namespace verge::config
