#include "kv/change_watch.h"

#include <sqlite3.h>

#include <array>

namespace verge::kv {
namespace {

// The header in words of eight bytes: version and padding; change counter and flags; frames and pages; checksum of the
// last frame; salt of the log; checksum of all that. Then once more the same, which is written first.
constexpr size_t kWords = 6;
constexpr size_t kChangeWord = 1;
constexpr uint32_t kVersion = 3007000;
constexpr int kRegionBytes = 32768;  // what SQLite maps at a time

using Header = std::array<uint64_t, kWords>;

// Other processes write at the same time: words are read whole, in any order. Not under ThreadSanitizer's eyes.
__attribute__((no_sanitize("thread"))) Header Load(const uint64_t* from) {
  Header header;
  for (size_t i = 0; i < kWords; ++i) header[i] = __atomic_load_n(from + i, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  return header;
}

// All that a commit changes: no two states of a log have the same salt, length and checksum.
uint64_t Mix(const Header& header) {
  uint64_t hash = 0x9E3779B97F4A7C15ull;
  for (size_t i = kChangeWord; i < kWords; ++i) {
    unsigned __int128 product = static_cast<unsigned __int128>(hash ^ header[i]) * 0xD6E8FEB86659FD93ull;
    hash = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  return hash | 1;
}

}  // namespace

std::unique_ptr<ChangeWatch> ChangeWatch::Create(std::unique_ptr<sqlite::Database> database) {
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(database->raw(), "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file ||
      !file->pMethods || file->pMethods->iVersion < 2 || !file->pMethods->xShmMap) {
    return nullptr;
  }
  // Mapped already, as the database was read from: this only asks where.
  void volatile* region = nullptr;
  if (file->pMethods->xShmMap(file, 0, kRegionBytes, 0, &region) != SQLITE_OK || !region) return nullptr;
  const auto* header = static_cast<const uint64_t*>(const_cast<void*>(region));
  if (static_cast<uint32_t>(Load(header)[0]) != kVersion) return nullptr;
  return std::unique_ptr<ChangeWatch>(new ChangeWatch(std::move(database), header));
}

uint64_t ChangeWatch::Fingerprint() const { return Mix(Load(header_)); }

ChangeWatch::State ChangeWatch::Read() const {
  Header first = Load(header_);
  Header second = Load(header_ + kWords);
  return {Mix(first), static_cast<uint32_t>(first[kChangeWord]), first == second};
}

}  // namespace verge::kv
