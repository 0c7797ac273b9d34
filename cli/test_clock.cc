#include "cli/test_clock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <format>

namespace verge::cli {
namespace {

int64_t Ahead(const int64_t* mapped) { return __atomic_load_n(mapped, __ATOMIC_RELAXED); }

}  // namespace

std::expected<std::unique_ptr<TestClock>, std::string> TestClock::Open(const std::string& file) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status{};
  const bool read = fd >= 0 && fstat(fd, &status) == 0;
  const int error = errno;
  void* mapped = MAP_FAILED;
  if (read && status.st_size >= static_cast<off_t>(sizeof(int64_t))) {
    mapped = mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
  }
  if (fd >= 0) close(fd);
  if (mapped == MAP_FAILED) {
    return std::unexpected(std::format("--test-clock {}: {}", file, read ? "eight bytes are needed" : strerror(error)));
  }
  return std::unique_ptr<TestClock>(new TestClock(static_cast<const int64_t*>(mapped)));
}

TestClock::~TestClock() { munmap(const_cast<int64_t*>(ahead_), sizeof(int64_t)); }

cache::Time TestClock::OfCache::Now() const { return cache::Clock::System().Now() + cache::Millis(Ahead(ahead_)); }

int64_t TestClock::OfKv::Now() const { return kv::Clock::System().Now() + Ahead(ahead_) / 1000; }

}  // namespace verge::cli
