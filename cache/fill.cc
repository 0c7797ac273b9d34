// From a body that is pulled to one that is stored: Fill.
#include <utility>

#include "cache/writer.h"

namespace verge::cache {

namespace {

// Pulls a body into a writer. Keeps itself.
class Filler final : public http::RefCounted, private http::BodySink {
 public:
  Filler(http::Ref<http::BodySource> upstream, std::shared_ptr<Writer> writer, std::shared_ptr<Executor> executor,
         std::move_only_function<void(EntryRef)> done)
      : upstream_(std::move(upstream)),
        writer_(std::move(writer)),
        executor_(std::move(executor)),
        done_(std::move(done)) {}

  void Start() {
    self_ = http::Ref<Filler>(this);
    Read();
  }

 private:
  void Read() {
    if (reading_) {
      again_ = true;
      return;
    }
    const http::Ref<Filler> keep(this);
    reading_ = true;
    do {
      again_ = false;
      upstream_->Pull(this);
    } while (again_ && self_);
    reading_ = false;
  }
  void OnChunk(http::Bytes chunk) override {
    switch (writer_->Append(std::move(chunk))) {
      case Writer::Result::kOk:
        Read();
        return;
      case Writer::Result::kWait:
        writer_->WhenWritable(executor_, [self = http::Ref<Filler>(this)] { self->Read(); });
        return;
      case Writer::Result::kRefused:
        upstream_->Cancel();
        Finish(nullptr);
        return;
    }
  }
  void OnEnd() override { Finish(writer_->Commit()); }
  void OnError(http::BodyError, std::string_view message) override {
    writer_->Abort(message);
    Finish(nullptr);
  }
  void Finish(EntryRef entry) {
    const http::Ref<Filler> keep = std::move(self_);
    if (done_) std::exchange(done_, nullptr)(std::move(entry));
  }

  http::Ref<http::BodySource> upstream_;
  const std::shared_ptr<Writer> writer_;
  const std::shared_ptr<Executor> executor_;
  std::move_only_function<void(EntryRef)> done_;
  http::Ref<Filler> self_;
  bool reading_ = false;
  bool again_ = false;
};

}  // namespace

void Fill(http::Ref<http::BodySource> upstream, std::shared_ptr<Writer> writer, std::shared_ptr<Executor> executor,
          std::move_only_function<void(EntryRef)> done) {
  http::MakeRef<Filler>(std::move(upstream), std::move(writer), std::move(executor), std::move(done))->Start();
}

}  // namespace verge::cache
