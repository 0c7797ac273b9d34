// A body on its way from one worker to another.
#ifndef BINDINGS_SERVICE_CROSSING_BODY_H_
#define BINDINGS_SERVICE_CROSSING_BODY_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/body.h"
#include "http/server.h"
#include "runtime/leave_task.h"
#include "runtime/shard.h"

namespace verge::bindings {

// Both its ends may be streams of JavaScript, of different isolates, and neither isolate may be entered below the
// other's code. So whatever one end does reaches the other one only when no isolate is entered, from a LeaveTask. A
// chunk is pulled when it is asked for and not before. On the shard's thread.
class CrossingBody final : public http::BodySource, private http::BodySink, private runtime::LeaveTask {
 public:
  // How it ended: read to the end, given up by its reader, failed. Told once, or never if nobody asked for it. Not in
  // JavaScript.
  using OnOver = std::move_only_function<void(http::ExchangeOutcome)>;

  // `source` is not null.
  CrossingBody(runtime::Shard& shard, http::Ref<http::BodySource> source, OnOver over = nullptr)
      : shard_(shard), source_(std::move(source)), on_over_(std::move(over)) {}
  ~CrossingBody() override;

  void Pull(http::BodySink* sink) override;
  void Cancel() override;
  [[nodiscard]] std::optional<uint64_t> length() const override { return source_ ? source_->length() : std::nullopt; }
  [[nodiscard]] bool touched() const override { return touched_ || (source_ && source_->touched()); }
  std::optional<http::Bytes> TakeWhole() override;

  // Its producer was stopped: its reader gets an error.
  void Break(std::string_view why);

 protected:
  void OnZeroReferences() override;

 private:
  enum class Answer : uint8_t { kNone, kChunk, kEnd, kError };

  void OnChunk(http::Bytes chunk) override;
  void OnEnd() override;
  void OnError(http::BodyError error, std::string_view message) override;
  void OnIsolateLeft() override;
  void Soon();
  void Deliver();
  void End(http::ExchangeOutcome outcome);

  runtime::Shard& shard_;
  http::Ref<http::BodySource> source_;  // null: it is over
  OnOver on_over_;
  http::BodySink* sink_ = nullptr;
  bool touched_ = false;
  bool wanted_ = false;     // a pull that the source does not know of
  bool cancelled_ = false;  // by the reader
  Answer answer_ = Answer::kNone;
  http::Bytes chunk_;
  http::BodyError error_ = http::BodyError::kFailed;
  std::string message_;
  http::Ref<CrossingBody> self_;  // while there is something to do
};

}  // namespace verge::bindings

#endif  // BINDINGS_SERVICE_CROSSING_BODY_H_
