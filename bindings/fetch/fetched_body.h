// The body of a response that fetch() got: what a worker reads, or what is passed on to its client.
#ifndef BINDINGS_FETCH_FETCHED_BODY_H_
#define BINDINGS_FETCH_FETCHED_BODY_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "bindings/fetch/stream_pump.h"
#include "http/body.h"
#include "http/client/client.h"
#include "http/content_coding.h"
#include "http/ref_counted.h"
#include "runtime/invocation.h"

namespace verge::bindings {

// Removes the content coding, if it has one, as it is pulled. Belongs to an invocation: with it ends what nobody has
// read, and the connection is free. On the shard's thread, never in a call that runs JavaScript below it.
class FetchedBody final : public http::BodySource, public http::BodySink, public runtime::PendingIo {
 public:
  // `exchange` and `pump` (null when there is none) are the request's: they end with the body.
  FetchedBody(runtime::Invocation* invocation, http::Ref<http::BodySource> source, http::ContentCoding coding,
              http::Ref<http::ClientExchange> exchange, http::Ref<StreamPump> pump);
  ~FetchedBody() override;

  void Pull(http::BodySink* sink) override;
  void Cancel() override;
  [[nodiscard]] std::optional<uint64_t> length() const override;
  std::optional<http::Bytes> TakeWhole() override;
  bool KeepCoded(http::ContentCoding coding) override;
  [[nodiscard]] http::ContentCoding coding() const override {
    return pulled_ ? http::ContentCoding::kIdentity : coding_;
  }

  // Ends it from the outside: who waits for a chunk gets an error.
  void Abort(std::string_view message);

  // http::BodySink
  void OnChunk(http::Bytes chunk) override;
  void OnEnd() override;
  void OnError(http::BodyError error, std::string_view message) override;

  // runtime::PendingIo
  void OnInvocationEnd() override;

 private:
  // The request is over, too.
  void End();

  http::Ref<http::BodySource> source_;
  http::ContentCoding coding_;
  bool pulled_ = false;
  bool aborted_ = false;
  http::BodySink* sink_ = nullptr;
  http::Ref<http::ClientExchange> exchange_;
  http::Ref<StreamPump> pump_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_FETCHED_BODY_H_
