#include "kv/rules.h"

#include <format>

namespace verge::kv {

Refusal Failed(std::string_view operation, int status, std::string_view reason) {
  return {false, std::format("KV {} failed: {} {}", operation, status, reason)};
}

Refusal Failed(std::string_view operation, const sqlite::Error& error) {
  if (error.full()) return Failed(operation, 507, "Insufficient Storage");
  if (error.code == sqlite::kOverloaded) return Failed(operation, 429, "Too Many Requests");
  if (error.busy() || error.code == sqlite::kClosed) return Failed(operation, 503, "Service Unavailable");
  return Failed(operation, 500, "Internal Server Error");
}

namespace {

Check CheckKeyLength(std::string_view operation, std::string_view key) {
  if (key.size() <= kMaxKeyBytes) return {};
  return Failed(operation, 414,
                std::format("UTF-8 encoded length of {} exceeds key length limit of {}.", key.size(), kMaxKeyBytes));
}

}  // namespace

Check CheckKey(std::string_view operation, std::string_view key) {
  if (key.empty()) return Refusal{true, "Key name cannot be empty."};
  if (key == "." || key == "..") return Refusal{true, std::format("\"{}\" is not allowed as a key name.", key)};
  return CheckKeyLength(operation, key);
}

Check CheckBulkKey(std::string_view operation, std::string_view key) {
  if (key.empty()) return Failed(operation, 400, "Key names must not be empty");
  if (key == "." || key == "..") {
    return Failed(operation, 400, std::format("Illegal key name \"{}\". Please use a different name.", key));
  }
  return CheckKeyLength(operation, key);
}

Check CheckBulkCount(std::string_view operation, size_t count) {
  if (operation == kDelete) {
    if (count <= kMaxBulkKeys) return {};
    return Failed(operation, 400, std::format("You can delete maximum of {} keys per request", kMaxBulkKeys));
  }
  if (count > kMaxBulkKeys) {
    return Failed(operation, 400, std::format("You can request a maximum of {} keys", kMaxBulkKeys));
  }
  if (count < 1) return Failed(operation, 400, "You must request a minimum of 1 key");
  return {};
}

Check CheckCacheTtl(std::string_view operation, int64_t seconds) {
  if (seconds >= kMinCacheTtlSeconds) return {};
  return Failed(operation, 400,
                std::format("Invalid cache_ttl of {}. Cache TTL must be at least {}.", seconds, kMinCacheTtlSeconds));
}

std::expected<int64_t, Refusal> ResolveExpiration(int64_t now, std::optional<int64_t> expiration,
                                                  std::optional<int64_t> ttl) {
  auto invalid = [](std::string_view what, int64_t value, std::string_view reason) {
    return std::unexpected(Failed(kPut, 400, std::format("Invalid {} of {}. {}", what, value, reason)));
  };
  if (ttl) {
    if (*ttl <= 0) return invalid("expiration_ttl", *ttl, "Please specify integer greater than 0.");
    if (*ttl < kMinTtlSeconds) {
      return invalid("expiration_ttl", *ttl, std::format("Expiration TTL must be at least {}.", kMinTtlSeconds));
    }
    return now + *ttl;
  }
  if (!expiration) return 0;
  if (*expiration <= now) {
    return invalid("expiration", *expiration,
                   "Please specify integer greater than the current number of seconds since the UNIX epoch.");
  }
  if (*expiration < now + kMinTtlSeconds) {
    return invalid("expiration", *expiration,
                   std::format("Expiration times must be at least {} seconds in the future.", kMinTtlSeconds));
  }
  return *expiration;
}

Check CheckMetadata(std::string_view json) {
  if (json.size() <= kMaxMetadataBytes) return {};
  return Failed(kPut, 413, std::format("Metadata length of {} exceeds limit of {}.", json.size(), kMaxMetadataBytes));
}

Check CheckValueSize(uint64_t bytes) {
  if (bytes <= kMaxValueBytes) return {};
  return Failed(kPut, 413, std::format("Value length of {} exceeds limit of {}.", bytes, kMaxValueBytes));
}

Check CheckList(int64_t limit, std::string_view prefix) {
  if (limit > kMaxListKeys) {
    return Failed(
        kGet, 400,
        std::format("Invalid key_count_limit of {}. Please specify an integer less than {}.", limit, kMaxListKeys));
  }
  return CheckKeyLength(kGet, prefix);
}

bool IsUtf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    auto byte = [&](size_t at) { return at < text.size() ? static_cast<uint8_t>(text[at]) : 0u; };
    uint32_t lead = byte(i);
    size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (length == 0) return false;
    uint32_t point = length == 1 ? lead : lead & (0x7Fu >> length);
    for (size_t k = 1; k < length; ++k) {
      if (byte(i + k) >> 6 != 2) return false;
      point = point << 6 | (byte(i + k) & 0x3F);
    }
    static constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    i += length;
  }
  return true;
}

}  // namespace verge::kv
