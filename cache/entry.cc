#include "cache/entry.h"

#include <utility>

#include "cache/body.h"

namespace verge::cache {

namespace {

// What a string has on the heap: nothing, when it is short.
size_t HeapBytes(const std::string& text) { return text.capacity() > 15 ? text.capacity() + 1 : 0; }

// An allocation's own cost, about.
constexpr size_t kAllocation = 16;

size_t OverheadOf(const std::string& key, const Metadata& metadata) {
  // The entry, its body and a piece of that, with their counters.
  size_t bytes = sizeof(Entry) + sizeof(Body) + 6 * kAllocation;
  bytes += HeapBytes(key) + HeapBytes(metadata.url) + HeapBytes(metadata.status_text);
  bytes += metadata.fields.bytes() + 2 * kAllocation;
  for (const VaryKey::Field& field : metadata.vary.fields) {
    bytes += sizeof field + HeapBytes(field.name) + HeapBytes(field.value) + HeapBytes(field.raw);
  }
  bytes += HeapBytes(metadata.vary.language);
  for (const std::string& tag : metadata.tags) bytes += sizeof tag + HeapBytes(tag);
  return bytes;
}

}  // namespace

Entry::Entry(std::string key, Metadata metadata, std::shared_ptr<Body> body, uint64_t sequence)
    : key_(std::move(key)),
      metadata_(std::move(metadata)),
      body_(std::move(body)),
      sequence_(sequence),
      overhead_bytes_(OverheadOf(key_, metadata_)) {}
Entry::~Entry() = default;

std::optional<uint64_t> Entry::size() const { return body_->size(); }
bool Entry::complete() const { return body_->complete(); }
bool Entry::replayable() const { return body_->replayable(); }
std::optional<http::Bytes> Entry::WholeBody() const { return body_->Whole(); }

}  // namespace verge::cache
