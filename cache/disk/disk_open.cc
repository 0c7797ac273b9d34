// The disk tier's folder: taking it, its index, the names of its files; and doing without.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <format>
#include <system_error>
#include <utility>

#include "cache/disk/disk_tier.h"
#include "cache/service_core.h"
#include "sqlite/state_directory.h"

namespace verge::cache {

void DiskTier::OpenExisting() {
  struct stat status;
  if (::stat(folder_.c_str(), &status) != 0) return;
  ready_.store(false);
  if (!EnsureOpen()) return;
  CountAll();
  RemoveOrphans();
  StartSweep();
}

bool DiskTier::EnsureOpen() {
  if (off_.load()) return false;
  if (open_.load(std::memory_order_acquire)) return true;
  const std::lock_guard lock(open_mutex_);
  if (open_.load()) return true;
  if (off_.load()) return false;
  if (!OpenNow()) return false;
  open_.store(true, std::memory_order_release);
  return true;
}

bool DiskTier::OpenNow() {
  const std::filesystem::path& path = core_.options.folder;
  const sqlite::StateDirectory parent(path.has_parent_path() ? path.parent_path().string() : ".");
  auto made = parent.Create(path.filename().string());
  for (const char* part : {"/objects", "/incoming"}) {
    if (made && ::mkdir((folder_ + part).c_str(), 0700) != 0 && errno != EEXIST) {
      made = sqlite::FailSystem(std::format("cannot create the folder {}{}", folder_, part), errno);
    }
  }
  if (!made) {
    TurnOff(made.error().message);
    return false;
  }
  const std::string lock_path = folder_ + "/lock";
  lock_fd_ = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_fd_ < 0) {
    TurnOff(std::format("{} cannot be opened: {}", lock_path, std::strerror(errno)));
    return false;
  }
  if (::flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    TurnOff(errno == EWOULDBLOCK ? std::format("another process uses the folder {}", folder_)
                                 : std::format("{} cannot be locked: {}", lock_path, std::strerror(errno)));
    return false;
  }
  auto opened = OpenIndex();
  const auto worthless = [](const sqlite::Error& found) {
    return found.code == sqlite::kForeign || found.code == sqlite::kNewer || found.primary() == SQLITE_CORRUPT ||
           found.primary() == SQLITE_NOTADB || found.primary() == SQLITE_ERROR;
  };
  if (!opened && worthless(opened.error())) {
    // It is a cache: what cannot be read is worth nothing, but may be somebody else's.
    MoveIndexAside();
    if (core_.options.log) {
      core_.options.log(std::format("the index {} could not be used, and is made anew (the old one is beside it): {}",
                                    index_path_, opened.error().message));
    }
    opened = OpenIndex();
  }
  if (!opened) {
    TurnOff(std::format("the index {} cannot be used: {}", index_path_, opened.error().message));
    return false;
  }
  // Nobody else writes here: what is there was left by a crash.
  std::error_code error;
  std::filesystem::directory_iterator left(folder_ + "/incoming", error);
  for (; !error && left != std::filesystem::directory_iterator(); left.increment(error)) ::unlink(left->path().c_str());
  return true;
}

sqlite::Result<> DiskTier::OpenIndex() {
  const char* vfs = core_.options.vfs.empty() ? nullptr : core_.options.vfs.c_str();
  auto database = sqlite::Database::Open(index_path_, IndexOptions(sqlite::OpenMode::kCreate, vfs));
  if (!database) return std::unexpected(std::move(database).error());
  return ReadIndex(**database);
}

sqlite::Result<> DiskTier::ReadIndex(sqlite::Database& database) {
  auto state = index::ReadState(database);
  if (!state) return std::unexpected(std::move(state).error());
  if (!state->seed) return index::WriteState(database, core_.seed(), core_.sequence());
  // Of an index that is opened after keys have been hashed with another seed nothing could be found.
  if (ready_.load()) return sqlite::Fail(SQLITE_CORRUPT, "it appeared while the cache was running");
  auto owners = index::Owners(database);
  if (!owners) return std::unexpected(std::move(owners).error());
  auto purges = index::Purges(database);
  if (!purges) return std::unexpected(std::move(purges).error());
  core_.Adopt(*state->seed, state->sequence);
  for (const StoredPurge& purge : *purges) core_.OpenOwner(purge.owner)->purges.Add(purge.mark);
  const std::lock_guard lock(mutex_);
  for (const index::OwnerRow& row : *owners) {
    std::shared_ptr<OwnerCore> owner = core_.OpenOwner(row.name);
    owner_ids_[owner.get()] = row.id;
    owners_[row.id] = std::move(owner);
  }
  return {};
}

void DiskTier::MoveIndexAside() {
  ::rename(index_path_.c_str(), (index_path_ + ".unusable").c_str());
  // They belong to it, and would be taken for the next one's.
  for (const char* suffix : {"-wal", "-shm", "-journal"}) ::unlink((index_path_ + suffix).c_str());
}

void DiskTier::TurnOff(const std::string& reason) {
  if (off_.exchange(true)) return;
  if (core_.options.log) core_.options.log(reason + "; what is cached is kept in memory only");
}

void DiskTier::Say(Notice notice, const std::string& line) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(said_[static_cast<size_t>(std::to_underlying(notice))], true)) return;
  }
  if (core_.options.log) core_.options.log(line);
}

void DiskTier::OnError(const sqlite::Error& error) {
  if (error.code == sqlite::kClosed || error.code == sqlite::kOverloaded || !usable()) return;
  if (error.primary() == SQLITE_CORRUPT || error.primary() == SQLITE_NOTADB) {
    MoveIndexAside();
    TurnOff(std::format("the index {} is damaged ({}) and was moved aside", index_path_, error.message));
    return;
  }
  if (error.full()) shrink_to_.store(bytes_.load() / 10 * 9);
  Say(Notice::kWriteFailed,
      std::format("{}: {}; objects that cannot be written are kept in memory only", index_path_, error.message));
}

// ---- Files

std::string DiskTier::PathOf(int64_t id) const {
  return std::format("{}/objects/{:02x}/{:016x}", folder_, id & 0xff, id);
}
std::string DiskTier::TemporaryPathOf(int64_t id) const { return std::format("{}/incoming/{:016x}", folder_, id); }

BlockKey DiskTier::KeyOf(uint64_t nonce) const { return {.seed = core_.seed(), .nonce = nonce}; }

std::expected<std::shared_ptr<ObjectFile>, int> DiskTier::CreateFile(int64_t id, const BlockKey& key) {
  return ObjectFile::Create(TemporaryPathOf(id), key, reads_);
}

int DiskTier::PublishFile(int64_t id) {
  const std::string path = PathOf(id);
  const std::string temporary = TemporaryPathOf(id);
  if (::rename(temporary.c_str(), path.c_str()) == 0) return 0;
  if (errno != ENOENT) return errno;
  const std::string folder = path.substr(0, path.rfind('/'));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return errno;
  return ::rename(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
}

void DiskTier::RemoveFile(int64_t id) { ::unlink(PathOf(id).c_str()); }

}  // namespace verge::cache
