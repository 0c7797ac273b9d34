// The classes of service bindings.
#ifndef BINDINGS_SERVICE_SERVICE_FAMILY_H_
#define BINDINGS_SERVICE_SERVICE_FAMILY_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kServiceFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_SERVICE_SERVICE_FAMILY_H_
