// Native half of web/performance.js and of events: their clock (https://w3c.github.io/hr-time/#sec-performance).
#ifndef BINDINGS_WEB_PERFORMANCE_H_
#define BINDINGS_WEB_PERFORMANCE_H_

#include "bindings/core/convert.h"
#include "bindings/core/function.h"

namespace verge::bindings {

// Milliseconds since the time origin, which is the moment when the isolate was made. The clock is that of Date.now():
// where that stands still while code runs, this does, too. It never goes back.
double Now(Cx& cx);

// The time origin, in milliseconds since the epoch.
double TimeOrigin(Cx& cx);

inline constexpr GlobalFunction kNow = Function<"now", &Now>();
inline constexpr GlobalFunction kTimeOrigin = Function<"timeOrigin", &TimeOrigin>();

}  // namespace verge::bindings

#endif  // BINDINGS_WEB_PERFORMANCE_H_
