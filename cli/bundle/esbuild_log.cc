#include "cli/bundle/esbuild_log.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace verge::cli {
namespace {

constexpr std::string_view kError = "[ERROR] ";
constexpr std::string_view kWarning = "[WARNING] ";
constexpr std::string_view kCodeBar = "\u2502 ";  // "│ ", before a source line
constexpr std::string_view kMarkBar = "\u2575 ";  // "╵ ", before the mark below it

// "    src/a.ts:3:10:", the column counted from 0.
std::optional<std::string> TakePlace(std::string_view line) {
  if (!line.starts_with("    ") || !line.ends_with(':')) return std::nullopt;
  line.remove_prefix(4);
  line.remove_suffix(1);
  size_t colon = line.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  int column = 0;
  auto [rest, error] = std::from_chars(line.data() + colon + 1, line.data() + line.size(), column);
  if (error != std::errc() || rest != line.data() + line.size()) return std::nullopt;
  return std::string(line.substr(0, colon + 1)) + std::to_string(column + 1);
}

std::optional<std::string_view> Behind(std::string_view line, std::string_view bar) {
  size_t at = line.find(bar);
  if (at == std::string_view::npos) return std::nullopt;
  // Only digits and spaces stand before the bar.
  bool margin = std::ranges::all_of(line.substr(0, at), [](char c) { return c == ' ' || (c >= '0' && c <= '9'); });
  return margin ? std::optional(line.substr(at + bar.size())) : std::nullopt;
}

}  // namespace

std::vector<EsbuildMessage> ParseEsbuildLog(std::string_view log) {
  std::vector<EsbuildMessage> messages;
  bool has_place = false;
  bool has_code = false;
  bool has_mark = false;
  while (!log.empty()) {
    size_t end = log.find('\n');
    std::string_view line = log.substr(0, end);
    log = end == std::string_view::npos ? std::string_view() : log.substr(end + 1);
    size_t error = line.find(kError);
    size_t warning = line.find(kWarning);
    // Behind a sign of a few bytes.
    if (error <= 4 || warning <= 4) {
      bool is_error = error <= 4;
      EsbuildMessage& message = messages.emplace_back();
      message.is_error = is_error;
      message.text = is_error ? line.substr(error + kError.size()) : line.substr(warning + kWarning.size());
      has_place = has_code = has_mark = false;
      continue;
    }
    if (messages.empty()) continue;
    std::string& text = messages.back().text;
    if (!has_place) {
      if (auto place = TakePlace(line)) {
        text = *place + ": " + text;
        has_place = true;
      }
    } else if (!has_code) {
      if (auto code = Behind(line, kCodeBar)) {
        text.append("\n    ").append(*code);
        has_code = true;
      }
    } else if (!has_mark) {
      if (auto mark = Behind(line, kMarkBar)) {
        text.append("\n    ").append(*mark);
        has_mark = true;
      }
    }
  }
  return messages;
}

}  // namespace verge::cli
