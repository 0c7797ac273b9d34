#include "cli/storage.h"

#include <utility>

namespace verge::cli {
namespace {

// Threads start when they are needed, so these are bounds. Commits to different databases overlap in the disk's queue;
// reads are mostly from the page cache, and then more threads than processors gain nothing.
constexpr size_t kCommitThreads = 8;
constexpr size_t kReadThreads = 4;

kv::ServiceOptions KvOptions(const kv::Clock* clock) {
  kv::ServiceOptions options;
  if (clock) options.clock = clock;
  return options;
}

}  // namespace

Storage::Storage(std::string folder, const kv::Clock* kv_clock)
    : directory(std::move(folder)),
      commits(kCommitThreads, "commit"),
      reads(kReadThreads, "read"),
      kv(directory, commits, reads, KvOptions(kv_clock)),
      d1(directory) {}

}  // namespace verge::cli
