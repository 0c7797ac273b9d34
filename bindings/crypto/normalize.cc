#include "bindings/crypto/normalize.h"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "bindings/crypto/crypto_key.h"
#include "bindings/crypto/property_names.h"

namespace verge::bindings {
namespace {

using crypto::AlgorithmId;
using crypto::Params;

enum class Kind : uint8_t {
  kBuffer,      // BufferSource
  kBigInteger,  // Uint8Array
  kHash,        // HashAlgorithmIdentifier
  kKey,         // CryptoKey
  kOctet,       // [EnforceRange] octet
  kUnsignedShort,
  kUnsignedLong,
  kText,  // DOMString
};

struct MemberSpec {
  CryptoName name;
  Kind kind;
  bool required = true;
};
using Members = std::span<const MemberSpec>;

// The dictionaries of parameters: members in the order in which they are read, after `name`.
constexpr MemberSpec kRsaHashedKeyGen[] = {{CryptoName::kModulusLength, Kind::kUnsignedLong},
                                           {CryptoName::kPublicExponent, Kind::kBigInteger},
                                           {CryptoName::kHash, Kind::kHash}};
constexpr MemberSpec kHashOnly[] = {{CryptoName::kHash, Kind::kHash}};
constexpr MemberSpec kRsaPss[] = {{CryptoName::kSaltLength, Kind::kUnsignedLong}};
constexpr MemberSpec kRsaOaep[] = {{CryptoName::kLabel, Kind::kBuffer, false}};
constexpr MemberSpec kEc[] = {{CryptoName::kNamedCurve, Kind::kText}};
constexpr MemberSpec kDerive[] = {{CryptoName::kPublic, Kind::kKey}};
constexpr MemberSpec kAesCtr[] = {{CryptoName::kCounter, Kind::kBuffer}, {CryptoName::kLength, Kind::kOctet}};
constexpr MemberSpec kAesCbc[] = {{CryptoName::kIv, Kind::kBuffer}};
constexpr MemberSpec kAesGcm[] = {{CryptoName::kAdditionalData, Kind::kBuffer, false},
                                  {CryptoName::kIv, Kind::kBuffer},
                                  {CryptoName::kTagLength, Kind::kOctet, false}};
constexpr MemberSpec kAesKey[] = {{CryptoName::kLength, Kind::kUnsignedShort}};
constexpr MemberSpec kHmacKey[] = {{CryptoName::kHash, Kind::kHash}, {CryptoName::kLength, Kind::kUnsignedLong, false}};
constexpr MemberSpec kHkdf[] = {
    {CryptoName::kHash, Kind::kHash}, {CryptoName::kInfo, Kind::kBuffer}, {CryptoName::kSalt, Kind::kBuffer}};
constexpr MemberSpec kPbkdf2[] = {{CryptoName::kHash, Kind::kHash},
                                  {CryptoName::kIterations, Kind::kUnsignedLong},
                                  {CryptoName::kSalt, Kind::kBuffer}};

// https://w3c.github.io/webcrypto/#algorithm-overview. Nothing: the algorithm does not support the operation.
std::optional<Members> MembersOf(CryptoOperation operation, AlgorithmId id) {
  constexpr Members kNone;
  const bool signs_okp = crypto::IsOkp(id) && id != AlgorithmId::kX25519 && id != AlgorithmId::kX448;
  switch (operation) {
    case CryptoOperation::kWrapKey:
    case CryptoOperation::kUnwrapKey:
      if (id == AlgorithmId::kAesKw) return kNone;
      [[fallthrough]];
    case CryptoOperation::kEncrypt:
    case CryptoOperation::kDecrypt:
      if (id == AlgorithmId::kRsaOaep) return kRsaOaep;
      if (id == AlgorithmId::kAesCtr) return kAesCtr;
      if (id == AlgorithmId::kAesCbc) return kAesCbc;
      if (id == AlgorithmId::kAesGcm) return kAesGcm;
      return std::nullopt;
    case CryptoOperation::kSign:
    case CryptoOperation::kVerify:
      if (id == AlgorithmId::kRsaPss) return kRsaPss;
      if (id == AlgorithmId::kEcdsa) return kHashOnly;
      if (id == AlgorithmId::kRsaSsa || id == AlgorithmId::kHmac || signs_okp) return kNone;
      return std::nullopt;
    case CryptoOperation::kGenerateKey:
      if (crypto::IsRsa(id)) return kRsaHashedKeyGen;
      if (crypto::IsEc(id)) return kEc;
      if (crypto::IsOkp(id)) return kNone;
      if (crypto::IsAes(id)) return kAesKey;
      if (id == AlgorithmId::kHmac) return kHmacKey;
      return std::nullopt;
    case CryptoOperation::kDeriveBits:
      if (id == AlgorithmId::kHkdf) return kHkdf;
      if (id == AlgorithmId::kPbkdf2) return kPbkdf2;
      if (id == AlgorithmId::kEcdh || (crypto::IsOkp(id) && !signs_okp)) return kDerive;
      return std::nullopt;
    case CryptoOperation::kImportKey:
      if (crypto::IsRsa(id)) return kHashOnly;
      if (crypto::IsEc(id)) return kEc;
      if (id == AlgorithmId::kHmac) return kHmacKey;
      return kNone;
    case CryptoOperation::kGetKeyLength:
      if (crypto::IsAes(id)) return kAesKey;
      if (id == AlgorithmId::kHmac) return kHmacKey;
      if (id == AlgorithmId::kHkdf || id == AlgorithmId::kPbkdf2) return kNone;
      return std::nullopt;
  }
  return std::nullopt;
}
constexpr size_t kMaxMembers = 3;

// A name that is short and of one byte for each character, as all known ones are; else empty.
class ShortName {
 public:
  ShortName(v8::Isolate* isolate, v8::Local<v8::String> name) {
    if (name->Length() > static_cast<int>(text_.size()) || !name->ContainsOnlyOneByte()) return;
    size_ = static_cast<uint32_t>(name->Length());
    name->WriteOneByteV2(isolate, 0, size_, reinterpret_cast<uint8_t*>(text_.data()));
  }
  [[nodiscard]] std::string_view get() const { return {text_.data(), size_}; }

