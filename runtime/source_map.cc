#include "runtime/source_map.h"

#include <algorithm>
#include <utility>

namespace verge::runtime {
namespace {

// Numbers in base 64, five bits a digit and least first, the sign in the lowest bit.
class VlqReader {
 public:
  explicit VlqReader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool done() const { return at_ == text_.size(); }

  bool Take(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  [[nodiscard]] bool at_number() const { return !done() && DigitOf(text_[at_]) >= 0; }

  // False: malformed.
  bool Read(int64_t* out) {
    int64_t value = 0;
    for (int shift = 0; shift < 35; shift += 5) {
      int digit = done() ? -1 : DigitOf(text_[at_]);
      if (digit < 0) return false;
      ++at_;
      value |= static_cast<int64_t>(digit & 31) << shift;
      if ((digit & 32) == 0) {
        *out = (value & 1) != 0 ? -(value >> 1) : value >> 1;
        return true;
      }
    }
    return false;
  }

 private:
  static int DigitOf(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
  }

  std::string_view text_;
  size_t at_ = 0;
};

bool Fits(int64_t number) { return number >= 0 && number < UINT32_MAX; }

}  // namespace

// What follows an error in the text is left out.
void SourceMap::Decode() const {
  const std::string text = std::exchange(mappings_, {});
  VlqReader reader(text);
  int64_t source = 0;
  int64_t line = 0;
  int64_t source_column = 0;
  while (!reader.done()) {
    std::vector<Segment>& segments = lines_.emplace_back();
    int64_t column = 0;
    while (!reader.done() && !reader.Take(';')) {
      if (reader.Take(',')) continue;
      int64_t delta[5] = {};
      int count = 0;
      while (count < 5 && reader.at_number()) {
        if (!reader.Read(&delta[count++])) return;
      }
      if (count != 1 && count < 4) return;
      column += delta[0];
      if (count == 1) {
        if (!Fits(column)) return;
        segments.push_back({static_cast<uint32_t>(column), kNone, 0, 0});
        continue;
      }
      source += delta[1];
      line += delta[2];
      source_column += delta[3];
      if (!Fits(column) || !Fits(line) || !Fits(source_column) || source < 0 ||
          source >= static_cast<int64_t>(sources_.size())) {
        return;
      }
      segments.push_back({static_cast<uint32_t>(column), static_cast<uint32_t>(source), static_cast<uint32_t>(line),
                          static_cast<uint32_t>(source_column)});
    }
    std::ranges::stable_sort(segments, {}, &Segment::column);
  }
}

std::optional<SourceMap::Place> SourceMap::Find(int line, int column) const {
  std::call_once(decoded_, [this] { Decode(); });
  if (line < 1 || column < 1 || static_cast<size_t>(line) > lines_.size()) return std::nullopt;
  const std::vector<Segment>& segments = lines_[static_cast<size_t>(line - 1)];
  auto after = std::ranges::upper_bound(segments, static_cast<uint32_t>(column - 1), {}, &Segment::column);
  if (after == segments.begin()) return std::nullopt;
  const Segment& segment = *std::prev(after);
  if (segment.source == kNone) return std::nullopt;
  return Place{sources_[segment.source], static_cast<int>(segment.source_line) + 1,
               static_cast<int>(segment.source_column) + 1};
}

}  // namespace verge::runtime
