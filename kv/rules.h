// What keys, values and options may be, with the texts that users of Workers KV know. Pure: no I/O, no state.
//
// An error's text is "KV <operation> failed: <status> <reason>", or a TypeError for key names that could never exist.
#ifndef KV_RULES_H_
#define KV_RULES_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "sqlite/error.h"

namespace verge::kv {

inline constexpr size_t kMaxKeyBytes = 512;
inline constexpr size_t kMaxValueBytes = 25 * 1024 * 1024;
inline constexpr size_t kMaxMetadataBytes = 1024;
inline constexpr size_t kMaxBulkBytes = 25 * 1024 * 1024;
inline constexpr size_t kMaxBulkKeys = 100;
inline constexpr int64_t kMaxListKeys = 1000;
inline constexpr int64_t kMinTtlSeconds = 60;
inline constexpr int64_t kMinCacheTtlSeconds = 30;

// The operation in an error's text.
inline constexpr std::string_view kGet = "GET";  // also of list()
inline constexpr std::string_view kGetBulk = "GET_BULK";
inline constexpr std::string_view kPut = "PUT";
inline constexpr std::string_view kDelete = "DELETE";

struct Refusal {
  bool type_error = false;
  std::string message;
};

// Nothing: it is fine.
using Check = std::optional<Refusal>;

// "KV PUT failed: 413 …".
Refusal Failed(std::string_view operation, int status, std::string_view reason);
// Of the storage: a full disk, a damaged file. Says no more than a worker should know; the whole text is for a log.
Refusal Failed(std::string_view operation, const sqlite::Error& error);

// `key` is UTF-8.
Check CheckKey(std::string_view operation, std::string_view key);
// One of several keys of an operation.
Check CheckBulkKey(std::string_view operation, std::string_view key);
Check CheckBulkCount(std::string_view operation, size_t count);

Check CheckCacheTtl(std::string_view operation, int64_t seconds);

// The second at which an entry expires; 0: never. `ttl` wins over `expiration`.
std::expected<int64_t, Refusal> ResolveExpiration(int64_t now, std::optional<int64_t> expiration,
                                                  std::optional<int64_t> ttl);

// `json` is the metadata's text.
Check CheckMetadata(std::string_view json);
Check CheckValueSize(uint64_t bytes);

// 0 or less: the default. `prefix` is UTF-8.
Check CheckList(int64_t limit, std::string_view prefix);

// Whether text from outside (a command line, a file) is UTF-8.
bool IsUtf8(std::string_view text);

}  // namespace verge::kv

#endif  // KV_RULES_H_
