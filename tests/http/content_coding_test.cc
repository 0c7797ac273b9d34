// Content codings: round trips, hostile input, and bodies coded while they are pulled.
#include "http/content_coding.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

namespace verge::http {
namespace {

constexpr ContentCoding kCodings[] = {ContentCoding::kGzip, ContentCoding::kDeflate, ContentCoding::kDeflateRaw,
                                      ContentCoding::kBrotli, ContentCoding::kZstd};

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct Coded {
  std::string data;
  std::string error;
};

// `step` bytes a call; `last` with the last ones or in a call of its own.
Coded Feed(Codec& codec, std::string_view input, size_t step = SIZE_MAX, bool last_alone = false) {
  Coded coded;
  const auto write = [&](std::string_view piece, bool last) {
    auto result = codec.Write(AsBytes(piece), last, [&](std::span<const uint8_t> output) {
      EXPECT_LE(output.size(), size_t{64} << 10);
      EXPECT_FALSE(output.empty());
      coded.data.append(output.begin(), output.end());
      return true;
    });
    if (!result) coded.error = result.error();
    return result.has_value();
  };
  while (input.size() > step || (last_alone && !input.empty())) {
    if (!write(input.substr(0, step), false)) return coded;
    input.remove_prefix(std::min(step, input.size()));
  }
  write(input, true);
  return coded;
}

std::string Encode(ContentCoding coding, std::string_view text, int level = -1) {
  const Coded coded = Feed(*CreateEncoder(coding, level), text);
  EXPECT_EQ(coded.error, "");
  return coded.data;
}

Coded Decode(ContentCoding coding, std::string_view text, size_t step = SIZE_MAX) {
  return Feed(*CreateDecoder(coding), text, step);
}

// Neither all the same nor all noise.
std::string Text(size_t size) {
  std::string text;
  uint32_t seed = 1;
  while (text.size() < size) {
    seed = seed * 1664525 + 1013904223;
    text += seed >> 30 ? "line " + std::to_string(seed >> 16) + "\n" : std::string(1, static_cast<char>(seed >> 8));
  }
  text.resize(size);
  return text;
}

TEST(ContentCoding, Names) {
  EXPECT_EQ(ParseContentCoding("gzip"), ContentCoding::kGzip);
  EXPECT_EQ(ParseContentCoding(" X-GZip\t"), ContentCoding::kGzip);
  EXPECT_EQ(ParseContentCoding("Deflate"), ContentCoding::kDeflate);
  EXPECT_EQ(ParseContentCoding("br"), ContentCoding::kBrotli);
  EXPECT_EQ(ParseContentCoding("zstd"), ContentCoding::kZstd);
  EXPECT_EQ(ParseContentCoding("identity"), ContentCoding::kIdentity);
  EXPECT_EQ(ParseContentCoding(""), ContentCoding::kIdentity);
  for (const auto* unknown : {"gzip, br", "gzip,gzip", "brotli", "compress", "deflate-raw", "gzi", "gzipp", "g zip"}) {
    EXPECT_EQ(ParseContentCoding(unknown), std::nullopt) << unknown;
  }
}

TEST(ContentCoding, RoundTripsHoweverTheInputIsCut) {
  for (const ContentCoding coding : kCodings) {
    for (const size_t size : {size_t{0}, size_t{1}, size_t{2}, size_t{1000}, size_t{65536}, size_t{300'000}}) {
      const std::string text = Text(size);
      const std::string encoded = Encode(coding, text);
      if (size > 1000) EXPECT_LT(encoded.size(), text.size() * 2 / 3);
      for (const size_t step : {size_t{1}, size_t{7}, size_t{4096}, SIZE_MAX}) {
        for (const bool last_alone : {false, true}) {
          const Coded decoded = Feed(*CreateDecoder(coding), encoded, step, last_alone);
          EXPECT_EQ(decoded.error, "") << static_cast<int>(coding) << " " << size << " " << step;
          EXPECT_TRUE(decoded.data == text);
          if (step == 1 && size > 65536) continue;
          const Coded again = Feed(*CreateEncoder(coding), text, step, last_alone);
          EXPECT_EQ(again.error, "");
          EXPECT_TRUE(Decode(coding, again.data).data == text);
        }
      }
    }
  }
}

TEST(ContentCoding, Identity) {
  const std::string text = Text(200'000);
  EXPECT_TRUE(Feed(*CreateEncoder(ContentCoding::kIdentity), text).data == text);
  EXPECT_TRUE(Feed(*CreateDecoder(ContentCoding::kIdentity), text, 1000).data == text);
}

TEST(ContentCoding, Levels) {
  const std::string text = Text(100'000);
  for (const ContentCoding coding : kCodings) {
    const size_t fast = Encode(coding, text, 1).size();
    const size_t small = Encode(coding, text, 9).size();
    EXPECT_LT(small, fast);
    EXPECT_TRUE(Decode(coding, Encode(coding, text, 1000)).data == text);
  }
}

TEST(ContentCoding, EveryTruncationIsAnError) {
  for (const ContentCoding coding : kCodings) {
    const std::string text = Text(500);
    const std::string encoded = Encode(coding, text);
    for (size_t size = 0; size < encoded.size(); ++size) {
      const Coded decoded = Decode(coding, std::string_view(encoded).substr(0, size), 3);
      EXPECT_NE(decoded.error, "") << static_cast<int>(coding) << " " << size;
      EXPECT_TRUE(text.starts_with(decoded.data));
    }
  }
}

TEST(ContentCoding, TrailingBytesAreAnError) {
  for (const ContentCoding coding : kCodings) {
    const std::string text = Text(500);
    for (const auto* junk : {"\n", "junk that is longer"}) {
      for (const size_t step : {size_t{1}, SIZE_MAX}) {
        const Coded decoded = Decode(coding, Encode(coding, text) + junk, step);
        EXPECT_NE(decoded.error, "") << static_cast<int>(coding);
        EXPECT_EQ(decoded.data, text);
      }
    }
  }
  const std::string member = Encode(ContentCoding::kGzip, "a");
  EXPECT_NE(Decode(ContentCoding::kGzip, member + member).error, "");
  // Zstandard's frames follow each other.
  const std::string frame = Encode(ContentCoding::kZstd, "a");
  EXPECT_EQ(Decode(ContentCoding::kZstd, frame + frame, 1).data, "aa");
}

TEST(ContentCoding, CorruptionIsNoticedOrHarmless) {
  for (const ContentCoding coding : kCodings) {
    const std::string text = Text(2000);
    const std::string encoded = Encode(coding, text);
    int noticed = 0;
    for (size_t i = 0; i < encoded.size(); ++i) {
      std::string corrupt = encoded;
      corrupt[i] = static_cast<char>(corrupt[i] ^ (1 << (i % 8)));
      const Coded decoded = Decode(coding, corrupt, 100);
      EXPECT_LT(decoded.data.size(), 10'000'000u);
      if (!decoded.error.empty()) ++noticed;
      // These have checksums, and headers in which a bit may go by.
      if (coding != ContentCoding::kBrotli && coding != ContentCoding::kDeflateRaw && decoded.error.empty()) {
        EXPECT_TRUE(decoded.data == text) << static_cast<int>(coding) << " " << i;
      }
    }
    EXPECT_GT(noticed, static_cast<int>(encoded.size()) / 4) << static_cast<int>(coding);
  }
}

TEST(ContentCoding, AGzipChecksumIsChecked) {
  std::string encoded = Encode(ContentCoding::kGzip, "hello");
  for (size_t i = 1; i <= 8; ++i) {
    std::string corrupt = encoded;
    corrupt[corrupt.size() - i] ^= 1;
    EXPECT_NE(Decode(ContentCoding::kGzip, corrupt).error, "");
  }
}

TEST(ContentCoding, OutputCanBeStopped) {
  for (const ContentCoding coding : kCodings) {
    const std::string bomb = Encode(coding, std::string(20'000'000, 'x'));
    EXPECT_LT(bomb.size(), 100'000u);
    size_t seen = 0;
    auto decoder = CreateDecoder(coding);
    EXPECT_TRUE(decoder->Write(AsBytes(bomb), true, [&](std::span<const uint8_t> output) {
      seen += output.size();
      return seen < 1'000'000;
    }));
    EXPECT_LT(seen, 1'100'000u);
  }
}

TEST(ContentCoding, MemoryIsKnown) {
  const std::string text = Text(100'000);
  for (const ContentCoding coding : kCodings) {
    auto encoder = CreateEncoder(coding);
    const auto ignore = [](std::span<const uint8_t>) { return true; };
    EXPECT_TRUE(encoder->Write(AsBytes(text), false, ignore));
    EXPECT_GT(encoder->memory(), 100'000u);
    EXPECT_LT(encoder->memory(), 8'000'000u);
    auto decoder = CreateDecoder(coding);
    EXPECT_TRUE(decoder->Write(AsBytes(Encode(coding, text)), false, ignore));
    EXPECT_GT(decoder->memory(), 7'000u);
    EXPECT_LT(decoder->memory(), 4'000'000u);
  }
}

// A body of given chunks. With `wait` set it answers only when it is told to.
class ChunksSource final : public BodySource {
 public:
  explicit ChunksSource(std::deque<std::string> chunks, bool wait = false) : chunks_(std::move(chunks)), wait_(wait) {}

  void Pull(BodySink* sink) override {
    ++pulls;
    sink_ = sink;
    if (!wait_) Answer();
  }
  void Cancel() override {
    cancelled = true;
    sink_ = nullptr;
  }
  void Answer() {
    BodySink* sink = std::exchange(sink_, nullptr);
    ASSERT_NE(sink, nullptr);
    if (!chunks_.empty()) {
      std::string chunk = std::move(chunks_.front());
      chunks_.pop_front();
      sink->OnChunk(Bytes::Take(std::move(chunk)));
    } else if (fail) {
      sink->OnError(BodyError::kTimeout, "too slow");
    } else {
      sink->OnEnd();
    }
  }

  bool cancelled = false;
  bool fail = false;
  int pulls = 0;

 private:
  std::deque<std::string> chunks_;
  bool wait_;
  BodySink* sink_ = nullptr;
};

class Collector final : public BodySink {
 public:
  void OnChunk(Bytes chunk) override {
    EXPECT_FALSE(chunk.empty());
    EXPECT_LE(chunk.size(), size_t{64} << 10);
    data.append(chunk.view());
    ++chunks;
    if (again && --again > 0) source->Pull(this);
  }
  void OnEnd() override { ended = true; }
  void OnError(BodyError given, std::string_view text) override {
    error = given;
    message = text;
  }
  // From within the answers, as a consumer may.
  void PullAll(const Ref<BodySource>& body) {
    source = body.get();
    again = INT32_MAX;
    body->Pull(this);
  }

  BodySource* source = nullptr;
  int32_t again = 0;
  std::string data;
  int chunks = 0;
  bool ended = false;
  std::optional<BodyError> error;
  std::string message;
};

std::deque<std::string> Cut(std::string_view text, size_t step) {
  std::deque<std::string> chunks;
  for (; !text.empty(); text.remove_prefix(std::min(step, text.size()))) chunks.emplace_back(text.substr(0, step));
  return chunks;
}

Collector DecodeAll(std::deque<std::string> chunks, ContentCoding coding) {
  Collector collector;
  collector.PullAll(DecodeBody(MakeRef<ChunksSource>(std::move(chunks)), coding));
  return collector;
}

TEST(CodedBody, RoundTrips) {
  for (const ContentCoding coding : kCodings) {
    for (const size_t size : {size_t{0}, size_t{1}, size_t{400'000}}) {
      const std::string text = Text(size);
      for (const size_t step : {size_t{1000}, size_t{100'000}, SIZE_MAX}) {
        Collector encoded;
        encoded.PullAll(EncodeBody(MakeRef<ChunksSource>(Cut(text, step)), coding));
        EXPECT_TRUE(encoded.ended);
        const Collector decoded = DecodeAll(Cut(encoded.data, step), coding);
        EXPECT_TRUE(decoded.ended) << decoded.message;
        EXPECT_TRUE(decoded.data == text);
        if (size == 1) EXPECT_EQ(DecodeAll(Cut(encoded.data, 1), coding).data, text);
      }
    }
  }
}

TEST(CodedBody, IdentityIsTheBodyItself) {
  Ref<BodySource> source = MakeRef<ChunksSource>(Cut("hello", 2));
  EXPECT_EQ(DecodeBody(source, ContentCoding::kIdentity), source);
  EXPECT_EQ(EncodeBody(source, ContentCoding::kIdentity), source);
}

TEST(CodedBody, AnEmptyBodyDecodesToNothing) {
  for (const ContentCoding coding : kCodings) EXPECT_TRUE(DecodeAll({}, coding).ended);
}

TEST(CodedBody, DeflateIsZlibsFormatOrRaw) {
  for (const std::string& text : {Text(0), Text(1), Text(5000)}) {
    for (const ContentCoding coding : {ContentCoding::kDeflate, ContentCoding::kDeflateRaw}) {
      for (const size_t step : {size_t{1}, size_t{2}, size_t{3}, SIZE_MAX}) {
        const Collector decoded = DecodeAll(Cut(Encode(coding, text), step), ContentCoding::kDeflate);
        EXPECT_TRUE(decoded.ended) << decoded.message;
        EXPECT_TRUE(decoded.data == text);
      }
    }
  }
  EXPECT_EQ(DecodeAll({"x"}, ContentCoding::kDeflate).error, BodyError::kMalformed);
}

TEST(CodedBody, GzipMembersFollowEachOther) {
  const std::string one = Encode(ContentCoding::kGzip, "one ");
  const std::string nothing = Encode(ContentCoding::kGzip, "");
  const std::string two = Encode(ContentCoding::kGzip, "two");
  for (const size_t step : {size_t{1}, size_t{5}, one.size(), one.size() + 1, SIZE_MAX}) {
    EXPECT_EQ(DecodeAll(Cut(one + nothing + two, step), ContentCoding::kGzip).data, "one two");
    // Padding and junk are left alone, as browsers do.
    for (const auto* junk : {"\x1f", "\x1f\x1f", "junk\x1f\x8b"}) {
      const Collector decoded = DecodeAll(Cut(one + two + junk, step), ContentCoding::kGzip);
      EXPECT_EQ(decoded.data, "one two");
      EXPECT_TRUE(decoded.ended);
    }
    const Collector truncated = DecodeAll(Cut(one + two.substr(0, two.size() - 1), step), ContentCoding::kGzip);
    EXPECT_EQ(truncated.data, "one two");
    EXPECT_EQ(truncated.error, BodyError::kMalformed);
  }
}

TEST(CodedBody, BrokenInputIsMalformed) {
  for (const ContentCoding coding : kCodings) {
    const std::string text = Text(200'000);
    const std::string encoded = Encode(coding, text);
    auto source = MakeRef<ChunksSource>(Cut(encoded.substr(0, encoded.size() - 1), 1000));
    Collector truncated;
    truncated.PullAll(DecodeBody(source, coding));
    EXPECT_EQ(truncated.error, BodyError::kMalformed);
    EXPECT_TRUE(text.starts_with(truncated.data));

    source = MakeRef<ChunksSource>(std::deque<std::string>{std::string("\xff\xff\xff\xff\xff not compressed"), "more"});
    Collector junk;
    junk.PullAll(DecodeBody(source, coding));
    EXPECT_EQ(junk.error, BodyError::kMalformed);
    EXPECT_FALSE(junk.message.empty());
    EXPECT_TRUE(source->cancelled);
    EXPECT_EQ(source->pulls, 1);
  }
}

TEST(CodedBody, TheSourcesErrorComesThroughAfterItsData) {
  for (const ContentCoding coding : kCodings) {
    std::string encoded = Encode(coding, Text(300'000));
    auto source = MakeRef<ChunksSource>(Cut(encoded.substr(0, encoded.size() / 2), 10'000));
    source->fail = true;
    Collector collector;
    collector.PullAll(DecodeBody(source, coding));
    EXPECT_EQ(collector.error, BodyError::kTimeout);
    EXPECT_EQ(collector.message, "too slow");
    EXPECT_GT(collector.data.size(), 50'000u);
  }
}

TEST(CodedBody, ABombComesPieceByPieceAsItIsPulled) {
  for (const ContentCoding coding : kCodings) {
    auto source = MakeRef<ChunksSource>(std::deque<std::string>{Encode(coding, std::string(50'000'000, 'x'))});
    Ref<BodySource> body = DecodeBody(source, coding);
    Collector collector;
    for (int i = 1; i <= 3; ++i) {
      body->Pull(&collector);
      EXPECT_EQ(collector.chunks, i);
    }
    body->Cancel();
    body->Cancel();
    EXPECT_TRUE(source->cancelled);
    EXPECT_LE(collector.data.size(), size_t{192} << 10);
  }
}

TEST(CodedBody, AnEncoderDoesNotKeepWhatItsSourceMadeItWaitFor) {
  for (const ContentCoding coding : kCodings) {
    auto source = MakeRef<ChunksSource>(std::deque<std::string>{"one", "two"}, true);
    Ref<BodySource> body = EncodeBody(source, coding);
    auto decoder = CreateDecoder(coding);
    std::string decoded;
    const auto decode = [&](std::string_view data, bool last) {
      return decoder
          ->Write(AsBytes(data), last,
                  [&](std::span<const uint8_t> output) {
                    decoded.append(output.begin(), output.end());
                    return true;
                  })
          .has_value();
    };
    Collector collector;
    collector.PullAll(body);
    source->Answer();
    EXPECT_TRUE(decode(std::exchange(collector.data, ""), false));
    EXPECT_EQ(decoded, "one");
    source->Answer();
    EXPECT_TRUE(decode(std::exchange(collector.data, ""), false));
    EXPECT_EQ(decoded, "onetwo");
    source->Answer();
    EXPECT_TRUE(decode(collector.data, true));
    EXPECT_TRUE(collector.ended);
  }
}

TEST(CodedBody, AnEncoderOfEndlessSamenessComesOutWithSomething) {
  for (const ContentCoding coding : kCodings) {
    Ref<BodySource> body =
        EncodeBody(MakeRef<ChunksSource>(std::deque<std::string>{std::string(2'000'000, 'x')}), coding);
    Collector collector;
    collector.PullAll(body);
    EXPECT_TRUE(collector.ended);
    EXPECT_GT(collector.chunks, 10);
    EXPECT_EQ(Decode(coding, collector.data).data.size(), 2'000'000u);
  }
}

TEST(CodedBody, CancelledWhileTheSourceIsAtWork) {
  auto source = MakeRef<ChunksSource>(std::deque<std::string>{"one"}, true);
  Collector collector;
  {
    Ref<BodySource> body = DecodeBody(source, ContentCoding::kGzip);
    body->Pull(&collector);
    body->Cancel();
    EXPECT_TRUE(source->cancelled);
  }
  source = MakeRef<ChunksSource>(std::deque<std::string>{"one"}, true);
  DecodeBody(source, ContentCoding::kGzip)->Pull(&collector);
  EXPECT_TRUE(source->cancelled) << "nobody is left to answer";
  EXPECT_FALSE(collector.ended || collector.error);
}

}  // namespace
}  // namespace verge::http
