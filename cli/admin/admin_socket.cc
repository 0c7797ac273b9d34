#include "cli/admin/admin_socket.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <format>
#include <memory>
#include <string_view>

namespace verge::cli {
namespace {

constexpr int kBacklog = 16;
constexpr int kConnectSeconds = 5;

// A path as sockets take it: 107 bytes. State folders can be deeper than that; then the folder is opened and the socket
// named through it.
class SocketAddress {
 public:
  explicit SocketAddress(const std::string& path) {
    std::string name = path;
    if (name.size() >= sizeof address_.sun_path) {
      const size_t slash = path.rfind('/');
      folder_ = open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
      name = std::format("/proc/self/fd/{}{}", folder_, path.substr(slash));
    }
    address_.sun_family = AF_UNIX;
    fits_ = name.size() < sizeof address_.sun_path;
    if (fits_) std::memcpy(address_.sun_path, name.c_str(), name.size() + 1);
  }
  ~SocketAddress() {
    if (folder_ >= 0) close(folder_);
  }
  SocketAddress(const SocketAddress&) = delete;
  SocketAddress& operator=(const SocketAddress&) = delete;

  [[nodiscard]] bool fits() const { return fits_; }
  [[nodiscard]] const char* path() const { return address_.sun_path; }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }

 private:
  sockaddr_un address_{};
  int folder_ = -1;
  bool fits_ = false;
};

// A socket that listens at `path`. The error is a line without the path.
std::expected<int, std::string> ListenAt(const std::string& path) {
  // It gets its name once it listens: whoever finds one at which nobody does takes it for left behind, and removes it.
  const size_t name = path.rfind('/') + 1;
  const std::string hidden = path.substr(0, name) + "." + path.substr(name);
  const SocketAddress address(hidden);
  if (!address.fits()) return std::unexpected("its path is too long for a socket");
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::unexpected(strerrordesc_np(errno));
  // Nobody can connect before it listens, and by then the mode is right.
  if (bind(fd, address.get(), sizeof(sockaddr_un)) != 0 || chmod(address.path(), 0600) != 0 ||
      listen(fd, kBacklog) != 0 || rename(hidden.c_str(), path.c_str()) != 0) {
    const int error = errno;
    close(fd);
    return std::unexpected(strerrordesc_np(error));
  }
  return fd;
}

}  // namespace

std::expected<AdminSocket, std::string> AdminSocket::Make(const sqlite::StateDirectory& directory) {
  if (auto created = directory.Create(kArea); !created) return std::unexpected(created.error().message);
  (void)LiveSockets(directory);
  uint32_t random = 0;
  (void)getrandom(&random, sizeof random, 0);
  std::string path = std::format("{}/{}-{:08x}{}", directory.AreaPath(kArea), getpid(), random, kSuffix);
  const auto fd = ListenAt(path);
  if (!fd) return std::unexpected(std::format("cannot make the socket {}: {}", path, fd.error()));
  return AdminSocket(std::move(path), *fd);
}

AdminSocket::AdminSocket(AdminSocket&& other) noexcept
    : path_(std::exchange(other.path_, {})), fd_(std::exchange(other.fd_, -1)) {}

AdminSocket::~AdminSocket() {
  if (!path_.empty()) unlink(path_.c_str());
  if (fd_ >= 0) close(fd_);
}

int AdminSocket::Take() { return std::exchange(fd_, -1); }

std::expected<int, ConnectError> ConnectTo(const std::string& path, int seconds) {
  const SocketAddress address(path);
  const int fd = address.fits() ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
  if (fd < 0) return std::unexpected(ConnectError::kOther);
  const timeval limit = {.tv_sec = seconds, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect(fd, address.get(), sizeof(sockaddr_un)) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return std::unexpected(error == ECONNREFUSED || error == ENOENT ? ConnectError::kNobody : ConnectError::kOther);
}

std::vector<std::string> LiveSockets(const sqlite::StateDirectory& directory) {
  std::vector<std::string> found;
  const std::string area = directory.AreaPath(AdminSocket::kArea);
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(area.c_str()), &closedir);
  while (folder) {
    const dirent* entry = readdir(folder.get());
    if (!entry) break;
    const std::string_view name(entry->d_name);
    if (name.starts_with('.') || !name.ends_with(AdminSocket::kSuffix)) continue;
    std::string path = std::format("{}/{}", area, name);
    const auto connected = ConnectTo(path, kConnectSeconds);
    if (connected) {
      close(*connected);
    } else if (connected.error() == ConnectError::kNobody) {
      unlink(path.c_str());
      continue;
    }
    found.push_back(std::move(path));
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace verge::cli
