// Compiled code of workers' modules, kept on disk from one process to the next, so that what has run once starts
// without being parsed again.
#ifndef RUNTIME_CODE_CACHE_H_
#define RUNTIME_CODE_CACHE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace verge::runtime {

// V8 runs what it finds in such a file, so only this class writes there (folder 0700, files 0600), and what it reads is
// used only when the file is whole, was made by the same V8 with the same flags, and is of exactly this source: the key
// is the source's SHA-256, so that no worker can be given another one's code. V8 checks the source's length and its own
// version once more. Any thread.
class CodeCache {
 public:
  using Key = std::array<uint8_t, 32>;

  // The folder is made with the first file. When all files together take more than `max_bytes`, the oldest go.
  CodeCache(std::string folder, uint64_t max_bytes) : folder_(std::move(folder)), max_bytes_(max_bytes) {}
  CodeCache(const CodeCache&) = delete;
  CodeCache& operator=(const CodeCache&) = delete;

  static Key KeyOf(std::string_view source);

  // Null: there is none. A file that is no good is removed.
  [[nodiscard]] std::shared_ptr<const std::string> Find(const Key& key);
  // Replaces what there is. A failure is no disaster: the code is compiled again next time.
  void Store(const Key& key, std::string_view code);
  void Remove(const Key& key);

 private:
  [[nodiscard]] std::string PathOf(const Key& key) const;
  void MakeRoom();

  const std::string folder_;
  const uint64_t max_bytes_;
  std::mutex mutex_;
  uint64_t written_ = 0;  // since there was last a look at what the folder has
  bool looked_ = false;
};

}  // namespace verge::runtime

#endif  // RUNTIME_CODE_CACHE_H_
