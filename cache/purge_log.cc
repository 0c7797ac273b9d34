#include "cache/purge_log.h"

#include <algorithm>
#include <mutex>

#include "http/field_syntax.h"

namespace verge::cache {

namespace {

// Prefixes are compared one after the other, so there are fewer of them.
constexpr size_t kMostPrefixes = 200;

// What a mark is about, as a key: all of the owner's names or one of them, and a tag or everything.
std::string KeyOf(bool all_names, std::string_view name, const std::string* tag) {
  std::string key = all_names ? "*" : "=" + std::string(name);
  key.push_back('\0');
  if (tag) key.append("#").append(*tag);
  return key;
}

std::string_view WithoutScheme(std::string_view url) {
  const size_t scheme = url.find("://");
  return scheme == std::string_view::npos ? url : url.substr(scheme + 3);
}

}  // namespace

void PurgeLog::Marks::Add(uint64_t sequence, bool is_soft) {
  uint64_t& mark = is_soft ? soft : hard;
  mark = std::max(mark, sequence);
}

PurgeEffect PurgeLog::Marks::On(uint64_t sequence) const {
  if (sequence <= hard) return PurgeEffect::kHard;
  return sequence <= soft ? PurgeEffect::kSoft : PurgeEffect::kNone;
}

bool PurgeLog::Add(const PurgeMark& mark) {
  const std::unique_lock lock(mutex_);
  const bool full = marks_.size() >= kMostMarks || prefixes_.size() >= kMostPrefixes;
  if (full) {
    marks_.clear();
    prefixes_.clear();
    marks_[KeyOf(true, "", nullptr)].Add(mark.sequence, false);
  }
  switch (mark.kind) {
    case PurgeMark::Kind::kEverything:
      marks_[KeyOf(mark.all_names, mark.name, nullptr)].Add(mark.sequence, mark.soft);
      break;
    case PurgeMark::Kind::kTag: {
      std::string tag = mark.text;
      std::ranges::transform(tag, tag.begin(), http::ToLower);
      marks_[KeyOf(mark.all_names, mark.name, &tag)].Add(mark.sequence, mark.soft);
      break;
    }
    case PurgeMark::Kind::kPrefix: {
      std::string scope = KeyOf(mark.all_names, mark.name, nullptr);
      const auto same = std::ranges::find_if(
          prefixes_, [&](const Prefix& prefix) { return prefix.scope == scope && prefix.text == mark.text; });
      Prefix& prefix = same == prefixes_.end() ? prefixes_.emplace_back(std::move(scope), mark.text, Marks{}) : *same;
      prefix.marks.Add(mark.sequence, mark.soft);
      break;
    }
  }
  if (mark.sequence > latest_.load(std::memory_order_relaxed)) {
    latest_.store(mark.sequence, std::memory_order_release);
  }
  return full;
}

PurgeEffect PurgeLog::Of(const std::string& key, uint64_t sequence) const {
  const auto found = marks_.find(key);
  return found == marks_.end() ? PurgeEffect::kNone : found->second.On(sequence);
}

PurgeEffect PurgeLog::JudgeSlowly(uint64_t sequence, std::string_view name, std::string_view url,
                                  std::span<const std::string> tags) const {
  const std::shared_lock lock(mutex_);
  PurgeEffect effect = PurgeEffect::kNone;
  for (const bool all_names : {true, false}) {
    const std::string scope = KeyOf(all_names, name, nullptr);
    effect = std::max(effect, Of(scope, sequence));
    for (const std::string& tag : tags) effect = std::max(effect, Of(KeyOf(all_names, name, &tag), sequence));
    for (const Prefix& prefix : prefixes_) {
      if (prefix.scope != scope) continue;
      if (!url.starts_with(prefix.text) && !WithoutScheme(url).starts_with(prefix.text)) continue;
      effect = std::max(effect, prefix.marks.On(sequence));
    }
  }
  return effect;
}

}  // namespace verge::cache
