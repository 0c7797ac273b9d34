#include "confine/confine.h"

#include <dirent.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>

#include "confine/landlock.h"
#include "confine/privileges.h"

namespace verge::confine {
namespace {

namespace fs = std::filesystem;

// A thread that runs already would keep its rights: Landlock is for the caller alone before Linux 7.0.
size_t Threads() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/task"), &closedir);
  size_t count = 0;
  while (const dirent* entry = folder ? readdir(folder.get()) : nullptr) count += entry->d_name[0] != '.';
  return count;
}

void AddLibraryFolders(std::vector<std::string>* out) {
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* data) {
        auto* folders = static_cast<std::vector<std::string>*>(data);
        std::error_code error;
        const std::string name = info->dlpi_name ? info->dlpi_name : "";
        if (!name.starts_with('/')) return 0;
        std::string folder = fs::path(name).parent_path().string();
        if (std::ranges::find(*folders, folder) == folders->end()) folders->push_back(std::move(folder));
        return 0;
      },
      out);
}

}  // namespace

std::expected<Missing, std::string> Confine(const Policy& policy) {
  Missing missing;
  if (auto done = ForbidNewPrivileges(); !done) return std::unexpected(done.error());
  if (auto done = DropCapabilities(); !done) return std::unexpected(done.error());

  if (auto files = FileRules::Create(); !files) {
    missing.push_back("files: " + files.error());
  } else if (const size_t threads = Threads(); threads > 1) {
    return std::unexpected("there are " + std::to_string(threads) + " threads already");
  } else {
    for (const std::string& path : policy.read) files->Allow(path, FileAccess::kRead);
    for (const std::string& path : policy.execute) files->Allow(path, FileAccess::kExecute);
    for (const std::string& path : policy.write) files->Allow(path, FileAccess::kReadWrite);
    files->Allow("/dev/null", FileAccess::kReadWrite);
    if (auto done = files->Enforce(); !done) missing.push_back("files: " + done.error());
  }

  if (!FiltersAvailable()) {
    missing.push_back("system calls: this kernel has no seccomp filters");
  } else if (auto done = InstallFilter(CompileFilter(policy.calls)); !done) {
    missing.push_back("system calls: seccomp: " + done.error());
  }
  return missing;
}

std::vector<std::string> SystemFiles() {
  std::vector<std::string> files = {
      "/usr/share/zoneinfo",
      "/usr/share/ca-certificates",
      "/usr/local/share/ca-certificates",
      "/usr/lib/ssl",
      "/usr/share/pki",
      "/dev/urandom",
      "/dev/random",
      "/proc/self",
      "/proc/meminfo",
      "/proc/stat",
      "/proc/cpuinfo",
      "/proc/sys/net/core/somaxconn",
      "/proc/sys/vm/overcommit_memory",
      "/sys/fs/cgroup",
      "/sys/devices/system/cpu",
  };
  if (geteuid() != 0) {
    // What in there is secret is root's. Names of servers change by files that take the place of others, which only a
    // rule for the folder lets through.
    files.push_back("/etc");
    files.push_back("/run/systemd/resolve");
    files.push_back("/run/resolvconf");
    files.push_back("/run/NetworkManager");
  } else {
    for (const char* name : {"resolv.conf", "hosts", "nsswitch.conf", "host.conf", "gai.conf", "services", "localtime",
                             "ssl", "pki", "ca-certificates", "ld.so.cache"}) {
      files.push_back(std::string("/etc/") + name);
    }
  }
  for (const char* variable : {"SSL_CERT_FILE", "SSL_CERT_DIR"}) {
    const char* value = getenv(variable);
    std::string_view paths = value ? value : "";
    while (!paths.empty()) {  // folders may be several, with colons between them
      const size_t end = std::min(paths.find(':'), paths.size());
      if (end > 0) files.emplace_back(paths.substr(0, end));
      paths.remove_prefix(std::min(end + 1, paths.size()));
    }
  }
  AddLibraryFolders(&files);
  return files;
}

}  // namespace verge::confine
