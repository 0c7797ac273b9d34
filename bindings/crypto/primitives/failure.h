// How cryptographic operations fail: with the name of the error that the Web Cryptography API asks for.
#ifndef BINDINGS_CRYPTO_PRIMITIVES_FAILURE_H_
#define BINDINGS_CRYPTO_PRIMITIVES_FAILURE_H_

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace verge::crypto {

enum class FailureKind : uint8_t {
  kOperation,      // OperationError: the operation itself failed
  kData,           // DataError: key material is not what it should be
  kNotSupported,   // NotSupportedError
  kInvalidAccess,  // InvalidAccessError: the key is not for this
  kSyntax,         // SyntaxError: usages
  kType,           // TypeError
};

struct Failure {
  FailureKind kind = FailureKind::kOperation;
  std::string message;
};

template <typename T = void>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> OperationError(std::string message) {
  return std::unexpected(Failure{FailureKind::kOperation, std::move(message)});
}
inline std::unexpected<Failure> DataError(std::string message) {
  return std::unexpected(Failure{FailureKind::kData, std::move(message)});
}
inline std::unexpected<Failure> NotSupportedError(std::string message) {
  return std::unexpected(Failure{FailureKind::kNotSupported, std::move(message)});
}
inline std::unexpected<Failure> InvalidAccessError(std::string message) {
  return std::unexpected(Failure{FailureKind::kInvalidAccess, std::move(message)});
}
inline std::unexpected<Failure> SyntaxError(std::string message) {
  return std::unexpected(Failure{FailureKind::kSyntax, std::move(message)});
}
inline std::unexpected<Failure> WrongType(std::string message) {
  return std::unexpected(Failure{FailureKind::kType, std::move(message)});
}

}  // namespace verge::crypto

#endif  // BINDINGS_CRYPTO_PRIMITIVES_FAILURE_H_
