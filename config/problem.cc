#include "config/problem.h"

#include <algorithm>
#include <format>

namespace verge::config {
namespace {

constexpr size_t kQuotedMax = 60;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::string Problem::ToString() const {
  if (file.empty()) return message;
  const std::string name = Printable(file);
  if (line <= 0) return std::format("{}: {}", name, message);
  return std::format("{}:{}:{}: {}", name, line, column, message);
}

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20 || c == 0x7F) {
      out += std::format("\\x{:02x}", c);
    } else if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0 &&
               IsContinuation(text[i + 1])) {
      // The C1 controls: U+009B alone starts an escape sequence on some terminals.
      out += std::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string Quoted(std::string_view text) {
  if (text.size() <= kQuotedMax) return "'" + Printable(text) + "'";
  size_t end = kQuotedMax;
  while (end > 0 && IsContinuation(text[end])) --end;
  return "'" + Printable(text.substr(0, end)) + "…'";
}

Position PositionCounter::At(size_t offset) {
  offset = std::min(offset, text_.size());
  for (; offset_ < offset; ++offset_) {
    if (text_[offset_] == '\n') {
      ++position_.line;
      position_.column = 1;
    } else if (!IsContinuation(text_[offset_])) {
      ++position_.column;
    }
  }
  return position_;
}

}  // namespace verge::config
