#include "runtime/code_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>
#include <v8.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

namespace verge::runtime {
namespace {

constexpr std::string_view kSuffix = ".code";

struct Header {
  char magic[8];
  uint32_t v8_tag;  // version and flags
  uint32_t reserved;
  uint64_t size;
  uint64_t checksum;
  CodeCache::Key key;
};
constexpr char kMagic[8] = {'v', 'e', 'r', 'g', 'e', 'c', 'c', '1'};

// Finds what a disk or a power cut has damaged; who may write to the folder is another matter.
uint64_t Checksum(std::string_view data) {
  uint64_t lanes[4] = {1, 2, 3, 4};
  size_t i = 0;
  for (; i + 32 <= data.size(); i += 32) {
    for (size_t lane = 0; lane < 4; ++lane) {
      uint64_t word;
      std::memcpy(&word, data.data() + i + lane * 8, 8);
      lanes[lane] = (lanes[lane] ^ word) * 0x9E3779B97F4A7C15;
      lanes[lane] ^= lanes[lane] >> 29;
    }
  }
  uint64_t sum = data.size();
  for (; i < data.size(); ++i) sum = (sum ^ static_cast<uint8_t>(data[i])) * 0x100000001B3;
  for (uint64_t lane : lanes) sum = (sum ^ lane) * 0x9E3779B97F4A7C15, sum ^= sum >> 32;
  return sum;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  const int fd_;
};

bool ReadAll(int fd, char* out, size_t size) {
  while (size > 0) {
    const ssize_t count = ::read(fd, out, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    out += count;
    size -= static_cast<size_t>(count);
  }
  return true;
}

bool WriteAll(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t count = ::write(fd, data.data(), data.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    data.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

bool MakeFolder(const std::string& path) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    if (::mkdir(path.substr(0, slash).c_str(), 0700) != 0 && errno != EEXIST) return false;
    if (slash == std::string::npos) return true;
  }
}

}  // namespace

CodeCache::Key CodeCache::KeyOf(std::string_view source) {
  Key key{};
  unsigned size = 0;
  EVP_Digest(source.data(), source.size(), key.data(), &size, EVP_sha256(), nullptr);
  return key;
}

std::string CodeCache::PathOf(const Key& key) const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string path = folder_ + "/";
  for (uint8_t byte : key) {
    path += kDigits[byte >> 4];
    path += kDigits[byte & 15];
  }
  return path.append(kSuffix);
}

std::shared_ptr<const std::string> CodeCache::Find(const Key& key) {
  const std::string path = PathOf(key);
  auto code = std::make_shared<std::string>();
  {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return nullptr;
    struct stat status;
    Header header;
    // A file of somebody else's was not written here.
    if (::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == ::geteuid() &&
        (status.st_mode & 022) == 0 && ReadAll(file.get(), reinterpret_cast<char*>(&header), sizeof(header)) &&
        std::memcmp(header.magic, kMagic, sizeof(kMagic)) == 0 && header.key == key &&
        header.v8_tag == v8::ScriptCompiler::CachedDataVersionTag() && header.size <= max_bytes_ &&
        static_cast<uint64_t>(status.st_size) == sizeof(header) + header.size) {
      code->resize(header.size);
      if (ReadAll(file.get(), code->data(), code->size()) && Checksum(*code) == header.checksum) return code;
    }
  }
  ::unlink(path.c_str());
  return nullptr;
}

void CodeCache::Store(const Key& key, std::string_view code) {
  if (code.size() > max_bytes_ / 4 || !MakeFolder(folder_)) return;
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.v8_tag = v8::ScriptCompiler::CachedDataVersionTag();
  header.size = code.size();
  header.checksum = Checksum(code);
  header.key = key;
  std::string temporary = folder_ + "/.XXXXXX";
  {
    const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!file) return;
    if (!WriteAll(file.get(), {reinterpret_cast<const char*>(&header), sizeof(header)}) ||
        !WriteAll(file.get(), code)) {
      ::unlink(temporary.c_str());
      return;
    }
  }
  if (::rename(temporary.c_str(), PathOf(key).c_str()) != 0) {
    ::unlink(temporary.c_str());
    return;
  }
  std::lock_guard lock(mutex_);
  written_ += code.size();
  if (looked_ && written_ < max_bytes_ / 8) return;
  looked_ = true;
  written_ = 0;
  MakeRoom();
}

void CodeCache::Remove(const Key& key) { ::unlink(PathOf(key).c_str()); }

void CodeCache::MakeRoom() {
  struct File {
    std::string path;
    uint64_t bytes;
    int64_t written_at;
  };
  std::vector<File> files;
  uint64_t total = 0;
  std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(folder_.c_str()), &::closedir);
  while (folder) {
    const dirent* entry = ::readdir(folder.get());
    if (!entry) break;
    const std::string_view name(entry->d_name);
    std::string path = folder_ + "/" + entry->d_name;
    struct stat status;
    if (!name.ends_with(kSuffix) || ::lstat(path.c_str(), &status) != 0) continue;
    total += static_cast<uint64_t>(status.st_size);
    files.push_back({std::move(path), static_cast<uint64_t>(status.st_size), status.st_mtim.tv_sec});
  }
  if (total <= max_bytes_) return;
  std::ranges::sort(files, {}, &File::written_at);
  for (const File& file : files) {
    if (total <= max_bytes_ - max_bytes_ / 4) return;
    if (::unlink(file.path.c_str()) == 0) total -= file.bytes;
  }
}

}  // namespace verge::runtime