 private:
  std::array<char, 24> text_;
  uint32_t size_ = 0;
};

std::unexpected<Error> Unrecognized(Cx& cx, v8::Local<v8::String> name) {
  std::string text = ToUtf8(cx.isolate, name);
  if (text.size() > 100) text.resize(100);
  return DomError("NotSupportedError",
                  cx.Where() + ": Unrecognized or unimplemented algorithm \"" + text + "\" requested.");
}

bool ThrowMissing(Cx& cx, std::string_view member) {
  return cx.ThrowTypeError("The algorithm's \"" + std::string(member) + "\" is missing.");
}

// Algorithm, whose only member is read by all.
bool ReadName(Cx& cx, AlgorithmIdentifier algorithm, v8::Local<v8::String>* out) {
  if (algorithm.value->IsString()) {
    *out = algorithm.value.As<v8::String>();
    return true;
  }
  v8::Local<v8::Value> value;
  if (!algorithm.value.As<v8::Object>()->Get(cx.context, cx.realm().name(Name::kName)).ToLocal(&value)) return false;
  if (value->IsUndefined()) return ThrowMissing(cx, "name");
  return Convert<DomString>::From(cx, value, out);
}

Result<crypto::Hash> ReadHash(Cx& cx, AlgorithmIdentifier algorithm, bool with_md5) {
  v8::Local<v8::String> name;
  if (!ReadName(cx, algorithm, &name)) return Pending();
  std::optional<crypto::Hash> hash = crypto::FindHash(ShortName(cx.isolate, name).get());
  if (!hash || (*hash == crypto::Hash::kMd5 && !with_md5)) return Unrecognized(cx, name);
  return *hash;
}

template <typename T>
bool ReadNumber(Cx& cx, v8::Local<v8::Value> value, uint32_t* out) {
  EnforceRange<T> number;
  if (!Convert<EnforceRange<T>>::From(cx, value, &number)) return false;
  *out = number.value;
  return true;
}

crypto::SecretBytes& BufferOf(Params& params, CryptoName name) {
  switch (name) {
    case CryptoName::kAdditionalData:
      return params.additional_data;
    case CryptoName::kInfo:
      return params.info;
    case CryptoName::kLabel:
      return params.label;
    case CryptoName::kSalt:
      return params.salt;
    case CryptoName::kPublicExponent:
      return params.public_exponent;
    default:
      return params.iv;
  }
}

void SetNumber(Params* params, CryptoName name, uint32_t number) {
  switch (name) {
    case CryptoName::kIterations:
      params->iterations = number;
      break;
    case CryptoName::kModulusLength:
      params->modulus_length = number;
      break;
    case CryptoName::kSaltLength:
      params->salt_length = number;
      break;
    case CryptoName::kTagLength:
      params->tag_length = number;
      break;
    default:
      params->length = number;
  }
}

// The conversion of one member to its IDL type. Buffers and hashes are only accepted here, and looked at later.
bool ConvertMember(Cx& cx, const MemberSpec& member, v8::Local<v8::Value> value, v8::Local<v8::Value>* kept,
                   Params* params) {
  uint32_t number = 0;
  switch (member.kind) {
    case Kind::kBuffer: {
      BufferSource source;
      if (!Convert<BufferSource>::From(cx, value, &source)) return false;
      *kept = source.object;
      return true;
    }
    case Kind::kBigInteger:
      if (!value->IsUint8Array()) return ThrowNotOfType(cx, "Uint8Array");
      *kept = value;
      return true;
    case Kind::kHash: {
      AlgorithmIdentifier hash;
      if (!Convert<AlgorithmIdentifier>::From(cx, value, &hash)) return false;
      *kept = hash.value;
      return true;
    }
    case Kind::kKey: {
      CryptoKey* key = nullptr;
      if (!Convert<CryptoKey*>::From(cx, value, &key)) return false;
      params->public_key = key->key();
      return true;
    }
    case Kind::kOctet:
      if (!ReadNumber<uint8_t>(cx, value, &number)) return false;
      SetNumber(params, member.name, number);
      return true;
    case Kind::kUnsignedShort:
      if (!ReadNumber<uint16_t>(cx, value, &number)) return false;
      SetNumber(params, member.name, number);
      return true;
    case Kind::kUnsignedLong:
      if (!ReadNumber<uint32_t>(cx, value, &number)) return false;
      SetNumber(params, member.name, number);
      return true;
    case Kind::kText:
      return Convert<std::string>::From(cx, value, &params->named_curve);
  }
  return false;
}

}  // namespace

Result<crypto::Hash> NormalizeDigest(Cx& cx, AlgorithmIdentifier algorithm) { return ReadHash(cx, algorithm, true); }

Result<Params> Normalize(Cx& cx, CryptoOperation operation, AlgorithmIdentifier algorithm) {
  v8::Local<v8::String> name;
  if (!ReadName(cx, algorithm, &name)) return Pending();
  std::optional<AlgorithmId> id = crypto::FindAlgorithm(ShortName(cx.isolate, name).get());
  std::optional<Members> members = id ? MembersOf(operation, *id) : std::nullopt;
  if (!members) return Unrecognized(cx, name);

  Result<Params> params;
  params->id = *id;
  std::array<v8::Local<v8::Value>, kMaxMembers> kept;
  for (size_t i = 0; i < members->size(); ++i) {
    const MemberSpec& member = (*members)[i];
    v8::Local<v8::String> property = PropertyName(cx.isolate, member.name);
    v8::Local<v8::Value> value = v8::Undefined(cx.isolate);
    if (algorithm.value->IsObject() && !algorithm.value.As<v8::Object>()->Get(cx.context, property).ToLocal(&value)) {
      return Pending();
    }
    if (value->IsUndefined()) {
      if (!member.required) continue;
      ThrowMissing(cx, ToUtf8(cx.isolate, property));
      return Pending();
    }
    if (!ConvertMember(cx, member, value, &kept[i], &*params)) return Pending();
  }
  // Hashes are normalized and buffers copied when all members have been converted, in the same order.
  for (size_t i = 0; i < members->size(); ++i) {
    if (kept[i].IsEmpty()) continue;
    const MemberSpec& member = (*members)[i];
    if (member.kind == Kind::kHash) {
      Result<crypto::Hash> hash = ReadHash(cx, {kept[i]}, false);
      if (!hash) return std::unexpected(std::move(hash).error());
      params->hash = *hash;
    } else {
      BufferOf(*params, member.name) = BufferBytes(BufferSource{kept[i]}).Copy();
    }
  }
  return params;
}

}  // namespace verge::bindings
