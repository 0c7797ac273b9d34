// What the Cache API adds to the global scope.
#ifndef BINDINGS_CACHE_CACHE_FAMILY_H_
#define BINDINGS_CACHE_CACHE_FAMILY_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kCacheFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_CACHE_CACHE_FAMILY_H_
