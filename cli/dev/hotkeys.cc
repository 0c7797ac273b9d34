#include "cli/dev/hotkeys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

extern char** environ;

namespace verge::cli {
namespace {

// Signals that end the program without its own doing. Those that it waits for are the caller's.
constexpr std::array kFatal = {SIGQUIT, SIGHUP, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};

// For the handlers, which can be called at any time.
termios before;
termios during;
volatile sig_atomic_t active = 0;

// Setting the terminal of somebody else would stop the program.
bool IsInForeground() { return tcgetpgrp(STDIN_FILENO) == getpgrp(); }

void Restore() {
  if (active && IsInForeground()) tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void OnFatal(int number) {
  Restore();
  raise(number);  // the handler is gone: it ends as it would have
}

void OnStop(int number) {
  const int error = errno;
  Restore();
  // Stopped now, and here again when it goes on.
  struct sigaction action{};
  struct sigaction handler{};
  action.sa_handler = SIG_DFL;
  sigaction(number, &action, &handler);
  sigset_t set;
  sigset_t blocked;
  sigemptyset(&set);
  sigaddset(&set, number);
  raise(number);
  sigprocmask(SIG_UNBLOCK, &set, &blocked);
  sigprocmask(SIG_SETMASK, &blocked, nullptr);
  sigaction(number, &handler, nullptr);
  errno = error;
}

void OnContinue(int) {
  const int error = errno;
  if (active && IsInForeground()) tcsetattr(STDIN_FILENO, TCSANOW, &during);
  errno = error;
}

void Handle(int number, void (*handler)(int), int flags) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

// Programs that were started; what is over is forgotten.
void Reap(std::vector<pid_t>* started) {
  std::erase_if(*started, [](pid_t pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
}

// Starts a program that shall live on by itself. False: there is none.
bool Launch(const std::string& program, const std::string& argument) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  for (const int fd : {0, 1, 2}) posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
  // Not with this program's signals, nor in its group: Ctrl-C is not for it.
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  const char* const arguments[] = {program.c_str(), argument.c_str(), nullptr};
  pid_t pid = 0;
  const int failed =
      posix_spawnp(&pid, program.c_str(), &files, &attributes, const_cast<char* const*>(arguments), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  static std::vector<pid_t> started;
  Reap(&started);
  if (failed == 0) started.push_back(pid);
  return failed == 0;
}

void Open(const std::string& url) {
  const char* browser = std::getenv("BROWSER");
  // A BROWSER of several words or choices is for xdg-open to understand.
  const bool plain = browser && *browser && std::string_view(browser).find_first_of(" :%") == std::string_view::npos;
  if ((plain && Launch(browser, url)) || Launch("xdg-open", url)) {
    std::printf("opening %s\n", url.c_str());
  } else {
    std::printf("no browser could be started; open %s\n", url.c_str());
  }
}

}  // namespace

std::unique_ptr<Hotkeys> Hotkeys::Start(HotkeyTargets targets) {
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !IsInForeground()) return nullptr;
  if (tcgetattr(STDIN_FILENO, &before) != 0) return nullptr;
  during = before;
  during.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  during.c_cc[VMIN] = 1;
  during.c_cc[VTIME] = 0;
  active = 1;
  for (const int number : kFatal) Handle(number, OnFatal, static_cast<int>(SA_RESETHAND));
  Handle(SIGTSTP, OnStop, SA_RESTART);
  Handle(SIGCONT, OnContinue, SA_RESTART);
  // Reading in the background is an error then, and does not stop the program.
  signal(SIGTTIN, SIG_IGN);
  if (tcsetattr(STDIN_FILENO, TCSANOW, &during) != 0) {
    active = 0;
    return nullptr;
  }
  return std::unique_ptr<Hotkeys>(new Hotkeys(std::move(targets)));
}

Hotkeys::Hotkeys(HotkeyTargets targets) : targets_(std::move(targets)), descriptor_(STDIN_FILENO) {}

Hotkeys::~Hotkeys() {
  Restore();
  active = 0;
  for (const int number : kFatal) signal(number, SIG_DFL);
  signal(SIGTSTP, SIG_DFL);
  signal(SIGCONT, SIG_DFL);
}

void Hotkeys::Print() const {
  std::string line = "[b] open a browser";
  if (!targets_.debugger.empty()) line += "  [d] devtools";
  if (!targets_.explorer.empty()) line += "  [e] explorer";
  line += "  [r] reload  [c] clear  [x] exit";
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

Hotkeys::Action Hotkeys::Take() {
  std::array<char, 64> keys{};
  const ssize_t count = read(STDIN_FILENO, keys.data(), keys.size());
  if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN && errno != EIO)) descriptor_ = -1;
  for (ssize_t i = 0; i < count; ++i) {
    if (keys[static_cast<size_t>(i)] == '\033') {
      // A function key is several bytes, and none of these keys: ESC, '[' or 'O', and all up to a letter or '~'.
      if (++i >= count || (keys[static_cast<size_t>(i)] != '[' && keys[static_cast<size_t>(i)] != 'O')) continue;
      while (++i < count && keys[static_cast<size_t>(i)] < '@') {
      }
      continue;
    }
    if (const Action action = Press(keys[static_cast<size_t>(i)]); action != Action::kNone) return action;
  }
  return Action::kNone;
}

Hotkeys::Action Hotkeys::Press(char key) const {
  switch (key >= 'A' && key <= 'Z' ? static_cast<char>(key - 'A' + 'a') : key) {
    case 'b':
      Open(targets_.url);
      break;
    case 'd':
      if (targets_.debugger.empty()) break;
      // Chrome opens such an address only for its user.
      std::printf("in Chrome, open chrome://inspect or devtools://devtools/bundled/js_app.html?v8only=true&ws=%s\n",
                  targets_.debugger.substr(targets_.debugger.find("//") + 2).c_str());
      break;
    case 'e':
      if (!targets_.explorer.empty()) Open(targets_.url + targets_.explorer);
      break;
    case 'c':
      std::fputs("\033[2J\033[3J\033[H", stdout);
      Print();
      break;
    case 'h':
    case '?':
      Print();
      break;
    case 'r':
      return Action::kReload;
    case 'x':
    case 'q':
    case '\x04':  // Ctrl-D
      return Action::kExit;
    default:
      break;
  }
  std::fflush(stdout);
  return Action::kNone;
}

}  // namespace verge::cli
