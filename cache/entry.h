// A stored response: immutable metadata and a body that several threads may read at once.
#ifndef CACHE_ENTRY_H_
#define CACHE_ENTRY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/executor.h"
#include "cache/fields.h"
#include "cache/freshness.h"
#include "cache/range.h"
#include "cache/vary.h"
#include "http/body.h"

namespace verge::cache {

// What is known of a response apart from its body.
struct Metadata {
  int status = 200;
  std::string status_text;  // empty: the standard phrase
  FieldList fields;         // as StoredFields gives them: no Content-Length, no Age of its own
  Lifetime lifetime;
  VaryKey vary;
  std::vector<std::string> tags;  // as CacheTags gives them
  std::string url;                // of the request, for purges by prefix; empty: the key
  uint32_t flags = 0;             // the caller's
};

class Body;  // body.h

// Immutable but for its body, which grows while it is being written. Shared between threads.
class Entry {
 public:
  Entry(std::string key, Metadata metadata, std::shared_ptr<Body> body, uint64_t sequence);
  ~Entry();
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] const Metadata& metadata() const { return metadata_; }
  [[nodiscard]] int status() const { return metadata_.status; }
  [[nodiscard]] Fields fields() const { return metadata_.fields.view(); }
  [[nodiscard]] const Lifetime& lifetime() const { return metadata_.lifetime; }
  [[nodiscard]] std::string_view url() const { return metadata_.url.empty() ? key_ : std::string_view(metadata_.url); }

  // Where in the order of stores and purges it stands (Namespace::Ticket).
  [[nodiscard]] uint64_t sequence() const { return sequence_; }

  // The body's length: known when it is complete or was announced.
  [[nodiscard]] std::optional<uint64_t> size() const;

  // Whether all of the body is there (else it is still being written, or failed).
  [[nodiscard]] bool complete() const;

  // Whether who begins to read it now gets all of it, unless the writer fails. One that is written but not going to be
  // stored (too large, no room) is only there for those who read along from the start.
  [[nodiscard]] bool replayable() const;

  // The whole body, if it is complete and one piece in memory: the usual small hit needs no source.
  [[nodiscard]] std::optional<http::Bytes> WholeBody() const;

  [[nodiscard]] const std::shared_ptr<Body>& body() const { return body_; }

  // What it costs in memory, apart from the body.
  [[nodiscard]] size_t overhead_bytes() const { return overhead_bytes_; }

 private:
  const std::string key_;
  const Metadata metadata_;
  const std::shared_ptr<Body> body_;
  const uint64_t sequence_;
  const size_t overhead_bytes_;
};

using EntryRef = std::shared_ptr<const Entry>;

// A reader of the body, or of a part of it, for the thread behind `executor`, which is where it has to be called and
// dropped. Several may read at their own pace; one of a body that is being written follows the writer. A writer that
// gives up, and a stored body that turns out to be damaged, end in OnError. `range` has to lie within the body.
http::Ref<http::BodySource> OpenBody(const EntryRef& entry, std::shared_ptr<Executor> executor,
                                     std::optional<ByteRange> range = std::nullopt);

}  // namespace verge::cache

#endif  // CACHE_ENTRY_H_
