// A list of header fields that can change (https://fetch.spec.whatwg.org/#concept-header-list). No V8.
#ifndef BINDINGS_FETCH_FIELD_LIST_H_
#define BINDINGS_FETCH_FIELD_LIST_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace verge::bindings {

// All text lies in one string: a list costs two allocations, however many fields it has. Names keep the case they were
// given and compare without it. Views into it are valid until the next change.
class FieldList {
 public:
  // Takes what neither name nor value is checked for; no argument may point into the list.
  void Add(std::string_view name, std::string_view value);
  // Replaces the first field of that name and removes the others, or adds one.
  void Set(std::string_view name, std::string_view value);
  void Remove(std::string_view name) {
    RemoveIf([name](std::string_view field) { return http::EqualsIgnoreCase(field, name); });
  }
  // Those whose names `predicate` is true for.
  template <typename Predicate>
  void RemoveIf(Predicate predicate) {
    std::erase_if(fields_, [&](const Field& field) {
      if (!predicate(NameOf(field))) return false;
      Drop(field);
      return true;
    });
    Compact();
  }

  [[nodiscard]] bool Contains(std::string_view name) const;

  // f(name, value) for each, in order.
  template <typename F>
  void ForEach(F f) const {
    for (const Field& field : fields_) f(NameOf(field), ValueOf(field));
  }

  // Appends views of all to `fields`.
  void ViewInto(std::vector<http::HeaderField>* fields) const;

  // Memory it holds.
  [[nodiscard]] size_t bytes() const { return text_.capacity() + fields_.capacity() * sizeof(Field); }

 private:
  // The value lies right behind the name.
  struct Field {
    size_t offset;
    uint32_t name_size;
    uint32_t value_size;
  };

  [[nodiscard]] std::string_view NameOf(const Field& field) const {
    return std::string_view(text_).substr(field.offset, field.name_size);
  }
  [[nodiscard]] std::string_view ValueOf(const Field& field) const {
    return std::string_view(text_).substr(field.offset + field.name_size, field.value_size);
  }
  void Place(Field* field, std::string_view name, std::string_view value);
  void Drop(const Field& field) { unused_ += size_t{field.name_size} + field.value_size; }
  // Gives text back that no field has any more, when it is most of what there is.
  void Compact();

  std::vector<Field> fields_;
  std::string text_;
  size_t unused_ = 0;  // bytes of `text_`
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_FIELD_LIST_H_
