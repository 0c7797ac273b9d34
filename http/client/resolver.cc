#include "http/client/resolver.h"

#include <netdb.h>
#include <sys/time.h>

#include <algorithm>
#include <utility>

#include "http/field_syntax.h"

namespace verge::http {

namespace {

constexpr uint64_t kMinTtl = 1'000;     // ms
constexpr uint64_t kMaxTtl = 3600'000;  // ms
constexpr uint64_t kNegativeTtl = 5'000;
constexpr uint64_t kReloadPause = 5'000;
constexpr size_t kMaxCached = 1024;
constexpr size_t kMaxAddresses = 16;

bool IsLocalhost(std::string_view name) { return name == "localhost" || name.ends_with(".localhost"); }

// What ends in a number is an address in some form or nothing (URL Standard, "ends in a number"), and never a name:
// what the resolver would make of "0177.0.0.1" does not matter.
bool EndsInNumber(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('.') + 1);
  return std::ranges::all_of(last, IsDigit) || last.starts_with("0x");
}

SocketAddress Loopback(bool v6) {
  SocketAddress address;
  if (v6) {
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_addr = in6addr_loopback;
  } else {
    address.v4.sin_family = AF_INET;
    address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  return address;
}

std::string ErrorText(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
      return "the name does not exist";
    case ARES_ENODATA:
      return "the name has no address";
    case ARES_EBADNAME:
      return "this is not a valid name";
    case ARES_ETIMEOUT:
    case ARES_ECONNREFUSED:
    case ARES_ENOSERVER:
      return "no name server answered";
    case ARES_ESERVFAIL:
      return "the name server failed";
    case ARES_EREFUSED:
      return "the name server refused to answer";
    default:
      return ares_strerror(status);
  }
}

// The first one's family first, then in turns.
std::vector<SocketAddress> Interleave(const std::vector<SocketAddress>& sorted) {
  std::vector<SocketAddress> first;
  std::vector<SocketAddress> second;
  for (const SocketAddress& address : sorted) {
    (address.is_v6() == sorted.front().is_v6() ? first : second).push_back(address);
  }
  std::vector<SocketAddress> mixed;
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  if (mixed.size() > kMaxAddresses) mixed.resize(kMaxAddresses);
  return mixed;
}

}  // namespace

// A socket of c-ares.
struct Resolver::Poll {
  uv_poll_t handle;
  Resolver* resolver;
  ares_socket_t fd;
};

Resolver::Resolver(uv_loop_t* loop, std::string servers, uint64_t* lookups)
    : loop_(loop), servers_(std::move(servers)), lookups_(lookups) {}

Resolver::~Resolver() = default;

bool Resolver::Open() {
  if (channel_) return true;
  ares_options options{};
  options.sock_state_cb = [](void* data, ares_socket_t fd, int read, int write) {
    static_cast<Resolver*>(data)->OnSocketState(fd, read != 0, write != 0);
  };
  options.sock_state_cb_data = this;
  // The cache here knows of lookups under way, too.
  options.qcache_max_ttl = 0;
  if (ares_init_options(&channel_, &options, ARES_OPT_SOCK_STATE_CB | ARES_OPT_QUERY_CACHE) != ARES_SUCCESS) {
    channel_ = nullptr;
    return false;
  }
  if (!servers_.empty()) ares_set_servers_ports_csv(channel_, servers_.c_str());
  timer_ = new uv_timer_t;
  uv_timer_init(loop_, timer_);
  timer_->data = this;
  return true;
}

void Resolver::Close() {
  const Ref<Resolver> self(this);
  for (auto& [name, entry] : cache_) entry->waiters = nullptr;
  told_ = nullptr;
  // Answers everything that is pending with an error and closes the sockets.
  if (channel_) ares_destroy(std::exchange(channel_, nullptr));
  completed_.clear();
  cache_.clear();
  if (timer_) {
    uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(timer_, nullptr)),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
  }
}

// ---- Lookups

