#include "cache/disk/object_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace verge::cache {

namespace {

// What one read or write of the system takes: the checksums go beside the data, so nothing is copied.
constexpr size_t kMostBlocks = 16;

struct Batch {
  std::array<uint64_t, kMostBlocks> checksums{};
  std::array<iovec, 2 * kMostBlocks> parts{};
  int count = 0;
  size_t bytes = 0;

  void Add(size_t block, char* data, size_t size) {
    parts[static_cast<size_t>(count++)] = {&checksums[block], kChecksumBytes};
    parts[static_cast<size_t>(count++)] = {data, size};
    bytes += kChecksumBytes + size;
  }
};

// Moves all of a batch from or to `at`. errno, ENODATA at the file's end, or zero. Uses the batch up.
template <typename F>
int Transfer(Batch& batch, uint64_t at, F call) {
  iovec* parts = batch.parts.data();
  int count = batch.count;
  while (batch.bytes > 0) {
    const ssize_t moved = call(parts, count, static_cast<off_t>(at));
    if (moved < 0 && errno == EINTR) continue;
    if (moved < 0) return errno;
    if (moved == 0) return ENODATA;
    auto done = static_cast<size_t>(moved);
    batch.bytes -= done;
    at += done;
    while (count > 0 && done >= parts->iov_len) {
      done -= parts->iov_len;
      ++parts;
      --count;
    }
    if (done > 0) *parts = {static_cast<char*>(parts->iov_base) + done, parts->iov_len - done};
  }
  return 0;
}

}  // namespace

std::string EncodeBlock(const BlockKey& key, std::string_view data) {
  const uint64_t checksum = key.Checksum(0, data);
  std::string block(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  return block.append(data);
}

std::optional<std::string_view> DecodeBlock(const BlockKey& key, std::string_view block) {
  if (block.size() < kChecksumBytes) return std::nullopt;
  uint64_t checksum = 0;
  std::memcpy(&checksum, block.data(), sizeof checksum);
  block.remove_prefix(kChecksumBytes);
  if (key.Checksum(0, block) != checksum) return std::nullopt;
  return block;
}

ObjectFile::ObjectFile(int fd, const BlockKey& key, uint64_t size, std::shared_ptr<DiskThreads> threads,
                       OnDamage on_damage)
    : fd_(fd), key_(key), size_(size), threads_(std::move(threads)), on_damage_(std::move(on_damage)) {}

ObjectFile::~ObjectFile() { ::close(fd_); }

std::expected<std::shared_ptr<ObjectFile>, ObjectFile::Failure> ObjectFile::Open(const std::string& path,
                                                                                 const BlockKey& key, uint64_t size,
                                                                                 std::shared_ptr<DiskThreads> threads,
                                                                                 OnDamage on_damage) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return std::unexpected(errno == ENOENT ? Failure::kMissing : Failure::kSystem);
  auto file = std::make_shared<ObjectFile>(fd, key, size, std::move(threads), std::move(on_damage));
  struct stat status;
  if (::fstat(fd, &status) != 0) return std::unexpected(Failure::kSystem);
  if (!S_ISREG(status.st_mode) || static_cast<uint64_t>(status.st_size) != FileBytes(size)) {
    return std::unexpected(Failure::kDamaged);
  }
  if (size > 0) {
    if (auto first = file->ReadNow(0, 1); !first) return std::unexpected(first.error());
  }
  return file;
}

std::expected<std::shared_ptr<ObjectFile>, int> ObjectFile::Create(const std::string& path, const BlockKey& key,
                                                                   std::shared_ptr<DiskThreads> threads) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return std::unexpected(errno);
  return std::make_shared<ObjectFile>(fd, key, 0, std::move(threads));
}

int ObjectFile::Append(std::string_view data) {
  while (!data.empty()) {
    const uint64_t begin = size();
    const uint64_t first_block = begin / kBlockBytes;
    Batch batch;
    size_t taken = 0;
    for (size_t block = 0; block < kMostBlocks && taken < data.size(); ++block) {
      const std::string_view part = data.substr(taken, kBlockBytes);
      batch.checksums[block] = key_.Checksum(first_block + block, part);
      batch.Add(block, const_cast<char*>(part.data()), part.size());
      taken += part.size();
    }
    const int error = Transfer(batch, first_block * (kBlockBytes + kChecksumBytes),
                               [this](iovec* parts, int count, off_t at) { return ::pwritev(fd_, parts, count, at); });
    if (error != 0) return error;
    size_.store(begin + taken, std::memory_order_release);
    data.remove_prefix(taken);
  }
  return 0;
}

std::expected<http::Bytes, ObjectFile::Failure> ObjectFile::ReadNow(uint64_t position, uint64_t end) const {
  const uint64_t size = this->size();
  if (position >= end || end > size) return std::unexpected(Failure::kDamaged);
  const uint64_t first_block = position / kBlockBytes;
  const uint64_t begin = first_block * kBlockBytes;
  const uint64_t stop = std::min(size, (end + kBlockBytes - 1) / kBlockBytes * kBlockBytes);
  std::string data;
  data.resize_and_overwrite(stop - begin, [](char*, size_t count) { return count; });
  for (uint64_t block = first_block, offset = 0; offset < data.size();) {
    Batch batch;
    const uint64_t batch_block = block;
    const uint64_t batch_offset = offset;
    for (size_t i = 0; i < kMostBlocks && offset < data.size(); ++i, ++block) {
      const size_t part = std::min<uint64_t>(kBlockBytes, data.size() - offset);
      batch.Add(i, data.data() + offset, part);
      offset += part;
    }
    const int error = Transfer(batch, batch_block * (kBlockBytes + kChecksumBytes),
                               [this](iovec* parts, int count, off_t at) { return ::preadv(fd_, parts, count, at); });
    if (error != 0) return std::unexpected(error == ENODATA ? Failure::kDamaged : Failure::kSystem);
    for (uint64_t i = 0, from = batch_offset; from < offset; ++i, from += kBlockBytes) {
      const std::string_view part(data.data() + from, std::min<uint64_t>(kBlockBytes, data.size() - from));
      if (key_.Checksum(batch_block + i, part) != batch.checksums[i]) return std::unexpected(Failure::kDamaged);
    }
  }
  return http::Bytes::Take(std::move(data)).Slice(position - begin, end - position);
}

void ObjectFile::Read(uint64_t position, uint64_t end, std::shared_ptr<Executor> executor, ReadDone done) {
  auto shared_done = std::make_shared<ReadDone>(std::move(done));
  const auto answer = [executor, shared_done](std::expected<http::Bytes, std::string> bytes) {
    executor->Post([shared_done, bytes = std::move(bytes)]() mutable { (*shared_done)(std::move(bytes)); });
  };
  const bool posted = threads_->Post([self = shared_from_this(), position, end, answer] {
    auto bytes = self->ReadNow(position, end);
    if (bytes) {
      answer(*std::move(bytes));
      return;
    }
    if (bytes.error() == Failure::kDamaged && !self->damaged_.exchange(true) && self->on_damage_) self->on_damage_();
    answer(std::unexpected("The stored response is damaged."));
  });
  if (!posted) answer(std::unexpected("The cache is closed."));
}

}  // namespace verge::cache
