#include "bindings/url/form_urlencoded.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "bindings/encoding/utf8.h"

namespace verge::bindings {
namespace {

// -1 for what is no hexadecimal digit.
constexpr std::array<int8_t, 256> kHexValues = [] {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 10; ++i) values['0' + i] = static_cast<int8_t>(i);
  for (int i = 0; i < 6; ++i) values['a' + i] = values['A' + i] = static_cast<int8_t>(10 + i);
  return values;
}();

// What the application/x-www-form-urlencoded percent-encode set leaves as it is.
constexpr std::array<bool, 256> kUnescaped = [] {
  std::array<bool, 256> unescaped{};
  for (int c = '0'; c <= '9'; ++c) unescaped[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) unescaped[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) unescaped[c] = true;
  for (char c : {'*', '-', '.', '_'}) unescaped[static_cast<uint8_t>(c)] = true;
  return unescaped;
}();

std::string DecodeComponent(std::string_view text) {
  std::string out;
  size_t special = text.find_first_of("%+");
  if (special == std::string_view::npos) {
    out = text;
  } else {
    out.reserve(text.size());
    out.append(text.substr(0, special));
    for (size_t i = special; i < text.size(); ++i) {
      char c = text[i];
      if (c == '+') {
        out += ' ';
      } else if (c == '%' && text.size() - i > 2 && kHexValues[static_cast<uint8_t>(text[i + 1])] >= 0 &&
                 kHexValues[static_cast<uint8_t>(text[i + 2])] >= 0) {
        out += static_cast<char>(kHexValues[static_cast<uint8_t>(text[i + 1])] << 4 |
                                 kHexValues[static_cast<uint8_t>(text[i + 2])]);
        i += 2;
      } else {
        out += c;
      }
    }
  }
  return RepairUtf8(std::move(out));
}

void AppendComponent(std::string_view text, std::string* out) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (char c : text) {
    auto byte = static_cast<uint8_t>(c);
    if (kUnescaped[byte]) {
      *out += c;
    } else if (c == ' ') {
      *out += '+';
    } else {
      const char escape[] = {'%', kDigits[byte >> 4], kDigits[byte & 15]};
      out->append(escape, sizeof(escape));
    }
  }
}

// UTF-8 sorts like code points, UTF-16 does not: the surrogates of U+10000 and above come before U+E000 to U+FFFF. At
// the first difference the lead bytes (0xF0 and above against 0xEE and 0xEF) tell; continuation bytes differ only
// within one plane, where both orders are the same.
bool LessByCodeUnits(std::string_view a, std::string_view b) {
  auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (at_b == b.end()) return false;
  if (at_a == a.end()) return true;
  auto byte_a = static_cast<uint8_t>(*at_a);
  auto byte_b = static_cast<uint8_t>(*at_b);
  bool supplementary_a = byte_a >= 0xF0;
  bool supplementary_b = byte_b >= 0xF0;
  if (supplementary_a != supplementary_b) {
    if (supplementary_a && byte_b >= 0xEE) return true;
    if (supplementary_b && byte_a >= 0xEE) return false;
  }
  return byte_a < byte_b;
}

}  // namespace

FormList ParseFormUrlencoded(std::string_view input) {
  FormList list;
  while (!input.empty()) {
    size_t end = std::min(input.find('&'), input.size());
    std::string_view sequence = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    if (sequence.empty()) continue;
    size_t equals = sequence.find('=');
    if (equals == std::string_view::npos) {
      list.emplace_back(DecodeComponent(sequence), std::string());
    } else {
      list.emplace_back(DecodeComponent(sequence.substr(0, equals)), DecodeComponent(sequence.substr(equals + 1)));
    }
  }
  return list;
}

std::string SerializeFormUrlencoded(const FormList& list) {
  std::string out;
  size_t size = 0;
  for (const auto& [name, value] : list) size += name.size() + value.size() + 2;
  out.reserve(size);
  for (const auto& [name, value] : list) {
    if (!out.empty()) out += '&';
    AppendComponent(name, &out);
    out += '=';
    AppendComponent(value, &out);
  }
  return out;
}

void SortByCodeUnits(FormList* list) {
  std::ranges::stable_sort(*list, [](const auto& a, const auto& b) { return LessByCodeUnits(a.first, b.first); });
}

}  // namespace verge::bindings
