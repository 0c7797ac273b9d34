// Which system calls verge's processes make.
#ifndef CONFINE_SYSCALLS_H_
#define CONFINE_SYSCALLS_H_

#include <sys/types.h>

#include "confine/filter.h"

namespace verge::confine {

// Of a server that has started: V8, libuv, OpenSSL, SQLite and the C library serving requests, with threads but without
// new processes. Everything else fails with EPERM (ENOSYS: what this table is too old to know), and what only an
// intruder would try ends the process. `pid`: its own.
FilterRules ServerCalls(pid_t pid);

// Of a process that runs a compiler: anything, programs included, but for the network and what ends a server, too.
FilterRules CompilerCalls();

}  // namespace verge::confine

#endif  // CONFINE_SYSCALLS_H_
