#include "bindings/websocket/socket.h"

#include <algorithm>
#include <cstring>

#include "bindings/blob/blob.h"
#include "bindings/core/invocation_scope.h"
#include "bindings/core/realm.h"
#include "bindings/core/strings.h"
#include "bindings/websocket/dialer.h"
#include "http/websocket/bridge.h"
#include "runtime/js_entry.h"
#include "runtime/meter.h"

namespace verge::bindings {
namespace {

namespace code = http::websocket_code;
using http::Ref;

// The events that internal.fireWebSocket knows.
enum Event : int { kOpen, kMessage, kError, kClose };

// A message costs at least this, for the limit.
constexpr size_t kItemCost = 64;

v8::MaybeLocal<v8::ArrayBuffer> NewBuffer(v8::Isolate* isolate, std::string_view bytes) {
  // Fails, instead of aborting the process, when the worker's memory is used up.
  std::unique_ptr<v8::BackingStore> store =
      v8::ArrayBuffer::NewBackingStore(isolate, bytes.size(), v8::BackingStoreInitializationMode::kUninitialized,
                                       v8::BackingStoreOnFailureMode::kReturnNull);
  if (!store) {
    isolate->ThrowException(
        v8::Exception::RangeError(v8::String::NewFromUtf8Literal(isolate, "Array buffer allocation failed")));
    return {};
  }
  if (!bytes.empty()) std::memcpy(store->Data(), bytes.data(), bytes.size());
  return v8::ArrayBuffer::New(isolate, std::move(store));
}

// A pair delivers for so long (ns) before others get their turn.
constexpr uint64_t kTurn = 1'000'000;

class SocketPart final : public RealmPart {
 public:
  const std::shared_ptr<size_t> usage = std::make_shared<size_t>(0);
};

// Codes that Workers may send: all that are not reserved.
bool IsWorkersCode(uint16_t value) {
  return value >= 1000 && value < 5000 && value != 1004 && value != code::kNoStatus && value != code::kAbnormal &&
         value != 1015;
}

}  // namespace

Socket::Socket(v8::Isolate* isolate, runtime::Invocation* invocation, Kind kind)
    : shard_(&invocation->isolate().shard()),
      owner_(invocation->id()),
      kind_(kind),
      usage_(Realm::From(isolate).part<SocketPart>(Realm::Part::kWebSocket).usage),
      usage_limit_(invocation->isolate().limits().heap_bytes) {
  ListHeld(invocation);
}

Socket::~Socket() {
  // The wrapper was collected before anybody accepted it. The other end learns of it from the loop.
  if (sibling_) {
    sibling_->sibling_ = nullptr;
    sibling_->inbox_.push_back({.kind = Item::Kind::kGone, .data = {}, .code = 0});
    sibling_->Arrived();
  }
  *usage_ -= accounted_;
}

Result<std::pair<Ref<Socket>, Ref<Socket>>> Socket::NewPair(Cx& cx) {
  auto invocation = RequireInvocation(cx);
  if (!invocation) return std::unexpected(invocation.error());
  Ref<Socket> first(new Socket(cx.isolate, *invocation, Kind::kPair));
  Ref<Socket> second(new Socket(cx.isolate, *invocation, Kind::kPair));
  first->sibling_ = second.get();
  second->sibling_ = first.get();
  return std::pair(std::move(first), std::move(second));
}

Ref<Socket> Socket::ForResponse(v8::Isolate* isolate, runtime::Invocation* invocation,
                                Ref<http::WebSocketConnection> connection, std::string protocol,
                                std::string extensions) {
  Ref<Socket> socket(new Socket(isolate, invocation, Kind::kResponse));
  socket->connection_ = std::move(connection);
  socket->protocol_ = std::move(protocol);
  socket->extensions_ = std::move(extensions);
  return socket;
}

// ---- Called by JavaScript

Result<> Socket::RequireOwner(Cx& cx) const {
  if (auto invocation = bindings::RequireOwner(cx, owner_, "WebSocket"); !invocation) {
    return std::unexpected(invocation.error());
  }
  return {};
}

Result<> Socket::Accept(Cx& cx, v8::Local<v8::Object> wrapper, bool half_open) {
  if (kind_ == Kind::kStandard) {
    return TypeError("Websockets obtained from the 'new WebSocket()' constructor cannot call accept");
  }
  if (taken_) return TypeError("Can't accept() WebSocket that was already used in a response.");
  if (auto owner = RequireOwner(cx); !owner) return owner;
  if (accepted_) return {};
  accepted_ = true;
  half_open_ = half_open;
  wrapper_.Reset(cx.isolate, wrapper);
  self_ = Ref<Socket>(this);
  UpdateListing();
  if (connection_) {
    // The transport may have news at once, which are not for here.
    start_due_ = true;
    Schedule(*shard_);
  } else if (!inbox_.empty()) {
    Arrived();
  }
  return {};
}

void Socket::StartConnection() {
  if (!connection_ || ended_) return;
  connection_->set_answers_close(!half_open_);
  connection_->Start(this);
}

Result<> Socket::Send(Cx& cx, bool text, http::Bytes data) {
  if (auto owner = RequireOwner(cx); !owner) return owner;
  if (kind_ == Kind::kStandard) {
    if (state() == State::kConnecting) {
      return DomError("InvalidStateError", "Failed to execute 'send' on 'WebSocket': Still in CONNECTING state.");
    }
  } else if (!accepted_) {
    return TypeError("You must call accept() on this WebSocket before sending messages.");
  } else if (close_called_) {
    return TypeError("Can't call WebSocket send() after close().");
  }
  if (state() == State::kClosed || close_called_ || (connection_ && connection_->closing() && !half_open_)) {
    unsent_ += static_cast<double>(data.size());
    return {};
  }
  Account();
  if (!HasRoomFor(data.size())) return BufferFull();
  Queue({.kind = text ? Item::Kind::kText : Item::Kind::kBinary, .data = std::move(data), .code = 0});
  return {};
}

bool Socket::HasRoomFor(uint64_t size) const {
  return size < usage_limit_ && *usage_ + size + kItemCost <= usage_limit_;
}

Result<> Socket::BufferFull() {
  return PlainError("The WebSocket's send buffer is full: the other side does not read what was sent before.");
}

Result<> Socket::Close(Cx& cx, std::optional<uint16_t> status, std::string_view reason) {
  if (kind_ == Kind::kStandard) {
    if (status && *status != code::kNormal && (*status < 3000 || *status > 4999)) {
      return DomError("InvalidAccessError",
                      "Failed to execute 'close' on 'WebSocket': The code must be either 1000, or between 3000 and "
                      "4999. " +
                          std::to_string(*status) + " is neither.");
    }
  } else {
    if (status && !IsWorkersCode(*status)) {
      return TypeError("Invalid WebSocket close code: " + std::to_string(*status) + ".");
    }
    if (!status && !reason.empty()) {
      return TypeError("If you specify a WebSocket close reason, you must also specify a code.");
    }
  }
  if (reason.size() > http::kMaxCloseReason) {
    return DomError("SyntaxError",
                    "Failed to execute 'close' on 'WebSocket': The message must not be greater than 123 bytes.");
  }
  if (auto owner = RequireOwner(cx); !owner) return owner;
  if (kind_ != Kind::kStandard && !accepted_) {
    return TypeError("You must call accept() on this WebSocket before sending messages.");
  }
  if (close_called_ || ended_) return {};
  close_called_ = true;
  if (dialer_) {
    Schedule(*shard_);
    return {};
  }
  // A reason goes with a code only.
  const uint16_t sent = status.value_or(reason.empty() ? code::kNoStatus : code::kNormal);
  Queue({.kind = Item::Kind::kClose, .data = http::Bytes::Copy(reason), .code = sent});
  return {};
}

Socket::State Socket::state() const {
  if (ended_) return State::kClosed;
  if (close_called_ || close_received_ || (connection_ && connection_->closing())) return State::kClosing;
  return dialer_ ? State::kConnecting : State::kOpen;
}

double Socket::BufferedAmount() const {
  double amount = unsent_;
  for (const Item& item : outbox_) {
    if (item.kind != Item::Kind::kClose) amount += static_cast<double>(item.data.size());
  }
  return connection_ ? amount + static_cast<double>(connection_->buffered()) : amount;
}

// ---- On its way out

void Socket::Queue(Item item) {
  outbox_bytes_ += item.data.size() + kItemCost;
  outbox_.push_back(std::move(item));
  Account();
  UpdateListing();
  Schedule(*shard_);
}

void Socket::OnIsolateLeft() {
  const Ref<Socket> keep(this);
  if (dialer_) {
    if (close_called_) {
      OnDialFailed("WebSocket was closed before the connection was established");
    } else {
      dialer_->Start();
    }
    return;
  }
  if (std::exchange(start_due_, false)) StartConnection();
  if (!outbox_.empty()) Flush();
}

void Socket::SendTo(http::WebSocketConnection& connection, Item item) const {
  switch (item.kind) {
    case Item::Kind::kText:
    case Item::Kind::kBinary:
      connection.Send(item.kind == Item::Kind::kText, std::move(item.data));
      break;
    case Item::Kind::kClose:
      connection.Close(item.code, item.data.view());
      break;
    case Item::Kind::kGone:
      connection.Abandon(code::kInternalError);
      break;
  }
}

void Socket::Flush() {
  std::vector<Item> items = std::exchange(outbox_, {});
  outbox_bytes_ = 0;
  if (connection_) {
    const Ref<http::WebSocketConnection> connection = connection_;
    connection->Cork();
    for (Item& item : items) SendTo(*connection, std::move(item));
    connection->Uncork();
  } else if (sibling_) {
    Socket& to = *sibling_;
    bool closed = false;
    for (Item& item : items) {
      closed = closed || item.kind == Item::Kind::kClose;
      to.inbox_bytes_ += item.data.size() + kItemCost;
      to.inbox_.push_back(std::move(item));
    }
    to.Account();
    to.Arrived();
    // Both have said goodbye: this was the answer.
    if (closed && close_received_ && !ended_) {
      ended_ = true;
      Detach(code::kNormal);
      return;
    }
  }
  Account();
  UpdateListing();
}

void Socket::OnDrained() { Account(); }

void Socket::Account() {
  const size_t now = outbox_bytes_ + inbox_bytes_ + (connection_ ? connection_->buffered() : 0);
  *usage_ += now - accounted_;
  accounted_ = now;
}

// ---- On its way in

runtime::Invocation* Socket::RunningOwner() const {
  runtime::Invocation* invocation = shard_->Find(owner_);
  return invocation && !invocation->stopped() ? invocation : nullptr;
}

void Socket::Arrived() {
  if (!accepted_ || ended_ || inbox_.empty()) return;
  UpdateListing();
  if (std::exchange(delivery_due_, true)) return;
  shard_->Post([self = Ref<Socket>(this)] { self->DeliverInbox(); });
}

void Socket::DeliverInbox() {
  delivery_due_ = false;
  const uint64_t begin = uv_hrtime();
  while (!inbox_.empty() && !ended_) {
    const Item item = std::move(inbox_.front());
    inbox_.pop_front();
    inbox_bytes_ -= std::min(inbox_bytes_, item.data.size() + kItemCost);
    Account();
    switch (item.kind) {
      case Item::Kind::kText:
      case Item::Kind::kBinary:
        DeliverMessage(item.kind == Item::Kind::kText, item.data.view());
        break;
      case Item::Kind::kClose:
        PeerClosed(item.code, item.data.view());
        break;
      case Item::Kind::kGone:
        End(false, code::kAbnormal, "", "The other end of the WebSocketPair is gone.");
        break;
    }
    if (uv_hrtime() - begin > kTurn) break;
  }
  UpdateListing();
  Arrived();
}

void Socket::OnMessage(bool text, std::string& data) {
  // Each is an event of its own, with its own CPU time. What a pair says to itself is not.
  if (runtime::Invocation* invocation = RunningOwner()) {
    if (auto* meter = runtime::WorkerMeter::Of(invocation->isolate().v8())) {
      meter->cpu.Add(static_cast<uint64_t>(invocation->cpu_used_ns()));
    }
    invocation->Renew();
  }
  DeliverMessage(text, data);
}

void Socket::DeliverMessage(bool text, std::string_view data) {
  const Ref<runtime::Invocation> invocation(RunningOwner());
  if (!invocation || wrapper_.IsEmpty()) return;
  const Ref<Socket> keep(this);
  runtime::JsEntry entry(invocation->isolate(), invocation.get());
  v8::Isolate* isolate = entry.isolate();
  v8::Local<v8::Value> value;
  {
    v8::TryCatch try_catch(isolate);
    v8::Local<v8::String> string;
    v8::Local<v8::Object> blob;
    v8::Local<v8::ArrayBuffer> buffer;
    if (text) {
      if (!NewString(isolate, data).ToLocal(&string)) return;
      value = string;
    } else if (delivers_blobs_) {
      if (!Blob::New(isolate, std::string(data), "").ToLocal(&blob)) return;
      value = blob;
    } else {
      if (!NewBuffer(isolate, data).ToLocal(&buffer)) return;
      value = buffer;
    }
  }
  v8::Local<v8::Value> none = v8::Undefined(isolate);
  Fire(entry, kMessage, value, none, none);
}

void Socket::OnClosing(uint16_t status, std::string_view reason) {
  if (half_open_) PeerClosed(status, reason);
}

// The other side will send no more.
void Socket::PeerClosed(uint16_t status, std::string_view reason) {
  close_received_ = true;
  if (!half_open_ && !connection_) {
    // The answer, unless this was one.
    if (!close_called_ && sibling_) {
      sibling_->inbox_.push_back({.kind = Item::Kind::kClose, .data = {}, .code = status});
      sibling_->Arrived();
    }
    End(true, status, reason, "");
    return;
  }
  if (close_called_ && !connection_) {
    End(true, status, reason, "");
    return;
  }
  const Ref<runtime::Invocation> invocation(RunningOwner());
  if (!invocation || wrapper_.IsEmpty()) return;
  const Ref<Socket> keep(this);
  runtime::JsEntry entry(invocation->isolate(), invocation.get());
  FireClose(entry, true, status, reason);
}

void Socket::OnEnd(const http::WebSocketEnd& end) { End(end.clean, end.code, end.reason, end.error); }

void Socket::End(bool clean, uint16_t status, std::string_view reason, std::string_view error) {
  if (std::exchange(ended_, true)) return;
  const Ref<Socket> keep(this);
  const Ref<runtime::Invocation> invocation(RunningOwner());
  if (!invocation || wrapper_.IsEmpty()) {
    Detach(code::kNormal);
    return;
  }
  runtime::JsEntry entry(invocation->isolate(), invocation.get());
  v8::Isolate* isolate = entry.isolate();
  v8::Local<v8::Value> none = v8::Undefined(isolate);
  v8::Local<v8::String> message;
  if (!error.empty() && NewString(isolate, error).ToLocal(&message)) Fire(entry, kError, message, none, none);
  if (!close_fired_ && !entry.terminated()) FireClose(entry, clean, status, reason);
  // Within the entry: its end closes the invocation if nothing else keeps it.
  Detach(code::kNormal);
}

void Socket::FireClose(runtime::JsEntry& entry, bool clean, uint16_t status, std::string_view reason) {
  v8::Isolate* isolate = entry.isolate();
  close_fired_ = true;
  v8::Local<v8::String> text;
  if (!NewString(isolate, reason).ToLocal(&text)) return;
  Fire(entry, kClose, v8::Integer::New(isolate, status), text, v8::Boolean::New(isolate, clean));
}

void Socket::Fire(runtime::JsEntry& entry, int event, v8::Local<v8::Value> first, v8::Local<v8::Value> second,
                  v8::Local<v8::Value> third) {
  v8::Isolate* isolate = entry.isolate();
  if (wrapper_.IsEmpty()) return;
  v8::TryCatch try_catch(isolate);
  v8::Local<v8::Value> arguments[] = {wrapper_.Get(isolate), v8::Integer::New(isolate, event), first, second, third};
  // Listeners' exceptions are reported by the script; what is left is termination.
  (void)Realm::From(isolate).CallInternal(entry.context(), Name::kFireWebSocket, arguments);
}

// ---- Connecting

void Socket::OnDialed(Ref<http::WebSocketConnection> connection, std::string protocol, std::string extensions) {
  dialer_.reset();
  connection_ = std::move(connection);
  protocol_ = std::move(protocol);
  extensions_ = std::move(extensions);
  const Ref<Socket> keep(this);
  if (const Ref<runtime::Invocation> invocation(RunningOwner()); invocation && !wrapper_.IsEmpty()) {
    runtime::JsEntry entry(invocation->isolate(), invocation.get());
    v8::Local<v8::Value> none = v8::Undefined(entry.isolate());
    Fire(entry, kOpen, none, none, none);
  }
  StartConnection();
}

void Socket::OnDialFailed(std::string_view error) {
  if (!dialer_) return;
  dialer_->Cancel();
  dialer_.reset();
  End(false, code::kAbnormal, "", error);
}

// ---- Its place

void Socket::UpdateListing() {
  if (ended_) return;
  runtime::Invocation* owner = RunningOwner();
  if (!owner) return;
  const bool connected = accepted_ && connection_;
  const bool active = connected || dialer_ || (accepted_ && (!inbox_.empty() || !outbox_.empty()));
  if (active != active_) {
    active_ = active;
    Unlist();
    if (active) {
      List(owner);
    } else {
      ListHeld(owner);
    }
  }
  if (connected && from_client_ && !std::exchange(holds_, true)) owner->Hold();
}

void Socket::OnInvocationEnd() {
  const Ref<Socket> keep(this);
  ended_ = true;
  holds_ = false;
  Detach(from_client_ ? code::kInternalError : code::kGoingAway);
}

// It is over: lets go of everything. `status` is for a connection that is still there.
void Socket::Detach(uint16_t status) {
  const Ref<Socket> keep(this);
  wrapper_.Reset();
  self_.reset();
  if (Ref<Dialer> dialer = std::exchange(dialer_, nullptr)) dialer->Cancel();
  if (Ref<http::WebSocketConnection> connection = std::exchange(connection_, nullptr)) connection->Abandon(status);
  if (Socket* sibling = std::exchange(sibling_, nullptr)) sibling->sibling_ = nullptr;
  inbox_.clear();
  outbox_.clear();
  inbox_bytes_ = outbox_bytes_ = 0;
  Account();
  Unlist();
  if (std::exchange(holds_, false)) {
    if (runtime::Invocation* owner = shard_->Find(owner_)) owner->Unhold();
  }
}

// ---- Responses

Result<> Socket::TakeForResponse(const runtime::Invocation& invocation) {
  if (invocation.id() != owner_) {
    return PlainError("A WebSocket that belongs to a different request cannot be used in a response.");
  }
  if (kind_ == Kind::kStandard) {
    return TypeError("Can't return a WebSocket in a Response that was made by 'new WebSocket()'.");
  }
  if (accepted_) return TypeError("Can't return WebSocket in a Response after calling accept().");
  if (taken_) return TypeError("Can't return WebSocket that was already used in a response.");
  taken_ = true;
  return {};
}

void Socket::Couple(Ref<http::WebSocketConnection> client) {
  const Ref<Socket> keep(this);
  if (connection_) {
    // A connection that a fetch() made is passed on: no JavaScript takes part from here on.
    http::BridgeWebSockets(std::exchange(connection_, nullptr), std::move(client));
  } else if (Socket* other = std::exchange(sibling_, nullptr)) {
    other->sibling_ = nullptr;
    other->from_client_ = true;
    other->connection_ = client;
    client->Cork();
    for (Item& item : inbox_) SendTo(*client, std::move(item));
    client->Uncork();
    other->UpdateListing();
    if (other->accepted_) other->StartConnection();
  } else {
    // The other end is gone; what it said before may be here.
    for (Item& item : inbox_) SendTo(*client, std::move(item));
    client->Abandon(code::kInternalError);
  }
  ended_ = true;
  Detach(code::kNormal);
}

void Socket::Disconnect() {
  const Ref<Socket> keep(this);
  if (sibling_) {
    sibling_->inbox_.push_back({.kind = Item::Kind::kGone, .data = {}, .code = 0});
    sibling_->Arrived();
  }
  ended_ = true;
  Detach(code::kGoingAway);
}

}  // namespace verge::bindings
