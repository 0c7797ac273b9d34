// Owners of OpenSSL's objects, and its queue of errors.
#ifndef BINDINGS_CRYPTO_PRIMITIVES_OPENSSL_H_
#define BINDINGS_CRYPTO_PRIMITIVES_OPENSSL_H_

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <memory>

namespace verge::crypto {

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using BnPtr = std::unique_ptr<BIGNUM, Freer<&BN_clear_free>>;
using BnCtxPtr = std::unique_ptr<BN_CTX, Freer<&BN_CTX_free>>;
using CipherCtxPtr = std::unique_ptr<EVP_CIPHER_CTX, Freer<&EVP_CIPHER_CTX_free>>;
using MdCtxPtr = std::unique_ptr<EVP_MD_CTX, Freer<&EVP_MD_CTX_free>>;
using ParamBuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Freer<&OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, Freer<&OSSL_PARAM_free>>;
using PkcsPtr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freer<&PKCS8_PRIV_KEY_INFO_free>>;
using PkeyCtxPtr = std::unique_ptr<EVP_PKEY_CTX, Freer<&EVP_PKEY_CTX_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Freer<&EVP_PKEY_free>>;

// OpenSSL keeps errors for each thread until somebody takes them: on the stack around calls that can fail.
class ErrorScope {
 public:
  ErrorScope() = default;
  ~ErrorScope() { ERR_clear_error(); }
  ErrorScope(const ErrorScope&) = delete;
  ErrorScope& operator=(const ErrorScope&) = delete;
};

}  // namespace verge::crypto

#endif  // BINDINGS_CRYPTO_PRIMITIVES_OPENSSL_H_
