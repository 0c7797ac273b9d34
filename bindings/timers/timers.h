// setTimeout and its kin (https://html.spec.whatwg.org/#timers). Timers belong to the event that set them and end with
// it.
#ifndef BINDINGS_TIMERS_TIMERS_H_
#define BINDINGS_TIMERS_TIMERS_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kTimersFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_TIMERS_TIMERS_H_
