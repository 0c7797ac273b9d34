// The native half of console.js and inspect.js, and of error reporting.
#ifndef BINDINGS_CONSOLE_CONSOLE_H_
#define BINDINGS_CONSOLE_CONSOLE_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kConsoleFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_CONSOLE_CONSOLE_H_
