// The rules of caching, by section of the standards: RFC 9111, RFC 5861, RFC 9110, RFC 9213.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cache/cache_control.h"
#include "cache/conditional.h"
#include "cache/freshness.h"
#include "cache/invalidation.h"
#include "cache/metadata.h"
#include "cache/plan.h"
#include "cache/range.h"
#include "cache/storing.h"
#include "cache/structured_dictionary.h"
#include "cache/validation.h"
#include "cache/vary.h"
#include "tests/cache/fixture.h"

namespace verge::cache {
namespace {

using FieldVector = std::vector<HeaderField>;

Lifetime LifetimeOf(const FieldVector& fields, const Rules& rules = Rules::HttpCache(), int status = 200,
                    Seconds delay = Seconds(0)) {
  return ComputeLifetime({status, fields}, rules, kStart - delay, kStart);
}
Seconds FreshnessOf(const FieldVector& fields, const Rules& rules = Rules::HttpCache(), int status = 200) {
  return LifetimeOf(fields, rules, status).freshness;
}

const std::string kDate = FormatHttpDate(kStart);

// ---- RFC 9111, 4.2.1

TEST(Freshness, Precedence) {
  const std::string expires = FormatHttpDate(kStart + Seconds(30));
  EXPECT_EQ(FreshnessOf({{"Cache-Control", "s-maxage=10, max-age=20"}, {"Expires", expires}, {"Date", kDate}}),
            Seconds(10));
  EXPECT_EQ(FreshnessOf({{"Cache-Control", "max-age=20"}, {"Expires", expires}, {"Date", kDate}}), Seconds(20));
  EXPECT_EQ(FreshnessOf({{"Expires", expires}, {"Date", kDate}}), Seconds(30));
  EXPECT_EQ(FreshnessOf({{"Expires", expires}}), Seconds(30)) << "against the time it came";
  EXPECT_EQ(FreshnessOf({}), Seconds(0));
}

TEST(Freshness, WhatIsNoDateIsInThePast) {
  for (const char* expires : {"0", "-1", "", "tomorrow", "Thu, 32 Jan 2026 00:00:00 GMT"}) {
    EXPECT_EQ(FreshnessOf({{"Expires", expires}, {"Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT"}}), Seconds(0))
        << expires;
  }
}

TEST(Freshness, TheMostRestrictiveOfSeveralCounts) {
  EXPECT_EQ(FreshnessOf({{"Cache-Control", "max-age=60, max-age=10"}}), Seconds(10));
  EXPECT_EQ(FreshnessOf({{"Cache-Control", "max-age=10"}, {"Cache-Control", "max-age=60"}}), Seconds(10));
  EXPECT_EQ(FreshnessOf({{"Cache-Control", "max-age=60, max-age=x"}}), Seconds(0));
  EXPECT_EQ(FreshnessOf({{"Cache-Control", "max-age=-5"}}), Seconds(0));
  EXPECT_EQ(FreshnessOf({{"Cache-Control", "max-age=99999999999999999999"}}), kMaxDelta);
  EXPECT_EQ(FreshnessOf({{"Cache-Control", "max-age=\"30\""}}), Seconds(30));
}

// 4.2.2.
TEST(Freshness, Heuristics) {
  const std::string modified = FormatHttpDate(kStart - Seconds(1000));
  EXPECT_EQ(FreshnessOf({{"Last-Modified", modified}, {"Date", kDate}}), Seconds(100));
  EXPECT_TRUE(LifetimeOf({{"Last-Modified", modified}, {"Date", kDate}}).heuristic);
  EXPECT_EQ(FreshnessOf({{"Last-Modified", modified}, {"Date", kDate}}, Rules::HttpCache(), 500), Seconds(0));
  EXPECT_EQ(FreshnessOf({{"Last-Modified", "Mon, 01 Jan 1990 00:00:00 GMT"}, {"Date", kDate}}), std::chrono::days(1));
  EXPECT_EQ(FreshnessOf({{"Last-Modified", FormatHttpDate(kStart + Seconds(5))}, {"Date", kDate}}), Seconds(0));
  Rules rules = Rules::HttpCache();
  rules.cache_everything = true;
  EXPECT_EQ(FreshnessOf({}, rules), std::chrono::hours(2));
  EXPECT_EQ(FreshnessOf({}, rules, 404), std::chrono::minutes(3));
}

// 4.2.3.
TEST(Freshness, Age) {
  const auto initial = [](const FieldVector& fields, Seconds delay = Seconds(0)) {
    return InitialAge(fields, kStart - delay, kStart);
  };
  EXPECT_EQ(initial({{"Age", "7"}, {"Date", kDate}}), Seconds(7));
  EXPECT_EQ(initial({{"Age", "7"}, {"Date", kDate}}, Seconds(2)), Seconds(9));
  EXPECT_EQ(initial({{"Date", FormatHttpDate(kStart - Seconds(20))}, {"Age", "7"}}), Seconds(20));
  EXPECT_EQ(initial({{"Date", FormatHttpDate(kStart + Seconds(20))}}), Seconds(0));
  EXPECT_EQ(initial({{"Age", "7, 9"}}), Seconds(7));
  EXPECT_EQ(initial({{"Age", "x"}}), Seconds(0));
  EXPECT_EQ(initial({{"Age", "-1"}}), Seconds(0));
  const Lifetime lifetime = LifetimeOf({{"Cache-Control", "max-age=60"}, {"Age", "7"}, {"Date", kDate}});
  EXPECT_EQ(CurrentAge(lifetime, kStart + Seconds(10)), Seconds(17));
  EXPECT_EQ(CurrentAge(lifetime, kStart - Seconds(10)), Seconds(7)) << "a clock that was set back";
}

TEST(Freshness, WhatACacheMayDoWithIt) {
  const Lifetime lifetime = LifetimeOf({{"Cache-Control", "max-age=10"}, {"ETag", "\"a\""}, {"Date", kDate}});
  const auto usability = [&](Seconds at, const char* request = nullptr, bool invalidated = false) {
    const FieldVector fields = {{"Cache-Control", request ? request : ""}};
    const RequestDirectives directives = ParseRequestDirectives(fields);
    return Judge(lifetime, kStart + at, request ? &directives : nullptr, invalidated).usability;
  };
  EXPECT_EQ(usability(Seconds(0)), Usability::kFresh);
  EXPECT_EQ(usability(Seconds(9)), Usability::kFresh);
  EXPECT_EQ(usability(Seconds(10)), Usability::kMustValidate);
  EXPECT_EQ(usability(Seconds(0), nullptr, true), Usability::kMustValidate);
  // 5.2.1.
  EXPECT_EQ(usability(Seconds(5), "max-age=4"), Usability::kMustValidate);
  EXPECT_EQ(usability(Seconds(5), "max-age=5"), Usability::kFresh);
  EXPECT_EQ(usability(Seconds(0), "max-age=0"), Usability::kMustValidate);
  EXPECT_EQ(usability(Seconds(5), "min-fresh=5"), Usability::kFresh);
  EXPECT_EQ(usability(Seconds(5), "min-fresh=6"), Usability::kMustValidate);
  EXPECT_EQ(usability(Seconds(15), "max-stale"), Usability::kStale);
  EXPECT_EQ(usability(Seconds(15), "max-stale=5"), Usability::kStale);
  EXPECT_EQ(usability(Seconds(16), "max-stale=5"), Usability::kMustValidate);
  EXPECT_EQ(usability(Seconds(0), "no-cache"), Usability::kMustValidate);
  const Lifetime strict = LifetimeOf({{"Cache-Control", "max-age=10, must-revalidate"}});
  const FieldVector stale = {{"Cache-Control", "max-stale=100"}};
  const RequestDirectives directives = ParseRequestDirectives(stale);
  EXPECT_EQ(Judge(strict, kStart + Seconds(20), &directives).usability, Usability::kGone);
}

// ---- RFC 5861

TEST(Stale, Windows) {
  const Lifetime lifetime = LifetimeOf({{"Cache-Control", "max-age=10, stale-while-revalidate=20, stale-if-error=50"}});
  const auto at = [&](int seconds) { return Judge(lifetime, kStart + Seconds(seconds)); };
  EXPECT_EQ(at(9).usability, Usability::kFresh);
  EXPECT_EQ(at(10).usability, Usability::kStaleWhileRevalidate);
  EXPECT_EQ(at(29).usability, Usability::kStaleWhileRevalidate);
  EXPECT_EQ(at(30).usability, Usability::kStaleIfError);
  EXPECT_TRUE(at(30).usable_on_error);
  EXPECT_EQ(at(60).usability, Usability::kGone);
  EXPECT_FALSE(at(60).usable_on_error);
  EXPECT_EQ(UselessFrom(lifetime), kStart + Seconds(60));
  EXPECT_EQ(UselessFrom(LifetimeOf({{"ETag", "\"a\""}})), Time::max());
}

TEST(Stale, IsForbiddenWhereItSaysSo) {
  for (const char* forbids : {"must-revalidate", "proxy-revalidate", "no-cache"}) {
    const std::string value = "max-age=10, stale-while-revalidate=20, stale-if-error=20, " + std::string(forbids);
    const Lifetime lifetime = LifetimeOf({{"Cache-Control", value}});
    EXPECT_EQ(Judge(lifetime, kStart + Seconds(15)).usability, Usability::kGone) << forbids;
    EXPECT_FALSE(Judge(lifetime, kStart + Seconds(15)).usable_on_error) << forbids;
  }
  for (const int status : {500, 502, 503, 504}) EXPECT_TRUE(IsStaleIfErrorStatus(status));
  for (const int status : {501, 505, 404, 429, 200}) EXPECT_FALSE(IsStaleIfErrorStatus(status));
}

// ---- RFC 9111, 3

Refusal RefusalOf(const FieldVector& response, int status = 200, const Rules& rules = Rules::HttpCache(),
                  const FieldVector& request = {}, std::string_view method = "GET") {
  return DecideToStore({method, "https://example.com/", request}, {status, response}, rules, kStart, kStart).refusal;
}

TEST(Storing, WhatAResponseSays) {
  EXPECT_EQ(RefusalOf({{"Cache-Control", "max-age=1"}}), Refusal::kNone);
  EXPECT_EQ(RefusalOf({{"Cache-Control", "max-age=1, no-store"}}), Refusal::kNoStore);
  EXPECT_EQ(RefusalOf({{"Cache-Control", "max-age=1, private"}}), Refusal::kPrivate);
  EXPECT_EQ(RefusalOf({{"Cache-Control", "max-age=1, private=\"x\""}}), Refusal::kNone);
  EXPECT_EQ(RefusalOf({{"Cache-Control", "max-age=1"}, {"Vary", "a, *"}}), Refusal::kVaryAny);
  EXPECT_EQ(RefusalOf({{"Cache-Control", "max-age=1"}, {"Set-Cookie", "a=b"}}), Refusal::kSetCookie);
  EXPECT_EQ(RefusalOf({{"Cache-Control", "max-age=1, private=set-cookie"}, {"Set-Cookie", "a=b"}}), Refusal::kNone);
  EXPECT_EQ(RefusalOf({}), Refusal::kUseless);
  EXPECT_EQ(RefusalOf({{"ETag", "\"a\""}}), Refusal::kNone);
  EXPECT_EQ(RefusalOf({{"ETag", "\"a\""}}, 418), Refusal::kUseless);
  EXPECT_EQ(RefusalOf({{"Cache-Control", "max-age=0"}}), Refusal::kUseless);
}

TEST(Storing, Statuses) {
  const FieldVector fresh = {{"Cache-Control", "max-age=1"}};
  for (const int status : {200, 203, 301, 302, 404, 410, 500})
    EXPECT_EQ(RefusalOf(fresh, status), Refusal::kNone) << status;
  for (const int status : {100, 101, 206, 304, 416}) EXPECT_EQ(RefusalOf(fresh, status), Refusal::kStatus) << status;
  // 5.2.2.3.
  const FieldVector understand = {{"Cache-Control", "max-age=1, must-understand, no-store"}};
  EXPECT_EQ(RefusalOf(understand, 200), Refusal::kNone);
  EXPECT_EQ(RefusalOf(understand, 599), Refusal::kStatus);
}

TEST(Storing, Requests) {
  const FieldVector fresh = {{"Cache-Control", "max-age=1"}};
  EXPECT_EQ(RefusalOf(fresh, 200, Rules::HttpCache(), {{"Cache-Control", "no-store"}}), Refusal::kNoStore);
  EXPECT_EQ(RefusalOf(fresh, 200, Rules::CacheApi(), {{"Cache-Control", "no-store"}}), Refusal::kNone);
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH"}) {
    EXPECT_EQ(RefusalOf(fresh, 200, Rules::HttpCache(), {}, method), Refusal::kMethod) << method;
  }
  // 3.5.
  const FieldVector authorized = {{"Authorization", "Bearer x"}};
  EXPECT_EQ(RefusalOf(fresh, 200, Rules::HttpCache(), authorized), Refusal::kAuthorization);
  EXPECT_EQ(RefusalOf(fresh, 200, Rules::CacheApi(), authorized), Refusal::kNone);
  for (const char* allows : {"public", "must-revalidate", "s-maxage=5"}) {
    EXPECT_EQ(RefusalOf({{"Cache-Control", std::string("max-age=1, ") + allows}}, 200, Rules::HttpCache(), authorized),
              Refusal::kNone)
        << allows;
  }
}

TEST(Storing, WhatAWorkersCfSays) {
  Rules rules = Rules::HttpCache();
  rules.ttl = Seconds(60);
  EXPECT_EQ(RefusalOf({{"Cache-Control", "no-store"}}, 200, rules), Refusal::kNone);
  EXPECT_EQ(FreshnessOf({{"Cache-Control", "no-store"}}, rules), Seconds(60));
  EXPECT_EQ(FreshnessOf({{"Cache-Control", "max-age=5"}}, rules, 404), Seconds(5));
  rules.ttl_by_status = {{.first = 200, .last = 299, .ttl = Seconds(5)},
                         {.first = 400, .last = 499, .ttl = Seconds(-1)}};
  EXPECT_EQ(FreshnessOf({}, rules), Seconds(5));
  EXPECT_EQ(RefusalOf({{"Cache-Control", "max-age=5"}}, 404, rules), Refusal::kTtl);
}

// 3.1.
TEST(Storing, Fields) {
  const FieldVector response = {{"Connection", "X-Hop"}, {"X-Hop", "1"},
                                {"Content-Length", "3"}, {"Age", "4"},
                                {"Set-Cookie", "a=b"},   {"X-Private", "p"},
                                {"Content-Type", "a/b"}, {"Cache-Control", "max-age=1, private=\"x-private\""}};
  std::string names;
  for (const HeaderField& field : StoredFields(response, Rules::HttpCache())) names += std::string(field.name) + ";";
  EXPECT_EQ(names, "Content-Type;Cache-Control;");
}

TEST(Storing, Tags) {
  const std::string longest(1024, 'x');
  const std::string longer = longest + "x";
  const std::string list = longest + "," + longer;
  const FieldVector fields = {{"Cache-Tag", "A, b,,a ,"}, {"cache-tag", list}};
  EXPECT_EQ(CacheTags(fields), (std::vector<std::string>{"a", "b", longest}));
}

// ---- 4.1

TEST(Vary, Selects) {
  const auto matches = [](const FieldVector& response, const FieldVector& first, const FieldVector& second) {
    return MakeVaryKey(first, response).Matches(second);
  };
  const FieldVector vary = {{"Vary", "Foo"}};
  EXPECT_TRUE(matches(vary, {{"Foo", "1"}}, {{"foo", "1"}, {"Other", "2"}}));
  EXPECT_FALSE(matches(vary, {{"Foo", "1"}}, {{"Foo", "2"}}));
  EXPECT_FALSE(matches(vary, {{"Foo", "1"}}, {}));
  EXPECT_FALSE(matches(vary, {}, {{"Foo", "1"}}));
  EXPECT_TRUE(matches(vary, {}, {}));
  EXPECT_TRUE(matches(vary, {{"Foo", "1"}, {"Foo", "2"}}, {{"Foo", "1,2"}}));
  EXPECT_TRUE(matches(vary, {{"Foo", "1,  2"}}, {{"Foo", "1,2"}}));
  EXPECT_FALSE(matches(vary, {{"Foo", "2, 1"}}, {{"Foo", "1, 2"}}));
  EXPECT_FALSE(matches(vary, {{"Foo", "a"}}, {{"Foo", "A"}}));
  const FieldVector encoding = {{"Vary", "Accept-Encoding"}};
  EXPECT_TRUE(matches(encoding, {{"Accept-Encoding", "gzip, BR"}}, {{"Accept-Encoding", "br,gzip"}}));
  EXPECT_FALSE(matches({{"Vary", "a"}, {"Vary", "b"}}, {{"a", "1"}, {"b", "1"}}, {{"a", "1"}, {"b", "2"}}));
  EXPECT_FALSE(matches({{"Vary", "*"}}, {}, {}));
}

// ---- 4.3, RFC 9110, 13

TEST(Validation, Conditions) {
  const FieldVector stored = {{"ETag", "\"a\""}, {"Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT"}};
  const FieldVector request = {{"If-None-Match", "\"theirs\""}, {"Range", "bytes=0-1"}, {"X", "y"}};
  std::string sent;
  for (const HeaderField& field : ConditionalRequestFields(request, stored)) {
    sent += std::string(field.name) + "=" + std::string(field.value) + ";";
  }
  EXPECT_EQ(sent, "X=y;If-None-Match=\"a\";If-Modified-Since=Mon, 01 Jan 2024 00:00:00 GMT;");
  EXPECT_TRUE(NotModifiedSelects(FieldVector{{"ETag", "\"a\""}}, stored));
  EXPECT_TRUE(NotModifiedSelects(FieldVector{{"ETag", "W/\"a\""}}, stored));
  EXPECT_FALSE(NotModifiedSelects(FieldVector{{"ETag", "\"b\""}}, stored));
  EXPECT_TRUE(NotModifiedSelects(FieldVector{}, stored));
}

TEST(Validation, Update) {
  const FieldVector stored = {{"A", "1"}, {"B", "2"}, {"Content-Encoding", "gzip"}};
  const FieldVector update = {{"b", "3"},          {"C", "4"}, {"Content-Encoding", "br"}, {"Content-Length", "0"},
                              {"Connection", "D"}, {"D", "5"}};
  std::string fields;
  for (const HeaderField& field : UpdatedFields(stored, update))
    fields += std::string(field.name) + std::string(field.value) + ";";
  EXPECT_EQ(fields, "A1;Content-Encodinggzip;b3;C4;");
}

TEST(Validation, Head) {
  const FieldVector stored = {{"ETag", "\"a\""}};
  const auto effect = [&](int status, const FieldVector& head) { return EffectOfHead({status, head}, stored, 10); };
  EXPECT_EQ(effect(200, {{"ETag", "\"a\""}}), HeadEffect::kUpdate);
  EXPECT_EQ(effect(200, {{"ETag", "\"a\""}, {"Content-Length", "10"}}), HeadEffect::kUpdate);
  EXPECT_EQ(effect(200, {{"ETag", "\"a\""}, {"Content-Length", "11"}}), HeadEffect::kInvalidate);
  EXPECT_EQ(effect(200, {{"ETag", "\"b\""}}), HeadEffect::kInvalidate);
  EXPECT_EQ(effect(404, {}), HeadEffect::kInvalidate);
  EXPECT_EQ(effect(503, {}), HeadEffect::kNone);
}

TEST(Conditional, NotModified) {
  const FieldVector stored = {{"ETag", "W/\"a\""}, {"Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT"}};
  const auto not_modified = [&](const FieldVector& request) { return IsNotModified(request, stored, kStart); };
  EXPECT_TRUE(not_modified({{"If-None-Match", "\"x\", \"a\""}}));
  EXPECT_TRUE(not_modified({{"If-None-Match", "*"}}));
  EXPECT_FALSE(not_modified({{"If-None-Match", "\"x\""}}));
  EXPECT_TRUE(not_modified({{"If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT"}}));
  EXPECT_FALSE(not_modified({{"If-Modified-Since", "Sun, 31 Dec 2023 23:59:59 GMT"}}));
  EXPECT_FALSE(not_modified({{"If-None-Match", "\"x\""}, {"If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT"}}));
  EXPECT_FALSE(not_modified({{"If-Modified-Since", "nonsense"}}));
  EXPECT_FALSE(not_modified({}));
  EXPECT_FALSE(StrongEquals("W/\"a\"", "W/\"a\""));
  EXPECT_TRUE(WeakEquals("W/\"a\"", "\"a\""));
}

// ---- RFC 9110, 14

TEST(Range, Forms) {
  const auto parse = [](std::string_view value, uint64_t size = 100) {
    std::vector<ByteRange> ranges;
    switch (ParseRange(value, size, ranges)) {
      case RangeResult::kIgnore:
        return std::string("ignore");
      case RangeResult::kUnsatisfiable:
        return std::string("416");
      case RangeResult::kSatisfiable:
        break;
    }
    std::string text;
    for (const ByteRange& range : ranges) text += std::to_string(range.begin) + "-" + std::to_string(range.end) + ";";
    return text;
  };
  EXPECT_EQ(parse("bytes=0-0"), "0-1;");
  EXPECT_EQ(parse("bytes=10-"), "10-100;");
  EXPECT_EQ(parse("bytes=-10"), "90-100;");
  EXPECT_EQ(parse("bytes=-1000"), "0-100;");
  EXPECT_EQ(parse("bytes=50-1000"), "50-100;");
  EXPECT_EQ(parse("Bytes=0-1, 5-6"), "0-2;5-7;");
  EXPECT_EQ(parse("bytes=5-6,0-1"), "5-7;0-2;");
  EXPECT_EQ(parse("bytes=0-10,5-20"), "0-21;");
  EXPECT_EQ(parse("bytes=100-"), "416");
  EXPECT_EQ(parse("bytes=-0"), "416");
  EXPECT_EQ(parse("bytes=100-,0-1"), "0-2;");
  EXPECT_EQ(parse("bytes=0-1", 0), "416");
  for (const char* bad : {"bytes=2-1", "bytes=", "bytes=a-b", "items=0-1", "bytes=--1", "0-1", "bytes=1"}) {
    EXPECT_EQ(parse(bad), "ignore") << bad;
  }
  EXPECT_EQ(parse("bytes=18446744073709551616-"), "416");
  std::string many = "bytes=0-0";
  for (int i = 1; i < 150; ++i) many += "," + std::to_string(i * 2) + "-" + std::to_string(i * 2);
  EXPECT_EQ(parse(many, 1000), "ignore");
  EXPECT_EQ(ContentRange({0, 10}, 100), "bytes 0-9/100");
  EXPECT_EQ(UnsatisfiedRange(100), "bytes */100");
}

TEST(Range, MultipartIsAsLongAsItSays) {
  const std::vector<ByteRange> ranges = {{0, 3}, {90, 100}};
  const Multipart multipart = MakeMultipart(ranges, 100, "text/plain", "b");
  uint64_t length = multipart.epilogue.size();
  for (size_t i = 0; i < ranges.size(); ++i) length += multipart.preludes[i].size() + ranges[i].size();
  EXPECT_EQ(multipart.length, length);
  EXPECT_EQ(multipart.content_type, "multipart/byteranges; boundary=b");
}

// ---- RFC 9111, 4.4

TEST(Invalidation, Urls) {
  const auto urls = [](std::string_view method, int status, const FieldVector& response) {
    std::string text;
    for (const std::string& url : InvalidatedUrls({method, "https://a.example/x", {}}, {status, response}))
      text += url + ";";
    return text;
  };
  EXPECT_EQ(urls("GET", 200, {}), "");
  EXPECT_EQ(urls("POST", 200, {}), "https://a.example/x;");
  EXPECT_EQ(urls("UNKNOWN", 303, {}), "https://a.example/x;");
  EXPECT_EQ(urls("POST", 500, {}), "");
  EXPECT_EQ(urls("DELETE", 200, {{"Location", "/y"}, {"Content-Location", "https://a.example/z"}}),
            "https://a.example/x;https://a.example/y;https://a.example/z;");
  EXPECT_EQ(urls("DELETE", 200, {{"Location", "https://b.example/y"}}), "https://a.example/x;");
}

// ---- 4

TEST(Plan, OnlyIfCached) {
  const FieldVector only = {{"Cache-Control", "only-if-cached"}};
  EXPECT_EQ(PlanRequest({"GET", "u", only}, nullptr, false, Rules::HttpCache(), kStart).step, Step::kUnavailable);
  EXPECT_EQ(PlanRequest({"GET", "u", {}}, nullptr, false, Rules::HttpCache(), kStart).step, Step::kForward);
}

// ---- RFC 9213, RFC 9651

TEST(Targeted, FieldsComeFirstWhenTheyAreValid) {
  EXPECT_EQ(FreshnessOf({{"Cache-Control", "max-age=1"}, {"CDN-Cache-Control", "max-age=20"}}), Seconds(20));
  EXPECT_EQ(FreshnessOf({{"CDN-Cache-Control", "max-age=20"}, {"Cloudflare-CDN-Cache-Control", "max-age=30"}}),
            Seconds(30));
  EXPECT_EQ(FreshnessOf({{"Cache-Control", "max-age=1"}, {"CDN-Cache-Control", "max-age=20;;"}}), Seconds(1));
  EXPECT_EQ(FreshnessOf({{"Cache-Control", "max-age=1"}, {"CDN-Cache-Control", "max-age=\"20\""}}), Seconds(1));
  EXPECT_EQ(FreshnessOf({{"Cache-Control", "max-age=1"}, {"CDN-Cache-Control", ""}}), Seconds(1));
  EXPECT_EQ(RefusalOf({{"Cache-Control", "no-store"}, {"CDN-Cache-Control", "max-age=20"}}), Refusal::kNone);
  EXPECT_EQ(FreshnessOf({{"CDN-Cache-Control", "public"}, {"Expires", FormatHttpDate(kStart + Seconds(9))}}),
            Seconds(0));
}

TEST(Dictionary, Grammar) {
  for (const char* good : {"a", "a=1, b=?0", "a=1;x=2, a=2", "a=(1 2);q", "a=:YQ==:", "a=\"x\\\"y\"", "*a=1.5", "a=@17",
                           "a=%\"x%c3%bc\"", "  a=1  ", "a=-999999999999999"}) {
    EXPECT_TRUE(ParseStructuredDictionary(good)) << good;
  }
  for (const char* bad : {"A=1", "a=", "a=1,", ",a", "a=1 b=2", "a=1000000000000000", "a=\"x", "a=(1", "a=1.", "a=?2",
                          "a==1", "a=1;", "\xc3\xa4=1"}) {
    EXPECT_FALSE(ParseStructuredDictionary(bad)) << bad;
  }
  const auto members = ParseStructuredDictionary("a=1, b, a=7");
  ASSERT_TRUE(members);
  ASSERT_EQ(members->size(), 2u);
  for (const DictionaryMember& member : *members) {
    if (member.key == "a") EXPECT_EQ(member.integer, 7);
  }
}

// ---- RFC 9110, 5.6.7

TEST(Date, Forms) {
  const Time expected = std::chrono::sys_days(std::chrono::year(1994) / 11 / 6) + std::chrono::hours(8) +
                        std::chrono::minutes(49) + Seconds(37);
  for (const char* good : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994", "sun, 06 nov 1994 08:49:37 gmt"}) {
    EXPECT_EQ(ParseHttpDate(good, kStart), expected) << good;
  }
  for (const char* bad :
       {"", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT x"}) {
    EXPECT_FALSE(ParseHttpDate(bad, kStart)) << bad;
  }
  EXPECT_EQ(FormatHttpDate(expected), "Sun, 06 Nov 1994 08:49:37 GMT");
  // Two digits: at most 50 years ahead.
  const auto year = [](const char* text) {
    return static_cast<int>(
        std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(*ParseHttpDate(text, kStart))).year());
  };
  EXPECT_EQ(year("Sunday, 06-Nov-76 08:49:37 GMT"), 2076);
  EXPECT_EQ(year("Sunday, 06-Nov-77 08:49:37 GMT"), 1977);
}

}  // namespace
}  // namespace verge::cache
