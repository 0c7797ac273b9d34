// ctx.passThroughOnException(): the request goes to the origin as if the worker were not there.
#ifndef BINDINGS_FETCH_PASS_THROUGH_H_
#define BINDINGS_FETCH_PASS_THROUGH_H_

#include "bindings/fetch/origin.h"
#include "http/client/client.h"
#include "http/server.h"

namespace verge::bindings {

// One such request. Destroying it gives it up.
class PassThrough final : public http::ClientObserver {
 public:
  // Answers `exchange` with what the origin says, or with an error page. `body` is the request's, unread, or null.
  PassThrough(http::Client& client, const Origin& origin, http::Ref<http::Exchange> exchange,
              http::Ref<http::BodySource> body);
  ~PassThrough();

  void OnResponse(http::Ref<http::ClientResponse> response) override;
  void OnError(http::ClientError error) override;

 private:
  http::Ref<http::Exchange> exchange_;
  http::Ref<http::ClientExchange> request_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_PASS_THROUGH_H_
