// The SubtleCrypto interface (https://w3c.github.io/webcrypto/#subtlecrypto-interface), and timingSafeEqual as Workers
// have it.
#ifndef BINDINGS_CRYPTO_SUBTLE_CRYPTO_H_
#define BINDINGS_CRYPTO_SUBTLE_CRYPTO_H_

#include "bindings/core/class_spec.h"

namespace verge::bindings {

// Without state.
struct SubtleCrypto {
  static const ClassSpec kSpec;
};

}  // namespace verge::bindings

#endif  // BINDINGS_CRYPTO_SUBTLE_CRYPTO_H_
