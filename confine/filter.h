// Filters of system calls (seccomp): a table of rules, compiled to the kernel's classic BPF.
//
// The program looks the number up by bisection, some eight comparisons; since Linux 5.11 the kernel remembers the
// numbers that are always allowed and does not run it for them at all. See seccomp(2).
#ifndef CONFINE_FILTER_H_
#define CONFINE_FILTER_H_

#include <linux/filter.h>

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

namespace verge::confine {

// What happens to a call: it is made, it fails with an errno, or it ends the process (SIGSYS).
struct Action {
  enum class Kind : uint8_t { kAllow, kFail, kKill };
  Kind kind = Kind::kFail;
  int error = 0;  // of kFail

  static constexpr Action Allow() { return {Kind::kAllow, 0}; }
  static constexpr Action Fail(int error) { return {Kind::kFail, error}; }
  static constexpr Action Kill() { return {Kind::kKill, 0}; }
  bool operator==(const Action&) const = default;
};

// One 32-bit half of an argument has to be `value` in the bits of `mask`. Pointers cannot be looked behind.
struct ArgumentTest {
  uint8_t argument = 0;  // 0 to 5
  bool high = false;     // the upper half
  uint32_t mask = UINT32_MAX;
  uint32_t value = 0;
};

struct SyscallRule {
  int number = 0;
  Action action;
  // Not empty: `action` is for calls that pass all tests of one of them, `otherwise` for the rest.
  std::vector<std::vector<ArgumentTest>> cases = {};
  Action otherwise = {};
};

struct FilterRules {
  std::vector<SyscallRule> rules;  // in any order, each number once
  Action unlisted;                 // numbers up to `newest`
  Action unknown;                  // numbers beyond: calls that were invented later
  int newest = 0;
};

// For this machine's architecture; calls by another one's conventions (32-bit, x32) end the process.
std::vector<sock_filter> CompileFilter(const FilterRules& rules);

// For all threads of the process, for good, and for what it starts. Needs no_new_privs. The error is what the kernel
// said.
std::expected<void, std::string> InstallFilter(std::span<const sock_filter> program);

// Whether this kernel can do it.
bool FiltersAvailable();

}  // namespace verge::confine

#endif  // CONFINE_FILTER_H_
