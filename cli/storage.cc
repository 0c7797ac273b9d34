#include "cli/storage.h"

#include <filesystem>
#include <utility>

namespace verge::cli {
namespace {

// Threads start when they are needed, so these are bounds. Commits to different databases overlap in the disk's queue;
// reads are mostly from the page cache, and then more threads than processors gain nothing.
constexpr size_t kCommitThreads = 8;
constexpr size_t kReadThreads = 4;

}  // namespace

std::string StateFolder(const Options& options, const config::WorkerConfig& worker) {
  if (!options.data.empty()) return options.data;
  const std::string& file = worker.source.empty() ? worker.main : worker.source;
  return (std::filesystem::path(file).parent_path() / ".verge" / "state").string();
}

Storage::Storage(std::string folder)
    : directory(std::move(folder)), commits(kCommitThreads, "commit"), reads(kReadThreads, "read") {}

}  // namespace verge::cli
