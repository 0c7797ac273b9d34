#include "runtime/source_map.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace verge::runtime {
namespace {

// "source:line:column", "" for nothing.
std::string At(const SourceMap& map, int line, int column) {
  auto place = map.Find(line, column);
  if (!place) return "";
  return std::string(place->source) + ":" + std::to_string(place->line) + ":" + std::to_string(place->column);
}

TEST(SourceMap, FindsTheSegmentThatAPlaceIsIn) {
  // Line 1: column 0 → a:1:1, column 4 → a:1:9. Line 2: nothing. Line 3: column 2 → b:3:5.
  SourceMap map({"a", "b"}, "AAAA,IAAQ;;ECEJ");
  EXPECT_EQ(At(map, 1, 1), "a:1:1");
  EXPECT_EQ(At(map, 1, 4), "a:1:1");
  EXPECT_EQ(At(map, 1, 5), "a:1:9");
  EXPECT_EQ(At(map, 1, 500), "a:1:9");
  EXPECT_EQ(At(map, 2, 1), "");
  EXPECT_EQ(At(map, 3, 1), "");
  EXPECT_EQ(At(map, 3, 3), "b:3:5");
  EXPECT_EQ(At(map, 4, 1), "");
}

TEST(SourceMap, WhatIsGeneratedComesFromNowhere) {
  SourceMap map({"a"}, "AAAA,I,IAAI");
  EXPECT_EQ(At(map, 1, 5), "");
  EXPECT_EQ(At(map, 1, 9), "a:1:5");
}

TEST(SourceMap, NamesAndLongNumbers) {
  // Segments of five numbers; 1000 is "w+B".
  SourceMap map({"a"}, "w+BAwB8BA");
  EXPECT_EQ(At(map, 1, 1000), "");
  EXPECT_EQ(At(map, 1, 1001), "a:25:31");
}

TEST(SourceMap, PlacesOutsideOfTheText) {
  SourceMap map({"a"}, "AAAA");
  EXPECT_EQ(At(map, 0, 1), "");
  EXPECT_EQ(At(map, -1, 1), "");
  EXPECT_EQ(At(map, 1, 0), "");
  EXPECT_EQ(At(SourceMap({}, ""), 1, 1), "");
}

TEST(SourceMap, BrokenText) {
  // What comes before the error still counts.
  for (const char* text : {"AAAA;AAAA,I!", "AAAA;AA", "AAAA;ACAA", "AAAA;DAAA", "AAAA;AADA", "AAAA;gggggggggggggggg",
                           "AAAA;g", "AAAA;AAAAAA"}) {
    SourceMap map({"a"}, text);
    EXPECT_EQ(At(map, 1, 1), "a:1:1") << text;
    (void)At(map, 2, 1);
    EXPECT_EQ(At(map, 3, 1), "") << text;
  }
}

}  // namespace
}  // namespace verge::runtime
