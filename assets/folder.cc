#include "assets/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <openssl/evp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <format>
#include <utility>
#include <vector>

#include "assets/content_type.h"
#include "assets/ignore.h"

namespace verge::assets {
namespace {

constexpr int kMaxDepth = 64;
constexpr size_t kMaxLiveFiles = 20'000;
constexpr size_t kMaxText = 1 << 20;
constexpr int kOpenFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

// What all folders of the process keep in memory.
std::atomic<uint64_t> kept_by_all{0};

std::string EtagOf(const FileIdentity& identity) {
  return std::format("\"{:x}-{:x}\"", identity.size, identity.modified_ns);
}

// The first half of SHA-256: nobody can make two files of one tag.
std::string DigestEtag(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string out = "\"";
  for (size_t i = 0; i < 16; ++i) out += std::format("{:02x}", digest[i]);
  return out + "\"";
}

// Whether a path can be looked up as it is: no way up, no way to hide one.
bool IsClean(std::string_view path) {
  if (path.empty() || path[0] != '/' || path.find('\0') != std::string_view::npos) return false;
  for (size_t begin = 1; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    if (name.empty() || name == "." || name == "..") return false;
    begin = end + 1;
  }
  return true;
}

FileRef MakeFile(std::string path, const struct stat& status) {
  auto file = std::make_shared<File>();
  file->path = std::move(path);
  file->identity = FileIdentity::Of(status);
  file->content_type = ContentTypeOf(file->path);
  file->etag = EtagOf(file->identity);
  return file;
}

}  // namespace

FileIdentity FileIdentity::Of(const struct stat& status) {
  return {status.st_dev, status.st_ino, static_cast<uint64_t>(status.st_size),
          int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

std::expected<std::unique_ptr<Folder>, std::string> Folder::Open(std::string directory, bool live,
                                                                 const IgnoreRules& ignore) {
  std::unique_ptr<Folder> folder(new Folder(std::move(directory), live));
  if (live) return folder;
  folder->root_ = ::open(folder->directory_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder->root_ < 0) return std::unexpected(std::strerror(errno));
  if (auto scanned = folder->Scan(ignore, "", 0); !scanned) return std::unexpected(scanned.error());
  return folder;
}

Folder::~Folder() {
  if (root_ >= 0) ::close(root_);
  kept_by_all -= kept_;
}

std::expected<void, std::string> Folder::Scan(const IgnoreRules& ignore, const std::string& folder, int depth) {
  if (depth > kMaxDepth) return std::unexpected(std::format("{}: folders are nested too deeply", folder));
  const int fd = depth == 0 ? ::openat(root_, ".", kOpenFlags | O_DIRECTORY)
                            : ::openat(root_, folder.c_str(), kOpenFlags | O_DIRECTORY | O_NOFOLLOW);
  DIR* listing = fd < 0 ? nullptr : ::fdopendir(fd);
  if (!listing) {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    return std::unexpected((folder.empty() ? "" : folder + ": ") + std::strerror(error));
  }
  std::vector<std::string> folders;
  std::expected<void, std::string> result;
  while (const dirent* entry = ::readdir(listing)) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    std::string relative = folder.empty() ? std::string(name) : folder + "/" + std::string(name);
    struct stat status{};
    if (::fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISDIR(status.st_mode)) {
      folders.push_back(std::move(relative));
      continue;
    }
    if (S_ISLNK(status.st_mode)) {
      const int target = OpenPath(relative);
      if (target < 0) continue;
      const bool known = ::fstat(target, &status) == 0;
      ::close(target);
      if (!known) continue;
    }
    if (!S_ISREG(status.st_mode) || ignore.Ignores(relative)) continue;
    if (files_.size() == kMaxFiles) {
      result = std::unexpected(std::format("there are more than {} files", kMaxFiles));
      break;
    }
    std::string path = "/" + relative;
    files_.emplace(path, MakeFile(path, status));
  }
  ::closedir(listing);
  for (const std::string& each : folders) {
    if (!result) break;
    if (!ignore.Ignores(each + "/x") || !ignore.Ignores(each)) result = Scan(ignore, each, depth + 1);
  }
  return result;
}

int Folder::OpenPath(const std::string& relative) const {
  if (live_) return ::open((directory_ + "/" + relative).c_str(), kOpenFlags);
  open_how how{};
  how.flags = kOpenFlags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, root_, relative.c_str(), &how, sizeof how);
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(fd);
  // A kernel, or a sandbox, without it: what was checked is what is opened.
  char* root = ::realpath(directory_.c_str(), nullptr);
  char* real = ::realpath((directory_ + "/" + relative).c_str(), nullptr);
  int out = -1;
  if (root && real && std::string_view(real).starts_with(std::string(root) + "/")) {
    out = ::open(real, kOpenFlags | O_NOFOLLOW);
  }
  std::free(root);
  std::free(real);
  return out;
}

FileRef Folder::Find(std::string_view path) const {
  if (live_) return FindLive(path);
  if (auto found = files_.find(std::string(path)); found != files_.end()) return found->second;
  return nullptr;
}

FileRef Folder::FindLive(std::string_view path) const {
  if (!IsClean(path)) return nullptr;
  struct stat status{};
  std::string key(path);
  if (::stat((directory_ + key).c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return nullptr;
  std::lock_guard lock(mutex_);
  auto found = files_.find(key);
  if (found != files_.end() && found->second->identity == FileIdentity::Of(status)) return found->second;
  if (found != files_.end()) {
    if (auto content = found->second->content.load()) {
      kept_ -= content->bytes.size();
      kept_by_all -= content->bytes.size();
    }
    files_.erase(found);
  }
  if (files_.size() >= kMaxLiveFiles) {
    files_.clear();
    kept_by_all -= kept_.exchange(0);
  }
  FileRef file = MakeFile(key, status);
  files_.emplace(std::move(key), file);
  return file;
}

int Folder::OpenFile(const File& file) const {
  const int fd = OpenPath(file.path.substr(1));
  if (fd < 0) return -1;
  struct stat status{};
  if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && FileIdentity::Of(status) == file.identity) return fd;
  ::close(fd);
  return -1;
}

std::shared_ptr<const Content> Folder::Read(const File& file) const {
  if (auto content = file.content.load()) return content;
  const int fd = OpenFile(file);
  if (fd < 0) return nullptr;
  std::string bytes;
  const size_t size = file.identity.size;
  bool whole = size <= kMaxKept;
  if (whole) {
    bytes.resize_and_overwrite(size, [&](char* data, size_t capacity) {
      size_t have = 0;
      while (have < capacity) {
        const ssize_t got = ::read(fd, data + have, capacity - have);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        have += static_cast<size_t>(got);
      }
      return have;
    });
    whole = bytes.size() == size;
  }
  ::close(fd);
  if (!whole) return nullptr;
  auto content = std::make_shared<Content>();
  content->etag = DigestEtag(bytes);
  content->bytes = http::Bytes::Take(std::move(bytes));
  std::shared_ptr<const Content> none;
  std::shared_ptr<const Content> made = content;
  if (kept_by_all.fetch_add(size) + size > kMaxKeptTogether || !file.content.compare_exchange_strong(none, made)) {
    kept_by_all -= size;
  } else {
    kept_ += size;
  }
  return made;
}

std::string Folder::ReadText(std::string_view name) const {
  const int fd = OpenPath(std::string(name));
  if (fd < 0) return {};
  std::string out;
  std::array<char, 16 * 1024> buffer;
  while (out.size() < kMaxText) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    out.append(buffer.data(), static_cast<size_t>(got));
  }
  ::close(fd);
  return out;
}

FileIdentity Folder::StateOf(std::string_view name) const {
  struct stat status{};
  if (::stat((directory_ + "/" + std::string(name)).c_str(), &status) != 0) return {};
  return FileIdentity::Of(status);
}

}  // namespace verge::assets
