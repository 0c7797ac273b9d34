#include "cache/disk/record.h"

#include <algorithm>
#include <concepts>
#include <cstring>
#include <utility>
#include <vector>

namespace verge::cache {

namespace {

constexpr char kVersion = 1;
constexpr size_t kChecksumBytes = sizeof(uint64_t);

// Numbers have eight bytes in the machine's order: a cache does not move between machines.
class Encoder {
 public:
  void Number(uint64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void Duration(Seconds value) { Number(static_cast<uint64_t>(value.count())); }
  void Flag(bool value) { bytes_.push_back(value ? 1 : 0); }
  void Text(std::string_view text) {
    const auto size = static_cast<uint32_t>(text.size());
    bytes_.append(reinterpret_cast<const char*>(&size), sizeof size);
    bytes_.append(text);
  }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_{kVersion};
};

// Once something is missing, everything that follows is, too.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}

  uint64_t Number() { return Fixed<uint64_t>(); }
  Seconds Duration() { return Seconds(static_cast<int64_t>(Number())); }
  bool Flag() { return Fixed<uint8_t>() != 0; }
  std::string_view Text() {
    const uint32_t size = Fixed<uint32_t>();
    if (rest_.size() < size) {
      Fail();
      return {};
    }
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  // Of a list whose elements take at least `least` bytes each.
  size_t Count(size_t least) {
    const uint64_t count = Number();
    if (count > rest_.size() / least) {
      Fail();
      return 0;
    }
    return static_cast<size_t>(count);
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool AtEnd() const { return ok_ && rest_.empty(); }

 private:
  template <std::unsigned_integral T>
  T Fixed() {
    T value = 0;
    if (rest_.size() < sizeof value) {
      Fail();
      return 0;
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  void Fail() {
    ok_ = false;
    rest_ = {};
  }

  std::string_view rest_;
  bool ok_ = true;
};

constexpr size_t kLeastText = sizeof(uint32_t);

void EncodeVary(Encoder& encoder, const VaryKey& vary) {
  encoder.Flag(vary.any);
  encoder.Text(vary.language);
  encoder.Number(vary.fields.size());
  for (const VaryKey::Field& field : vary.fields) {
    encoder.Text(field.name);
    encoder.Text(field.value);
    encoder.Text(field.raw);
    encoder.Flag(field.present);
  }
}

VaryKey DecodeVary(Decoder& decoder) {
  VaryKey vary;
  vary.any = decoder.Flag();
  vary.language = decoder.Text();
  vary.fields.resize(decoder.Count(3 * kLeastText + 1));
  for (VaryKey::Field& field : vary.fields) {
    field.name = decoder.Text();
    field.value = decoder.Text();
    field.raw = decoder.Text();
    field.present = decoder.Flag();
  }
  return vary;
}

void EncodeLifetime(Encoder& encoder, const Lifetime& lifetime) {
  encoder.Number(static_cast<uint64_t>(lifetime.response_time.time_since_epoch().count()));
  encoder.Duration(lifetime.initial_age);
  encoder.Duration(lifetime.freshness);
  encoder.Duration(lifetime.stale_while_revalidate);
  encoder.Duration(lifetime.stale_if_error);
  encoder.Flag(lifetime.must_revalidate);
  encoder.Flag(lifetime.no_cache);
  encoder.Flag(lifetime.heuristic);
  encoder.Flag(lifetime.has_validator);
}

Lifetime DecodeLifetime(Decoder& decoder) {
  Lifetime lifetime;
  lifetime.response_time = Time(Millis(static_cast<int64_t>(decoder.Number())));
  lifetime.initial_age = decoder.Duration();
  lifetime.freshness = decoder.Duration();
  lifetime.stale_while_revalidate = decoder.Duration();
  lifetime.stale_if_error = decoder.Duration();
  lifetime.must_revalidate = decoder.Flag();
  lifetime.no_cache = decoder.Flag();
  lifetime.heuristic = decoder.Flag();
  lifetime.has_validator = decoder.Flag();
  return lifetime;
}

Metadata DecodeMetadata(Decoder& decoder) {
  Metadata metadata;
  metadata.status = static_cast<int>(decoder.Number());
  metadata.flags = static_cast<uint32_t>(decoder.Number());
  metadata.status_text = decoder.Text();
  metadata.url = decoder.Text();
  std::vector<HeaderField> fields(decoder.Count(2 * kLeastText));
  for (HeaderField& field : fields) {
    field.name = decoder.Text();
    field.value = decoder.Text();
  }
  metadata.fields = FieldList::Copy(fields);
  metadata.lifetime = DecodeLifetime(decoder);
  metadata.vary = DecodeVary(decoder);
  metadata.tags.resize(decoder.Count(kLeastText));
  for (std::string& tag : metadata.tags) tag = decoder.Text();
  return metadata;
}

}  // namespace

std::string EncodeRecord(const HashSeed& seed, const RecordKey& key, uint64_t sequence, const RecordBody& body,
                         const Metadata& metadata) {
  Encoder encoder;
  encoder.Text(key.owner);
  encoder.Text(key.name);
  encoder.Text(key.key);
  encoder.Number(sequence);
  encoder.Number(body.size);
  encoder.Number(body.nonce);
  encoder.Flag(body.in_file);
  encoder.Number(static_cast<uint64_t>(metadata.status));
  encoder.Number(metadata.flags);
  encoder.Text(metadata.status_text);
  encoder.Text(metadata.url);
  encoder.Number(metadata.fields.view().size());
  for (const HeaderField& field : metadata.fields.view()) {
    encoder.Text(field.name);
    encoder.Text(field.value);
  }
  EncodeLifetime(encoder, metadata.lifetime);
  EncodeVary(encoder, metadata.vary);
  encoder.Number(metadata.tags.size());
  for (const std::string& tag : metadata.tags) encoder.Text(tag);
  encoder.Number(SipHash(seed, encoder.bytes()));
  return std::move(encoder.bytes());
}

std::optional<Record> DecodeRecord(const HashSeed& seed, std::string_view bytes) {
  if (bytes.size() < 1 + kChecksumBytes || bytes.front() != kVersion) return std::nullopt;
  uint64_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + bytes.size() - kChecksumBytes, kChecksumBytes);
  bytes.remove_suffix(kChecksumBytes);
  if (SipHash(seed, bytes) != checksum) return std::nullopt;
  Decoder decoder(bytes.substr(1));
  Record record;
  record.owner = decoder.Text();
  record.name = decoder.Text();
  record.key = decoder.Text();
  record.sequence = decoder.Number();
  record.body.size = decoder.Number();
  record.body.nonce = decoder.Number();
  record.body.in_file = decoder.Flag();
  record.metadata = DecodeMetadata(decoder);
  if (!decoder.AtEnd()) return std::nullopt;
  return record;
}

uint64_t VariantOf(const HashSeed& seed, const VaryKey& vary) {
  if (vary.fields.empty()) return 0;
  Encoder encoder;
  encoder.Text(vary.language);
  for (const VaryKey::Field& field : vary.fields) {
    // Not `raw`: what is compared is the rest (VaryKey::Field).
    encoder.Text(field.name);
    encoder.Text(field.value);
    encoder.Flag(field.present);
  }
  return std::max<uint64_t>(SipHash(seed, encoder.bytes()), 1);
}

}  // namespace verge::cache
