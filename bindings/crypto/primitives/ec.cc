// ECDSA (FIPS 186-5) and the keys of ECDH, on P-256, P-384 and P-521.

#include <openssl/core_names.h>
#include <openssl/ec.h>

#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "bindings/crypto/primitives/asymmetric.h"
#include "bindings/crypto/primitives/text.h"

namespace verge::crypto {
namespace {

struct EcSigFreer {
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
using EcSigPtr = std::unique_ptr<ECDSA_SIG, EcSigFreer>;

struct CurveInfo {
  const char* group;       // OpenSSL's name
  size_t size;             // bytes of a coordinate, and of a number below the order
  std::string_view ecdsa;  // "alg" of a JSON Web Key for ECDSA
};
constexpr CurveInfo kCurves[] = {
    {SN_X9_62_prime256v1, 32, "ES256"}, {SN_secp384r1, 48, "ES384"}, {SN_secp521r1, 66, "ES512"}};

const CurveInfo& Info(Curve curve) { return kCurves[static_cast<size_t>(curve)]; }
size_t SizeOf(const Key& key) { return Info(*key.attributes().curve).size; }

Usages PublicUsages(AlgorithmId id) { return id == AlgorithmId::kEcdsa ? kVerify : 0; }
Usages PrivateUsages(AlgorithmId id) { return id == AlgorithmId::kEcdsa ? kSign : kDeriveKey | kDeriveBits; }

std::unexpected<Failure> InvalidKey() { return DataError("The elliptic curve key is invalid."); }

Outcome<Curve> CurveOf(const Params& params) {
  std::optional<Curve> curve = FindCurve(params.named_curve);
  if (!curve)
    return NotSupportedError("Unrecognized or unimplemented EC curve \"" + params.named_curve + "\" requested.");
  return *curve;
}

// From a point in one of the encodings of SEC 1, with the private number or without.
PkeyPtr FromNumbers(Curve curve, Bytes point, Bytes private_number) {
  const CurveInfo& info = Info(curve);
  ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  BnPtr number;
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, info.group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
    return nullptr;
  }
  if (!private_number.empty()) {
    number.reset(BN_bin2bn(private_number.data(), static_cast<int>(private_number.size()), nullptr));
    if (!number || OSSL_PARAM_BLD_push_BN_pad(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get(), info.size) != 1) {
      return nullptr;
    }
  }
  ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* pkey = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &pkey, private_number.empty() ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR,
                        params.get()) != 1) {
    return nullptr;
  }
  return PkeyPtr(pkey);
}

Outcome<PkeyPtr> FromJwk(const Jwk& jwk, Curve curve) {
  const CurveInfo& info = Info(curve);
  if (!jwk.crv || std::string_view(*jwk.crv) != CurveName(curve)) {
    return DataError("The JSON Web Key's \"crv\" does not fit the algorithm.");
  }
  Outcome<SecretBytes> x = JwkBytes(jwk.x, "x", info.size);
  if (!x) return std::unexpected(x.error());
  Outcome<SecretBytes> y = JwkBytes(jwk.y, "y", info.size);
  if (!y) return std::unexpected(y.error());
  SecretBytes d;
  if (jwk.d) {
    Outcome<SecretBytes> bytes = JwkBytes(jwk.d, "d", info.size);
    if (!bytes) return std::unexpected(bytes.error());
    d = *std::move(bytes);
  }
  SecretBytes point;
  point.reserve(1 + 2 * info.size);
  point.push_back(0x04);
  point.insert(point.end(), x->begin(), x->end());
  point.insert(point.end(), y->begin(), y->end());
  PkeyPtr pkey = FromNumbers(curve, point, d);
  if (!pkey) return InvalidKey();
  return pkey;
}

// That it is a valid key of this curve. Its point is exported in full from now on, however it came.
bool Accept(EVP_PKEY* pkey, Curve curve, bool is_private) {
  std::array<char, 32> group;
  size_t size = 0;
  int explicit_curve = 0;
  if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_EC ||
      EVP_PKEY_get_group_name(pkey, group.data(), group.size(), &size) != 1 ||
      std::string_view(group.data(), size) != Info(curve).group) {
    return false;
  }
  if (EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit_curve) == 1 &&
      explicit_curve != 0) {
    return false;
  }
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
  if (!context || EVP_PKEY_public_check_quick(context.get()) != 1) return false;
  if (is_private && (EVP_PKEY_private_check(context.get()) != 1 || EVP_PKEY_pairwise_check(context.get()) != 1)) {
    return false;
  }
  return EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed") == 1;
}

