#include "cli/dev/watcher.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace verge::cli {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kWritten = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE;
constexpr uint32_t kRemoved = IN_DELETE | IN_MOVED_FROM;

bool IsForeignFolder(std::string_view name) { return name.starts_with('.') || name == "node_modules"; }

// What editors leave beside the file that they save, and databases that the worker itself writes.
bool IsNoise(std::string_view name) {
  bool variables = name.starts_with(".env") || name.starts_with(".dev.vars");
  return (name.starts_with('.') && !variables) || name.ends_with('~') || name == "4913" || name.ends_with(".swp") ||
         name.find(".sqlite") != std::string_view::npos;
}

}  // namespace

Watcher::Watcher() : descriptor_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

Watcher::~Watcher() {
  if (descriptor_ >= 0) close(descriptor_);
}

void Watcher::Add(const std::string& folder) { AddTree(folder, 0); }

void Watcher::AddTree(const std::string& folder, int depth) {
  if (descriptor_ < 0 || folders_.size() >= kMaxFolders || depth > kMaxDepth) return;
  int watch = inotify_add_watch(descriptor_, folder.c_str(), kWritten | kRemoved | IN_ONLYDIR | IN_EXCL_UNLINK);
  if (watch < 0) return;
  folders_[watch] = folder;
  if (depth == kMaxDepth) return;
  std::error_code error;
  for (auto it = fs::directory_iterator(folder, fs::directory_options::skip_permission_denied, error);
       !error && it != fs::directory_iterator(); it.increment(error)) {
    std::error_code ignored;
    std::string name = it->path().filename().string();
    if (IsForeignFolder(name) || it->is_symlink(ignored) || !it->is_directory(ignored)) continue;
    AddTree(it->path().string(), depth + 1);
  }
}

Watcher::Change Watcher::Take() {
  alignas(inotify_event) char buffer[16 * 1024];
  Change change = Change::kNone;
  for (;;) {
    ssize_t size = read(descriptor_, buffer, sizeof buffer);
    if (size <= 0) return change;
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      if ((event->mask & IN_Q_OVERFLOW) != 0) change = Change::kWritten;
      if ((event->mask & IN_IGNORED) != 0) folders_.erase(event->wd);
      auto folder = folders_.find(event->wd);
      std::string_view name = event->len > 0 ? event->name : "";
      if (folder == folders_.end() || name.empty()) continue;
      if ((event->mask & IN_ISDIR) != 0) {
        if (IsForeignFolder(name)) continue;
        if ((event->mask & kWritten) != 0) AddTree(folder->second + "/" + std::string(name), 0);
      } else if (IsNoise(name) || (event->mask & kWritten) == IN_CREATE) {
        continue;  // a file that was only created is closed, too, when it is written
      }
      change = (event->mask & kRemoved) != 0 ? Change::kRemoved : Change::kWritten;
    }
  }
}

}  // namespace verge::cli
