#include "bindings/fetch/response_coding.h"

#include <algorithm>
#include <utility>

#include "http/bytes_source.h"
#include "http/message.h"

namespace verge::bindings {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "q=0", "q=0.000": not acceptable.
bool IsZeroWeight(std::string_view parameters) {
  while (!parameters.empty()) {
    size_t end = parameters.find(';');
    std::string_view parameter = Trim(parameters.substr(0, end));
    parameters = end == std::string_view::npos ? std::string_view() : parameters.substr(end + 1);
    if (parameter.size() < 3 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=') continue;
    return std::ranges::all_of(parameter.substr(2), [](char c) { return c == '0' || c == '.'; });
  }
  return false;
}

}  // namespace

bool AcceptsCoding(std::optional<std::string_view> accept_encoding, http::ContentCoding coding) {
  if (!accept_encoding) return false;
  std::optional<bool> any;
  std::string_view rest = *accept_encoding;
  while (!rest.empty()) {
    size_t end = rest.find(',');
    std::string_view item = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    size_t semicolon = item.find(';');
    std::string_view name = Trim(item.substr(0, semicolon));
    bool accepted = semicolon == std::string_view::npos || !IsZeroWeight(item.substr(semicolon + 1));
    if (name == "*") {
      any = accepted;
    } else if (!name.empty() && http::ParseContentCoding(name) == coding) {
      return accepted;
    }
  }
  return any.value_or(false);
}

void EncodeResponseBody(http::ResponseBody* body, http::ContentCoding coding) {
  http::Ref<http::BodySource> source;
  if (auto* text = std::get_if<std::string_view>(body)) {
    source = http::MakeRef<http::BytesSource>(http::Bytes::Copy(*text));
  } else if (auto* bytes = std::get_if<http::Bytes>(body)) {
    source = http::MakeRef<http::BytesSource>(std::move(*bytes));
  } else if (auto* given = std::get_if<http::Ref<http::BodySource>>(body)) {
    source = std::move(*given);
  }
  if (source) *body = http::EncodeBody(std::move(source), coding);
}

}  // namespace verge::bindings
