#include "bindings/fetch/discard.h"

#include <cstddef>
#include <utility>

namespace verge::bindings {
namespace {

constexpr size_t kMaxDiscarded = 64 * 1024;

// Deletes itself at the end.
class Discarder final : public http::BodySink {
 public:
  explicit Discarder(http::Ref<http::BodySource> body) : body_(std::move(body)) {}

  void Run() {
    pulling_ = true;
    do {
      pulled_ = false;
      body_->Pull(this);
    } while (pulled_ && !done_);
    pulling_ = false;
    if (done_) delete this;
  }

  void OnChunk(http::Bytes chunk) override {
    size_ += chunk.size();
    if (size_ > kMaxDiscarded) {
      body_->Cancel();
      Done();
      return;
    }
    pulled_ = true;
    if (!pulling_) Run();
  }
  void OnEnd() override { Done(); }
  void OnError(http::BodyError, std::string_view) override { Done(); }

 private:
  void Done() {
    done_ = true;
    if (!pulling_) delete this;
  }

  http::Ref<http::BodySource> body_;
  size_t size_ = 0;
  bool pulling_ = false;
  bool pulled_ = false;
  bool done_ = false;
};

}  // namespace

void Discard(http::Ref<http::BodySource> body) {
  if (body->length().value_or(0) > kMaxDiscarded) {
    body->Cancel();
    return;
  }
  (new Discarder(std::move(body)))->Run();
}

}  // namespace verge::bindings
