#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "config/keys.h"
#include "config/problem.h"
#include "config/suggest.h"

namespace verge::config {
namespace {

TEST(Problem, PrintsWhatIsKnown) {
  EXPECT_EQ((Problem{"wrangler.toml", 12, 1, "no"}.ToString()), "wrangler.toml:12:1: no");
  EXPECT_EQ((Problem{"wrangler.toml", 0, 0, "no"}.ToString()), "wrangler.toml: no");
  EXPECT_EQ((Problem{"", 0, 0, "no"}.ToString()), "no");
  EXPECT_EQ((Problem{"a\x1b[31m.toml", 1, 2, "no"}.ToString()), "a\\x1b[31m.toml:1:2: no");
}

TEST(Quoted, KeepsTheTerminalSafe) {
  EXPECT_EQ(Quoted("plain"), "'plain'");
  EXPECT_EQ(Quoted("a\nb\tc"), "'a\\nb\\tc'");
  EXPECT_EQ(Quoted(std::string_view("\0\x1b\x7f", 3)), "'\\x00\\x1b\\x7f'");
  EXPECT_EQ(Quoted("\xC2\x9B"
                   "31m"),
            "'\\x9b31m'");
  EXPECT_EQ(Quoted("\xC2\xA0"), "'\xC2\xA0'");
  EXPECT_EQ(Quoted("\xC2"), "'\xC2'");
  EXPECT_EQ(Quoted("grün"), "'grün'");
}

TEST(Quoted, CutsBetweenCharacters) {
  EXPECT_EQ(Quoted(std::string(60, 'x')), "'" + std::string(60, 'x') + "'");
  EXPECT_EQ(Quoted(std::string(61, 'x')), "'" + std::string(60, 'x') + "…'");
  EXPECT_EQ(Quoted(std::string(59, 'x') + "üü"), "'" + std::string(59, 'x') + "…'");
}

TEST(PositionCounter, CountsCodePoints) {
  const std::string_view text = "aü b\n\nc";
  PositionCounter counter(text);
  const auto at = [&](size_t offset) {
    const Position position = counter.At(offset);
    return std::pair(position.line, position.column);
  };
  EXPECT_EQ(at(0), std::pair(1, 1));
  EXPECT_EQ(at(1), std::pair(1, 2));
  EXPECT_EQ(at(4), std::pair(1, 4));
  EXPECT_EQ(at(6), std::pair(2, 1));
  EXPECT_EQ(at(7), std::pair(3, 1));
  EXPECT_EQ(at(1000), std::pair(3, 2));
}

TEST(Suggest, FindsTheNearest) {
  constexpr std::array<std::string_view, 4> kWords = {"main", "vars", "compatibility_date", "compatibility_flags"};
  EXPECT_EQ(Nearest("compatability_date", kWords), "compatibility_date");
  EXPECT_EQ(Nearest("compatibilityDate", kWords), "compatibility_date");
  EXPECT_EQ(Nearest("compatibility-flags", kWords), "compatibility_flags");
  EXPECT_EQ(Nearest("mian", kWords), "main");  // a swap is one edit
  EXPECT_EQ(Nearest("MAIN", kWords), "main");
  EXPECT_EQ(Nearest("var", kWords), "vars");
  EXPECT_EQ(Nearest("rules", kWords), "");
  EXPECT_EQ(Nearest("x", kWords), "");
  EXPECT_EQ(Nearest("", kWords), "");
  EXPECT_EQ(Nearest(std::string(100'000, 'm'), kWords), "");
  EXPECT_EQ(DidYouMean("mian", kWords), "; did you mean 'main'?");
  EXPECT_EQ(DidYouMean("zebra", kWords), "");
}

TEST(Suggest, DoesNotProposeWhatHasNothingInCommon) {
  constexpr std::array<std::string_view, 2> kWords = {"a", "ai"};
  EXPECT_EQ(Nearest("z", kWords), "");
  EXPECT_EQ(Nearest("b", kWords), "");
}

TEST(Keys, AreUniqueAndFound) {
  for (const Key& key : KnownKeys()) EXPECT_EQ(FindKey(key.name), &key) << key.name << " is there twice";
  EXPECT_EQ(KnownKeyNames().size(), KnownKeys().size());
  EXPECT_EQ(FindKey("nonsense"), nullptr);
  EXPECT_EQ(FindKey("vars")->scope, KeyScope::kNotInherited);
  EXPECT_EQ(FindKey("queues")->use, KeyUse::kNotYet);
}

}  // namespace
}  // namespace verge::config
