#include "bindings/encoding/encoding_labels.h"

#include <gtest/gtest.h>

namespace verge::bindings {
namespace {

TEST(EncodingLabels, FindsNamesAndAliases) {
  EXPECT_EQ(EncodingFromLabel("utf-8"), Encoding::kUtf8);
  EXPECT_EQ(EncodingFromLabel("UTF8"), Encoding::kUtf8);
  EXPECT_EQ(EncodingFromLabel("unicode-1-1-utf-8"), Encoding::kUtf8);
  EXPECT_EQ(EncodingFromLabel("latin1"), Encoding::kWindows1252);
  EXPECT_EQ(EncodingFromLabel("US-ASCII"), Encoding::kWindows1252);
  EXPECT_EQ(EncodingFromLabel("utf-16"), Encoding::kUtf16le);
  EXPECT_EQ(EncodingFromLabel("unicodefffe"), Encoding::kUtf16be);
  EXPECT_EQ(EncodingFromLabel("sjis"), Encoding::kShiftJis);
  EXPECT_EQ(EncodingFromLabel("gb2312"), Encoding::kGbk);
  EXPECT_EQ(EncodingFromLabel("logical"), Encoding::kIso88598I);
  EXPECT_EQ(EncodingFromLabel("hz-gb-2312"), Encoding::kReplacement);
}

TEST(EncodingLabels, IgnoresAsciiWhitespaceAroundOnly) {
  EXPECT_EQ(EncodingFromLabel(" \t\n\f\rutf-8\r\f\n\t "), Encoding::kUtf8);
  EXPECT_EQ(EncodingFromLabel("utf -8"), std::nullopt);
  EXPECT_EQ(EncodingFromLabel("\vutf-8"), std::nullopt);
  EXPECT_EQ(EncodingFromLabel("\xC2\xA0utf-8"), std::nullopt);
  EXPECT_EQ(EncodingFromLabel(std::string_view("utf-8\0", 6)), std::nullopt);
}

TEST(EncodingLabels, RefusesWhatIsNone) {
  EXPECT_EQ(EncodingFromLabel(""), std::nullopt);
  EXPECT_EQ(EncodingFromLabel("   "), std::nullopt);
  EXPECT_EQ(EncodingFromLabel("utf-7"), std::nullopt);
  EXPECT_EQ(EncodingFromLabel("utf-32"), std::nullopt);
  EXPECT_EQ(EncodingFromLabel("zzzz"), std::nullopt);
  EXPECT_EQ(EncodingFromLabel(std::string(10'000, 'u')), std::nullopt);
}

TEST(EncodingLabels, NamesAreInLowerCaseAndLabelsOfThemselves) {
  EXPECT_EQ(EncodingName(Encoding::kUtf8), "utf-8");
  EXPECT_EQ(EncodingName(Encoding::kShiftJis), "shift_jis");
  EXPECT_EQ(EncodingName(Encoding::kIso88598I), "iso-8859-8-i");
  for (size_t i = 0; i < kEncodingCount; ++i) {
    auto encoding = static_cast<Encoding>(i);
    EXPECT_EQ(EncodingFromLabel(EncodingName(encoding)), encoding) << EncodingName(encoding);
  }
}

}  // namespace
}  // namespace verge::bindings
