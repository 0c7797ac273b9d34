#include "config/dotenv.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace verge::config {
namespace {

using Vars = std::vector<std::pair<std::string, std::string>>;

DotenvFile Read(std::string_view text) {
  auto file = ReadDotenv(text, ".dev.vars");
  if (!file) {
    ADD_FAILURE() << file.error().ToString();
    return {};
  }
  return *std::move(file);
}

std::string ErrorOf(std::string_view text) {
  const auto file = ReadDotenv(text, ".dev.vars");
  return file ? "no error" : file.error().ToString();
}

TEST(Dotenv, ReadsPlainValues) {
  EXPECT_EQ(Read("A=1\nB = two words  \n\n# comment\n  C=\nexport D=x # why\nE=a#b\n").vars,
            (Vars{{"A", "1"}, {"B", "two words"}, {"C", ""}, {"D", "x"}, {"E", "a"}}));
  EXPECT_EQ(Read("A=1\r\nB=2\r\n").vars, (Vars{{"A", "1"}, {"B", "2"}}));
  EXPECT_EQ(Read("\xEF\xBB\xBF"
                 "A=1")
                .vars,
            (Vars{{"A", "1"}}));
  EXPECT_EQ(Read("A: yaml\nA.b-c=ok\nexport=1\nURL=http://x/?a=b").vars,
            (Vars{{"A", "yaml"}, {"A.b-c", "ok"}, {"export", "1"}, {"URL", "http://x/?a=b"}}));
  EXPECT_EQ(Read("").vars, Vars{});
}

TEST(Dotenv, ReadsQuotedValues) {
  EXPECT_EQ(Read(R"(A="a # b" # c)").vars, (Vars{{"A", "a # b"}}));
  EXPECT_EQ(Read(R"(A="x\ny\rz\t")").vars, (Vars{{"A", "x\ny\rz\\t"}}));
  EXPECT_EQ(Read(R"(A='x\ny')").vars, (Vars{{"A", "x\\ny"}}));
  EXPECT_EQ(Read("A=`it's \"so\"`").vars, (Vars{{"A", "it's \"so\""}}));
  EXPECT_EQ(Read("A=\"one\ntwo\"\nB='  '").vars, (Vars{{"A", "one\ntwo"}, {"B", "  "}}));
  EXPECT_EQ(Read(R"(A="say \"hi\"")").vars, (Vars{{"A", "say \\\"hi\\\""}}));  // as dotenv does
}

TEST(Dotenv, TheLastOfEqualNamesCounts) { EXPECT_EQ(Read("A=1\nB=2\nA=3").vars, (Vars{{"A", "3"}, {"B", "2"}})); }

TEST(Dotenv, WarnsOfLinesThatSayNothing) {
  const DotenvFile file = Read("A=1\n  what is this\n=x\nB='y' z\nC:d\n");
  EXPECT_EQ(file.vars, (Vars{{"A", "1"}, {"B", "y"}}));
  ASSERT_EQ(file.warnings.size(), 4u);
  EXPECT_EQ(file.warnings[0].ToString(), ".dev.vars:2:3: this line is not NAME=value and is left out");
  EXPECT_EQ(file.warnings[1].line, 3);
  EXPECT_EQ(file.warnings[2].ToString(), ".dev.vars:4:3: what follows the closing ' of 'B' is left out");
  EXPECT_EQ(file.warnings[3].line, 5);
}

TEST(Dotenv, RefusesWhatItWouldMisread) {
  EXPECT_EQ(ErrorOf("A=1\nB=\"open\nC=2\n"), ".dev.vars:2:3: the value of 'B' has no closing \"");
  EXPECT_EQ(ErrorOf("A=1\nB=\xFF\n"), ".dev.vars:2:3: this is not UTF-8");
}

Vars Expanded(Vars vars) {
  const auto result = ExpandVars(&vars);
  EXPECT_TRUE(result) << result.error();
  return vars;
}

TEST(Dotenv, ExpandsReferences) {
  EXPECT_EQ(Expanded({{"A", "x"}, {"B", "$A-${A}-${NONE:-d}-${A:-e}-$NONE."}}), (Vars{{"A", "x"}, {"B", "x-x-d-x-."}}));
  EXPECT_EQ(Expanded({{"A", "\\$B costs $5 or $ or ${ or ${-} or ${1}"}}),
            (Vars{{"A", "$B costs $5 or $ or ${ or ${-} or ${1}"}}));
  // Only what stands before: no cycles.
  EXPECT_EQ(Expanded({{"A", "$B"}, {"B", "$A$B"}}), (Vars{{"A", ""}, {"B", ""}}));
  EXPECT_EQ(Expanded({{"A", ""}, {"B", "${A:-fallback}"}}), (Vars{{"A", ""}, {"B", "fallback"}}));
}

TEST(Dotenv, ExpansionIsBounded) {
  Vars bomb{{"V0", std::string(100, 'x')}};
  for (int i = 0; i < 40; ++i) {
    const std::string before = "$V" + std::to_string(i);
    bomb.emplace_back("V" + std::to_string(i + 1), before + before);
  }
  const auto result = ExpandVars(&bomb);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), "the value of 'V10' is longer than 65536 bytes with its references replaced");

  Vars wide{{"V", std::string(60'000, 'x')}};
  for (int i = 0; i < 1000; ++i) wide.emplace_back("W" + std::to_string(i), "$V");
  const auto total = ExpandVars(&wide);
  ASSERT_FALSE(total);
  EXPECT_EQ(total.error(), "the values up to 'W68' are longer than 4194304 bytes with their references replaced");
}

}  // namespace
}  // namespace verge::config
