// An HTTP server beside the shards', with a thread and a loop of its own: it answers when all shards are busy or
// paused, and costs them nothing.
#ifndef CLI_SIDE_SERVER_H_
#define CLI_SIDE_SERVER_H_

#include <uv.h>

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "http/server.h"

namespace verge::cli {

// A member of what answers.
class SideServer {
 public:
  // Opens what the server listens on; gives the port, if there is one. The error is for a terminal.
  using Listen = std::function<std::expected<int, std::string>(http::Server& server)>;

  SideServer() = default;
  // Closes everything and waits for the thread.
  ~SideServer();
  SideServer(const SideServer&) = delete;
  SideServer& operator=(const SideServer&) = delete;

  // Once. `thread_name` is a literal of 15 characters at most. `handler` is called on the server's thread.
  std::expected<void, std::string> Start(const char* thread_name, http::RequestHandler* handler,
                                         const http::ServerLimits& limits, const Listen& listen);

  [[nodiscard]] int port() const { return port_; }
  // For use on the server's thread.
  [[nodiscard]] uv_loop_t* loop() { return &loop_; }

 private:
  int port_ = 0;
  uv_loop_t loop_;
  uv_async_t stop_;
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
};

}  // namespace verge::cli

#endif  // CLI_SIDE_SERVER_H_
