// A TCP socket on the loop, plain or with TLS, with what it has still to send.
#ifndef HTTP_CLIENT_SOCKET_H_
#define HTTP_CLIENT_SOCKET_H_

#include <uv.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/client/tls.h"
#include "http/socket_address.h"
#include "http/write_queue.h"

namespace verge::http {

class OutboundSocket {
 public:
  class Owner {
   public:
    // UV_READABLE, UV_WRITABLE; an error counts as both. Nothing is called after Close.
    virtual void OnSocketReady(int events) = 0;

   protected:
    ~Owner() = default;
  };

  struct Closer {
    void operator()(OutboundSocket* socket) const { socket->Close(); }
  };
  using Pointer = std::unique_ptr<OutboundSocket, Closer>;

  // Begins to connect; writable means that it is decided. An error is an errno.
  static std::expected<Pointer, int> Connect(uv_loop_t* loop, const SocketAddress& address, Owner* owner);

  void set_owner(Owner* owner) { owner_ = owner; }

  // How connecting went, once it is decided: 0 or an errno.
  [[nodiscard]] int ConnectError() const;

  // From here on what is read and written goes through TLS. False: no memory.
  bool StartTls(const TlsContext& context, std::string_view host, TlsSessionSlot* slot);
  TlsStream::Result Handshake();
  [[nodiscard]] TlsStream* tls() const { return tls_.get(); }

  enum class Input : uint8_t { kData, kNothing, kEnd, kTruncated, kBroken };
  // kData: `count` bytes. Of a plain socket one recv, of TLS as many records as fit and are there.
  Input Read(std::span<uint8_t> buffer, size_t& count);
  // Whether Read may have more although the socket is not readable.
  [[nodiscard]] bool pending() const { return tls_ && tls_->pending(); }
  // Whether anything at all waits in a plain sense: data, an end, an error. For connections that should be silent.
  [[nodiscard]] bool HasInput() const;

  WriteQueue& queue() { return queue_; }
  // Sends what is queued, as much as goes.
  WriteQueue::Result Flush();
  // After the last byte. The peer sees an end.
  void ShutdownWrite();

  // Which events the owner wants; cheap when nothing changes.
  void Watch(int events);

 private:
  OutboundSocket() = default;
  ~OutboundSocket() = default;
  void Close();
  void OnPoll(int status, int events);

  uv_poll_t poll_;
  int fd_ = -1;
  int wanted_ = 0;
  int polled_ = 0;
  Owner* owner_ = nullptr;
  std::unique_ptr<TlsStream> tls_;
  bool read_wants_write_ = false;
  bool write_wants_read_ = false;
  WriteQueue queue_;
};

}  // namespace verge::http

#endif  // HTTP_CLIENT_SOCKET_H_
