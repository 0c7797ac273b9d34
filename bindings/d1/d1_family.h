// D1: SQL databases as workers see them.
#ifndef BINDINGS_D1_D1_FAMILY_H_
#define BINDINGS_D1_D1_FAMILY_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kD1Family;

}  // namespace verge::bindings

#endif  // BINDINGS_D1_D1_FAMILY_H_
