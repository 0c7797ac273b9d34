// One connection to an origin: requests out, one after the other, and their responses in.
//
// Events and calls first bring the connection's own state up to date, and call observers, sinks and sources last: those
// may do anything, down to destroying the client.
#ifndef HTTP_CLIENT_CONNECTION_H_
#define HTTP_CLIENT_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/chunked_decoder.h"
#include "http/client/client_core.h"
#include "http/client/endpoint.h"
#include "http/client/exchange.h"
#include "http/client/response_body.h"
#include "http/client/response_parser.h"
#include "http/client/socket.h"
#include "http/client/transport.h"

namespace verge::http {

class OutboundConnection final : public RefCounted,
                                 public Timed,
                                 private Scheduled,
                                 private OutboundSocket::Owner,
                                 private ResponseBody::Receiver,
                                 private BodySink {
 public:
  OutboundConnection(ClientCore* core, Ref<Endpoint> endpoint, OutboundSocket::Pointer socket);
  ~OutboundConnection() override;

  // The first request: with TLS, after the handshake.
  void Open(Ref<OutboundExchange> exchange);

  // A request. Nothing is called from within.
  void Send(Ref<OutboundExchange> exchange, bool reused);

  // Closes at once. A request that waits for its answer fails, a body that is being received ends with this error.
  void Close(BodyError error, std::string message);

  // `exchange` is over and needs no connection any more.
  void Abandon(OutboundExchange* exchange);

  // The answer is there, and what is left of the request is not wanted.
  void StopRequestBody();

  // Whether an idle connection is as it should be.
  [[nodiscard]] bool IsSilent() const;

  [[nodiscard]] Endpoint& endpoint() const { return *endpoint_; }

 private:
  friend class ClientCore;

  enum class State : uint8_t {
    kHandshake,
    kIdle,      // with the endpoint
    kHead,      // of the answer, being waited for
    kBody,      // of the answer, being received
    kAnswered,  // completely, but the request is not sent completely
    kClosed,
  };

  // Sources are not pulled while this much waits to be sent.
  static constexpr size_t kHighWater = 128 * 1024;

  // Of a body that comes faster than it is pulled. One read may go beyond.
  static constexpr size_t kMaxBuffered = 64 * 1024;

  // What one event may read, or one source produce, before other connections get their turn.
  static constexpr size_t kMaxTurn = 1024 * 1024;

  static constexpr int kMaxInformational = 32;

  void OnSocketReady(int events) override;
  void OnDeadline(ClientDeadlines::Node* node) override;
  void OnTurn() override;
  void ContinueHandshake();

  // Input.
  bool OnReadable();  // whether there was anything
  void OnIdleReadable();
  void OnEndOfInput(OutboundSocket::Input how);
  void Consume(std::span<uint8_t> data);
  size_t ConsumeHead(std::span<uint8_t> data);
  size_t ConsumeBody(std::span<uint8_t> data);
  size_t ConsumeChunked(std::span<uint8_t> data);
  void AddPayload(std::span<const uint8_t> payload);
  void StartResponse();
  void EndResponse();
  void SwitchProtocols(std::span<const uint8_t> rest);
  void Malformed(std::string_view why);
  [[nodiscard]] bool WantsInput() const;

  // Output.
  void Flush();
  void StopSending();
  void PullSource();
  void SourceFailed(std::string message);
  [[nodiscard]] bool CanPull() const;

  // What ends an event. Detach closes quietly; Notify tells what has been gathered; Settle sees to deadlines and
  // events.
  void Detach(ClientError::Kind kind, BodyError error, std::string message);
  void Conclude();
  void FinishIfDone();
  void Notify();
  void Settle();

  // ResponseBody::Receiver:
  void OnBodyPulled() override;
  void OnBodyDropped() override;

  // BodySink, of the request's source:
  void OnChunk(Bytes chunk) override;
  void OnEnd() override;
  void OnError(BodyError error, std::string_view message) override;

  ClientCore* const core_;
  const Ref<Endpoint> endpoint_;
  OutboundSocket::Pointer socket_;
  OutboundConnection* previous_ = nullptr;  // in the core's list
  OutboundConnection* next_ = nullptr;
  ClientDeadlines::Node deadline_;
  State state_ = State::kHandshake;

  // The current exchange, until its response is received and its request sent.
  Ref<OutboundExchange> exchange_;

  // Input.
  ResponseParser parser_;
  ChunkedDecoder decoder_;
  ResponseBody* body_ = nullptr;
  uint64_t body_remaining_ = 0;
  ResponseParser::Framing framing_ = ResponseParser::Framing::kNone;
  int informational_ = 0;
  size_t turn_input_ = 0;  // what was read in this turn

  // Output.
  Ref<BodySource> source_;
  Ref<BodySource> retired_;  // a source that is done, until nothing of it can be on the stack
  uint64_t source_remaining_ = 0;
  size_t turn_output_ = 0;  // what the source gave in this turn
  std::optional<std::string> source_error_;

  // To be told by Notify.
  struct News {
    Ref<OutboundExchange> answered;
    Ref<PooledResponse> response;
    std::unique_ptr<Transport> transport;
    Ref<OutboundExchange> failed;
    ClientError failure{};
    Ref<ResponseBody> body;
    Ref<BodySource> cancelled;
  } news_;
  bool has_news_ = false;

  bool reused_ = false;
  bool keep_alive_ = true;
  bool got_bytes_ = false;  // of the current response
  bool progress_ = false;   // since the last Settle
  bool write_failed_ = false;
  bool pulling_ = false;  // the source owes an answer
  bool source_chunked_ = false;
  bool yielding_ = false;  // others' turn; go on after the next poll
  bool pooled_ = false;    // the core's
};

}  // namespace verge::http

#endif  // HTTP_CLIENT_CONNECTION_H_
