#include "cli/metrics/exposition.h"

#include <charconv>

namespace verge::cli {
namespace {

// What the format gives a meaning to.
void AppendEscaped(std::string_view text, bool quotes, std::string* out) {
  for (char c : text) {
    if (c == '\\') {
      *out += "\\\\";
    } else if (c == '\n') {
      *out += "\\n";
    } else if (c == '"' && quotes) {
      *out += "\\\"";
    } else {
      *out += c;
    }
  }
}

template <typename T>
void AppendNumber(T value, std::string* out) {
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  out->append(digits, static_cast<size_t>(end - digits));
}

}  // namespace

void Exposition::Begin(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ");
  AppendEscaped(help, false, &text_);
  text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void Exposition::AppendName(Labels labels, std::string_view suffix) {
  text_.append(name_).append(suffix);
  char before = '{';
  for (const auto& [name, value] : labels) {
    text_ += before;
    text_.append(name).append("=\"");
    AppendEscaped(value, true, &text_);
    text_ += '"';
    before = ',';
  }
  if (labels.size() > 0) text_ += '}';
  text_ += ' ';
}

void Exposition::Add(Labels labels, uint64_t value, std::string_view suffix) {
  AppendName(labels, suffix);
  AppendNumber(value, &text_);
  text_ += '\n';
}

void Exposition::AddDecimal(Labels labels, double value, std::string_view suffix) {
  AppendName(labels, suffix);
  AppendNumber(value, &text_);
  text_ += '\n';
}

}  // namespace verge::cli
