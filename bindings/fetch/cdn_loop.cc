#include "bindings/fetch/cdn_loop.h"

#include <string_view>

namespace verge::bindings {
namespace {

constexpr std::string_view kField = "cdn-loop";
constexpr std::string_view kName = "verge";

}  // namespace

bool IsInLoop(const http::RequestHead& head) {
  int count = 0;
  for (const http::HeaderField& field : head.headers()) {
    if (field.name.size() != kField.size() || !http::EqualsIgnoreCase(field.name, kField)) continue;
    for (size_t at = field.value.find(kName); at != std::string_view::npos; at = field.value.find(kName, at + 1)) {
      ++count;
    }
  }
  return count > kMaxLoops;
}

std::string NextCdnLoop(const http::RequestHead* head) {
  std::string value;
  if (head) {
    for (const http::HeaderField& field : head->headers()) {
      if (field.name.size() != kField.size() || !http::EqualsIgnoreCase(field.name, kField)) continue;
      value.append(field.value).append(", ");
    }
  }
  return value.append(kName);
}

}  // namespace verge::bindings
