#include "config/glob.h"

#include <algorithm>
#include <cstddef>
#include <format>
#include <optional>
#include <utility>

namespace verge::config {
namespace {

constexpr size_t kMaxGlobBytes = 1024;
constexpr size_t kMaxAlternatives = 64;
constexpr auto npos = std::string_view::npos;

size_t NextCodePoint(std::string_view text, size_t i) {
  ++i;
  while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) ++i;
  return i;
}

// The usual matcher with one memory: on a mismatch only the last '*' needs to take one more character, because an
// earlier one could not do better.
bool SegmentMatches(std::string_view glob, std::string_view segment) {
  size_t g = 0;
  size_t s = 0;
  size_t star = npos;
  size_t star_s = 0;
  while (s < segment.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_s = s;
    } else if (g < glob.size() && glob[g] == '?') {
      ++g;
      s = NextCodePoint(segment, s);
    } else if (g < glob.size() && glob[g] == segment[s]) {
      ++g;
      ++s;
    } else if (star != npos) {
      g = star + 1;
      s = star_s = NextCodePoint(segment, star_s);
    } else {
      return false;
    }
  }
  return glob.find_first_not_of('*', g) == npos;
}

std::string_view SegmentAt(std::string_view path, size_t start) {
  return path.substr(start, std::min(path.find('/', start), path.size()) - start);
}

// The start of the segment behind the one that starts at `start`; beyond the size when that was the last one.
size_t NextSegment(std::string_view path, size_t start) { return start + SegmentAt(path, start).size() + 1; }

struct Group {
  size_t open;
  size_t close;
  std::vector<std::pair<size_t, size_t>> alternatives;  // begin, end
};

// The first "{…,…}" of a glob.
std::optional<Group> FindGroup(std::string_view glob) {
  for (size_t open = glob.find('{'); open != npos; open = glob.find('{', open + 1)) {
    Group group{open, 0, {}};
    size_t begin = open + 1;
    int depth = 0;
    for (size_t i = open + 1; i < glob.size(); ++i) {
      if (glob[i] == '{') ++depth;
      if (depth == 0 && (glob[i] == ',' || glob[i] == '}')) {
        group.alternatives.emplace_back(begin, i);
        begin = i + 1;
        if (glob[i] == '}') {
          group.close = i;
          break;
        }
      }
      if (glob[i] == '}') --depth;
    }
    if (group.close != 0 && group.alternatives.size() > 1) return group;
  }
  return std::nullopt;
}

}  // namespace

bool GlobMatches(std::string_view glob, std::string_view path) {
  // The same algorithm, one level up: segments are the characters, "**" is the star. "Beyond the size" is the end.
  size_t g = 0;
  size_t p = 0;
  size_t star = npos;
  size_t star_p = 0;
  while (p <= path.size()) {
    if (g <= glob.size() && SegmentAt(glob, g) == "**") {
      star = g = NextSegment(glob, g);
      star_p = p;
    } else if (g <= glob.size() && SegmentMatches(SegmentAt(glob, g), SegmentAt(path, p))) {
      g = NextSegment(glob, g);
      p = NextSegment(path, p);
    } else if (star != npos) {
      g = star;
      p = star_p = NextSegment(path, star_p);
    } else {
      return false;
    }
  }
  while (g <= glob.size() && SegmentAt(glob, g) == "**") g = NextSegment(glob, g);
  return g > glob.size();
}

std::expected<std::vector<std::string>, std::string> ExpandBraces(std::string_view glob) {
  if (glob.starts_with("./")) glob.remove_prefix(2);
  if (glob.empty()) return std::unexpected("a glob must not be empty");
  if (glob.size() > kMaxGlobBytes) return std::unexpected(std::format("a glob longer than {} bytes", kMaxGlobBytes));
  std::vector<std::string> done;
  std::vector<std::string> open{std::string(glob)};
  // Every round replaces a glob by at least two or finishes one, so that the bound on both also bounds the rounds.
  while (!open.empty()) {
    const std::string current = std::move(open.back());
    open.pop_back();
    const std::optional<Group> group = FindGroup(current);
    if (!group) {
      done.push_back(current);
      continue;
    }
    if (done.size() + open.size() + group->alternatives.size() > kMaxAlternatives) {
      return std::unexpected(std::format("a glob that stands for more than {} alternatives", kMaxAlternatives));
    }
    for (size_t i = group->alternatives.size(); i-- > 0;) {
      const auto [begin, end] = group->alternatives[i];
      open.push_back(current.substr(0, group->open) + current.substr(begin, end - begin) +
                     current.substr(group->close + 1));
    }
  }
  return done;
}

}  // namespace verge::config
