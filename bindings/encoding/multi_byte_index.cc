#include "bindings/encoding/multi_byte_index.h"

#include <unicode/ucnv.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <vector>

namespace verge::bindings {
namespace {

using Index = std::vector<char32_t>;
using Bytes = std::array<char, 3>;

// What ICU's `converter` makes of the byte sequences for the pointers below `count`; `encode` writes the sequence of a
// pointer and returns its length. Without such a converter (ICU can be built so) nothing is mapped.
Index MakeIndex(const char* converter, uint32_t count, size_t (*encode)(uint32_t pointer, Bytes* out)) {
  Index index(count, 0);
  UErrorCode status = U_ZERO_ERROR;
  UConverter* handle = ucnv_open(converter, &status);
  if (U_FAILURE(status)) return index;
  ucnv_setToUCallBack(handle, UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
  for (uint32_t pointer = 0; pointer < count; ++pointer) {
    Bytes bytes;
    size_t length = encode(pointer, &bytes);
    UChar units[4];
    status = U_ZERO_ERROR;
    int32_t size = ucnv_toUChars(handle, units, std::size(units), bytes.data(), static_cast<int32_t>(length), &status);
    if (U_FAILURE(status)) continue;
    char32_t code_point = 0;
    if (size == 1) code_point = units[0];
    if (size == 2 && (units[0] & 0xFC00) == 0xD800 && (units[1] & 0xFC00) == 0xDC00) {
      code_point = 0x10000 + ((units[0] & 0x3FFu) << 10) + (units[1] & 0x3FFu);
    }
    if (code_point != 0xFFFD) index[pointer] = code_point;
  }
  ucnv_close(handle);
  return index;
}

// ICU maps the rows for user-defined characters to the private use area, and so some characters that Unicode got later.
// But for gb18030, the standard's indexes have nothing there.
void DropPrivateUse(Index* index) {
  std::ranges::replace_if(*index, [](char32_t c) { return c >= 0xE000 && c <= 0xF8FF; }, 0);
}

char32_t At(const Index& index, uint32_t pointer) { return pointer < index.size() ? index[pointer] : 0; }

// Code points that follow each other at pointers that follow each other.
struct Run {
  uint16_t pointer;
  char16_t code_point;
  uint8_t length;
};
// What the standard's index has and ICU's ibm-1375 has not, or elsewhere.
constexpr Run kBig5Additions[] = {
    {1008, 0x9F97, 1},  {1016, 0x9F96, 1},  {1099, 0x31C0, 5},  {1105, 0x31C5, 1},  {1108, 0x31C6, 2},
    {1112, 0x31C8, 1},  {1114, 0x31C9, 4},  {1119, 0x31CD, 2},  {1170, 0x23DA, 2},  {1730, 0x9FA6, 1},
    {1772, 0x9FA7, 1},  {1779, 0x9FA8, 1},  {1812, 0x9FA9, 1},  {1814, 0x9FAA, 1},  {1816, 0x9FAB, 1},
    {1821, 0x9FAC, 1},  {1844, 0x9FAD, 2},  {1847, 0x9FAF, 1},  {1866, 0x9FB2, 1},  {1892, 0x9FB3, 1},
    {2082, 0x7BB8, 1},  {2088, 0x7C06, 1},  {2103, 0x7CCE, 1},  {2114, 0x7DD2, 1},  {2123, 0x7E1D, 1},
    {2148, 0x8005, 1},  {2151, 0x8028, 1},  {2221, 0x83C1, 1},  {2239, 0x84A8, 1},  {2244, 0x840F, 1},
    {2303, 0x89A6, 1},  {2304, 0x89A9, 1},  {2354, 0x8D77, 1},  {2400, 0x90FD, 1},  {2413, 0x92B9, 1},
    {2477, 0x975C, 1},  {2498, 0x97FF, 1},  {2605, 0x9F16, 1},  {2673, 0x8503, 1},  {2746, 0x5159, 1},
    {2747, 0x515B, 1},  {2748, 0x515D, 2},  {2771, 0x936E, 1},  {2780, 0x7479, 1},  {2990, 0x6D67, 1},
    {3087, 0x799B, 1},  {3259, 0x9097, 1},  {3301, 0x975D, 1},  {3436, 0x701E, 1},  {3451, 0x5B28, 1},
    {4136, 0x7201, 1},  {4138, 0x77D7, 1},  {4141, 0x7E87, 1},  {4182, 0x99D6, 1},  {4206, 0x91D4, 1},
    {4220, 0x60DE, 1},  {4230, 0x6FB6, 1},  {4241, 0x8F36, 1},  {4258, 0x4FBB, 1},  {4273, 0x71DF, 1},
    {4279, 0x9104, 1},  {4282, 0x9DF0, 1},  {4294, 0x83CF, 1},  {4329, 0x5C10, 1},  {4330, 0x79E3, 1},
    {4349, 0x5A67, 1},  {4419, 0x8F0B, 1},  {4422, 0x7B51, 1},  {4494, 0x62D0, 1},  {4624, 0x6062, 1},
    {4694, 0x75F9, 1},  {4708, 0x6C4A, 1},  {4742, 0x9B2E, 1},  {4748, 0x9F17, 1},  {4815, 0x50ED, 1},
    {4828, 0x5F0C, 1},  {4902, 0x880F, 1},  {4922, 0x62CE, 1},  {4982, 0x7468, 1},  {4992, 0x7162, 1},
    {4997, 0x7250, 1},  {5432, 0x2400, 32}, {5464, 0x2421, 1},  {10942, 0x5EF4, 1}, {10946, 0x65E0, 1},
    {10948, 0x7676, 1}, {10950, 0x96B6, 1}, {10957, 0x3003, 1}, {10958, 0x4EDD, 1}, {11204, 0x31CF, 1},
    {11210, 0x9FB0, 1}, {11212, 0x9FB1, 1}, {19028, 0x5029, 1}, {19035, 0x507D, 1}, {19088, 0x5305, 1},
    {19096, 0x5344, 1}, {19112, 0x537F, 1}, {19162, 0x5605, 1}, {19240, 0x5A77, 1}, {19299, 0x5E75, 1},
    {19305, 0x5ED0, 1}, {19326, 0x5F58, 1}, {19355, 0x60A4, 1}, {19398, 0x6490, 1}, {19439, 0x6674, 1},
    {19454, 0x675E, 1}, {19553, 0x6C9C, 1}, {19554, 0x6E1D, 1}, {19557, 0x6E2F, 1}, {19611, 0x716E, 1},
    {19643, 0x732A, 1}, {19672, 0x745C, 1}, {19697, 0x74E9, 1}, {19748, 0x7809, 1}};

struct RangeStart {
  uint32_t pointer;
  char32_t code_point;
};
constexpr RangeStart kGb18030Ranges[] = {
    {0, 0x0080},     {36, 0x00A5},    {38, 0x00A9},     {45, 0x00B2},    {50, 0x00B8},    {81, 0x00D8},
    {89, 0x00E2},    {95, 0x00EB},    {96, 0x00EE},     {100, 0x00F4},   {103, 0x00F8},   {104, 0x00FB},
    {105, 0x00FD},   {109, 0x0102},   {126, 0x0114},    {133, 0x011C},   {148, 0x012C},   {172, 0x0145},
    {175, 0x0149},   {179, 0x014E},   {208, 0x016C},    {306, 0x01CF},   {307, 0x01D1},   {308, 0x01D3},
    {309, 0x01D5},   {310, 0x01D7},   {311, 0x01D9},    {312, 0x01DB},   {313, 0x01DD},   {341, 0x01FA},
    {428, 0x0252},   {443, 0x0262},   {544, 0x02C8},    {545, 0x02CC},   {558, 0x02DA},   {741, 0x03A2},
    {742, 0x03AA},   {749, 0x03C2},   {750, 0x03CA},    {805, 0x0402},   {819, 0x0450},   {820, 0x0452},
    {7922, 0x2011},  {7924, 0x2017},  {7925, 0x201A},   {7927, 0x201E},  {7934, 0x2027},  {7943, 0x2031},
    {7944, 0x2034},  {7945, 0x2036},  {7950, 0x203C},   {8062, 0x20AD},  {8148, 0x2104},  {8149, 0x2106},
    {8152, 0x210A},  {8164, 0x2117},  {8174, 0x2122},   {8236, 0x216C},  {8240, 0x217A},  {8262, 0x2194},
    {8264, 0x219A},  {8374, 0x2209},  {8380, 0x2210},   {8381, 0x2212},  {8384, 0x2216},  {8388, 0x221B},
    {8390, 0x2221},  {8392, 0x2224},  {8393, 0x2226},   {8394, 0x222C},  {8396, 0x222F},  {8401, 0x2238},
    {8406, 0x223E},  {8416, 0x2249},  {8419, 0x224D},   {8424, 0x2253},  {8437, 0x2262},  {8439, 0x2268},
    {8445, 0x2270},  {8482, 0x2296},  {8485, 0x229A},   {8496, 0x22A6},  {8521, 0x22C0},  {8603, 0x2313},
    {8936, 0x246A},  {8946, 0x249C},  {9046, 0x254C},   {9050, 0x2574},  {9063, 0x2590},  {9066, 0x2596},
    {9076, 0x25A2},  {9092, 0x25B4},  {9100, 0x25BE},   {9108, 0x25C8},  {9111, 0x25CC},  {9113, 0x25D0},
    {9131, 0x25E6},  {9162, 0x2607},  {9164, 0x260A},   {9218, 0x2641},  {9219, 0x2643},  {11329, 0x2E82},
    {11331, 0x2E85}, {11334, 0x2E89}, {11336, 0x2E8D},  {11346, 0x2E98}, {11361, 0x2EA8}, {11363, 0x2EAB},
    {11366, 0x2EAF}, {11370, 0x2EB4}, {11372, 0x2EB8},  {11375, 0x2EBC}, {11389, 0x2ECB}, {11682, 0x2FFC},
    {11686, 0x3004}, {11687, 0x3018}, {11692, 0x301F},  {11694, 0x302A}, {11714, 0x303F}, {11716, 0x3094},
    {11723, 0x309F}, {11725, 0x30F7}, {11730, 0x30FF},  {11736, 0x312A}, {11982, 0x322A}, {11989, 0x3232},
    {12102, 0x32A4}, {12336, 0x3390}, {12348, 0x339F},  {12350, 0x33A2}, {12384, 0x33C5}, {12393, 0x33CF},
    {12395, 0x33D3}, {12397, 0x33D6}, {12510, 0x3448},  {12553, 0x3474}, {12851, 0x359F}, {12962, 0x360F},
    {12973, 0x361B}, {13738, 0x3919}, {13823, 0x396F},  {13919, 0x39D1}, {13933, 0x39E0}, {14080, 0x3A74},
    {14298, 0x3B4F}, {14585, 0x3C6F}, {14698, 0x3CE1},  {15583, 0x4057}, {15847, 0x4160}, {16318, 0x4338},
    {16434, 0x43AD}, {16438, 0x43B2}, {16481, 0x43DE},  {16729, 0x44D7}, {17102, 0x464D}, {17122, 0x4662},
    {17315, 0x4724}, {17320, 0x472A}, {17402, 0x477D},  {17418, 0x478E}, {17859, 0x4948}, {17909, 0x497B},
    {17911, 0x497E}, {17915, 0x4984}, {17916, 0x4987},  {17936, 0x499C}, {17939, 0x49A0}, {17961, 0x49B8},
    {18664, 0x4C78}, {18703, 0x4CA4}, {18814, 0x4D1A},  {18962, 0x4DAF}, {19043, 0x9FA6}, {33469, 0xE76C},
    {33470, 0xE7C8}, {33471, 0xE7E7}, {33484, 0xE815},  {33485, 0xE819}, {33490, 0xE81F}, {33497, 0xE827},
    {33501, 0xE82D}, {33505, 0xE833}, {33513, 0xE83C},  {33520, 0xE844}, {33536, 0xE856}, {33550, 0xE865},
    {37845, 0xF92D}, {37921, 0xF97A}, {37948, 0xF996},  {38029, 0xF9E8}, {38038, 0xF9F2}, {38064, 0xFA10},
    {38065, 0xFA12}, {38066, 0xFA15}, {38069, 0xFA19},  {38075, 0xFA22}, {38076, 0xFA25}, {38078, 0xFA2A},
    {39108, 0xFE32}, {39109, 0xFE45}, {39113, 0xFE53},  {39114, 0xFE58}, {39115, 0xFE67}, {39116, 0xFE6C},
    {39265, 0xFF5F}, {39394, 0xFFE6}, {189000, 0x10000}};

}  // namespace

char32_t Big5CodePoint(uint32_t pointer) {
  static const Index index = [] {
    Index made = MakeIndex("ibm-1375_P100-2008", 126 * 157, [](uint32_t pointer, Bytes* out) -> size_t {
      uint32_t trail = pointer % 157;
      *out = {static_cast<char>(pointer / 157 + 0x81), static_cast<char>(trail + (trail < 0x3F ? 0x40 : 0x62))};
      return 2;
    });
    DropPrivateUse(&made);
    for (const Run& run : kBig5Additions) {
      for (uint32_t i = 0; i < run.length; ++i) made[run.pointer + i] = run.code_point + i;
    }
    return made;
  }();
  return At(index, pointer);
}

char32_t EucKrCodePoint(uint32_t pointer) {
  static const Index index = [] {
    Index made = MakeIndex("windows-949-2000", 126 * 190, [](uint32_t pointer, Bytes* out) -> size_t {
      *out = {static_cast<char>(pointer / 190 + 0x81), static_cast<char>(pointer % 190 + 0x41)};
      return 2;
    });
    DropPrivateUse(&made);
    return made;
  }();
  return At(index, pointer);
}

char32_t Gb18030CodePoint(uint32_t pointer) {
  static const Index index = MakeIndex("gb18030", 126 * 190, [](uint32_t pointer, Bytes* out) -> size_t {
    uint32_t trail = pointer % 190;
    *out = {static_cast<char>(pointer / 190 + 0x81), static_cast<char>(trail + (trail < 0x3F ? 0x40 : 0x41))};
    return 2;
  });
  return At(index, pointer);
}

char32_t Jis0208CodePoint(uint32_t pointer) {
  static const Index index = [] {
    Index made = MakeIndex("ibm-943_P15A-2003", 60 * 188, [](uint32_t pointer, Bytes* out) -> size_t {
      uint32_t lead = pointer / 188;
      uint32_t trail = pointer % 188;
      *out = {static_cast<char>(lead + (lead < 0x1F ? 0x81 : 0xC1)),
              static_cast<char>(trail + (trail < 0x3F ? 0x40 : 0x41))};
      return 2;
    });
    DropPrivateUse(&made);
    return made;
  }();
  return At(index, pointer);
}

char32_t Jis0212CodePoint(uint32_t pointer) {
  static const Index index = [] {
    Index made = MakeIndex("euc-jp-2007", 94 * 94, [](uint32_t pointer, Bytes* out) -> size_t {
      *out = {'\x8F', static_cast<char>(pointer / 94 + 0xA1), static_cast<char>(pointer % 94 + 0xA1)};
      return 3;
    });
    // IBM's extensions of rows 83 and 84 that the standard has in index jis0208 only.
    for (uint32_t pointer = 7708; pointer <= 7727; ++pointer) made[pointer] = 0;
    made[7730] = 0;
    return made;
  }();
  return At(index, pointer);
}

// https://encoding.spec.whatwg.org/#index-gb18030-ranges-code-point
char32_t Gb18030RangesCodePoint(uint32_t pointer) {
  if ((pointer > 39419 && pointer < 189000) || pointer > 1237575) return 0;
  if (pointer == 7457) return 0xE7C7;
  const RangeStart* after = std::ranges::upper_bound(kGb18030Ranges, pointer, {}, &RangeStart::pointer);
  const RangeStart& range = *std::prev(after);
  return range.code_point + (pointer - range.pointer);
}

}  // namespace verge::bindings
