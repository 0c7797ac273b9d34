// Bodies that are not there yet: pulled chunk by chunk, so that the slowest part of a pipe sets the pace.
#ifndef HTTP_BODY_H_
#define HTTP_BODY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "http/bytes.h"
#include "http/ref_counted.h"

namespace verge::http {

enum class ContentCoding : uint8_t;  // content_coding.h

// Why a body ended early.
enum class BodyError : uint8_t {
  kDisconnected,  // the peer went away in the middle
  kTooLarge,      // longer than the limit allows
  kMalformed,     // broken framing
  kTimeout,       // too slow
  kCancelled,     // this side gave up
  kFailed,        // the producer failed; the message says how
};

// Takes what a BodySource delivers. Called on the loop's thread, possibly from within `Pull`.
class BodySink {
 public:
  // Exactly one of the three answers each Pull. After OnEnd or OnError nothing more comes.
  virtual void OnChunk(Bytes chunk) = 0;
  virtual void OnEnd() = 0;
  virtual void OnError(BodyError error, std::string_view message) = 0;

 protected:
  ~BodySink() = default;
};

// Produces a body for one consumer. Lives on one loop's thread.
class BodySource : public RefCounted {
 public:
  // Asks for the next chunk (never an empty one). `sink` must stay valid until it is answered or Cancel returns. One
  // Pull at a time. The answer may come before Pull returns: consumers loop, they do not recurse.
  virtual void Pull(BodySink* sink) = 0;

  // The consumer wants no more: an outstanding Pull is dropped unanswered. Idempotent.
  virtual void Cancel() = 0;

  // Bytes still to come, when known from the start (Content-Length).
  [[nodiscard]] virtual std::optional<uint64_t> length() const { return std::nullopt; }

  // Whether it has been pulled from or cancelled: then it cannot be sent as it is any more. For sources that know.
  [[nodiscard]] virtual bool touched() const { return false; }

  // All of the body, if it is there in one piece and nothing has been pulled; the source is used up then.
  virtual std::optional<Bytes> TakeWhole() { return std::nullopt; }

  // For a source that removes a content coding from what it delivers: deliver the coded bytes instead. False: nothing
  // changed, because it is in no such coding or has been pulled already.
  virtual bool KeepCoded(ContentCoding /*coding*/) { return false; }
  // The coding that KeepCoded would keep; ContentCoding::kIdentity (zero) for none.
  [[nodiscard]] virtual ContentCoding coding() const { return ContentCoding{}; }
};

}  // namespace verge::http

#endif  // HTTP_BODY_H_
