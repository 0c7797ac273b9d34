#include "cli/confinement.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <format>
#include <optional>
#include <unordered_set>
#include <utility>

#include "cli/bundle/esbuild.h"
#include "confine/confine.h"
#include "confine/landlock.h"
#include "confine/privileges.h"
#include "confine/syscalls.h"

namespace verge::cli {
namespace {

namespace fs = std::filesystem;

// A script's or a configuration's folder; a folder itself.
fs::path FolderOf(const std::string& main) {
  std::error_code error;
  struct stat status{};
  // What a link stands for is what will be read.
  fs::path path = main;
  if (::lstat(main.c_str(), &status) == 0 && S_ISLNK(status.st_mode)) path = fs::canonical(main, error);
  return fs::is_directory(path, error) ? path : path.parent_path();
}

// Rules are made for it and have to mean the same from any folder.
std::string Absolute(const fs::path& path) {
  std::error_code error;
  return fs::absolute(path, error).lexically_normal().string();
}

// All folders of the path that are missing, for their owner alone; `owner` is whom the last ones are given to.
void MakeFolders(const fs::path& folder, const std::optional<confine::User>& owner) {
  fs::path path;
  for (const fs::path& part : folder) {
    path /= part;
    if (::mkdir(path.c_str(), 0700) == 0 && owner && ::chown(path.c_str(), owner->uid, owner->gid) != 0) return;
  }
}

}  // namespace

Confinement::Confinement(const Options& options, const config::WorkerConfig& worker, const std::string& state_folder)
    : options_(options), state_folder_(Absolute(state_folder)), worker_folders_{worker.root} {
  if (worker.assets) worker_folders_.push_back(worker.assets->directory);
}

Confinement::Confinement(const Options& options, const config::Fleet& fleet, const std::string& state_folder)
    : options_(options), state_folder_(Absolute(state_folder)) {
  std::unordered_set<std::string> seen;
  const auto add = [&](const fs::path& folder) {
    std::string path = Absolute(folder);
    if (seen.insert(path).second) worker_folders_.push_back(std::move(path));
  };
  add(fs::path(Absolute(fleet.file)).parent_path());
  for (const config::FleetWorker& worker : fleet.workers) add(FolderOf(worker.main));
}

std::expected<void, std::string> Confinement::BecomeUser() const {
  std::optional<confine::User> user;
  if (!options_.user.empty()) {
    auto found = confine::FindUser(options_.user);
    if (!found) return std::unexpected("--user: " + found.error());
    if (found->uid == geteuid()) return {};
    user = *std::move(found);
  }
  // A rule for it needs it to be there. Where it cannot be made, storing fails as it would have.
  MakeFolders(state_folder_, user);
  if (!user) return {};
  if (auto done = confine::BecomeUser(*user); !done) {
    return std::unexpected("--user " + options_.user + ": " + done.error());
  }
  if (access(state_folder_.c_str(), F_OK) == 0 && access(state_folder_.c_str(), R_OK | W_OK | X_OK) != 0) {
    return std::unexpected(std::format("--user {}: that user may not write to {}; chown -R {} {}", options_.user,
                                       state_folder_, user->name, state_folder_));
  }
  return {};
}

std::vector<std::string> Confinement::FoldersAbove() const {
  std::vector<std::string> out;
  std::unordered_set<std::string> seen;
  for (const std::string& each : worker_folders_) {
    for (fs::path folder = fs::path(each).parent_path();; folder = folder.parent_path()) {
      if (!seen.insert(folder.string()).second) break;
      for (const char* name : {"node_modules", "package.json", "tsconfig.json"})
        out.push_back((folder / name).string());
      if (folder == folder.root_path() || folder.empty()) break;
    }
  }
  return out;
}

std::expected<std::unique_ptr<BuildProcess>, std::string> Confinement::StartBuildProcess() const {
  std::string esbuild = FindEsbuild("", false);
  if (esbuild.empty()) return nullptr;
  const bool confined = options_.confine != ConfineMode::kOff;
  auto started = BuildProcess::Start(esbuild, [this, esbuild, confined]() -> std::string {
    if (!confined) return {};
    confine::Policy policy{.read = confine::SystemFiles(),
                           .write = {},
                           .execute = {"/usr", "/bin", "/lib", "/lib64", "/opt"},
                           .calls = confine::CompilerCalls()};
    std::error_code error;
    policy.execute.push_back(fs::path(esbuild).parent_path());
    policy.execute.push_back(fs::canonical(esbuild, error).parent_path());
    policy.read.insert(policy.read.end(), worker_folders_.begin(), worker_folders_.end());
    std::vector<std::string> above = FoldersAbove();
    policy.read.insert(policy.read.end(), above.begin(), above.end());
    auto done = confine::Confine(policy);
    if (!done) return "cannot be confined: " + done.error();
    if (options_.confine == ConfineMode::kRequired && !done->empty()) return "cannot be confined: " + done->front();
    return {};
  });
  if (!started) return std::unexpected("cannot start a process for building: " + started.error());
  return started;
}

std::expected<std::vector<std::string>, std::string> Confinement::Enforce() const {
  if (options_.confine == ConfineMode::kOff) return {};
  confine::Policy policy{
      .read = confine::SystemFiles(), .write = {state_folder_}, .execute = {}, .calls = confine::ServerCalls(getpid())};
  policy.read.insert(policy.read.end(), worker_folders_.begin(), worker_folders_.end());
  policy.read.insert(policy.read.end(), options_.allow_read.begin(), options_.allow_read.end());
  auto done = confine::Confine(policy);
  if (!done) return std::unexpected("--confine: " + done.error() + "; --confine off does without");
  if (options_.confine == ConfineMode::kRequired && !done->empty()) {
    return std::unexpected("--confine required: " + done->front());
  }
  std::vector<std::string> warnings;
  for (const std::string& each : *done) warnings.push_back("not confined in everything: " + each);
  return warnings;
}

std::string Confinement::Describe() const {
  std::string out;
  const auto list = [&out](std::string_view title, const std::vector<std::string>& paths) {
    out += std::format("{}:\n", title);
    for (const std::string& path : paths) {
      if (access(path.c_str(), F_OK) == 0) out += std::format("  {}\n", path);
    }
  };
  out += std::format("user: {}\n", options_.user.empty() ? "as started" : options_.user);
  out += std::format("this kernel: Landlock {}, system call filters {}\n",
                     confine::FileRules::Version() > 0 ? std::to_string(confine::FileRules::Version()) : "no",
                     confine::FiltersAvailable() ? "yes" : "no");
  list("reads the workers", worker_folders_);
  list("reads, as asked for", options_.allow_read);
  list("reads of the system", confine::SystemFiles());
  out += std::format("writes:\n  {}\n  /dev/null\n", state_folder_);
  out += "runs no programs, opens no ports, signals no other process\n";
  size_t allowed = 0;
  for (const confine::SyscallRule& rule : confine::ServerCalls(getpid()).rules) {
    allowed += rule.action == confine::Action::Allow();
  }
  out += std::format("makes {} of the kernel's system calls\n", allowed);
  return out;
}

}  // namespace verge::cli
