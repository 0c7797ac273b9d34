#include "kv/cursor.h"

#include <array>
#include <cstdint>

#include "kv/rules.h"

namespace verge::kv {
namespace {

// base64url of: a version, a checksum of four bytes, the key.
constexpr char kVersion = 1;
constexpr size_t kHeaderBytes = 5;
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr auto kDigits = [] {
  std::array<int8_t, 256> digits{};
  digits.fill(-1);
  for (size_t i = 0; i < kAlphabet.size(); ++i) digits[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
  return digits;
}();

// FNV-1a: against truncation and typing errors, not against people.
uint32_t Checksum(std::string_view key) {
  uint32_t hash = 2166136261u;
  for (char c : key) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
  return hash;
}

std::string Header(std::string_view key) {
  uint32_t sum = Checksum(key);
  return {kVersion, static_cast<char>(sum >> 24), static_cast<char>(sum >> 16), static_cast<char>(sum >> 8),
          static_cast<char>(sum)};
}

}  // namespace

std::string EncodeCursor(std::string_view key) {
  const std::string bytes = Header(key) + std::string(key);
  std::string out;
  out.reserve(bytes.size() * 4 / 3 + 3);
  uint32_t bits = 0;
  int count = 0;
  for (char c : bytes) {
    bits = bits << 8 | static_cast<uint8_t>(c);
    for (count += 8; count >= 6; count -= 6) out += kAlphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) out += kAlphabet[bits << (6 - count) & 63];
  return out;
}

std::optional<std::string> DecodeCursor(std::string_view cursor) {
  if (cursor.size() > (kHeaderBytes + kMaxKeyBytes) * 4 / 3 + 3) return std::nullopt;
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (char c : cursor) {
    int digit = kDigits[static_cast<uint8_t>(c)];
    if (digit < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  if (bytes.size() <= kHeaderBytes || bytes.size() > kHeaderBytes + kMaxKeyBytes) return std::nullopt;
  std::string key = bytes.substr(kHeaderBytes);
  // One text for each place: what is not what would have been made is refused, unused bits included.
  if (!IsUtf8(key) || EncodeCursor(key) != cursor) return std::nullopt;
  return key;
}

}  // namespace verge::kv
