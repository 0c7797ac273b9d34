// Tells that files of a project have changed (inotify).
#ifndef CLI_DEV_WATCHER_H_
#define CLI_DEV_WATCHER_H_

#include <map>
#include <string>

namespace verge::cli {

// Watches folders with everything below them, except node_modules, hidden folders, and more than kMaxFolders. Used from
// one thread.
class Watcher {
 public:
  static constexpr size_t kMaxFolders = 1000;
  static constexpr int kMaxDepth = 24;

  Watcher();
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Readable when something has happened; -1: the system has no more of them.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  void Add(const std::string& folder);
  // Only the files in it.
  void AddFlat(const std::string& folder) { AddTree(folder, kMaxDepth); }

  enum class Change : unsigned char {
    kNone,
    kWritten,
    kRemoved,  // editors that save by renaming put something in its place at once
  };
  // Takes what has happened since the last call; does not block.
  Change Take();

 private:
  void AddTree(const std::string& folder, int depth);

  int descriptor_;
  std::map<int, std::string> folders_;
};

}  // namespace verge::cli

#endif  // CLI_DEV_WATCHER_H_
