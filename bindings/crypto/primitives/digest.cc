#include "bindings/crypto/primitives/digest.h"

#include "bindings/crypto/primitives/text.h"

namespace verge::crypto {
namespace {

struct HashInfo {
  std::string_view name;
  const char* openssl_name;
  uint8_t digest_size;
  uint8_t block_size;
};
constexpr HashInfo kHashes[kHashCount] = {
    {"SHA-1", "SHA1", 20, 64},        {"SHA-256", "SHA2-256", 32, 64}, {"SHA-384", "SHA2-384", 48, 128},
    {"SHA-512", "SHA2-512", 64, 128}, {"MD5", "MD5", 16, 64},
};

const HashInfo& Info(Hash hash) { return kHashes[static_cast<size_t>(hash)]; }

}  // namespace

std::string_view HashName(Hash hash) { return Info(hash).name; }

std::optional<Hash> FindHash(std::string_view name) {
  for (size_t i = 0; i < kHashCount; ++i) {
    if (EqualIgnoringCase(name, kHashes[i].name)) return static_cast<Hash>(i);
  }
  return std::nullopt;
}

size_t DigestSize(Hash hash) { return Info(hash).digest_size; }
size_t BlockSize(Hash hash) { return Info(hash).block_size; }

const EVP_MD* Md(Hash hash) {
  static const auto* fetched = [] {
    auto* all = new std::array<EVP_MD*, kHashCount>();
    for (size_t i = 0; i < kHashCount; ++i) (*all)[i] = EVP_MD_fetch(nullptr, kHashes[i].openssl_name, nullptr);
    return all;
  }();
  return (*fetched)[static_cast<size_t>(hash)];
}

EVP_MD_CTX* ThreadContext(Hash hash) {
  thread_local std::array<MdCtxPtr, kHashCount> contexts;
  MdCtxPtr& context = contexts[static_cast<size_t>(hash)];
  if (!context) [[unlikely]]
    context.reset(EVP_MD_CTX_new());
  return context.get();
}

std::optional<DigestValue> Digest(Hash hash, Bytes data) {
  EVP_MD_CTX* context = ThreadContext(hash);
  DigestValue value;
  if (!context || EVP_DigestInit_ex2(context, Md(hash), nullptr) != 1 ||
      EVP_DigestUpdate(context, data.data(), data.size()) != 1 ||
      EVP_DigestFinal_ex(context, value.bytes_.data(), &value.size_) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  return value;
}

Hasher::Hasher(Hash hash) : context_(EVP_MD_CTX_new()) {
  if (context_ && EVP_DigestInit_ex2(context_.get(), Md(hash), nullptr) != 1) context_.reset();
}

bool Hasher::Update(Bytes data) { return context_ && EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1; }

std::optional<DigestValue> Hasher::Finish() {
  DigestValue value;
  if (!context_ || EVP_DigestFinal_ex(context_.get(), value.bytes_.data(), &value.size_) != 1) return std::nullopt;
  context_.reset();
  return value;
}

bool ConstantTimeEqual(Bytes a, Bytes b) { return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

}  // namespace verge::crypto
