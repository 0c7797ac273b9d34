// `crypto` as a family of APIs.
#ifndef BINDINGS_CRYPTO_CRYPTO_FAMILY_H_
#define BINDINGS_CRYPTO_CRYPTO_FAMILY_H_

#include "bindings/core/family.h"

namespace verge::bindings {

extern const Family kCryptoFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_CRYPTO_CRYPTO_FAMILY_H_
