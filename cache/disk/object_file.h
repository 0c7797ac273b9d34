// The files that bodies are in: blocks of 64 KiB, each with a checksum before it.
//
// A checksum is keyed with a number that belongs to this one body and with the block's place: neither a torn write, a
// flipped bit, another object's file nor a block of it is taken for what was stored. A range costs the blocks it
// touches.
#ifndef CACHE_DISK_OBJECT_FILE_H_
#define CACHE_DISK_OBJECT_FILE_H_

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cache/body.h"
#include "cache/disk/threads.h"
#include "cache/hash.h"

namespace verge::cache {

inline constexpr uint64_t kBlockBytes = uint64_t{64} << 10;
inline constexpr uint64_t kChecksumBytes = sizeof(uint64_t);

struct BlockKey {
  HashSeed seed;       // of the cache
  uint64_t nonce = 0;  // of the body
  [[nodiscard]] uint64_t Checksum(uint64_t block, std::string_view data) const {
    return SipHash({.first = seed.first ^ nonce, .second = seed.second + block}, data);
  }
};

// A file of so many bytes of body is that long.
constexpr uint64_t FileBytes(uint64_t body_bytes) {
  return body_bytes + (body_bytes + kBlockBytes - 1) / kBlockBytes * kChecksumBytes;
}

// A small body that is kept beside its record: one block.
std::string EncodeBlock(const BlockKey& key, std::string_view data);
// The data in it. nullopt: damaged.
std::optional<std::string_view> DecodeBlock(const BlockKey& key, std::string_view block);

// An open file. It stays readable when it is deleted meanwhile. Thread-safe, but for Append.
class ObjectFile final : public BodyFile, public std::enable_shared_from_this<ObjectFile> {
 public:
  enum class Failure : uint8_t {
    kMissing,  // there is no such file
    kDamaged,  // it is not what was written
    kSystem,   // it cannot be read or written
  };
  // What is told when a reader comes upon damage. Any thread, once.
  using OnDamage = std::function<void()>;

  // `fd` is taken over. `size`: the bytes of body that are in it.
  ObjectFile(int fd, const BlockKey& key, uint64_t size, std::shared_ptr<DiskThreads> threads,
             OnDamage on_damage = nullptr);
  ~ObjectFile() override;

  // One that was written, if its length is what it should be and its first block is whole.
  static std::expected<std::shared_ptr<ObjectFile>, Failure> Open(const std::string& path, const BlockKey& key,
                                                                  uint64_t size, std::shared_ptr<DiskThreads> threads,
                                                                  OnDamage on_damage);
  // A new one; there must be none of that name.
  static std::expected<std::shared_ptr<ObjectFile>, int> Create(const std::string& path, const BlockKey& key,
                                                                std::shared_ptr<DiskThreads> threads);

  // Writes what comes next: whole blocks, but for the last piece of all. errno, or zero. One thread at a time.
  int Append(std::string_view data);

  // All of [position, end), which lies in it. Waits for the disk.
  std::expected<http::Bytes, Failure> ReadNow(uint64_t position, uint64_t end) const;

  void Read(uint64_t position, uint64_t end, std::shared_ptr<Executor> executor, ReadDone done) override;

  [[nodiscard]] uint64_t size() const { return size_.load(std::memory_order_acquire); }

 private:
  const int fd_;
  const BlockKey key_;
  std::atomic<uint64_t> size_;
  const std::shared_ptr<DiskThreads> threads_;
  const OnDamage on_damage_;
  std::atomic<bool> damaged_{false};
};

}  // namespace verge::cache

#endif  // CACHE_DISK_OBJECT_FILE_H_
