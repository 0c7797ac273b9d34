// Header fields as the cache handles them: spans of views to look at, and a compact list that owns its text to keep.
#ifndef CACHE_FIELDS_H_
#define CACHE_FIELDS_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace verge::cache {

using http::HeaderField;

// Fields that somebody else owns, in their order.
using Fields = std::span<const HeaderField>;

// Fields with their text in one block. Immutable; moving keeps views valid.
class FieldList {
 public:
  FieldList() = default;
  FieldList(FieldList&&) noexcept = default;
  FieldList& operator=(FieldList&&) noexcept = default;

  static FieldList Copy(Fields fields);

  [[nodiscard]] Fields view() const { return fields_; }
  [[nodiscard]] size_t bytes() const { return bytes_; }

 private:
  std::unique_ptr<char[]> text_;
  std::vector<HeaderField> fields_;
  size_t bytes_ = 0;
};

// The request and the response that a rule looks at. Views; nothing is kept.
struct RequestView {
  std::string_view method = "GET";
  std::string_view url;  // absolute
  Fields fields;
};
struct ResponseView {
  int status = 200;
  Fields fields;
};

// The value of the first field of that name (any case).
std::optional<std::string_view> FindField(Fields fields, std::string_view name);

// All fields of that name as one list (RFC 9110, 5.3): their values joined with ", ". nullopt: there is none.
std::optional<std::string> JoinFields(Fields fields, std::string_view name);

}  // namespace verge::cache

#endif  // CACHE_FIELDS_H_
