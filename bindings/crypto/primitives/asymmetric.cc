#include "bindings/crypto/primitives/asymmetric.h"

#include <string>
#include <utility>

namespace verge::crypto {

PkeyPtr PublicKeyFromDer(Bytes der) {
  const uint8_t* at = der.data();
  PkeyPtr key(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(der.size()), nullptr, nullptr));
  if (!key || at != der.data() + der.size()) return nullptr;
  return key;
}

PkeyPtr PrivateKeyFromDer(Bytes der) {
  const uint8_t* at = der.data();
  PkcsPtr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (!info || at != der.data() + der.size()) return nullptr;
  return PkeyPtr(EVP_PKCS82PKEY_ex(info.get(), nullptr, nullptr));
}

Outcome<SecretBytes> ToSpki(const Key& key) {
  ErrorScope errors;
  if (key.type() != KeyType::kPublic) return InvalidAccessError("Only public keys can be exported as \"spki\".");
  uint8_t* der = nullptr;
  int size = i2d_PUBKEY(key.pkey(), &der);
  if (size <= 0) return OperationError("The key could not be exported.");
  SecretBytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

Outcome<SecretBytes> ToPkcs8(const Key& key) {
  ErrorScope errors;
  if (key.type() != KeyType::kPrivate) return InvalidAccessError("Only private keys can be exported as \"pkcs8\".");
  PkcsPtr info(EVP_PKEY2PKCS8(key.pkey()));
  uint8_t* der = nullptr;
  int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der) : 0;
  if (size <= 0) return OperationError("The key could not be exported.");
  SecretBytes out(der, der + size);
  OPENSSL_clear_free(der, static_cast<size_t>(size));
  return out;
}

Outcome<GeneratedKey> MakePair(KeyAttributes attributes, PkeyPtr pkey, bool extractable, Usages usages,
                               Usages of_public, Usages of_private) {
  KeyPair pair;
  if (EVP_PKEY_up_ref(pkey.get()) != 1) return OperationError("The key could not be made.");
  // What a key is for is said by its type: the public one never gives away what it shares with the other.
  KeyAttributes public_attributes = attributes;
  public_attributes.type = KeyType::kPublic;
  public_attributes.extractable = true;
  public_attributes.usages = usages & of_public;
  pair.public_key = std::make_shared<const Key>(std::move(public_attributes), PkeyPtr(pkey.get()));
  attributes.type = KeyType::kPrivate;
  attributes.extractable = extractable;
  attributes.usages = usages & of_private;
  pair.private_key = std::make_shared<const Key>(std::move(attributes), std::move(pkey));
  return GeneratedKey(std::move(pair));
}

}  // namespace verge::crypto
