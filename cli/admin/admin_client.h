// Asks a running verge through its admin socket. For commands: it blocks.
#ifndef CLI_ADMIN_ADMIN_CLIENT_H_
#define CLI_ADMIN_ADMIN_CLIENT_H_

#include <expected>
#include <string>
#include <string_view>

#include "config/value.h"

namespace verge::cli {

struct AdminAnswer {
  int status = 0;
  config::Value json;  // a table
};

// One request to the process behind `socket`. The error is a line to print.
std::expected<AdminAnswer, std::string> AskAdmin(const std::string& socket, std::string_view method,
                                                 std::string_view path, std::string_view body = {});

}  // namespace verge::cli

#endif  // CLI_ADMIN_ADMIN_CLIENT_H_
