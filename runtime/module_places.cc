// The part of ModuleLoader that finds places in sources: for errors in compiled modules, their origin.

#include <charconv>

#include "runtime/exception.h"
#include "runtime/module_loader.h"

namespace verge::runtime {
namespace {

// Takes ":12" off the end. 0: there is none.
int TakeNumber(std::string_view* text) {
  size_t colon = text->rfind(':');
  if (colon == std::string_view::npos || colon + 1 == text->size()) return 0;
  int number = 0;
  const char* end = text->data() + text->size();
  auto [rest, error] = std::from_chars(text->data() + colon + 1, end, number);
  if (error != std::errc() || rest != end || number < 1) return 0;
  *text = text->substr(0, colon);
  return number;
}

}  // namespace

std::string ModuleLoader::SourceLine(std::string_view name, int line) const {
  std::string text = source_->Text(name);
  std::string_view rest = text;
  for (int i = 1; i < line; ++i) {
    size_t end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return std::string(rest);
}

std::vector<std::string> ModuleLoader::SourceLines(std::string_view name, int first, int last) const {
  // One that is longer is made by a tool, and not for reading.
  constexpr size_t kMaxLine = 300;
  std::string text = source_->Text(name);
  std::string_view rest = text;
  std::vector<std::string> lines;
  for (int number = 1; number <= last && !rest.empty(); ++number) {
    size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (number < first) continue;
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line.size() > kMaxLine ? std::string(line.substr(0, kMaxLine)) + "…" : std::string(line));
  }
  return lines;
}

std::optional<SourceMap::Place> ModuleLoader::Origin(std::string_view name, int line, int column) const {
  auto found = maps_.find(name);
  return found == maps_.end() ? std::nullopt : found->second->Find(line, column);
}

void ModuleLoader::MapPlaces(ExceptionReport* report) const {
  if (maps_.empty()) return;
  if (auto origin = Origin(report->file, report->line, report->column)) {
    report->file = origin->source;
    report->line = origin->line;
    report->column = origin->column;
    report->source_line = SourceLine(report->file, report->line);
  }
  report->stack = MapStack(report->stack);
}

// Frames are "    at name (file:line:column)" or "    at file:line:column".
std::string ModuleLoader::MapStack(std::string_view stack) const {
  std::string out;
  while (!stack.empty()) {
    size_t end = stack.find('\n');
    std::string_view frame = stack.substr(0, end);
    stack = end == std::string_view::npos ? std::string_view() : stack.substr(end + 1);
    if (!out.empty()) out += '\n';
    std::string_view place = frame;
    bool in_parentheses = place.ends_with(')');
    if (in_parentheses) place.remove_suffix(1);
    int column = TakeNumber(&place);
    int line = column == 0 ? 0 : TakeNumber(&place);
    size_t begin = place.rfind(in_parentheses ? '(' : ' ');
    if (line == 0 || begin == std::string_view::npos || !frame.starts_with("    at ")) {
      out += frame;
      continue;
    }
    auto origin = Origin(place.substr(begin + 1), line, column);
    if (!origin) {
      out += frame;
      continue;
    }
    out.append(place.substr(0, begin + 1)).append(origin->source);
    out.append(":").append(std::to_string(origin->line)).append(":").append(std::to_string(origin->column));
    if (in_parentheses) out += ')';
  }
  return out;
}

}  // namespace verge::runtime
