// URL, URLSearchParams and URLPattern as a family of APIs.
#ifndef BINDINGS_URL_URL_FAMILY_H_
#define BINDINGS_URL_URL_FAMILY_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kUrlFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_URL_URL_FAMILY_H_
