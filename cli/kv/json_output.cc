#include "cli/kv/json_output.h"

#include <utility>

namespace verge::cli {
namespace {

using Kind = config::Value::Kind;

// Enough for the largest files that the original takes: ten thousand pairs of six values each, ten times over.
constexpr size_t kMaxJsonValues = 1'000'000;

}  // namespace

std::expected<config::Value, config::Problem> ParseJsonText(std::string_view text, const std::string& name) {
  // The reader is for configurations, which are objects: it gets one, whose first line is ours.
  std::string wrapped = "{\"\":\n";
  wrapped += text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
  wrapped += "\n}";
  auto document = config::ReadJsonc(wrapped, name, kMaxJsonValues);
  if (!document) {
    config::Problem problem = std::move(document).error();
    if (problem.line > 0) --problem.line;
    return std::unexpected(std::move(problem));
  }
  if (document->root.members.size() != 1)
    return std::unexpected(config::Problem{name, 0, 0, "expected one JSON value"});
  return std::move(document->root.members[0].value);
}

void AppendPretty(const config::Value& value, size_t indent, std::string* out) {
  auto line = [&](size_t depth) {
    *out += '\n';
    out->append(depth, ' ');
  };
  if (value.Is(Kind::kArray) && !value.items.empty()) {
    *out += '[';
    for (size_t i = 0; i < value.items.size(); ++i) {
      if (i > 0) *out += ',';
      line(indent + 2);
      AppendPretty(value.items[i], indent + 2, out);
    }
    line(indent);
    *out += ']';
  } else if (value.Is(Kind::kTable) && !value.members.empty()) {
    *out += '{';
    for (size_t i = 0; i < value.members.size(); ++i) {
      if (i > 0) *out += ',';
      line(indent + 2);
      *out += config::JsonString(value.members[i].name) + ": ";
      AppendPretty(value.members[i].value, indent + 2, out);
    }
    line(indent);
    *out += '}';
  } else {
    *out += value.ToJson().value_or("null");
  }
}

}  // namespace verge::cli