BnPtr GetNumber(const EVP_PKEY* pkey, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(pkey, name, &number);
  return BnPtr(number);
}

}  // namespace

Outcome<GeneratedKey> GenerateEc(const Params& params, bool extractable, Usages usages) {
  ErrorScope errors;
  const Usages of_public = PublicUsages(params.id);
  const Usages of_private = PrivateUsages(params.id);
  if (auto allowed = CheckUsages(usages, of_public | of_private); !allowed) return std::unexpected(allowed.error());
  Outcome<Curve> curve = CurveOf(params);
  if (!curve) return std::unexpected(curve.error());
  if ((usages & of_private) == 0) return SyntaxError("The private key must have at least one usage.");
  PkeyPtr pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", Info(*curve).group));
  if (!pkey) return OperationError("The key could not be generated.");
  KeyAttributes attributes{.id = params.id, .curve = *curve};
  return MakePair(std::move(attributes), std::move(pkey), extractable, usages, of_public, of_private);
}

Outcome<KeyRef> ImportEc(Format format, const KeyData& data, const Params& params, bool extractable, Usages usages) {
  ErrorScope errors;
  const Jwk* jwk = std::get_if<Jwk>(&data);
  const bool is_private = jwk ? jwk->d.has_value() : format == Format::kPkcs8;
  if (auto allowed = CheckUsages(usages, is_private ? PrivateUsages(params.id) : PublicUsages(params.id)); !allowed) {
    return std::unexpected(allowed.error());
  }
  Outcome<Curve> curve = CurveOf(params);
  if (!curve) return std::unexpected(curve.error());
  PkeyPtr pkey;
  if (jwk) {
    const char* use = params.id == AlgorithmId::kEcdsa ? "sig" : "enc";
    if (auto checked = CheckJwk(*jwk, "EC", use, extractable, usages); !checked) {
      return std::unexpected(checked.error());
    }
    if (params.id == AlgorithmId::kEcdsa && jwk->alg && std::string_view(*jwk->alg) != Info(*curve).ecdsa) {
      return DataError("The JSON Web Key's \"alg\" does not fit the curve.");
    }
    Outcome<PkeyPtr> made = FromJwk(*jwk, *curve);
    if (!made) return std::unexpected(made.error());
    pkey = *std::move(made);
  } else {
    const SecretBytes& bytes = std::get<SecretBytes>(data);
    if (format == Format::kRaw) {
      // Either encoding of a point, but not the point at infinity and not the hybrid form.
      const size_t size = Info(*curve).size;
      const bool full = bytes.size() == 1 + 2 * size && bytes[0] == 0x04;
      const bool compressed = bytes.size() == 1 + size && (bytes[0] == 0x02 || bytes[0] == 0x03);
      if (!full && !compressed) return InvalidKey();
      pkey = FromNumbers(*curve, bytes, {});
    } else {
      pkey = is_private ? PrivateKeyFromDer(bytes) : PublicKeyFromDer(bytes);
    }
  }
  if (!pkey || !Accept(pkey.get(), *curve, is_private)) return InvalidKey();
  if (is_private && usages == 0) return SyntaxError("A private key must have at least one usage.");
  KeyAttributes attributes{.id = params.id, .curve = *curve, .extractable = extractable, .usages = usages};
  attributes.type = is_private ? KeyType::kPrivate : KeyType::kPublic;
  return std::make_shared<const Key>(std::move(attributes), std::move(pkey));
}

Outcome<Jwk> EcToJwk(const Key& key) {
  ErrorScope errors;
  Jwk jwk;
  jwk.kty = "EC";
  jwk.crv = JwkText(CurveName(*key.attributes().curve));
  auto set = [&](std::optional<SecretText> Jwk::* member, const char* param) {
    BnPtr number = GetNumber(key.pkey(), param);
    SecretBytes bytes(SizeOf(key));
    if (!number || BN_bn2binpad(number.get(), bytes.data(), static_cast<int>(bytes.size())) < 0) return false;
    jwk.*member = JwkText(bytes);
    return true;
  };
  if (!set(&Jwk::x, OSSL_PKEY_PARAM_EC_PUB_X) || !set(&Jwk::y, OSSL_PKEY_PARAM_EC_PUB_Y) ||
      (key.type() == KeyType::kPrivate && !set(&Jwk::d, OSSL_PKEY_PARAM_PRIV_KEY))) {
    return OperationError("The key could not be exported.");
  }
  return jwk;
}

