// How a running verge is asked and told things from the machine that it runs on: a small HTTP server behind a Unix
// socket in the state folder, which only the user that verge runs as (and root) can open.
//
//   curl --unix-socket .verge/state/run/1234-89abcdef.sock http://verge/
#ifndef CLI_ADMIN_ADMIN_SERVER_H_
#define CLI_ADMIN_ADMIN_SERVER_H_

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/admin/admin_socket.h"
#include "cli/side_server.h"
#include "http/server.h"

namespace verge::cli {

struct AdminReply {
  int status = 200;
  std::string json;
};

// `{"error": "…"}`.
AdminReply AdminError(int status, std::string_view message);

// Something that can be asked for. `run` is called on the server's thread, with the request's body, and may take as
// long as a person waits.
struct AdminRoute {
  std::string_view method;  // "GET", "POST"
  std::string_view path;    // "/cache/purge"
  std::function<AdminReply(std::string_view body)> run;
};

class AdminServer final : private http::RequestHandler {
 public:
  // Answers at the socket from now on, and removes it at the end. The error is a line for a terminal.
  static std::expected<std::unique_ptr<AdminServer>, std::string> Start(AdminSocket socket,
                                                                        std::vector<AdminRoute> routes);

 private:
  AdminServer(AdminSocket socket, std::vector<AdminRoute> routes);

  void OnRequest(http::Ref<http::Exchange> exchange) override;

  AdminSocket socket_;
  const std::vector<AdminRoute> routes_;
  SideServer server_;  // the first to go
};

}  // namespace verge::cli

#endif  // CLI_ADMIN_ADMIN_SERVER_H_
