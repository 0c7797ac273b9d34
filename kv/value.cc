#include "kv/value.h"

#include <algorithm>

namespace verge::kv {

uint64_t Value::size() const {
  uint64_t size = head.size();
  for (const std::string& piece : rest) size += piece.size();
  return size;
}

std::string Value::Join() const {
  std::string all;
  all.reserve(size());
  all += head;
  for (const std::string& piece : rest) all += piece;
  return all;
}

void Value::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    std::string* last = rest.empty() ? &head : &rest.back();
    if (last->size() >= kPieceBytes) {
      last = &rest.emplace_back();
      last->reserve(kPieceBytes);
    }
    size_t count = std::min(bytes.size(), kPieceBytes - last->size());
    last->append(bytes.substr(0, count));
    bytes.remove_prefix(count);
  }
}

}  // namespace verge::kv
