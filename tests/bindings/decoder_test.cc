#include "bindings/encoding/decoder.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/encoding/multi_byte_index.h"

namespace verge::bindings {
namespace {

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::u16string Decode(Encoding encoding, std::string_view bytes) {
  DecoderState state;
  std::u16string out;
  EXPECT_TRUE(DecodeToUtf16(encoding, &state, Bytes(bytes), true, false, &out));
  return out;
}

bool IsValid(Encoding encoding, std::string_view bytes) {
  DecoderState state;
  std::u16string out;
  return DecodeToUtf16(encoding, &state, Bytes(bytes), true, true, &out);
}

TEST(Decoder, Utf16) {
  using namespace std::literals;
  EXPECT_EQ(Decode(Encoding::kUtf16le, "a\0\xE9\0\x3D\xD8\0\xDE"sv), u"aé😀");
  EXPECT_EQ(Decode(Encoding::kUtf16be, "\0a\0\xE9\xD8\x3D\xDE\0"sv), u"aé😀");
  EXPECT_EQ(Decode(Encoding::kUtf16le, "\0\xD8"sv), u"\uFFFD") << "a lone high surrogate";
  EXPECT_EQ(Decode(Encoding::kUtf16le,
                   "\0\xDC"
                   "a\0"sv),
            u"\uFFFDa");
  EXPECT_EQ(Decode(Encoding::kUtf16le, "a\0b"sv), u"a\uFFFD") << "half a unit";
  EXPECT_EQ(Decode(Encoding::kUtf16le, "\0\xD8x"sv), u"\uFFFD") << "one error, not two";
  EXPECT_FALSE(IsValid(Encoding::kUtf16le, "\0\xD8"sv));
  EXPECT_FALSE(IsValid(Encoding::kUtf16le, "x"sv));
  EXPECT_TRUE(IsValid(Encoding::kUtf16le, ""sv));
}

TEST(Decoder, SingleByte) {
  EXPECT_EQ(Decode(Encoding::kWindows1252, "a\x80\x81\x9F\xE9"), u"a€\u0081Ÿé");
  EXPECT_EQ(Decode(Encoding::kIso885915, "\xA4"), u"€");
  EXPECT_EQ(Decode(Encoding::kKoi8U, "\xA4\xC1"), u"єа");
  EXPECT_EQ(Decode(Encoding::kIbm866, "\x80\xB0"), u"А░");
  EXPECT_EQ(Decode(Encoding::kIso88598, "\xE0"), u"א");
  EXPECT_EQ(Decode(Encoding::kIso88598I, "\xE0"), u"א");
  EXPECT_EQ(Decode(Encoding::kIso885910, "\xA1"), u"Ą") << "the one after the shared table";
  EXPECT_EQ(Decode(Encoding::kXMacCyrillic, "\xFF"), u"€") << "the last table";
  EXPECT_EQ(Decode(Encoding::kXUserDefined, "a\x80\xFF"), u"a\uF780\uF7FF");
  EXPECT_EQ(Decode(Encoding::kWindows1253, "\xAA"), u"\uFFFD");
  EXPECT_FALSE(IsValid(Encoding::kWindows1253, "a\xAA"));
  EXPECT_TRUE(IsValid(Encoding::kWindows1252, "\x81"));
}

TEST(Decoder, MultiByte) {
  EXPECT_EQ(Decode(Encoding::kShiftJis, "\x93\xFA\x96{\xB1\\~"), u"日本ｱ\\~");
  EXPECT_EQ(Decode(Encoding::kShiftJis, "\xF0\x40\x80"), u"\uE000\u0080");
  EXPECT_EQ(Decode(Encoding::kEucJp, "\xC6\xFC\x8E\xB1\x8F\xB0\xA1"), u"日ｱ丂");
  EXPECT_EQ(Decode(Encoding::kEucKr, "\xB0\xA1\x81\x41"), u"가갂");
  EXPECT_EQ(Decode(Encoding::kBig5, "\xA4\xA4\x88\x62\x87\x40"), u"中\u00CA\u0304䏰");
  EXPECT_EQ(Decode(Encoding::kGbk, "\xD6\xD0\x80"), u"中€");
  EXPECT_EQ(Decode(Encoding::kGb18030, "\x81\x30\x81\x30\x90\x30\x81\x30\xE3\x32\x9A\x35"),
            u"\u0080\U00010000\U0010FFFF");
  EXPECT_EQ(Decode(Encoding::kGb18030, "\x81\x35\xF4\x37"), u"\uE7C7");
  EXPECT_EQ(Decode(Encoding::kIso2022Jp, "a\x1B$B\x46|\x1B(J\\~\x1B(I\x31\x1B(Bz"), u"a日¥‾ｱz");
}

TEST(Decoder, MultiByteErrors) {
  // An ASCII byte is not swallowed by the lead byte before it.
  EXPECT_EQ(Decode(Encoding::kShiftJis, "\x81\x20"), u"\uFFFD ");
  EXPECT_EQ(Decode(Encoding::kBig5, "\x81<"), u"\uFFFD<");
  EXPECT_EQ(Decode(Encoding::kEucKr, "\x81<"), u"\uFFFD<");
  EXPECT_EQ(Decode(Encoding::kEucJp, "\x8F\xA1<\x8E<"), u"\uFFFD<\uFFFD<");
  EXPECT_EQ(Decode(Encoding::kGb18030, "\x81<\x81\x30<\x81\x30\x81<\xFF"), u"\uFFFD<\uFFFD0<\uFFFD0\uFFFD<\uFFFD");
  EXPECT_EQ(Decode(Encoding::kGb18030, "\x84\x31\xA5\x30"), u"\uFFFD") << "a range that is not mapped";
  // The end of the input is one error, however much was waited with.
  EXPECT_EQ(Decode(Encoding::kGb18030, "\x81\x30\x81"), u"\uFFFD");
  EXPECT_EQ(Decode(Encoding::kShiftJis, "\x81"), u"\uFFFD");
  // Escape sequences of ISO-2022-JP: unknown ones are spelled out, two in a row are an error.
  EXPECT_EQ(Decode(Encoding::kIso2022Jp, "\x1B(X"), u"\uFFFD(X");
  EXPECT_EQ(Decode(Encoding::kIso2022Jp, "\x1B"), u"\uFFFD");
  EXPECT_EQ(Decode(Encoding::kIso2022Jp, "\x1B$"), u"\uFFFD$");
  EXPECT_EQ(Decode(Encoding::kIso2022Jp, "\x1B(B\x1B(Ba"), u"\uFFFDa");
  EXPECT_EQ(Decode(Encoding::kIso2022Jp, "\x1B$B\x30\x1B(Ba"), u"\uFFFDa");
  EXPECT_EQ(Decode(Encoding::kIso2022Jp, "\x0E\x80"), u"\uFFFD\uFFFD");
}

constexpr Encoding kStreamed[] = {Encoding::kUtf16le, Encoding::kUtf16be,    Encoding::kGbk,       Encoding::kGb18030,
                                  Encoding::kBig5,    Encoding::kEucJp,      Encoding::kIso2022Jp, Encoding::kShiftJis,
                                  Encoding::kEucKr,   Encoding::kWindows1252};

// However the input is cut into chunks, the result is that of the whole.
TEST(Decoder, ChunksMakeNoDifference) {
  std::mt19937 random(17);
  constexpr std::string_view kInteresting =
      "a0<\x1B$B(J\x30\x39\x40\x7E\x80\x81\x8E\x8F\xA1\xB0\xD8\xDC\xDF\xE0\xFE\xFF";
  for (int round = 0; round < 30'000; ++round) {
    Encoding encoding = kStreamed[random() % std::size(kStreamed)];
    std::string text;
    for (size_t i = random() % 16; i > 0; --i) text += kInteresting[random() % kInteresting.size()];
    std::u16string whole = Decode(encoding, text);
    DecoderState state;
    std::u16string pieces;
    std::string_view rest = text;
    while (!rest.empty()) {
      size_t size = std::min<size_t>(random() % 4, rest.size());
      ASSERT_TRUE(DecodeToUtf16(encoding, &state, Bytes(rest.substr(0, size)), false, false, &pieces));
      ASSERT_LE(state.pending_count, 3);
      rest.remove_prefix(size);
    }
    ASSERT_TRUE(DecodeToUtf16(encoding, &state, {}, true, false, &pieces));
    ASSERT_EQ(pieces, whole) << EncodingName(encoding) << " " << testing::PrintToString(text);
    ASSERT_EQ(IsValid(encoding, text), whole.find(u'\uFFFD') == std::u16string::npos);
  }
}

// The indexes come out of ICU; their code points are compared with the standard's by FNV-1a.
uint64_t Checksum(uint32_t count, char32_t (*at)(uint32_t)) {
  uint64_t hash = 0xcbf29ce484222325;
  for (uint32_t pointer = 0; pointer < count; ++pointer) {
    char32_t code_point = at(pointer);
    for (int shift = 0; shift < 32; shift += 8) hash = (hash ^ (code_point >> shift & 0xFF)) * 0x100000001b3;
  }
  return hash;
}

TEST(MultiByteIndex, IsThatOfTheStandard) {
  EXPECT_EQ(Checksum(19782, &Big5CodePoint), 0x770b6fa0631178dfu);
  EXPECT_EQ(Checksum(23940, &EucKrCodePoint), 0xb4fc3f13c6abf5fau);
  EXPECT_EQ(Checksum(23940, &Gb18030CodePoint), 0x1d93f96466693822u);
  EXPECT_EQ(Checksum(11280, &Jis0208CodePoint), 0xde920a8aba38e688u);
  EXPECT_EQ(Checksum(8836, &Jis0212CodePoint), 0x5b56479163fd7636u);
  EXPECT_EQ(Checksum(39500, &Gb18030RangesCodePoint), 0x189ac2abb8f644dcu);
  EXPECT_EQ(Gb18030RangesCodePoint(189000), 0x10000u);
  EXPECT_EQ(Gb18030RangesCodePoint(1237575), 0x10FFFFu);
  EXPECT_EQ(Gb18030RangesCodePoint(1237576), 0u);
}

}  // namespace
}  // namespace verge::bindings
