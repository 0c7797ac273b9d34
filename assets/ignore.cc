#include "assets/ignore.h"

#include <fnmatch.h>

#include <algorithm>
#include <cstdint>
#include <span>

namespace verge::assets {
namespace {

constexpr size_t kMaxRules = 1000;
constexpr size_t kMaxSegments = 64;

std::vector<std::string> Split(std::string_view path) {
  std::vector<std::string> out;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) out.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

bool Match(std::span<const std::string> pattern, std::span<const std::string> path) {
  // As for '*' in a string: only the last "**" can be worth going back to.
  size_t i = 0;
  size_t p = 0;
  size_t star = SIZE_MAX;
  size_t mark = 0;
  while (p < path.size()) {
    if (i < pattern.size() && pattern[i] == "**") {
      star = i++;
      mark = p;
      // At the end it is what is inside of a folder, not the folder.
      if (i == pattern.size()) return true;
    } else if (i < pattern.size() && fnmatch(pattern[i].c_str(), path[p].c_str(), 0) == 0) {
      ++i;
      ++p;
    } else if (star != SIZE_MAX) {
      i = star + 1;
      p = ++mark;
    } else {
      return false;
    }
  }
  return i == pattern.size();
}

}  // namespace

IgnoreRules::IgnoreRules(std::string_view text) {
  for (const std::string_view line : {"/.assetsignore", "/_redirects", "/_headers"}) Add(line);
  for (size_t begin = 0; begin < text.size() && rules_.size() < kMaxRules;) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    Add(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

void IgnoreRules::Add(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
  Rule rule;
  if (line.starts_with('#')) return;
  if (line.starts_with('!')) {
    rule.negated = true;
    line.remove_prefix(1);
  }
  if (line.ends_with('/')) {
    rule.folder_only = true;
    line.remove_suffix(1);
  }
  rule.segments = Split(line);
  if (rule.segments.empty() || rule.segments.size() > kMaxSegments) return;
  // A pattern with a slash before its end counts from the folder; another one holds anywhere below it.
  if (line.find('/') == std::string_view::npos) rule.segments.insert(rule.segments.begin(), "**");
  rules_.push_back(std::move(rule));
}

bool IgnoreRules::Ignores(std::string_view path) const {
  const std::vector<std::string> names = Split(path);
  // An ignored folder takes all below it along, whatever is said of that.
  for (size_t depth = 1; depth <= names.size(); ++depth) {
    const auto part = std::span(names).first(depth);
    const bool is_folder = depth < names.size();
    bool ignored = false;
    for (const Rule& rule : rules_) {
      if (rule.folder_only && !is_folder) continue;
      if (rule.negated == ignored && Match(rule.segments, part)) ignored = !rule.negated;
    }
    if (ignored) return true;
  }
  return false;
}

}  // namespace verge::assets
