#include "runtime/file_url.h"

#include <gtest/gtest.h>

namespace verge::runtime {
namespace {

TEST(FileUrl, EncodesWhatMayNotStandInAPath) {
  EXPECT_EQ(FileUrl("/srv/site/src/index.ts"), "file:///srv/site/src/index.ts");
  EXPECT_EQ(FileUrl("/a b/50%/q?/h#/\xC3\xA4/x\ny"), "file:///a%20b/50%25/q%3F/h%23/%C3%A4/x%0Ay");
  EXPECT_EQ(FileUrl("/-._~!$&'()*+,;=:@"), "file:///-._~!$&'()*+,;=:@");
}

}  // namespace
}  // namespace verge::runtime
