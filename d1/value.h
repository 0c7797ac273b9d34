// What goes into a query.
#ifndef D1_VALUE_H_
#define D1_VALUE_H_

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace verge::d1 {

struct Blob {
  std::string bytes;
};

// A parameter. Numbers are always floating point, as D1 binds them: `typeof(?1)` of 1 is 'real', and the affinity of a
// column makes an INTEGER of it where that loses nothing.
using Value = std::variant<std::monostate, double, std::string, Blob>;

struct Query {
  std::string sql;
  std::vector<Value> params;

  // The memory behind it.
  [[nodiscard]] size_t bytes() const {
    size_t sum = sizeof(*this) + sql.size() + params.size() * sizeof(Value);
    for (const Value& value : params) {
      if (const auto* text = std::get_if<std::string>(&value)) sum += text->size();
      if (const auto* blob = std::get_if<Blob>(&value)) sum += blob->bytes.size();
    }
    return sum;
  }
};

}  // namespace verge::d1

#endif  // D1_VALUE_H_
