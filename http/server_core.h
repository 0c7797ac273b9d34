// What a server's connections share, and what keeps it alive until libuv has let go of the last handle.
#ifndef HTTP_SERVER_CORE_H_
#define HTTP_SERVER_CORE_H_

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/deadline_list.h"
#include "http/forwarding.h"
#include "http/pool.h"
#include "http/read_buffer.h"
#include "http/request_parser.h"
#include "http/response_writer.h"
#include "http/server.h"
#include "http/server_exchange.h"
#include "http/tls_server.h"
#include "http/turn_queue.h"

namespace verge::http {

class Connection;

class ServerCore {
 public:
  ServerCore(uv_loop_t* loop, RequestHandler* handler, const ServerLimits& limits,
             std::shared_ptr<const TlsIdentity> tls, std::shared_ptr<Forwarding> forwarding);
  ServerCore(const ServerCore&) = delete;
  ServerCore& operator=(const ServerCore&) = delete;

  // Takes a listening socket over. False, with the socket still the caller's: libuv would not have it.
  bool Accept(int listening_fd);

  void Drain(std::chrono::milliseconds deadline, std::function<void()> done);

  // The server is gone: closes everything at once. The core deletes itself when libuv is done with its handles.
  void Shutdown();

  // For connections.
  void Schedule(Scheduled* what) { turns_.Add(what); }
  void Unschedule(Scheduled* what) { turns_.Remove(what); }
  void OnConnectionClosing(Connection* connection);
  void OnConnectionClosed(Connection* connection);  // its handle is free
  [[nodiscard]] uint64_t now() const { return uv_now(loop_); }
  [[nodiscard]] uv_loop_t* loop() const { return loop_; }
  [[nodiscard]] bool draining() const { return draining_; }

  RequestHandler* const handler;
  const ServerLimits limits;
  const std::shared_ptr<const TlsIdentity> tls;  // null: connections are plain
  const std::shared_ptr<Forwarding> forwarding;  // null: heads have what the client sent
  ServerCounters counters;
  DateCache date;
  const Ref<Pool<PooledRequestHead>> heads;
  const Ref<Pool<ServerExchange>> exchanges;
  DeadlineList header_deadlines;
  DeadlineList idle_deadlines;
  DeadlineList body_deadlines;
  DeadlineList write_deadlines;
  DeadlineList linger_deadlines;

  // Where all connections read to: what is not consumed at once is copied away.
  ReadBuffer read_buffer;

 private:
  ~ServerCore();

  void OnAcceptable();
  void OnTick();
  void StartTimer();
  void StopTimerIfIdle();
  void CloseListener();
  void CheckDrained();
  void OnHandleClosed();
  template <typename Handle>
  void CloseHandle(Handle* handle);

  uv_loop_t* const loop_;
  uv_timer_t timer_;
  uv_poll_t listener_;
  int listening_fd_ = -1;
  uint64_t accept_again_at_ = 0;  // not 0: out of descriptors, accepting pauses

  Connection* connections_ = nullptr;  // open ones, linked
  std::vector<std::unique_ptr<Connection>> idle_;
  TurnQueue turns_;
  int open_handles_ = 0;

  bool timer_running_ = false;
  bool draining_ = false;
  bool shut_down_ = false;
  uint64_t drain_deadline_ = 0;
  std::function<void()> drained_;
};

}  // namespace verge::http

#endif  // HTTP_SERVER_CORE_H_
