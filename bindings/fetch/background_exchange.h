// A fetch event without a client's connection: for what the runtime itself has a worker do.
#ifndef BINDINGS_FETCH_BACKGROUND_EXCHANGE_H_
#define BINDINGS_FETCH_BACKGROUND_EXCHANGE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/ref_counted.h"
#include "http/server.h"

namespace verge::bindings {

// A request head that did not come over a connection. Owns everything that its views point into.
class MadeRequestHead final : public http::RequestHead {
 public:
  // A copy of `head` without the fields that `keep` refuses, and without a body.
  template <typename Keep>
  MadeRequestHead(const http::RequestHead& head, Keep keep) {
    Reserve(head, head.headers());
    CopyLine(head);
    for (const http::HeaderField& field : head.headers()) {
      if (!keep(field.name)) continue;
      std::string_view name = Store(field.name);
      headers_.push_back({name, Store(field.value)});
    }
  }

  // The request line of `head` with other fields.
  MadeRequestHead(const http::RequestHead& head, std::span<const http::HeaderField> fields);

  // For fields that come in addition. Room for `kExtra` bytes in all was reserved.
  static constexpr size_t kExtra = 1024;
  void Add(std::string_view name, std::string_view value);

 private:
  void Reserve(const http::RequestHead& head, std::span<const http::HeaderField> fields);
  void CopyLine(const http::RequestHead& head);
  std::string_view Store(std::string_view text);
};

// Fields that make an answer conditional or partial: a worker that is to produce a whole response must not see them.
bool IsConditionOrRange(std::string_view name);

// The exchange of such an event. Its response's body is read to the end and dropped: what a worker does on its way
// there (a cache.put() of the other branch of a tee) is what the event is for.
class BackgroundExchange final : public http::Exchange, private http::BodySink {
 public:
  explicit BackgroundExchange(http::Ref<http::RequestHead> head) : head_(std::move(head)) {}
  ~BackgroundExchange() override;

  [[nodiscard]] const http::Ref<http::RequestHead>& head() const override { return head_; }
  [[nodiscard]] http::Ref<http::BodySource> body() override { return nullptr; }
  void Respond(const http::ResponseHead& head, http::ResponseBody body) override;
  std::unique_ptr<http::Transport> RespondUpgrade(std::string_view, std::span<const http::HeaderField>) override;
  [[nodiscard]] bool responded() const override { return responded_; }
  void Abort() override;
  void set_observer(http::ExchangeObserver* observer) override { observer_ = observer; }

 private:
  void OnChunk(http::Bytes chunk) override;
  void OnEnd() override;
  void OnError(http::BodyError error, std::string_view message) override;
  void Read();
  void Finish(http::ExchangeOutcome outcome);

  http::Ref<http::RequestHead> head_;
  http::ExchangeObserver* observer_ = nullptr;
  http::Ref<http::BodySource> source_;
  bool responded_ = false;
  bool over_ = false;
  bool reading_ = false;
  bool again_ = false;
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_BACKGROUND_EXCHANGE_H_
