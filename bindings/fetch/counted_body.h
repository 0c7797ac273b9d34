// Counts the bytes of a response's body on their way to the server.
#ifndef BINDINGS_FETCH_COUNTED_BODY_H_
#define BINDINGS_FETCH_COUNTED_BODY_H_

#include <optional>
#include <string_view>
#include <utility>

#include "http/body.h"
#include "http/ref_counted.h"
#include "runtime/meter.h"

namespace verge::bindings {

// Stands before a source that is ready to be sent: nothing but pulling happens to it any more. `bytes` outlives it.
class CountedBody final : public http::BodySource, private http::BodySink {
 public:
  CountedBody(http::Ref<http::BodySource> source, runtime::Tally* bytes) : source_(std::move(source)), bytes_(bytes) {}

  void Pull(http::BodySink* sink) override {
    sink_ = sink;
    source_->Pull(this);
  }
  void Cancel() override {
    sink_ = nullptr;
    source_->Cancel();
  }
  [[nodiscard]] std::optional<uint64_t> length() const override { return source_->length(); }
  [[nodiscard]] bool touched() const override { return source_->touched(); }

 private:
  void OnChunk(http::Bytes chunk) override {
    bytes_->Add(chunk.size());
    std::exchange(sink_, nullptr)->OnChunk(std::move(chunk));
  }
  void OnEnd() override { std::exchange(sink_, nullptr)->OnEnd(); }
  void OnError(http::BodyError error, std::string_view message) override {
    std::exchange(sink_, nullptr)->OnError(error, message);
  }

  const http::Ref<http::BodySource> source_;
  runtime::Tally* const bytes_;
  http::BodySink* sink_ = nullptr;
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_COUNTED_BODY_H_
