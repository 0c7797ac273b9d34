#include "config/dotenv.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <format>
#include <optional>
#include <unordered_map>

#include "config/utf8.h"

namespace verge::config {
namespace {

// References multiply: ten lines of "B=$A$A" are a kilobyte, thirty would be a gigabyte. One value and all together.
constexpr size_t kMaxExpanded = 64 * 1024;
constexpr size_t kMaxExpandedTotal = 4 * 1024 * 1024;
constexpr auto npos = std::string_view::npos;

bool IsNameChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-'; }

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\v\f");
  if (begin == npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\v\f") - begin + 1);
}

class DotenvReader {
 public:
  DotenvReader(std::string_view text, const std::string& file) : text_(text), file_(file), counter_(text) {}

  std::expected<DotenvFile, Problem> Read() {
    if (auto problem = CheckUtf8(text_, file_)) return std::unexpected(*std::move(problem));
    if (text_.starts_with("\xEF\xBB\xBF")) offset_ = 3;
    while (offset_ < text_.size()) {
      if (!ReadLine()) return std::unexpected(std::move(*problem_));
    }
    return std::move(out_);
  }

 private:
  Problem At(size_t offset, std::string message) {
    const Position at = counter_.At(offset);
    return {file_, at.line, at.column, std::move(message)};
  }

  [[nodiscard]] size_t EndOfLine(size_t from) const { return std::min(text_.find('\n', from), text_.size()); }

  bool ReadLine() {
    const size_t end = EndOfLine(offset_);
    const size_t begin = std::min(text_.find_first_not_of(" \t\r\v\f", offset_), end);
    offset_ = end + 1;
    if (begin == end || text_[begin] == '#') return true;
    std::string_view line = text_.substr(begin, end - begin);

    size_t name_begin = 0;
    if (line.starts_with("export") && line.size() > 6 && (line[6] == ' ' || line[6] == '\t')) {
      name_begin = std::min(line.find_first_not_of(" \t", 6), line.size());
    }
    size_t name_end = name_begin;
    while (name_end < line.size() && IsNameChar(line[name_end])) ++name_end;
    size_t sign = std::min(line.find_first_not_of(" \t", name_end), line.size());
    // "NAME: value" is customary, too.
    const bool assigns =
        sign < line.size() && (line[sign] == '=' || (line[sign] == ':' && sign + 1 < line.size() &&
                                                     (line[sign + 1] == ' ' || line[sign + 1] == '\t')));
    if (name_end == name_begin || !assigns) {
      out_.warnings.push_back(At(begin, "this line is not NAME=value and is left out"));
      return true;
    }
    const std::string_view name = line.substr(name_begin, name_end - name_begin);
    const size_t value = std::min(line.find_first_not_of(" \t", sign + 1), line.size());
    if (value < line.size() && (line[value] == '"' || line[value] == '\'' || line[value] == '`')) {
      return ReadQuoted(name, begin + value);
    }
    Set(name, std::string(Trimmed(line.substr(value, line.find('#', value) - value))));
    return true;
  }

  bool ReadQuoted(std::string_view name, size_t open) {
    const char quote = text_[open];
    size_t close = open + 1;
    while (close < text_.size() && text_[close] != quote) {
      close += text_[close] == '\\' && close + 1 < text_.size() && text_[close + 1] == quote ? 2 : 1;
    }
    if (close >= text_.size()) {
      problem_ = At(open, std::format("the value of {} has no closing {}", Quoted(name), quote));
      return false;
    }
    const std::string_view raw = text_.substr(open + 1, close - open - 1);
    const size_t end = EndOfLine(close);
    const std::string_view rest = Trimmed(text_.substr(close + 1, end > close ? end - close - 1 : 0));
    if (!rest.empty() && rest[0] != '#') {
      out_.warnings.push_back(
          At(open, std::format("what follows the closing {} of {} is left out", quote, Quoted(name))));
    }
    offset_ = end + 1;
    Set(name, quote == '"' ? Unescaped(raw) : std::string(raw));
    return true;
  }

  static std::string Unescaped(std::string_view raw) {
    std::string out;
    for (size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] == '\\' && i + 1 < raw.size() && (raw[i + 1] == 'n' || raw[i + 1] == 'r')) {
        out += raw[++i] == 'n' ? '\n' : '\r';
      } else {
        out += raw[i];
      }
    }
    return out;
  }

  void Set(std::string_view name, std::string value) {
    const auto [found, added] = index_.try_emplace(std::string(name), out_.vars.size());
    if (added) {
      out_.vars.emplace_back(name, std::move(value));
    } else {
      out_.vars[found->second].second = std::move(value);
    }
  }

  std::string_view text_;
  const std::string& file_;
  PositionCounter counter_;
  size_t offset_ = 0;
  std::unordered_map<std::string, size_t> index_;
  DotenvFile out_;
  std::optional<Problem> problem_;
};

bool IsReferenceChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

}  // namespace

std::expected<DotenvFile, Problem> ReadDotenv(std::string_view text, const std::string& file) {
  return DotenvReader(text, file).Read();
}

std::expected<void, std::string> ExpandVars(std::vector<std::pair<std::string, std::string>>* vars) {
  std::unordered_map<std::string_view, std::string_view> known;
  size_t total = 0;
  for (auto& [name, value] : *vars) {
    std::string out;
    const std::string_view in = value;
    for (size_t i = 0; i < in.size();) {
      if (in[i] == '\\' && i + 1 < in.size() && in[i + 1] == '$') {
        out += '$';
        i += 2;
        continue;
      }
      if (in[i] != '$') {
        out += in[i++];
        continue;
      }
      const bool braces = i + 1 < in.size() && in[i + 1] == '{';
      const size_t begin = i + (braces ? 2 : 1);
      size_t end = begin;
      while (end < in.size() && IsReferenceChar(in[end])) ++end;
      std::string_view fallback;
      size_t next = end;
      bool reference = end > begin && !std::isdigit(static_cast<unsigned char>(in[begin]));
      if (reference && braces) {
        const size_t close = in.find('}', end);
        const std::string_view rest = in.substr(end, close == npos ? 0 : close - end);
        const bool has_fallback = rest.starts_with(":-");
        reference = close != npos && (rest.empty() || has_fallback);
        if (has_fallback) fallback = rest.substr(2);
        next = close + 1;
      }
      if (!reference) {  // "$5", "${", "$ ": a dollar sign like any other character
        out += in[i++];
        continue;
      }
      const auto found = known.find(in.substr(begin, end - begin));
      out += found != known.end() && !found->second.empty() ? found->second : fallback;
      i = next;
      if (out.size() > kMaxExpanded) {
        return std::unexpected(std::format("the value of {} is longer than {} bytes with its references replaced",
                                           Quoted(name), kMaxExpanded));
      }
    }
    total += out.size();
    if (total > kMaxExpandedTotal) {
      return std::unexpected(std::format("the values up to {} are longer than {} bytes with their references replaced",
                                         Quoted(name), kMaxExpandedTotal));
    }
    value = std::move(out);
    known[name] = value;
  }
  return {};
}

}  // namespace verge::config
