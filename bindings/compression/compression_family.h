// CompressionStream and DecompressionStream (https://compression.spec.whatwg.org/) as a family of APIs.
#ifndef BINDINGS_COMPRESSION_COMPRESSION_FAMILY_H_
#define BINDINGS_COMPRESSION_COMPRESSION_FAMILY_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kCompressionFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_COMPRESSION_COMPRESSION_FAMILY_H_
