#include "http/server.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "http/address.h"
#include "http/server_core.h"
#include "http/tls_server.h"

namespace verge::http {

namespace {

constexpr int kBacklog = 4096;

class ServerImpl final : public Server {
 public:
  ServerImpl(uv_loop_t* loop, RequestHandler* handler, const ServerLimits& limits,
             std::shared_ptr<const TlsIdentity> tls, std::shared_ptr<Forwarding> forwarding)
      : core_(new ServerCore(loop, handler, limits, std::move(tls), std::move(forwarding))) {}
  ~ServerImpl() override { core_->Shutdown(); }

  std::expected<int, std::string> Listen(std::string_view host, int port) override {
    if (listening_) return std::unexpected("this server listens already");
    std::expected<BoundSocket, std::string> bound = Bind(host, port, true);
    if (!bound) return std::unexpected(std::move(bound.error()));
    if (listen(bound->fd, kBacklog) != 0) {
      const int error = errno;
      close(bound->fd);
      return std::unexpected("cannot listen on " + std::string(host) + " port " + std::to_string(bound->port) + ": " +
                             strerrordesc_np(error));
    }
    if (!core_->Accept(bound->fd)) {
      close(bound->fd);
      return std::unexpected("cannot listen on " + std::string(host) + " port " + std::to_string(bound->port) +
                             ": the event loop does not take the socket, or the server is being drained");
    }
    listening_ = true;
    return bound->port;
  }

  std::expected<void, std::string> ListenOn(int listening_fd) override {
    if (listening_) return std::unexpected("this server listens already");
    if (!core_->Accept(listening_fd)) return std::unexpected("the event loop does not take the socket");
    listening_ = true;
    return {};
  }

  void Drain(std::chrono::milliseconds deadline, std::function<void()> done) override {
    core_->Drain(deadline, std::move(done));
  }

  [[nodiscard]] const ServerCounters& counters() const override { return core_->counters; }

 private:
  ServerCore* const core_;  // deletes itself after Shutdown
  bool listening_ = false;
};

}  // namespace

std::unique_ptr<Server> Server::Create(uv_loop_t* loop, RequestHandler* handler, const ServerLimits& limits,
                                       std::shared_ptr<Forwarding> forwarding) {
  return std::make_unique<ServerImpl>(loop, handler, limits, nullptr, std::move(forwarding));
}

std::unique_ptr<Server> CreateTlsServer(uv_loop_t* loop, RequestHandler* handler, const ServerLimits& limits,
                                        std::shared_ptr<const TlsIdentity> identity,
                                        std::shared_ptr<Forwarding> forwarding) {
  return std::make_unique<ServerImpl>(loop, handler, limits, std::move(identity), std::move(forwarding));
}

}  // namespace verge::http
