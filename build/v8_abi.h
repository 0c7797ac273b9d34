// Force-included wherever V8's headers are used.
//
// libnode is compiled by GCC, which ignores the preserve_most calling convention that V8's headers ask for; clang
// honours it, and the mismatch corrupts registers in cppgc's write barriers. The headers define the macro
// unconditionally, so it is emptied after v8config.h has had its say.
#ifndef BUILD_V8_ABI_H_
#define BUILD_V8_ABI_H_

#include <v8config.h>

#undef V8_PRESERVE_MOST
#define V8_PRESERVE_MOST

#endif  // BUILD_V8_ABI_H_
