#include "bindings/fetch/field_list.h"

#include <algorithm>
#include <utility>

namespace verge::bindings {
namespace {

// What most lists stay below.
constexpr size_t kFewFields = 12;
constexpr size_t kLittleText = 448;

constexpr size_t kMinWaste = 4096;

}  // namespace

void FieldList::Place(Field* field, std::string_view name, std::string_view value) {
  field->offset = text_.size();
  field->name_size = static_cast<uint32_t>(name.size());
  field->value_size = static_cast<uint32_t>(value.size());
  text_.append(name).append(value);
}

void FieldList::Add(std::string_view name, std::string_view value) {
  if (fields_.empty()) {
    fields_.reserve(kFewFields);
    text_.reserve(kLittleText);
  }
  Place(&fields_.emplace_back(), name, value);
}

void FieldList::Set(std::string_view name, std::string_view value) {
  bool placed = false;
  std::erase_if(fields_, [&](Field& field) {
    if (!http::EqualsIgnoreCase(NameOf(field), name)) return false;
    Drop(field);
    if (std::exchange(placed, true)) return true;
    if (value.size() == field.value_size) {
      text_.replace(field.offset + field.name_size, value.size(), value);
      unused_ -= size_t{field.name_size} + field.value_size;
    } else {
      const std::string kept_name(NameOf(field));  // with the case it has
      Place(&field, kept_name, value);
    }
    return false;
  });
  if (!placed) Add(name, value);
  Compact();
}

bool FieldList::Contains(std::string_view name) const {
  return std::ranges::any_of(fields_, [&](const Field& field) { return http::EqualsIgnoreCase(NameOf(field), name); });
}

void FieldList::ViewInto(std::vector<http::HeaderField>* fields) const {
  ForEach([fields](std::string_view name, std::string_view value) { fields->push_back({name, value}); });
}

void FieldList::Compact() {
  if (unused_ < kMinWaste || unused_ < text_.size() / 2) return;
  const std::string old = std::exchange(text_, {});
  text_.reserve(old.size() - unused_);
  for (Field& field : fields_) {
    const size_t offset = std::exchange(field.offset, text_.size());
    text_.append(old, offset, size_t{field.name_size} + field.value_size);
  }
  unused_ = 0;
}

}  // namespace verge::bindings
