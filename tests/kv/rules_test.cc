#include "kv/rules.h"

#include <gtest/gtest.h>

#include <string>

namespace verge::kv {
namespace {

std::string Text(const Check& check) { return check ? check->message : "fine"; }

TEST(Rules, KeysOfOneOperation) {
  EXPECT_EQ(Text(CheckKey(kGet, "a")), "fine");
  EXPECT_EQ(Text(CheckKey(kGet, std::string(512, 'x'))), "fine");
  EXPECT_EQ(Text(CheckKey(kGet, "...")), "fine");
  EXPECT_EQ(Text(CheckKey(kGet, "")), "Key name cannot be empty.");
  EXPECT_TRUE(CheckKey(kGet, "")->type_error);
  EXPECT_EQ(Text(CheckKey(kGet, ".")), "\".\" is not allowed as a key name.");
  EXPECT_EQ(Text(CheckKey(kGet, "..")), "\"..\" is not allowed as a key name.");
  EXPECT_TRUE(CheckKey(kGet, "..")->type_error);
  EXPECT_EQ(Text(CheckKey(kDelete, std::string(513, 'x'))),
            "KV DELETE failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512.");
  EXPECT_FALSE(CheckKey(kGet, std::string(513, 'x'))->type_error);
}

TEST(Rules, KeysOfBulkOperations) {
  EXPECT_EQ(Text(CheckBulkKey(kGetBulk, "a")), "fine");
  EXPECT_EQ(Text(CheckBulkKey(kGetBulk, "")), "KV GET_BULK failed: 400 Key names must not be empty");
  EXPECT_EQ(Text(CheckBulkKey(kGetBulk, ".")),
            "KV GET_BULK failed: 400 Illegal key name \".\". Please use a different name.");
  EXPECT_EQ(Text(CheckBulkKey(kGetBulk, std::string(600, 'x'))),
            "KV GET_BULK failed: 414 UTF-8 encoded length of 600 exceeds key length limit of 512.");
  EXPECT_EQ(Text(CheckBulkCount(kGetBulk, 0)), "KV GET_BULK failed: 400 You must request a minimum of 1 key");
  EXPECT_EQ(Text(CheckBulkCount(kGetBulk, 1)), "fine");
  EXPECT_EQ(Text(CheckBulkCount(kGetBulk, 100)), "fine");
  EXPECT_EQ(Text(CheckBulkCount(kGetBulk, 101)), "KV GET_BULK failed: 400 You can request a maximum of 100 keys");
  EXPECT_EQ(Text(CheckBulkCount(kDelete, 0)), "fine");
  EXPECT_EQ(Text(CheckBulkCount(kDelete, 101)), "KV DELETE failed: 400 You can delete maximum of 100 keys per request");
}

std::string Expiration(int64_t now, std::optional<int64_t> expiration, std::optional<int64_t> ttl) {
  auto resolved = ResolveExpiration(now, expiration, ttl);
  return resolved ? std::to_string(*resolved) : resolved.error().message;
}

TEST(Rules, Expiration) {
  EXPECT_EQ(Expiration(1000, {}, {}), "0");
  EXPECT_EQ(Expiration(1000, {}, 60), "1060");
  EXPECT_EQ(Expiration(1000, 1060, {}), "1060");
  EXPECT_EQ(Expiration(1000, 5000, 60), "1060");
  EXPECT_EQ(Expiration(1000, {}, 0),
            "KV PUT failed: 400 Invalid expiration_ttl of 0. Please specify integer greater than 0.");
  EXPECT_EQ(Expiration(1000, {}, -5),
            "KV PUT failed: 400 Invalid expiration_ttl of -5. Please specify integer greater than 0.");
  EXPECT_EQ(Expiration(1000, {}, 59),
            "KV PUT failed: 400 Invalid expiration_ttl of 59. Expiration TTL must be at least 60.");
  EXPECT_EQ(Expiration(1000, 1000, {}),
            "KV PUT failed: 400 Invalid expiration of 1000. Please specify integer greater than the current number of "
            "seconds since the UNIX epoch.");
  EXPECT_EQ(Expiration(1000, 1059, {}),
            "KV PUT failed: 400 Invalid expiration of 1059. Expiration times must be at least 60 seconds in the "
            "future.");
}

TEST(Rules, SizesAndNumbers) {
  EXPECT_EQ(Text(CheckMetadata(std::string(1024, ' '))), "fine");
  EXPECT_EQ(Text(CheckMetadata(std::string(1025, ' '))),
            "KV PUT failed: 413 Metadata length of 1025 exceeds limit of 1024.");
  EXPECT_EQ(Text(CheckValueSize(26214400)), "fine");
  EXPECT_EQ(Text(CheckValueSize(26214401)), "KV PUT failed: 413 Value length of 26214401 exceeds limit of 26214400.");
  EXPECT_EQ(Text(CheckCacheTtl(kGet, 30)), "fine");
  EXPECT_EQ(Text(CheckCacheTtl(kGet, 29)),
            "KV GET failed: 400 Invalid cache_ttl of 29. Cache TTL must be at least 30.");
  EXPECT_EQ(Text(CheckList(1000, "")), "fine");
  EXPECT_EQ(Text(CheckList(-1, std::string(512, 'x'))), "fine");
  EXPECT_EQ(Text(CheckList(1001, "")),
            "KV GET failed: 400 Invalid key_count_limit of 1001. Please specify an integer less than 1000.");
  EXPECT_EQ(Text(CheckList(1, std::string(513, 'x'))),
            "KV GET failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512.");
}

TEST(Rules, ErrorsOfTheStorage) {
  EXPECT_EQ(Failed(kPut, sqlite::Error{SQLITE_FULL, "x"}).message, "KV PUT failed: 507 Insufficient Storage");
  EXPECT_EQ(Failed(kPut, sqlite::Error{sqlite::kOverloaded, "x"}).message, "KV PUT failed: 429 Too Many Requests");
  EXPECT_EQ(Failed(kGet, sqlite::Error{SQLITE_BUSY, "x"}).message, "KV GET failed: 503 Service Unavailable");
  EXPECT_EQ(Failed(kGet, sqlite::Error{sqlite::kForeign, "/a/path"}).message,
            "KV GET failed: 500 Internal Server Error");
}

TEST(Rules, Utf8) {
  for (std::string_view good : {"", "a", "ä", "€", "😀", "\x7f"}) EXPECT_TRUE(IsUtf8(good)) << good;
  for (std::string_view bad : {"\x80", "\xc0\x80", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff",
                               "a\xf0\x9f\x98", "\xc3(", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(IsUtf8(bad));
  }
}

}  // namespace
}  // namespace verge::kv
