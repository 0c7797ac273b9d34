// The File API in the global scope.
#ifndef BINDINGS_BLOB_BLOB_FAMILY_H_
#define BINDINGS_BLOB_BLOB_FAMILY_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kBlobFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_BLOB_BLOB_FAMILY_H_
