// The HTTP/1.1 client (RFC 9110, RFC 9112) of one event loop: requests over a pool of TCP and TLS connections.
//
// Everything here happens on the loop's thread and no call blocks: names are resolved without blocking (see
// resolver.h), connections are made and kept for the next request. The client knows nothing of workers, redirects,
// content codings or URLs: `fetch()` in bindings/fetch puts those on top. An Upgrade hands the connection over as a
// Transport.
#ifndef HTTP_CLIENT_CLIENT_H_
#define HTTP_CLIENT_CLIENT_H_

#include <uv.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/body.h"
#include "http/bytes.h"
#include "http/client/outbound_policy.h"
#include "http/message.h"
#include "http/ref_counted.h"

namespace verge::http {

class Transport;

struct ClientOptions {
  OutboundPolicy policy;                              // checked for each address that is about to be connected to
  std::chrono::milliseconds connect_timeout{10'000};  // name resolution, TCP and TLS together
  std::chrono::milliseconds idle_timeout{60'000};     // how long an unused connection is kept; 0: not at all
  std::chrono::milliseconds stall_timeout{120'000};   // no byte of a head or body that somebody waits for; 0: never
  size_t max_header_bytes = 128 * 1024;
  size_t max_header_fields = 1000;
  size_t max_idle_connections = 256;  // kept in all; the least recently used is closed for a new one
  std::string ca_file;                // PEM file of trusted roots; empty: the system's
  std::string dns_servers;            // "127.0.0.1:5353"; empty: the system's. For tests
};

// A request to send. All views need to live until Send returns only.
struct ClientRequest {
  std::string_view method = "GET";
  bool secure = false;    // https
  std::string_view host;  // as in a URL: "example.com", "127.0.0.1", "[::1]"
  uint16_t port = 80;
  std::string_view target;  // origin-form: "/path?query"
  // The operator named the destination, not a worker: the outbound policy does not apply.
  bool trusted = false;
  // In this order, after Host, which the client writes itself (a Host field given here replaces it). Connection,
  // Transfer-Encoding, Content-Length and the like (request_head.cc) belong to the client; fields of these names are
  // left out.
  std::span<const HeaderField> headers;
  // A source of unknown length is sent chunked; one that delivers more or less than its length is an error. Methods
  // that usually have a body send "Content-Length: 0" for none.
  std::variant<std::monostate, Bytes, Ref<BodySource>> body;
  // Asks for an upgrade ("websocket"): Connection and Upgrade are written, a fresh connection is used, and on 101
  // OnUpgrade is called.
  std::string_view upgrade;
};

// The head of a response. Views live as long as the object does.
class ClientResponse : public MessageHead {
 public:
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::string_view status_text() const { return status_text_; }
  // Null when it has none (HEAD, 204, 304, Content-Length: 0). Cancel, or dropping the last Ref, before the end closes
  // the connection; otherwise it goes back to the pool. Transfer codings are removed, content codings are not.
  [[nodiscard]] const Ref<BodySource>& body() const { return body_; }
  // Takes it out: the head may be held longer than the body.
  [[nodiscard]] Ref<BodySource> TakeBody() { return std::move(body_); }

 protected:
  int status_ = 0;
  std::string_view status_text_;
  Ref<BodySource> body_;
  std::string storage_;
};

// Why there is no response.
struct ClientError {
  enum class Kind : uint8_t {
    kResolve,    // the name is not known, or no server answered
    kForbidden,  // the policy refuses the address
    kConnect,    // refused, unreachable, timed out
    kTls,        // handshake or certificate
    kReset,      // the connection broke before the response's head was complete
    kMalformed,  // not HTTP, or not clearly so; too large
    kTimeout,    // no byte for the stall timeout
    kBody,       // the request's BodySource failed
  } kind;
  // A sentence that names host and cause: "connection to api.example:443 refused",
  // "certificate of api.example:443 is not trusted: self-signed certificate".
  std::string message;
};

class ClientObserver {
 public:
  // Exactly one of the three, from the loop or the client's destructor, never from within Send, and never after Cancel.
  virtual void OnResponse(Ref<ClientResponse> response) = 0;
  virtual void OnError(ClientError error) = 0;
  // Only for requests with `upgrade`: the response was 101, the connection is the caller's now.
  virtual void OnUpgrade(Ref<ClientResponse> response, std::unique_ptr<Transport> transport);

 protected:
  ~ClientObserver() = default;
};

// A request on its way.
class ClientExchange : public RefCounted {
 public:
  // The observer hears no more; the connection is closed if the request was under way, and the request's body is
  // cancelled. After OnResponse it stops the request's body only (a response body has a Cancel of its own). Idempotent.
  virtual void Cancel() = 0;
};

// For metrics and tests.
struct ClientCounters {
  uint64_t requests = 0;
  uint64_t connections = 0;       // made
  uint64_t open_connections = 0;  // now, idle ones included
  uint64_t idle_connections = 0;  // now
  uint64_t reused = 0;            // requests sent on a connection that an earlier one left
  uint64_t retries = 0;           // requests sent again because a reused connection turned out to be closed
  uint64_t lookups = 0;           // names really resolved, not from the cache
};

class Client {
 public:
  // `loop` must outlive the client, and run once more after it is destroyed. Destroying it ends requests under way with
  // OnError and bodies with an error; transports live on.
  static std::unique_ptr<Client> Create(uv_loop_t* loop, const ClientOptions& options);
  virtual ~Client() = default;

  // `observer` must outlive the exchange or Cancel it. A request whose reused connection turns out to be closed before
  // a byte of the response came is sent again on another one, if its method is idempotent (RFC 9110, 9.2.2) and its
  // body can be sent twice (none, or Bytes).
  virtual Ref<ClientExchange> Send(ClientRequest request, ClientObserver* observer) = 0;

  [[nodiscard]] virtual const ClientCounters& counters() const = 0;
};

}  // namespace verge::http

#endif  // HTTP_CLIENT_CLIENT_H_
