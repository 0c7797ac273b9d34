// A ReadableStream on its way out of JavaScript: pulled chunk by chunk as the client reads.
#ifndef BINDINGS_FETCH_STREAM_PUMP_H_
#define BINDINGS_FETCH_STREAM_PUMP_H_

#include <v8.h>

#include <cstdint>
#include <optional>
#include <string>

#include "bindings/core/convert.h"
#include "bindings/core/function.h"
#include "bindings/core/object.h"
#include "http/body.h"
#include "runtime/invocation.h"
#include "runtime/leave_task.h"

namespace verge::bindings {

class StreamPump;

// What the script half (fetch/body.js) reports to.
class PumpTarget final : public Native {
 public:
  static const ClassSpec kSpec;
  explicit PumpTarget(StreamPump* pump) : pump_(pump) {}
  // Before anything else: a FixedLengthStream says how many bytes will come.
  void Expect(double length);
  // Whether more is wanted at once: the reader goes on in the same turn then.
  bool Chunk(Cx& cx, BufferSource bytes);
  void End();
  void Error(Cx& cx, v8::Local<v8::Value> error);
  void Detach() { pump_ = nullptr; }

 private:
  StreamPump* pump_;
};

inline constexpr Member kPumpTargetMembers[] = {
    Table<PumpTarget>::Method<"expect", &PumpTarget::Expect>(),
    Table<PumpTarget>::Method<"chunk", &PumpTarget::Chunk>(),
    Table<PumpTarget>::Method<"end", &PumpTarget::End>(),
    Table<PumpTarget>::Method<"error", &PumpTarget::Error>(),
};
inline constexpr ClassSpec PumpTarget::kSpec = {.name = "PumpTarget", .members = kPumpTargetMembers, .exposed = false};

// A BodySource over a stream. What a turn of JavaScript produced is delivered after the isolate was left: a socket is
// never written to below user code. A turn that is entered for one chunk takes what else is there with it, up to
// kReadAhead, and all of it is one chunk for the sink: entering JavaScript and writing cost more than a small chunk.
class StreamPump final : public http::BodySource, private runtime::LeaveTask {
 public:
  // Null: exception or termination.
  static http::Ref<StreamPump> Create(Cx& cx, runtime::Invocation* invocation, v8::Local<v8::Object> stream);
  ~StreamPump() override;

  void Pull(http::BodySink* sink) override;
  // Also from within JavaScript, a collection of garbage included: the stream hears of it later then.
  void Cancel() override;
  [[nodiscard]] std::optional<uint64_t> length() const override { return length_; }

  // Whether the sink waits for JavaScript.
  [[nodiscard]] bool waiting() const { return sink_ != nullptr && !ready(); }

  // The event is over: nothing more will come.
  void OnInvocationOver();

 private:
  friend class PumpTarget;
  StreamPump() = default;

  static constexpr size_t kReadAhead = size_t{64} << 10;

  [[nodiscard]] bool ready() const { return !buffer_.empty() || ended_ || error_; }
  void Arrived();
  // Hands over what arrived since the last time.
  void Deliver();
  void OnIsolateLeft() override;
  void CancelStream();
  void ReleaseHandles();

  v8::Isolate* isolate_ = nullptr;
  http::Ref<runtime::Invocation> invocation_;
  v8::Global<v8::Object> pump_;  // the script half
  PumpTarget* target_ = nullptr;
  v8::Global<v8::Object> target_wrapper_;
  http::BodySink* sink_ = nullptr;
  std::optional<uint64_t> length_;
  std::string buffer_;    // read and not delivered yet
  bool reading_ = false;  // the script half has a read under way, or will begin one within this turn
  bool ended_ = false;
  std::optional<std::string> error_;
  bool delivering_ = false;
  http::Ref<StreamPump> cancelling_;  // itself, until the stream was cancelled
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_STREAM_PUMP_H_
