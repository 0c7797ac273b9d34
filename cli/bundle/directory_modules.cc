#include "cli/bundle/directory_modules.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace verge::cli {
namespace {

// The limit on all modules together is the isolate's; this one keeps a mistaken import from filling memory first.
constexpr off_t kMaxFileBytes = 64 * 1024 * 1024;

}  // namespace

runtime::ModuleType ModuleTypeOf(config::ModuleType type) {
  switch (type) {
    case config::ModuleType::kEsModule:
      return runtime::ModuleType::kEsModule;
    case config::ModuleType::kCommonJs:
      return runtime::ModuleType::kCommonJs;
    case config::ModuleType::kCompiledWasm:
      return runtime::ModuleType::kWasm;
    case config::ModuleType::kText:
      return runtime::ModuleType::kText;
    case config::ModuleType::kData:
      return runtime::ModuleType::kData;
    case config::ModuleType::kJson:
      return runtime::ModuleType::kJson;
  }
  return runtime::ModuleType::kEsModule;
}

DirectoryModules::DirectoryModules(std::string root, std::vector<config::ModuleRule> rules)
    : root_(std::move(root)), rules_(std::move(rules)) {}

std::expected<std::shared_ptr<const runtime::ModuleFile>, std::string> DirectoryModules::Load(std::string_view name) {
  {
    std::lock_guard lock(mutex_);
    if (auto found = files_.find(name); found != files_.end()) return found->second;
  }
  auto file = Read(std::string(name));
  if (!file) return file;
  std::lock_guard lock(mutex_);
  // Another shard may have been quicker: all of them use the same copy.
  return files_.emplace(std::string(name), *file).first->second;
}

std::expected<std::shared_ptr<const runtime::ModuleFile>, std::string> DirectoryModules::Read(
    const std::string& name) const {
  auto type = config::ClassifyModule(rules_, name);
  if (!type) return std::unexpected("no rule says what kind of module it is; add one to \"rules\"");
  auto content = ReadText(name);
  if (!content) return std::unexpected(content.error());
  auto file = std::make_shared<runtime::ModuleFile>();
  file->type = ModuleTypeOf(*type);
  file->content = *std::move(content);
  return file;
}

std::string DirectoryModules::Text(std::string_view name) { return ReadText(std::string(name)).value_or(""); }

std::expected<std::string, std::string> DirectoryModules::ReadText(const std::string& name) const {
  char* resolved = realpath((root_ + "/" + name).c_str(), nullptr);
  if (!resolved) return std::unexpected(std::strerror(errno));
  std::string path(resolved);
  free(resolved);
  std::string prefix = root_ == "/" ? root_ : root_ + "/";
  if (!path.starts_with(prefix)) return std::unexpected("it lies outside the worker's directory");
  // What was checked is what is opened: no link may have taken its place.
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return std::unexpected(std::strerror(errno));
  struct stat info{};
  std::string content;
  std::string error;
  if (fstat(fd, &info) != 0) {
    error = std::strerror(errno);
  } else if (!S_ISREG(info.st_mode)) {
    error = "not a regular file";
  } else if (info.st_size > kMaxFileBytes) {
    error = "larger than 64 MiB";
  } else {
    content.resize(static_cast<size_t>(info.st_size));
    size_t done = 0;
    while (done < content.size()) {
      ssize_t count = read(fd, content.data() + done, content.size() - done);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) error = std::strerror(errno);
      if (count <= 0) break;
      done += static_cast<size_t>(count);
    }
    content.resize(done);
  }
  close(fd);
  if (!error.empty()) return std::unexpected(error);
  return content;
}

}  // namespace verge::cli
