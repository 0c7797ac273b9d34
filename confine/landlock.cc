#include "confine/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace verge::confine {
namespace {

// The kernel's interface, as far as it is used here: the headers of an older system may lack the newer half of it.
struct RulesetAttributes {
  uint64_t files;
  uint64_t net;
  uint64_t scopes;
};
struct __attribute__((packed)) PathAttributes {
  uint64_t allowed;
  int32_t parent_fd;
};
constexpr uint32_t kAskForVersion = 1;
constexpr int kPathBeneath = 1;

constexpr uint64_t kExecuteFile = 1 << 0;
constexpr uint64_t kWriteFile = 1 << 1;
constexpr uint64_t kReadFile = 1 << 2;
constexpr uint64_t kReadFolder = 1 << 3;
constexpr uint64_t kRemoveFolder = 1 << 4;
constexpr uint64_t kRemoveFile = 1 << 5;
constexpr uint64_t kMakeFolder = 1 << 7;
constexpr uint64_t kMakeRegular = 1 << 8;
constexpr uint64_t kMakeSocket = 1 << 9;
constexpr uint64_t kRefer = 1 << 13;        // version 2
constexpr uint64_t kTruncate = 1 << 14;     // version 3
constexpr uint64_t kDeviceIoctl = 1 << 15;  // version 5

constexpr uint64_t kBindTcp = 1 << 0;          // version 4
constexpr uint64_t kAbstractSockets = 1 << 0;  // version 6
constexpr uint64_t kSignals = 1 << 1;

constexpr uint64_t kForFiles = kExecuteFile | kWriteFile | kReadFile | kTruncate | kDeviceIoctl;

RulesetAttributes AllOf(int version) {
  RulesetAttributes all{};
  all.files = (uint64_t{1} << 13) - 1;
  if (version >= 2) all.files |= kRefer;
  if (version >= 3) all.files |= kTruncate;
  if (version >= 5) all.files |= kDeviceIoctl;
  if (version >= 4) all.net = kBindTcp;
  if (version >= 6) all.scopes = kAbstractSockets | kSignals;
  return all;
}

size_t SizeFor(int version) {
  if (version >= 6) return sizeof(RulesetAttributes);
  return version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

uint64_t RightsOf(FileAccess access) {
  switch (access) {
    case FileAccess::kRead:
      return kReadFile | kReadFolder;
    case FileAccess::kReadWrite:
      return kReadFile | kReadFolder | kWriteFile | kTruncate | kRemoveFolder | kRemoveFile | kMakeFolder |
             kMakeRegular | kMakeSocket | kRefer;
    case FileAccess::kExecute:
      return kReadFile | kReadFolder | kExecuteFile;
  }
  return 0;
}

}  // namespace

int FileRules::Version() {
  const auto version = syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskForVersion);
  return version > 0 ? static_cast<int>(version) : 0;
}

std::expected<FileRules, std::string> FileRules::Create() {
  const int version = Version();
  if (version == 0) return std::unexpected("this kernel has no Landlock, or it is switched off");
  const RulesetAttributes all = AllOf(version);
  const auto fd = syscall(SYS_landlock_create_ruleset, &all, SizeFor(version), 0);
  if (fd < 0) return std::unexpected(std::string("landlock_create_ruleset: ") + strerrordesc_np(errno));
  return FileRules(version, static_cast<int>(fd));
}

FileRules::FileRules(FileRules&& other) noexcept : version_(other.version_), fd_(std::exchange(other.fd_, -1)) {}

FileRules::~FileRules() {
  if (fd_ >= 0) close(fd_);
}

bool FileRules::Allow(const std::string& path, FileAccess access) {
  const int fd = open(path.c_str(), O_PATH | O_CLOEXEC);
  if (fd < 0) return false;
  struct stat status{};
  PathAttributes rule{RightsOf(access) & AllOf(version_).files, fd};
  if (fstat(fd, &status) == 0 && !S_ISDIR(status.st_mode)) rule.allowed &= kForFiles;
  const bool added = syscall(SYS_landlock_add_rule, fd_, kPathBeneath, &rule, 0) == 0;
  close(fd);
  return added;
}

std::expected<void, std::string> FileRules::Enforce() {
  if (syscall(SYS_landlock_restrict_self, fd_, 0) == 0) return {};
  return std::unexpected(std::string("landlock_restrict_self: ") + strerrordesc_np(errno));
}

}  // namespace verge::confine