Outcome<SecretBytes> EcToRaw(const Key& key) {
  ErrorScope errors;
  SecretBytes point(1 + 2 * SizeOf(key));
  size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key.pkey(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &size) != 1 ||
      size != point.size()) {
    return OperationError("The key could not be exported.");
  }
  return point;
}

Outcome<SecretBytes> EcdsaSign(const Params& params, const Key& key, Bytes data) {
  ErrorScope errors;
  MdCtxPtr context(EVP_MD_CTX_new());
  std::array<uint8_t, 256> der;
  size_t size = der.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, Md(*params.hash), nullptr, key.pkey()) != 1 ||
      EVP_DigestSign(context.get(), der.data(), &size, data.data(), data.size()) != 1) {
    return OperationError("Signing failed.");
  }
  const uint8_t* at = der.data();
  EcSigPtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  const size_t half = SizeOf(key);
  SecretBytes out(2 * half);
  if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out.data(), static_cast<int>(half)) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out.data() + half, static_cast<int>(half)) < 0) {
    return OperationError("Signing failed.");
  }
  return out;
}

Outcome<bool> EcdsaVerify(const Params& params, const Key& key, Bytes signature, Bytes data) {
  ErrorScope errors;
  const size_t half = SizeOf(key);
  if (signature.size() != 2 * half) return false;
  BnPtr r(BN_bin2bn(signature.data(), static_cast<int>(half), nullptr));
  BnPtr s(BN_bin2bn(signature.data() + half, static_cast<int>(half), nullptr));
  EcSigPtr numbers(ECDSA_SIG_new());
  if (!r || !s || !numbers || ECDSA_SIG_set0(numbers.get(), r.get(), s.get()) != 1) {
    return OperationError("Verification failed.");
  }
  (void)r.release();
  (void)s.release();
  std::array<uint8_t, 256> der;
  uint8_t* at = der.data();
  int size = i2d_ECDSA_SIG(numbers.get(), nullptr);
  if (size <= 0 || static_cast<size_t>(size) > der.size()) return false;
  i2d_ECDSA_SIG(numbers.get(), &at);
  MdCtxPtr context(EVP_MD_CTX_new());
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, Md(*params.hash), nullptr, key.pkey()) != 1) {
    return OperationError("Verification failed.");
  }
  return EVP_DigestVerify(context.get(), der.data(), static_cast<size_t>(size), data.data(), data.size()) == 1;
}

// https://w3c.github.io/webcrypto/#ecdh-operations, "Derive Bits", and those of X25519 and X448.
Outcome<SecretBytes> Agree(const Params& params, const Key& key, std::optional<uint32_t> length) {
  ErrorScope errors;
  const Key& other = *params.public_key;
  if (key.type() != KeyType::kPrivate) return InvalidAccessError("The base key is not a private key.");
  if (other.type() != KeyType::kPublic) return InvalidAccessError("The \"public\" key is not a public key.");
  if (other.id() != key.id() || other.attributes().curve != key.attributes().curve) {
    return InvalidAccessError("The \"public\" key is of another algorithm or curve than the base key.");
  }
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.pkey(), nullptr));
  std::array<uint8_t, 96> secret;
  size_t size = secret.size();
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer_ex(context.get(), other.pkey(), 0) != 1 ||
      EVP_PKEY_derive(context.get(), secret.data(), &size) != 1) {
    return OperationError("The derivation failed.");
  }
  SecretBytes out(secret.begin(), secret.begin() + static_cast<ptrdiff_t>(size));
  OPENSSL_cleanse(secret.data(), secret.size());
  if (!length) return out;
  if (*length > size * 8)
    return OperationError("The shared secret has no more than " + std::to_string(size * 8) + " bits.");
  out.resize((*length + 7) / 8);
  if (*length % 8 != 0) out.back() &= static_cast<uint8_t>(0xff << (8 - *length % 8));
  return out;
}

}  // namespace verge::crypto
