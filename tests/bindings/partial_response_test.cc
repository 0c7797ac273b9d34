// Parts of responses: RFC 9111, 3.3 and 3.4; RFC 9110, 14 and 15.3.7.
#include "bindings/cache/partial_response.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace verge::bindings {
namespace {

using cache::HeaderField;

std::optional<PartPlace> Place(std::string_view value) {
  const HeaderField fields[] = {{"Content-Range", value}};
  return PlaceOfPart(fields);
}

TEST(PartialResponse, ContentRange) {
  const auto place = Place("bytes 5-9/20");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->range.begin, 5u);
  EXPECT_EQ(place->range.end, 10u);
  EXPECT_EQ(place->size, 20u);
  EXPECT_TRUE(Place("BYTES 0-0/1"));
  EXPECT_TRUE(Place("bytes 0-18446744073709551613/18446744073709551614"));
  for (const char* wrong : {"",
                            "bytes",
                            "bytes ",
                            "bytes 5-9",
                            "bytes 5-9/",
                            "bytes 5-9/*",
                            "bytes */20",
                            "bytes 9-5/20",
                            "bytes 5-20/20",
                            "bytes 5-9/20x",
                            "bytes 5-9/ 20",
                            "bytes -9/20",
                            "bytes 5-/20",
                            "bytes +5-9/20",
                            "bytes 5-9/-20",
                            "lines 5-9/20",
                            "bytes=5-9/20",
                            "bytes 5-9/99999999999999999999",
                            "bytes 99999999999999999999-5/20",
                            "bytes 5--9/20"}) {
    EXPECT_FALSE(Place(wrong)) << wrong;
  }
  EXPECT_FALSE(PlaceOfPart({}));
}

bool Keepable(int status, std::vector<HeaderField> fields) { return IsKeepablePart({status, fields}); }

TEST(PartialResponse, WhatIsKept) {
  const HeaderField range{"Content-Range", "bytes 5-9/20"};
  EXPECT_TRUE(Keepable(206, {range, {"ETag", "\"v\""}}));
  EXPECT_TRUE(Keepable(206, {range, {"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}}));
  EXPECT_FALSE(Keepable(206, {range, {"ETag", "W/\"v\""}}));
  EXPECT_FALSE(Keepable(206, {range}));
  EXPECT_FALSE(Keepable(200, {range, {"ETag", "\"v\""}}));
  EXPECT_FALSE(Keepable(206, {{"ETag", "\"v\""}}));
  const std::string large = "bytes 0-" + std::to_string(kLargestPart) + "/99999999999";
  EXPECT_FALSE(Keepable(206, {{"Content-Range", large}, {"ETag", "\"v\""}}));
}

}  // namespace
}  // namespace verge::bindings