const Resolver::Answer* Resolver::Lookup(std::string_view name, Waiter* waiter) {
  immediate_ = {};
  if (const std::optional<SocketAddress> address = ParseAddress(name)) {
    immediate_.addresses.push_back(*address);
    return &immediate_;
  }
  std::string key(name);
  std::ranges::transform(key, key.begin(), ToLower);
  if (key.ends_with('.')) key.pop_back();
  if (IsLocalhost(key)) {
    immediate_.addresses = {Loopback(false), Loopback(true)};
    return &immediate_;
  }
  if (key.empty() || key.starts_with('[') || EndsInNumber(key)) {
    immediate_.error = ErrorText(ARES_EBADNAME);
    return &immediate_;
  }

  auto found = cache_.find(key);
  if (found != cache_.end() && found->second->ExpiredAt(uv_now(loop_))) {
    cache_.erase(found);
    found = cache_.end();
  }
  if (found == cache_.end()) {
    if (!Open()) {
      immediate_.error = "the resolver cannot be set up";
      return &immediate_;
    }
    if (cache_.size() >= kMaxCached) MakeRoom();
    found = cache_.emplace(std::move(key), std::make_unique<Entry>()).first;
    Entry* entry = found->second.get();
    entry->resolver = this;
    entry->pending = true;
    ++*lookups_;
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    // A name with a dot at its end is not searched for in the local domains.
    const std::string asked = found->first + (name.ends_with('.') ? "." : "");
    ares_getaddrinfo(
        channel_, asked.c_str(), nullptr, &hints,
        [](void* data, int status, int, ares_addrinfo* result) {
          auto* pending = static_cast<Entry*>(data);
          pending->resolver->OnAddrinfo(pending, status, result);
        },
        entry);
    UpdateTimer();
  }
  Entry* entry = found->second.get();
  if (!entry->pending) {
    immediate_ = entry->answer;
    return &immediate_;
  }
  waiter->next_ = entry->waiters;
  entry->waiters = waiter;
  return nullptr;
}

void Resolver::Forget(Waiter* waiter) {
  const auto take_from = [&](Waiter** list) {
    for (Waiter** at = list; *at; at = &(*at)->next_) {
      if (*at != waiter) continue;
      *at = std::exchange(waiter->next_, nullptr);
      return true;
    }
    return false;
  };
  if (take_from(&told_)) return;
  for (auto& [name, entry] : cache_) {
    if (take_from(&entry->waiters)) return;
  }
}

void Resolver::OnAddrinfo(Entry* entry, int status, ares_addrinfo* result) {
  entry->pending = false;
  entry->answer = {};
  uint64_t ttl = 0;
  if (status == ARES_SUCCESS) {
    ttl = kMaxTtl;
    std::vector<SocketAddress> sorted;
    for (const ares_addrinfo_node* node = result->nodes; node; node = node->ai_next) {
      const std::optional<SocketAddress> address = FromSockaddr(*node->ai_addr);
      if (!address) continue;
      sorted.push_back(*address);
      ttl = std::min<uint64_t>(ttl, static_cast<uint64_t>(std::max(node->ai_ttl, 0)) * 1000);
    }
    for (const ares_addrinfo_cname* alias = result->cnames; alias; alias = alias->next) {
      ttl = std::min<uint64_t>(ttl, static_cast<uint64_t>(std::max(alias->ttl, 0)) * 1000);
    }
    ttl = std::max(ttl, kMinTtl);
    if (sorted.empty()) {
      status = ARES_ENODATA;
    } else {
      entry->answer.addresses = Interleave(sorted);
    }
  }
  if (status != ARES_SUCCESS) {
    // What is wrong with the servers can be over at once; that a name does not exist, they said.
    ttl = status == ARES_ENOTFOUND || status == ARES_ENODATA ? kNegativeTtl : 0;
    entry->answer.error = ErrorText(status);
    servers_failed_ |= status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED || status == ARES_ENOSERVER;
  }
  if (result) ares_freeaddrinfo(result);
  entry->expires = uv_now(loop_) + ttl;
  // Waiters may do anything, and c-ares is on the stack.
  if (entry->waiters) completed_.push_back(entry);
}

