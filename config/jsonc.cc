// The JSON reader: RFC 8259 plus // and /* */ comments and trailing commas, as in wrangler.jsonc. Recursive descent
// with a depth bound, in one pass; positions come along for free, which no JSON library at hand offers.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <format>
#include <optional>
#include <utility>

#include "config/utf8.h"
#include "config/value.h"

namespace verge::config {
namespace {

class JsoncReader {
 public:
  JsoncReader(std::string_view text, const std::string& file, size_t max_values)
      : text_(text), file_(file), counter_(text), max_values_(max_values) {}

  std::expected<Document, Problem> Read() {
    if (text_.starts_with("\xEF\xBB\xBF")) offset_ = 3;
    if (auto problem = CheckUtf8(text_, file_)) return std::unexpected(*std::move(problem));
    Document document;
    if (SkipSpace()) {
      if (Peek() != '{') {
        Fail(offset_, "the configuration must be an object: expected '{', found " + Found());
      } else if (ReadValue(&document.root, 0) && SkipSpace() && offset_ < text_.size()) {
        Fail(offset_, "expected the end of the file after the closing '}', found " + Found());
      }
    }
    if (problem_) return std::unexpected(std::move(*problem_));
    document.warnings = std::move(warnings_);
    return document;
  }

 private:
  // 0 at the end, which no token starts with.
  [[nodiscard]] char Peek() const { return offset_ < text_.size() ? text_[offset_] : '\0'; }

  [[nodiscard]] std::string Found() const {
    if (offset_ >= text_.size()) return "the end of the file";
    size_t end = offset_ + 1;
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80) ++end;
    return Quoted(text_.substr(offset_, end - offset_));
  }

  bool Fail(size_t offset, std::string message) {
    const Position at = counter_.At(offset);
    problem_ = Problem{file_, at.line, at.column, std::move(message)};
    return false;
  }

  bool SkipSpace() {
    while (offset_ < text_.size()) {
      const char c = text_[offset_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++offset_;
      } else if (text_.substr(offset_).starts_with("//")) {
        offset_ = std::min(text_.find('\n', offset_), text_.size());
      } else if (text_.substr(offset_).starts_with("/*")) {
        const size_t end = text_.find("*/", offset_ + 2);
        if (end == std::string_view::npos) return Fail(offset_, "this comment has no closing '*/'");
        offset_ = end + 2;
      } else {
        break;
      }
    }
    return true;
  }

