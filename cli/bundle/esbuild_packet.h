// The values that esbuild's service and its host exchange, as bytes.
#ifndef CLI_BUNDLE_ESBUILD_PACKET_H_
#define CLI_BUNDLE_ESBUILD_PACKET_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace verge::cli {

struct PacketMember;

struct PacketValue {
  enum class Kind : uint8_t { kNull = 0, kBoolean = 1, kNumber = 2, kString = 3, kBytes = 4, kArray = 5, kObject = 6 };

  Kind kind = Kind::kNull;
  int64_t number = 0;  // kBoolean: 0 or 1
  std::string text;    // kString, kBytes
  std::vector<PacketValue> items;
  std::vector<PacketMember> members;

  static PacketValue Bool(bool value);
  static PacketValue Number(uint32_t value);
  static PacketValue String(std::string_view value);
  static PacketValue Array(std::vector<PacketValue> items);
  static PacketValue Object(std::vector<PacketMember> members);

  // A member, or a null value when there is none.
  [[nodiscard]] const PacketValue& operator[](std::string_view name) const;
};

struct PacketMember {
  std::string name;
  PacketValue value;
};

void AppendPacketValue(const PacketValue& value, std::string* out);
// Nothing: not one value and nothing behind it.
std::optional<PacketValue> ParsePacketValue(std::string_view bytes);

}  // namespace verge::cli

#endif  // CLI_BUNDLE_ESBUILD_PACKET_H_
