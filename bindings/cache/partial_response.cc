#include "bindings/cache/partial_response.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>
#include <vector>

#include "cache/conditional.h"
#include "http/message.h"

namespace verge::bindings {
namespace {

// Digits up to `end`, which is taken off, too.
bool TakeNumber(std::string_view& text, char end, uint64_t* number) {
  const size_t length = end == '\0' ? text.size() : text.find(end);
  if (length == 0 || length == std::string_view::npos) return false;
  const char* last = text.data() + length;
  const auto [rest, error] = std::from_chars(text.data(), last, *number);
  if (error != std::errc() || rest != last) return false;
  text.remove_prefix(std::min(length + 1, text.size()));
  return true;
}

}  // namespace

// fetch() has http: and https: URLs, and cf.cacheKey another prefix.
std::string PartKey(std::string_view key) { return "part:" + std::string(key); }

std::optional<PartPlace> PlaceOfPart(cache::Fields response) {
  constexpr std::string_view kUnit = "bytes ";
  auto field = cache::FindField(response, "content-range");
  if (!field || !http::EqualsIgnoreCase(field->substr(0, kUnit.size()), kUnit)) return std::nullopt;
  std::string_view text = field->substr(kUnit.size());
  PartPlace place;
  uint64_t last = 0;
  if (!TakeNumber(text, '-', &place.range.begin) || !TakeNumber(text, '/', &last) ||
      !TakeNumber(text, '\0', &place.size) || last < place.range.begin || last >= place.size) {
    return std::nullopt;
  }
  place.range.end = last + 1;
  return place;
}

bool IsKeepablePart(const cache::ResponseView& response) {
  const auto place = PlaceOfPart(response.fields);
  if (response.status != 206 || !place || place->range.size() > kLargestPart) return false;
  const auto etag = cache::FindField(response.fields, "etag");
  return etag ? !etag->starts_with("W/") : cache::FindField(response.fields, "last-modified").has_value();
}

std::optional<cache::Answer> AnswerFromPart(const cache::Entry& part, const cache::RequestView& request,
                                            const cache::Verdict& verdict, cache::Time now,
                                            std::string_view cache_status) {
  const auto place = PlaceOfPart(part.fields());
  const auto wanted = cache::FindField(request.fields, "range");
  if (!place || !wanted || !cache::IfRangeHolds(request.fields, part.fields(), now)) return std::nullopt;
  // Whether the client has it already is for the whole response to say.
  for (const std::string_view condition : {"if-none-match", "if-modified-since", "if-match", "if-unmodified-since"}) {
    if (cache::FindField(request.fields, condition)) return std::nullopt;
  }
  std::vector<cache::ByteRange> ranges;
  if (cache::ParseRange(*wanted, place->size, ranges) != cache::RangeResult::kSatisfiable || ranges.size() != 1 ||
      ranges[0].begin < place->range.begin || ranges[0].end > place->range.end) {
    return std::nullopt;
  }
  // Its body is of the length that Content-Range says, or it is none.
  if (part.size() != place->range.size()) return std::nullopt;
  cache::Answer answer = cache::AnswerFrom(
      part, request, verdict, now, {.age = true, .cache_status = cache_status, .conditions = false, .ranges = false});
  answer.text.push_back(std::make_unique<std::string>(cache::ContentRange(ranges[0], place->size)));
  for (http::HeaderField& field : answer.fields) {
    if (http::EqualsIgnoreCase(field.name, "content-range")) field.value = *answer.text.back();
  }
  answer.length = ranges[0].size();
  answer.ranges = {{ranges[0].begin - place->range.begin, ranges[0].end - place->range.begin}};
  return answer;
}

}  // namespace verge::bindings
