// The files of an assets folder.
#ifndef ASSETS_FOLDER_H_
#define ASSETS_FOLDER_H_

#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/bytes.h"

namespace verge::assets {

class IgnoreRules;

// By what a file is known to be still the same one.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;
  int64_t modified_ns = 0;

  static FileIdentity Of(const struct stat& status);
  bool operator==(const FileIdentity&) const = default;
};

// What is in a file, kept in memory.
struct Content {
  http::Bytes bytes;
  std::string etag;  // with its quotes: a digest of the bytes
};

// A file as it was when it was found. Shared by threads.
struct File {
  std::string path;  // "/css/site.css"
  FileIdentity identity;
  std::string_view content_type;  // "" when it is not known
  std::string etag;               // of a file that is not kept in memory: its size and time

  mutable std::atomic<std::shared_ptr<const Content>> content;  // null: not read so far, or not kept
};
using FileRef = std::shared_ptr<const File>;

// Thread-safe.
class Folder {
 public:
  // Files up to this size are kept in memory once they were asked for, as long as there is room for them.
  static constexpr uint64_t kMaxKept = 1 << 20;
  static constexpr uint64_t kMaxKeptTogether = 256 << 20;
  static constexpr size_t kMaxFiles = 100'000;

  // `live`: what is there is looked up each time, following links; the folder may come later. Otherwise it is read now,
  // without what `ignore` names and without links that lead out of it. The error says what is wrong.
  static std::expected<std::unique_ptr<Folder>, std::string> Open(std::string directory, bool live,
                                                                  const IgnoreRules& ignore);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] bool live() const { return live_; }
  [[nodiscard]] size_t size() const { return files_.size(); }

  // `path` begins with '/' and is decoded. Null: there is no such file.
  FileRef Find(std::string_view path) const;

  // Opens a file for reading: a descriptor, which is the caller's, or -1: it is gone, or not the one that was found.
  int OpenFile(const File& file) const;

  // Reads a file of at most kMaxKept bytes, and keeps it if there is room. Blocks. Null: it is not there any more.
  std::shared_ptr<const Content> Read(const File& file) const;

  // A small text file of the folder ("_headers"), or "" without it, as it is now.
  std::string ReadText(std::string_view name) const;
  // The state of such a file, to notice that it has changed. All zero without it.
  FileIdentity StateOf(std::string_view name) const;

 private:
  Folder(std::string directory, bool live) : directory_(std::move(directory)), live_(live) {}
  std::expected<void, std::string> Scan(const IgnoreRules& ignore, const std::string& folder, int depth);
  // Relative to the folder, without a leading '/'. Not out of it unless it is live.
  int OpenPath(const std::string& relative) const;
  FileRef FindLive(std::string_view path) const;

  const std::string directory_;
  const bool live_;
  int root_ = -1;
  mutable std::unordered_map<std::string, FileRef> files_;
  mutable std::mutex mutex_;  // of files_, if it is live
  mutable std::atomic<uint64_t> kept_{0};
};

}  // namespace verge::assets

#endif  // ASSETS_FOLDER_H_
