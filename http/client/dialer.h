// From a name to a connected socket: resolution, then one address after the other, each with a head start of a quarter
// of a second (RFC 8305, without its finer points).
#ifndef HTTP_CLIENT_DIALER_H_
#define HTTP_CLIENT_DIALER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/client/client.h"
#include "http/client/client_core.h"
#include "http/client/endpoint.h"
#include "http/client/resolver.h"
#include "http/client/socket.h"

namespace verge::http {

class Dialer final : private Resolver::Waiter, private Timed {
 public:
  class Owner {
   public:
    // One of the two, from the loop. The dialer may be destroyed from within.
    virtual void OnDialed(OutboundSocket::Pointer socket) = 0;
    virtual void OnDialFailed(ClientError error) = 0;

   protected:
    ~Owner() = default;
  };

  Dialer(ClientCore* core, Ref<Endpoint> endpoint, Owner* owner);
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  // False: resolution is under way. True: the addresses are known, Continue begins with them (from the loop).
  bool Start();
  void Continue();
  [[nodiscard]] bool resolving() const { return resolving_; }

 private:
  // One address being connected to.
  class Attempt final : public OutboundSocket::Owner {
   public:
    Attempt(Dialer* dialer, const SocketAddress& address) : dialer_(dialer), address_(address) {}
    void OnSocketReady(int) override { dialer_->OnDecided(this); }
    Dialer* const dialer_;
    const SocketAddress address_;
    OutboundSocket::Pointer socket_;
  };

  void OnResolved(const Resolver::Answer& answer) override;
  void OnDeadline(ClientDeadlines::Node* node) override;
  void OnDecided(Attempt* attempt);
  void Take(const Resolver::Answer& answer);
  void Next();
  void NoteFailure(ClientError::Kind kind, std::string message);

  ClientCore* const core_;
  const Ref<Endpoint> endpoint_;
  Owner* const owner_;
  bool resolving_ = false;
  std::vector<SocketAddress> addresses_;
  size_t next_ = 0;
  std::vector<std::unique_ptr<Attempt>> attempts_;
  ClientDeadlines::Node head_start_;
  ClientError failure_;  // the most telling so far
};

}  // namespace verge::http

#endif  // HTTP_CLIENT_DIALER_H_
