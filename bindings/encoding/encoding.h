// TextEncoder, TextDecoder, atob and btoa as a family of APIs.
#ifndef BINDINGS_ENCODING_ENCODING_H_
#define BINDINGS_ENCODING_ENCODING_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kEncodingFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_ENCODING_ENCODING_H_
