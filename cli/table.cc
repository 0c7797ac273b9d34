#include "cli/table.h"

#include <algorithm>
#include <cstddef>
#include <format>

namespace verge::cli {
namespace {

constexpr size_t kMaxCell = 200;

// Safe for a terminal: no control characters, and no line that is not ours.
std::string Clean(const std::string& text) {
  std::string out;
  size_t shown = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) != 0x80 && ++shown > kMaxCell) return out + "…";
    if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += std::format("\\x{:02x}", byte);
    } else {
      out += text[i];
    }
  }
  return out;
}

// Characters, each taken to be as wide as any.
size_t Width(const std::string& text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

std::string FormatTable(std::span<const std::string> columns, std::span<const std::vector<std::string>> rows) {
  std::vector<size_t> widths;
  std::vector<std::vector<std::string>> cells;
  auto& head = cells.emplace_back();
  for (const std::string& column : columns) head.push_back(Clean(column));
  for (const std::vector<std::string>& row : rows) {
    auto& line = cells.emplace_back();
    for (const std::string& cell : row) line.push_back(Clean(cell));
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    size_t width = 0;
    for (const auto& line : cells) width = std::max(width, Width(line[i]));
    widths.push_back(width);
  }
  auto rule = [&](const char* left, const char* middle, const char* right) {
    std::string out = left;
    for (size_t i = 0; i < widths.size(); ++i) {
      if (i > 0) out += middle;
      for (size_t n = 0; n < widths[i] + 2; ++n) out += "─";
    }
    return out + right + "\n";
  };
  std::string out = rule("┌", "┬", "┐");
  for (size_t n = 0; n < cells.size(); ++n) {
    if (n == 1) out += rule("├", "┼", "┤");
    for (size_t i = 0; i < widths.size(); ++i) {
      out += "│ " + cells[n][i] + std::string(widths[i] - Width(cells[n][i]) + 1, ' ');
    }
    out += "│\n";
  }
  return out + rule("└", "┴", "┘");
}

}  // namespace verge::cli
