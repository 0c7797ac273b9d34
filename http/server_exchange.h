// The HTTP/1.1 server's Exchange: a thin stand-in for its connection that outlives it.
#ifndef HTTP_SERVER_EXCHANGE_H_
#define HTTP_SERVER_EXCHANGE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "http/pool.h"
#include "http/request_body.h"
#include "http/server.h"

namespace verge::http {

class Connection;

class ServerExchange final : public Exchange {
 public:
  [[nodiscard]] const Ref<RequestHead>& head() const override { return head_; }
  [[nodiscard]] Ref<BodySource> body() override;
  void Respond(const ResponseHead& head, ResponseBody body) override;
  std::unique_ptr<Transport> RespondUpgrade(std::string_view protocol, std::span<const HeaderField> headers) override;
  [[nodiscard]] bool responded() const override { return responded_; }
  void Abort() override;
  void set_observer(ExchangeObserver* observer) override { observer_ = observer; }

 protected:
  void OnZeroReferences() override;

 private:
  friend class Connection;
  friend class Pool<ServerExchange>;

  // Cuts it off from its connection and tells the observer.
  void Finish(ExchangeOutcome outcome);

  Ref<Pool<ServerExchange>> pool_;
  Connection* connection_ = nullptr;  // null: done
  Ref<RequestHead> head_;
  Ref<RequestBody> body_;
  ExchangeObserver* observer_ = nullptr;
  ServerExchange* next_ = nullptr;  // in the connection's list of those that are produced, but not sent
  uint64_t end_offset_ = 0;         // there: the response is sent when so many bytes are
  bool responded_ = false;
  bool body_taken_ = false;
};

}  // namespace verge::http

#endif  // HTTP_SERVER_EXCHANGE_H_
