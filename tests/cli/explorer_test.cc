// The explorer's parts that need no server.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

#include "cli/dev/explorer/access.h"
#include "cli/dev/explorer/json_text.h"
#include "cli/dev/explorer/request_history.h"

namespace verge::cli {
namespace {

TEST(ExplorerAccess, LoopbackAuthorities) {
  for (const char* good : {"localhost", "localhost:8787", "LocalHost", "127.0.0.1", "127.255.0.3:1", "[::1]",
                           "[::1]:80", "a.localhost", "a.b.localhost:9"}) {
    EXPECT_TRUE(IsLoopbackAuthority(good)) << good;
  }
  for (const char* bad : {"", "example.com", ".localhost", "localhost.", "notlocalhost", "localhost.example",
                          "127.0.0.1.x", "127.1", "127.0.0.", "127.0..1", "127.0.0.1.2", "128.0.0.1", "0.0.0.0",
                          "[::2]", "[::1", "[::1]x", "[::ffff:127.0.0.1]"}) {
    EXPECT_FALSE(IsLoopbackAuthority(bad)) << bad;
  }
}

TEST(ExplorerJson, BytesThatAreNoText) {
  EXPECT_EQ(JsonText("a\"\n\xC3\xA4"), "\"a\\\"\\n\xC3\xA4\"");
  EXPECT_EQ(JsonText("a\xFF"
                     "b\xC3"),
            "\"a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\"");
  EXPECT_EQ(JsonBytesMember("ab"), ",\"text\":\"ab\"");
  EXPECT_EQ(JsonBytesMember("\xFF\x00\x01" + std::string()), ",\"base64\":\"/w==\"");
  std::string bytes;
  EXPECT_TRUE(FromBase64("AP8=", &bytes));
  EXPECT_EQ(bytes, std::string("\0\xFF", 2));
  EXPECT_FALSE(FromBase64("A?", &bytes));
}

void Line(RequestHistory& history, uint32_t invocation, runtime::LogLevel level, std::string_view text) {
  RequestHistory::SetSubject(invocation);
  history.OnLine(level, "w", text);
  RequestHistory::SetSubject(0);
}

void End(RequestHistory& history, uint32_t invocation, int status, int64_t cpu_ns, int64_t wall_ns) {
  RequestHistory::SetSubject(invocation);
  history.OnEnd({.status = status, .cpu_ns = cpu_ns, .wall_ns = wall_ns});
  RequestHistory::SetSubject(0);
}

TEST(RequestHistory, KeepsWhatBelongsTogether) {
  RequestHistory history;
  history.OnBegin("w", 1, "GET", "/a");
  history.OnBegin("w", 2, "GET", "/b");
  Line(history, 1, runtime::LogLevel::kLog, "of a");
  // The same number on another shard.
  std::thread([&] {
    history.OnBegin("w", 1, "POST", "/c");
    Line(history, 1, runtime::LogLevel::kWarn, "of c");
    End(history, 1, 201, 1'500'000, 2'500'000);
  }).join();
  Line(history, 2, runtime::LogLevel::kError, "of b");
  Line(history, 9, runtime::LogLevel::kError, "of nobody that is kept");
  End(history, 1, 200, 0, 0);
  const std::string json = history.ToJson(0);
  EXPECT_NE(json.find(R"("target":"/a",)"), std::string::npos);
  EXPECT_NE(json.find(R"([{"level":"log","text":"of a"}])"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("status":201,"cpuMs":1.500,"wallMs":2.500,"lines":[{"level":"warn","text":"of c"}])"),
            std::string::npos)
      << json;
  EXPECT_NE(json.find(R"("status":null,"cpuMs":null,"wallMs":null,"lines":[{"level":"error","text":"of b"}])"),
            std::string::npos)
      << json;
  EXPECT_EQ(json.find("of nobody"), std::string::npos);
}

TEST(RequestHistory, ANumberThatComesAgainIsTheLatest) {
  RequestHistory history;
  history.OnBegin("w", 1, "GET", "/old");
  End(history, 1, 200, 0, 0);
  history.OnBegin("w", 1, "GET", "/new");
  End(history, 1, 404, 0, 0);
  const std::string json = history.ToJson(0);
  EXPECT_LT(json.find("\"status\":200"), json.find("/new"));
  EXPECT_GT(json.find("\"status\":404"), json.find("/new"));
}

TEST(RequestHistory, Bounds) {
  RequestHistory history;
  for (uint32_t i = 1; i <= RequestHistory::kMaxRequests + 5; ++i)
    history.OnBegin("w", i, "GET", std::string(5000, 'x'));
  EXPECT_TRUE(history.ToJson(0).starts_with(R"({"version":205,"first":6,)"));
  EXPECT_EQ(history.ToJson(0).find(std::string(RequestHistory::kMaxTarget + 1, 'x')), std::string::npos);
  const std::string version = history.ToJson(205);
  EXPECT_EQ(version, R"({"version":205,"first":6,"requests":[]})");
  const uint32_t last = RequestHistory::kMaxRequests + 5;
  Line(history, last, runtime::LogLevel::kLog, std::string(RequestHistory::kMaxLineBytes + 1, 'y'));
  Line(history, last, runtime::LogLevel::kLog, "beyond");
  EXPECT_NE(history.ToJson(205).find("\"cut\":true"), std::string::npos);
  EXPECT_EQ(history.ToJson(205).find("beyond"), std::string::npos);
  // Without a request they are kept by themselves, and may be as many.
  for (size_t i = 0; i < RequestHistory::kMaxLines + 1; ++i) Line(history, 0, runtime::LogLevel::kInfo, "z");
  EXPECT_EQ(history.ToJson(207).find("\"cut\":true"), std::string::npos);
}

}  // namespace
}  // namespace verge::cli
