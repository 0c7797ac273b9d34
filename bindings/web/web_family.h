// structuredClone, performance, navigator and microtasks as a family of APIs.
#ifndef BINDINGS_WEB_WEB_FAMILY_H_
#define BINDINGS_WEB_WEB_FAMILY_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kWebFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_WEB_WEB_FAMILY_H_
