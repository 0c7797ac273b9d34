#include "confine/filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace verge::confine {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "no system call filter for this architecture"
#endif

// Numbers from here on are x32's on x86-64, and nobody's elsewhere.
constexpr uint32_t kOtherConvention = 0x40000000;

constexpr uint32_t kNumberOffset = offsetof(seccomp_data, nr);
constexpr uint32_t kArchitectureOffset = offsetof(seccomp_data, arch);

uint32_t OffsetOf(const ArgumentTest& test) {
  // Little-endian, as both architectures are.
  return static_cast<uint32_t>(offsetof(seccomp_data, args) + test.argument * sizeof(uint64_t) + (test.high ? 4 : 0));
}

uint32_t Encode(Action action) {
  switch (action.kind) {
    case Action::Kind::kAllow:
      return SECCOMP_RET_ALLOW;
    case Action::Kind::kFail:
      return SECCOMP_RET_ERRNO | (static_cast<uint32_t>(action.error) & SECCOMP_RET_DATA);
    case Action::Kind::kKill:
      break;
  }
  return SECCOMP_RET_KILL_PROCESS;
}

sock_filter Statement(int code, uint32_t k) { return {static_cast<uint16_t>(code), 0, 0, k}; }
sock_filter Jump(int code, uint32_t k, size_t if_true, size_t if_false) {
  return {static_cast<uint16_t>(code), static_cast<uint8_t>(if_true), static_cast<uint8_t>(if_false), k};
}
sock_filter Return(Action action) { return Statement(BPF_RET | BPF_K, Encode(action)); }

// All numbers from `first` to the next interval's.
struct Interval {
  uint32_t first = 0;
  std::vector<sock_filter> body;
};

std::vector<sock_filter> BodyOf(const SyscallRule& rule) {
  if (rule.cases.empty()) return {Return(rule.action)};
  std::vector<sock_filter> out;
  for (const std::vector<ArgumentTest>& tests : rule.cases) {
    // Load, mask, compare for each; a comparison that fails jumps behind the case's return.
    for (size_t i = 0; i < tests.size(); ++i) {
      out.push_back(Statement(BPF_LD | BPF_W | BPF_ABS, OffsetOf(tests[i])));
      out.push_back(Statement(BPF_ALU | BPF_AND | BPF_K, tests[i].mask));
      out.push_back(Jump(BPF_JMP | BPF_JEQ | BPF_K, tests[i].value, 0, (tests.size() - 1 - i) * 3 + 1));
    }
    out.push_back(Return(rule.action));
  }
  out.push_back(Return(rule.otherwise));
  return out;
}

bool Same(const std::vector<sock_filter>& a, const std::vector<sock_filter>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(sock_filter)) == 0;
}

void Add(std::vector<Interval>* intervals, uint32_t first, std::vector<sock_filter> body) {
  if (!intervals->empty() && Same(intervals->back().body, body)) return;
  intervals->push_back({first, std::move(body)});
}

// The number is in the accumulator. Far jumps are made by BPF_JA: those of comparisons reach 255 statements only.
std::vector<sock_filter> Bisect(std::span<const Interval> intervals) {
  if (intervals.size() == 1) return intervals.front().body;
  const size_t middle = intervals.size() / 2;
  const std::vector<sock_filter> below = Bisect(intervals.first(middle));
  const std::vector<sock_filter> above = Bisect(intervals.subspan(middle));
  std::vector<sock_filter> out = {
      Jump(BPF_JMP | BPF_JGE | BPF_K, intervals[middle].first, 0, 1),
      Statement(BPF_JMP | BPF_JA, static_cast<uint32_t>(below.size())),
  };
  out.insert(out.end(), below.begin(), below.end());
  out.insert(out.end(), above.begin(), above.end());
  return out;
}

}  // namespace

std::vector<sock_filter> CompileFilter(const FilterRules& rules) {
  std::vector<SyscallRule> sorted = rules.rules;
  std::ranges::sort(sorted, {}, &SyscallRule::number);
  std::vector<Interval> intervals;
  uint32_t next = 0;
  for (const SyscallRule& rule : sorted) {
    const auto number = static_cast<uint32_t>(rule.number);
    if (number > next || intervals.empty()) {
      if (number > 0) Add(&intervals, next, {Return(rules.unlisted)});
    }
    Add(&intervals, number, BodyOf(rule));
    next = number + 1;
  }
  const uint32_t end = std::max(next, static_cast<uint32_t>(rules.newest) + 1);
  if (end > next) Add(&intervals, next, {Return(rules.unlisted)});
  Add(&intervals, end, {Return(rules.unknown)});
  Add(&intervals, kOtherConvention, {Return(Action::Kill())});

  std::vector<sock_filter> program = {
      Statement(BPF_LD | BPF_W | BPF_ABS, kArchitectureOffset),
      Jump(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      Return(Action::Kill()),
      Statement(BPF_LD | BPF_W | BPF_ABS, kNumberOffset),
  };
  const std::vector<sock_filter> search = Bisect(intervals);
  program.insert(program.end(), search.begin(), search.end());
  return program;
}

std::expected<void, std::string> InstallFilter(std::span<const sock_filter> program) {
  sock_fprog given{static_cast<unsigned short>(program.size()),  // NOLINT(google-runtime-int): the kernel's type
                   const_cast<sock_filter*>(program.data())};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &given) == 0) return {};
  return std::unexpected(strerrordesc_np(errno));
}

bool FiltersAvailable() {
  uint32_t action = SECCOMP_RET_KILL_PROCESS;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

}  // namespace verge::confine
