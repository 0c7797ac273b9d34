// Names to addresses, without blocking: c-ares on the client's loop, with a cache of its own.
#ifndef HTTP_CLIENT_RESOLVER_H_
#define HTTP_CLIENT_RESOLVER_H_

#include <ares.h>
#include <uv.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/ref_counted.h"
#include "http/socket_address.h"

namespace verge::http {

// Reads what getaddrinfo would: /etc/hosts, /etc/resolv.conf, /etc/nsswitch.conf. Answers are kept for as long as their
// records say, between one second and an hour; that a name does not exist, for five seconds. Lookups of one name at the
// same time are one. "localhost" and names below it are always the loopback addresses (RFC 6761, 6.3).
class Resolver final : public RefCounted {
 public:
  // In the order in which to try them, families taking turns (RFC 8305, 4); empty: `error` says why.
  struct Answer {
    std::vector<SocketAddress> addresses;
    std::string error;  // "the name does not exist"
  };

  class Waiter {
   public:
    // `answer` lives until the call returns. Never from within Lookup.
    virtual void OnResolved(const Answer& answer) = 0;

   protected:
    ~Waiter() = default;

   private:
    friend class Resolver;
    Waiter* next_ = nullptr;
  };

  // `servers` as in ClientOptions. `lookups` is counted up for each name that is not in the cache.
  Resolver(uv_loop_t* loop, std::string servers, uint64_t* lookups);

  // What is known at once, valid until the next call; otherwise null, and the waiter is called unless it is taken back
  // by Forget. `name` may be an address.
  const Answer* Lookup(std::string_view name, Waiter* waiter);
  void Forget(Waiter* waiter);

  // Nobody hears any more. Handles are closed; libuv lets go of them in the next turn.
  void Close();

 private:
  struct Entry {
    Resolver* resolver = nullptr;
    Answer answer;
    uint64_t expires = 0;
    Waiter* waiters = nullptr;
    bool pending = false;
    [[nodiscard]] bool ExpiredAt(uint64_t now) const { return !pending && !waiters && expires <= now; }
  };
  struct Poll;

  ~Resolver() override;

  bool Open();
  void OnAddrinfo(Entry* entry, int status, ares_addrinfo* result);
  void OnSocketState(ares_socket_t fd, bool read, bool write);
  void Process(ares_socket_t read_fd, ares_socket_t write_fd);
  void UpdateTimer();
  static void OnTimer(uv_timer_t* timer);
  // The machine may have moved to another network.
  void ReloadIfServersFailed();
  void MakeRoom();

  uv_loop_t* const loop_;
  const std::string servers_;
  uint64_t* lookups_;
  ares_channel_t* channel_ = nullptr;
  uv_timer_t* timer_ = nullptr;
  std::unordered_map<ares_socket_t, Poll*> polls_;
  std::unordered_map<std::string, std::unique_ptr<Entry>> cache_;
  std::vector<Entry*> completed_;  // whose waiters have not been told
  Waiter* told_ = nullptr;         // who are being told
  Answer immediate_;
  bool servers_failed_ = false;  // since the last look
  uint64_t reloaded_ = 0;        // when resolv.conf was read again
};

}  // namespace verge::http

#endif  // HTTP_CLIENT_RESOLVER_H_
