#include "cache/structured_dictionary.h"

#include <algorithm>
#include <utility>

#include "http/field_syntax.h"

namespace verge::cache {

namespace {

bool IsLowerAlpha(char c) { return c >= 'a' && c <= 'z'; }
bool IsAlpha(char c) { return IsLowerAlpha(http::ToLower(c)); }
bool IsKeyChar(char c) { return IsLowerAlpha(c) || http::IsDigit(c) || c == '_' || c == '-' || c == '.' || c == '*'; }
bool IsVisible(char c) { return c >= 0x20 && c < 0x7f; }

// RFC 9651, 4.2: the algorithms, one method each. They give false for "fail parsing".
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  bool Dictionary(std::vector<DictionaryMember>& members) {  // 4.2.2
    while (Peek() == ' ') Skip();
    while (!rest_.empty() && rest_.back() == ' ') rest_.remove_suffix(1);
    while (!rest_.empty()) {
      DictionaryMember member;
      if (!Key(member.key)) return false;
      if (Peek() == '=') {
        Skip();
        if (Peek() == '(' ? !InnerList(member) : !Item(member)) return false;
      } else if (!Parameters()) {
        return false;
      }
      std::erase_if(members, [&](const DictionaryMember& other) { return other.key == member.key; });
      members.push_back(std::move(member));
      SkipBlanks();
      if (rest_.empty()) return true;
      if (Peek() != ',') return false;
      Skip();
      SkipBlanks();
      if (rest_.empty()) return false;  // a comma at the end
    }
    return true;
  }

 private:
  // The character in front, or NUL, which none of the algorithms accepts.
  [[nodiscard]] char Peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  void Skip() { rest_.remove_prefix(1); }
  void SkipBlanks() {
    while (http::IsBlank(Peek())) Skip();
  }
  template <typename Predicate>
  std::string_view Take(Predicate&& predicate) {
    size_t count = 0;
    while (count < rest_.size() && predicate(rest_[count])) ++count;
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  bool Key(std::string& key) {  // 4.2.3.3
    if (!IsLowerAlpha(Peek()) && Peek() != '*') return false;
    key = Take(IsKeyChar);
    return true;
  }

  bool Parameters() {  // 4.2.3.2
    while (Peek() == ';') {
      Skip();
      while (Peek() == ' ') Skip();
      std::string key;
      if (!Key(key)) return false;
      if (Peek() != '=') continue;
      Skip();
      DictionaryMember ignored;
      if (!BareItem(ignored)) return false;
    }
    return true;
  }

  bool InnerList(DictionaryMember& member) {  // 4.2.1.2
    Skip();
    while (!rest_.empty()) {
      while (Peek() == ' ') Skip();
      if (Peek() == ')') {
        Skip();
        member.type = DictionaryMember::Type::kInnerList;
        return Parameters();
      }
      DictionaryMember ignored;
      if (!Item(ignored)) return false;
      if (Peek() != ' ' && Peek() != ')') return false;
    }
    return false;
  }

  bool Item(DictionaryMember& member) { return BareItem(member) && Parameters(); }  // 4.2.3

  bool BareItem(DictionaryMember& member) {  // 4.2.3.1
    const char c = Peek();
    if (c == '-' || http::IsDigit(c)) return Number(member);
    if (c == '"') return String(member);
    if (c == '*' || IsAlpha(c)) {  // 4.2.6
      member.type = DictionaryMember::Type::kToken;
      member.text = Take([](char t) { return http::IsTokenChar(t) || t == ':' || t == '/'; });
      return true;
    }
    if (c == ':') return ByteSequence(member);
    if (c == '?') return Boolean(member);
    if (c == '@') {  // 4.2.9
      Skip();
      if (!Number(member) || member.type != DictionaryMember::Type::kInteger) return false;
      member.type = DictionaryMember::Type::kDate;
      return true;
    }
    if (c == '%') return DisplayString(member);
    return false;
  }

  bool Number(DictionaryMember& member) {  // 4.2.4
    const bool negative = Peek() == '-';
    if (negative) Skip();
    const std::string_view digits = Take(http::IsDigit);
    if (digits.empty()) return false;
    if (Peek() == '.') {
      Skip();
      const std::string_view fraction = Take(http::IsDigit);
      member.type = DictionaryMember::Type::kDecimal;
      return digits.size() <= 12 && !fraction.empty() && fraction.size() <= 3;
    }
    if (digits.size() > 15) return false;
    member.type = DictionaryMember::Type::kInteger;
    member.integer = 0;
    for (const char digit : digits) member.integer = member.integer * 10 + (digit - '0');
    if (negative) member.integer = -member.integer;
    return true;
  }

  bool String(DictionaryMember& member) {  // 4.2.5
    member.type = DictionaryMember::Type::kString;
    Skip();
    while (!rest_.empty()) {
      char c = Peek();
      Skip();
      if (c == '"') return true;
      if (c == '\\') {
        c = Peek();
        if (c != '"' && c != '\\') return false;
        Skip();
      } else if (!IsVisible(c)) {
        return false;
      }
      member.text.push_back(c);
    }
    return false;
  }

  bool ByteSequence(DictionaryMember& member) {  // 4.2.7
    member.type = DictionaryMember::Type::kBytes;
    Skip();
    Take([](char c) { return IsAlpha(c) || http::IsDigit(c) || c == '+' || c == '/' || c == '='; });
    if (Peek() != ':') return false;
    Skip();
    return true;
  }

  bool Boolean(DictionaryMember& member) {  // 4.2.8
    member.type = DictionaryMember::Type::kBoolean;
    Skip();
    if (Peek() != '0' && Peek() != '1') return false;
    member.boolean = Peek() == '1';
    Skip();
    return true;
  }

  bool DisplayString(DictionaryMember& member) {  // 4.2.10
    member.type = DictionaryMember::Type::kDisplayString;
    Skip();
    if (Peek() != '"') return false;
    Skip();
    while (!rest_.empty()) {
      const char c = Peek();
      Skip();
      if (c == '"') return true;
      if (!IsVisible(c)) return false;
      if (c == '%') {
        if (rest_.size() < 2 || http::HexDigit(rest_[0]) < 0 || http::HexDigit(rest_[1]) < 0) return false;
        rest_.remove_prefix(2);
      }
    }
    return false;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::vector<DictionaryMember>> ParseStructuredDictionary(std::string_view text) {
  std::vector<DictionaryMember> members;
  if (!Parser(text).Dictionary(members)) return std::nullopt;
  return members;
}

}  // namespace verge::cache
