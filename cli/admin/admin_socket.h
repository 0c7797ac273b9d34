// Unix sockets in the state folder: their names, and what both ends do with them.
#ifndef CLI_ADMIN_ADMIN_SOCKET_H_
#define CLI_ADMIN_ADMIN_SOCKET_H_

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "sqlite/state_directory.h"

namespace verge::cli {

// A socket that listens at `path` and that only this user can connect to. The error is a line without the path.
std::expected<int, std::string> ListenAt(const std::string& path);

enum class ConnectError : uint8_t {
  kNobody,  // it is not there, or nobody listens any more: what a process that was killed leaves behind
  kOther,   // see errno
};
// A connected socket. Reads and writes that take longer than `seconds` fail.
std::expected<int, ConnectError> ConnectTo(const std::string& path, int seconds);

// The sockets in a state folder at which somebody listens, sorted. Those that nobody listens at are removed on the way.
std::vector<std::string> LiveSockets(const sqlite::StateDirectory& directory);

}  // namespace verge::cli

#endif  // CLI_ADMIN_ADMIN_SOCKET_H_
