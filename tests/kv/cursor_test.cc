#include "kv/cursor.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "kv/rules.h"

namespace verge::kv {
namespace {

TEST(Cursor, LeadsBackToItsKey) {
  for (const std::string& key : {std::string("a"), std::string("ä€😀"), std::string(512, 'x'), std::string("a\0b", 3),
                                 std::string(511, 'y'), std::string(510, 'z')}) {
    const std::string cursor = EncodeCursor(key);
    EXPECT_EQ(cursor.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
    EXPECT_EQ(DecodeCursor(cursor), key);
  }
}

TEST(Cursor, RefusesWhatWasNeverOne) {
  for (std::string_view text : {"", "a", "AQ", "not a cursor", "AAAAAAA", "====", "\xff\xfe", "😀"}) {
    EXPECT_FALSE(DecodeCursor(text)) << text;
  }
  EXPECT_FALSE(DecodeCursor(std::string(100'000, 'A')));
  // Nor a key that cannot be.
  EXPECT_FALSE(DecodeCursor(EncodeCursor("")));
  EXPECT_FALSE(DecodeCursor(EncodeCursor(std::string(513, 'x'))));
  EXPECT_FALSE(DecodeCursor(EncodeCursor("\xff")));
}

TEST(Cursor, EveryChangedCharacterIsNoticed) {
  const std::string cursor = EncodeCursor("some key of a list");
  for (size_t i = 0; i < cursor.size(); ++i) {
    for (char c : {'A', 'z', '-', '=', '\0', '%'}) {
      std::string changed = cursor;
      changed[i] = c;
      if (changed == cursor) continue;
      auto key = DecodeCursor(changed);
      // A checksum of 32 bits: none of these few collides.
      EXPECT_FALSE(key) << i << " " << c;
    }
    EXPECT_FALSE(DecodeCursor(cursor.substr(0, i)));
  }
  EXPECT_FALSE(DecodeCursor(cursor + "A"));
}

TEST(Cursor, SurvivesNoise) {
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 40, '\0');
    for (char& c : text) c = static_cast<char>(random());
    auto key = DecodeCursor(text);
    if (key) EXPECT_EQ(EncodeCursor(*key), text);
  }
}

}  // namespace
}  // namespace verge::kv
