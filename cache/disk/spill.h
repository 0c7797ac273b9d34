// A body on its way from a writer to a file: it leaves the memory as it is written.
#ifndef CACHE_DISK_SPILL_H_
#define CACHE_DISK_SPILL_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "cache/disk/disk_tier.h"
#include "cache/disk/file_builder.h"

namespace verge::cache {

// Thread-safe. Dropped without Finish, the file is removed.
class Spill final : public std::enable_shared_from_this<Spill> {
 public:
  Spill(DiskTier& tier, std::shared_ptr<DiskThreads> threads, DiskTier::PendingRef pending);
  ~Spill();

  // In their order; the body has them already. False: the disk has failed, and the body is not kept any more.
  bool Append(http::Bytes piece);
  // Whether the disk is behind: WhenReady tells when it is not any more, or has failed.
  [[nodiscard]] bool behind() const;
  void WhenReady(std::shared_ptr<Executor> executor, Task task);

  // All is there: `entry` is found on disk when it is, and leaves the memory tier then.
  void Finish();

 private:
  // How much may wait for the disk, and below what the writer goes on.
  static constexpr uint64_t kMostWaiting = uint64_t{2} << 20;
  static constexpr uint64_t kFewWaiting = uint64_t{1} << 20;

  struct Waiter {
    std::shared_ptr<Executor> executor;
    Task task;
  };

  void Start();
  void Work();
  void Fail(int error);
  // Under the mutex.
  void WakeIfReady();

  DiskTier& tier_;
  const std::shared_ptr<DiskThreads> threads_;
  const DiskTier::PendingRef pending_;
  const std::shared_ptr<Body> body_;
  std::optional<FileBuilder> builder_;  // of the thread that works

  mutable std::mutex mutex_;
  std::deque<http::Bytes> queue_;
  uint64_t waiting_bytes_ = 0;
  bool working_ = false;
  bool finishing_ = false;
  bool over_ = false;
  bool failed_ = false;
  std::optional<Waiter> waiter_;
};

}  // namespace verge::cache

#endif  // CACHE_DISK_SPILL_H_
