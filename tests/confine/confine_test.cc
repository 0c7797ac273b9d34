// A process that has confined itself tries what it must not be able to do. Each try has a child of its own.
#include "confine/confine.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "confine/landlock.h"
#include "confine/privileges.h"
#include "confine/syscalls.h"

namespace verge::confine {
namespace {

namespace fs = std::filesystem;

// Runs in a child: its exit code is the test's, 0 for right. -N: it was ended by signal N.
int InChild(const std::function<int()>& run) {
  const pid_t pid = fork();
  if (pid == 0) _exit(run());
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

class ConfineTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "verge-confine-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    for (const char* each : {"state", "worker", "other"}) {
      fs::create_directory(folder_ / each);
      std::ofstream(folder_ / each / "file") << "text";
    }
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string In(const char* path) const { return (folder_ / path).string(); }

  // In a child that is confined as a server is.
  int Confined(const std::function<int()>& run) {
    return InChild([&] {
      Policy policy{.read = SystemFiles(), .write = {In("state")}, .execute = {}, .calls = ServerCalls(getpid())};
      policy.read.push_back(In("worker"));
      auto done = Confine(policy);
      if (!done || !done->empty()) return 100;
      return run();
    });
  }

  fs::path folder_;
};

bool HasAll() { return FiltersAvailable() && FileRules::Version() > 0; }
#define NEEDS_ALL() \
  if (!HasAll()) GTEST_SKIP() << "this kernel has no Landlock or no seccomp"

// The errno of a call that should fail; 0 when it does not.
template <typename T>
int ErrorOf(T result) {
  return result == static_cast<T>(-1) ? errno : 0;
}

TEST_F(ConfineTest, ReadsAndWritesOnlyWhatItIsGiven) {
  NEEDS_ALL();
  EXPECT_EQ(Confined([&] {
              if (open(In("worker/file").c_str(), O_RDONLY) < 0) return 1;
              if (ErrorOf(open(In("worker/file").c_str(), O_RDWR)) != EACCES) return 2;
              if (ErrorOf(open(In("worker/new").c_str(), O_WRONLY | O_CREAT, 0600)) != EACCES) return 3;
              if (ErrorOf(open(In("other/file").c_str(), O_RDONLY)) != EACCES) return 4;
              if (ErrorOf(unlink(In("other/file").c_str())) != EACCES) return 5;
              if (ErrorOf(mkdir(In("other/new").c_str(), 0700)) != EACCES) return 6;
              if (open(In("state/new").c_str(), O_RDWR | O_CREAT, 0600) < 0) return 7;
              if (mkdir(In("state/folder").c_str(), 0700) != 0) return 8;
              if (rename(In("state/new").c_str(), In("state/folder/new").c_str()) != 0) return 9;
              if (ErrorOf(rename(In("state/folder/new").c_str(), In("other/new").c_str())) == 0) return 10;
              if (truncate(In("state/file").c_str(), 0) != 0) return 11;
              if (FileRules::Version() >= 3 && ErrorOf(truncate(In("worker/file").c_str(), 0)) != EACCES) return 12;
              if (unlink(In("state/folder/new").c_str()) != 0 || rmdir(In("state/folder").c_str()) != 0) return 13;
              if (open("/dev/urandom", O_RDONLY) < 0 || open("/dev/null", O_RDWR) < 0) return 14;
              if (ErrorOf(chmod(In("other/file").c_str(), 0777)) != EPERM) return 15;
              if (ErrorOf(symlink("/", In("state/link").c_str())) != EPERM) return 16;
              return 0;
            }),
            0);
}

TEST_F(ConfineTest, IsEndedWhenItRunsAProgram) {
  NEEDS_ALL();
  char* const arguments[] = {const_cast<char*>("true"), nullptr};
  EXPECT_EQ(Confined([&] { return execv("/bin/true", arguments); }), -SIGSYS);
}

TEST_F(ConfineTest, IsEndedWhenItLooksIntoAnotherProcess) {
  NEEDS_ALL();
  EXPECT_EQ(Confined([] { return static_cast<int>(ptrace(PTRACE_ATTACH, getppid(), 0, 0)); }), -SIGSYS);
  EXPECT_EQ(Confined([] { return static_cast<int>(syscall(SYS_process_vm_readv, getppid(), 0, 0, 0, 0, 0)); }),
            -SIGSYS);
}

TEST_F(ConfineTest, IsEndedWhenItChangesTheSystem) {
  NEEDS_ALL();
  EXPECT_EQ(Confined([] { return unshare(CLONE_NEWUSER); }), -SIGSYS);
  EXPECT_EQ(Confined([] { return static_cast<int>(syscall(SYS_bpf, 0, 0, 0)); }), -SIGSYS);
  EXPECT_EQ(Confined([] { return static_cast<int>(syscall(SYS_mount, 0, 0, 0, 0, 0)); }), -SIGSYS);
}

TEST_F(ConfineTest, HasThreadsButNoProcesses) {
  NEEDS_ALL();
  EXPECT_EQ(Confined([] {
              int seen = 0;
              std::thread([&] { seen = open("/etc/shadow", O_RDONLY) < 0 ? 1 : 2; }).join();
              if (seen != 1) return 1;
              return ErrorOf(fork()) == EPERM ? 0 : 2;
            }),
            0);
}

TEST_F(ConfineTest, HasTheNetworkButNoLocalServices) {
  NEEDS_ALL();
  EXPECT_EQ(Confined([] {
              const int tcp = socket(AF_INET, SOCK_STREAM, 0);
              if (tcp < 0 || socket(AF_INET6, SOCK_DGRAM, 0) < 0) return 1;
              if (ErrorOf(socket(AF_UNIX, SOCK_STREAM, 0)) != EAFNOSUPPORT) return 2;
              if (ErrorOf(socket(AF_NETLINK, SOCK_RAW, 0)) != EAFNOSUPPORT) return 3;
              if (ErrorOf(socket(AF_PACKET, SOCK_RAW, 0)) != EAFNOSUPPORT) return 4;
              sockaddr_in any{};
              any.sin_family = AF_INET;
              any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
              const int bound = bind(tcp, reinterpret_cast<sockaddr*>(&any), sizeof any);
              if (FileRules::Version() >= 4 && ErrorOf(bound) != EACCES) return 5;
              return 0;
            }),
            0);
}

TEST_F(ConfineTest, SignalsItselfOnly) {
  NEEDS_ALL();
  EXPECT_EQ(Confined([] {
              if (ErrorOf(kill(getppid(), 0)) != EPERM) return 1;
              return kill(getpid(), 0) == 0 ? 0 : 2;
            }),
            0);
  EXPECT_EQ(Confined([]() -> int { abort(); }), -SIGABRT);
}

TEST_F(ConfineTest, HasNoRingsAndCannotLoosenWhatIsInForce) {
  NEEDS_ALL();
  EXPECT_EQ(Confined([] {
              if (ErrorOf(syscall(SYS_io_uring_setup, 1, 0)) != EPERM) return 1;
              if (ErrorOf(syscall(SYS_seccomp, 1, 0, 0)) != EPERM) return 2;
              if (ErrorOf(setuid(0)) != EPERM) return 3;
              if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 4;
              if (ErrorOf(syscall(SYS_clone3, 0, 0)) != ENOSYS) return 5;
              if (ErrorOf(syscall(2000)) != ENOSYS) return 6;
              return 0;
            }),
            0);
}

TEST_F(ConfineTest, MayStillCompile) {
  NEEDS_ALL();
  EXPECT_EQ(Confined([] {
              void* code = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return code != MAP_FAILED && mprotect(code, 4096, PROT_READ | PROT_EXEC) == 0 ? 0 : 1;
            }),
            0);
}

TEST_F(ConfineTest, RefusesWhenThreadsRunAlready) {
  NEEDS_ALL();
  EXPECT_EQ(InChild([&] {
              std::thread other([] { pause(); });
              auto done = Confine({.read = {}, .write = {}, .execute = {}, .calls = ServerCalls(getpid())});
              other.detach();
              return !done && done.error().find("threads") != std::string::npos ? 0 : 1;
            }),
            0);
}

TEST_F(ConfineTest, ACompilerRunsProgramsAndHasNoNetwork) {
  NEEDS_ALL();
  EXPECT_EQ(InChild([&] {
              Policy policy{.read = SystemFiles(),
                            .write = {},
                            .execute = {"/usr", "/bin", "/lib", "/lib64"},
                            .calls = CompilerCalls()};
              auto done = Confine(policy);
              if (!done || !done->empty()) return 1;
              if (ErrorOf(socket(AF_INET, SOCK_STREAM, 0)) != EPERM) return 2;
              if (ErrorOf(open(In("worker/new").c_str(), O_WRONLY | O_CREAT, 0600)) != EACCES) return 3;
              char* const arguments[] = {const_cast<char*>("true"), nullptr};
              if (InChild([&] { return execv("/bin/true", arguments); }) != 0) return 4;
              return InChild([] { return unshare(CLONE_NEWUSER); }) == -SIGSYS ? 0 : 5;
            }),
            0);
}

TEST(Privileges, RootBecomesAUserForGood) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can";
  EXPECT_EQ(InChild([] {
              auto user = FindUser("nobody");
              if (!user || !BecomeUser(*user)) return 1;
              if (geteuid() != user->uid || getegid() != user->gid) return 2;
              if (setuid(0) == 0 || setgid(0) == 0) return 3;
              __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
              __user_cap_data_struct data[2] = {};
              if (syscall(SYS_capget, &header, data) != 0) return 4;
              return (data[0].permitted | data[1].permitted) == 0 ? 0 : 5;
            }),
            0);
}

TEST(Privileges, UsersByNameAndNumber) {
  EXPECT_EQ(FindUser("root")->uid, 0U);
  EXPECT_EQ(FindUser("0")->name, "root");
  EXPECT_EQ(FindUser("123456")->gid, 123456U);
  EXPECT_FALSE(FindUser("no such user"));
  EXPECT_FALSE(FindUser("-1"));
  EXPECT_FALSE(FindUser("4294967295"));
}

}  // namespace
}  // namespace verge::confine
