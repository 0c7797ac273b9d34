#include "http/websocket/connection.h"

#include <utility>

namespace verge::http {

// A timer that outlives its connection until libuv has let go.
class WebSocketConnection::Timer {
 public:
  using Callback = void (WebSocketConnection::*)();

  Timer(uv_loop_t* loop, WebSocketConnection* owner, Callback callback) : owner_(owner), callback_(callback) {
    uv_timer_init(loop, &timer_);
    timer_.data = this;
  }
  void Start(uint64_t milliseconds) {
    uv_timer_start(
        &timer_,
        [](uv_timer_t* timer) {
          auto* self = static_cast<Timer*>(timer->data);
          const Ref<WebSocketConnection> keep(self->owner_);
          ((*keep).*self->callback_)();
        },
        milliseconds, 0);
  }
  void Stop() { uv_timer_stop(&timer_); }
  void Delete() {
    uv_close(reinterpret_cast<uv_handle_t*>(&timer_),
             [](uv_handle_t* handle) { delete static_cast<Timer*>(handle->data); });
  }

 private:
  uv_timer_t timer_;
  WebSocketConnection* const owner_;
  const Callback callback_;
};

namespace {

std::unique_ptr<MessageInflater> MakeInflater(const WebSocketOptions& options) {
  if (!options.deflate) return nullptr;
  const DeflateParameters& deflate = *options.deflate;
  if (options.side == WebSocketSide::kServer) {
    return std::make_unique<MessageInflater>(deflate.client_max_window_bits, !deflate.client_no_context_takeover);
  }
  return std::make_unique<MessageInflater>(deflate.server_max_window_bits, !deflate.server_no_context_takeover);
}

std::unique_ptr<MessageDeflater> MakeDeflater(const WebSocketOptions& options) {
  if (!options.deflate) return nullptr;
  const DeflateParameters& deflate = *options.deflate;
  if (options.side == WebSocketSide::kServer) {
    return std::make_unique<MessageDeflater>(deflate.server_max_window_bits, !deflate.server_no_context_takeover);
  }
  return std::make_unique<MessageDeflater>(deflate.client_max_window_bits, !deflate.client_no_context_takeover);
}

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

Ref<WebSocketConnection> WebSocketConnection::Create(uv_loop_t* loop, std::unique_ptr<Transport> transport,
                                                     const WebSocketOptions& options) {
  return Ref<WebSocketConnection>(new WebSocketConnection(loop, std::move(transport), options));
}

WebSocketConnection::WebSocketConnection(uv_loop_t* loop, std::unique_ptr<Transport> transport,
                                         const WebSocketOptions& options)
    : loop_(loop),
      options_(options),
      transport_(std::move(transport)),
      reader_(options.side, MakeInflater(options), options.max_message_size),
      deflater_(MakeDeflater(options)) {}

WebSocketConnection::~WebSocketConnection() {
  if (continue_timer_) continue_timer_->Delete();
  if (close_timer_) close_timer_->Delete();
}

void WebSocketConnection::Start(WebSocketObserver* observer) {
  observer_ = observer;
  if (std::exchange(started_, true) || !transport_) return;
  reading_ = true;
  transport_->Start(this);
  UpdateReading();
}

// ---- Input

void WebSocketConnection::OnRead(std::span<const uint8_t> data) {
  if (ended_ || failed_ || close_received_) return;
  const Ref<WebSocketConnection> keep(this);
  if (input_begin_ < input_.size() || processing_ || paused_ || yielding_) {
    input_.append(reinterpret_cast<const char*>(data.data()), data.size());
    return;
  }
  Process(data);
}

void WebSocketConnection::ContinueLater() {
  if (!continue_timer_) continue_timer_ = new Timer(loop_, this, &WebSocketConnection::Continue);
  continue_timer_->Start(0);
}

void WebSocketConnection::Continue() {
  if (std::exchange(writing_later_, false)) Write();
  if (!std::exchange(yielding_, false)) return;
  if (processing_ || paused_ || ended_) return;
  const std::string input = std::exchange(input_, {});
  const size_t begin = std::exchange(input_begin_, 0);
  Process(AsBytes(std::string_view(input).substr(begin)));
}

void WebSocketConnection::Process(std::span<const uint8_t> data) {
  processing_ = true;
  Cork();
  const uint64_t begin = uv_hrtime();
  while (!data.empty() && !paused_ && !yielding_ && !close_received_ && !failed_ && !ended_) {
    if (!Deliver(reader_.Next(data))) break;
    if (!data.empty() && uv_hrtime() - begin > kTurn) yielding_ = true;
  }
  processing_ = false;
  // What a nested call appended comes after it.
  if (!close_received_ && !failed_ && !ended_) {
    input_.insert(0, reinterpret_cast<const char*>(data.data()), data.size());
  }
  if (yielding_ && !ended_) ContinueLater();
  Uncork();
  UpdateReading();
}

void WebSocketConnection::UpdateReading() {
  if (!transport_ || !started_) return;
  // After its close frame, and after a failure, the peer's bytes are only read to see the end.
  const bool wanted = close_received_ || failed_ || (!paused_ && !yielding_ && input_begin_ == input_.size());
  if (wanted == reading_) return;
  reading_ = wanted;
  if (wanted) {
    transport_->Resume();
  } else {
    transport_->Pause();
  }
}

void WebSocketConnection::Pause() {
  paused_ = true;
  UpdateReading();
}

void WebSocketConnection::Resume() {
  if (!std::exchange(paused_, false)) return;
  if (input_begin_ < input_.size() && !yielding_ && !processing_) {
    yielding_ = true;
    ContinueLater();
  }
  UpdateReading();
}

// False: not now.
bool WebSocketConnection::Deliver(MessageReader::Event event) {
  switch (event) {
    case MessageReader::Event::kNeedMore:
      return false;
    case MessageReader::Event::kYield:
      yielding_ = true;
      return false;
    case MessageReader::Event::kMessage:
      if (observer_) observer_->OnMessage(reader_.text(), reader_.message());
      return true;
    case MessageReader::Event::kPing:
      // Of pings that wait for an answer the last one gets it (5.5.3): a flood of them costs no memory.
      if (!close_sent_) pong_ = std::string(reader_.control());
      Write();
      return true;
    case MessageReader::Event::kPong:
      return true;
    case MessageReader::Event::kClose:
      OnCloseFrame();
      return false;
    case MessageReader::Event::kFailed:
      Fail(reader_.close_code(), reader_.failure());
      return false;
  }
  return false;
}

void WebSocketConnection::OnCloseFrame() {
  close_received_ = true;
  peer_code_ = reader_.close_code();
  peer_reason_ = reader_.control();
  if (observer_) observer_->OnClosing(peer_code_, peer_reason_);
  if (answers_close_ || !observer_) Close(peer_code_, "");
  FinishIfClosed();
}

// "Fail the WebSocket connection" (7.1.7): the peer is told, what was to be sent is not.
void WebSocketConnection::Fail(uint16_t code, std::string_view text) {
  failed_ = true;
  const std::string error(text);
  const bool within_frame = !outgoing_.empty() && outgoing_.front().sent > 0 && !outgoing_.front().compressed;
  outgoing_.clear();
  queued_ = 0;
  if (within_frame && !close_sent_) {
    transport_.reset();
  } else {
    self_ = Ref<WebSocketConnection>(this);
    if (!close_sent_) {
      close_wanted_ = true;
      close_payload_ = ClosePayload(code, text);
      Write();
    }
    FinishIfClosed();
  }
  End(false, error);
}

// ---- Output

void WebSocketConnection::Send(bool text, Bytes data) {
  if (close_wanted_ || ended_ || !transport_) return;
  Outgoing message{.data = std::move(data), .text = text};
  message.compressed = deflater_ && message.data.size() >= kCompressFrom;
  queued_ += message.data.size();
  outgoing_.push_back(std::move(message));
  Write();
}

void WebSocketConnection::Close(uint16_t code, std::string_view reason) {
  if (std::exchange(close_wanted_, true) || ended_) return;
  close_payload_ = ClosePayload(code, reason);
  if (!close_timer_) {
    close_timer_ = new Timer(loop_, this, &WebSocketConnection::Disconnect);
    close_timer_->Start(static_cast<uint64_t>(options_.close_timeout.count()));
  }
  Write();
}

void WebSocketConnection::Abandon(uint16_t code) {
  observer_ = nullptr;
  if (ended_ || !transport_) return;
  answers_close_ = true;
  self_ = Ref<WebSocketConnection>(this);
  if (!started_) {
    started_ = true;
    reading_ = true;
    transport_->Start(this);
  }
  paused_ = false;
  Close(close_received_ ? peer_code_ : code, "");
  UpdateReading();
}

void WebSocketConnection::AppendPiece(Outgoing& message) {
  const bool client = options_.side == WebSocketSide::kClient;
  const bool first = message.sent == 0;
  const std::span<const uint8_t> piece = message.data.Slice(message.sent, kPiece).span();
  const bool last = message.sent + piece.size() == message.data.size();
  const WebSocketOpcode opcode = message.text ? WebSocketOpcode::kText : WebSocketOpcode::kBinary;
  if (message.compressed) {
    // Each piece becomes a frame: its length is known when it is compressed, the message's is not.
    std::string compressed;
    deflater_->Compress(piece, last, compressed);
    const FrameHeader header{.fin = last,
                             .compressed = first,
                             .opcode = first ? opcode : WebSocketOpcode::kContinuation,
                             .length = compressed.size()};
    if (client) {
      const WebSocketMask mask = NewMask();
      ApplyMask({reinterpret_cast<uint8_t*>(compressed.data()), compressed.size()}, mask, 0);
      AppendFrameHeader(unwritten_, header, &mask);
    } else {
      AppendFrameHeader(unwritten_, header, nullptr);
    }
    unwritten_ += compressed;
  } else {
    if (first) {
      if (client) message.mask = NewMask();
      AppendFrameHeader(unwritten_, {.opcode = opcode, .length = message.data.size()},
                        client ? &message.mask : nullptr);
    }
    const size_t begin = unwritten_.size();
    unwritten_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    if (client) {
      ApplyMask({reinterpret_cast<uint8_t*>(unwritten_.data()) + begin, piece.size()}, message.mask, message.sent);
    }
  }
  message.sent += piece.size();
  queued_ -= piece.size();
}

void WebSocketConnection::Write() {
  if (corks_ > 0 || !transport_ || close_sent_) return;
  const Ref<WebSocketConnection> keep(this);
  const auto hand_over = [this] {
    if (unwritten_.empty()) return;
    transport_queued_ = transport_->Write(AsBytes(unwritten_));
    if (unwritten_.capacity() > 2 * kHighWater) std::string().swap(unwritten_);
    unwritten_.clear();
    drain_due_ = true;
  };
  const uint64_t begin = outgoing_.empty() ? 0 : uv_hrtime();
  while (transport_queued_ < kHighWater) {
    // Between the frames of a message that is not compressed there is no place for another one.
    const bool between = outgoing_.empty() || outgoing_.front().sent == 0 || outgoing_.front().compressed;
    if (pong_ && between) {
      AppendControlFrame(unwritten_, options_.side, WebSocketOpcode::kPong, *pong_);
      pong_.reset();
    }
    if (outgoing_.empty()) break;
    Outgoing& message = outgoing_.front();
    AppendPiece(message);
    if (message.sent == message.data.size()) outgoing_.pop_front();
    if (unwritten_.size() >= kPiece) hand_over();
    if (!outgoing_.empty() && uv_hrtime() - begin > kTurn) {
      writing_later_ = true;
      ContinueLater();
      break;
    }
  }
  if (outgoing_.empty() && close_wanted_ && transport_queued_ < kHighWater) WriteCloseFrame();
  hand_over();
  FinishIfClosed();
  // Told from the transport if it queued, else at once: nothing is on the way.
  if (drain_due_ && transport_queued_ == 0 && outgoing_.empty() && !processing_) {
    drain_due_ = false;
    if (observer_ && !ended_) observer_->OnDrained();
  }
}

void WebSocketConnection::WriteCloseFrame() {
  pong_.reset();
  AppendControlFrame(unwritten_, options_.side, WebSocketOpcode::kClose, close_payload_);
  close_sent_ = true;
}

void WebSocketConnection::OnDrained() {
  transport_queued_ = 0;
  const Ref<WebSocketConnection> keep(this);
  drain_due_ = true;
  Write();
}

// ---- The end

void WebSocketConnection::FinishIfClosed() {
  if (!close_sent_ || !unwritten_.empty() || shut_down_ || !transport_) return;
  if (!close_received_ && !failed_) return;
  // 7.1.1: the server is the first to close; a client that has said goodbye waits for that, within the close timeout.
  if (options_.side == WebSocketSide::kClient && !failed_) return;
  shut_down_ = true;
  if (!close_timer_) {
    close_timer_ = new Timer(loop_, this, &WebSocketConnection::Disconnect);
    close_timer_->Start(static_cast<uint64_t>(options_.close_timeout.count()));
  }
  transport_->Shutdown();
}

void WebSocketConnection::OnClosed(std::string_view error) {
  const Ref<WebSocketConnection> keep(this);
  const std::string text(error);
  // Not here: it is the transport's own call.
  retired_ = std::move(transport_);
  const bool clean = close_received_ && close_sent_;
  End(clean, clean          ? std::string_view()
             : text.empty() ? "the connection was closed without a closing handshake"
                            : text);
  self_.reset();
}

void WebSocketConnection::OnDraining() { Close(websocket_code::kGoingAway, ""); }

// The close timeout.
void WebSocketConnection::Disconnect() {
  transport_.reset();
  const bool clean = close_received_ && close_sent_;
  End(clean, clean ? "" : "the peer did not answer the closing handshake in time");
  self_.reset();
}

void WebSocketConnection::End(bool clean, std::string_view error) {
  if (std::exchange(ended_, true)) return;
  if (!transport_ && close_timer_) close_timer_->Stop();
  outgoing_.clear();
  queued_ = 0;
  input_.clear();
  input_begin_ = 0;
  WebSocketObserver* observer = std::exchange(observer_, nullptr);
  if (!observer) return;
  WebSocketEnd end;
  end.clean = clean;
  end.error = error;
  if (close_received_) {
    end.code = peer_code_;
    end.reason = peer_reason_;
  }
  observer->OnEnd(end);
}

}  // namespace verge::http