  bool ReadValue(Value* out, int depth) {
    if (++values_ > max_values_) return Fail(offset_, std::format("more than {} values in one file", max_values_));
    out->at = counter_.At(offset_);
    switch (Peek()) {
      case '{':
        out->kind = Value::Kind::kTable;
        return ReadObject(out, depth);
      case '[':
        out->kind = Value::Kind::kArray;
        return ReadArray(out, depth);
      case '"':
        out->kind = Value::Kind::kString;
        return ReadString(&out->text);
      default:
        break;
    }
    if (Peek() == '-' || IsDigit(Peek())) {
      out->kind = Value::Kind::kNumber;
      return ReadNumber(&out->text);
    }
    for (const auto& [word, kind, boolean] : {std::tuple{"true", Value::Kind::kBoolean, true},
                                              {"false", Value::Kind::kBoolean, false},
                                              {"null", Value::Kind::kNull, false}}) {
      const std::string_view name = word;
      if (!text_.substr(offset_).starts_with(name)) continue;
      const size_t end = offset_ + name.size();
      if (end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) || text_[end] == '_')) continue;
      out->kind = kind;
      out->boolean = boolean;
      offset_ = end;
      return true;
    }
    if (Peek() == '\'') return Fail(offset_, "strings are written in double quotes, found \"'\"");
    return Fail(offset_, "expected a value, found " + Found());
  }

  bool ReadObject(Value* out, int depth) {
    const size_t open = offset_;
    if (depth >= kMaxDepth) return Fail(open, std::format("nested more than {} levels deep", kMaxDepth));
    ++offset_;
    for (;;) {
      if (!SkipSpace()) return false;
      if (Peek() == '}') break;
      if (Peek() != '"') return Fail(offset_, "expected a key in double quotes or '}', found " + Found());
      Member member;
      member.at = counter_.At(offset_);
      if (!ReadString(&member.name) || !SkipSpace()) return false;
      if (Peek() != ':') {
        return Fail(offset_, std::format("expected ':' after the key {}, found {}", Quoted(member.name), Found()));
      }
      ++offset_;
      if (!SkipSpace() || !ReadValue(&member.value, depth + 1)) return false;
      out->members.push_back(std::move(member));
      if (!SkipSpace()) return false;
      if (Peek() == ',') {
        ++offset_;
      } else if (Peek() != '}') {
        return Fail(offset_, "expected ',' or '}', found " + Found());
      }
    }
    ++offset_;
    DropDuplicates(&out->members);
    return true;
  }

  bool ReadArray(Value* out, int depth) {
    if (depth >= kMaxDepth) return Fail(offset_, std::format("nested more than {} levels deep", kMaxDepth));
    ++offset_;
    for (;;) {
      if (!SkipSpace()) return false;
      if (Peek() == ']') break;
      Value item;
      if (!ReadValue(&item, depth + 1)) return false;
      out->items.push_back(std::move(item));
      if (!SkipSpace()) return false;
      if (Peek() == ',') {
        ++offset_;
      } else if (Peek() != ']') {
        return Fail(offset_, "expected ',' or ']', found " + Found());
      }
    }
    ++offset_;
    return true;
  }

  // As every JavaScript reader does, the last of equal keys counts; unlike them, say so.
  void DropDuplicates(std::vector<Member>* members) {
    if (members->size() < 2) return;
    std::vector<size_t> order(members->size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return (*members)[a].name < (*members)[b].name; });
    std::vector<bool> dropped(members->size());
    bool any = false;
    for (size_t i = 0; i + 1 < order.size(); ++i) {
      const Member& earlier = (*members)[order[i]];
      const Member& later = (*members)[order[i + 1]];
      if (earlier.name != later.name) continue;
      dropped[order[i]] = any = true;
      warnings_.push_back(
          {file_, later.at.line, later.at.column,
           std::format("the key {} is already set on line {}; this one counts", Quoted(later.name), earlier.at.line)});
    }
    if (!any) return;
    std::vector<Member> kept;
    for (size_t i = 0; i < members->size(); ++i) {
      if (!dropped[i]) kept.push_back(std::move((*members)[i]));
    }
    *members = std::move(kept);
  }

  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }

  bool ReadDigits() {
    if (!IsDigit(Peek())) return Fail(offset_, "expected a digit, found " + Found());
    while (IsDigit(Peek())) ++offset_;
    return true;
  }

  // RFC 8259, section 6.
  bool ReadNumber(std::string* out) {
    const size_t start = offset_;
    if (Peek() == '-') ++offset_;
    if (Peek() == '0') {
      ++offset_;
      if (IsDigit(Peek())) return Fail(start, "a number does not start with 0");
    } else if (!ReadDigits()) {
      return false;
    }
    if (Peek() == '.') {
      ++offset_;
      if (!ReadDigits()) return false;
    }
    if (Peek() == 'e' || Peek() == 'E') {
      ++offset_;
      if (Peek() == '+' || Peek() == '-') ++offset_;
      if (!ReadDigits()) return false;
    }
    *out = text_.substr(start, offset_ - start);
    return true;
  }

  std::optional<uint32_t> ReadHex4() {
    if (text_.size() - offset_ < 4) return std::nullopt;
    uint32_t unit = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = text_[offset_ + i];
      if (!std::isxdigit(static_cast<unsigned char>(c))) return std::nullopt;
      unit = unit * 16 + static_cast<uint32_t>(IsDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    offset_ += 4;
    return unit;
  }

  static void AppendUtf8(uint32_t code_point, std::string* out) {
    const auto put = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
    if (code_point < 0x80) {
      put(code_point);
    } else if (code_point < 0x800) {
      put(0xC0 | code_point >> 6);
      put(0x80 | (code_point & 0x3F));
    } else if (code_point < 0x10000) {
      put(0xE0 | code_point >> 12);
      put(0x80 | (code_point >> 6 & 0x3F));
      put(0x80 | (code_point & 0x3F));
    } else {
      put(0xF0 | code_point >> 18);
      put(0x80 | (code_point >> 12 & 0x3F));
      put(0x80 | (code_point >> 6 & 0x3F));
      put(0x80 | (code_point & 0x3F));
    }
  }

  bool ReadString(std::string* out) {
    const size_t open = offset_++;
    for (;;) {
      if (offset_ >= text_.size() || text_[offset_] == '\n') {
        return Fail(open, "this string has no closing double quote on its line");
      }
      const char c = text_[offset_];
      if (c == '"') break;
      if (static_cast<unsigned char>(c) < 0x20) {
        return Fail(offset_, "a control character in a string must be escaped, found " + Found());
      }
      if (c != '\\') {
        out->push_back(c);
        ++offset_;
      } else if (!ReadEscape(out)) {
        return false;
      }
    }
    ++offset_;
    return true;
  }

  bool ReadEscape(std::string* out) {
    const size_t start = offset_++;
    const char c = Peek();
    static constexpr std::string_view kEscapes = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (const size_t i = kEscapes.find(c); i != std::string_view::npos) {
      out->push_back(kMeanings[i]);
      ++offset_;
      return true;
    }
    if (c != 'u') return Fail(start, "no such escape in a JSON string: '\\' followed by " + Found());
    ++offset_;
    std::optional<uint32_t> unit = ReadHex4();
    if (!unit) return Fail(start, "'\\u' needs four hexadecimal digits");
    uint32_t code_point = *unit;
    if (code_point >= 0xD800 && code_point < 0xE000) {
      std::optional<uint32_t> low;
      if (code_point < 0xDC00 && text_.substr(offset_).starts_with("\\u")) {
        offset_ += 2;
        low = ReadHex4();
      }
      if (!low || *low < 0xDC00 || *low >= 0xE000) return Fail(start, "half of a surrogate pair is not a character");
      code_point = 0x10000 + ((code_point - 0xD800) << 10) + (*low - 0xDC00);
    }
    AppendUtf8(code_point, out);
    return true;
  }

  std::string_view text_;
  const std::string& file_;
  PositionCounter counter_;
  const size_t max_values_;
  size_t offset_ = 0;
  size_t values_ = 0;
  std::optional<Problem> problem_;
  std::vector<Problem> warnings_;
};

}  // namespace

std::expected<Document, Problem> ReadJsonc(std::string_view text, const std::string& file, size_t max_values) {
  return JsoncReader(text, file, max_values).Read();
}

}  // namespace verge::config
