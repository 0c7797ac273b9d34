// One client's connection: requests in, one after the other, and their responses out.
//
// Everything is driven by Pump. Whatever happens outside of it (a handler answers, a consumer pulls, a source delivers)
// changes the state and has Pump called before the loop sleeps; within it nothing recurses, however synchronous the
// handlers, sources and sinks are.
#ifndef HTTP_CONNECTION_H_
#define HTTP_CONNECTION_H_

#include <uv.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/chunked_decoder.h"
#include "http/deadline_list.h"
#include "http/request_body.h"
#include "http/request_parser.h"
#include "http/response_writer.h"
#include "http/server.h"
#include "http/server_exchange.h"
#include "http/tls_session.h"
#include "http/turn_queue.h"
#include "http/write_queue.h"

namespace verge::http {

class ServerCore;
class ServerTransport;

class Connection final : private Scheduled, private RequestBody::Receiver, private BodySink {
 public:
  explicit Connection(ServerCore* core);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Takes the socket over. False: libuv would not have it; it is closed, the object is free again.
  bool Open(int fd, std::string_view client_address);

  // Closes at once; every open exchange ends in kDisconnected.
  void Close();

  // For exchanges.
  void Respond(ServerExchange* exchange, const ResponseHead& head, ResponseBody body);
  void Abort();
  std::unique_ptr<Transport> RespondUpgrade(ServerExchange* exchange, std::string_view protocol,
                                            std::span<const HeaderField> headers);

  // For the transport of an upgraded connection.
  void StartRaw();
  size_t WriteRaw(std::span<const uint8_t> data);
  void SetRawPaused(bool paused);
  void ShutdownRaw();
  void DropRaw();

  // For the core.
  [[nodiscard]] bool idle() const;
  void OnDraining();
  void OnReadDeadline();
  void OnWriteDeadline();

 private:
  friend class ServerCore;

  // What the next byte from the client is.
  enum class Reading : uint8_t {
    kHead,    // of a request head
    kBody,    // of the current request's body
    kWait,    // of a later request: the current one is not answered yet
    kIgnore,  // nothing: no request will be read any more
    kRaw,     // after an upgrade: the transport's
  };

  // Neither requests are parsed nor sources pulled while this much waits to be sent.
  static constexpr size_t kHighWater = 128 * 1024;

  // Input that is read ahead, to notice a client that leaves while its request is handled.
  static constexpr size_t kMaxReadAhead = 64 * 1024;

  // Of a body that is received faster than it is pulled. One read may go beyond.
  static constexpr size_t kMaxBufferedBody = 64 * 1024;

  // Of a body nobody wants: reading it is cheaper than a new connection, up to here.
  static constexpr size_t kMaxDiscarded = 256 * 1024;

  // Of what comes after the last response, before the connection is closed in the client's face.
  static constexpr size_t kMaxLingering = 1024 * 1024;

  // What one source may produce before other connections get their turn.
  static constexpr uint64_t kMaxTurn = 1024 * 1024;

  // Of a client that sends faster over TLS than is polled for, likewise.
  static constexpr int kMaxReads = 16;

  enum class Deadline : uint8_t { kNone, kHeader, kIdle, kBody, kLinger };

  // Events.
  void OnPoll(int status, int events);
  // What the client has sent, if it is wanted now.
  [[nodiscard]] bool WantsInput() const;
  // Reads once. Nothing: there is nothing (any more), and the connection knows why.
  std::optional<std::string_view> Receive();
  [[nodiscard]] bool CanReceiveMore() const { return tls_ && tls_->has_more() && !end_of_input_ && WantsInput(); }
  void OnReadable();
  void OnEndOfInput();

  // Input. Each Consume returns how much it took.
  size_t Consume(std::string_view data);
  void ConsumeBuffered();
  size_t ConsumeHead(std::string_view data);
  size_t ConsumeBody(std::string_view data);
  size_t ConsumeChunked(std::string_view data);
  bool TakePayload(std::string_view payload);
  void StartExchange();
  void EndOfBody();
  void BodyBroken(int status, std::string_view text, BodyError error);
  void StopReading();
  [[nodiscard]] bool CanConsume() const;
  [[nodiscard]] bool CanConsumeBuffered() const;
  [[nodiscard]] bool RoomForBody() const;
  [[nodiscard]] size_t buffered() const { return input_.size() - input_begin_; }

