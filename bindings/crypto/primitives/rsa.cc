// RSASSA-PKCS1-v1_5, RSA-PSS and RSA-OAEP (RFC 8017).

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <string>
#include <utility>

#include "bindings/crypto/primitives/asymmetric.h"
#include "bindings/crypto/primitives/text.h"

namespace verge::crypto {
namespace {

constexpr size_t kMaxExponentSize = 8;

Usages PublicUsages(AlgorithmId id) { return id == AlgorithmId::kRsaOaep ? kEncrypt | kWrapKey : kVerify; }
Usages PrivateUsages(AlgorithmId id) { return id == AlgorithmId::kRsaOaep ? kDecrypt | kUnwrapKey : kSign; }

// "RS256", "PS1", "RSA-OAEP-512". Nothing fits a JSON Web Key with another.
std::string JwkAlgorithm(AlgorithmId id, Hash hash) {
  std::string bits(HashName(hash).substr(4));
  switch (id) {
    case AlgorithmId::kRsaSsa:
      return "RS" + bits;
    case AlgorithmId::kRsaPss:
      return "PS" + bits;
    default:
      return hash == Hash::kSha1 ? "RSA-OAEP" : "RSA-OAEP-" + bits;
  }
}

SecretBytes BnBytes(const BIGNUM* number) {
  SecretBytes bytes(static_cast<size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, bytes.data());
  return bytes;
}

BnPtr GetNumber(const EVP_PKEY* pkey, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(pkey, name, &number);
  return BnPtr(number);
}

// Odd, at least 3, and not so long that every verification is slow.
bool IsFitExponent(const BIGNUM* e) {
  return BN_is_odd(e) && !BN_is_one(e) && !BN_is_negative(e) && BN_num_bytes(e) <= static_cast<int>(kMaxExponentSize);
}

// What OpenSSL's decoders do not look at. The private numbers are only taken for what they are used as.
Outcome<> CheckNumbers(EVP_PKEY* pkey, KeyAttributes* attributes) {
  BnPtr n = GetNumber(pkey, OSSL_PKEY_PARAM_RSA_N);
  BnPtr e = GetNumber(pkey, OSSL_PKEY_PARAM_RSA_E);
  if (!n || !e || !BN_is_odd(n.get()) || !IsFitExponent(e.get())) return DataError("The RSA key is invalid.");
  auto bits = static_cast<uint32_t>(BN_num_bits(n.get()));
  if (bits < kMinRsaModulus || bits > kMaxRsaModulus) {
    return DataError("RSA keys of " + std::to_string(bits) + " bits are not supported.");
  }
  if (attributes->type == KeyType::kPrivate) {
    BnPtr d = GetNumber(pkey, OSSL_PKEY_PARAM_RSA_D);
    BnPtr p = GetNumber(pkey, OSSL_PKEY_PARAM_RSA_FACTOR1);
    BnPtr q = GetNumber(pkey, OSSL_PKEY_PARAM_RSA_FACTOR2);
    BnPtr r = GetNumber(pkey, OSSL_PKEY_PARAM_RSA_FACTOR3);
    BnPtr product(BN_new());
    BnCtxPtr context(BN_CTX_new());
    if (r) return NotSupportedError("RSA keys with more than two primes are not supported.");
    if (!d || !p || !q || !product || !context || BN_is_zero(d.get()) || BN_ucmp(d.get(), n.get()) >= 0 ||
        BN_num_bits(p.get()) > static_cast<int>(bits) || BN_num_bits(q.get()) > static_cast<int>(bits) ||
        BN_mul(product.get(), p.get(), q.get(), context.get()) != 1 || BN_cmp(product.get(), n.get()) != 0) {
      return DataError("The RSA key is invalid.");
    }
  }
  attributes->modulus_length = bits;
  attributes->public_exponent = BnBytes(e.get());
  return {};
}

Outcome<PkeyPtr> FromJwk(const Jwk& jwk) {
  struct Number {
    const std::optional<SecretText> Jwk::* member;
    std::string_view name;
    const char* param;
  };
  static constexpr Number kNumbers[] = {
      {&Jwk::n, "n", OSSL_PKEY_PARAM_RSA_N},           {&Jwk::e, "e", OSSL_PKEY_PARAM_RSA_E},
      {&Jwk::d, "d", OSSL_PKEY_PARAM_RSA_D},           {&Jwk::p, "p", OSSL_PKEY_PARAM_RSA_FACTOR1},
      {&Jwk::q, "q", OSSL_PKEY_PARAM_RSA_FACTOR2},     {&Jwk::dp, "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
      {&Jwk::dq, "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {&Jwk::qi, "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
  };
  if (jwk.has_oth) return NotSupportedError("RSA keys with more than two primes are not supported.");
  const size_t count = jwk.d ? std::size(kNumbers) : 2;
  ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  BnPtr numbers[std::size(kNumbers)];
  for (size_t i = 0; i < count; ++i) {
    Outcome<SecretBytes> bytes = JwkBytes(jwk.*kNumbers[i].member, kNumbers[i].name);
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->size() > kMaxRsaModulus / 8) return DataError("The RSA key is too long.");
    numbers[i].reset(BN_bin2bn(bytes->data(), static_cast<int>(bytes->size()), nullptr));
    if (!builder || !numbers[i] || OSSL_PARAM_BLD_push_BN(builder.get(), kNumbers[i].param, numbers[i].get()) != 1) {
      return DataError("The RSA key is invalid.");
    }
  }
  ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* pkey = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &pkey, jwk.d ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return DataError("The RSA key is invalid.");
  }
  return PkeyPtr(pkey);
}

// Padding and hash of a signature.
bool SetSignature(EVP_PKEY_CTX* context, const Params& params, const Key& key) {
  if (key.id() == AlgorithmId::kRsaSsa) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  return params.salt_length <= kMaxRsaModulus && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, static_cast<int>(params.salt_length)) == 1;
}

bool SetOaep(EVP_PKEY_CTX* context, const Params& params, const Key& key) {
  const EVP_MD* md = Md(*key.attributes().hash);
  if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_oaep_md(context, md) != 1 || EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) != 1) {
    return false;
  }
  if (params.label.empty()) return true;
  void* label = OPENSSL_memdup(params.label.data(), params.label.size());
  if (label && EVP_PKEY_CTX_set0_rsa_oaep_label(context, label, static_cast<int>(params.label.size())) == 1)
    return true;
  OPENSSL_free(label);
  return false;
}

}  // namespace

