// Reading the body of an entry: OpenBody.
#include <utility>

#include "cache/body.h"
#include "cache/entry.h"

namespace verge::cache {

namespace {

class BodyReader final : public http::BodySource {
 public:
  BodyReader(EntryRef entry, std::shared_ptr<Executor> executor, std::optional<ByteRange> range)
      : entry_(std::move(entry)),
        body_(entry_->body()),
        executor_(std::move(executor)),
        end_(range ? range->end : UINT64_MAX),
        length_(range ? range->size() : entry_->size()) {
    cursor_.position = range ? range->begin : 0;
    body_->Join(cursor_);
  }
  ~BodyReader() override { body_->Leave(cursor_); }

  void Pull(http::BodySink* sink) override {
    sink_ = sink;
    Advance();
  }
  void Cancel() override {
    sink_ = nullptr;
    entry_.reset();
    body_->Leave(cursor_);
  }
  [[nodiscard]] std::optional<uint64_t> length() const override { return length_; }

 private:
  void Advance() {
    if (!sink_) return;
    const http::Ref<BodyReader> self(this);
    if (!entry_) {
      Error(http::BodyError::kCancelled, "The body was cancelled.");
      return;
    }
    Body::Chunk chunk = body_->Read(cursor_, end_, executor_, [self] { self->Advance(); });
    switch (chunk.kind) {
      case Body::Chunk::Kind::kLater:
        return;
      case Body::Chunk::Kind::kFile:
        chunk.file->Read(cursor_.position, chunk.file_end, executor_,
                         [self](std::expected<http::Bytes, std::string> bytes) { self->OnFile(std::move(bytes)); });
        return;
      case Body::Chunk::Kind::kBytes:
        Deliver(std::move(chunk.bytes));
        return;
      case Body::Chunk::Kind::kEnd:
        body_->Leave(cursor_);
        std::exchange(sink_, nullptr)->OnEnd();
        return;
      case Body::Chunk::Kind::kError:
        Error(http::BodyError::kFailed, chunk.message);
        return;
    }
  }

  void OnFile(std::expected<http::Bytes, std::string> bytes) {
    if (!sink_) return;
    const http::Ref<BodyReader> self(this);
    if (bytes) {
      Deliver(*std::move(bytes));
    } else {
      Error(http::BodyError::kFailed, bytes.error());
    }
  }

  void Deliver(http::Bytes bytes) {
    body_->Move(cursor_, cursor_.position + bytes.size());
    std::exchange(sink_, nullptr)->OnChunk(std::move(bytes));
  }

  void Error(http::BodyError error, std::string_view message) {
    body_->Leave(cursor_);
    std::exchange(sink_, nullptr)->OnError(error, message);
  }

  EntryRef entry_;
  const std::shared_ptr<Body> body_;
  const std::shared_ptr<Executor> executor_;
  const uint64_t end_;
  const std::optional<uint64_t> length_;
  Body::Cursor cursor_;
  http::BodySink* sink_ = nullptr;
};

}  // namespace

http::Ref<http::BodySource> OpenBody(const EntryRef& entry, std::shared_ptr<Executor> executor,
                                     std::optional<ByteRange> range) {
  return http::MakeRef<BodyReader>(entry, std::move(executor), range);
}

}  // namespace verge::cache
