// What a client's requests and connections share, and what keeps it alive until libuv has let go of its handles.
#ifndef HTTP_CLIENT_CLIENT_CORE_H_
#define HTTP_CLIENT_CLIENT_CORE_H_

#include <uv.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "http/client/client.h"
#include "http/client/endpoint.h"
#include "http/client/resolver.h"
#include "http/client/response_parser.h"
#include "http/client/tls.h"
#include "http/deadline_list.h"
#include "http/pool.h"
#include "http/read_buffer.h"
#include "http/ref_counted.h"
#include "http/turn_queue.h"

namespace verge::http {

class OutboundConnection;
class OutboundExchange;
class Timed;

using ClientDeadlines = DeadlineListOf<Timed>;

// Has deadlines.
class Timed {
 public:
  // The time of `node`, which is in no list any more, has come.
  virtual void OnDeadline(ClientDeadlines::Node* node) = 0;

 protected:
  ~Timed() = default;
};

class ClientCore final : public RefCounted {
 public:
  ClientCore(uv_loop_t* loop, const ClientOptions& options);

  // The client is gone: requests under way fail, everything is closed. Transports live on.
  void Shutdown();
  [[nodiscard]] bool shut_down() const { return shut_down_; }

  [[nodiscard]] uv_loop_t* loop() const { return loop_; }

  void Schedule(Scheduled* what) { turns_.Add(what); }
  void Unschedule(Scheduled* what) { turns_.Remove(what); }
  void Arm(ClientDeadlines& list, ClientDeadlines::Node* node);

  // The endpoint of a request; the same one for all requests to there.
  Ref<Endpoint> EndpointFor(bool secure, std::string_view host, uint16_t port, bool trusted);

  // Made when the first connection needs it. Null: `error` says why.
  const TlsContext* Tls(std::string& error);

  // Connections: all open ones are in a list; the idle ones are with their endpoints, too.
  void AddConnection(OutboundConnection* connection);
  void RemoveConnection(OutboundConnection* connection);
  void AddIdle(OutboundConnection* connection);
  void RemoveIdle(OutboundConnection* connection);
  OutboundConnection* TakeIdle(Endpoint& endpoint);
  // True if there were any.
  bool CloseIdleConnections();

  // Requests whose observers have not heard yet.
  void AddExchange(OutboundExchange* exchange);
  void RemoveExchange(OutboundExchange* exchange);

  const ClientOptions options;
  ClientCounters counters;
  const Ref<Pool<PooledResponse>> responses;
  const Ref<Pool<OutboundExchange>> exchanges;
  const Ref<Resolver> resolver;
  ClientDeadlines connect_deadlines;
  ClientDeadlines head_starts;
  ClientDeadlines idle_deadlines;
  ClientDeadlines stall_deadlines;
  // Where all connections read to.
  ReadBuffer read_buffer;

 private:
  ~ClientCore() override;
  void OnZeroReferences() override;
  void OnTimer();
  void StartTimer(uint64_t due);

  uv_loop_t* const loop_;
  uv_timer_t timer_;
  uint64_t timer_due_ = UINT64_MAX;
  bool shut_down_ = false;

  TurnQueue turns_;
  std::unordered_map<std::string, Ref<Endpoint>> endpoints_;
  std::string endpoint_key_;
  size_t sweep_at_;
  OutboundConnection* connections_ = nullptr;
  OutboundExchange* open_exchanges_ = nullptr;
  std::unique_ptr<TlsContext> tls_;
  std::string tls_error_;
};

}  // namespace verge::http

#endif  // HTTP_CLIENT_CLIENT_CORE_H_