Outcome<GeneratedKey> GenerateRsa(const Params& params, bool extractable, Usages usages, const Budget& budget) {
  ErrorScope errors;
  const Usages of_public = PublicUsages(params.id);
  const Usages of_private = PrivateUsages(params.id);
  if (auto allowed = CheckUsages(usages, of_public | of_private); !allowed) return std::unexpected(allowed.error());
  if (params.modulus_length < kMinRsaModulus || params.modulus_length > kMaxRsaModulus ||
      params.modulus_length % 8 != 0) {
    return OperationError("RSA keys of " + std::to_string(params.modulus_length) + " bits are not supported.");
  }
  BnPtr e(BN_bin2bn(params.public_exponent.data(),
                    static_cast<int>(std::min<size_t>(params.public_exponent.size(), kMaxRsaModulus)), nullptr));
  if (!e || !IsFitExponent(e.get())) return OperationError("The \"publicExponent\" must be an odd number from 3.");
  if ((usages & of_private) == 0) return SyntaxError("The private key must have at least one usage.");

  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* pkey = nullptr;
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(params.modulus_length)) != 1 ||
      EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), e.get()) != 1) {
    return OperationError("The key could not be generated.");
  }
  EVP_PKEY_CTX_set_app_data(context.get(), const_cast<Budget*>(&budget));
  EVP_PKEY_CTX_set_cb(context.get(), [](EVP_PKEY_CTX* each) {
    return static_cast<const Budget*>(EVP_PKEY_CTX_get_app_data(each))->exhausted() ? 0 : 1;
  });
  if (EVP_PKEY_generate(context.get(), &pkey) != 1) return OperationError("The key could not be generated.");
  KeyAttributes attributes{.id = params.id, .hash = params.hash};
  attributes.modulus_length = params.modulus_length;
  attributes.public_exponent = BnBytes(e.get());
  return MakePair(std::move(attributes), PkeyPtr(pkey), extractable, usages, of_public, of_private);
}

Outcome<KeyRef> ImportRsa(Format format, const KeyData& data, const Params& params, bool extractable, Usages usages) {
  ErrorScope errors;
  KeyAttributes attributes{.id = params.id, .hash = params.hash, .extractable = extractable, .usages = usages};
  const Jwk* jwk = std::get_if<Jwk>(&data);
  if (format == Format::kRaw) return NotSupportedError("RSA keys cannot be imported as \"raw\".");
  const bool is_private = jwk ? jwk->d.has_value() : format == Format::kPkcs8;
  attributes.type = is_private ? KeyType::kPrivate : KeyType::kPublic;
  if (auto allowed = CheckUsages(usages, is_private ? PrivateUsages(params.id) : PublicUsages(params.id)); !allowed) {
    return std::unexpected(allowed.error());
  }
  PkeyPtr pkey;
  if (jwk) {
    const char* use = params.id == AlgorithmId::kRsaOaep ? "enc" : "sig";
    if (auto checked = CheckJwk(*jwk, "RSA", use, extractable, usages); !checked) {
      return std::unexpected(checked.error());
    }
    if (jwk->alg && std::string_view(*jwk->alg) != JwkAlgorithm(params.id, *params.hash)) {
      return DataError("The JSON Web Key's \"alg\" does not fit the algorithm.");
    }
    Outcome<PkeyPtr> made = FromJwk(*jwk);
    if (!made) return std::unexpected(made.error());
    pkey = *std::move(made);
  } else {
    const SecretBytes& der = std::get<SecretBytes>(data);
    pkey = is_private ? PrivateKeyFromDer(der) : PublicKeyFromDer(der);
    if (!pkey || EVP_PKEY_get_base_id(pkey.get()) != EVP_PKEY_RSA) return DataError("This is not an RSA key.");
  }
  if (auto checked = CheckNumbers(pkey.get(), &attributes); !checked) return std::unexpected(checked.error());
  if (is_private && usages == 0) return SyntaxError("A private key must have at least one usage.");
  return std::make_shared<const Key>(std::move(attributes), std::move(pkey));
}

