#include "cache/directive_scanner.h"

#include <algorithm>

#include "http/field_syntax.h"

namespace verge::cache {

bool DirectiveScanner::Next() {
  const auto skip = [this](auto&& predicate) {
    size_t count = 0;
    while (count < rest_.size() && predicate(rest_[count])) ++count;
    const std::string_view skipped = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return skipped;
  };
  skip([](char c) { return c == ',' || http::IsBlank(c); });
  if (rest_.empty()) return false;

  name_.assign(skip(http::IsTokenChar));
  std::ranges::transform(name_, name_.begin(), http::ToLower);
  value_.reset();
  malformed_ = name_.empty();

  // White space around '=' is not allowed, but what is meant is clear enough to keep a response for less time.
  if (!skip(http::IsBlank).empty() && !rest_.empty() && rest_.front() == '=') malformed_ = true;
  if (!rest_.empty() && rest_.front() == '=') {
    rest_.remove_prefix(1);
    if (!skip(http::IsBlank).empty()) malformed_ = true;
    value_.emplace();
    if (!rest_.empty() && rest_.front() == '"') {
      rest_.remove_prefix(1);
      bool closed = false;
      while (!rest_.empty() && !closed) {
        char c = rest_.front();
        rest_.remove_prefix(1);
        if (c == '"') {
          closed = true;
        } else {
          if (c == '\\' && !rest_.empty()) {
            c = rest_.front();
            rest_.remove_prefix(1);
          }
          value_->push_back(c);
        }
      }
      if (!closed) malformed_ = true;
    } else {
      // More than tokens: whoever reads the value says whether it makes sense.
      value_->assign(http::TrimBlanks(skip([](char c) { return c != ','; })));
      return true;
    }
  }
  if (!http::TrimBlanks(skip([](char c) { return c != ','; })).empty()) malformed_ = true;
  return true;
}

}  // namespace verge::cache
