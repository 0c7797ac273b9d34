// Unix sockets in the state folder: their names, and what both ends do with them.
#ifndef CLI_ADMIN_ADMIN_SOCKET_H_
#define CLI_ADMIN_ADMIN_SOCKET_H_

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sqlite/state_directory.h"

namespace verge::cli {

// A socket that listens in a state folder, DIR/run/<pid>-<random>.sock: one for each process, as several may share a
// folder. Only this user can connect to it. Move-only.
class AdminSocket {
 public:
  static constexpr std::string_view kArea = "run";
  static constexpr std::string_view kSuffix = ".sock";

  // Makes it, and the folder; starts no thread. Sockets of processes that are gone are removed. The error is a line for
  // a terminal.
  static std::expected<AdminSocket, std::string> Make(const sqlite::StateDirectory& directory);
  AdminSocket(AdminSocket&& other) noexcept;
  AdminSocket& operator=(AdminSocket&&) = delete;
  // Closes what was not taken, and removes the name.
  ~AdminSocket();

  // The descriptor, which is the caller's from now on.
  [[nodiscard]] int Take();

 private:
  AdminSocket(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;  // "": moved away
  int fd_;            // -1: taken
};

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
