// The filter's program, run by a machine for classic BPF of a few lines, against the table that it was made from.
#include "confine/filter.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "confine/syscalls.h"

namespace verge::confine {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kHere = AUDIT_ARCH_X86_64;
constexpr uint32_t kElsewhere = AUDIT_ARCH_I386;
#else
constexpr uint32_t kHere = AUDIT_ARCH_AARCH64;
constexpr uint32_t kElsewhere = AUDIT_ARCH_ARM;
#endif

struct Call {
  int number = 0;
  uint64_t arguments[6] = {};
  uint32_t architecture = kHere;
};

// What the program returns; 1, which is no answer, when it does what the kernel would refuse to load.
uint32_t Decide(const std::vector<sock_filter>& program, const Call& call) {
  seccomp_data data{};
  data.nr = call.number;
  data.arch = call.architecture;
  std::memcpy(data.args, call.arguments, sizeof data.args);
  uint32_t accumulator = 0;
  for (size_t at = 0; at < program.size(); ++at) {
    const sock_filter& each = program[at];
    switch (each.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        if (each.k + 4 > sizeof data) return 1;
        std::memcpy(&accumulator, reinterpret_cast<const char*>(&data) + each.k, 4);
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        accumulator &= each.k;
        break;
      case BPF_JMP | BPF_JA:
        at += each.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += accumulator == each.k ? each.jt : each.jf;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        at += accumulator >= each.k ? each.jt : each.jf;
        break;
      case BPF_RET | BPF_K:
        return each.k;
      default:
        return 1;
    }
  }
  return 1;
}

uint32_t Encoded(Action action) {
  if (action.kind == Action::Kind::kAllow) return SECCOMP_RET_ALLOW;
  if (action.kind == Action::Kind::kKill) return SECCOMP_RET_KILL_PROCESS;
  return SECCOMP_RET_ERRNO | static_cast<uint32_t>(action.error);
}

TEST(Filter, DecidesEachNumberAsTheTableSays) {
  for (const FilterRules& rules : {ServerCalls(77), CompilerCalls()}) {
    const std::vector<sock_filter> program = CompileFilter(rules);
    ASSERT_LT(program.size(), BPF_MAXINSNS);
    std::map<int, const SyscallRule*> by_number;
    for (const SyscallRule& rule : rules.rules) {
      EXPECT_TRUE(by_number.emplace(rule.number, &rule).second) << "twice: " << rule.number;
    }
    for (int number = 0; number < 2000; ++number) {
      const auto found = by_number.find(number);
      if (found == by_number.end()) {
        const Action expected = number > rules.newest ? rules.unknown : rules.unlisted;
        EXPECT_EQ(Decide(program, {.number = number}), Encoded(expected)) << number;
      } else if (found->second->cases.empty()) {
        EXPECT_EQ(Decide(program, {.number = number}), Encoded(found->second->action)) << number;
      } else {
        Call wrong{.number = number};
        std::ranges::fill(wrong.arguments, ~uint64_t{0});
        EXPECT_EQ(Decide(program, wrong), Encoded(found->second->otherwise)) << number;
        for (const std::vector<ArgumentTest>& tests : found->second->cases) {
          Call right{.number = number};
          for (const ArgumentTest& test : tests) {
            right.arguments[test.argument] |= uint64_t{test.value} << (test.high ? 32 : 0);
          }
          EXPECT_EQ(Decide(program, right), Encoded(found->second->action)) << number;
        }
      }
    }
  }
}

TEST(Filter, EndsCallsByOtherConventions) {
  const std::vector<sock_filter> program = CompileFilter(ServerCalls(77));
  EXPECT_EQ(Decide(program, {.number = SYS_read}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Decide(program, {.number = SYS_read, .arguments = {}, .architecture = kElsewhere}),
            SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(Decide(program, {.number = 0x40000000 | SYS_read}), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(Decide(program, {.number = -1}), SECCOMP_RET_KILL_PROCESS);
}

TEST(Filter, LooksAtArguments) {
  const std::vector<sock_filter> program = CompileFilter(ServerCalls(77));
  const auto run = [&](int number, uint64_t a, uint64_t b = 0, uint64_t c = 0) {
    return Decide(program, {.number = number, .arguments = {a, b, c}});
  };
  EXPECT_EQ(run(SYS_socket, AF_INET6), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(SYS_socket, AF_UNIX), SECCOMP_RET_ERRNO | EAFNOSUPPORT);
  EXPECT_EQ(run(SYS_socket, AF_NETLINK), SECCOMP_RET_ERRNO | EAFNOSUPPORT);
  constexpr uint64_t kThread = 0x3d0f00;  // as pthread_create has it
  EXPECT_EQ(run(SYS_clone, kThread), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(SYS_clone, kThread | 0x10000000), SECCOMP_RET_ERRNO | EPERM);  // with a namespace of users
  EXPECT_EQ(run(SYS_clone, 17), SECCOMP_RET_ERRNO | EPERM);                    // a process
  EXPECT_EQ(run(SYS_kill, 77), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(SYS_kill, 1), SECCOMP_RET_ERRNO | EPERM);
  EXPECT_EQ(run(SYS_prlimit64, 0, 7, 0), SECCOMP_RET_ALLOW);
  EXPECT_EQ(run(SYS_prlimit64, 0, 7, uint64_t{1} << 32), SECCOMP_RET_ERRNO | EPERM);
  EXPECT_EQ(run(SYS_prlimit64, 1, 7, 0), SECCOMP_RET_ERRNO | EPERM);
}

}  // namespace
}  // namespace verge::confine
