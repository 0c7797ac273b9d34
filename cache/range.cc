#include "cache/range.h"

#include <algorithm>
#include <charconv>

#include "http/field_syntax.h"
#include "http/message.h"

namespace verge::cache {

namespace {

constexpr size_t kMostRanges = 100;
constexpr std::string_view kUnit = "bytes=";

// Digits; what is larger than a uint64_t is the largest one, which no body reaches.
bool ParsePosition(std::string_view text, uint64_t& value) {
  if (text.empty() || !std::ranges::all_of(text, http::IsDigit)) return false;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc::result_out_of_range) value = UINT64_MAX;
  return true;
}

// RFC 9110, 14.1.1: one range-spec. False: malformed. An unsatisfiable one gives an empty range.
bool ParseSpec(std::string_view spec, uint64_t size, ByteRange& range) {
  const size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return false;
  const std::string_view first_text = http::TrimBlanks(spec.substr(0, dash));
  const std::string_view last_text = http::TrimBlanks(spec.substr(dash + 1));
  uint64_t first = 0;
  uint64_t last = UINT64_MAX;
  if (first_text.empty()) {
    uint64_t suffix = 0;
    if (!ParsePosition(last_text, suffix)) return false;
    range = {size - std::min(suffix, size), size};
    return true;
  }
  if (!ParsePosition(first_text, first)) return false;
  if (!last_text.empty() && (!ParsePosition(last_text, last) || last < first)) return false;
  range = first < size ? ByteRange{first, last < size ? last + 1 : size} : ByteRange{size, size};
  return true;
}

// RFC 9110, 14.2: many ranges, or overlapping ones, are a way to ask for much with little.
void Merge(std::vector<ByteRange>& ranges) {
  std::vector<ByteRange> sorted = ranges;
  std::ranges::sort(sorted, {}, &ByteRange::begin);
  bool overlap = false;
  for (size_t i = 1; i < sorted.size(); ++i) overlap |= sorted[i].begin < sorted[i - 1].end;
  if (!overlap && ranges.size() <= 2) return;
  std::vector<ByteRange> merged;
  for (const ByteRange& range : sorted) {
    if (!merged.empty() && range.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, range.end);
    } else {
      merged.push_back(range);
    }
  }
  // Without overlap or neighbours the client's order stays.
  if (merged.size() < ranges.size()) ranges = std::move(merged);
}

}  // namespace

RangeResult ParseRange(std::string_view value, uint64_t size, std::vector<ByteRange>& ranges) {
  ranges.clear();
  value = http::TrimBlanks(value);
  if (!http::EqualsIgnoreCase(value.substr(0, kUnit.size()), kUnit)) return RangeResult::kIgnore;
  std::string_view list = value.substr(kUnit.size());
  size_t count = 0;
  while (!list.empty()) {
    const std::string_view spec = http::NextListElement(list);
    if (spec.empty()) continue;
    ByteRange range;
    if (++count > kMostRanges || !ParseSpec(spec, size, range)) {
      ranges.clear();
      return RangeResult::kIgnore;
    }
    if (range.size() > 0) ranges.push_back(range);
  }
  if (count == 0) return RangeResult::kIgnore;
  if (ranges.empty()) return RangeResult::kUnsatisfiable;
  Merge(ranges);
  return RangeResult::kSatisfiable;
}

std::string ContentRange(ByteRange range, uint64_t size) {
  return "bytes " + std::to_string(range.begin) + "-" + std::to_string(range.end - 1) + "/" + std::to_string(size);
}

std::string UnsatisfiedRange(uint64_t size) { return "bytes */" + std::to_string(size); }

Multipart MakeMultipart(const std::vector<ByteRange>& ranges, uint64_t size, std::string_view content_type,
                        std::string_view boundary) {
  Multipart multipart;
  multipart.content_type = "multipart/byteranges; boundary=" + std::string(boundary);
  const std::string delimiter = "--" + std::string(boundary);
  for (const ByteRange& range : ranges) {
    std::string prelude = (multipart.preludes.empty() ? "" : "\r\n") + delimiter + "\r\n";
    if (!content_type.empty()) prelude += "Content-Type: " + std::string(content_type) + "\r\n";
    prelude += "Content-Range: " + ContentRange(range, size) + "\r\n\r\n";
    multipart.length += prelude.size() + range.size();
    multipart.preludes.push_back(std::move(prelude));
  }
  multipart.epilogue = "\r\n" + delimiter + "--\r\n";
  multipart.length += multipart.epilogue.size();
  return multipart;
}

}  // namespace verge::cache
