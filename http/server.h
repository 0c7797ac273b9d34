// The HTTP/1.1 server (RFC 9110, RFC 9112) of one event loop.
//
// A process runs one Server for each shard, all bound to the same address with SO_REUSEPORT. Everything here happens
// on the loop's thread. The server knows nothing of workers: it hands each request to a RequestHandler as an Exchange.
#ifndef HTTP_SERVER_H_
#define HTTP_SERVER_H_

#include <uv.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "http/body.h"
#include "http/bytes.h"
#include "http/message.h"
#include "http/ref_counted.h"

namespace verge::http {

class Forwarding;
class Transport;

// What a client may send, and how slowly. Zero durations switch a timeout off.
struct ServerLimits {
  size_t max_target_bytes = 16 * 1024;               // longer: 414
  size_t max_header_bytes = 128 * 1024;              // all fields together; more: 431
  size_t max_header_fields = 1000;                   // more: 431
  uint64_t max_body_bytes = 100ull * 1024 * 1024;    // more: 413
  std::chrono::milliseconds header_timeout{10'000};  // from the first byte of a request to the end of its head: 408
  std::chrono::milliseconds idle_timeout{75'000};    // a keep-alive connection without a request
  std::chrono::milliseconds body_timeout{30'000};    // no byte of a body that is being waited for: 408
  std::chrono::milliseconds write_timeout{60'000};   // no byte of a response accepted by the client
};

// How an exchange ended, as far as the server can see.
enum class ExchangeOutcome : uint8_t {
  kSent,          // the whole response was handed to the kernel
  kDisconnected,  // the client left first, or a timeout closed the connection
  kBodyFailed,    // the response's BodySource failed after the head was out; the connection was closed
};

// Told once how an exchange ended.
class ExchangeObserver {
 public:
  virtual void OnExchangeDone(ExchangeOutcome outcome) = 0;

 protected:
  ~ExchangeObserver() = default;
};

// A response's body: nothing, bytes that are copied at once, shared bytes, or a source that is pulled as the client
// reads.
using ResponseBody = std::variant<std::monostate, std::string_view, Bytes, Ref<BodySource>>;

// One request and its response. Kept alive by the server until it is done and by whoever else holds a Ref; calls on
// an exchange that is done do nothing.
class Exchange : public RefCounted {
 public:
  [[nodiscard]] virtual const Ref<RequestHead>& head() const = 0;

  // The request's body, or null when it has none. Outlives the exchange, but delivers an error once the connection is
  // gone. The first Pull sends "100 Continue" if the client waits for it. A body nobody pulls is drained (up to a
  // bound) or the connection is closed after the response.
  [[nodiscard]] virtual Ref<BodySource> body() = 0;

  // Answers. At most once. The server adds Date, Connection and the body's framing; it sends no body for HEAD, 204 and
  // 304. A source without a known length is sent chunked, or, if `head` has a valid Content-Length, with that length:
  // then a source that delivers another count of bytes ends in kBodyFailed.
  virtual void Respond(const ResponseHead& head, ResponseBody body) = 0;

  // Answers an Upgrade request (RFC 9110, 7.8) with 101 and hands the connection over; `protocol` goes into Upgrade,
  // `headers` beside it. The exchange ends in kSent as usual. Bytes that the client sent behind its request are
  // delivered first. The connection stays the server's to count, to drain (see TransportObserver::OnDraining) and to
  // close when the client does not take what is written for the write timeout; no other timeout applies. Null, and
  // nothing was sent: the request asks for no upgrade, has a body, is not HTTP/1.1, a header is invalid, or it is too
  // late (the exchange is done, or the server is being drained).
  virtual std::unique_ptr<Transport> RespondUpgrade(std::string_view protocol,
                                                    std::span<const HeaderField> headers) = 0;

  [[nodiscard]] virtual bool responded() const = 0;

  // Closes the connection without (the rest of) a response.
  virtual void Abort() = 0;

  // Null: nobody. The observer must outlive the exchange or take itself back.
  virtual void set_observer(ExchangeObserver* observer) = 0;
};

class RequestHandler {
 public:
  // A request's head is complete. Answer now or later, on this thread.
  virtual void OnRequest(Ref<Exchange> exchange) = 0;

 protected:
  ~RequestHandler() = default;
};

// Counters since the start, for metrics and tests.
struct ServerCounters {
  uint64_t connections = 0;       // accepted
  uint64_t open_connections = 0;  // now
  uint64_t requests = 0;          // handed to the handler
  uint64_t refused = 0;           // answered by the server itself (400, 408, 413, 414, 431, 501, 505 …)
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  uint64_t accept_failures = 0;  // no descriptor or memory for a new connection
};

class Server {
 public:
  // `loop` and `handler` must outlive the server. With `forwarding` requests have the fields that tell of their client;
  // without, what the client sent.
  static std::unique_ptr<Server> Create(uv_loop_t* loop, RequestHandler* handler, const ServerLimits& limits,
                                        std::shared_ptr<Forwarding> forwarding = nullptr);
  virtual ~Server() = default;

  // Binds and listens; port 0 takes a free one. `host` is an address ("127.0.0.1", "::", "0.0.0.0") or "localhost".
  // Every server of the process binds with SO_REUSEPORT; whether another process has the port is what ProbeAddress
  // tells. Returns the bound port, or one line that says what is wrong and how to mend it.
  virtual std::expected<int, std::string> Listen(std::string_view host, int port) = 0;

  // Accepts from a socket that somebody else has made and that listens already: one below a file's name, or an
  // inherited one. The server's from then on; on an error (one line) still the caller's.
  virtual std::expected<void, std::string> ListenOn(int listening_fd) = 0;

  // Stops accepting, closes idle connections, lets exchanges finish (with "Connection: close") and, after `deadline`,
  // closes what is left. `done` is called once, when no connection is left.
  virtual void Drain(std::chrono::milliseconds deadline, std::function<void()> done) = 0;

  [[nodiscard]] virtual const ServerCounters& counters() const = 0;
};

// Binds without SO_REUSEPORT and lets go again: tells whether `port` is free. Returns a port to use (the one given, or
// a free one for 0).
std::expected<int, std::string> ProbeAddress(std::string_view host, int port);

}  // namespace verge::http

#endif  // HTTP_SERVER_H_
