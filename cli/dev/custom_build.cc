#include "cli/dev/custom_build.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "config/problem.h"

extern char** environ;

namespace verge::cli {
namespace {

namespace fs = std::filesystem;

// How long a command that is told to end may take.
constexpr int kGraceMs = 2000;

std::string FolderOf(const config::BuildConfig& build, const std::string& folder) {
  return build.cwd.empty() ? folder : (fs::path(folder) / build.cwd).lexically_normal().string();
}

// In a process group of its own, which can be ended with all that it starts; with the signals of other programs.
std::expected<pid_t, int> Spawn(const std::string& command, const std::string& folder) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
  posix_spawn_file_actions_addchdir_np(&files, folder.c_str());
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  const char* const arguments[] = {"/bin/sh", "-c", command.c_str(), nullptr};
  pid_t pid = 0;
  const int failed = posix_spawn(&pid, arguments[0], &files, &attributes, const_cast<char* const*>(arguments), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) return std::unexpected(failed);
  return pid;
}

}  // namespace

std::expected<void, std::string> RunCustomBuild(const config::BuildConfig& build, const std::string& folder, int stop) {
  const std::string shown = "build.command " + config::Quoted(build.command);
  auto pid = Spawn(build.command, FolderOf(build, folder));
  if (!pid) return std::unexpected(shown + " cannot be run: " + std::strerror(pid.error()));
  const int process = static_cast<int>(syscall(SYS_pidfd_open, *pid, 0));
  bool stopped = false;
  pollfd waiting[] = {{process, POLLIN, 0}, {stop, POLLIN, 0}};
  while (process >= 0) {
    const int ready = poll(waiting, 2, -1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0 || waiting[0].revents != 0) break;
    stopped = true;
    kill(-*pid, SIGTERM);
    if (poll(waiting, 1, kGraceMs) <= 0) kill(-*pid, SIGKILL);
    break;
  }
  if (process >= 0) close(process);
  int status = 0;
  while (waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (stopped) return std::unexpected(shown + " was stopped");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return std::unexpected(shown + (WIFSIGNALED(status) ? " was ended by signal " + std::to_string(WTERMSIG(status))
                                                      : " failed with code " + std::to_string(WEXITSTATUS(status))));
}

std::vector<std::string> WatchedByBuild(const config::BuildConfig& build, const std::string& folder) {
  std::vector<std::string> out;
  for (const std::string& watched : build.watch_dirs) {
    out.push_back((fs::path(folder) / watched).lexically_normal().string());
  }
  if (out.empty()) out.push_back((fs::path(folder) / "src").string());
  return out;
}

}  // namespace verge::cli
