// Which content codings a client takes (RFC 9110, 12.5.3).
#include "bindings/fetch/response_coding.h"

#include <gtest/gtest.h>

namespace verge::bindings {
namespace {

constexpr auto kGzip = http::ContentCoding::kGzip;
constexpr auto kBrotli = http::ContentCoding::kBrotli;

TEST(AcceptsCoding, Lists) {
  EXPECT_TRUE(AcceptsCoding("gzip", kGzip));
  EXPECT_TRUE(AcceptsCoding("deflate, GZIP ,br", kGzip));
  EXPECT_TRUE(AcceptsCoding("x-gzip", kGzip));
  EXPECT_FALSE(AcceptsCoding("deflate, br", kGzip));
  EXPECT_TRUE(AcceptsCoding("deflate,br", kBrotli));
}

TEST(AcceptsCoding, NothingOrNothingUseful) {
  EXPECT_FALSE(AcceptsCoding(std::nullopt, kGzip));
  EXPECT_FALSE(AcceptsCoding("", kGzip));
  EXPECT_FALSE(AcceptsCoding(", ,;;,", kGzip));
  EXPECT_FALSE(AcceptsCoding("identity", kGzip));
}

TEST(AcceptsCoding, Weights) {
  EXPECT_TRUE(AcceptsCoding("gzip;q=0.001", kGzip));
  EXPECT_FALSE(AcceptsCoding("gzip;q=0", kGzip));
  EXPECT_FALSE(AcceptsCoding("gzip ; Q=0.000", kGzip));
  EXPECT_TRUE(AcceptsCoding("gzip;q=1.0", kGzip));
  EXPECT_FALSE(AcceptsCoding("gzip;x=1;q=0", kGzip));
}

TEST(AcceptsCoding, Star) {
  EXPECT_TRUE(AcceptsCoding("*", kGzip));
  EXPECT_FALSE(AcceptsCoding("*;q=0", kGzip));
  EXPECT_FALSE(AcceptsCoding("*, gzip;q=0", kGzip));
  EXPECT_TRUE(AcceptsCoding("*;q=0, gzip", kGzip));
}

}  // namespace
}  // namespace verge::bindings
