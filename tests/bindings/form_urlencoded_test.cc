#include "bindings/url/form_urlencoded.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

namespace verge::bindings {
namespace {

using Pair = FormList::value_type;

TEST(FormUrlencoded, Parses) {
  EXPECT_EQ(ParseFormUrlencoded(""), FormList());
  EXPECT_EQ(ParseFormUrlencoded("a=b"), (FormList{{"a", "b"}}));
  EXPECT_EQ(ParseFormUrlencoded("a=b&c"), (FormList{{"a", "b"}, {"c", ""}}));
  EXPECT_EQ(ParseFormUrlencoded("&&a=b&&"), (FormList{{"a", "b"}}));
  EXPECT_EQ(ParseFormUrlencoded("="), (FormList{{"", ""}}));
  EXPECT_EQ(ParseFormUrlencoded("a=b=c"), (FormList{{"a", "b=c"}}));
  EXPECT_EQ(ParseFormUrlencoded("a+b=c+d"), (FormList{{"a b", "c d"}}));
  EXPECT_EQ(ParseFormUrlencoded("a%20b=%3D%26%2b"), (FormList{{"a b", "=&+"}}));
  EXPECT_EQ(ParseFormUrlencoded("?a=b"), (FormList{{"?a", "b"}})) << "the question mark is the caller's";
}

TEST(FormUrlencoded, LeavesBrokenEscapes) {
  EXPECT_EQ(ParseFormUrlencoded("%=%2&%zz=%2g"), (FormList{{"%", "%2"}, {"%zz", "%2g"}}));
  EXPECT_EQ(ParseFormUrlencoded("%%41"), (FormList{{"%A", ""}}));
}

TEST(FormUrlencoded, BytesThatAreNotUtf8BecomeReplacementCharacters) {
  EXPECT_EQ(ParseFormUrlencoded("id=%C2&%FE%FF"), (FormList{{"id", "\uFFFD"}, {"\uFFFD\uFFFD", ""}}));
  EXPECT_EQ(ParseFormUrlencoded("%EF%BB%BFx=1"), (FormList{{"\uFEFFx", "1"}})) << "a byte order mark stays";
}

TEST(FormUrlencoded, Serializes) {
  EXPECT_EQ(SerializeFormUrlencoded({}), "");
  EXPECT_EQ(SerializeFormUrlencoded({{"a", ""}, {"", "b"}}), "a=&=b");
  EXPECT_EQ(SerializeFormUrlencoded({{"a b", "~!'()*-._"}}), "a+b=%7E%21%27%28%29*-._");
  EXPECT_EQ(SerializeFormUrlencoded({{"é", "😀"}}), "%C3%A9=%F0%9F%98%80");
  EXPECT_EQ(SerializeFormUrlencoded({{std::string("\0", 1), "%"}}), "%00=%25");
}

TEST(FormUrlencoded, WhatIsSerializedParsesToTheSame) {
  std::mt19937 random(3);
  constexpr std::string_view kPieces[] = {"a", "=", "&", "+", "%", "%4", " ", "é", "\uFFFD", "😀", "?", "#", "\n"};
  for (int round = 0; round < 20'000; ++round) {
    FormList list(random() % 4);
    for (Pair& pair : list) {
      for (size_t i = random() % 5; i > 0; --i) pair.first += kPieces[random() % std::size(kPieces)];
      for (size_t i = random() % 5; i > 0; --i) pair.second += kPieces[random() % std::size(kPieces)];
    }
    ASSERT_EQ(ParseFormUrlencoded(SerializeFormUrlencoded(list)), list);
  }
}

TEST(FormUrlencoded, SortsByCodeUnitsAndKeepsEqualNamesInOrder) {
  FormList list = {{"z", "1"}, {"\uFFFD", "2"}, {"😀", "3"}, {"a", "4"}, {"z", "0"}, {"é", "5"}, {"", "6"}, {"a", "3"}};
  SortByCodeUnits(&list);
  FormList expected = {{"", "6"},  {"a", "4"}, {"a", "3"},  {"z", "1"},
                       {"z", "0"}, {"é", "5"}, {"😀", "3"}, {"\uFFFD", "2"}};
  EXPECT_EQ(list, expected);
}

TEST(FormUrlencoded, SortsLikeUtf16) {
  std::mt19937 random(5);
  constexpr std::u16string_view kPieces[] = {u"a",      u"b",      u"é",  u"\u0800",    u"\uD7FF",
                                             u"\uE000", u"\uFFFD", u"😀", u"\U0010FFFF"};
  constexpr std::string_view kUtf8[] = {"a", "b", "é", "\u0800", "\uD7FF", "\uE000", "\uFFFD", "😀", "\U0010FFFF"};
  for (int round = 0; round < 20'000; ++round) {
    FormList list;
    std::vector<std::pair<std::u16string, std::string>> reference;
    for (int i = 0; i < 5; ++i) {
      std::u16string name16;
      std::string name;
      for (size_t j = random() % 4; j > 0; --j) {
        size_t piece = random() % std::size(kPieces);
        name16 += kPieces[piece];
        name += kUtf8[piece];
      }
      list.emplace_back(name, std::to_string(i));
      reference.emplace_back(name16, std::to_string(i));
    }
    SortByCodeUnits(&list);
    std::ranges::stable_sort(reference, {}, &std::pair<std::u16string, std::string>::first);
    for (int i = 0; i < 5; ++i) ASSERT_EQ(list[i].second, reference[i].second);
  }
}

}  // namespace
}  // namespace verge::bindings
