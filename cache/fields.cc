#include "cache/fields.h"

#include <cstring>

namespace verge::cache {

FieldList FieldList::Copy(Fields fields) {
  FieldList list;
  size_t size = 0;
  for (const HeaderField& field : fields) size += field.name.size() + field.value.size();
  list.text_ = std::make_unique_for_overwrite<char[]>(size);
  list.fields_.reserve(fields.size());
  char* end = list.text_.get();
  const auto copy = [&end](std::string_view text) {
    if (!text.empty()) std::memcpy(end, text.data(), text.size());
    const std::string_view copied(end, text.size());
    end += text.size();
    return copied;
  };
  for (const HeaderField& field : fields) {
    const std::string_view name = copy(field.name);
    list.fields_.push_back({name, copy(field.value)});
  }
  list.bytes_ = size + fields.size() * sizeof(HeaderField);
  return list;
}

std::optional<std::string_view> FindField(Fields fields, std::string_view name) {
  for (const HeaderField& field : fields) {
    if (http::EqualsIgnoreCase(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::optional<std::string> JoinFields(Fields fields, std::string_view name) {
  std::optional<std::string> joined;
  for (const HeaderField& field : fields) {
    if (!http::EqualsIgnoreCase(field.name, name)) continue;
    if (joined) {
      joined->append(", ").append(field.value);
    } else {
      joined.emplace(field.value);
    }
  }
  return joined;
}

}  // namespace verge::cache
