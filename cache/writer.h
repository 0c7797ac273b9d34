// Storing an object piece by piece, while others may read it already.
#ifndef CACHE_WRITER_H_
#define CACHE_WRITER_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "cache/entry.h"
#include "cache/executor.h"
#include "http/body.h"
#include "http/bytes.h"

namespace verge::cache {

enum class StoreError : uint8_t {
  kTooLarge,  // larger than an object may be, or than what the owner may hold
  kClosed,    // the service is shutting down
};

// One object on its way into the store. One thread at a time. Dropped without Commit, it is aborted.
class Writer {
 public:
  virtual ~Writer() = default;

  enum class Result : uint8_t {
    kOk,
    kWait,     // taken, but nothing more should come before WhenWritable's callback: the disk, or a reader, is behind
    kRefused,  // not taken: it has grown too large, or was aborted. Readers that follow have got an error
  };
  virtual Result Append(http::Bytes piece) = 0;

  // After kWait: `task` runs once when there is room again, or nothing more will be taken.
  virtual void WhenWritable(std::shared_ptr<Executor> executor, Task task) = 0;

  // All is there: from now on the entry is found. Null: it is not, because it was refused, is not of the announced
  // length, or was purged meanwhile; readers get the whole body in the latter case.
  virtual EntryRef Commit() = 0;

  // Readers that follow get an error with this message.
  virtual void Abort(std::string_view message) = 0;

  // The entry while it is written: OpenBody follows the writer.
  [[nodiscard]] virtual const EntryRef& entry() const = 0;
};

// Pulls all of `upstream` into the writer at the pace that the disk and the readers allow, and commits or aborts.
// Nobody has to wait: the client that asked reads through OpenBody(writer->entry()) like all others, and may go away.
// Call it on the executor's thread. `done` (may be null) hears there the committed entry, or null.
void Fill(http::Ref<http::BodySource> upstream, std::shared_ptr<Writer> writer, std::shared_ptr<Executor> executor,
          std::move_only_function<void(EntryRef)> done = nullptr);

}  // namespace verge::cache

#endif  // CACHE_WRITER_H_
