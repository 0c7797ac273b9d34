#include "assets/rule_files.h"

#include <gtest/gtest.h>

#include <format>

namespace verge::assets {
namespace {

std::string Problems(const std::vector<RuleProblem>& problems) {
  std::string out;
  for (const RuleProblem& problem : problems) out += std::format("{}: {}\n", problem.line, problem.message);
  return out;
}

std::string Redirect(const RedirectRules& rules, std::string_view path) {
  RedirectTarget target;
  return rules.Find(path, &target) ? std::format("{} {}", target.status, target.to) : "-";
}

TEST(RuleFilesTest, Headers) {
  const HeaderRules rules = ParseHeaderRules(
      "# all\n/*\n  X-Frame-Options: DENY\n  x-frame-options: again\n\n/secret\n  ! Cache-Control\r\n"
      "https://Example.com/a/:b\n  X-B: :b\n  X-Url: http://x\n");
  EXPECT_EQ(Problems(rules.problems), "");
  ASSERT_EQ(rules.rules.size(), 3u);
  ASSERT_EQ(rules.rules[0].set.size(), 1u);
  EXPECT_EQ(rules.rules[0].set[0].first, "x-frame-options");
  EXPECT_EQ(rules.rules[0].set[0].second, "DENY, again");
  EXPECT_EQ(rules.rules[1].unset, std::vector<std::string>{"cache-control"});
  Captures captures;
  EXPECT_TRUE(rules.rules[2].pattern.Match("example.com", "/a/1", &captures));
  EXPECT_EQ(rules.rules[2].set[1].second, "http://x");
}

TEST(RuleFilesTest, WrongHeaders) {
  const HeaderRules rules = ParseHeaderRules(
      "X-A: 1\n/empty\n/a\n  no colon\n  b c: 1\n  X-C:\nhttp://insecure/\n  X-D: 1\nhttps://h:80/\n/*/*\n  X-E: 1\n"
      "/ok\n  X-F: 1\n");
  EXPECT_EQ(Problems(rules.problems),
            "1: a path has to come first\n"
            "2: no header follows the path\n"
            "4: this is neither 'name: value' nor '! name'\n"
            "5: this is not the name of a header\n"
            "6: the header has no value\n"
            "3: no header follows the path\n"
            "7: it has to begin with '/' or \"https://\"\n"
            "9: a host with a port is not supported\n"
            "10: '*' can stand in a path once, and so can each ':name'; '*' is also ':splat'\n");
  ASSERT_EQ(rules.rules.size(), 1u);
  EXPECT_EQ(rules.rules[0].set[0].first, "x-f");
}

TEST(RuleFilesTest, TooManyHeaders) {
  std::string text;
  for (int i = 0; i < 101; ++i) text += std::format("/{}\n  X: {}\n", i, i);
  const HeaderRules rules = ParseHeaderRules(text);
  EXPECT_EQ(rules.rules.size(), 100u);
  ASSERT_EQ(rules.problems.size(), 1u);
  EXPECT_EQ(rules.problems[0].line, 201u);
}

TEST(RuleFilesTest, Redirects) {
  const RedirectRules rules = ParseRedirectRules(
      "/old /new\n/perm /new?x=1#y 301 # why\n/home https://example.com/x 308\nrelative /r 307\n"
      "/blog/:y/* /posts/:y/:splat 303\n/app/* /app.html 200\n/late /behind\n/trap/* /:splat\n",
      HtmlHandling::kAutoTrailingSlash);
  EXPECT_EQ(Problems(rules.problems), "");
  EXPECT_EQ(Redirect(rules, "/old"), "302 /new");
  EXPECT_EQ(Redirect(rules, "/perm"), "301 /new?x=1#y");
  EXPECT_EQ(Redirect(rules, "/home"), "308 https://example.com/x");
  EXPECT_EQ(Redirect(rules, "/relative"), "307 /r");
  EXPECT_EQ(Redirect(rules, "/blog/1/a/b"), "303 /posts/1/a/b");
  EXPECT_EQ(Redirect(rules, "/app/x"), "200 /app.html");
  EXPECT_EQ(Redirect(rules, "/late"), "302 /behind");
  // No other host.
  EXPECT_EQ(Redirect(rules, "/trap//evil.example"), "302 /evil.example");
  EXPECT_EQ(Redirect(rules, "/"), "-");
}

TEST(RuleFilesTest, WrongRedirects) {
  const std::string text =
      "/a\n/a /b 404\n/a /b 302 x\nhttps://h/a /b\n/a b\n/* /index.html\n/ /index\n/p https://e.com 200\n/q /1\n/q /2\n"
      "/:a/:a /x\n";
  const RedirectRules rules = ParseRedirectRules(text, HtmlHandling::kAutoTrailingSlash);
  EXPECT_EQ(Problems(rules.problems),
            "1: a rule is 'from to [status]'; this has 1 words\n"
            "2: the status has to be 200, 301, 302, 303, 307 or 308\n"
            "3: a rule is 'from to [status]'; this has 4 words\n"
            "4: 'from' has to be a path\n"
            "5: 'to': it has to begin with '/' or \"https://\"\n"
            "6: this would redirect for ever: the address of 'to' is its folder, for which the rule holds again\n"
            "7: this would redirect for ever: the address of 'to' is its folder, for which the rule holds again\n"
            "8: a rule with status 200 can only lead to another path\n"
            "10: there is a rule for this path above\n"
            "11: '*' can stand in a path once, and so can each ':name'; '*' is also ':splat'\n");
  EXPECT_EQ(Redirect(rules, "/q"), "302 /1");
  EXPECT_EQ(Redirect(ParseRedirectRules("/ /index", HtmlHandling::kNone), "/"), "302 /index");
}

}  // namespace
}  // namespace verge::assets
