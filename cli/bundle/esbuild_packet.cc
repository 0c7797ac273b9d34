#include "cli/bundle/esbuild_packet.h"

namespace verge::cli {
namespace {

using Kind = PacketValue::Kind;

constexpr int kMaxDepth = 32;

void AppendNumber(uint32_t value, std::string* out) {
  for (int shift = 0; shift < 32; shift += 8) *out += static_cast<char>(value >> shift & 0xFF);
}
void AppendText(std::string_view text, std::string* out) {
  AppendNumber(static_cast<uint32_t>(text.size()), out);
  *out += text;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool done() const { return bytes_.empty(); }

  bool Read(PacketValue* out, int depth = 0) {
    if (bytes_.empty() || depth > kMaxDepth) return false;
    auto kind = static_cast<uint8_t>(bytes_[0]);
    bytes_.remove_prefix(1);
    if (kind > static_cast<uint8_t>(Kind::kObject)) return false;
    out->kind = static_cast<Kind>(kind);
    if (out->kind == Kind::kNull) return true;
    if (out->kind == Kind::kBoolean) {
      if (bytes_.empty()) return false;
      out->number = bytes_[0] != 0;
      bytes_.remove_prefix(1);
      return true;
    }
    if (out->kind == Kind::kString || out->kind == Kind::kBytes) return ReadText(&out->text);
    uint32_t number = 0;
    if (!ReadNumber(&number)) return false;
    out->number = number;
    if (out->kind == Kind::kNumber) return true;
    // Each element has a byte at least, so that a wrong count ends early.
    for (uint32_t i = 0; i < number; ++i) {
      if (out->kind == Kind::kArray) {
        if (!Read(&out->items.emplace_back(), depth + 1)) return false;
      } else {
        PacketMember& member = out->members.emplace_back();
        if (!ReadText(&member.name) || !Read(&member.value, depth + 1)) return false;
      }
    }
    return true;
  }

 private:
  bool ReadNumber(uint32_t* out) {
    if (bytes_.size() < 4) return false;
    for (int i = 0; i < 4; ++i) *out |= static_cast<uint32_t>(static_cast<uint8_t>(bytes_[i])) << 8 * i;
    bytes_.remove_prefix(4);
    return true;
  }
  bool ReadText(std::string* out) {
    uint32_t size = 0;
    if (!ReadNumber(&size) || bytes_.size() < size) return false;
    *out = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return true;
  }

  std::string_view bytes_;
};

}  // namespace

PacketValue PacketValue::Bool(bool value) {
  PacketValue out;
  out.kind = Kind::kBoolean;
  out.number = value;
  return out;
}
PacketValue PacketValue::Number(uint32_t value) {
  PacketValue out;
  out.kind = Kind::kNumber;
  out.number = value;
  return out;
}
PacketValue PacketValue::String(std::string_view value) {
  PacketValue out;
  out.kind = Kind::kString;
  out.text = value;
  return out;
}
PacketValue PacketValue::Array(std::vector<PacketValue> items) {
  PacketValue out;
  out.kind = Kind::kArray;
  out.items = std::move(items);
  return out;
}
PacketValue PacketValue::Object(std::vector<PacketMember> members) {
  PacketValue out;
  out.kind = Kind::kObject;
  out.members = std::move(members);
  return out;
}

const PacketValue& PacketValue::operator[](std::string_view name) const {
  static const PacketValue kNothing;
  for (const auto& [key, value] : members) {
    if (key == name) return value;
  }
  return kNothing;
}

void AppendPacketValue(const PacketValue& value, std::string* out) {
  *out += static_cast<char>(value.kind);
  switch (value.kind) {
    case Kind::kNull:
      break;
    case Kind::kBoolean:
      *out += static_cast<char>(value.number != 0);
      break;
    case Kind::kNumber:
      AppendNumber(static_cast<uint32_t>(value.number), out);
      break;
    case Kind::kString:
    case Kind::kBytes:
      AppendText(value.text, out);
      break;
    case Kind::kArray:
      AppendNumber(static_cast<uint32_t>(value.items.size()), out);
      for (const PacketValue& item : value.items) AppendPacketValue(item, out);
      break;
    case Kind::kObject:
      AppendNumber(static_cast<uint32_t>(value.members.size()), out);
      for (const auto& [name, member] : value.members) {
        AppendText(name, out);
        AppendPacketValue(member, out);
      }
      break;
  }
}

std::optional<PacketValue> ParsePacketValue(std::string_view bytes) {
  Reader reader(bytes);
  PacketValue value;
  if (!reader.Read(&value) || !reader.done()) return std::nullopt;
  return value;
}

}  // namespace verge::cli
