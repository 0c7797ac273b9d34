// Native half of core/iterable.js: iterators over classes that override Native::PairAt.
#ifndef BINDINGS_CORE_ITERABLE_H_
#define BINDINGS_CORE_ITERABLE_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kIterableFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_ITERABLE_H_
