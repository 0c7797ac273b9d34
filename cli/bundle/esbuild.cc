#include "cli/bundle/esbuild.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <thread>

namespace verge::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kTimeLimit(60);
constexpr size_t kMaxErrorBytes = 1 << 20;

bool IsProgram(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

// Reads until the other end closes, or the deadline.
std::string ReadAll(int fd, Clock::time_point deadline) {
  std::string text;
  char buffer[4096];
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{fd, POLLIN, 0};
    int ready = poll(&waiting, 1, static_cast<int>(std::max<int64_t>(left, 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return text;
    ssize_t count = read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    if (text.size() < kMaxErrorBytes) text.append(buffer, static_cast<size_t>(count));
  }
}

// The exit status; a program that takes too long is ended.
int WaitFor(pid_t pid, Clock::time_point deadline) {
  int status = 0;
  for (;;) {
    pid_t done = waitpid(pid, &status, Clock::now() < deadline ? WNOHANG : 0);
    if (done == pid) return status;
    if (done < 0 && errno != EINTR) return -1;
    if (Clock::now() >= deadline) {
      kill(pid, SIGKILL);
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
}

}  // namespace

std::string FindEsbuild(const std::string& directory, bool project_too) {
  if (const char* named = getenv("VERGE_ESBUILD")) return IsProgram(named) ? named : std::string();
  std::error_code error;
  fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    std::string beside = (self.parent_path() / "esbuild").string();
    if (IsProgram(beside)) return beside;
  }
#ifdef VERGE_BUILT_WITH_ESBUILD
  if (IsProgram(VERGE_BUILT_WITH_ESBUILD)) return VERGE_BUILT_WITH_ESBUILD;
#endif
  const char* variable = getenv("PATH");
  std::string_view path = variable ? variable : "";
  while (!path.empty()) {
    size_t colon = path.find(':');
    std::string_view folder = path.substr(0, colon);
    path = colon == std::string_view::npos ? std::string_view() : path.substr(colon + 1);
    // An empty entry, or a relative one, would be wherever this program was started.
    if (!folder.starts_with('/')) continue;
    std::string candidate = std::string(folder) + "/esbuild";
    if (IsProgram(candidate)) return candidate;
  }
  if (!project_too) return {};
  for (fs::path folder = directory; !folder.empty(); folder = folder.parent_path()) {
    std::string candidate = (folder / "node_modules/.bin/esbuild").string();
    if (IsProgram(candidate)) return candidate;
    if (folder == folder.root_path()) break;
  }
  return {};
}

std::expected<ProgramResult, std::string> RunProgram(const std::vector<std::string>& command,
                                                     const std::string& directory) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  // The signals that this program waits for are blocked in it.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = 0;
  int failed = posix_spawn(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (failed != 0) {
    close(ends[0]);
    return std::unexpected(command[0] + ": " + std::strerror(failed));
  }
  Clock::time_point deadline = Clock::now() + kTimeLimit;
  ProgramResult result;
  result.errors = ReadAll(ends[0], deadline);
  close(ends[0]);
  int status = WaitFor(pid, deadline);
  result.ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!result.ok && WIFSIGNALED(status))
    result.errors += "\nit was ended by signal " + std::to_string(WTERMSIG(status));
  return result;
}

}  // namespace verge::cli