  // After an upgrade: connection_raw.cc.
  [[nodiscard]] bool CanDeliverRaw() const;
  void DeliverRaw();
  void ReceiveRaw(std::string_view data);
  void DrainedRaw();

  // Output.
  void Refuse(int status, std::string_view text);
  void AppendOwnResponse(int status, std::string_view text, const RequestHead* request);
  [[nodiscard]] ConnectionOption ConnectionOptionFor(const RequestHead& request) const;
  void PullSource();
  void EndFailedResponse();
  [[nodiscard]] bool CanPull() const;
  void ResponseProduced();
  void FinishIfBothSidesAre();
  bool Send();   // false: the connection is broken
  bool Flush();  // likewise; tells observers
  void NotifySent();
  void Schedule();
  // Does whatever can be done now.
  void Pump();
  void OnTurn() override { Pump(); }

  // After a Pump: deadlines, events, the end.
  void Settle();
  void SettleDeadlines();
  void SettleEvents();
  void Linger();

  // RequestBody::Receiver:
  void OnBodyPulled() override;
  void OnBodyDropped() override;

  // BodySink, of the response's source:
  void OnChunk(Bytes chunk) override;
  void OnEnd() override;
  void OnError(BodyError error, std::string_view message) override;

  ServerCore* const core_;
  uv_poll_t poll_;
  int fd_ = -1;
  std::unique_ptr<TlsSession> tls_;  // null: the connection is plain
  int polled_events_ = 0;
  Connection* previous_ = nullptr;  // in the core's list
  Connection* next_ = nullptr;
  DeadlineList::Node read_node_;
  DeadlineList::Node write_node_;
  std::string client_address_;

  // Input.
  Reading reading_ = Reading::kHead;
  RequestParser parser_;
  ChunkedDecoder decoder_;
  std::string input_;  // read, but not consumed yet
  size_t input_begin_ = 0;
  RequestBody* body_ = nullptr;  // null in kBody: nobody wants it
  uint64_t body_remaining_ = 0;  // of a body with Content-Length
  size_t discarded_ = 0;         // of a body nobody wants; while lingering, of anything
  Deadline deadline_ = Deadline::kNone;
  uint64_t deadline_request_ = 0;  // which request the header deadline was set for
  uint64_t request_number_ = 0;

  // The current exchange, from the end of its head until the request is read and the response produced.
  Ref<ServerExchange> exchange_;
  Ref<BodySource> retired_;        // a source that is done, until nothing of it can be on the stack
  Ref<BodySource> source_;         // of the response, while it is pulled
  uint64_t source_remaining_ = 0;  // if its length was announced
  enum class SourceFraming : uint8_t { kLength, kChunked, kUntilClose } source_framing_ = SourceFraming::kChunked;

  // Produced, but not sent.
  ServerExchange* unsent_first_ = nullptr;
  ServerExchange* unsent_last_ = nullptr;
  WriteQueue queue_;
  uint64_t turn_bytes_ = 0;  // what sources gave in this Pump

  // After an upgrade.
  ServerTransport* transport_ = nullptr;  // null: its owner dropped it
  bool raw_started_ = false;
  bool raw_paused_ = false;
  bool raw_blocked_ = false;  // the transport waits to hear that everything is sent
  bool raw_shutdown_ = false;
  std::string_view raw_error_;  // why it ends

  bool open_ = false;
  bool pumping_ = false;
  bool aborted_ = false;
  bool broken_ = false;
  bool chunked_ = false;          // the request's body is
  bool awaits_continue_ = false;  // the client does, with its body
  bool got_body_bytes_ = false;   // since the last Settle
  bool wrote_ = false;            // since the last Settle
  bool produced_ = false;         // the current exchange's response is
  bool pulling_ = false;          // the source owes an answer
  bool close_ = false;            // no request after this one
  bool linger_ = false;           // the client may still be sending: let it read the response before the end
  bool lingering_ = false;
  bool reset_ = false;  // the end must not look like a proper one
  bool end_of_input_ = false;
  bool half_closed_ = false;  // the client has sent its last byte, which has not been read yet
  bool failed_ = false;       // the response's source, with its head out
  bool yielding_ = false;     // others' turn; go on after the next poll
};

}  // namespace verge::http

#endif  // HTTP_CONNECTION_H_
