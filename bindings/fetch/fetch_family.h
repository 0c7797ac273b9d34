// Headers, Request, Response, ExecutionContext.
#ifndef BINDINGS_FETCH_FETCH_FAMILY_H_
#define BINDINGS_FETCH_FETCH_FAMILY_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kFetchFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_FETCH_FAMILY_H_