Outcome<Jwk> RsaToJwk(const Key& key) {
  ErrorScope errors;
  Jwk jwk;
  jwk.kty = "RSA";
  jwk.alg = JwkAlgorithm(key.id(), *key.attributes().hash);
  struct Number {
    std::optional<SecretText> Jwk::* member;
    const char* param;
  };
  static constexpr Number kNumbers[] = {
      {&Jwk::n, OSSL_PKEY_PARAM_RSA_N},          {&Jwk::e, OSSL_PKEY_PARAM_RSA_E},
      {&Jwk::d, OSSL_PKEY_PARAM_RSA_D},          {&Jwk::p, OSSL_PKEY_PARAM_RSA_FACTOR1},
      {&Jwk::q, OSSL_PKEY_PARAM_RSA_FACTOR2},    {&Jwk::dp, OSSL_PKEY_PARAM_RSA_EXPONENT1},
      {&Jwk::dq, OSSL_PKEY_PARAM_RSA_EXPONENT2}, {&Jwk::qi, OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
  };
  const size_t count = key.type() == KeyType::kPrivate ? std::size(kNumbers) : 2;
  for (size_t i = 0; i < count; ++i) {
    BnPtr number = GetNumber(key.pkey(), kNumbers[i].param);
    if (!number) return OperationError("The key could not be exported.");
    jwk.*kNumbers[i].member = JwkText(BnBytes(number.get()));
  }
  return jwk;
}

Outcome<SecretBytes> RsaSign(const Params& params, const Key& key, Bytes data) {
  ErrorScope errors;
  MdCtxPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* pkey_context = nullptr;
  SecretBytes signature(static_cast<size_t>(EVP_PKEY_get_size(key.pkey())));
  size_t size = signature.size();
  if (!context ||
      EVP_DigestSignInit(context.get(), &pkey_context, Md(*key.attributes().hash), nullptr, key.pkey()) != 1 ||
      !SetSignature(pkey_context, params, key) ||
      EVP_DigestSign(context.get(), signature.data(), &size, data.data(), data.size()) != 1) {
    return OperationError("Signing failed.");
  }
  signature.resize(size);
  return signature;
}

Outcome<bool> RsaVerify(const Params& params, const Key& key, Bytes signature, Bytes data) {
  ErrorScope errors;
  MdCtxPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* pkey_context = nullptr;
  if (!context ||
      EVP_DigestVerifyInit(context.get(), &pkey_context, Md(*key.attributes().hash), nullptr, key.pkey()) != 1) {
    return OperationError("Verification failed.");
  }
  if (!SetSignature(pkey_context, params, key)) return false;
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), data.data(), data.size()) == 1;
}

Outcome<SecretBytes> RsaEncrypt(const Params& params, const Key& key, Bytes data) {
  ErrorScope errors;
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.pkey(), nullptr));
  SecretBytes out(static_cast<size_t>(EVP_PKEY_get_size(key.pkey())));
  size_t size = out.size();
  if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 || !SetOaep(context.get(), params, key) ||
      EVP_PKEY_encrypt(context.get(), out.data(), &size, data.data(), data.size()) != 1) {
    return OperationError("Encryption failed.");
  }
  out.resize(size);
  return out;
}

Outcome<SecretBytes> RsaDecrypt(const Params& params, const Key& key, Bytes data) {
  ErrorScope errors;
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.pkey(), nullptr));
  SecretBytes out(static_cast<size_t>(EVP_PKEY_get_size(key.pkey())));
  size_t size = out.size();
  if (!context || EVP_PKEY_decrypt_init(context.get()) != 1 || !SetOaep(context.get(), params, key) ||
      EVP_PKEY_decrypt(context.get(), out.data(), &size, data.data(), data.size()) != 1) {
    return OperationError("Decryption failed.");
  }
  out.resize(size);
  return out;
}

}  // namespace verge::crypto
