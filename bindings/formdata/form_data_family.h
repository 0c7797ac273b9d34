// FormData in the global scope.
#ifndef BINDINGS_FORMDATA_FORM_DATA_FAMILY_H_
#define BINDINGS_FORMDATA_FORM_DATA_FAMILY_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kFormDataFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_FORMDATA_FORM_DATA_FAMILY_H_
