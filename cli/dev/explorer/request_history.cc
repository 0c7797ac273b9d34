#include "cli/dev/explorer/request_history.h"

#include <v8.h>

#include <algorithm>
#include <array>
#include <format>
#include <ranges>

#include "cli/dev/explorer/json_text.h"
#include "runtime/invocation.h"

namespace verge::cli {
namespace {

constexpr std::array<std::string_view, 5> kLevels = {"debug", "info", "log", "warn", "error"};

thread_local uint32_t subject = 0;

// What the calling thread's reports are about; 0: no event.
uint32_t CurrentEvent() {
  if (subject != 0) return subject;
  v8::Isolate* isolate = v8::Isolate::TryGetCurrent();
  if (!isolate || !isolate->InContext()) return 0;
  const runtime::Invocation* invocation = runtime::Invocation::Current(isolate);
  return invocation ? invocation->id() : 0;
}

}  // namespace

RequestHistory::Entry& RequestHistory::Add(std::string_view worker, uint32_t invocation, std::string_view method,
                                           std::string_view target) {
  if (entries_.size() >= kMaxRequests) entries_.pop_front();
  Entry& entry = entries_.emplace_back();
  entry.id = next_id_++;
  entry.version = ++version_;
  entry.thread = std::this_thread::get_id();
  entry.invocation = invocation;
  entry.worker = worker;
  entry.method = method;
  entry.target = target.substr(0, kMaxTarget);
  entry.started = std::chrono::system_clock::now();
  return entry;
}

RequestHistory::Entry* RequestHistory::Find(uint32_t invocation) {
  const std::thread::id thread = std::this_thread::get_id();
  for (Entry& entry : std::views::reverse(entries_)) {
    if (entry.invocation == invocation && entry.thread == thread) return &entry;
  }
  return nullptr;
}

void RequestHistory::OnBegin(std::string_view worker, uint32_t invocation, std::string_view method,
                             std::string_view target) {
  std::lock_guard lock(mutex_);
  Add(worker, invocation, method, target);
}

void RequestHistory::SetSubject(uint32_t invocation) { subject = invocation; }

void RequestHistory::OnEnd(End end) {
  const uint32_t invocation = CurrentEvent();
  if (invocation == 0) return;
  std::lock_guard lock(mutex_);
  Entry* entry = Find(invocation);
  if (!entry) return;
  entry->over = true;
  entry->end = std::move(end);
  entry->version = ++version_;
}

void RequestHistory::OnAnswered(std::string_view worker, std::string_view method, std::string_view target, End end) {
  std::lock_guard lock(mutex_);
  Entry& entry = Add(worker, 0, method, target);
  entry.over = true;
  entry.end = std::move(end);
}

void RequestHistory::OnLine(runtime::LogLevel level, std::string_view worker, std::string_view text) {
  const uint32_t invocation = CurrentEvent();
  std::lock_guard lock(mutex_);
  Entry* entry = nullptr;
  if (invocation != 0) {
    entry = Find(invocation);
    if (!entry) return;
  } else {
    // Those that come one after the other are together.
    if (!entries_.empty() && entries_.back().invocation == 0 && entries_.back().method.empty() &&
        entries_.back().worker == worker) {
      entry = &entries_.back();
    }
    if (!entry || entry->lines.size() >= kMaxLines || entry->line_bytes >= kMaxLineBytes) {
      entry = &Add(worker, 0, {}, {});
      entry->over = true;
    }
  }
  entry->version = ++version_;
  const size_t left = kMaxLineBytes - entry->line_bytes;
  if (entry->lines.size() >= kMaxLines || left == 0) {
    entry->cut = true;
    return;
  }
  if (text.size() > left) entry->cut = true;
  text = text.substr(0, left);
  entry->line_bytes += std::max<size_t>(text.size(), 1);
  entry->lines.push_back({level, std::string(text)});
}

void RequestHistory::Clear() {
  std::lock_guard lock(mutex_);
  std::erase_if(entries_, [](const Entry& entry) { return entry.over; });
  ++version_;
}

std::string RequestHistory::ToJson(uint64_t since) const {
  std::lock_guard lock(mutex_);
  std::string out = std::format("{{\"version\":{},\"first\":{},\"requests\":[", version_,
                                entries_.empty() ? next_id_ : entries_.front().id);
  std::string_view separator;
  for (const Entry& entry : entries_) {
    if (entry.version <= since) continue;
    const auto started = std::chrono::duration_cast<std::chrono::milliseconds>(entry.started.time_since_epoch());
    out += std::format("{}{{\"id\":{},\"worker\":{},\"method\":{},\"target\":{},\"started\":{}", separator, entry.id,
                       JsonText(entry.worker), JsonText(entry.method), JsonText(entry.target), started.count());
    out += std::format(",\"outcome\":{},\"by\":{}", JsonText(entry.end.outcome), JsonText(entry.end.by));
    if (entry.over && !entry.method.empty()) {
      out += std::format(",\"status\":{},\"cpuMs\":{:.3f},\"wallMs\":{:.3f}", entry.end.status,
                         static_cast<double>(entry.end.cpu_ns) / 1e6, static_cast<double>(entry.end.wall_ns) / 1e6);
    } else {
      out += ",\"status\":null,\"cpuMs\":null,\"wallMs\":null";
    }
    out += ",\"lines\":[";
    std::string_view comma;
    for (const Line& line : entry.lines) {
      out += std::format("{}{{\"level\":\"{}\",\"text\":{}}}", comma, kLevels[static_cast<size_t>(line.level)],
                         JsonText(line.text));
      comma = ",";
    }
    out += entry.cut ? "],\"cut\":true}" : "],\"cut\":false}";
    separator = ",";
  }
  return out + "]}";
}

}  // namespace verge::cli
