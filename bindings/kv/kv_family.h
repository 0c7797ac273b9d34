// KV namespaces: the class of env's bindings.
#ifndef BINDINGS_KV_KV_FAMILY_H_
#define BINDINGS_KV_KV_FAMILY_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kKvFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_KV_KV_FAMILY_H_
