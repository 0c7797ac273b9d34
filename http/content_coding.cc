// Names of codings, and codecs that push: everything a step makes goes to a callback.
#include "http/content_coding.h"

#include <algorithm>
#include <array>
#include <utility>

#include "http/stream_coder.h"

namespace verge::http {

namespace {

constexpr size_t kPiece = size_t{32} << 10;  // on the stack

constexpr std::string_view kTrailing = "Trailing bytes after the end of the compressed data.";
constexpr std::string_view kIncomplete = "The compressed data ends too early.";

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

class CoderCodec final : public Codec {
 public:
  CoderCodec(std::unique_ptr<StreamCoder> coder, bool decodes) : coder_(std::move(coder)), decodes_(decodes) {}

  std::expected<void, std::string> Write(std::span<const uint8_t> input, bool last, const Output& output) override {
    if (finished_) return input.empty() ? std::expected<void, std::string>() : std::unexpected(std::string(kTrailing));
    const auto mode = last ? StreamCoder::Mode::kFinish : StreamCoder::Mode::kMore;
    std::array<uint8_t, kPiece> piece;  // not initialised: every step says how much it wrote
    for (;;) {
      std::span<uint8_t> room = piece;
      const auto status = coder_->Step(input, room, mode);
      // What was made before the error comes first: the data is good up to there.
      const size_t made = piece.size() - room.size();
      if (made > 0 && !output(std::span(piece).first(made))) return {};
      if (!status) return std::unexpected(status.error());
      if (*status == StreamCoder::Status::kFull) continue;
      if (*status == StreamCoder::Status::kFinished) {
        finished_ = true;
        if (decodes_ && !input.empty()) return std::unexpected(std::string(kTrailing));
        return {};
      }
      if (last && !coder_->complete()) return std::unexpected(std::string(kIncomplete));
      return {};
    }
  }

  [[nodiscard]] size_t memory() const override { return coder_->memory(); }

 private:
  std::unique_ptr<StreamCoder> coder_;
  bool decodes_;
  bool finished_ = false;
};

class IdentityCodec final : public Codec {
 public:
  std::expected<void, std::string> Write(std::span<const uint8_t> input, bool, const Output& output) override {
    while (!input.empty()) {
      const auto piece = input.first(std::min(input.size(), kPiece));
      if (!output(piece)) break;
      input = input.subspan(piece.size());
    }
    return {};
  }

  [[nodiscard]] size_t memory() const override { return 0; }
};

std::unique_ptr<Codec> Wrap(std::unique_ptr<StreamCoder> coder, bool decodes) {
  if (!coder) return nullptr;
  return std::make_unique<CoderCodec>(std::move(coder), decodes);
}

}  // namespace

std::optional<ContentCoding> ParseContentCoding(std::string_view value) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
  if (value.empty()) return ContentCoding::kIdentity;
  static constexpr std::pair<std::string_view, ContentCoding> kNames[] = {
      {"gzip", ContentCoding::kGzip},       {"x-gzip", ContentCoding::kGzip}, {"br", ContentCoding::kBrotli},
      {"deflate", ContentCoding::kDeflate}, {"zstd", ContentCoding::kZstd},   {"identity", ContentCoding::kIdentity},
  };
  for (const auto& [name, coding] : kNames) {
    if (EqualsIgnoringCase(value, name)) return coding;
  }
  return std::nullopt;
}

std::unique_ptr<StreamCoder> CreateStreamEncoder(ContentCoding coding, int level) {
  switch (coding) {
    case ContentCoding::kGzip:
    case ContentCoding::kDeflate:
    case ContentCoding::kDeflateRaw:
      return CreateDeflateEncoder(coding, level);
    case ContentCoding::kBrotli:
      return CreateBrotliEncoder(level);
    case ContentCoding::kZstd:
      return CreateZstdEncoder(level);
    case ContentCoding::kIdentity:
      break;
  }
  return nullptr;
}

std::unique_ptr<StreamCoder> CreateStreamDecoder(ContentCoding coding, Strictness strictness) {
  switch (coding) {
    case ContentCoding::kGzip:
    case ContentCoding::kDeflate:
    case ContentCoding::kDeflateRaw:
      return CreateDeflateDecoder(coding, strictness);
    case ContentCoding::kBrotli:
      return CreateBrotliDecoder();
    case ContentCoding::kZstd:
      return CreateZstdDecoder();
    case ContentCoding::kIdentity:
      break;
  }
  return nullptr;
}

std::unique_ptr<Codec> CreateEncoder(ContentCoding coding, int level) {
  if (coding == ContentCoding::kIdentity) return std::make_unique<IdentityCodec>();
  return Wrap(CreateStreamEncoder(coding, level), false);
}

std::unique_ptr<Codec> CreateDecoder(ContentCoding coding) {
  if (coding == ContentCoding::kIdentity) return std::make_unique<IdentityCodec>();
  return Wrap(CreateStreamDecoder(coding, Strictness::kExact), true);
}

}  // namespace verge::http
