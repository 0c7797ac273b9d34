#include "cli/read_input.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace verge::cli {

std::expected<std::string, int> ReadInput(const std::string& path, size_t max) {
  constexpr size_t kStep = 1 << 20;
  const int fd = path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::unexpected(errno);
  std::string out;
  int error = 0;
  while (out.size() < max) {
    const size_t size = out.size();
    ssize_t got = 0;
    out.resize_and_overwrite(size + std::min(kStep, max - size), [&](char* data, size_t capacity) {
      got = ::read(fd, data + size, capacity - size);
      error = got < 0 ? errno : 0;
      return size + static_cast<size_t>(std::max<ssize_t>(got, 0));
    });
    if (got < 0 && error == EINTR) continue;
    if (got <= 0) break;
  }
  ::close(fd);
  if (error != 0) return std::unexpected(error);
  return out;
}

}  // namespace verge::cli
