// What the cache reads that others have written: records of its disk, and the header fields of responses and requests.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "cache/answer.h"
#include "cache/body.h"
#include "cache/cache_control.h"
#include "cache/conditional.h"
#include "cache/disk/record.h"
#include "cache/freshness.h"
#include "cache/invalidation.h"
#include "cache/metadata.h"
#include "cache/range.h"
#include "cache/storing.h"
#include "cache/structured_dictionary.h"
#include "cache/validation.h"
#include "tests/fuzz/fuzz_target.h"

namespace verge::cache {
namespace {

constexpr Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29);
constexpr HashSeed kSeed{.first = 1, .second = 2};

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "wrong: %s\n", what);
  std::abort();
}

// A record that is accepted means what it says: written again, it is the same bytes.
void Records(std::string_view input) {
  const auto check = [](std::string_view bytes) {
    const auto record = DecodeRecord(kSeed, bytes);
    if (!record) return;
    const std::string again = EncodeRecord(kSeed, {record->owner, record->name, record->key}, record->sequence,
                                           record->body, record->metadata);
    const auto second = DecodeRecord(kSeed, again);
    Require(second.has_value(), "a record that was written is none");
    Require(second->key == record->key && second->metadata.tags == record->metadata.tags, "a record has changed");
  };
  check(input);
  // With a checksum that fits, so that what is behind it is reached.
  std::string sealed(input);
  const uint64_t checksum = SipHash(kSeed, sealed);
  sealed.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  check(sealed);
}

// Lines "name:value"; behind an empty one those of the request.
void Headers(std::string_view input) {
  std::vector<HeaderField> response;
  std::vector<HeaderField> request;
  std::vector<HeaderField>* fields = &response;
  while (!input.empty()) {
    const size_t end = std::min(input.find('\n'), input.size());
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    if (line.empty()) fields = &request;
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos) fields->push_back({line.substr(0, colon), line.substr(colon + 1)});
  }
  for (const Rules& rules : {Rules::HttpCache(), Rules::CacheApi()}) {
    const RequestView asked{"GET", "https://example.com/", request};
    const StoreDecision decision = DecideToStore(asked, {200, response}, rules, kNow, kNow);
    const Lifetime& lifetime = decision.lifetime;
    Require(lifetime.freshness >= Seconds(0) && lifetime.initial_age >= Seconds(0), "a time is negative");
    if (!decision.store()) continue;
    const Entry entry("key", MakeMetadata(asked, {200, response}, rules, decision),
                      std::make_shared<Body>(http::Bytes::Static("0123456789")), 1);
    Require(entry.metadata().vary.Matches(request), "a response does not answer its own request");
    const RequestDirectives directives = ParseRequestDirectives(request);
    const Verdict verdict = Judge(lifetime, kNow, &directives);
    const Answer answer = AnswerFrom(entry, asked, verdict, kNow);
    for (const ByteRange& range : answer.ranges) Require(range.begin < range.end && range.end <= 10, "a range");
    (void)RefreshedMetadata(entry, asked, response, rules, kNow, kNow);
    (void)ConditionalRequestFields(request, entry.fields());
    (void)NotModifiedSelects(response, entry.fields());
    (void)EffectOfHead({200, response}, entry.fields(), 10);
  }
  (void)InvalidatedUrls({"POST", "https://example.com/a", request}, {200, response});
}

}  // namespace
}  // namespace verge::cache

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  verge::cache::Records(input);
  verge::cache::Headers(input);
  (void)verge::cache::ParseStructuredDictionary(input);
  if (const auto date = verge::cache::ParseHttpDate(input, verge::cache::kNow)) {
    const auto again = verge::cache::ParseHttpDate(verge::cache::FormatHttpDate(*date), verge::cache::kNow);
    verge::cache::Require(again == date, "a date has changed");
  }
  return 0;
}
