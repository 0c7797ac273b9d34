#include "confine/syscalls.h"

#include <asm/ioctls.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <initializer_list>

namespace verge::confine {
namespace {

// Calls that are allowed whatever their arguments are.
constexpr int kAllowed[] = {
    // Files. Which of them can be opened is Landlock's matter; of calls that change attributes only those on open files
    // are here, because Landlock does not look at the others.
    SYS_openat,
    SYS_close,
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_pread64,
    SYS_pwrite64,
    SYS_preadv,
    SYS_pwritev,
    SYS_preadv2,
    SYS_pwritev2,
    SYS_lseek,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_faccessat,
    SYS_readlinkat,
    SYS_getcwd,
    SYS_getdents64,
    SYS_fcntl,
    SYS_flock,
    SYS_fsync,
    SYS_fdatasync,
    SYS_sync_file_range,
    SYS_ftruncate,
    SYS_truncate,
    SYS_fallocate,
    SYS_fadvise64,
    SYS_readahead,
    SYS_copy_file_range,
    SYS_sendfile,
    SYS_mkdirat,
    SYS_unlinkat,
    SYS_linkat,
    SYS_renameat2,
    SYS_fchmod,
    SYS_fchown,
    SYS_fstatfs,
    SYS_statfs,
    SYS_umask,
    SYS_dup,
    SYS_dup3,
    SYS_pipe2,
    SYS_fgetxattr,
#ifdef SYS_renameat
    SYS_renameat,
#endif
#ifdef SYS_openat2
    SYS_openat2,
    SYS_faccessat2,
    SYS_close_range,
#endif
#ifdef SYS_open
    SYS_open,
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_mkdir,
    SYS_rmdir,
    SYS_unlink,
    SYS_link,
    SYS_rename,
    SYS_dup2,
    SYS_pipe,
    SYS_getdents,
#endif
    // Sockets that are there already.
    SYS_bind,
    SYS_connect,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_getsockname,
    SYS_getpeername,
    SYS_setsockopt,
    SYS_getsockopt,
    SYS_sendto,
    SYS_recvfrom,
    SYS_sendmsg,
    SYS_recvmsg,
    SYS_sendmmsg,
    SYS_recvmmsg,
    SYS_shutdown,
    // Waiting.
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_ppoll,
    SYS_pselect6,
    SYS_eventfd2,
    SYS_timerfd_create,
    SYS_timerfd_settime,
    SYS_timerfd_gettime,
    SYS_signalfd4,
    SYS_inotify_init1,
    SYS_inotify_add_watch,
    SYS_inotify_rm_watch,
    SYS_nanosleep,
    SYS_clock_nanosleep,
    SYS_restart_syscall,
#ifdef SYS_epoll_pwait2
    SYS_epoll_pwait2,
#endif
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
    SYS_epoll_create,
    SYS_poll,
    SYS_select,
    SYS_eventfd,
    SYS_inotify_init,
    SYS_pause,
    SYS_alarm,
#endif
    // Memory. V8 compiles: it has to be able to make pages that can be executed.
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_msync,
    SYS_mincore,
    SYS_mlock,
    SYS_munlock,
    SYS_mlock2,
    SYS_brk,
    SYS_membarrier,
    SYS_pkey_alloc,
    SYS_pkey_free,
    SYS_pkey_mprotect,
#ifdef SYS_mseal
    SYS_mseal,
#endif
    // Threads and signals.
    SYS_futex,
    SYS_set_robust_list,
    SYS_get_robust_list,
    SYS_set_tid_address,
    SYS_gettid,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_sched_getparam,
    SYS_sched_getscheduler,
    SYS_sched_get_priority_max,
    SYS_sched_get_priority_min,
    SYS_getpriority,
    SYS_exit,
    SYS_exit_group,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigtimedwait,
    SYS_rt_sigpending,
    SYS_rt_sigsuspend,
    SYS_sigaltstack,
    SYS_wait4,
    SYS_waitid,
#ifdef SYS_rseq
    SYS_rseq,
#endif
#ifdef SYS_futex_waitv
    SYS_futex_waitv,
#endif
#ifdef SYS_futex_wait
    SYS_futex_wait,
    SYS_futex_wake,
    SYS_futex_requeue,
#endif
    // What it may know of itself and of the machine.
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_gettimeofday,
    SYS_times,
    SYS_getrandom,
    SYS_getrusage,
    SYS_sysinfo,
    SYS_uname,
    SYS_getcpu,
    SYS_getpid,
    SYS_getppid,
    SYS_getpgid,
    SYS_getsid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getresuid,
    SYS_getresgid,
    SYS_getgroups,
    SYS_capget,
#ifdef SYS_getrlimit
    SYS_getrlimit,
#endif
#ifdef SYS_time
    SYS_time,
    SYS_getpgrp,
#endif
};

// Nobody makes these by mistake: other programs, other processes' memory, the kernel's insides.
constexpr int kDeadly[] = {
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    SYS_userfaultfd,
    SYS_perf_event_open,
    SYS_bpf,
    SYS_kexec_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_setns,
    SYS_unshare,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_swapon,
    SYS_swapoff,
    SYS_reboot,
    SYS_acct,
    SYS_quotactl,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_syslog,
    SYS_vhangup,
    SYS_personality,
    SYS_adjtimex,
    SYS_clock_adjtime,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_pidfd_getfd
    SYS_pidfd_getfd,
    SYS_pidfd_open,
    SYS_pidfd_send_signal,
#endif
#ifdef SYS_open_tree
    SYS_open_tree,
    SYS_move_mount,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
#endif
#ifdef SYS_mount_setattr
    SYS_mount_setattr,
#endif
#ifdef SYS_iopl
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
#endif
};

// New programs and processes.
constexpr int kPrograms[] = {SYS_execve, SYS_execveat};

// Much of the kernel in few calls, past every filter. libuv asks for it and does without.
constexpr int kRings[] = {SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register};

void AddAll(std::span<const int> numbers, Action action, FilterRules* rules) {
  for (int number : numbers) rules->rules.push_back({number, action});
}

// An argument of type int: the kernel does not look at the upper half of the register either.
ArgumentTest IntIs(uint8_t argument, uint32_t value) { return {.argument = argument, .value = value}; }

SyscallRule AllowIf(int number, uint8_t argument, std::initializer_list<uint32_t> values, Action otherwise) {
  SyscallRule rule{number, Action::Allow(), {}, otherwise};
  for (uint32_t value : values) rule.cases.push_back({IntIs(argument, value)});
  return rule;
}

int NewestOf(const FilterRules& rules) { return std::ranges::max(rules.rules, {}, &SyscallRule::number).number; }

}  // namespace

FilterRules ServerCalls(pid_t pid) {
  const auto self = static_cast<uint32_t>(pid);
  const Action forbidden = Action::Fail(EPERM);
  FilterRules rules{.rules = {}, .unlisted = forbidden, .unknown = Action::Fail(ENOSYS)};
  AddAll(kAllowed, Action::Allow(), &rules);
  AddAll(kDeadly, Action::Kill(), &rules);
  AddAll(kPrograms, Action::Kill(), &rules);
  AddAll(kRings, forbidden, &rules);

  // A thread, and neither a process nor namespaces. What clone3 is to do is behind a pointer; without it the C library
  // takes clone.
  constexpr uint32_t kNamespaces =
      CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
  rules.rules.push_back(
      {SYS_clone,
       Action::Allow(),
       {{{.argument = 0, .mask = CLONE_THREAD | CLONE_VM | kNamespaces, .value = CLONE_THREAD | CLONE_VM}}},
       forbidden});
  rules.rules.push_back({SYS_clone3, Action::Fail(ENOSYS)});
  // Connections and name servers; neither services on this machine nor the kernel's own protocols.
  rules.rules.push_back(AllowIf(SYS_socket, 0, {AF_INET, AF_INET6}, Action::Fail(EAFNOSUPPORT)));
  rules.rules.push_back(AllowIf(SYS_socketpair, 0, {AF_UNIX}, Action::Fail(EAFNOSUPPORT)));
  // Signals to itself, which is how abort() works.
  rules.rules.push_back(AllowIf(SYS_kill, 0, {self}, forbidden));
  rules.rules.push_back(AllowIf(SYS_tgkill, 0, {self}, forbidden));
  // Limits can be read, not set.
  rules.rules.push_back({SYS_prlimit64,
                         Action::Allow(),
                         {{IntIs(0, 0), {.argument = 2, .value = 0}, {.argument = 2, .high = true, .value = 0}},
                          {IntIs(0, self), {.argument = 2, .value = 0}, {.argument = 2, .high = true, .value = 0}}},
                         forbidden});
  // Names of threads and of memory, and what it knows of itself.
  constexpr uint32_t kNameMemory = 0x53564d41;  // PR_SET_VMA
  rules.rules.push_back(AllowIf(SYS_prctl, 0,
                                {PR_SET_NAME, PR_GET_NAME, kNameMemory, PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS,
                                 PR_GET_SECCOMP, PR_CAPBSET_READ, PR_GET_TIMERSLACK, PR_SET_TIMERSLACK},
                                forbidden));
  // Of terminals their size, never typing into them.
  rules.rules.push_back(AllowIf(SYS_ioctl, 1,
                                {TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, SIOCGIFINDEX, SIOCGIFNAME},
                                Action::Fail(ENOTTY)));
  rules.newest = NewestOf(rules);
  return rules;
}

FilterRules CompilerCalls() {
  FilterRules rules{.rules = {}, .unlisted = Action::Allow(), .unknown = Action::Allow()};
  AddAll(kDeadly, Action::Kill(), &rules);
  AddAll(kRings, Action::Fail(EPERM), &rules);
  rules.rules.push_back({SYS_socket, Action::Fail(EPERM)});
  rules.newest = NewestOf(rules);
  return rules;
}

}  // namespace verge::confine