void Resolver::MakeRoom() {
  const uint64_t now = uv_now(loop_);
  std::erase_if(cache_, [&](const auto& item) { return item.second->ExpiredAt(now); });
  // Any one will do: this many live names are rare.
  for (auto item = cache_.begin(); item != cache_.end() && cache_.size() >= kMaxCached;) {
    item = item->second->pending || item->second->waiters ? std::next(item) : cache_.erase(item);
  }
}

// ---- c-ares on the loop

void Resolver::Process(ares_socket_t read_fd, ares_socket_t write_fd) {
  const Ref<Resolver> self(this);
  ares_process_fd(channel_, read_fd, write_fd);
  while (channel_ && !completed_.empty()) {
    Entry* entry = completed_.back();
    completed_.pop_back();
    // The entry may be gone when the first of them has been told.
    const Answer answer = entry->answer;
    told_ = std::exchange(entry->waiters, nullptr);
    while (told_) {
      Waiter* waiter = told_;
      told_ = std::exchange(waiter->next_, nullptr);
      waiter->OnResolved(answer);
    }
  }
  UpdateTimer();
}

void Resolver::ReloadIfServersFailed() {
  if (!std::exchange(servers_failed_, false) || !servers_.empty()) return;
  const uint64_t now = uv_now(loop_);
  if (reloaded_ != 0 && now - reloaded_ < kReloadPause) return;
  reloaded_ = now;
  // On a thread of c-ares; it counts for the lookups after it.
  ares_reinit(channel_);
}

void Resolver::UpdateTimer() {
  if (!channel_) return;
  ReloadIfServersFailed();
  timeval soon{};
  if (!completed_.empty()) {
    // c-ares ended others when a new one was asked for.
    uv_timer_start(timer_, &OnTimer, 0, 0);
    return;
  }
  const timeval* next = ares_timeout(channel_, nullptr, &soon);
  if (!next) {
    uv_timer_stop(timer_);
    return;
  }
  const uint64_t milliseconds =
      static_cast<uint64_t>(next->tv_sec) * 1000 + static_cast<uint64_t>(next->tv_usec + 999) / 1000;
  uv_timer_start(timer_, &OnTimer, std::max<uint64_t>(milliseconds, 1), 0);
}

void Resolver::OnTimer(uv_timer_t* timer) {
  static_cast<Resolver*>(timer->data)->Process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void Resolver::OnSocketState(ares_socket_t fd, bool read, bool write) {
  const auto found = polls_.find(fd);
  if (!read && !write) {
    if (found == polls_.end()) return;
    uv_close(reinterpret_cast<uv_handle_t*>(&found->second->handle),
             [](uv_handle_t* handle) { delete static_cast<Poll*>(handle->data); });
    polls_.erase(found);
    return;
  }
  Poll* poll;
  if (found == polls_.end()) {
    poll = new Poll{.handle = {}, .resolver = this, .fd = fd};
    if (uv_poll_init_socket(loop_, &poll->handle, fd) != 0) {
      // The query runs into its timeout.
      delete poll;
      return;
    }
    poll->handle.data = poll;
    polls_.emplace(fd, poll);
  } else {
    poll = found->second;
  }
  uv_poll_start(&poll->handle, (read ? UV_READABLE : 0) | (write ? UV_WRITABLE : 0),
                [](uv_poll_t* handle, int status, int events) {
                  const auto* ready = static_cast<Poll*>(handle->data);
                  const bool readable = status < 0 || (events & UV_READABLE);
                  const bool writable = status < 0 || (events & UV_WRITABLE);
                  ready->resolver->Process(readable ? ready->fd : ARES_SOCKET_BAD,
                                           writable ? ready->fd : ARES_SOCKET_BAD);
                });
}

}  // namespace verge::http
