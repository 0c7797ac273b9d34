// The family of Node.js's APIs: the asynchronous context for its scripts, and `process`.
#ifndef BINDINGS_NODE_NODE_FAMILY_H_
#define BINDINGS_NODE_NODE_FAMILY_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kNodeFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_NODE_NODE_FAMILY_H_
